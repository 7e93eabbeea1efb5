//! Tests and verifies an endpoint, which makes an unhealthy one healthy, and recovers the deliveries that it missed.

use api::{Body, ErrorBody, error::Result};
use axum::{Json, extract::Path, http::StatusCode};
use service::{
    recovery::{self, Recovered, Since},
    testing::TestResult,
    verification::{CodeGiven, Verified},
};

use crate::{State, access::Owner};

/// Sends a signed test event.
///
/// If it is accepted, an unhealthy endpoint becomes healthy.
#[utoipa::path(
    post, path = "/v1/webhooks/endpoints/{id}/test", tag = "Webhook endpoints", operation_id = "testEndpoint",
    params(("id" = String, Path)),
    responses(
        (status = 200, body = TestResult), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody),
        (status = 502, body = TestResult, description = "The endpoint did not answer with a 2xx"),
    )
)]
pub(crate) async fn test(
    app: State,
    Owner(caller): Owner,
    Path(id): Path<String>,
) -> Result<(StatusCode, Json<TestResult>)> {
    app.service.test_and_heal(&app.find(&caller, &id).await?.endpoint).await
}

/// Verifies an endpoint, which makes an unhealthy one healthy.
///
/// The endpoint gets a signed request and must answer with a 2xx.
#[utoipa::path(
    post, path = "/v1/webhooks/endpoints/{id}/verify", tag = "Webhook endpoints", operation_id = "verifyEndpoint",
    params(("id" = String, Path)),
    responses(
        (status = 200, body = Verified),
        (status = 400, body = ErrorBody, description = "The endpoint did not answer with a 2xx"),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
    )
)]
pub(crate) async fn verify(app: State, Owner(caller): Owner, Path(id): Path<String>) -> Result<Json<Verified>> {
    let found = app.find(&caller, &id).await?;
    Ok(Json(app.service.verify(&found.endpoint, CodeGiven::default()).await?))
}

/// Recovers the deliveries that an endpoint missed, oldest event first.
///
/// This sends the held, failed, abandoned and overdue deliveries of events since the given time. The endpoint must be
/// healthy: test or verify it first.
#[utoipa::path(
    post, path = "/v1/webhooks/endpoints/{id}/recover", tag = "Webhook endpoints", operation_id = "recoverEndpoint",
    params(("id" = String, Path)), request_body = Since,
    responses(
        (status = 202, body = Recovered), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 409, body = ErrorBody, description = "Not healthy"), (status = 503, body = ErrorBody),
    )
)]
pub(crate) async fn recover(
    app: State,
    Owner(caller): Owner,
    Path(id): Path<String>,
    Body(Since { since }): Body<Since>,
) -> Result<(StatusCode, Json<Recovered>)> {
    let found = app.find(&caller, &id).await?;
    let with = (&app.log, &app.lanes, app.service.system_events());
    Ok((StatusCode::ACCEPTED, Json(recovery::recover(with, (&found.endpoint, caller.events().shards), since).await?)))
}
