//! Tests a channel, which makes an unhealthy one healthy, and recovers the deliveries that it missed.

use api::{Body, PageQuery, envelope::ConfigError, error::Result, views::DeliveryRecords};
use axum::{Json, extract::Path, http::StatusCode};
use service::{
    log,
    recovery::{self, Recovered, Since},
    testing::TestResult,
};

use crate::{
    State,
    access::{ProjectHeader, Reading, Writing},
};

/// Sends a test message.
///
/// If it is accepted, an unhealthy channel becomes healthy.
#[utoipa::path(
    post, path = "/v1/config/notifications/{id}/test", tag = "Project channels", operation_id = "testProjectChannel",
    params(("id" = String, Path), ProjectHeader),
    responses(
        (status = 200, body = TestResult), (status = 400, body = ConfigError), (status = 401, body = ConfigError),
        (status = 403, body = ConfigError), (status = 404, body = ConfigError),
        (status = 502, body = TestResult, description = "The channel did not take it"),
    )
)]
pub(crate) async fn test(
    app: State,
    Writing(scope): Writing,
    Path(id): Path<String>,
) -> Result<(StatusCode, Json<TestResult>)> {
    let found = app.find(&scope, &id).await?;
    app.service.test_and_heal(&found.destination).await
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
        (status = 202, body = Recovered), (status = 400, body = ConfigError), (status = 401, body = ConfigError),
        (status = 403, body = ConfigError), (status = 404, body = ConfigError),
        (status = 409, body = ConfigError, description = "Not healthy, or not active"),
    )
)]
pub(crate) async fn recover(
    app: State,
    Writing(scope): Writing,
    Path(id): Path<String>,
    Body(Since { since }): Body<Since>,
) -> Result<(StatusCode, Json<Recovered>)> {
    let found = app.find(&scope, &id).await?;
    let with = (&app.log, &app.lanes, app.service.system_events());
    Ok((StatusCode::ACCEPTED, Json(recovery::recover(with, (&found.destination, scope.shards), since).await?)))
}

/// Lists the deliveries to a channel with their attempts, newest event first.
#[utoipa::path(
    get, path = "/v1/config/notifications/{id}/deliveries", tag = "Project channels",
    operation_id = "listProjectChannelDeliveries",
    params(("id" = String, Path), PageQuery, ProjectHeader),
    responses(
        (status = 200, body = DeliveryRecords), (status = 400, body = ConfigError), (status = 401, body = ConfigError),
        (status = 403, body = ConfigError), (status = 404, body = ConfigError),
    )
)]
pub(crate) async fn deliveries(
    app: State,
    Reading(scope): Reading,
    Path(id): Path<String>,
    page: PageQuery,
) -> Result<Json<DeliveryRecords>> {
    let found = app.find(&scope, &id).await?;
    Ok(Json(log::records(&app.log, scope.shards, &found.destination, &page).await?))
}
