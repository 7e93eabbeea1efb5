//! Lists the deliveries to the address of a legacy channel.

use api::{Id, PageQuery, Reader, delivery_log, error::Result, responses::stack::ErrorsOfOne, views::DeliveryPage};
use axum::Json;
use domain::RuleId;

use crate::State;

/// Lists the deliveries of a legacy channel with their attempts, newest event first.
#[utoipa::path(
    get, path = "/v1/notifications/channels/{id}/deliveries", tag = "Legacy channels",
    operation_id = "listChannelDeliveries", params(("id" = String, Path), PageQuery),
    responses((status = 200, body = DeliveryPage), ErrorsOfOne)
)]
pub(crate) async fn list(
    app: State,
    Reader(caller): Reader,
    Id(id): Id<RuleId>,
    page: PageQuery,
) -> Result<Json<DeliveryPage>> {
    let inline_destination = app.inline_destination(&caller, id).await?;
    Ok(Json(delivery_log::deliveries(&app.log, caller.events().shards, &inline_destination, &page).await?))
}
