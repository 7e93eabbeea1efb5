//! Rules, which the STACK API calls channels: event types and a least severity, mapped to destinations.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Destination, DestinationId, EndpointId, Event, EventType, Face, OperatorId, RuleId, Severity, WebhookId};

/// The most destinations that one rule may have.
pub const MAX_DESTINATIONS: usize = 50;

/// What a rule does while one of its destinations is unhealthy.
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
    /// Whose it is.
    pub operator_id: OperatorId,
    /// Its id.
    pub id: RuleId,
    /// Where a match goes; at least one.
    pub destination_ids: Vec<DestinationId>,
    /// Which event types it takes; at least one.
    pub events: Vec<EventType>,
    /// The least severity it takes.
    pub min_severity: Severity,
    /// The operator's own switch, apart from pausing.
    pub active: bool,
    /// What happens while a destination is unhealthy.
    pub on_unhealthy: OnUnhealthy,
    /// When it was made.
    #[serde(with = "crate::time::millis")]
    pub created_at: Timestamp,
    /// By which API it was made; none but the STACK API's is a channel.
    #[serde(default, skip_serializing_if = "Face::is_stack")]
    pub face: Face,
    /// The project whose events it takes; those of all when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project_id: Option<String>,
}

impl Rule {
    /// Its id as the API writes it by which it was made.
    pub fn public_id(&self) -> String {
        match self.face {
            Face::Stack | Face::Providers => self.id.to_string(),
            Face::Mail => WebhookId::of_rule(self.id).to_string(),
            Face::StackAuth => EndpointId::of_rule(self.id).to_string(),
            Face::Config => DestinationId::of_channel(self.id).uuid().to_string(),
        }
    }

    /// The destination that this rule has brought along, if it is a legacy channel.
    pub fn brought(&self) -> Option<DestinationId> {
        let own = DestinationId::of_channel(self.id);
        (self.destination_ids == [own]).then_some(own)
    }

    /// Whether an event is this rule's business.
    pub fn matches(&self, event: &Event) -> bool {
        let mine = self.project_id.is_none() || self.project_id == event.project_id;
        self.active && mine && event.severity >= self.min_severity && self.takes(&event.event_type)
    }

    /// Whether it takes events of this type. A channel of a project takes every analysis, also of types that the
    /// catalogue did not have when the channel was made.
    fn takes(&self, event_type: &EventType) -> bool {
        match self.face {
            Face::Config => event_type.is_analysis(),
            Face::Stack | Face::Mail | Face::Providers | Face::StackAuth => {
                self.events.iter().any(|mine| mine.covers(event_type))
            }
        }
    }

    /// The destinations that pause this rule: derived from their health, never stored with the rule. `find` looks one
    /// of the operator's destinations up; a deleted one pauses nothing.
    pub fn paused_by<'a>(&self, find: impl Fn(DestinationId) -> Option<&'a Destination>) -> Vec<DestinationId> {
        if self.on_unhealthy == OnUnhealthy::Skip {
            return vec![];
        }
        let broken = |id: &DestinationId| find(*id).is_some_and(|destination| !destination.well());
        self.destination_ids.iter().copied().filter(broken).collect()
    }
}
