//! Our own events to a single destination, for verifications and tests.

use domain::{Destination, Event, EventId, EventType, Severity, time::rfc3339};
use serde_json::json;

/// The event that verifies an endpoint.
pub(crate) fn verification(destination: &Destination) -> Event {
    event(destination, EventType::verification(), "Answer with a 2xx to verify this endpoint.")
}

/// The event that tests a destination.
pub(crate) fn test(destination: &Destination) -> Event {
    let message = "This is a test notification. Whatever your rules send here will look like this.";
    event(destination, EventType::test(), message)
}

fn event(destination: &Destination, event_type: EventType, message: &str) -> Event {
    let id = EventId::generate();
    Event {
        operator_id: destination.operator_id,
        id,
        event_type,
        severity: Severity::Info,
        timestamp: id.made_at(),
        data: json!({ "message": message, "sent_at": rfc3339(id.made_at()) }).to_string().into(),
        resource: None,
        project_id: destination.project_id.clone(),
    }
}
