//! Lists the deliveries to a provider.

use api::{Id, PageQuery, delivery_log, error::Result, responses::providers::ErrorsOfOne, views::DeliveryRecords};
use axum::Json;

use crate::{State, access::Viewing, input::ProviderId};

/// Lists the deliveries to a provider with their attempts, newest event first.
#[utoipa::path(
    get, path = "/api/v1/notifications/providers/{id}/deliveries", tag = "Providers",
    operation_id = "listProviderDeliveries", params(("id" = String, Path), PageQuery),
    responses((status = 200, body = DeliveryRecords), ErrorsOfOne)
)]
pub(crate) async fn list(
    app: State,
    Viewing(caller): Viewing,
    Id(id): Id<ProviderId>,
    page: PageQuery,
) -> Result<Json<DeliveryRecords>> {
    let found = app.find(&caller, id).await?;
    Ok(Json(delivery_log::records(&app.log, caller.events().shards, &found, &page).await?))
}
