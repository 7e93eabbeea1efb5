//! What an event says, taken apart for people to read: in mails and text messages.

use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::delivery::cut;

/// The most fields that are shown of one event, and the most flags.
const MAX_SHOWN: usize = 40;
/// How much of one value is shown, in bytes.
const MAX_VALUE: usize = 500;
/// How deep objects are taken apart: what lies deeper is shown as JSON.
const MAX_DEPTH: usize = 3;

/// An event's `data`, taken apart.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Content {
    /// What it says in one sentence, if it does: the first flag's message, or a field named so.
    pub summary: Option<String>,
    /// The `flags` that STACK's events carry.
    pub flags: Vec<Flag>,
    /// All else, in the order it was posted in.
    pub fields: Vec<Field>,
    /// How many flags and fields there are besides.
    pub omitted: usize,
}

/// One of the `flags` of an event.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Flag {
    /// What it is about, e.g. `undeclared_service`.
    #[serde(rename = "type", default)]
    pub kind: String,
    /// How serious it is, in the producer's word.
    #[serde(default)]
    pub severity: String,
    /// What it says.
    #[serde(default)]
    pub message: String,
}

/// A field of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its name; that of a field within an object has a dot: `agent.id`.
    pub name: String,
    /// Its value as text.
    pub value: String,
}

/// Fields in which producers say what an event is about, the best first.
pub(crate) const SUMMARIES: [&str; 7] = ["message", "summary", "title", "reason", "error", "description", "detail"];

type Object<'a> = IndexMap<String, &'a RawValue>;

impl Content {
    /// Reads `data`. What is no JSON object has no content.
    pub fn of(data: &str) -> Self {
        let object: Object<'_> = serde_json::from_str(data).unwrap_or_default();
        let mut content = Self::default();
        for (name, value) in &object {
            match serde_json::from_str::<Vec<Flag>>(value.get()) {
                Ok(flags) if name == "flags" && flags.iter().all(|flag| !flag.message.is_empty()) => {
                    content.omitted += flags.len().saturating_sub(MAX_SHOWN);
                    content.flags = flags.into_iter().take(MAX_SHOWN).map(Flag::shortened).collect();
                }
                _ => content.take(name.clone(), value, 0),
            }
        }
        let named = |name: &&str| content.fields.iter().find(|field| field.name == *name).map(|field| &field.value);
        let summary = content.flags.first().map(|flag| &flag.message).or_else(|| SUMMARIES.iter().find_map(named));
        content.summary = summary.filter(|text| !text.trim().is_empty()).cloned();
        content
    }

    fn take(&mut self, name: String, value: &RawValue, depth: usize) {
        let text = value.get();
        if depth < MAX_DEPTH
            && let Ok(object) = serde_json::from_str::<Object<'_>>(text)
            && !object.is_empty()
        {
            for (inner, value) in object {
                self.take(format!("{name}.{inner}"), value, depth + 1);
            }
        } else if self.fields.len() >= MAX_SHOWN {
            self.omitted += 1;
        } else {
            self.fields.push(Field { name: shortened(name), value: shortened(plain(text)) });
        }
    }
}

impl Flag {
    fn shortened(self) -> Self {
        Self { kind: shortened(self.kind), severity: shortened(self.severity), message: shortened(self.message) }
    }
}

/// A value as people write it: strings without quotes, lists of such with commas; all else as JSON.
fn plain(json: &str) -> String {
    if let Ok(text) = serde_json::from_str::<String>(json) {
        return text;
    }
    match serde_json::from_str::<Vec<&RawValue>>(json) {
        Ok(list) if !list.is_empty() && list.iter().all(|item| !item.get().starts_with(['{', '['])) => {
            list.into_iter().map(|item| plain(item.get())).collect::<Vec<_>>().join(", ")
        }
        _ => json.to_owned(),
    }
}

fn shortened(text: String) -> String {
    match cut(&text, MAX_VALUE) {
        whole if whole.len() == text.len() => text,
        part => format!("{part}…"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fields(content: &Content) -> Vec<(&str, &str)> {
        content.fields.iter().map(|field| (&*field.name, &*field.value)).collect()
    }

    #[test]
    fn the_published_example_has_a_flag_and_two_fields() {
        let content = Content::of(
            r#"{"jti": "ppt_abc123", "agent_id": "agt_xyz", "flags": [
                {"type": "undeclared_service", "severity": "warning", "message": "Agent accessed slack"}]}"#,
        );
        assert_eq!(fields(&content), [("jti", "ppt_abc123"), ("agent_id", "agt_xyz")]);
        assert_eq!(content.flags[0].kind, "undeclared_service");
        assert_eq!(content.summary.as_deref(), Some("Agent accessed slack"));
    }

    #[test]
    fn values_read_as_people_write_them_in_their_order() {
        let content = Content::of(
            r#"{"z": 1.50, "a": true, "n": null, "list": ["x", 2], "deep": {"b": {"c": {"d": {"e": 1}}}}, "none": {},
                "flags": ["odd"], "reason": "disk \"full\""}"#,
        );
        let expected = [
            ("z", "1.50"),
            ("a", "true"),
            ("n", "null"),
            ("list", "x, 2"),
            ("deep.b.c.d", r#"{"e": 1}"#),
            ("none", "{}"),
            ("flags", "odd"),
            ("reason", "disk \"full\""),
        ];
        assert_eq!(fields(&content), expected);
        assert_eq!(content.summary.as_deref(), Some("disk \"full\""));
    }

    #[test]
    fn a_large_event_is_cut_and_says_so() {
        let many: Vec<_> = (0..100).map(|i| format!(r#""f{i}": "{}""#, "é".repeat(1000))).collect();
        let content = Content::of(&format!("{{{}}}", many.join(",")));
        assert_eq!((content.fields.len(), content.omitted), (MAX_SHOWN, 60));
        assert!(content.fields.iter().all(|field| field.value.len() <= MAX_VALUE + 3));
    }

    proptest! {
        #[test]
        fn no_data_is_too_odd(data in r#"[\[\]{}":,a-c0-9. ]{0,60}"#) {
            Content::of(&data);
        }
    }
}
