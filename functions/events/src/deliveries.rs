//! One delivery, and sending it again by hand.

use api::{
    ApiError, ErrorBody, OptionalBody, Reader, Writer,
    error::{Result, path_id},
    views::DeliveryView,
};
use axum::{Json, extract::Path, http::StatusCode};
use domain::Delivery;
use upkeep::retry::{self, Retry};

use crate::{App, State, detail::DeliveryDetail};

/// Shows a delivery with its attempts, and with what its receiver is sent.
#[utoipa::path(
    get, path = "/v1/deliveries/{id}", tag = "Deliveries", operation_id = "getDelivery", params(("id" = String, Path)),
    responses((status = 200, body = DeliveryDetail), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody))
)]
pub(crate) async fn get(app: State, Reader(caller): Reader, Path(id): Path<String>) -> Result<Json<DeliveryDetail>> {
    let delivery = app.find(&caller, &id).await?;
    Ok(Json(app.detail(&delivery, caller.may_write()).await?))
}

/// Sends a delivery again at once that failed, was abandoned or is held.
///
/// In a new round of attempts, whatever its destination's health; with `force` also one that is on its way or has arrived.
#[utoipa::path(
    post, path = "/v1/deliveries/{id}/retry", tag = "Deliveries", operation_id = "retryDelivery",
    params(("id" = String, Path)), request_body = Option<Retry>,
    responses(
        (status = 202, body = DeliveryView), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody),
        (status = 409, body = ErrorBody, description = "On its way, arrived already, or its destination is deleted"),
        (status = 503, body = ErrorBody),
    )
)]
pub(crate) async fn retry(
    app: State,
    Writer(caller): Writer,
    Path(id): Path<String>,
    OptionalBody(how): OptionalBody<Retry>,
) -> Result<(StatusCode, Json<DeliveryView>)> {
    let delivery = app.find(&caller, &id).await?;
    let with = (app.log.rows(), &app.destinations, &app.lanes, &app.journal);
    let delivery = retry::retry(delivery, how, with).await?;
    Ok((StatusCode::ACCEPTED, Json(DeliveryView::from(&delivery))))
}

impl App {
    async fn find(&self, caller: &api::Caller, id: &str) -> Result<Delivery> {
        let not_found = || ApiError::not_found("delivery");
        let found = self.log.get(caller.operator_id(), path_id(id, "delivery")?, &self.destinations).await?;
        let found = found.ok_or_else(not_found)?;
        // A key that is bound to a project reads that project's events only, and so their deliveries.
        if let Some(own) = caller.project_id() {
            let event = self.events.get(found.operator_id, found.id.event).await?;
            event.filter(|event| event.project_id.as_deref() == Some(own)).ok_or_else(not_found)?;
        }
        Ok(found)
    }
}
