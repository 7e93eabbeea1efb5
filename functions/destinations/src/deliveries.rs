//! Lists the deliveries of one destination.

use api::{Id, PageQuery, Reader, delivery_log, error::Result, responses::stack::ErrorsOfOne, views::DeliveryPage};
use axum::Json;
use domain::DestinationId;

use crate::State;

/// Lists the deliveries to a destination with their attempts, newest event first.
#[utoipa::path(
    get, path = "/v1/notifications/destinations/{id}/deliveries", tag = "Deliveries", operation_id = "listDeliveries",
    params(("id" = String, Path), PageQuery),
    responses((status = 200, body = DeliveryPage), ErrorsOfOne)
)]
pub(crate) async fn list(
    app: State,
    Reader(caller): Reader,
    Id(id): Id<DestinationId>,
    page: PageQuery,
) -> Result<Json<DeliveryPage>> {
    let destination = app.find(&caller, id).await?;
    Ok(Json(delivery_log::deliveries(&app.log, caller.events().shards, &destination, &page).await?))
}
