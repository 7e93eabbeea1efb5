//! Reads and validates the requests that create and change providers.

use api::{ApiError, MaxPerSecond, error::Result, path::PathId};
use axum::http::StatusCode;
use domain::{
    Connection, DestinationId, Kind,
    connection::{Allowed, providers},
    fields::{Fields, Problem},
    naming,
    traffic::Rate,
};
use serde_json::{Map, Value};

/// The maximum length of a name, in characters.
const MAX_NAME: usize = 120;

/// A valid provider.
pub(crate) struct Provider {
    pub(crate) kind: Kind,
    pub(crate) name: String,
    pub(crate) connection: Connection,
    pub(crate) enabled: bool,
    pub(crate) max_per_second: Option<Rate>,
}

/// A valid change, except for the config, which is validated after it is merged with the stored one.
pub(crate) struct Change {
    pub(crate) name: Option<String>,
    pub(crate) enabled: Option<bool>,
    pub(crate) config: Option<Map<String, Value>>,
    /// The inner `None` removes the limit.
    pub(crate) max_per_second: Option<Option<Rate>>,
}

/// The error for several invalid fields.
pub(crate) fn wrong(problems: Vec<Problem>) -> ApiError {
    ApiError::fields(StatusCode::UNPROCESSABLE_ENTITY, problems)
}

fn name(fields: &mut Fields, given: Option<String>) -> Option<String> {
    given.and_then(|name| fields.checked("name", naming::name(&name, MAX_NAME)))
}

fn limit(fields: &mut Fields, given: MaxPerSecond, kind: Kind) -> Option<Rate> {
    fields.checked("maxPerSecond", given.of(kind))
}

impl Provider {
    /// Reads a provider.
    ///
    /// # Errors
    /// A 400 for an unknown kind; a 422 that names every invalid field.
    pub(crate) fn read(body: Value, allowed: &Allowed) -> Result<Self> {
        let mut fields = Fields::of(body, "");
        let kind = match fields.required::<String>("kind") {
            Some(name) => Some(providers::kind(&name).ok_or_else(|| unknown_kind(&name))?),
            None => None,
        };
        let given = fields.required("name");
        let name = name(&mut fields, given);
        let enabled = fields.optional("enabled").unwrap_or(true);
        let given = fields.optional("maxPerSecond");
        let max_per_second = given.zip(kind).and_then(|(given, kind)| limit(&mut fields, given, kind));
        let config: Option<Value> = fields.required("config");
        // The fields of a config depend on the kind.
        let connection = match kind.zip(config).map(|(kind, config)| providers::read(kind, config, allowed)) {
            Some(Ok(connection)) => Some(connection),
            Some(Err(problems)) => {
                fields.also(problems);
                None
            }
            None => None,
        };
        fields.finish().map_err(wrong)?;
        match (kind, name, connection) {
            (Some(kind), Some(name), Some(connection)) => Ok(Self { kind, name, connection, enabled, max_per_second }),
            _ => Err(ApiError::internal("a field was lost")),
        }
    }
}

impl Change {
    /// Reads a change of a provider of this kind.
    ///
    /// # Errors
    /// A 422 that names every invalid field.
    pub(crate) fn read(body: Value, of: Kind) -> Result<Self> {
        let mut fields = Fields::of(body, "");
        let given = fields.optional("name");
        let name = name(&mut fields, given);
        let enabled = fields.optional("enabled");
        let config = fields.optional("config");
        let given: Option<Option<MaxPerSecond>> = fields.nullable("maxPerSecond");
        let max_per_second = given.map(|given| given.and_then(|given| limit(&mut fields, given, of)));
        fields.finish().map_err(wrong)?;
        Ok(Self { name, enabled, config, max_per_second })
    }
}

fn unknown_kind(given: &str) -> ApiError {
    let known: Vec<_> = providers::kinds().map(|(kind, _)| kind.as_str()).collect();
    let given: String = given.chars().take(64).collect();
    ApiError::bad_request("unknown_kind", format!("`kind`: {given:?} is not a kind; send one of {}.", known.join(", ")))
}

/// The id of a provider in a path: a UUID.
#[derive(Clone, Copy)]
pub struct ProviderId(pub(crate) DestinationId);

impl PathId for ProviderId {
    const NOUN: &'static str = "provider";

    fn parse(text: &str) -> Option<Self> {
        DestinationId::of_uuid(text).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{Platform, guard::TargetPolicy};
    use serde_json::json;

    fn read(body: Value) -> Result<Provider> {
        Provider::read(body, &Allowed { targets: TargetPolicy::Public, senders: vec![] })
    }

    #[test]
    fn a_provider_is_read_or_every_wrong_field_is_named() {
        let config = json!({"webhookUrl": "https://hooks.slack.com/services/T/B/XYZ"});
        let Ok(good) = read(json!({"kind": "slack", "name": " #ops-alerts ", "config": config})) else {
            panic!("refused")
        };
        assert_eq!((good.kind, &*good.name, good.enabled), (Kind::Chat(Platform::Slack), "#ops-alerts", true));
        let sentence = |body| format!("{:?}", read(body).err());
        let several = sentence(json!({"kind": "slack", "name": "", "config": {}, "enabled": "yes", "colour": 1}));
        for field in ["`name`", "`config.webhookUrl`", "`enabled`", "`colour`"] {
            assert!(several.contains(field), "{field}: {several}");
        }
        let nothing = sentence(json!({}));
        assert!(["`kind`", "`name`", "`config`"].iter().all(|field| nothing.contains(field)), "{nothing}");
        let unknown = sentence(json!({"kind": "pager", "name": "x", "config": {}}));
        assert!(unknown.contains("slack, teams, webhook, ops_email") && unknown.contains("400"), "{unknown}");
    }

    #[test]
    fn a_limit_is_for_kinds_that_receive_requests() {
        let slack = json!({"webhookUrl": "https://hooks.slack.com/services/T/B/XYZ"});
        let of_slack =
            |limit: Value| read(json!({"kind": "slack", "name": "x", "config": slack, "maxPerSecond": limit}));
        assert_eq!(of_slack(json!(0.5)).ok().and_then(|read| read.max_per_second), Rate::per_second(0.5));
        assert!(of_slack(json!(null)).is_ok_and(|read| read.max_per_second.is_none()));
        let problem = format!("{:?}", of_slack(json!(0)).err());
        assert!(problem.contains("`maxPerSecond`: send a number from 0.001 to 1000"), "{problem}");
        let mails = json!({"kind": "ops_email", "name": "x", "config": {}, "maxPerSecond": 1});
        let problem = format!("{:?}", read(mails).err());
        assert!(problem.contains("`maxPerSecond`") && problem.contains("the account's rate"), "{problem}");

        let change = |body, kind| Change::read(body, kind).map(|read| read.max_per_second);
        assert!(matches!(change(json!({}), Kind::Chat(Platform::Slack)), Ok(None)));
        assert!(matches!(change(json!({"maxPerSecond": null}), Kind::OpsEmail), Ok(Some(None))));
        assert!(matches!(change(json!({"maxPerSecond": 10}), Kind::Chat(Platform::Slack)), Ok(Some(Some(_)))));
        assert!(change(json!({"maxPerSecond": 10}), Kind::OpsEmail).is_err());
        assert!(change(json!({"maxPerSecond": "10"}), Kind::Chat(Platform::Slack)).is_err());
    }
}
