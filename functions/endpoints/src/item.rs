//! Returns, changes and deletes one endpoint.

use api::{ApiError, Body, ErrorBody, Reader, error::Result, views::Deleted};
use axum::{Json, extract::Path};

use crate::{NOUN, State, access::Owner, destination_id, input::EndpointChange, views::Endpoint};

/// Returns an endpoint.
#[utoipa::path(
    get, path = "/v1/webhooks/endpoints/{id}", tag = "Webhook endpoints", operation_id = "getEndpoint",
    params(("id" = String, Path)),
    responses((status = 200, body = Endpoint), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody))
)]
pub(crate) async fn get(app: State, Reader(caller): Reader, Path(id): Path<String>) -> Result<Json<Endpoint>> {
    Ok(Json(Endpoint::of(&app.find(&caller, &id).await?, caller.may_write())))
}

/// Changes, enables or disables an endpoint.
///
/// Omitted fields stay unchanged; a rejected change has no effect.
#[utoipa::path(
    patch, path = "/v1/webhooks/endpoints/{id}", tag = "Webhook endpoints", operation_id = "updateEndpoint",
    params(("id" = String, Path)), request_body = EndpointChange,
    responses(
        (status = 200, body = Endpoint), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody),
    )
)]
pub(crate) async fn update(
    app: State,
    Owner(caller): Owner,
    Path(id): Path<String>,
    Body(change): Body<EndpointChange>,
) -> Result<Json<Endpoint>> {
    let which = (caller.operator_id(), destination_id(&id)?, NOUN);
    let (_, new) = change.read(app.policy)?.make(&app.endpoints, which).await?;
    Ok(Json(Endpoint::of(&new, true)))
}

/// Deletes an endpoint.
///
/// Its pending deliveries are abandoned.
#[utoipa::path(
    delete, path = "/v1/webhooks/endpoints/{id}", tag = "Webhook endpoints", operation_id = "deleteEndpoint",
    params(("id" = String, Path)),
    responses(
        (status = 200, body = Deleted), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody),
    )
)]
pub(crate) async fn delete(app: State, Owner(caller): Owner, Path(id): Path<String>) -> Result<Json<Deleted>> {
    let old = app.find(&caller, &id).await?;
    if !app.endpoints.delete(&old).await? {
        return Err(ApiError::not_found(NOUN));
    }
    Ok(Json(Deleted::YES))
}
