//! The deliveries of one destination.

use api::{
    ErrorBody, PageQuery, Reader,
    error::Result,
    page::next_cursor,
    views::{DeliveryPage, DeliveryView},
};
use axum::{Json, extract::Path};

use crate::State;

/// Lists a destination's deliveries with their attempts, newest event first.
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
    let list = format!("deliveries of {}", destination.id);
    let (found, more) = app.deliveries.list(destination.id, page.limit()?, page.after(&list)?).await?;
    let next_cursor = next_cursor(&list, found.last().map(|delivery| delivery.id), more);
    Ok(Json(DeliveryPage { deliveries: found.iter().map(DeliveryView::from).collect(), next_cursor }))
}
