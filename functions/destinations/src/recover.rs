//! Sending again what a destination missed.

use api::{ApiError, Body, ErrorBody, Writer, error::Result};
use axum::{Json, extract::Path, http::StatusCode};
use domain::{DeliveryId, DestinationId, message::Job};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::{deliveries::Attention, queue::Outgoing};
use utoipa::ToSchema;

use crate::{App, State};

/// How many deliveries one request sends again: what fits well into the 30 s of an HTTP API.
const MAX_RECOVERED: usize = 1000;
/// How many are read at a time.
const PAGE: i32 = 100;

/// From when on to send again.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Since {
    /// The time of the oldest event to send again, RFC 3339. Deliveries are kept 30 days.
    #[serde(with = "domain::time::text")]
    #[schema(value_type = String, example = "2026-04-15T10:00:00.000Z")]
    since: Timestamp,
}

/// How many deliveries are on their way again.
#[derive(Serialize, ToSchema)]
pub(crate) struct Recovered {
    /// How many this request has sent.
    recovered: usize,
    /// Whether there may be more: then send the request again.
    more: bool,
}

/// Sends again what a destination missed: held, failed and abandoned deliveries, oldest event first.
///
/// The destination must be healthy: verify it first.
#[utoipa::path(
    post, path = "/v1/notifications/destinations/{id}/recover", tag = "Destinations", operation_id = "recoverDestination",
    params(("id" = String, Path)), request_body = Since,
    responses(
        (status = 202, body = Recovered), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 409, body = ErrorBody, description = "Not verified or not healthy"),
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
    if !destination.receives() {
        let sentence = "This destination is not verified or not healthy; verify it first with POST …/verify.";
        return Err(ApiError::conflict("destination_unhealthy", sentence));
    }
    let recovered = app.send_again(destination.id, since).await?;
    Ok((StatusCode::ACCEPTED, Json(recovered)))
}

impl App {
    async fn send_again(&self, id: DestinationId, since: Timestamp) -> Result<Recovered> {
        let mut after = DeliveryId::lower_bound(id, since);
        let mut recovered = 0;
        while recovered < MAX_RECOVERED {
            let rows = self.deliveries.attention(id, &after, PAGE).await?;
            let Some(last) = rows.last() else { return Ok(Recovered { recovered, more: false }) };
            after = last.id.to_string();
            recovered += rows.len();
            self.send_page(rows).await?;
        }
        Ok(Recovered { recovered, more: true })
    }

    /// First the messages, then the rows: after a crash in between a delivery is sent twice rather than never.
    async fn send_page(&self, rows: Vec<Attention>) -> Result<()> {
        let job = |row: &Attention| Job::at_once(row.id, row.operator_id, row.attempt_count);
        let messages: Vec<_> =
            rows.iter().map(|row| Outgoing::new(&job(row), row.operator_id)).collect::<store::Result<_>>()?;
        let sent = self.queue.send(messages).await;
        let taken: Vec<_> = rows.into_iter().zip(&sent).filter(|(_, sent)| **sent).map(|(row, _)| row).collect();
        self.deliveries.mark_pending(&taken).await?;
        if taken.len() < sent.len() {
            return Err(ApiError::unavailable("The queue did not take all deliveries; send the same request again."));
        }
        Ok(())
    }
}
