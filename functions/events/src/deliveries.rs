//! Returns one delivery, and retries it manually.

use api::{
    ApiError, ErrorBody, OptionalBody, Reader, Writer,
    error::{Result, path_id},
    views::DeliveryView,
};
use axum::{Json, extract::Path, http::StatusCode};
use domain::Delivery;
use service::retry::{self, Retry};

use crate::{App, State, detail::DeliveryDetail};

/// Returns a delivery with its attempts and the request that its receiver gets.
#[utoipa::path(
    get, path = "/v1/deliveries/{id}", tag = "Deliveries", operation_id = "getDelivery", params(("id" = String, Path)),
    responses((status = 200, body = DeliveryDetail), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody))
)]
pub(crate) async fn get(app: State, Reader(caller): Reader, Path(id): Path<String>) -> Result<Json<DeliveryDetail>> {
    let delivery = app.find(&caller, &id).await?;
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
    let with = (app.log.rows(), &app.destinations, &app.lanes, &app.system_events);
    let delivery = retry::retry(delivery, how, with).await?;
    Ok((StatusCode::ACCEPTED, Json(DeliveryView::from(&delivery))))
}

impl App {
    async fn find(&self, caller: &api::Caller, id: &str) -> Result<Delivery> {
        let not_found = || ApiError::not_found("delivery");
        let found = self.log.get(caller.operator_id(), path_id(id, "delivery")?, &self.destinations).await?;
        let found = found.ok_or_else(not_found)?;
        // A key that is bound to a project may read only the events of that project, and so only their deliveries.
        if let Some(own) = caller.project_id() {
            let event = self.events.get(found.operator_id, found.id.event).await?;
            event.filter(|event| event.project_id.as_deref() == Some(own)).ok_or_else(not_found)?;
        }
        Ok(found)
    }
}
