//! What is done with a provider: test, and recover what it missed.

use api::{
    Body, Id, actions,
    envelope::ProvidersError,
    error::Result,
    input::Since,
    responses::providers::ErrorsOfOne,
    views::{Recovered, TestResult},
};
use axum::{Json, http::StatusCode};

use crate::{
    State,
    access::{FromPage, Managing},
    input::ProviderId,
};

/// Sends a test message.
///
/// If it is accepted, an unhealthy provider becomes healthy and its rules resume.
#[utoipa::path(
    post, path = "/api/v1/notifications/providers/{id}/test", tag = "Providers", operation_id = "testProvider",
    params(("id" = String, Path), FromPage),
    responses(
        (status = 200, body = TestResult), ErrorsOfOne,
        (status = 502, body = TestResult, description = "The provider did not accept it"),
    )
)]
pub(crate) async fn test(
    app: State,
    Managing(caller): Managing,
    Id(id): Id<ProviderId>,
) -> Result<(StatusCode, Json<TestResult>)> {
    actions::test(&**app, &caller, id).await
}

/// Recovers the deliveries that a provider missed, oldest event first.
///
/// This sends the held, failed, abandoned and overdue deliveries of events since the given time.
#[utoipa::path(
    post, path = "/api/v1/notifications/providers/{id}/recover", tag = "Providers", operation_id = "recoverProvider",
    params(("id" = String, Path), FromPage),
    request_body = Since,
    responses(
        (status = 202, body = Recovered), ErrorsOfOne,
        (status = 409, body = ProvidersError, description = "Not healthy, or not enabled"),
    )
)]
pub(crate) async fn recover(
    app: State,
    Managing(caller): Managing,
    Id(id): Id<ProviderId>,
    Body(since): Body<Since>,
) -> Result<(StatusCode, Json<Recovered>)> {
    actions::recover(&**app, &caller, id, since).await
}
