//! Recovers the deliveries that a destination missed.

use api::{Body, ErrorBody, Writer, error::Result};
use axum::{Json, extract::Path, http::StatusCode};
use service::recovery::{self, Recovered, Since};

use crate::State;

/// Recovers the deliveries that a destination missed, oldest event first.
///
/// This sends the held, failed, abandoned and overdue deliveries of events since the given time. The destination must
/// be healthy: verify it first.
#[utoipa::path(
    post, path = "/v1/notifications/destinations/{id}/recover", tag = "Destinations", operation_id = "recoverDestination",
    params(("id" = String, Path)), request_body = Since,
    responses(
        (status = 202, body = Recovered), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 409, body = ErrorBody, description = "Not verified or not healthy"),
        (status = 503, body = ErrorBody),
    )
)]
pub(crate) async fn recover(
    app: State,
    Writer(caller): Writer,
    Path(id): Path<String>,
    Body(Since { since }): Body<Since>,
) -> Result<(StatusCode, Json<Recovered>)> {
    let destination = app.find(&caller, &id).await?;
    let recovered = recovery::recover(
        (&app.log, &app.lanes, app.service.system_events()),
        (&destination, caller.events().shards),
        since,
    )
    .await?;
    Ok((StatusCode::ACCEPTED, Json(recovered)))
}
