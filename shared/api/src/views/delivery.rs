//! A delivery and its attempts, as the STACK API shows them.

use std::collections::BTreeMap;

use domain::{Attempt, Delivery, DeliveryState, Destination, time::rfc3339};
use serde::Serialize;
use utoipa::ToSchema;

/// One event to one destination.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeliveryView {
    /// Its id: the `webhook-id` of every attempt.
    #[schema(example = "dlv_01JRX2Q0Z8K5V3M7N9P4T6W8YB01JRX2Q0Z8K5V3M7N9P4T6W8YC")]
    pub id: String,
    /// The target.
    pub destination_id: String,
    /// What it says.
    pub event_id: String,
    /// The type of its event.
    #[schema(example = "passport.flagged")]
    pub event_type: String,
    /// The current status.
    pub state: DeliveryState,
    /// Why it is held, or was abandoned without an attempt, e.g. `rule_paused` or `destination_deleted`.
    pub reason: Option<String>,
    /// How many attempts were made in all.
    pub attempt_count: u32,
    /// The newest 50 of them, oldest first.
    pub attempts: Vec<AttemptView>,
    /// When the next attempt is due.
    pub next_attempt_at: Option<String>,
    /// When the event was dispatched.
    pub created_at: String,
}

/// One try of a delivery.
#[derive(Debug, Serialize, ToSchema)]
pub struct AttemptView {
    /// Which one, from 1.
    pub number: u32,
    /// When it began.
    #[schema(example = "2026-04-15T10:00:00.000Z")]
    pub at: String,
    /// How long it took.
    pub duration_ms: u64,
    /// The status of the answer, if there was one.
    pub status: Option<u16>,
    /// Why it failed; null when it succeeded.
    #[schema(example = "answered 500 Internal Server Error")]
    pub error: Option<String>,
    /// The first 1 KiB of the answer's body.
    pub response: Option<String>,
    /// A problem with a response that was accepted anyway.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "the answer's headers were malformed")]
    pub note: Option<String>,
    /// The headers of a webhook's request, where a single delivery is shown. What the operator has added is left out: it
    /// may be secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_headers: Option<BTreeMap<String, String>>,
}

/// A page of deliveries, newest event first.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeliveryPage {
    /// The deliveries.
    pub deliveries: Vec<DeliveryView>,
    /// The `cursor` of the next page; null at the end.
    pub next_cursor: Option<String>,
}

impl From<&Delivery> for DeliveryView {
    fn from(delivery: &Delivery) -> Self {
        let failed = delivery.state == DeliveryState::Failed;
        let stuck = matches!(delivery.state, DeliveryState::Held | DeliveryState::Abandoned);
        Self {
            id: delivery.id.to_string(),
            destination_id: delivery.id.destination.to_string(),
            event_id: delivery.id.event.to_string(),
            event_type: delivery.event_type.to_string(),
            state: delivery.state,
            reason: delivery.reason.clone().filter(|_| stuck).map(String::from),
            attempt_count: delivery.attempt_count,
            attempts: delivery.attempts.iter().map(AttemptView::from).collect(),
            next_attempt_at: delivery.next_attempt_at.filter(|_| failed).map(rfc3339),
            created_at: rfc3339(delivery.created_at),
        }
    }
}

impl DeliveryView {
    /// Creates the view of a delivery to this destination, with the destination's ID in the API that it was created
    /// with.
    pub fn to(destination: &Destination, delivery: &Delivery) -> Self {
        Self { destination_id: destination.public_id(), ..Self::from(delivery) }
    }
}

impl From<&Attempt> for AttemptView {
    fn from(attempt: &Attempt) -> Self {
        Self {
            number: attempt.number,
            at: rfc3339(attempt.at),
            duration_ms: attempt.duration_ms,
            status: attempt.status,
            error: attempt.error.clone(),
            response: attempt.response.clone(),
            note: attempt.note.clone(),
            request_headers: None,
        }
    }
}
