//! The JSON of accepted events and of event types.

use domain::{ApiKind, catalogue};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

/// The id of an accepted event.
#[derive(Serialize, ToSchema)]
pub(crate) struct Accepted {
    /// The id of the event; for a repeat, the id of the first event.
    #[schema(example = "evt_01JRX2Q0Z8K5V3M7N9P4T6W8YB")]
    pub(crate) id: String,
}

/// The ids of a batch of accepted events, in the order of the request.
#[derive(Serialize, ToSchema)]
pub(crate) struct AcceptedBatch {
    /// One entry per event.
    pub(crate) events: Vec<Accepted>,
}

/// The response, in the form of the request.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum AcceptedEvents {
    /// The response to one event.
    One(Accepted),
    /// The response to a batch.
    Many(AcceptedBatch),
}

/// An event type.
#[derive(Serialize, ToSchema)]
pub(crate) struct EventTypeView {
    /// The name.
    #[serde(rename = "type")]
    #[schema(example = "mail.message.sent")]
    name: &'static str,
    /// A description for people.
    #[schema(example = "Sent")]
    label: &'static str,
    /// The API that documents the type.
    api: ApiKind,
    /// The severity of an event that is posted without one.
    #[schema(example = "info")]
    severity: &'static str,
    /// An example of the event's `data`.
    #[schema(value_type = Object)]
    example: &'static RawValue,
    /// The JSON Schema of the event's `data`. Fields that the schema does not name are passed on.
    #[schema(value_type = Object)]
    schema: schemars::Schema,
}

/// The available event types.
#[derive(Serialize, ToSchema)]
pub(crate) struct EventTypes {
    /// All named types. In addition, there is `custom.<anything>`, whose `data` can be any object.
    pub(crate) event_types: Vec<EventTypeView>,
}

impl EventTypeView {
    pub(crate) fn of(api: ApiKind, entry: &'static catalogue::Entry) -> serde_json::Result<Self> {
        Ok(Self {
            name: entry.name,
            label: entry.label,
            api,
            severity: entry.severity.stack_name(),
            example: serde_json::from_str(entry.example())?,
            schema: entry.schema(),
        })
    }
}
