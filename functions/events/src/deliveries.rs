//! One delivery, and sending it again by hand.

use api::{
    ApiError, ErrorBody, Reader, Writer,
    error::{Result, path_id},
    views::DeliveryView,
};
use axum::{Json, extract::Path, http::StatusCode};
use domain::{Delivery, DeliveryState};
use store::{deliveries::Attention, queue::Outgoing};

use crate::{App, State};

/// Shows a delivery with its attempts.
#[utoipa::path(
    get, path = "/v1/deliveries/{id}", tag = "Deliveries", operation_id = "getDelivery", params(("id" = String, Path)),
    responses((status = 200, body = DeliveryView), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody))
)]
pub(crate) async fn get(app: State, Reader(caller): Reader, Path(id): Path<String>) -> Result<Json<DeliveryView>> {
    Ok(Json(DeliveryView::from(&app.find(&caller, &id).await?)))
}

/// Sends a delivery again at once, in a new round of attempts, whatever its state and its destination's health.
#[utoipa::path(
    post, path = "/v1/deliveries/{id}/retry", tag = "Deliveries", operation_id = "retryDelivery",
    params(("id" = String, Path)),
    responses(
        (status = 202, body = DeliveryView), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 409, body = ErrorBody, description = "Its destination is deleted"),
        (status = 503, body = ErrorBody),
    )
)]
pub(crate) async fn retry(
    app: State,
    Writer(caller): Writer,
    Path(id): Path<String>,
) -> Result<(StatusCode, Json<DeliveryView>)> {
    let mut delivery = app.find(&caller, &id).await?;
    if app.destinations.get(caller.operator_id(), delivery.id.destination).await?.is_none() {
        let sentence = "The destination of this delivery is deleted; register it again and post the event again.";
        return Err(ApiError::conflict("destination_deleted", sentence));
    }
    // First the message, then the row: after a crash in between a delivery is sent twice rather than never.
    let message = Outgoing::new(&delivery.job_at_once(), delivery.operator_id)?;
    if app.deliveries_queue.send(vec![message]).await != [true] {
        return Err(ApiError::unavailable("The queue did not take the delivery; send the same request again."));
    }
    app.deliveries.mark_pending(&[Attention::from(&delivery)]).await?;
    delivery.state = DeliveryState::Pending;
    Ok((StatusCode::ACCEPTED, Json(DeliveryView::from(&delivery))))
}

impl App {
    async fn find(&self, caller: &api::Caller, id: &str) -> Result<Delivery> {
        let found = self.deliveries.get(caller.operator_id(), path_id(id, "delivery")?).await?;
        found.ok_or_else(|| ApiError::not_found("delivery"))
    }
}
