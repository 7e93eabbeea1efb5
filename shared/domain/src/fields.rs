//! Parses a caller's input field by field, so that an error lists every wrong field, not only the first.

use std::fmt::Display;

use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use crate::{objects, wording::remedy};

/// The problem of a field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// Which, as a path: `config.headers`.
    #[cfg_attr(feature = "openapi", schema(example = "config.webhookUrl"))]
    pub field: String,
    /// The problem and the value to send.
    #[cfg_attr(feature = "openapi", schema(example = "is missing"))]
    pub message: String,
}

/// A JSON object that is being parsed. Fields that nobody has asked for by the end are unknown.
pub struct Fields {
    object: Map<String, Value>,
    /// Prefix of the field names in problems.
    prefix: String,
    problems: Vec<Problem>,
}

impl Fields {
    /// The fields of `value`. `at` is its path within the caller's input, empty for the whole input.
    pub fn of(value: Value, at: &str) -> Self {
        let prefix = if at.is_empty() { String::new() } else { format!("{at}.") };
        match value {
            Value::Object(object) => Self { object, prefix, problems: vec![] },
            _ => {
                let problem = Problem { field: at.to_owned(), message: "send a JSON object".to_owned() };
                Self { object: Map::new(), prefix, problems: vec![problem] }
            }
        }
    }

    /// Records a problem with a field.
    pub fn wrong(&mut self, name: &str, message: impl Display) {
        self.problems.push(Problem { field: format!("{}{name}", self.prefix), message: message.to_string() });
    }

    /// Adds problems found elsewhere.
    pub fn also(&mut self, problems: Vec<Problem>) {
        self.problems.extend(problems);
    }

    /// Takes a field that may be absent. Null counts as absent.
    pub fn optional<T: DeserializeOwned>(&mut self, name: &str) -> Option<T> {
        let value = self.object.remove(name).filter(|value| !value.is_null())?;
        match objects::from_value(value) {
            Ok(read) => Some(read),
            Err(error) => {
                self.wrong(name, remedy(&error.to_string()));
                None
            }
        }
    }

    /// Takes a field that may be absent, where null has a meaning of its own.
    pub fn nullable<T: DeserializeOwned>(&mut self, name: &str) -> Option<Option<T>> {
        match self.object.get(name)? {
            Value::Null => {
                self.object.remove(name);
                Some(None)
            }
            _ => self.optional(name).map(Some),
        }
    }

    /// Takes a field that must be present.
    pub fn required<T: DeserializeOwned>(&mut self, name: &str) -> Option<T> {
        if self.object.get(name).is_none_or(Value::is_null) {
            self.object.remove(name);
            self.wrong(name, "is missing");
            return None;
        }
        self.optional(name)
    }

    /// The result of a check of a field's value. If the check failed, records its problem and returns `None`.
    pub fn checked<T, E: Display>(&mut self, name: &str, checked: Result<T, E>) -> Option<T> {
        checked.map_err(|problem| self.wrong(name, problem)).ok()
    }

    /// Ends the parsing. Fields that nobody asked for are problems too.
    ///
    /// # Errors
    /// Every problem that was found.
    pub fn finish(mut self) -> Result<(), Vec<Problem>> {
        let unknown: Vec<_> = self.object.keys().cloned().collect();
        for name in unknown {
            self.wrong(&name, "is not known; omit it");
        }
        if self.problems.is_empty() { Ok(()) } else { Err(self.problems) }
    }
}

/// Checks that text has 1 to `max` characters and no control characters. Returns it without surrounding white space.
///
/// # Errors
/// What to send instead.
pub fn line(text: &str, max: usize) -> Result<String, String> {
    let text = text.trim();
    match text.chars().count() {
        length if length == 0 || length > max => Err(format!("has {length} characters; send 1 to {max}")),
        _ if text.chars().any(char::is_control) => Err("has a control character in it; remove it".to_owned()),
        _ => Ok(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_wrong_field_is_named() {
        let mut fields = Fields::of(json!({"a": 1, "b": "x", "d": null, "e": 1, "more": 2}), "config");
        assert_eq!(fields.required::<u8>("a"), Some(1));
        assert_eq!(fields.required::<u8>("b"), None);
        assert_eq!(fields.required::<u8>("c"), None);
        assert_eq!(fields.required::<u8>("d"), None);
        let e = fields.required::<u8>("e").map(|_| Err::<(), _>("is odd"));
        e.map(|checked| fields.checked("e", checked));
        assert_eq!(fields.optional::<u8>("f"), None);
        let problems = fields.finish().expect_err("problems");
        let named: Vec<_> = problems.iter().map(|problem| &*problem.field).collect();
        assert_eq!(named, ["config.b", "config.c", "config.d", "config.e", "config.more"]);
        assert_eq!(problems[3].message, "is odd");
        assert_eq!(problems[0].message, "send a whole number of 0 or more", "and not what was sent");
    }

    #[test]
    fn null_differs_from_what_is_left_out() {
        let mut fields = Fields::of(json!({"a": null, "b": 1, "c": "x"}), "");
        assert_eq!(fields.nullable::<u8>("a"), Some(None));
        assert_eq!(fields.nullable::<u8>("b"), Some(Some(1)));
        assert_eq!(fields.nullable::<u8>("c"), None);
        assert_eq!(fields.nullable::<u8>("d"), None);
        let problems = fields.finish().expect_err("a problem");
        assert_eq!((problems.len(), &*problems[0].field), (1, "c"));
    }

    #[test]
    fn an_error_does_not_repeat_what_was_sent() {
        #[derive(serde::Deserialize)]
        #[serde(untagged)]
        enum TextOrList {
            Text(#[expect(dead_code)] String),
            List(#[expect(dead_code)] Vec<String>),
        }
        let mut fields = Fields::of(
            json!({"d": "planted, expected planted", "a": 123456, "b": {"x": "planted"}, "c": [{"label": "planted"}]}),
            "",
        );
        assert_eq!(fields.optional::<u8>("d"), None);
        assert_eq!(fields.optional::<String>("a"), None);
        assert!(fields.optional::<TextOrList>("b").is_none());
        assert_eq!(fields.optional::<Vec<crate::notification::Field>>("c"), None);
        let problems = fields.finish().expect_err("problems");
        let messages: Vec<_> = problems.iter().map(|problem| &*problem.message).collect();
        assert_eq!(
            messages,
            [
                "send a whole number of 0 or more",
                "send a string",
                "does not have the form of this field",
                "missing field `value`"
            ]
        );
    }

    #[test]
    fn what_is_no_object_is_one_problem() {
        let problems = Fields::of(json!([]), "config").finish().expect_err("a problem");
        assert_eq!(problems[0].field, "config");
    }

    #[test]
    fn a_line_is_one_and_not_too_long() {
        assert_eq!(line(" #ops ", 4), Ok("#ops".to_owned()));
        assert!(line("#ops!", 4).is_err() && line(" ", 4).is_err() && line("a\nb", 4).is_err());
    }
}
