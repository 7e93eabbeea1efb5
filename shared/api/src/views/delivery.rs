//! A delivery and its attempts, as the STACK API shows them.

use std::collections::BTreeMap;

use domain::{Attempt, Delivery, DeliveryState, Destination, delivery::KeptHeaders, time::rfc3339};
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
    /// Whether it was a test or a verification. Such a delivery has no event, is never repeated, and counts neither for
    /// the destination's health nor in the overview.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    pub test: bool,
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
    /// The headers of the answer, where a single delivery is shown. Null if there was no answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_headers: Option<Vec<HeaderView>>,
    /// Whether the answer had more headers than are kept.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    pub response_headers_cut: bool,
}

/// A header of a request or an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct HeaderView {
    /// The name.
    #[schema(example = "content-type")]
    pub name: String,
    /// The value. Null if the operator set the header, because the value may be secret.
    #[schema(example = "application/json")]
    pub value: Option<String>,
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
            event_type: delivery.sent_type().to_string(),
            state: delivery.state,
            reason: delivery.reason.clone().filter(|_| stuck).map(String::from),
            attempt_count: delivery.attempt_count,
            attempts: delivery.attempts.iter().map(AttemptView::from).collect(),
            next_attempt_at: delivery.next_attempt_at.filter(|_| failed).map(rfc3339),
            created_at: rfc3339(delivery.created_at),
            test: delivery.probe.is_some(),
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

impl AttemptView {
    /// Adds the headers of the answer.
    pub fn add_response_headers(&mut self, attempt: &Attempt) {
        let Some(KeptHeaders { headers, cut }) = attempt.response_headers.as_ref().map(|kept| kept.unpack()) else {
            return;
        };
        let view = |(name, value)| HeaderView { name, value: Some(value) };
        self.response_headers = Some(headers.into_iter().map(view).collect());
        self.response_headers_cut = cut;
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
            response_headers: None,
            response_headers_cut: false,
        }
    }
}
