//! The JSON of providers.

use api::views::HealthRecord;
use domain::{
    Connection, Destination, Kind,
    connection::{Written, providers},
    time::rfc3339,
    traffic::Rate,
};
use serde::Serialize;
use utoipa::ToSchema;

/// A provider without its config, as returned when it is created.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProviderRecord {
    /// The id.
    #[schema(example = "01993d2e-7d0a-7f2b-9c1d-2f0f6a8f3b11")]
    id: String,
    /// The kind: `slack`, `teams`, `webhook` or `ops_email`.
    kind: Kind,
    /// The name.
    #[schema(example = "#ops-alerts")]
    name: String,
    /// Whether the provider receives notifications.
    enabled: bool,
    /// When the provider was created.
    #[schema(example = "2026-04-17T10:00:00.000Z")]
    created_at: String,
    /// When the provider was last changed.
    #[schema(example = "2026-04-17T10:00:00.000Z")]
    updated_at: String,
}

/// A provider with its config, in which `••••••••` replaces every secret.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProviderView {
    #[serde(flatten)]
    record: ProviderRecord,
    /// The config, whose fields depend on the kind.
    #[schema(value_type = Object, example = json!({"webhookUrl": "••••••••"}))]
    #[schema(value_type = Object)]
    config: Written,
    /// A short description of the target.
    #[schema(example = "hooks.slack.com")]
    config_summary: String,
    /// The health of the provider. A successful test makes it healthy again.
    health: HealthRecord,
    /// The maximum number of notifications per second; null if there is no limit.
    #[schema(example = 10)]
    max_per_second: Option<f64>,
}

/// A kind of provider.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct KindView {
    /// The kind as in requests.
    kind: Kind,
    /// The name for people.
    #[schema(example = "Slack")]
    display_name: &'static str,
}

/// A page of providers, newest first.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProviderPage {
    /// The providers.
    pub(crate) data: Vec<ProviderView>,
    /// All kinds of providers.
    pub(crate) kinds: Vec<KindView>,
    /// The `cursor` of the next page; null on the last page.
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
    /// A provider whose connection can no longer be decrypted has an empty config.
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
    providers::kinds().map(|(kind, display_name)| KindView { kind, display_name }).collect()
}
