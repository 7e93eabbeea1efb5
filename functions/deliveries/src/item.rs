//! Returns one delivery, and retries it manually.

use api::{
    ApiError, Caller, ErrorBody, Id, OptionalBody, Reader, Writer, error::Result, input::Retry, path::PathId,
    responses::stack::ErrorsOfOne, views::DeliveryView,
};
use axum::{Json, http::StatusCode};
use domain::{Delivery, DeliveryId};

use crate::{App, State, views::DeliveryDetail};

/// Returns a delivery with its attempts and the request that its receiver gets.
#[utoipa::path(
    get, path = "/v1/deliveries/{id}", tag = "Deliveries", operation_id = "getDelivery", params(("id" = String, Path)),
    responses((status = 200, body = DeliveryDetail), ErrorsOfOne)
)]
pub(crate) async fn get(app: State, Reader(caller): Reader, Id(id): Id<DeliveryId>) -> Result<Json<DeliveryDetail>> {
    let delivery = app.find(&caller, id).await?;
    Ok(Json(app.detail(&delivery, caller.may_write()).await?))
}

/// Retries a delivery that failed, was abandoned or is held, at once.
///
/// This starts a new round of attempts, regardless of the destination's health. With `force`, it also sends a delivery
/// that is in progress or has succeeded.
#[utoipa::path(
    post, path = "/v1/deliveries/{id}/retry", tag = "Deliveries", operation_id = "retryDelivery",
    params(("id" = String, Path)), request_body = Option<Retry>,
    responses(
        (status = 202, body = DeliveryView), ErrorsOfOne,
        (status = 409, body = ErrorBody, description = "On its way, arrived already, or its destination is deleted"),
        (status = 503, body = ErrorBody),
    )
)]
pub(crate) async fn retry(
    app: State,
    Writer(caller): Writer,
    Id(id): Id<DeliveryId>,
    OptionalBody(how): OptionalBody<Retry>,
) -> Result<(StatusCode, Json<DeliveryView>)> {
    let delivery = app.find(&caller, id).await?;
    let delivery = app.recovery.retry(delivery, how.force).await?;
    Ok((StatusCode::ACCEPTED, Json(DeliveryView::from(&delivery))))
}

impl App {
    pub(crate) async fn find(&self, caller: &Caller, id: DeliveryId) -> Result<Delivery> {
        let not_found = || ApiError::not_found(DeliveryId::NOUN);
        let found = self.log.get(caller.operator_id(), id, &self.destinations).await?;
        let found = found.ok_or_else(not_found)?;
        // A key that is bound to a project may read only the events of that project, and so only their deliveries.
        if let Some(own) = caller.project_id() {
            let event = self.events.get(found.operator_id, found.id.event).await?;
            event.filter(|event| event.project_id.as_ref() == Some(own)).ok_or_else(not_found)?;
        }
        Ok(found)
    }

    /// Returns a delivery with the stored details of its destination and event. Only a `writer` sees credentials in an
    /// address.
    async fn detail(&self, delivery: &Delivery, writer: bool) -> Result<DeliveryDetail> {
        let (operator, id) = (delivery.operator_id, delivery.id);
        let destination = self.destinations.get(operator, id.destination);
        let (destination, event) = futures::try_join!(destination, self.events.get(operator, id.event))?;
        DeliveryDetail::of(delivery, destination.as_ref(), event.as_ref(), writer)
    }
}
