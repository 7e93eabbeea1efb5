//! Accepts events and puts them on the queue, and lists the log of events.

use api::{
    ApiError, Caller, ErrorBody, Query, RawBody, Reader, Writer,
    error::Result,
    event_query::EventQuery,
    idempotency,
    responses::stack::Errors,
    server::Made,
    views::{EventPage, EventView},
};
use axum::{
    Extension, Json,
    http::{HeaderMap, StatusCode},
};
use domain::{EventId, event::PostedEvent, message::Ingest, time::now};
use futures::future::try_join_all;
use store::{events::Claim, queue::Outgoing};

use crate::{
    App, State,
    input::{OneOrMany, Posted},
    views::{Accepted, AcceptedBatch, AcceptedEvents},
};

/// An event with its id, ready for the queue.
struct Ready {
    id: EventId,
    repeat: bool,
}

/// Posts one event, or up to 100.
///
/// A request can have at most 4 MiB. The response is sent once the queue has the events. With an `Idempotency-Key`
/// header, or an `id` in an event, a repeat within 24 h returns the id of the first event, and the event is delivered
/// once.
#[utoipa::path(
    post, path = "/v1/events", tag = "Events", operation_id = "postEvents",
    request_body(content = OneOrMany, content_type = "application/json"),
    params(
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 256 visible ASCII characters", min_length = 1,
            max_length = 256, pattern = "^[!-~]+$"),
    ),
    responses(
        (status = 202, body = AcceptedEvents, description = "Accepted; a batch answers with `events`, one id each"), Errors,
        (status = 409, body = ErrorBody, description = "The key or id was used for another event within 24 h"),
        (status = 503, body = ErrorBody, description = "Not all were accepted: send the same again"),
    )
)]
pub(crate) async fn create(
    app: State,
    Writer(caller): Writer,
    headers: HeaderMap,
    RawBody(body): RawBody,
) -> Result<(StatusCode, Option<Extension<Made>>, Json<AcceptedEvents>)> {
    let mut posted = Posted::parse(&body)?;
    let key = idempotency::key(&headers)?;
    for i in 0..posted.events.len() {
        caller.bind_to_project(&mut posted.events[i])?;
        let checked = posted.events[i].check();
        checked.map_err(|invalid| ApiError::field(&posted.field(i, &invalid.field), invalid.problem))?;
    }
    let claims = (0..posted.events.len()).map(|i| app.claim(&caller, &posted, i, key));
    let ready = try_join_all(claims).await?;
    let batch = posted.batch;
    app.enqueue(&caller, posted.events, &ready).await?;
    let mut events: Vec<_> = ready.iter().map(|ready| Accepted { id: ready.id.to_string() }).collect();
    let accepted = match events.pop() {
        Some(one) if !batch => AcceptedEvents::One(one),
        last => AcceptedEvents::Many(AcceptedBatch { events: events.into_iter().chain(last).collect() }),
    };
    let made = Made::events(ready.iter().map(|ready| ready.id));
    Ok((StatusCode::ACCEPTED, made, Json(accepted)))
}

/// Lists events, newest first.
///
/// Events are kept for 30 days, and are sorted by when they were accepted. The filters `type`, `resourceId` and
/// `messageId` use an index.
#[utoipa::path(
    get, path = "/v1/events", tag = "Events", operation_id = "listEvents", params(EventQuery),
    responses((status = 200, body = EventPage), Errors)
)]
pub(crate) async fn list(
    app: State,
    Reader(caller): Reader,
    Query(query): Query<EventQuery>,
) -> Result<Json<EventPage>> {
    let (page, next_cursor) = query.read(&app.events, &caller, false).await?;
    let events = page.events.into_iter().map(EventView::try_from).collect::<serde_json::Result<_>>();
    Ok(Json(EventPage { events: events.map_err(ApiError::internal)?, next_cursor }))
}

impl App {
    /// Assigns an event its id: a new one, or the first event's id for a repeat.
    async fn claim(&self, caller: &Caller, posted: &Posted, index: usize, header: Option<&str>) -> Result<Ready> {
        let id = caller.new_event_id();
        let Some(key) = posted.idempotency_key(index, header) else { return Ok(Ready { id, repeat: false }) };
        let fingerprint = posted.events[index].fingerprint();
        Ok(match self.events.claim(caller.claims(), &key, id, &fingerprint, now()).await? {
            Claim::New => Ready { id, repeat: false },
            Claim::Repeat(first) => Ready { id: first, repeat: true },
            Claim::OtherContent => {
                let field = posted.field(index, "id");
                let what = format!("This Idempotency-Key (or `{field}`) was used for another event");
                return Err(idempotency::conflict(&what));
            }
        })
    }

    /// Puts the events on the queue. A repeat is queued too, because the first request may have failed after its claim.
    async fn enqueue(&self, caller: &Caller, events: Vec<PostedEvent>, ready: &[Ready]) -> Result<()> {
        let operator_id = caller.operator_id();
        let message = |(event, ready): (PostedEvent, &Ready)| {
            let ingest = Ingest { repeat: ready.repeat, ..Ingest::new(operator_id, ready.id, event.packed()) };
            Outgoing::new(&ingest, operator_id)
        };
        let messages: Vec<_> = events.into_iter().zip(ready).map(message).collect::<store::Result<_>>()?;
        let sent = self.accepted_queue.send(messages).await;
        let lost = sent.iter().filter(|sent| !**sent).count();
        if lost > 0 {
            return Err(ApiError::unavailable(format!(
                "{lost} of {} events were not accepted; send the same request again, with an Idempotency-Key or ids \
                 so that none is delivered twice.",
                sent.len()
            )));
        }
        Ok(())
    }
}
