//! One text for all spellings of a JSON value: without white space, with sorted keys. Nothing else changes, so two
//! values with the same text have the same meaning. Numbers keep their digits and duplicate keys their order. Text that
//! cannot be parsed, such as half a surrogate pair, is taken byte for byte.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// How deep keys are sorted. Deeper values are taken as they are, because each level is parsed once more.
const MAX_DEPTH: usize = 32;

/// The members of an object in their order, with duplicates.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct All;

        impl<'de> Visitor<'de> for All {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = vec![];
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        from.deserialize_map(All)
    }
}

/// The canonical text of `value`.
pub(crate) fn canonical(value: &RawValue) -> String {
    let mut text = String::with_capacity(value.get().len());
    write(value.get(), 0, &mut text);
    text
}

fn write(raw: &str, depth: usize, text: &mut String) {
    let raw = raw.trim_ascii();
    let deeper = depth < MAX_DEPTH;
    match raw.as_bytes().first() {
        Some(b'{') if deeper => match serde_json::from_str(raw) {
            Ok(Members(members)) => write_object(members, depth, text),
            Err(_) => text.push_str(raw),
        },
        Some(b'[') if deeper => match serde_json::from_str::<Vec<&RawValue>>(raw) {
            Ok(items) => {
                text.push('[');
                for item in items {
                    write(item.get(), depth + 1, text);
                    text.push(',');
                }
                text.push(']');
            }
            Err(_) => text.push_str(raw),
        },
        Some(b'"') => match serde_json::from_str::<String>(raw) {
            Ok(string) => write_string(&string, text),
            Err(_) => text.push_str(raw),
        },
        _ => text.push_str(raw),
    }
}

fn write_object(mut members: Vec<(String, &RawValue)>, depth: usize, text: &mut String) {
    // The sort is stable, because the order of duplicate keys matters: receivers use the first or the last.
    members.sort_by(|a, b| a.0.cmp(&b.0));
    text.push('{');
    for (key, value) in members {
        write_string(&key, text);
        text.push(':');
        write(value.get(), depth + 1, text);
        text.push(',');
    }
    text.push('}');
}

fn write_string(string: &str, text: &mut String) {
    text.push_str(&serde_json::Value::from(string).to_string());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(json: &str) -> String {
        let value: Box<RawValue> = serde_json::from_str(json).expect("JSON");
        canonical(&value)
    }

    #[test]
    fn spelling_does_not_matter() {
        for (one, other) in [
            (r#"{"a": 1, "b": [1, {"d": 2, "c": 3}]}"#, r#"{"b":[1,{"c":3,"d":2}],"a":1}"#),
            (r#"{"a": "\u0041\/"}"#, r#"{ "a" : "A/" }"#),
        ] {
            assert_eq!(of(one), of(other));
        }
    }

    #[test]
    fn different_values_differ() {
        let deep = |inner: &str| format!("{}{inner}{}", "[".repeat(120), "]".repeat(120));
        let (one, two) = (deep("1"), deep("2"));
        for (one, other) in [
            (r#"{"a": "\ud83d"}"#, r#"{"a": "\ud83e"}"#),
            (r#"{"a": "\ud83d", "b": 1}"#, r#"{"a": "\ud83d", "b": 2}"#),
            (r#"{"\ud83d": 1}"#, r#"{"\ud83d": 2}"#),
            (r#"{"a": 1e400}"#, r#"{"a": 1e401}"#),
            (r#"{"a": 12345678901234567890123}"#, r#"{"a": 12345678901234567890124}"#),
            (r#"{"a": 0.1}"#, r#"{"a": 0.10000000000000000001}"#),
            (r#"{"a": 1, "a": 2}"#, r#"{"a": 2}"#),
            (r#"{"a": 1, "a": 2}"#, r#"{"a": 2, "a": 1}"#),
            (r#"{"a": "1"}"#, r#"{"a": 1}"#),
            (&one, &two),
        ] {
            assert_ne!(of(one), of(other));
        }
    }
}
