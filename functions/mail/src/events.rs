//! The log of mail events, and the timeline of a mail.

use api::{
    ApiError, Id, Query, Reader,
    error::Result,
    event_query::EventQuery,
    path::PathId,
    responses::stack::{Errors, ErrorsOfOne},
};
use axum::Json;
use domain::{Event, EventId, catalogue, event::MESSAGE, surrogates::repaired, time::rfc3339};
use indexmap::IndexMap;
use serde::Serialize;
use serde_json::value::RawValue;
use store::event_log::Filter;
use utoipa::ToSchema;

use crate::{
    State,
    input::MessageName,
    views::{MailEvent, MailEventPage},
};

/// The maximum number of items in a timeline, the newest ones. The retries and reports of one mail are far fewer.
const MAX_ITEMS: usize = 500;
/// The number of events per read.
const PAGE: usize = 100;

/// Lists mail events, newest first.
///
/// Events are kept for 30 days.
#[utoipa::path(
    get, path = "/mail/events", tag = "Mail", operation_id = "listMailEvents", params(EventQuery),
    responses((status = 200, body = MailEventPage), Errors)
)]
pub(crate) async fn list(
    app: State,
    Reader(caller): Reader,
    Query(query): Query<EventQuery>,
) -> Result<Json<MailEventPage>> {
    let (page, next_cursor) = query.read(&app.events, &caller, true).await?;
    let items = page.events.into_iter().map(MailEvent::try_from).collect::<serde_json::Result<_>>();
    Ok(Json(MailEventPage { items: items.map_err(ApiError::internal)?, next_cursor }))
}

/// One event in the timeline of a mail.
#[derive(Serialize, ToSchema)]
struct TimelineItem {
    /// The event type.
    #[serde(rename = "type")]
    #[schema(example = "mail.message.bounced")]
    event_type: String,
    /// A description for people.
    #[schema(example = "Bounced")]
    label: String,
    /// When the event was accepted.
    #[serde(rename = "createdAt")]
    #[schema(example = "2026-04-15T10:05:00.000Z")]
    created_at: String,
    /// Further details from the event's data.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    #[schema(value_type = Object)]
    metadata: IndexMap<String, Box<RawValue>>,
}

/// The timeline of a mail.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Timeline {
    /// The id of the mail.
    #[schema(example = "msg_01JRX2Q0Z8K5V3M7N9P4T6W8YB01JRX2Q0Z8K5V3M7N9P4T6W8YC")]
    message_id: String,
    /// The events about the mail, oldest first.
    items: Vec<TimelineItem>,
}

/// Returns the timeline of a mail, oldest event first.
///
/// The log contains every mail that a rule, a verification or a test has sent. To get the mail's id from the delivery's
/// id `dlv_…`, replace the prefix with `msg_`. The id is also in the mail's header `X-STACK-Message-Id` and in the
/// events about it.
#[utoipa::path(
    get, path = "/mail/messages/{id}/timeline", tag = "Mail", operation_id = "getMailTimeline",
    params(("id" = String, Path)),
    responses((status = 200, body = Timeline), ErrorsOfOne)
)]
pub(crate) async fn timeline(
    app: State,
    Reader(caller): Reader,
    Id(MessageName(id)): Id<MessageName>,
) -> Result<Json<Timeline>> {
    let mut filter = Filter {
        mail_only: true,
        resource_type: Some(MESSAGE.to_owned()),
        resource_id: Some(id.clone()),
        project_id: caller.project_id().cloned(),
        ..Filter::default()
    };
    let mut events: Vec<Event> = vec![];
    while events.len() < MAX_ITEMS {
        let page = app.events.page(caller.events(), &filter, PAGE).await?;
        events.extend(page.events);
        match page.next.and_then(EventId::before) {
            Some(newest) => filter.newest = Some(newest),
            None => break,
        }
    }
    if events.is_empty() {
        return Err(ApiError::not_found(MessageName::NOUN));
    }
    // Events of the same millisecond are in the order of a mail's life.
    let rank = |event: &Event| catalogue::all().position(|entry| entry.name == event.event_type.as_str());
    events.sort_by_key(|event| (event.id.made_at(), rank(event)));
    Ok(Json(Timeline { message_id: id, items: events.into_iter().map(item).collect() }))
}

fn item(event: Event) -> TimelineItem {
    let raw = |data: &str| serde_json::from_str::<IndexMap<String, Box<RawValue>>>(data).ok();
    // Only names are repaired. Values are returned as they were posted.
    let mut metadata = raw(&event.data).or_else(|| raw(&repaired(&event.data))).unwrap_or_default();
    metadata.shift_remove("messageId");
    TimelineItem {
        event_type: event.event_type.to_string(),
        label: event.event_type.label().to_owned(),
        created_at: rfc3339(event.id.made_at()),
        metadata,
    }
}
