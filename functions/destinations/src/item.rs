//! Returns, changes and deletes one destination.

use api::{
    ApiError, Body, ErrorBody, Id, Reader, Writer,
    error::Result,
    responses::stack::ErrorsOfOne,
    views::{Deleted, DestinationView},
};
use axum::Json;
use domain::{DestinationId, Kind};

use crate::{
    State,
    input::{DestinationChange, limited},
};

/// Returns a destination.
#[utoipa::path(
    get, path = "/v1/notifications/destinations/{id}", tag = "Destinations", operation_id = "getDestination",
    params(("id" = String, Path)),
    responses((status = 200, body = DestinationView), ErrorsOfOne)
)]
pub(crate) async fn get(
    app: State,
    Reader(caller): Reader,
    Id(id): Id<DestinationId>,
) -> Result<Json<DestinationView>> {
    Ok(Json(DestinationView::of(&app.find(&caller, id).await?, caller.may_write())))
}

/// Changes the rate limit of a destination.
///
/// Deliveries that are already waiting keep their times.
#[utoipa::path(
    patch, path = "/v1/notifications/destinations/{id}", tag = "Destinations", operation_id = "updateDestination",
    params(("id" = String, Path)), request_body = DestinationChange,
    responses(
        (status = 200, body = DestinationView), ErrorsOfOne,
        (status = 400, body = ErrorBody, description = "Out of range, or not a webhook"),
    )
)]
pub(crate) async fn update(
    app: State,
    Writer(caller): Writer,
    Id(id): Id<DestinationId>,
    Body(change): Body<DestinationChange>,
) -> Result<Json<DestinationView>> {
    let found = app.find(&caller, id).await?;
    let Some(new) = change.max_per_second else { return Ok(Json(DestinationView::of(&found, true))) };
    let new = new.map(|limit| limited(limit, found.kind)).transpose()?;
    if new == found.max_per_second {
        return Ok(Json(DestinationView::of(&found, true)));
    }
    let changed = app.destinations.set_max_per_second(found.operator_id, found.id, new).await?;
    Ok(Json(DestinationView::of(&changed.ok_or_else(|| ApiError::not_found("destination"))?, true)))
}

/// Deletes a destination.
///
/// Rules that target it stay active. Instead of sending to it, they record an abandoned delivery.
#[utoipa::path(
    delete, path = "/v1/notifications/destinations/{id}", tag = "Destinations", operation_id = "deleteDestination",
    params(("id" = String, Path)),
    responses((status = 200, body = Deleted), ErrorsOfOne)
)]
pub(crate) async fn delete(app: State, Writer(caller): Writer, Id(id): Id<DestinationId>) -> Result<Json<Deleted>> {
    let deleted = app.destinations.delete(caller.operator_id(), id).await?;
    let deleted = deleted.ok_or_else(|| ApiError::not_found("destination"))?;
    if deleted.kind != Kind::Webhook {
        app.service.cancel_code(&deleted).await?;
    }
    Ok(Json(Deleted::YES))
}
