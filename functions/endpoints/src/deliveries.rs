//! Lists the deliveries to an endpoint.

use api::{
    Id, Query, Reader,
    delivery_query::DeliveryQuery,
    error::Result,
    page::next_cursor,
    responses::stack::ErrorsOfOne,
    views::{DeliveryPage, DeliveryView},
};
use axum::Json;
use domain::{DeliveryState, EndpointId};
use store::account_deliveries::Wanted;

use crate::State;

/// Lists the deliveries to an endpoint with their attempts, newest event first.
///
/// If the list is filtered by status, a page can have fewer deliveries than the limit while the next page has more: use
/// the cursor. `/v1/deliveries/{id}` returns one delivery and retries it.
#[utoipa::path(
    get, path = "/v1/webhooks/endpoints/{id}/deliveries", tag = "Webhook endpoints",
    operation_id = "listEndpointDeliveries", params(("id" = String, Path), DeliveryQuery),
    responses((status = 200, body = DeliveryPage), ErrorsOfOne)
)]
pub(crate) async fn list(
    app: State,
    Reader(caller): Reader,
    Id(id): Id<EndpointId>,
    Query(query): Query<DeliveryQuery>,
) -> Result<Json<DeliveryPage>> {
    let state = query.status()?;
    let page = query.into_page();
    let endpoint = app.find(&caller, id).await?.endpoint;
    let list = format!("deliveries of {id} {}", state.map_or("", DeliveryState::as_str));
    let limit = usize::try_from(page.limit()?).unwrap_or(1);
    // States in the index are read from it. For the others, all deliveries are read and filtered. The index is sparse,
    // so that a delivery that succeeds at once needs no write to it.
    let wanted = Wanted { state, after: page.after(&list)?, tests: Some(false), ..Wanted::default() };
    let (found, next) = app.log.of_account(caller.events(), &[endpoint.id], &wanted, limit).await?;
    Ok(Json(DeliveryPage {
        deliveries: found.iter().map(|found| DeliveryView::to(&endpoint, found)).collect(),
        next_cursor: next_cursor(&list, next, next.is_some()),
    }))
}
