//! JSON of providers.

use api::views::HealthRecord;
use domain::{
    Connection, Destination, Kind,
    connection::{Written, providers},
    time::rfc3339,
    traffic::Rate,
};
use serde::Serialize;
use utoipa::ToSchema;

/// A provider, as it is answered when it was made.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProviderRecord {
    /// Its id.
    #[schema(example = "01993d2e-7d0a-7f2b-9c1d-2f0f6a8f3b11")]
    id: String,
    /// `slack`, `teams`, `webhook` or `ops_email`.
    kind: Kind,
    /// The name.
    #[schema(example = "#ops-alerts")]
    name: String,
    /// Whether notifications go out to it.
    enabled: bool,
    /// When it was made.
    #[schema(example = "2026-04-17T10:00:00.000Z")]
    created_at: String,
    /// When it was last changed.
    #[schema(example = "2026-04-17T10:00:00.000Z")]
    updated_at: String,
}

/// A provider with its config, in which `••••••••` stands for every secret.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProviderView {
    #[serde(flatten)]
    record: ProviderRecord,
    /// The config as its kind has it.
    #[schema(value_type = Object, example = json!({"webhookUrl": "••••••••"}))]
    #[schema(value_type = Object)]
    config: Written,
    /// A short description of the target.
    #[schema(example = "hooks.slack.com")]
    config_summary: String,
    /// Whether it is healthy. A successful test makes it healthy again.
    health: HealthRecord,
    /// The most notifications per second; null without a limit.
    #[schema(example = 10)]
    max_per_second: Option<f64>,
}

/// A kind of providers.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct KindView {
    /// As requests write it.
    kind: Kind,
    /// As people read it.
    #[schema(example = "Slack")]
    display_name: &'static str,
}

/// A page of providers, newest first.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProviderPage {
    /// The providers.
    pub(crate) data: Vec<ProviderView>,
    /// Every kind that there is.
    pub(crate) kinds: Vec<KindView>,
    /// The `cursor` of the next page; null at the end.
    pub(crate) next_cursor: Option<String>,
}

impl From<&Destination> for ProviderRecord {
    fn from(of: &Destination) -> Self {
        Self {
            id: of.public_id(),
            kind: of.kind,
            name: of.name.clone().unwrap_or_default(),
            enabled: !of.disabled,
            created_at: rfc3339(of.created_at),
            updated_at: rfc3339(of.updated_at.unwrap_or(of.created_at)),
        }
    }
}

impl ProviderView {
    /// A provider whose connection does not open any more has an empty config.
    pub(crate) fn new(of: &Destination, connection: Option<&Connection>) -> Self {
        Self {
            record: of.into(),
            config: connection.map(providers::shown).unwrap_or_default(),
            config_summary: connection.map_or_else(|| of.destination.clone(), providers::summary),
            health: HealthRecord::of(of),
            max_per_second: of.max_per_second.map(Rate::a_second),
        }
    }
}

pub(crate) fn kinds() -> Vec<KindView> {
    providers::KINDS.iter().map(|(kind, display_name)| KindView { kind: *kind, display_name }).collect()
}
