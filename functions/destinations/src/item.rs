//! Returns and deletes one destination.

use api::{
    ApiError, Id, Reader, Writer,
    error::Result,
    responses::stack::ErrorsOfOne,
    views::{Deleted, DestinationView},
};
use axum::Json;
use domain::{DestinationId, Kind};

use crate::State;

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
    let found = app.find(&caller, id).await?;
    let unused = app.unused(std::slice::from_ref(&found)).await?;
    Ok(Json(DestinationView::of(&found, caller.may_write()).with_use(unused.contains(&found.id))))
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
