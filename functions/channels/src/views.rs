//! The JSON of rules.

use std::collections::HashMap;

use api::views::DestinationView;
use domain::{Destination, DestinationId, Kind, Rule, WebhookSecret, rule::OnUnhealthy, time::rfc3339};
use serde::Serialize;
use utoipa::ToSchema;

/// A rule.
#[derive(Serialize, ToSchema)]
pub(crate) struct RuleView {
    /// The id.
    #[schema(example = "nch_01JRX2Q0Z8K5V3M7N9P4T6W8YB")]
    id: String,
    /// The id of the operator that owns the rule.
    operator_id: String,
    /// The kind of the first destination; null if that is deleted.
    channel_type: Option<Kind>,
    /// The address of the first destination; null if that is deleted.
    destination: Option<String>,
    /// The id of the first destination; null for a rule with an address of its own.
    destination_id: Option<String>,
    /// The ids of all destinations; empty for a rule with an address of its own.
    destination_ids: Vec<String>,
    /// The event types that the rule matches.
    events: Vec<String>,
    /// The minimum severity that the rule matches.
    #[schema(example = "warning")]
    min_severity: &'static str,
    /// Whether all destinations of the rule, or its own address, are verified.
    verified: bool,
    /// Whether the rule is active: enabled, not paused, and with a destination that exists.
    active: bool,
    /// Why the rule is not active.
    inactive_reason: Option<Inactive>,
    /// Whether the operator has enabled the rule. Set it with `active` in a PATCH. A destination can pause an enabled
    /// rule.
    enabled: bool,
    /// The behavior of the rule while one of its destinations is unhealthy.
    on_unhealthy: OnUnhealthy,
    /// The unhealthy destinations that pause the rule, or the rule's own id if its own address is unhealthy. Verify
    /// them to resume the rule.
    paused_by: Vec<String>,
    /// The webhook secret of a rule with its own URL. Only returned when the rule is created.
    #[serde(skip_serializing_if = "Option::is_none")]
    webhook_secret: Option<String>,
    /// When the rule was created.
    created_at: String,
    /// The details of the destinations, without those that are deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    delivery_methods: Option<Vec<DestinationView>>,
}

/// A page of rules, newest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct RulePage {
    /// The rules.
    pub(crate) channels: Vec<RuleView>,
    /// The `cursor` of the next page; null on the last page.
    pub(crate) next_cursor: Option<String>,
}

/// A legacy channel with a new secret.
#[derive(Serialize, ToSchema)]
pub(crate) struct RotatedChannel {
    #[serde(flatten)]
    pub(crate) channel: RuleView,
    /// When the previous secret stops signing.
    #[schema(example = "2026-04-16T10:00:00.000Z")]
    pub(crate) previous_secret_expires_at: String,
}

/// Why a rule is not active.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Inactive {
    /// The operator has disabled the rule: `enabled` is false.
    Disabled,
    /// All destinations are deleted. Give the rule others.
    DestinationsDeleted,
    /// A destination is unhealthy. See `paused_by`.
    Paused,
}

impl RuleView {
    /// The view of a rule, with the state that follows from its destinations.
    pub(crate) fn of(rule: &Rule, destinations: &HashMap<DestinationId, Destination>, writer: bool) -> Self {
        let found: Vec<_> = rule.destination_ids.iter().filter_map(|id| destinations.get(id)).collect();
        let first = found.first();
        let first_id = first.map(|destination| &destination.id).or_else(|| rule.destination_ids.first());
        let paused_by = rule.paused_by(|id| destinations.get(&id));
        let inline_destination = rule.inline_destination();
        let inactive = match () {
            () if !rule.active => Some(Inactive::Disabled),
            () if found.is_empty() => Some(Inactive::DestinationsDeleted),
            () if !paused_by.is_empty() => Some(Inactive::Paused),
            () => None,
        };
        // Each API has its own form of a destination's id. The view uses the form of the API that created it.
        let public = |id: &DestinationId| destinations.get(id).map_or_else(|| id.to_string(), Destination::public_id);
        let shown = rule.destination_ids.iter().filter(|_| inline_destination.is_none());
        Self {
            id: rule.id.to_string(),
            operator_id: rule.operator_id.to_string(),
            channel_type: first.map(|destination| destination.kind),
            destination: first.map(|destination| destination.shown_to(writer).into_owned()),
            destination_id: first_id.filter(|_| inline_destination.is_none()).map(public),
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

    /// Adds the secret of the rule's own webhook.
    pub(crate) fn with_secret(self, secret: Option<&WebhookSecret>) -> Self {
        Self { webhook_secret: secret.map(|secret| secret.reveal().to_owned()), ..self }
    }

    /// The view of a rule with the details of its destinations.
    pub(crate) fn enriched(rule: &Rule, destinations: &HashMap<DestinationId, Destination>, writer: bool) -> Self {
        let found = rule.destination_ids.iter().filter_map(|id| destinations.get(id));
        let methods = found.map(|destination| DestinationView::of(destination, writer)).collect();
        Self { delivery_methods: Some(methods), ..Self::of(rule, destinations, writer) }
    }
}
