//! Verifies an unhealthy endpoint, and recovers the deliveries that it missed.

use api::{Body, ErrorBody, Writer, error::Result};
use axum::{Json, extract::Path, http::StatusCode};
use domain::catalogue::mail::name;
use service::{
    recovery::{self, Recovered, Since},
    verification::{CodeGiven, Verified},
};

use crate::{State, told};

/// Verifies an endpoint, which makes an unhealthy one healthy.
///
/// The endpoint gets a signed request and must answer with a 2xx.
#[utoipa::path(
    post, path = "/mail/webhooks/{id}/verify", tag = "Mail webhooks", operation_id = "verifyMailWebhook",
    params(("id" = String, Path)),
    responses(
        (status = 200, body = Verified),
        (status = 400, body = ErrorBody, description = "The endpoint did not answer with a 2xx"),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
    )
)]
pub(crate) async fn verify(app: State, Writer(caller): Writer, Path(id): Path<String>) -> Result<Json<Verified>> {
    let found = app.find(&caller, &id).await?;
    let verified = app.service.verify(&found.endpoint, CodeGiven::default()).await?;
    if found.endpoint.unhealthy.is_some() {
        app.service.system_events().note([told(name::WEBHOOK_UPDATED, &found, &["health"], None)]).await;
    }
    Ok(Json(verified))
}

/// Recovers the deliveries that an endpoint missed, oldest event first.
///
/// This sends the held, failed, abandoned and overdue deliveries of events since the given time. The endpoint must be
/// healthy: verify it first.
#[utoipa::path(
    post, path = "/mail/webhooks/{id}/recover", tag = "Mail webhooks", operation_id = "recoverMailWebhook",
    params(("id" = String, Path)), request_body = Since,
    responses(
        (status = 202, body = Recovered), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 409, body = ErrorBody, description = "Not healthy"), (status = 503, body = ErrorBody),
    )
)]
pub(crate) async fn recover(
    app: State,
    Writer(caller): Writer,
    Path(id): Path<String>,
    Body(Since { since }): Body<Since>,
) -> Result<(StatusCode, Json<Recovered>)> {
    let found = app.find(&caller, &id).await?;
    let with = (&app.log, &app.lanes, app.service.system_events());
    Ok((StatusCode::ACCEPTED, Json(recovery::recover(with, (&found.endpoint, caller.events().shards), since).await?)))
}
