//! Tests a provider, which makes an unhealthy one healthy, and recovers the deliveries that it missed.

use api::{Body, PageQuery, envelope::ProvidersError, error::Result, views::DeliveryRecords};
use axum::{Json, extract::Path, http::StatusCode};
use service::{
    log,
    recovery::{self, Recovered, Since},
    testing::TestResult,
};

use crate::{
    State,
    access::{FromPage, Managing, Viewing},
};

/// Sends a test message.
///
/// If it is accepted, an unhealthy provider becomes healthy and its rules resume.
#[utoipa::path(
    post, path = "/api/v1/notifications/providers/{id}/test", tag = "Providers", operation_id = "testProvider",
    params(("id" = String, Path), FromPage),
    responses(
        (status = 200, body = TestResult), (status = 401, body = ProvidersError), (status = 403, body = ProvidersError),
        (status = 404, body = ProvidersError),
        (status = 502, body = TestResult, description = "The provider did not take it"),
    )
)]
pub(crate) async fn test(
    app: State,
    Managing(caller): Managing,
    Path(id): Path<String>,
) -> Result<(StatusCode, Json<TestResult>)> {
    let found = app.find(&caller, &id).await?;
    app.service.test_and_heal(&found).await
}

/// Recovers the deliveries that a provider missed, oldest event first.
///
/// This sends the held, failed, abandoned and overdue deliveries of events since the given time.
#[utoipa::path(
    post, path = "/api/v1/notifications/providers/{id}/recover", tag = "Providers", operation_id = "recoverProvider",
    params(("id" = String, Path), FromPage),
    request_body = Since,
    responses(
        (status = 202, body = Recovered), (status = 400, body = ProvidersError), (status = 401, body = ProvidersError),
        (status = 403, body = ProvidersError), (status = 404, body = ProvidersError),
        (status = 409, body = ProvidersError, description = "Not healthy, or not enabled"),
    )
)]
pub(crate) async fn recover(
    app: State,
    Managing(caller): Managing,
    Path(id): Path<String>,
    Body(Since { since }): Body<Since>,
) -> Result<(StatusCode, Json<Recovered>)> {
    let found = app.find(&caller, &id).await?;
    let with = (&app.log, &app.lanes, app.service.system_events());
    Ok((StatusCode::ACCEPTED, Json(recovery::recover(with, (&found, caller.events().shards), since).await?)))
}

/// Lists the deliveries to a provider with their attempts, newest event first.
#[utoipa::path(
    get, path = "/api/v1/notifications/providers/{id}/deliveries", tag = "Providers",
    operation_id = "listProviderDeliveries", params(("id" = String, Path), PageQuery),
    responses(
        (status = 200, body = DeliveryRecords), (status = 400, body = ProvidersError), (status = 401, body = ProvidersError),
        (status = 403, body = ProvidersError), (status = 404, body = ProvidersError),
    )
)]
pub(crate) async fn deliveries(
    app: State,
    Viewing(caller): Viewing,
    Path(id): Path<String>,
    page: PageQuery,
) -> Result<Json<DeliveryRecords>> {
    let found = app.find(&caller, &id).await?;
    Ok(Json(log::records(&app.log, caller.events().shards, &found, &page).await?))
}
