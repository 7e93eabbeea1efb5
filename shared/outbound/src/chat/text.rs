//! Fits text into a platform's limits and escapes it for the platform.

use domain::{notification::readable, time::rfc3339};
use serde_json::Value;
use unicode_segmentation::UnicodeSegmentation;

use super::Card;

/// The maximum length of a link in bytes. A longer one is left out, because a truncated link leads elsewhere. This is
/// the smallest limit of all platforms: the `url` of Discord's embeds has at most 2048 characters.
const MAX_LINK: usize = 2000;
/// The placeholder for a title, a label or a value without visible text. Platforms reject empty ones.
const NOTHING: &str = "–";
/// The text of a link to more details.
pub(super) const OPEN: &str = "Open";

/// A label and a value, neither of them empty.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fact<'a> {
    pub(super) label: &'a str,
    pub(super) value: &'a str,
}

impl<'a> Card<'a> {
    pub(super) fn title(&self) -> &'a str {
        shown(&self.notification.title).unwrap_or("Notification")
    }

    pub(super) fn body(&self) -> Option<&'a str> {
        shown(&self.notification.body)
    }

    /// The facts and figures, in order.
    pub(super) fn facts(&self) -> Vec<Fact<'a>> {
        let fields = self.notification.fields.iter().map(|field| (shown(&field.label), shown(&field.value)));
        let fields = fields.filter(|parts| *parts != (None, None));
        fields.map(|(label, value)| Fact { label: label.unwrap_or(NOTHING), value: value.unwrap_or(NOTHING) }).collect()
    }

    /// The link to more details: an http or https URL.
    pub(super) fn link(&self) -> Option<&'a str> {
        let url = self.notification.source_url.as_ref()?;
        (matches!(url.scheme(), "http" | "https") && url.as_str().len() <= MAX_LINK).then_some(url.as_str())
    }

    /// The severity label, which is never empty.
    pub(super) fn severity(&self) -> &'a str {
        shown(self.severity).unwrap_or_else(|| self.notification.severity.stack_name())
    }

    pub(super) fn footer(&self) -> Option<&'a str> {
        shown(self.footer)
    }

    /// The time for people and programs: `2026-04-15 10:00:00 UTC`.
    pub(super) fn time(&self) -> String {
        self.at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
    }

    /// The time for programs only: `2026-04-15T10:00:00.000Z`.
    pub(super) fn timestamp(&self) -> String {
        rfc3339(self.at)
    }

    /// The small print: severity, time and footer.
    pub(super) fn small_print(&self) -> String {
        let parts = [Some(self.severity()), Some(&self.time()), self.footer()];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
    }
}

/// Returns text that contains something visible. Platforms treat spaces as empty, and zero-width characters look empty.
fn shown(text: &str) -> Option<&str> {
    const WITHOUT_WIDTH: [char; 14] = [
        '\u{ad}', '\u{34f}', '\u{115f}', '\u{1160}', '\u{17b4}', '\u{17b5}', '\u{180e}', '\u{200b}', '\u{200c}',
        '\u{200d}', '\u{2060}', '\u{2800}', '\u{3164}', '\u{feff}',
    ];
    let shows = |c: char| !WITHOUT_WIDTH.contains(&c) && !c.is_whitespace();
    // The same text that `fit` writes.
    readable(text).chars().any(shows).then_some(text)
}

/// Says how many fields were left out, if any.
pub(super) fn more(left_out: usize) -> Option<String> {
    (left_out > 0).then(|| format!("And {left_out} more"))
}

/// The length of text in UTF-16 units. Platforms limit "characters" and don't say whether an emoji counts as one or
/// two.
pub(super) fn units(text: &str) -> usize {
    text.encode_utf16().count()
}

/// Escapes text and cuts it to at most `max` UTF-16 units. `escape` writes one grapheme at a time, and an escape
/// sequence is never split. `…` replaces the part that was cut off.
pub(crate) fn fit(text: &str, max: usize, mut escape: impl FnMut(&str, &mut String)) -> String {
    let text = readable(text);
    let mut fitted = String::new();
    let (mut used, mut cut_at) = (0, 0);
    for grapheme in text.graphemes(true) {
        let start = fitted.len();
        escape(grapheme, &mut fitted);
        used += units(&fitted[start..]);
        if used > max {
            fitted.truncate(cut_at);
            fitted.truncate(fitted.trim_end().len());
            fitted.push('…');
            break;
        }
        if used < max {
            cut_at = fitted.len();
        }
    }
    fitted
}

