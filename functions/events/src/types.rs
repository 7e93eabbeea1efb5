//! Lists the event types.

use std::sync::OnceLock;

use api::{ApiError, Reader, error::Result, responses::stack::Errors};
use axum::{http::header::CONTENT_TYPE, response::IntoResponse};
use domain::catalogue;

use crate::{
    State,
    views::{EventTypeView, EventTypes},
};

/// Lists the event types with the JSON Schema and an example of their `data`.
#[utoipa::path(
    get, path = "/v1/event-types", tag = "Events", operation_id = "listEventTypes",
    responses((status = 200, body = EventTypes), Errors)
)]
pub(crate) async fn list(_app: State, _caller: Reader) -> Result<impl IntoResponse> {
    static TEXT: OnceLock<String> = OnceLock::new();
    if TEXT.get().is_none() {
        let views = catalogue::by_api().map(|(api, entry)| EventTypeView::of(api, entry));
        let event_types = views.collect::<serde_json::Result<_>>().map_err(ApiError::internal)?;
        let _ = TEXT.set(serde_json::to_string(&EventTypes { event_types }).map_err(ApiError::internal)?);
    }
    Ok(([(CONTENT_TYPE, "application/json")], TEXT.get().map(String::as_str).unwrap_or_default()))
}
