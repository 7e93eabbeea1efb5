//! Tests and verifications of a destination in the delivery log. Each is one row with one attempt, and has no event: the
//! message follows from the row.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Attempt, Delivery};
use crate::{
    DeliveryId, DeliveryState, Destination, Event, EventId, EventType, Severity,
    lifecycle::{Fate, Transition},
    time::rfc3339,
};

/// What a message checks that is not about an event of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Probe {
    /// A test notification.
    Test,
    /// The request that verifies a webhook.
    Verification,
}

impl Probe {
    /// The type of its event, which no event of the log has.
    pub fn event_type(self) -> EventType {
        match self {
            Self::Test => EventType::test(),
            Self::Verification => EventType::verification(),
        }
    }

    /// Returns the event that a destination gets. The same ID always gives the same event.
    pub fn event(self, to: &Destination, id: EventId) -> Event {
        let message = match self {
            Self::Test => "This is a test notification. Whatever your rules send here will look like this.",
            Self::Verification => "Answer with a 2xx to verify this endpoint.",
        };
        Event {
            operator_id: to.operator_id,
            id,
            event_type: self.event_type(),
            severity: Severity::Info,
            timestamp: id.made_at(),
            data: json!({ "message": message, "sent_at": rfc3339(id.made_at()) }).to_string().into(),
            resource: None,
            project_id: to.project_id.clone(),
        }
    }

    /// Returns the row of its only attempt.
    pub fn delivery(self, to: &Destination, event: &Event, attempt: &Attempt) -> Delivery {
        let state = if attempt.succeeded() { DeliveryState::Succeeded } else { DeliveryState::Abandoned };
        let ended = Transition { state, reason: None, next_attempt_at: None };
        let event_type = event.event_type.in_probe_row();
        let id = DeliveryId::new(to.id, event.id);
        let new = Delivery::new(id, to.operator_id, &event_type, to.api, Fate::Send, attempt.at);
        Delivery { probe: Some(self), ..new.attempted(0, attempt, &ended) }
    }
}

impl Delivery {
    /// The type of its event, as it was sent.
    pub fn sent_type(&self) -> EventType {
        self.probe.map_or_else(|| self.event_type.clone(), Probe::event_type)
    }

    /// Whether the index by state holds it. Tests and verifications need no attention and are never sent again.
    pub fn indexed(&self) -> bool {
        self.probe.is_none() && self.state.indexed(self.api)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use serde_dynamo::{AttributeValue, from_item, to_item};

    use super::*;
    use crate::{OperatorId, testing};

    #[test]
    fn a_failed_test_is_not_indexed_and_its_type_is_readable_by_earlier_versions() {
        let to = testing::webhook(OperatorId::generate());
        for (probe, status) in [(Probe::Test, 500), (Probe::Verification, 204)] {
            let event = probe.event(&to, EventId::generate());
            let row = probe.delivery(&to, &event, &testing::attempt(status));
            assert!(!row.indexed() && row.attempt_count == 1 && row.next_attempt_at.is_none());
            assert_eq!(row.sent_type(), event.event_type);
            assert_eq!(EventType::try_from(row.event_type.as_str()).as_ref(), Ok(&row.event_type));
            let item: HashMap<String, AttributeValue> = to_item(&row).expect("an item");
            assert_eq!(from_item::<_, Delivery>(item).expect("a row"), row);
            assert_eq!(probe.event(&to, event.id), event);
        }
    }
}
