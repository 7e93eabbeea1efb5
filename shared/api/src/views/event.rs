//! An event of the log, as the STACK API shows it.

use domain::{Event, event::Resource, time::rfc3339};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

/// An event.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventView {
    /// Its id.
    #[schema(example = "evt_01JRX2Q0Z8K5V3M7N9P4T6W8YB")]
    pub id: String,
    /// What happened.
    #[serde(rename = "type")]
    #[schema(example = "passport.flagged")]
    pub event_type: String,
    /// How serious it is: `info`, `warning` or `critical`.
    #[schema(example = "warning")]
    pub severity: &'static str,
    /// When it happened, as its producer said.
    #[schema(example = "2026-04-15T10:05:00.000Z")]
    pub timestamp: String,
    /// When it was accepted: the log is in this order.
    #[schema(example = "2026-04-15T10:05:00.000Z")]
    pub created_at: String,
    /// What it is about.
    pub resource: Option<Resource>,
    /// The project it belongs to.
    pub project_id: Option<String>,
    /// The data as the producer posted it, byte for byte.
    #[schema(value_type = Object)]
    pub data: Box<RawValue>,
}

/// A page of events, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventPage {
    /// The events. A page can have fewer than `limit`, or none, while the next page has more.
    pub events: Vec<EventView>,
    /// The `cursor` of the next page; null at the end.
    pub next_cursor: Option<String>,
}

impl TryFrom<Event> for EventView {
    type Error = serde_json::Error;

    fn try_from(event: Event) -> serde_json::Result<Self> {
        Ok(Self {
            id: event.id.to_string(),
            event_type: event.event_type.into(),
            severity: event.severity.stack_name(),
            timestamp: rfc3339(event.timestamp),
            created_at: rfc3339(event.id.made_at()),
            resource: event.resource,
            project_id: event.project_id.map(String::from),
            data: RawValue::from_string(event.data.into_string())?,
        })
    }
}
