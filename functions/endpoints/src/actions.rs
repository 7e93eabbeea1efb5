//! What is done with an endpoint: test, verify, recover what it missed, and rotate its secret.

use api::{
    Body, ErrorBody, Id, OptionalBody, Rotation, actions,
    error::Result,
    input::{CodeGiven, Since},
    responses::stack::ErrorsOfOne,
    views::{Recovered, TestResult, Verified},
};
use axum::{Json, http::StatusCode};
use domain::{EndpointId, time::rfc3339};

use crate::{
    State,
    access::{Owner, Uncached, uncached},
    views::{Endpoint, EndpointWithSecret},
};

/// Sends a signed test event.
///
/// If it is accepted, an unhealthy endpoint becomes healthy.
#[utoipa::path(
    post, path = "/v1/webhooks/endpoints/{id}/test", tag = "Webhook endpoints", operation_id = "testEndpoint",
    params(("id" = String, Path)),
    responses(
        (status = 200, body = TestResult), ErrorsOfOne,
        (status = 502, body = TestResult, description = "The endpoint did not answer with a 2xx"),
    )
)]
pub(crate) async fn test(
    app: State,
    Owner(caller): Owner,
    Id(id): Id<EndpointId>,
) -> Result<(StatusCode, Json<TestResult>)> {
    actions::test(&**app, &caller, id).await
}

/// Verifies an endpoint, which makes an unhealthy one healthy.
///
/// The endpoint gets a signed request and must answer with a 2xx.
#[utoipa::path(
    post, path = "/v1/webhooks/endpoints/{id}/verify", tag = "Webhook endpoints", operation_id = "verifyEndpoint",
    params(("id" = String, Path)),
    responses(
        (status = 200, body = Verified), ErrorsOfOne,
        (status = 400, body = ErrorBody, description = "The endpoint did not answer with a 2xx"),
    )
)]
pub(crate) async fn verify(app: State, Owner(caller): Owner, Id(id): Id<EndpointId>) -> Result<Json<Verified>> {
    actions::verify(&**app, &caller, id, CodeGiven::default()).await
}

/// Recovers the deliveries that an endpoint missed, oldest event first.
///
/// This sends the held, failed, abandoned and overdue deliveries of events since the given time. The endpoint must be
/// healthy: test or verify it first.
#[utoipa::path(
    post, path = "/v1/webhooks/endpoints/{id}/recover", tag = "Webhook endpoints", operation_id = "recoverEndpoint",
    params(("id" = String, Path)), request_body = Since,
    responses(
        (status = 202, body = Recovered), ErrorsOfOne,
        (status = 409, body = ErrorBody, description = "Not healthy"),
        (status = 503, body = ErrorBody),
    )
)]
pub(crate) async fn recover(
    app: State,
    Owner(caller): Owner,
    Id(id): Id<EndpointId>,
    Body(since): Body<Since>,
) -> Result<(StatusCode, Json<Recovered>)> {
    actions::recover(&**app, &caller, id, since).await
}

/// Rotates the secret of an endpoint.
///
/// The previous secret also signs for 24 h, unless the request ends it at once. `svix-signature` contains the
/// signatures of all current secrets. Up to five earlier secrets can sign at a time.
#[utoipa::path(
    post, path = "/v1/webhooks/endpoints/{id}/rotate-secret", tag = "Webhook endpoints",
    operation_id = "rotateEndpointSecret", params(("id" = String, Path)), request_body = Option<Rotation>,
    responses(
        (status = 200, body = EndpointWithSecret), ErrorsOfOne,
        (status = 409, body = ErrorBody, description = "Five earlier secrets still sign, or another request rotates it"),
    )
)]
pub(crate) async fn rotate_secret(
    app: State,
    Owner(caller): Owner,
    Id(id): Id<EndpointId>,
    OptionalBody(how): OptionalBody<Rotation>,
) -> Result<Uncached<EndpointWithSecret>> {
    let found = app.find(&caller, id).await?;
    let (secret, until) = app.service.rotate_secret(&found.endpoint, how.expire_now).await?;
    Ok(uncached(EndpointWithSecret {
        endpoint: Endpoint::of(&found, true),
        secret: secret.reveal().to_owned(),
        previous_secret_expires_at: Some(rfc3339(until)),
    }))
}
