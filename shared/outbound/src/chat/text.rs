//! Text that fits: cut to a platform's limits, and escaped as it reads it.

use domain::{notification::readable, time::rfc3339};
use serde_json::Value;
use unicode_segmentation::UnicodeSegmentation;

use super::Card;

/// The longest link that is shown, in bytes; one that is longer is left out, since half of it leads elsewhere. The
/// least of the platforms: Discord's embeds, whose `url` has at most 2048 characters.
const MAX_LINK: usize = 2000;
/// What stands for a title, a label or a value that has nothing to read in it: platforms refuse empty ones.
const NOTHING: &str = "–";
/// What a link to more is called.
pub(super) const OPEN: &str = "Open";

/// A fact or figure, of which neither part is empty.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fact<'a> {
    pub(super) label: &'a str,
    pub(super) value: &'a str,
}

impl<'a> Card<'a> {
    /// What it is about.
    pub(super) fn title(&self) -> &'a str {
        shown(&self.notification.title).unwrap_or("Notification")
    }

    /// What there is to say.
    pub(super) fn body(&self) -> Option<&'a str> {
        shown(&self.notification.body)
    }

    /// Facts and figures, in their order.
    pub(super) fn facts(&self) -> Vec<Fact<'a>> {
        let fields = self.notification.fields.iter().map(|field| (shown(&field.label), shown(&field.value)));
        let fields = fields.filter(|parts| *parts != (None, None));
        fields.map(|(label, value)| Fact { label: label.unwrap_or(NOTHING), value: value.unwrap_or(NOTHING) }).collect()
    }

    /// Where to read more: an http or https URL.
    pub(super) fn link(&self) -> Option<&'a str> {
        let url = self.notification.source_url.as_ref()?;
        (matches!(url.scheme(), "http" | "https") && url.as_str().len() <= MAX_LINK).then_some(url.as_str())
    }

    /// How serious it is; never empty.
    pub(super) fn severity(&self) -> &'a str {
        shown(self.severity).unwrap_or_else(|| self.notification.severity.stack_name())
    }

    /// What it belongs to.
    pub(super) fn footer(&self) -> Option<&'a str> {
        shown(self.footer)
    }

    /// When it happened, as people and programs read it: `2026-04-15 10:00:00 UTC`.
    pub(super) fn time(&self) -> String {
        self.at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
    }

    /// The same for programs only: `2026-04-15T10:00:00.000Z`.
    pub(super) fn timestamp(&self) -> String {
        rfc3339(self.at)
    }

    /// What stands in small print: severity, time and footer.
    pub(super) fn small_print(&self) -> String {
        let parts = [Some(self.severity()), Some(&self.time()), self.footer()];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
    }
}

/// Text in which there is something to read. Platforms take spaces for nothing, and characters without width look it.
fn shown(text: &str) -> Option<&str> {
    const WITHOUT_WIDTH: [char; 14] = [
        '\u{ad}', '\u{34f}', '\u{115f}', '\u{1160}', '\u{17b4}', '\u{17b5}', '\u{180e}', '\u{200b}', '\u{200c}',
        '\u{200d}', '\u{2060}', '\u{2800}', '\u{3164}', '\u{feff}',
    ];
    let shows = |c: char| !WITHOUT_WIDTH.contains(&c) && !c.is_whitespace();
    // As `fit` will write it.
    readable(text).chars().any(shows).then_some(text)
}

/// How many fields were left out, where some were.
pub(super) fn more(left_out: usize) -> Option<String> {
    (left_out > 0).then(|| format!("And {left_out} more"))
}

/// How long text is in UTF-16 units. Platforms say "characters", and do not say whether an emoji is one or two.
pub(super) fn units(text: &str) -> usize {
    text.encode_utf16().count()
}

/// Text of at most `max` UTF-16 units, in which `escape` has written each character as people see it (a grapheme). What
/// is cut off, `…` stands for; an escape is never cut in two.
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

/// Text as it is.
pub(crate) fn plain(grapheme: &str, to: &mut String) {
    to.push_str(grapheme);
}

/// Text with what begins markup as entities.
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

/// The first of `items`, at most `most`, that cost at most `budget` together.
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

/// Of a message's bytes, what is kept for the line that says what was left out.
const FOR_MORE: usize = 200;

/// How much of each value is shown where not all fit whole, in UTF-16 units: the first under which all fields fit, or the
/// last.
const SHORTER: [usize; 3] = [8000, 4000, 1500];

/// A message with as many of the card's fields, `most` at most, as leave it within `max` bytes of JSON, and as much of
/// their values. `field` writes one whose value has at most so many UTF-16 units, `message` all from the fields and the
/// line that says how many were left out.
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
