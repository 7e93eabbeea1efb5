//! Returns, changes and deletes one endpoint.

use api::{
    ApiError, Body, ErrorBody, Id, Reader, audit::Before, error::Result, path::PathId, responses::stack::ErrorsOfOne,
    views::Deleted,
};
use axum::{Extension, Json};
use domain::{DestinationId, EndpointId};
use store::IfExists;

use crate::{State, access::Owner, input::EndpointChange, views::Endpoint};

/// Returns an endpoint.
#[utoipa::path(
    get, path = "/v1/webhooks/endpoints/{id}", tag = "Webhook endpoints", operation_id = "getEndpoint",
    params(("id" = String, Path)),
    responses((status = 200, body = Endpoint), ErrorsOfOne)
)]
pub(crate) async fn get(app: State, Reader(caller): Reader, Id(id): Id<EndpointId>) -> Result<Json<Endpoint>> {
    Ok(Json(Endpoint::of(&app.find(&caller, id).await?, caller.may_write())))
}

/// Changes, enables or disables an endpoint.
///
/// Omitted fields stay unchanged; a rejected change has no effect.
#[utoipa::path(
    patch, path = "/v1/webhooks/endpoints/{id}", tag = "Webhook endpoints", operation_id = "updateEndpoint",
    params(("id" = String, Path)), request_body = EndpointChange,
    responses((status = 200, body = Endpoint), ErrorsOfOne, (status = 409, body = ErrorBody))
)]
pub(crate) async fn update(
    app: State,
    Owner(caller): Owner,
    Id(id): Id<EndpointId>,
    Body(change): Body<EndpointChange>,
) -> Result<(Extension<Before>, Json<Endpoint>)> {
    let which = (caller.operator_id(), DestinationId::of_endpoint(id), EndpointId::NOUN);
    let (old, new) = change.read(app.policy)?.make(&app.endpoints, which).await?;
    Ok((Before::of(&Endpoint::of(&old, true)), Json(Endpoint::of(&new, true))))
}

/// Deletes an endpoint.
///
/// Its pending deliveries are abandoned.
#[utoipa::path(
    delete, path = "/v1/webhooks/endpoints/{id}", tag = "Webhook endpoints", operation_id = "deleteEndpoint",
    params(("id" = String, Path)),
    responses((status = 200, body = Deleted), ErrorsOfOne)
)]
pub(crate) async fn delete(app: State, Owner(caller): Owner, Id(id): Id<EndpointId>) -> Result<Json<Deleted>> {
    let old = app.find(&caller, id).await?;
    if app.endpoints.delete(&old).await? == IfExists::Missing {
        return Err(ApiError::not_found(EndpointId::NOUN));
    }
    Ok(Json(Deleted::YES))
}
