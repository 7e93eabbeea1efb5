//! A rule as the STACK API shows it.

use std::collections::HashMap;

use api::views::DestinationView;
use domain::{ChannelType, Destination, DestinationId, Rule, rule::OnUnhealthy, time::rfc3339};
use serde::Serialize;
use utoipa::ToSchema;

/// A rule.
#[derive(Serialize, ToSchema)]
pub(crate) struct RuleView {
    /// Its id.
    #[schema(example = "nch_01JRX2Q0Z8K5V3M7N9P4T6W8YB")]
    id: String,
    /// Whose it is.
    operator_id: String,
    /// The kind of its first destination; null when that is deleted.
    channel_type: Option<ChannelType>,
    /// The address of its first destination; null when that is deleted.
    destination: Option<String>,
    /// Its first destination.
    destination_id: String,
    /// All of its destinations.
    destination_ids: Vec<String>,
    /// The event types it matches.
    events: Vec<String>,
    /// The least severity it matches.
    #[schema(example = "warning")]
    min_severity: &'static str,
    /// Whether all of its destinations are verified.
    verified: bool,
    /// Whether it sends now: switched on, and not paused.
    active: bool,
    /// What it does while one of its destinations is unhealthy.
    on_unhealthy: OnUnhealthy,
    /// The unhealthy destinations that pause it; verify them again to resume.
    paused_by: Vec<String>,
    /// When it was made.
    created_at: String,
    /// Its destinations in full, those that are deleted left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    delivery_methods: Option<Vec<DestinationView>>,
}

impl RuleView {
    /// The rule, with what follows from the state of its destinations.
    pub(crate) fn of(rule: &Rule, destinations: &HashMap<DestinationId, Destination>) -> Self {
        let found: Vec<_> = rule.destination_ids.iter().filter_map(|id| destinations.get(id)).collect();
        let first_id = rule.destination_ids.first();
        let first = first_id.and_then(|id| destinations.get(id));
        let paused_by = rule.paused_by(|id| destinations.get(&id));
        Self {
            id: rule.id.to_string(),
            operator_id: rule.operator_id.to_string(),
            channel_type: first.map(|destination| destination.channel_type),
            destination: first.map(|destination| destination.destination.clone()),
            destination_id: first_id.map(ToString::to_string).unwrap_or_default(),
            destination_ids: rule.destination_ids.iter().map(ToString::to_string).collect(),
            events: rule.events.iter().map(ToString::to_string).collect(),
            min_severity: rule.min_severity.stack_name(),
            verified: found.iter().all(|destination| destination.verified()),
            active: rule.active && paused_by.is_empty(),
            on_unhealthy: rule.on_unhealthy,
            paused_by: paused_by.iter().map(ToString::to_string).collect(),
            created_at: rfc3339(rule.created_at),
            delivery_methods: None,
        }
    }

    /// The same with its destinations in full.
    pub(crate) fn enriched(rule: &Rule, destinations: &HashMap<DestinationId, Destination>) -> Self {
        let found = rule.destination_ids.iter().filter_map(|id| destinations.get(id));
        Self { delivery_methods: Some(found.map(DestinationView::of).collect()), ..Self::of(rule, destinations) }
    }
}
