//! Rules, which the STACK API calls channels: they map event types and a minimum severity to destinations.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    ApiKind, Destination, DestinationId, EndpointId, Event, EventType, OperatorId, ProjectId, RuleId, Severity,
    WebhookId,
};

/// The most destinations that one rule may have.
pub const MAX_DESTINATIONS: usize = 50;

/// The behavior of a rule while one of its destinations is unhealthy.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum OnUnhealthy {
    /// The whole rule is paused, as the STACK API publishes it.
    #[default]
    Pause,
    /// The rule goes on to its other destinations.
    Skip,
}

/// A rule of an operator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// The id of its operator.
    pub operator_id: OperatorId,
    /// Its id.
    pub id: RuleId,
    /// The destinations of matching events; at least one.
    pub destination_ids: Vec<DestinationId>,
    /// The event types that match; at least one.
    pub events: Vec<EventType>,
    /// The lowest severity that matches.
    pub min_severity: Severity,
    /// The operator's own switch, apart from pausing.
    pub active: bool,
    /// What the rule does while a destination is unhealthy.
    pub on_unhealthy: OnUnhealthy,
    /// When it was made.
    #[serde(with = "crate::time::millis")]
    pub created_at: Timestamp,
    /// The API that created it. Only rules of the STACK API are channels.
    #[serde(default, rename = "face", skip_serializing_if = "ApiKind::is_stack")]
    pub api: ApiKind,
    /// The project whose events match; if absent, events of every project match.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project_id: Option<ProjectId>,
}

impl Rule {
    /// The id as the rule's own API writes it.
    pub fn public_id(&self) -> String {
        match self.api {
            ApiKind::Stack | ApiKind::Providers => self.id.to_string(),
            ApiKind::Mail => WebhookId::of_rule(self.id).to_string(),
            ApiKind::StackAuth => EndpointId::of_rule(self.id).to_string(),
            ApiKind::Config => DestinationId::of_channel(self.id).uuid().to_string(),
        }
    }

    /// The destination that a legacy channel owns; `None` for any other rule.
    pub fn inline_destination(&self) -> Option<DestinationId> {
        let own = DestinationId::of_channel(self.id);
        (self.destination_ids == [own]).then_some(own)
    }

    /// Whether the rule is active and the event's project, severity and type match.
    pub fn matches(&self, event: &Event) -> bool {
        self.active && self.is_of_project(event) && event.severity >= self.min_severity && self.takes(&event.event_type)
    }

    /// Whether the rule applies to all projects or to the event's.
    pub(crate) fn is_of_project(&self, event: &Event) -> bool {
        self.project_id.is_none() || self.project_id == event.project_id
    }

    /// Whether the event type matches. A channel of a project accepts every analysis, including types added to the
    /// catalogue after the channel was created.
    fn takes(&self, event_type: &EventType) -> bool {
        match self.api {
            ApiKind::Config => event_type.is_analysis(),
            ApiKind::Stack | ApiKind::Mail | ApiKind::Providers | ApiKind::StackAuth => {
                self.events.iter().any(|mine| mine.covers(event_type))
            }
        }
    }

    /// The destinations that pause this rule. Derived from their health and never stored with the rule. `find` looks up
    /// one of the operator's destinations; a deleted destination does not pause the rule.
    pub fn paused_by<'a>(&self, find: impl Fn(DestinationId) -> Option<&'a Destination>) -> Vec<DestinationId> {
        if self.on_unhealthy == OnUnhealthy::Skip {
            return vec![];
        }
        let broken = |id: &DestinationId| find(*id).is_some_and(|destination| !destination.well());
        self.destination_ids.iter().copied().filter(broken).collect()
    }
}
