//! Lists the event types.

use std::sync::OnceLock;

use api::{ApiError, Reader, error::Result, responses::stack::Errors};
use axum::{http::header::CONTENT_TYPE, response::IntoResponse};
use domain::catalogue;

use crate::{
    State,
    views::{EventTypeView, EventTypes},
};

/// Lists the event types with the JSON Schema of their `data`.
#[utoipa::path(
    get, path = "/v1/event-types", tag = "Events", operation_id = "listEventTypes",
    responses((status = 200, body = EventTypes), Errors)
)]
pub(crate) async fn list(_app: State, _caller: Reader) -> Result<impl IntoResponse> {
    static TEXT: OnceLock<String> = OnceLock::new();
    if TEXT.get().is_none() {
        let types = EventTypes { event_types: catalogue::all().map(EventTypeView::from).collect() };
        let _ = TEXT.set(serde_json::to_string(&types).map_err(ApiError::internal)?);
    }
    Ok(([(CONTENT_TYPE, "application/json")], TEXT.get().map(String::as_str).unwrap_or_default()))
}
