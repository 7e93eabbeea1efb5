//! Event types: those of the catalogue, and `custom.<anything>`.

use std::{borrow::Cow, fmt};

use serde::{Deserialize, Serialize};

use super::{LISTED_BY, all, config, find, mail, providers};
use crate::Severity;

/// The four types of the STACK API. A legacy channel that names no types receives these.
pub const STACK_TYPES: [&str; 4] =
    ["passport.flagged", "passport.blocked", "agent.blocked", "passport.missed_checkout"];

const TEST: &str = "destination.test";
const CUSTOM: &str = "custom.";
const MAX_LEN: usize = 128;

/// A type that events may have and rules may name: one of `GET /v1/event-types`, or `custom.` followed by letters, digits,
/// `.`, `_` or `-`; up to 128 characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(value_type = String, format = "event-type", example = "passport.flagged"))]
pub struct EventType(String);

/// Types that overlap.
const BLOCKED: [&str; 2] = ["agent.blocked", "passport.blocked"];

/// The type is not in the catalogue and is not a custom type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{given:?} is not a known event type; {hint} Your own types begin with \"custom.\", followed by letters, digits, \
     '.', '_' or '-'"
)]
pub struct UnknownEventType {
    given: String,
    hint: Cow<'static, str>,
}

/// How similar two names must be, from 0 to 1, to suggest one for the other.
const ALIKE: f64 = 0.8;

impl UnknownEventType {
    fn new(given: String) -> Self {
        let alike = |name: &str| strsim::jaro_winkler(name, &given);
        let nearest = all().map(|entry| entry.name).max_by(|a, b| alike(a).total_cmp(&alike(b)));
        let hint = match nearest {
            _ if given.contains('*') => {
                format!("there are no wildcards, so name each type; {LISTED_BY} lists them.").into()
            }
            Some(nearest) if alike(nearest) >= ALIKE => format!("did you mean {nearest:?}?").into(),
            _ => format!("{LISTED_BY} lists those that there are.").into(),
        };
        Self { given, hint }
    }
}

impl EventType {
    /// The type of test notifications. It is not in the catalogue, so no event can be posted with it and no rule can
    /// name it.
    pub fn test() -> Self {
        Self(TEST.into())
    }

    /// The type of the request that verifies an endpoint. It is not in the catalogue either.
    pub fn verification() -> Self {
        Self("destination.verification".into())
    }

    /// Parses the type of a delivery in the log, which may also be a test or a verification.
    ///
    /// # Errors
    /// If the type is unknown.
    pub fn of_log(name: &str) -> Result<Self, UnknownEventType> {
        let own = [Self::test(), Self::verification()].into_iter().find(|own| own.0 == name);
        own.map_or_else(|| name.try_into(), |own| Ok(own.in_probe_row()))
    }

    /// The type in the row of a test or a verification. It is a custom type, so that earlier versions of this
    /// service can read it.
    pub fn in_probe_row(&self) -> Self {
        Self(format!("{CUSTOM}{}", self.0))
    }

    /// The severity of an event of this type that is posted without one. A custom type has `warning`, so that its
    /// events reach rules with the default minimum severity.
    pub fn default_severity(&self) -> Severity {
        find(&self.0).map_or(Severity::Medium, |entry| entry.severity)
    }

    /// Whether a rule that names this type also matches events of type `event`.
    ///
    /// `agent.blocked` and `passport.blocked` overlap: a rule on either gets both.
    pub fn covers(&self, event: &EventType) -> bool {
        self == event || (BLOCKED.contains(&&*self.0) && BLOCKED.contains(&&*event.0))
    }

    /// All types that [`EventType::covers`].
    pub fn covered(&self) -> Vec<Self> {
        match BLOCKED.contains(&&*self.0) {
            true => BLOCKED.map(|name| Self(name.to_owned())).to_vec(),
            false => vec![self.clone()],
        }
    }

    /// Whether it is a type of the Mail API.
    pub fn is_mail(&self) -> bool {
        self.0.starts_with(mail::PREFIX)
    }

    /// Whether it is an analysis of the Config API.
    pub fn is_analysis(&self) -> bool {
        self.0.starts_with(config::PREFIX)
    }

    /// The analyses in the catalogue.
    pub fn analyses() -> Vec<Self> {
        let names = all().map(|entry| entry.name).filter(|name| name.starts_with(config::PREFIX));
        names.map(|name| Self(name.to_owned())).collect()
    }

    /// The type of a notification that was sent to chosen destinations, not through a rule.
    pub fn notification() -> Self {
        Self(providers::NOTIFICATION.to_owned())
    }

    /// The label for people; for a custom type, the type itself.
    pub fn label(&self) -> &str {
        match find(&self.0) {
            Some(entry) => entry.label,
            None if self.0 == TEST => "Test notification",
            None => &self.0,
        }
    }

    /// The type as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for EventType {
    type Error = UnknownEventType;

    fn try_from(given: String) -> Result<Self, UnknownEventType> {
        let custom = given.strip_prefix(CUSTOM).is_some_and(|rest| {
            !rest.is_empty()
                && given.len() <= MAX_LEN
                && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
        });
        if custom || find(&given).is_some() {
            return Ok(Self(given));
        }
        let shown: String = given.chars().take(MAX_LEN).collect();
        Err(UnknownEventType::new(shown))
    }
}

impl TryFrom<&str> for EventType {
    type Error = UnknownEventType;

    fn try_from(given: &str) -> Result<Self, UnknownEventType> {
        given.to_owned().try_into()
    }
}

impl From<EventType> for String {
    fn from(event_type: EventType) -> String {
        event_type.0
    }
}

impl fmt::Display for EventType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str) -> EventType {
        name.try_into().expect("a known type")
    }

    #[test]
    fn an_unknown_type_gets_the_nearest_suggestion() {
        let error = EventType::try_from("pasport.flaged").expect_err("unknown");
        assert!(error.to_string().contains("did you mean \"passport.flagged\"? Your own"), "{error}");
        for (given, hint) in [("*", "no wildcards"), ("mail.*", "no wildcards"), ("zzz", "GET /v1/event-types")] {
            let error = EventType::try_from(given).expect_err(given).to_string();
            assert!(error.contains(hint) && !error.contains("did you mean"), "{error}");
        }
        for wrong in ["", "custom.", "custom.a b", "Custom.a", "analysis.*"] {
            assert!(EventType::try_from(wrong).is_err(), "{wrong}");
        }
        assert!(EventType::try_from("custom.Order-paid.v2_x").is_ok());
    }

    #[test]
    fn the_blocked_types_overlap_and_no_others_do() {
        assert!(of("agent.blocked").covers(&of("passport.blocked")));
        assert!(of("passport.blocked").covers(&of("agent.blocked")));
        assert!(!of("passport.blocked").covers(&of("passport.flagged")));
        assert!(!of("custom.a").covers(&of("custom.b")));
    }

    #[test]
    fn the_types_of_a_legacy_channel_are_known() {
        assert!(STACK_TYPES.iter().all(|name| EventType::try_from(*name).is_ok()));
    }
}
