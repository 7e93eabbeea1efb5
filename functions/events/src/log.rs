//! The log of events, and the event types.

use std::sync::OnceLock;

use api::{
    ApiError, ErrorBody, Query, Reader,
    error::{Result, path_id},
    event_query::EventQuery,
    views::{EventPage, EventView},
};
use axum::{Json, extract::Path, http::header::CONTENT_TYPE, response::IntoResponse};
use domain::{Event, catalogue};
use serde::Serialize;
use utoipa::ToSchema;

use crate::State;

/// Lists events, newest first.
///
/// Events are kept for 30 days, and are sorted by when they were accepted. The filters `type`, `resourceId` and
/// `messageId` use an index.
#[utoipa::path(
    get, path = "/v1/events", tag = "Events", operation_id = "listEvents", params(EventQuery),
    responses((status = 200, body = EventPage), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody))
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

/// Returns an event.
#[utoipa::path(
    get, path = "/v1/events/{id}", tag = "Events", operation_id = "getEvent", params(("id" = String, Path)),
    responses((status = 200, body = EventView), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody))
)]
pub(crate) async fn get(app: State, Reader(caller): Reader, Path(id): Path<String>) -> Result<Json<EventView>> {
    let event = app.events.get(caller.operator_id(), path_id(&id, "event")?).await?;
    let visible = |event: &Event| caller.project_id().is_none_or(|own| event.project_id.as_deref() == Some(own));
    let event = event.filter(visible).ok_or_else(|| ApiError::not_found("event"))?;
    Ok(Json(EventView::try_from(event).map_err(ApiError::internal)?))
}

/// An event type.
#[derive(Serialize, ToSchema)]
struct EventTypeView {
    /// The name.
    #[serde(rename = "type")]
    #[schema(example = "mail.message.sent")]
    name: &'static str,
    /// A description for people.
    #[schema(example = "Sent")]
    label: &'static str,
    /// The severity of an event that is posted without one.
    #[schema(example = "info")]
    severity: &'static str,
    /// The JSON Schema of the event's `data`. Fields that the schema does not name are passed on.
    #[schema(value_type = Object)]
    schema: schemars::Schema,
}

/// The available event types.
#[derive(Serialize, ToSchema)]
struct EventTypes {
    /// All named types. In addition, there is `custom.<anything>`, whose `data` can be any object.
    event_types: Vec<EventTypeView>,
}

/// Lists the event types with the JSON Schema of their `data`.
#[utoipa::path(
    get, path = "/v1/event-types", tag = "Events", operation_id = "listEventTypes",
    responses((status = 200, body = EventTypes), (status = 401, body = ErrorBody))
)]
pub(crate) async fn types(_app: State, _caller: Reader) -> Result<impl IntoResponse> {
    static TEXT: OnceLock<String> = OnceLock::new();
    if TEXT.get().is_none() {
        let view = |entry: &'static catalogue::Entry| EventTypeView {
            name: entry.name,
            label: entry.label,
            severity: entry.severity.stack_name(),
            schema: entry.schema(),
        };
        let types = EventTypes { event_types: catalogue::all().map(view).collect() };
        let _ = TEXT.set(serde_json::to_string(&types).map_err(ApiError::internal)?);
    }
    Ok(([(CONTENT_TYPE, "application/json")], TEXT.get().map(String::as_str).unwrap_or_default()))
}
