//! Lists the deliveries of one destination.

use api::{ErrorBody, PageQuery, Reader, error::Result, views::DeliveryPage};
use axum::{Json, extract::Path};

use service::log;

use crate::State;

/// Lists the deliveries to a destination with their attempts, newest event first.
#[utoipa::path(
    get, path = "/v1/notifications/destinations/{id}/deliveries", tag = "Deliveries", operation_id = "listDeliveries",
    params(("id" = String, Path), PageQuery),
    responses(
        (status = 200, body = DeliveryPage), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 404, body = ErrorBody),
    )
)]
pub(crate) async fn deliveries(
    app: State,
    Reader(caller): Reader,
    Path(id): Path<String>,
    page: PageQuery,
) -> Result<Json<DeliveryPage>> {
    let destination = app.find(&caller, &id).await?;
    Ok(Json(log::deliveries(&app.log, caller.events().shards, &destination, &page).await?))
}
