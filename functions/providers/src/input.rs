//! What callers write of a provider, and what is wrong with it.

use api::{ApiError, error::Result};
use axum::http::StatusCode;
use domain::{
    Connection, Kind,
    connection::{Allowed, providers},
    fields::{Fields, Problem, line},
};
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// The longest name, in characters.
const MAX_NAME: usize = 120;

/// A provider to make.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the API's text shows it; it is read field by field, so that all wrong ones are named")]
pub(crate) struct NewProvider {
    /// `slack`, `teams`, `webhook` or `ops_email`.
    #[schema(example = "slack")]
    kind: String,
    /// What people call it: 1 to 120 characters.
    #[schema(example = "#ops-alerts")]
    name: String,
    /// What its kind needs: `webhookUrl`; `url`, `secret`, `headers`; or `fromEmail`, `toEmails`, `replyTo`.
    #[schema(value_type = Object, example = json!({"webhookUrl": "https://hooks.slack.com/services/T/B/XYZ"}))]
    config: Map<String, Value>,
    /// Whether notifications go out to it; true by default.
    enabled: Option<bool>,
}

/// What to change of a provider; what is left out stays as it is.
#[derive(ToSchema)]
#[expect(dead_code, reason = "as above")]
pub(crate) struct ProviderChange {
    /// What people call it.
    name: Option<String>,
    /// Whether notifications go out to it; what it misses meanwhile is held.
    enabled: Option<bool>,
    /// The fields of the config that change; null takes one away, and `••••••••` leaves a secret as it is.
    #[schema(value_type = Option<Object>, example = json!({"secret": "another-secret"}))]
    config: Option<Map<String, Value>>,
}

/// A provider that is as it should be.
pub(crate) struct Provider {
    pub(crate) kind: Kind,
    pub(crate) name: String,
    pub(crate) connection: Connection,
    pub(crate) enabled: bool,
}

/// A change that is as it should be, but for the config, which is judged with what it changes.
pub(crate) struct Change {
    pub(crate) name: Option<String>,
    pub(crate) enabled: Option<bool>,
    pub(crate) config: Option<Map<String, Value>>,
}

/// Several fields that are wrong.
pub(crate) fn wrong(problems: Vec<Problem>) -> ApiError {
    ApiError::fields(StatusCode::UNPROCESSABLE_ENTITY, problems)
}

fn name(fields: &mut Fields, given: Option<String>) -> Option<String> {
    given.and_then(|name| fields.checked("name", line(&name, MAX_NAME)))
}

impl Provider {
    /// Reads a provider.
    ///
    /// # Errors
    /// A 400 for a kind that is none; a 422 that names every field that is wrong.
    pub(crate) fn read(body: Value, allowed: &Allowed) -> Result<Self> {
        let mut fields = Fields::of(body, "");
        let kind = match fields.required::<String>("kind") {
            Some(name) => Some(providers::kind(&name).ok_or_else(|| unknown_kind(&name))?),
            None => None,
        };
        let given = fields.required("name");
        let name = name(&mut fields, given);
        let enabled = fields.optional("enabled").unwrap_or(true);
        let config: Option<Value> = fields.required("config");
        // What a config should be depends on the kind.
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
            (Some(kind), Some(name), Some(connection)) => Ok(Self { kind, name, connection, enabled }),
            _ => Err(ApiError::internal("a field was lost")),
        }
    }
}

impl Change {
    /// Reads a change.
    ///
    /// # Errors
    /// A 422 that names every field that is wrong.
    pub(crate) fn read(body: Value) -> Result<Self> {
        let mut fields = Fields::of(body, "");
        let given = fields.optional("name");
        let name = name(&mut fields, given);
        let enabled = fields.optional("enabled");
        let config = fields.optional("config");
        fields.finish().map_err(wrong)?;
        Ok(Self { name, enabled, config })
    }
}

fn unknown_kind(given: &str) -> ApiError {
    let known: Vec<_> = providers::KINDS.iter().map(|(kind, _)| kind.as_str()).collect();
    let given: String = given.chars().take(64).collect();
    ApiError::bad_request("unknown_kind", format!("`kind`: {given:?} is no kind; send one of {}.", known.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::guard::TargetPolicy;
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
        assert_eq!((good.kind, &*good.name, good.enabled), (Kind::Slack, "#ops-alerts", true));
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
}
