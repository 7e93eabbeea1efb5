//! Lists the deliveries to a channel.

use api::{Id, PageQuery, delivery_log, error::Result, responses::config::ErrorsOfOne, views::DeliveryRecords};
use axum::Json;

use crate::{
    State,
    access::{ProjectHeader, Reading},
    input::ProjectChannelId,
};

/// Lists the deliveries to a channel with their attempts, newest event first.
#[utoipa::path(
    get, path = "/v1/config/notifications/{id}/deliveries", tag = "Project channels",
    operation_id = "listProjectChannelDeliveries",
    params(("id" = String, Path), PageQuery, ProjectHeader),
    responses((status = 200, body = DeliveryRecords), ErrorsOfOne)
)]
pub(crate) async fn list(
    app: State,
    Reading(scope): Reading,
    Id(id): Id<ProjectChannelId>,
    page: PageQuery,
) -> Result<Json<DeliveryRecords>> {
    let found = app.find(&scope, id).await?;
    Ok(Json(delivery_log::records(&app.log, scope.shards, &found.destination, &page).await?))
}
