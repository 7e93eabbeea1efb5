//! Creates and lists endpoints.

use api::{Body, PageQuery, Reader, error::Result, page::next_cursor, responses::stack::Errors};
use axum::{Json, http::StatusCode};

use crate::{
    State,
    access::{Owner, Uncached, uncached},
    input::NewEndpoint,
    views::{Endpoint, EndpointPage, EndpointWithSecret},
};

const LIST: &str = "webhooks/endpoints";

/// Creates a webhook endpoint that receives events of these types.
///
/// The response contains its signing secret.
#[utoipa::path(
    post, path = "/v1/webhooks/endpoints", tag = "Webhook endpoints", operation_id = "createEndpoint",
    request_body = NewEndpoint,
    responses((status = 201, body = EndpointWithSecret), Errors)
)]
pub(crate) async fn create(
    app: State,
    Owner(caller): Owner,
    Body(new): Body<NewEndpoint>,
) -> Result<(StatusCode, Uncached<EndpointWithSecret>)> {
    let new = new.read(app.policy)?;
    let (made, secret) = app.service.subscribe(&app.endpoints, caller.operator_id(), new).await?;
    let secret = secret.reveal().to_owned();
    let view = EndpointWithSecret { endpoint: Endpoint::of(&made, true), secret, previous_secret_expires_at: None };
    Ok((StatusCode::CREATED, uncached(view)))
}

/// Lists the endpoints.
#[utoipa::path(
    get, path = "/v1/webhooks/endpoints", tag = "Webhook endpoints", operation_id = "listEndpoints", params(PageQuery),
    responses((status = 200, body = EndpointPage), Errors)
)]
pub(crate) async fn list(app: State, Reader(caller): Reader, page: PageQuery) -> Result<Json<EndpointPage>> {
    let (limit, after) = (page.limit()?, page.after(LIST)?);
    let (found, next) = app.endpoints.list(caller.operator_id(), limit, after).await?;
    let next_cursor = next_cursor(LIST, next, next.is_some());
    Ok(Json(EndpointPage {
        endpoints: found.iter().map(|found| Endpoint::of(found, caller.may_write())).collect(),
        next_cursor,
    }))
}
