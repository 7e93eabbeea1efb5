//! A posted body: one event, or a batch.

use api::{
    ApiError,
    body::{parse, without_mark},
    error::Result,
};
use domain::event::PostedEvent;
use serde::Deserialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

/// The most events of one request.
const MAX_EVENTS: usize = 100;

/// Several events at once.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EventBatch {
    /// 1 to 100 events.
    #[schema(min_items = 1, max_items = 100)]
    events: Vec<PostedEvent>,
}

/// The parts of a request.
#[derive(ToSchema)]
#[schema(as = PostedEvents)]
#[expect(dead_code, reason = "the API's text shows the two forms; which it is is told by the field `events`")]
#[serde(untagged)]
pub(crate) enum OneOrMany {
    /// One event.
    One(PostedEvent),
    /// Several.
    Many(EventBatch),
}

/// The events of a request.
pub(crate) struct Posted {
    pub(crate) events: Vec<PostedEvent>,
    /// Whether they came as a batch, which the answer mirrors.
    pub(crate) batch: bool,
}

impl Posted {
    /// Reads a body. Which form it has is told by the field `events`, so that an error speaks of that form.
    pub(crate) fn parse(body: &[u8]) -> Result<Self> {
        #[derive(Deserialize)]
        struct Shape<'a> {
            #[serde(borrow)]
            events: Option<&'a RawValue>,
        }
        let body = without_mark(body);
        if body.trim_ascii().is_empty() {
            return Err(ApiError::bad_request("invalid_body", "The request has no body; send an event as JSON."));
        }
        let batch = serde_json::from_slice::<Shape<'_>>(body).is_ok_and(|shape| shape.events.is_some());
        if !batch {
            return Ok(Self { events: vec![parse(body)?], batch });
        }
        let EventBatch { events } = parse(body)?;
        if events.is_empty() || events.len() > MAX_EVENTS {
            return Err(ApiError::field("events", format!("send 1 to {MAX_EVENTS} events")));
        }
        Ok(Self { events, batch })
    }

    /// How the caller wrote a field of the event at `index`.
    pub(crate) fn field(&self, index: usize, field: &str) -> String {
        if self.batch { format!("events[{index}].{field}") } else { field.to_owned() }
    }

    /// The idempotency key of the event at `index`: its own `id`, or the header's with its place in the batch.
    pub(crate) fn idempotency_key(&self, index: usize, header: Option<&str>) -> Option<String> {
        match (&self.events[index].id, header) {
            (Some(id), _) => Some(format!("id:{id}")),
            (None, Some(key)) => Some(format!("key:{key}:{index}")),
            (None, None) => None,
        }
    }
}
