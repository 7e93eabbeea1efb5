//! Reads and validates the requests that create and change channels.

use api::{ApiError, MaxPerSecond, error::Result, path::PathId};
use axum::http::StatusCode;
use domain::{
    Connection, DestinationId, Kind, Severity,
    connection::{Allowed, config},
    fields::{Fields, Problem},
    naming,
    severity::CONFIG_NAMES,
    traffic::Rate,
};
use serde_json::{Map, Value};

/// The maximum length of a name, in characters.
const MAX_NAME: usize = 255;

/// A valid channel.
pub(crate) struct Channel {
    pub(crate) kind: Kind,
    pub(crate) name: String,
    pub(crate) connection: Connection,
    pub(crate) threshold: Severity,
    pub(crate) active: bool,
    pub(crate) max_per_second: Option<Rate>,
}

/// A valid change, except for the credentials, which are validated after they are merged with the stored ones.
pub(crate) struct Change {
    pub(crate) name: Option<String>,
    pub(crate) credentials: Option<Map<String, Value>>,
    pub(crate) threshold: Option<Severity>,
    pub(crate) active: Option<bool>,
    /// The inner `None` removes the limit.
    pub(crate) max_per_second: Option<Option<Rate>>,
}

fn wrong(problems: Vec<Problem>) -> ApiError {
    ApiError::fields(StatusCode::BAD_REQUEST, problems)
}

fn kind(fields: &mut Fields, given: Option<String>) -> Option<Kind> {
    let name = given?;
    let known: Vec<_> = config::types().collect();
    fields
        .checked("type", config::kind(&name).ok_or_else(|| format!("is not a type; send one of {}", known.join(", "))))
}

fn name(fields: &mut Fields, given: Option<String>) -> Option<String> {
    given.and_then(|name| fields.checked("name", naming::name(&name, MAX_NAME)))
}

fn threshold(fields: &mut Fields, given: Option<String>) -> Option<Severity> {
    let severity = Severity::from_config_name(&given?);
    fields.checked("severityThreshold", severity.ok_or_else(|| format!("send one of {}", CONFIG_NAMES.join(", "))))
}

fn connection(fields: &mut Fields, kind: Option<Kind>, given: Option<Value>, allowed: &Allowed) -> Option<Connection> {
    match config::read(kind?, given?, allowed) {
        Ok(connection) => Some(connection),
        Err(problems) => {
            fields.also(problems);
            None
        }
    }
}

fn limit(fields: &mut Fields, given: MaxPerSecond, kind: Kind) -> Option<Rate> {
    fields.checked("maxPerSecond", given.of(kind))
}

impl Channel {
    /// Reads a channel.
    ///
    /// # Errors
    /// A 400 that names every invalid field.
    pub(crate) fn read(body: Value, allowed: &Allowed) -> Result<Self> {
        let mut fields = Fields::of(body, "");
        let given = fields.required("type");
        let kind = kind(&mut fields, given);
        let given = fields.required("name");
        let name = name(&mut fields, given);
        let given = fields.required("credentials");
        let connection = connection(&mut fields, kind, given, allowed);
        let given = fields.required("severityThreshold");
        let threshold = threshold(&mut fields, given);
        let active = fields.optional("active").unwrap_or(true);
        let given = fields.optional("maxPerSecond");
        let max_per_second = given.zip(kind).and_then(|(given, kind)| limit(&mut fields, given, kind));
        fields.finish().map_err(wrong)?;
        match (kind, name, connection, threshold) {
            (Some(kind), Some(name), Some(connection), Some(threshold)) => {
                Ok(Self { kind, name, connection, threshold, active, max_per_second })
            }
            _ => Err(ApiError::internal("a field was lost")),
        }
    }
}

impl Change {
    /// Reads a change of a channel of this kind.
    ///
    /// # Errors
    /// A 400 that names every invalid field.
    pub(crate) fn read(body: Value, of: Kind) -> Result<Self> {
        let mut fields = Fields::of(body, "");
        let given = fields.optional("type");
        if kind(&mut fields, given).is_some_and(|kind| kind != of) {
            let own = config::type_name(of);
            fields.wrong("type", format!("cannot be changed; this channel is of the type {own}, so make another"));
        }
        let given = fields.optional("name");
        let name = name(&mut fields, given);
        let credentials = fields.optional("credentials");
        let given = fields.optional("severityThreshold");
        let threshold = threshold(&mut fields, given);
        let active = fields.optional("active");
        let given: Option<Option<MaxPerSecond>> = fields.nullable("maxPerSecond");
        let max_per_second = given.map(|given| given.and_then(|given| limit(&mut fields, given, of)));
        fields.finish().map_err(wrong)?;
        Ok(Self { name, credentials, threshold, active, max_per_second })
    }
}

