//! A delivery, as the Providers and the Config API show it: with camelCase fields and the rows in `data`.

use domain::{Attempt, Delivery, DeliveryState, time::rfc3339};
use serde::Serialize;
use utoipa::ToSchema;

/// One event to one provider or channel.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeliveryRecord {
    /// Its id: the `webhook-id` of every attempt.
    #[schema(example = "dlv_01JRX2Q0Z8K5V3M7N9P4T6W8YB01JRX2Q0Z8K5V3M7N9P4T6W8YC")]
    pub id: String,
    /// What it says.
    pub event_id: String,
    /// The type of its event.
    #[schema(example = "analysis.completed")]
    pub event_type: String,
    /// The current status.
    pub state: DeliveryState,
    /// Why it is held, or was abandoned without an attempt.
    pub reason: Option<String>,
    /// How many attempts were made in all.
    pub attempt_count: u32,
    /// The newest 50 of them, oldest first.
    pub attempts: Vec<AttemptRecord>,
    /// When the next attempt is due.
    pub next_attempt_at: Option<String>,
    /// When the event was dispatched.
    pub created_at: String,
}

/// One try of a delivery.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AttemptRecord {
    /// Which one, from 1.
    pub number: u32,
    /// When it began.
    pub at: String,
    /// How long it took.
    pub duration_ms: u64,
    /// The status of the answer, if there was one.
    pub status: Option<u16>,
    /// Why it failed; null when it succeeded.
    #[schema(example = "answered 404 no_service")]
    pub error: Option<String>,
    /// The first 1 KiB of the answer's body, or the platform's id of the message.
    pub response: Option<String>,
    /// A problem with a response that was accepted anyway.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// A page of deliveries, newest event first.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeliveryRecords {
    /// The deliveries.
    pub data: Vec<DeliveryRecord>,
    /// The `cursor` of the next page; null at the end.
    pub next_cursor: Option<String>,
}

impl From<&Delivery> for DeliveryRecord {
    fn from(row: &Delivery) -> Self {
        Self {
            id: row.id.to_string(),
            event_id: row.id.event.to_string(),
            event_type: row.event_type.to_string(),
            state: row.state,
            reason: row.reason.clone().map(String::from),
            attempt_count: row.attempt_count,
            attempts: row.attempts.iter().map(AttemptRecord::from).collect(),
            next_attempt_at: row.next_attempt_at.map(rfc3339),
            created_at: rfc3339(row.created_at),
        }
    }
}

impl From<&Attempt> for AttemptRecord {
    fn from(attempt: &Attempt) -> Self {
        Self {
            number: attempt.number,
            at: rfc3339(attempt.at),
            duration_ms: attempt.duration_ms,
            status: attempt.status,
            error: attempt.error.clone(),
            response: attempt.response.clone(),
            note: attempt.note.clone(),
        }
    }
}
