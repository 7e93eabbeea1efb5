//! A rule as the STACK API shows it.

use std::collections::HashMap;

use api::views::DestinationView;
use domain::{Destination, DestinationId, Kind, Rule, WebhookSecret, rule::OnUnhealthy, time::rfc3339};
use serde::Serialize;
use utoipa::ToSchema;

/// A rule.
#[derive(Serialize, ToSchema)]
pub(crate) struct RuleView {
    /// Its id.
    #[schema(example = "nch_01JRX2Q0Z8K5V3M7N9P4T6W8YB")]
    id: String,
    /// The id of its operator.
    operator_id: String,
    /// The kind of its first destination; null when that is deleted.
    channel_type: Option<Kind>,
    /// The address of its first destination; null when that is deleted.
    destination: Option<String>,
    /// Its first destination; null for an address of its own.
    destination_id: Option<String>,
    /// All of its destinations; empty for an address of its own.
    destination_ids: Vec<String>,
    /// The event types it matches.
    events: Vec<String>,
    /// The least severity it matches.
    #[schema(example = "warning")]
    min_severity: &'static str,
    /// Whether all of its destinations, or its own address, are verified.
    verified: bool,
    /// Whether it is active: enabled, not paused, and with a destination that exists.
    active: bool,
    /// Why it does not send now.
    inactive_reason: Option<Inactive>,
    /// Whether the operator has enabled it, which `active` in a PATCH sets. A destination can pause it besides.
    enabled: bool,
    /// The behaviour while one of its destinations is unhealthy.
    on_unhealthy: OnUnhealthy,
    /// The unhealthy destinations that pause it, or the channel itself if its own address does; verify them to resume.
    paused_by: Vec<String>,
    /// The secret of a webhook of its own, in the answer to its creation only.
    #[serde(skip_serializing_if = "Option::is_none")]
    webhook_secret: Option<String>,
    /// When it was made.
    created_at: String,
    /// Its destinations in full, those that are deleted left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    delivery_methods: Option<Vec<DestinationView>>,
}

/// Why a rule does not send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Inactive {
    /// It is switched off: `enabled` is false.
    Disabled,
    /// All of its destinations are deleted; give it others.
    DestinationsDeleted,
    /// A destination is unhealthy: see `paused_by`.
    Paused,
}

impl RuleView {
    /// The rule, with what follows from the state of its destinations.
    pub(crate) fn of(rule: &Rule, destinations: &HashMap<DestinationId, Destination>, writer: bool) -> Self {
        let found: Vec<_> = rule.destination_ids.iter().filter_map(|id| destinations.get(id)).collect();
        let first = found.first();
        let first_id = first.map(|destination| &destination.id).or_else(|| rule.destination_ids.first());
        let paused_by = rule.paused_by(|id| destinations.get(&id));
        let brought = rule.brought();
        let inactive = match () {
            () if !rule.active => Some(Inactive::Disabled),
            () if found.is_empty() => Some(Inactive::DestinationsDeleted),
            () if !paused_by.is_empty() => Some(Inactive::Paused),
            () => None,
        };
        // As the API writes it by which the destination was made.
        let public = |id: &DestinationId| destinations.get(id).map_or_else(|| id.to_string(), Destination::public_id);
        let shown = rule.destination_ids.iter().filter(|_| brought.is_none());
        Self {
            id: rule.id.to_string(),
            operator_id: rule.operator_id.to_string(),
            channel_type: first.map(|destination| destination.kind),
            destination: first.map(|destination| destination.shown_to(writer).into_owned()),
            destination_id: first_id.filter(|_| brought.is_none()).map(public),
            destination_ids: shown.map(public).collect(),
            events: rule.events.iter().map(ToString::to_string).collect(),
            min_severity: rule.min_severity.stack_name(),
            verified: !found.is_empty() && found.iter().all(|destination| destination.verified()),
            active: inactive.is_none(),
            inactive_reason: inactive,
            enabled: rule.active,
            on_unhealthy: rule.on_unhealthy,
            paused_by: paused_by.iter().map(public).collect(),
            webhook_secret: None,
            created_at: rfc3339(rule.created_at),
            delivery_methods: None,
        }
    }

    /// The same with the secret of the webhook that it has brought.
    pub(crate) fn with_secret(self, secret: Option<&WebhookSecret>) -> Self {
        Self { webhook_secret: secret.map(|secret| secret.reveal().to_owned()), ..self }
    }

    /// The same with its destinations in full.
    pub(crate) fn enriched(rule: &Rule, destinations: &HashMap<DestinationId, Destination>, writer: bool) -> Self {
        let found = rule.destination_ids.iter().filter_map(|id| destinations.get(id));
        let methods = found.map(|destination| DestinationView::of(destination, writer)).collect();
        Self { delivery_methods: Some(methods), ..Self::of(rule, destinations, writer) }
    }
}