/// Merges a change into the stored connection. A connection that can no longer be decrypted is replaced by the change.
///
/// # Errors
/// A 400 that names every invalid field.
pub(crate) fn credentials_merged(
    before: Option<&Connection>,
    change: &Map<String, Value>,
    kind: Kind,
    allowed: &Allowed,
) -> Result<Connection> {
    let merged = before.map_or_else(|| Value::Object(change.clone()), |before| config::merged(before, change.clone()));
    config::read(kind, merged, allowed).map_err(wrong)
}

/// The id of a channel in a path: a UUID.
#[derive(Clone, Copy)]
pub struct ProjectChannelId(pub(crate) DestinationId);

impl PathId for ProjectChannelId {
    const NOUN: &'static str = "notification channel";

    fn parse(text: &str) -> Option<Self> {
        DestinationId::of_uuid(text).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{Platform, guard::TargetPolicy};
    use serde_json::json;

    fn allowed() -> Allowed {
        Allowed { targets: TargetPolicy::Public, senders: vec![] }
    }

    #[test]
    fn the_published_request_is_read() {
        let body = json!({
            "type": "slack",
            "name": "#engineering-alerts",
            "credentials": {"webhookUrl": "https://hooks.slack.com/services/T.../B.../..."},
            "severityThreshold": "high",
        });
        let Ok(read) = Channel::read(body, &allowed()) else { panic!("refused") };
        assert_eq!(
            (read.kind, &*read.name, read.threshold),
            (Kind::Chat(Platform::Slack), "#engineering-alerts", Severity::High)
        );
        assert!(read.active);
    }

    #[test]
    fn every_wrong_field_is_named() {
        let sentence = |body| format!("{:?}", Channel::read(body, &allowed()).err());
        let several = sentence(json!({"type": "pager", "name": "x".repeat(256), "severityThreshold": "info", "a": 1}));
        for field in ["`type`", "`name`", "`credentials`", "`severityThreshold`", "`a`", "google_chat"] {
            assert!(several.contains(field), "{field}: {several}");
        }
        let change = |body| format!("{:?}", Change::read(body, Kind::Chat(Platform::Slack)).err());
        assert!(change(json!({"type": "teams"})).contains("cannot be changed"));
        assert!(change(json!({"credentials": "x"})).contains("`credentials`"));
        assert!(Change::read(json!({"type": "slack"}), Kind::Chat(Platform::Slack)).is_ok());
        let Value::Object(credentials) = json!({"url": "x"}) else { unreachable!("an object") };
        let wrong = credentials_merged(None, &credentials, Kind::Chat(Platform::Slack), &allowed());
        assert!(format!("{:?}", wrong.err()).contains("`credentials.webhookUrl`"));
    }

    #[test]
    fn a_limit_is_for_types_that_receive_requests() {
        let slack = json!({"webhookUrl": "https://hooks.slack.com/services/T/B/XYZ"});
        let of = |name: &str, credentials: &Value, limit: Value| {
            let body = json!({
                "type": name, "name": "x", "credentials": credentials, "severityThreshold": "high",
                "maxPerSecond": limit,
            });
            Channel::read(body, &allowed())
        };
        let read = of("slack", &slack, json!(2)).ok().and_then(|read| read.max_per_second);
        assert_eq!(read, Rate::per_second(2.0));
        let problem = format!("{:?}", of("slack", &slack, json!(1001)).err());
        assert!(problem.contains("`maxPerSecond`: send a number from 0.001 to 1000"), "{problem}");
        let mails = json!({"recipients": ["a@example.com"]});
        let problem = format!("{:?}", of("email", &mails, json!(2)).err());
        assert!(problem.contains("the account's rate"), "{problem}");

        let change = |body| Change::read(body, Kind::Chat(Platform::Slack)).map(|read| read.max_per_second);
        assert!(matches!(change(json!({})), Ok(None)));
        assert!(matches!(change(json!({"maxPerSecond": null})), Ok(Some(None))));
        assert!(matches!(change(json!({"maxPerSecond": 10})), Ok(Some(Some(_)))));
    }
}
