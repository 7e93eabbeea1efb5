//! Returns one event.

use api::{ApiError, Id, Reader, error::Result, path::PathId, responses::stack::ErrorsOfOne, views::EventView};
use axum::Json;
use domain::{Event, EventId};

use crate::State;

/// Returns an event.
#[utoipa::path(
    get, path = "/v1/events/{id}", tag = "Events", operation_id = "getEvent", params(("id" = String, Path)),
    responses((status = 200, body = EventView), ErrorsOfOne)
)]
pub(crate) async fn get(app: State, Reader(caller): Reader, Id(id): Id<EventId>) -> Result<Json<EventView>> {
    let event = app.events.get(caller.operator_id(), id).await?;
    let visible = |event: &Event| caller.project_id().is_none_or(|own| event.project_id.as_ref() == Some(own));
    let event = event.filter(visible).ok_or_else(|| ApiError::not_found(EventId::NOUN))?;
    Ok(Json(EventView::try_from(event).map_err(ApiError::internal)?))
}
