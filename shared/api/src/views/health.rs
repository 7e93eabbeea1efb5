//! A destination's health, with snake_case and camelCase names.

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
    /// The error of the attempt that made the destination unhealthy.
    pub reason: Option<String>,
    /// The time to recover from: when the event was accepted whose delivery made the destination unhealthy.
    pub missed_since: Option<String>,
    #[serde(flatten)]
    traffic: TrafficView,
}

/// A destination's health with camelCase fields.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HealthRecord {
    /// `healthy`, or `unhealthy` after failures, while deliveries are held.
    #[schema(example = "healthy")]
    pub status: &'static str,
    /// Since when it is unhealthy.
    pub since: Option<String>,
    /// The error of the attempt that made the destination unhealthy.
    pub reason: Option<String>,
    /// The time to recover from: when the event was accepted whose delivery made the destination unhealthy.
    pub missed_since: Option<String>,
    #[serde(flatten)]
    traffic: TrafficView,
}

impl HealthView {
    /// Creates the view of a destination's health.
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
    /// Creates the view of a destination's health.
    pub fn of(destination: &Destination) -> Self {
        let HealthView { status, since, reason, missed_since, traffic } = HealthView::of(destination);
        Self { status, since, reason, missed_since, traffic }
    }
}
