//! One destination.

use api::{
    ApiError, ErrorBody, Reader, Writer,
    error::{Result, path_id},
    views::{Deleted, DestinationView},
};
use axum::{Json, extract::Path};
use domain::Kind;

use crate::State;

/// Shows a destination.
#[utoipa::path(
    get, path = "/v1/notifications/destinations/{id}", tag = "Destinations", operation_id = "getDestination",
    params(("id" = String, Path)),
    responses((status = 200, body = DestinationView), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody))
)]
pub(crate) async fn get(app: State, Reader(caller): Reader, Path(id): Path<String>) -> Result<Json<DestinationView>> {
    Ok(Json(DestinationView::of(&app.find(&caller, &id).await?)))
}

/// Deletes a destination.
///
/// Rules that target it go on; what they would send to it is recorded as an abandoned delivery.
#[utoipa::path(
    delete, path = "/v1/notifications/destinations/{id}", tag = "Destinations", operation_id = "deleteDestination",
    params(("id" = String, Path)),
    responses((status = 200, body = Deleted), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody))
)]
pub(crate) async fn delete(app: State, Writer(caller): Writer, Path(id): Path<String>) -> Result<Json<Deleted>> {
    let deleted = app.destinations.delete(caller.operator_id(), path_id(&id, "destination")?).await?;
    let deleted = deleted.ok_or_else(|| ApiError::not_found("destination"))?;
    if deleted.kind != Kind::Webhook {
        app.upkeep.cancel_code(&deleted).await?;
    }
    Ok(Json(Deleted::YES))
}
