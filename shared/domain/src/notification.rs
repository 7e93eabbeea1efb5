//! A readable form of an event: a title, a text, facts and a link. Chat messages and mails to teams are written from
//! it.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use url::Url;

use crate::{
    Event, Severity,
    content::{Content, SUMMARIES},
    surrogates::repaired,
};

/// A notification, in the format of the Providers API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Notification {
    /// The subject, in one line.
    pub title: String,
    /// The text. It may have several lines, and may be empty.
    pub body: String,
    /// How serious it is.
    #[serde(serialize_with = "as_published")]
    pub severity: Severity,
    /// Facts and figures, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<Field>,
    /// A link to more information: an absolute http or https URL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_url: Option<Url>,
}

/// A fact or figure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// The name of the fact or figure.
    pub label: String,
    /// Its value, as people read it.
    pub value: String,
}

/// Writes one of the three severities of the Providers API.
fn as_published<S: serde::Serializer>(severity: &Severity, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(severity.stack_name())
}

/// Fields in which producers write a title, a text and a link, the preferred ones first.
const TITLES: [&str; 2] = ["title", "subject"];
const LINKS: [&str; 5] = ["sourceUrl", "source_url", "url", "link", "href"];
const BODY: &str = "body";
const FIELDS: &str = "fields";
const FLAGS: &str = "flags";
const SEVERITY: &str = "severity";

type Object<'a> = IndexMap<String, &'a RawValue>;

impl Notification {
    /// Creates the readable form of `event`.
    pub fn of(event: &Event) -> Self {
        let data = repaired(&event.data);
        let object: Object<'_> = serde_json::from_str(&data).unwrap_or_default();
        let text = |name: &str| serde_json::from_str::<String>(object.get(name)?.get()).ok();
        let first = |names: &[&'static str]| {
            let said = names.iter().filter_map(|name| Some((*name, text(name)?)));
            said.into_iter().find(|(_, text)| !text.trim().is_empty())
        };
        let Content { flags, fields, .. } = Content::of(&data);
        let published: Option<Vec<Field>> =
            object.get(FIELDS).and_then(|fields| serde_json::from_str(fields.get()).ok());

        let titled = first(&TITLES);
        let body = first(&[BODY]);
        let flag = flags.first().filter(|_| body.is_none());
        let bodied = body.or_else(|| match flag {
            Some(flag) => Some((FLAGS, flag.message.clone())),
            None => first(&SUMMARIES),
        });
        let link = LINKS.iter().find_map(|name| Some((*name, web_url(&text(name)?)?)));

        // Don't repeat fields already used above. They are compared by name, because another field may have the same
        // value.
        let severity = text(SEVERITY).and_then(|name| Severity::from_name(&name));
        let said = [
            titled.as_ref().map(|(name, _)| *name),
            bodied.as_ref().map(|(name, _)| *name),
            link.as_ref().map(|(name, _)| *name),
            severity.filter(|severity| *severity == event.severity).map(|_| SEVERITY),
            published.as_ref().map(|_| FIELDS),
        ];
        let fields = fields.into_iter().filter(|field| !said.contains(&Some(&*field.name)));
        let fields = fields.map(|field| Field { label: field.name, value: field.value });
        let flags = flags.iter().skip(usize::from(flag.is_some()));
        let flags = flags.map(|flag| Field { label: flag.kind.clone(), value: flag.message.clone() });
        let fields: Vec<_> = flags.chain(fields).collect();
        let title = titled.map_or_else(|| event.event_type.label().to_owned(), |(_, title)| title);
        let body = bodied.map(|(_, body)| body).filter(|body| *body != title).unwrap_or_default();
        Self {
            title: line(&title),
            body: readable(&body),
            severity: event.severity,
            fields: published.into_iter().flatten().chain(fields).map(Field::readable).collect(),
            source_url: link.map(|(_, url)| url),
        }
    }
}

impl Field {
    fn readable(self) -> Self {
        Self { label: line(&self.label), value: readable(&self.value) }
    }
}

fn line(text: &str) -> String {
    readable(text).replace('\n', " ")
}

fn web_url(text: &str) -> Option<Url> {
    Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"))
}

