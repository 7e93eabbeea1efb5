//! What is done with a channel: test, and recover what it missed.

use api::{
    Body, Id, actions,
    envelope::ConfigError,
    error::Result,
    input::Since,
    responses::config::ErrorsOfOne,
    views::{Recovered, TestResult},
};
use axum::{Json, http::StatusCode};

use crate::{
    State,
    access::{ProjectHeader, Writing},
    input::ProjectChannelId,
};

/// Sends a test message.
///
/// If it is accepted, an unhealthy channel becomes healthy.
#[utoipa::path(
    post, path = "/v1/config/notifications/{id}/test", tag = "Project channels", operation_id = "testProjectChannel",
    params(("id" = String, Path), ProjectHeader),
    responses(
        (status = 200, body = TestResult), ErrorsOfOne,
        (status = 502, body = TestResult, description = "The channel did not accept it"),
    )
)]
pub(crate) async fn test(
    app: State,
    Writing(scope): Writing,
    Id(id): Id<ProjectChannelId>,
) -> Result<(StatusCode, Json<TestResult>)> {
    actions::test(&**app, &scope, id).await
}

/// Recovers the deliveries that a channel missed, oldest event first.
///
/// This sends the held, failed, abandoned and overdue deliveries of events since the given time.
#[utoipa::path(
    post, path = "/v1/config/notifications/{id}/recover", tag = "Project channels",
    operation_id = "recoverProjectChannel",
    params(("id" = String, Path), ProjectHeader),
    request_body = Since,
    responses(
        (status = 202, body = Recovered), ErrorsOfOne,
        (status = 409, body = ConfigError, description = "Not healthy, or not active"),
    )
)]
pub(crate) async fn recover(
    app: State,
    Writing(scope): Writing,
    Id(id): Id<ProjectChannelId>,
    Body(since): Body<Since>,
) -> Result<(StatusCode, Json<Recovered>)> {
    actions::recover(&**app, &scope, id, since).await
}
