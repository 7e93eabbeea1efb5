//! How a destination is, in both styles of names.

use domain::{
    Destination,
    time::{now, rfc3339},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::TrafficView;

/// A destination's health.
#[derive(Debug, Serialize, ToSchema)]
pub struct HealthView {
    /// `healthy` or `unhealthy`.
    #[schema(example = "healthy")]
    pub status: &'static str,
    /// Since when it is unhealthy.
    pub since: Option<String>,
    /// What went wrong with the attempt that made it so.
    pub reason: Option<String>,
    /// Since when to recover what it has missed: when the event was accepted whose delivery made it so.
    pub missed_since: Option<String>,
    #[serde(flatten)]
    traffic: TrafficView,
}

/// A destination's health as APIs show it whose fields are camelCase.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HealthRecord {
    /// `healthy`, or `unhealthy` after failures: what it would be sent is held meanwhile.
    #[schema(example = "healthy")]
    pub status: &'static str,
    /// Since when it is unhealthy.
    pub since: Option<String>,
    /// What went wrong with the attempt that made it so.
    pub reason: Option<String>,
    /// Since when to recover what it has missed: when the event was accepted whose delivery made it so.
    pub missed_since: Option<String>,
    #[serde(flatten)]
    traffic: TrafficView,
}

impl HealthView {
    /// The health of a destination.
    pub fn of(destination: &Destination) -> Self {
        let broken = destination.unhealthy.as_ref();
        Self {
            status: if broken.is_some() { "unhealthy" } else { "healthy" },
            since: broken.map(|unhealthy| rfc3339(unhealthy.since)),
            reason: broken.map(|unhealthy| unhealthy.reason.clone()),
            missed_since: broken.map(|unhealthy| rfc3339(unhealthy.missed_since())),
            traffic: TrafficView::of(destination, now()),
        }
    }
}

impl HealthRecord {
    /// The health of a destination.
    pub fn of(destination: &Destination) -> Self {
        let HealthView { status, since, reason, missed_since, traffic } = HealthView::of(destination);
        Self { status, since, reason, missed_since, traffic }
    }
}
