//! The readable parts of an event's `data`. Nothing is shortened here: the writer of each message format knows its
//! limits.

use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::surrogates::repaired;

/// How deep objects are split into fields. Anything deeper is shown as JSON.
const MAX_DEPTH: usize = 3;

/// An event's `data`, split into readable parts.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Content {
    /// A one-sentence summary, if there is one: the first flag's message, or a field with a suitable name.
    pub summary: Option<String>,
    /// The `flags` that STACK's events carry.
    pub flags: Vec<Flag>,
    /// All other fields, in the order in which they were posted.
    pub fields: Vec<Field>,
}

/// One of the `flags` of an event.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Flag {
    /// What it is about, e.g. `undeclared_service`.
    #[serde(rename = "type", default)]
    pub kind: String,
    /// How serious it is, in the producer's own words.
    #[serde(default)]
    pub severity: String,
    /// The flag's message.
    #[serde(default)]
    pub message: String,
}

/// A field of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its name. A field within an object has a dotted name: `agent.id`.
    pub name: String,
    /// Its value as text.
    pub value: String,
}

/// Fields in which producers summarise an event, the preferred ones first.
pub(crate) const SUMMARIES: [&str; 7] = ["message", "summary", "title", "reason", "error", "description", "detail"];

type Object<'a> = IndexMap<String, &'a RawValue>;

impl Content {
    /// Parses `data`. Anything that is not a JSON object gives no content.
    pub fn of(data: &str) -> Self {
        let data = repaired(data);
        let object: Object<'_> = serde_json::from_str(&data).unwrap_or_default();
        let mut content = Self::default();
        for (name, value) in &object {
            match serde_json::from_str::<Vec<Flag>>(value.get()) {
                Ok(flags) if name == "flags" && flags.iter().all(|flag| !flag.message.is_empty()) => {
                    content.flags = flags;
                }
                _ => content.take(name.clone(), value, 0),
            }
        }
        let named = |name: &&str| content.fields.iter().find(|field| field.name == *name).map(|field| &field.value);
        let summary = content.flags.first().map(|flag| &flag.message).or_else(|| SUMMARIES.iter().find_map(named));
        content.summary = summary.filter(|text| !text.trim().is_empty()).cloned();
        content
    }

    /// Removes the field that holds the summary, which is shown separately.
    pub fn drop_summary(&mut self) {
        let says_it = |field: &Field| SUMMARIES.contains(&&*field.name) && Some(&field.value) == self.summary.as_ref();
        if let Some(at) = self.fields.iter().position(says_it).filter(|_| self.flags.is_empty()) {
            self.fields.remove(at);
        }
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
        } else {
            self.fields.push(Field { name, value: plain(text) });
        }
    }
}

/// Formats a value for people: strings without quotes, lists of strings with commas, and everything else as JSON.
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
    fn a_large_event_has_all_its_fields_whole() {
        let many: Vec<_> = (0..100).map(|i| format!(r#""f{i}": "{}""#, "é".repeat(1000))).collect();
        let content = Content::of(&format!("{{{}}}", many.join(",")));
        assert_eq!(content.fields.len(), 100);
        assert!(content.fields.iter().all(|field| field.value.len() == 2000));
    }

    #[test]
    fn half_an_emoji_costs_nothing_else() {
        let content =
            Content::of(r#"{"title": "Down \ud83d", "n\ude00": 1, "list": ["\ud83d"], "deep": {"a": "\ud83d\ude00"}}"#);
        let expected = [("title", "Down \u{fffd}"), ("n\u{fffd}", "1"), ("list", "\u{fffd}"), ("deep.a", "😀")];
        assert_eq!(fields(&content), expected);
    }

    proptest! {
        #[test]
        fn no_data_is_too_odd(data in r#"[\[\]{}":,a-c0-9. ]{0,60}"#) {
            Content::of(&data);
        }
    }
}