/// Removes characters that are invisible and yet change how text reads: control characters, and those that change the
/// direction of writing. Line ends become `\n`.
pub fn readable(text: &str) -> String {
    const TURNS: [char; 12] = [
        '\u{061c}', '\u{200e}', '\u{200f}', '\u{202a}', '\u{202b}', '\u{202c}', '\u{202d}', '\u{202e}', '\u{2066}',
        '\u{2067}', '\u{2068}', '\u{2069}',
    ];
    let text = text.replace("\r\n", "\n").replace(['\r', '\u{2028}', '\u{2029}'], "\n").replace('\t', " ");
    text.chars().filter(|c| *c == '\n' || !(c.is_control() || TURNS.contains(c))).collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::event;

    fn of(event_type: &str, data: &str) -> Notification {
        Notification::of(&Event { data: data.into(), ..event(event_type, Severity::Medium) })
    }

    fn fields(notification: &Notification) -> Vec<(&str, &str)> {
        notification.fields.iter().map(|field| (&*field.label, &*field.value)).collect()
    }

    #[test]
    fn a_notification_reads_back_as_it_was_posted() {
        let data = r#"{"title":"Alert: acceptance rate drop","body":"observed 0.04","severity":"warning","fields":[{"label":"Observed","value":"0.04"}],"sourceUrl":"https://app.example.com/ops"}"#;
        let read = of("alert.fired", data);
        assert_eq!(serde_json::to_string(&read).expect("JSON"), data);
    }

    #[test]
    fn an_event_of_stack_says_its_flag_once() {
        let read = of(
            "passport.flagged",
            r#"{"jti": "ppt_1", "flags": [{"type": "undeclared_service", "severity": "warning", "message": "Agent accessed slack"},
                {"type": "late", "message": "Late"}], "url": "https://example.com/x", "none": ""}"#,
        );
        assert_eq!(read.title, "A passport was flagged");
        assert_eq!(read.body, "Agent accessed slack");
        assert_eq!(fields(&read), [("late", "Late"), ("jti", "ppt_1"), ("none", "")]);
        assert_eq!(read.source_url.map(String::from).as_deref(), Some("https://example.com/x"));
    }

    #[test]
    fn an_analysis_has_its_title_and_summary() {
        let read = of("analysis.completed", r#"{"id": "a1", "title": "Leak", "summary": "A key", "url": "nowhere"}"#);
        assert_eq!((&*read.title, &*read.body, read.source_url.clone()), ("Leak", "A key", None));
        assert_eq!(fields(&read), [("id", "a1"), ("url", "nowhere")]);
    }

    #[test]
    fn what_does_not_show_is_left_out() {
        assert_eq!(readable("a\u{202e}b\u{0}c\td\r\ne\u{2029}"), "abc d\ne");
        let read = of("custom.a", r#"{"title": "two\nlines", "body": "two\nlines"}"#);
        assert_eq!((&*read.title, &*read.body), ("two lines", ""));
    }

    #[test]
    fn all_that_was_posted_is_there_once() {
        for count in [45, 60, 100] {
            let posted: Vec<_> = (0..count).map(|i| format!(r#""f{i}": {{"a": [{i}, "x"], "b": {i}}}"#)).collect();
            let read = of("custom.a", &format!(r#"{{"title": "Down", "status": "Down", {}}}"#, posted.join(",")));
            assert_eq!(read.fields.len(), 1 + 2 * count, "the fields, and the status");
            assert_eq!(fields(&read)[..3], [("status", "Down"), ("f0.a", "0, x"), ("f0.b", "0")]);
        }
    }

    #[test]
    fn half_an_emoji_is_a_replacement_character() {
        let read = of("custom.a", r#"{"title": "Down \ud83d", "message": "\ude00 now", "n": 1}"#);
        assert_eq!((&*read.title, &*read.body), ("Down \u{fffd}", "\u{fffd} now"));
        assert_eq!(fields(&read), [("n", "1")]);
    }

    #[test]
    fn only_links_of_the_web_are_links() {
        for wrong in ["javascript:alert(1)", "/ops", "ftp://example.com", "mailto:a@example.com"] {
            assert_eq!(of("custom.a", &format!(r#"{{"url": "{wrong}"}}"#)).source_url, None);
        }
    }
}
