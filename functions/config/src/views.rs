//! The JSON of channels, which never contains their credentials.

use api::views::HealthRecord;
use domain::{connection::config, time::rfc3339, traffic::Rate};
use serde::Serialize;
use store::project_channels::ProjectChannel;
use utoipa::ToSchema;

/// The response to creating a channel.
#[derive(Serialize, ToSchema)]
pub(crate) struct MadeProjectChannel {
    /// Always true.
    success: bool,
    /// The id of the new channel.
    data: ProjectChannelId,
}

/// The id of a channel.
#[derive(Serialize, ToSchema)]
pub(crate) struct ProjectChannelId {
    /// The id, for changing and deleting the channel.
    #[schema(example = "9b7a3b2c-2e6e-4f1f-8c5a-1b2c3d4e5f6a")]
    id: String,
}

/// A channel.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProjectChannelView {
    /// The id.
    #[schema(example = "9b7a3b2c-2e6e-4f1f-8c5a-1b2c3d4e5f6a")]
    id: String,
    /// The type: a chat platform, `webhook` or `email`.
    #[serde(rename = "type")]
    #[schema(example = "slack")]
    type_name: &'static str,
    /// The name.
    #[schema(example = "#engineering-alerts")]
    name: String,
    /// The minimum severity that the channel receives.
    #[schema(example = "high")]
    severity_threshold: &'static str,
    /// Whether the channel is enabled.
    active: bool,
    /// The health of the channel. A successful test makes it healthy again.
    health: HealthRecord,
    /// When the channel was created.
    created_at: String,
    /// When the channel was last changed.
    updated_at: String,
    /// The maximum number of notifications per second; null if there is no limit.
    #[schema(example = 10)]
    max_per_second: Option<f64>,
}

/// One channel.
#[derive(Serialize, ToSchema)]
pub(crate) struct OneProjectChannel {
    /// Always true.
    success: bool,
    /// The channel.
    data: ProjectChannelView,
}

/// A page of channels, newest first.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProjectChannelPage {
    /// Always true.
    success: bool,
    /// The channels.
    data: Vec<ProjectChannelView>,
    /// The `cursor` of the next page; null on the last page.
    next_cursor: Option<String>,
}

impl MadeProjectChannel {
    pub(crate) fn of(made: &ProjectChannel) -> Self {
        Self { success: true, data: ProjectChannelId { id: made.destination.public_id() } }
    }
}

impl OneProjectChannel {
    pub(crate) fn of(found: &ProjectChannel) -> Self {
        Self { success: true, data: found.into() }
    }
}

impl ProjectChannelPage {
    pub(crate) fn of(found: &[ProjectChannel], next_cursor: Option<String>) -> Self {
        Self { success: true, data: found.iter().map(ProjectChannelView::from).collect(), next_cursor }
    }
}

impl From<&ProjectChannel> for ProjectChannelView {
    fn from(ProjectChannel { destination, rule }: &ProjectChannel) -> Self {
        Self {
            id: destination.public_id(),
            type_name: config::type_name(destination.kind),
            name: destination.name.clone().unwrap_or_default(),
            severity_threshold: rule.min_severity.config_name(),
            active: !destination.disabled,
            health: HealthRecord::of(destination),
            created_at: rfc3339(destination.created_at),
            updated_at: rfc3339(destination.updated_at.unwrap_or(destination.created_at)),
            max_per_second: destination.max_per_second.map(Rate::a_second),
        }
    }
}
