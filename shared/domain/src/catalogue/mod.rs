//! The catalogue of event types: all types of all five APIs. Each has the severity of events posted without one, a
//! label for people, and the shape of its `data`.
//!
//! A shape is a Rust type. Posted `data` is checked by parsing it into this type, emitted `data` is serialised from it,
//! and the JSON Schema in the API is derived from it. Extra fields are passed on, because producers may send more than
//! the shape lists.

pub mod config;
mod event_type;
#[cfg(feature = "openapi")]
mod examples;
pub mod mail;
mod providers;
mod stack;
pub mod stack_auth;
pub mod unhealthy;

use std::fmt;

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{ApiKind, Severity, objects::Objects, surrogates::repaired, wording};

pub use event_type::{EventType, STACK_TYPES, UnknownEventType};

/// The API call that lists the types, for error messages.
pub(crate) const LISTED_BY: &str = "GET /v1/event-types";

/// A type of the catalogue.
pub struct Entry {
    /// Its name, e.g. `mail.message.sent`.
    pub name: &'static str,
    /// The severity of an event of this type that is posted without one.
    pub severity: Severity,
    /// A label for people, shown in timelines and in the list of types.
    pub label: &'static str,
    check: fn(&str) -> Result<(), WrongData>,
    #[cfg(feature = "openapi")]
    schema: fn() -> schemars::Schema,
}

/// Why an event's `data` does not fit its type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrongData {
    /// The field, as a path within `data`: `flags[0].message`; empty for `data` itself.
    pub path: String,
    /// What is wrong with the field.
    pub problem: String,
}

/// The shape of a type's `data`.
#[cfg(feature = "openapi")]
pub trait Shape: DeserializeOwned + schemars::JsonSchema {}
#[cfg(feature = "openapi")]
impl<T: DeserializeOwned + schemars::JsonSchema> Shape for T {}

/// The shape of a type's `data`.
#[cfg(not(feature = "openapi"))]
pub trait Shape: DeserializeOwned {}
#[cfg(not(feature = "openapi"))]
impl<T: DeserializeOwned> Shape for T {}

const fn entry<T: Shape>(name: &'static str, severity: Severity, label: &'static str) -> Entry {
    Entry {
        name,
        severity,
        label,
        check: check::<T>,
        #[cfg(feature = "openapi")]
        schema: schema::<T>,
    }
}

/// The types of each API.
const CATALOGUE: &[(ApiKind, &[Entry])] = &[
    (ApiKind::Stack, stack::ENTRIES),
    (ApiKind::Stack, unhealthy::ENTRIES),
    (ApiKind::StackAuth, stack_auth::ENTRIES),
    (ApiKind::Providers, providers::ENTRIES),
    (ApiKind::Config, config::ENTRIES),
    (ApiKind::Mail, mail::ENTRIES),
];

/// Iterates over all types, grouped by API.
pub fn all() -> impl Iterator<Item = &'static Entry> {
    CATALOGUE.iter().flat_map(|(_, entries)| entries.iter())
}

/// Iterates over all types, each with the API that documents it.
pub fn by_api() -> impl Iterator<Item = (ApiKind, &'static Entry)> {
    CATALOGUE.iter().flat_map(|(api, entries)| entries.iter().map(|entry| (*api, entry)))
}

/// The type with this name, if there is one.
pub fn find(name: &str) -> Option<&'static Entry> {
    all().find(|entry| entry.name == name)
}

impl Entry {
    /// Checks an event's `data` against the type's shape.
    ///
    /// # Errors
    /// The first field that does not fit.
    pub fn check(&self, data: &str) -> Result<(), WrongData> {
        (self.check)(&repaired(data))
    }

    /// An example of the type's `data`, as the JSON text of an object.
    #[cfg(feature = "openapi")]
    pub fn example(&self) -> &'static str {
        examples::of(self.name)
    }

    /// The JSON Schema of the type's `data`, without external references.
    #[cfg(feature = "openapi")]
    pub fn schema(&self) -> schemars::Schema {
        (self.schema)()
    }
}

#[cfg(feature = "openapi")]
fn schema<T: schemars::JsonSchema>() -> schemars::Schema {
    let settings =
        schemars::generate::SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    settings.into_generator().into_root_schema_for::<T>()
}

fn check<T: DeserializeOwned>(data: &str) -> Result<(), WrongData> {
    let mut json = serde_json::Deserializer::from_str(data);
    match serde_path_to_error::deserialize::<_, T>(Objects(&mut json)) {
        Ok(_) => Ok(()),
        Err(error) => {
            let path = error.path().to_string();
            let problem = wording::problem(&error.into_inner().to_string());
            Err(WrongData { path: if path == "." { String::new() } else { path }, problem })
        }
    }
}

/// The name or id of something: 1 to 256 characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Name(String);

const MAX_NAME: usize = 256;

impl Name {
    /// The text form of an id.
    pub fn of(id: impl fmt::Display) -> Self {
        Self(id.to_string())
    }
}

impl TryFrom<String> for Name {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.chars().count() {
            1..=MAX_NAME => Ok(Self(text)),
            length => Err(format!("has {length} characters; send 1 to {MAX_NAME}")),
        }
    }
}

impl From<Name> for String {
    fn from(name: Name) -> Self {
        name.0
    }
}

#[cfg(feature = "openapi")]
impl schemars::JsonSchema for Name {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Name".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "minLength": 1, "maxLength": MAX_NAME })
    }
}

/// A time in schemas: a string with the format `date-time`.
#[cfg(feature = "openapi")]
pub(crate) struct DateTime;

#[cfg(feature = "openapi")]
impl schemars::JsonSchema for DateTime {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "DateTime".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "format": "date-time" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_type_is_named_once_and_has_a_label() {
        let mut names: Vec<_> = all().map(|entry| entry.name).collect();
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count);
        assert!(all().all(|entry| !entry.label.is_empty()));
    }

    #[test]
    fn a_wrong_field_is_named_by_its_path() {
        let wrong = |name: &str, data: &str| find(name).expect("a type").check(data).expect_err(data);
        let of = |name, data: &str| {
            let WrongData { path, problem } = wrong(name, data);
            (path, problem)
        };
        let (path, problem) = of("passport.flagged", r#"{"flags": [{"type": "a", "message": 7}]}"#);
        assert_eq!(path, "flags[0].message");
        assert_eq!(problem, "is the number 7; send a string");
        let (path, problem) = of("mail.message.sent", "{}");
        assert_eq!((&*path, &*problem), ("", "missing field `messageId`"));
        let (path, problem) = of("mail.otp.sent", r#"{"otpId": ""}"#);
        assert_eq!((&*path, &*problem), ("otpId", "has 0 characters; send 1 to 256"));
        let (path, _) = of("mail.otp.sent", r#"{"otpId": "a", "expiresAt": "soon"}"#);
        assert_eq!(path, "expiresAt");
    }

    #[test]
    fn more_than_the_shape_is_let_through() {
        let data = r#"{"messageId": "msg_1", "campaign": {"id": 7}}"#;
        assert_eq!(find("mail.message.sent").expect("a type").check(data), Ok(()));
    }
}
