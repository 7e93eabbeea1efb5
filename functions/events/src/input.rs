//! The body of a request that posts one event or a batch.

use api::{
    ApiError,
    body::{parse, without_mark},
    error::Result,
};
use domain::event::PostedEvent;
use memchr::memmem;
use serde::Deserialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

/// The maximum number of events per request.
const MAX_EVENTS: usize = 100;

/// A batch of events.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EventBatch {
    /// 1 to 100 events.
    #[schema(min_items = 1, max_items = 100)]
    events: Vec<PostedEvent>,
}

/// The body of a request.
#[derive(ToSchema)]
#[schema(as = PostedEvents)]
#[expect(dead_code, reason = "the API's text shows the two forms; the field `events` decides which one it is")]
#[serde(untagged)]
pub(crate) enum OneOrMany {
    /// One event.
    One(PostedEvent),
    /// A batch of events.
    Many(EventBatch),
}

/// Whether the body can have a field `events`. Most bodies cannot, and are parsed only once. A name may be written with
/// escapes.
fn may_have_events(body: &[u8]) -> bool {
    [&b"\"events\""[..], b"\\u00"].iter().any(|wanted| memmem::find(body, wanted).is_some())
}

/// The events of a request.
pub(crate) struct Posted {
    pub(crate) events: Vec<PostedEvent>,
    /// Whether the request is a batch. The response has the same form.
    pub(crate) batch: bool,
}

impl Posted {
    /// Reads a body. The field `events` decides which form it has, so that an error refers to that form.
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
        let is_batch = || serde_json::from_slice::<Shape<'_>>(body).is_ok_and(|shape| shape.events.is_some());
        let batch = may_have_events(body) && is_batch();
        if !batch {
            return Ok(Self { events: vec![parse(body)?], batch });
        }
        let EventBatch { events } = parse(body)?;
        if events.is_empty() || events.len() > MAX_EVENTS {
            return Err(ApiError::field("events", format!("send 1 to {MAX_EVENTS} events")));
        }
        Ok(Self { events, batch })
    }

    /// The name of a field of the event at `index`, as the caller wrote it.
    pub(crate) fn field(&self, index: usize, field: &str) -> String {
        if self.batch { format!("events[{index}].{field}") } else { field.to_owned() }
    }

    /// The idempotency key of the event at `index`: its own `id`, or the header's key with the index in the batch.
    pub(crate) fn idempotency_key(&self, index: usize, header: Option<&str>) -> Option<String> {
        match (&self.events[index].id, header) {
            (Some(id), _) => Some(format!("id:{id}")),
            (None, Some(key)) => Some(format!("key:{key}:{index}")),
            (None, None) => None,
        }
    }
}