/// Writes text unchanged.
pub(crate) fn plain(grapheme: &str, to: &mut String) {
    to.push_str(grapheme);
}

/// Writes characters that start markup as entities.
pub(super) fn entities(grapheme: &str, to: &mut String) {
    for c in grapheme.chars() {
        match c {
            '&' => to.push_str("&amp;"),
            '<' => to.push_str("&lt;"),
            '>' => to.push_str("&gt;"),
            c => to.push(c),
        }
    }
}

/// Returns the first of `items`, at most `most`, that cost at most `budget` together.
pub(super) fn first_within<T>(
    items: impl Iterator<Item = T>,
    most: usize,
    budget: usize,
    cost: impl Fn(&T) -> usize,
) -> Vec<T> {
    let spent = items.take(most).scan(0, |spent: &mut usize, item| {
        *spent += cost(&item);
        Some((*spent, item))
    });
    spent.take_while(|(spent, _)| *spent <= budget).map(|(_, item)| item).collect()
}

/// The bytes of a message that are reserved for the line about fields that were left out.
const FOR_MORE: usize = 200;

/// The maximum lengths of each value, in UTF-16 units, to try if the whole values don't fit. The first one under which
/// all fields fit is used, or else the last.
const SHORTER: [usize; 3] = [8000, 4000, 1500];

/// Builds a message with as many of the card's fields, at most `most`, and as much of their values as fit into `max`
/// bytes of JSON. `field` writes a field whose value has at most the given UTF-16 units. `message` combines the fields
/// and the line that says how many were left out.
pub(super) fn with_fields_that_fit(
    card: &Card<'_>,
    most: usize,
    max: usize,
    field: impl Fn(&Fact<'_>, usize) -> Value,
    message: impl Fn(&Card<'_>, Vec<Value>, Option<String>) -> Value,
) -> Value {
    let size = |value: &Value| value.to_string().len();
    let facts = card.facts();
    let budget = max.saturating_sub(size(&message(card, vec![], None)) + FOR_MORE);
    let wanted = facts.len().min(most);
    let with_values_of = |longest: usize| {
        first_within(facts.iter().map(|fact| field(fact, longest)), wanted, budget, |field| size(field) + 1)
    };
    let mut shown = with_values_of(max);
    for longest in SHORTER {
        if shown.len() == wanted {
            break;
        }
        shown = with_values_of(longest);
    }
    let left_out = more(facts.len() - shown.len());
    message(card, shown, left_out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_where_people_see_a_character_end() {
        assert_eq!(fit("abcdef", 6, plain), "abcdef");
        assert_eq!(fit("abcdef", 5, plain), "abcd…");
        assert_eq!(fit("abc def", 5, plain), "abc…");
        let family = "👩\u{200d}👩\u{200d}👧";
        assert_eq!(fit(&format!("a{family}b"), 10, plain), format!("a{family}b"));
        assert_eq!(fit(&format!("a{family}b"), 9, plain), "a…");
        assert_eq!(fit("e\u{301}e\u{301}", 3, plain), "e\u{301}…");
        assert_eq!(fit(family, 3, plain), "…");
    }

    #[test]
    fn an_escape_is_never_cut() {
        assert_eq!(fit("a&b", 7, entities), "a&amp;b");
        assert_eq!(fit("a&b&", 7, entities), "a&amp;…");
        assert_eq!(fit("a&b", 6, entities), "a…");
    }

    #[test]
    fn what_cannot_be_seen_is_nothing() {
        assert_eq!(shown(" \u{200b}\u{feff}\n\u{0}\u{202e}"), None);
        assert_eq!(shown("\u{200b}a"), Some("\u{200b}a"));
    }

    #[test]
    fn the_first_that_fit() {
        let within = |most, budget| first_within([3, 3, 3, 1].into_iter(), most, budget, |n| *n);
        assert_eq!(within(9, 8), [3, 3]);
        assert_eq!(within(1, 8), [3]);
        assert_eq!(within(9, 10), [3, 3, 3, 1]);
        assert_eq!(within(9, 2), [0; 0]);
    }
}
