//! The log of what went to an address.

use api::{
    PageQuery,
    error::Result,
    page::next_cursor,
    views::{DeliveryPage, DeliveryView},
};
use domain::DestinationId;
use store::Deliveries;

/// A page of a destination's deliveries, newest event first. The caller has made sure that it is the operator's.
///
/// # Errors
/// A 400 for a page that cannot be.
pub async fn deliveries(deliveries: &Deliveries, id: DestinationId, page: &PageQuery) -> Result<DeliveryPage> {
    let list = format!("deliveries of {id}");
    let (found, more) = deliveries.list(id, page.limit()?, page.after(&list)?).await?;
    let next_cursor = next_cursor(&list, found.last().map(|delivery| delivery.id), more);
    Ok(DeliveryPage { deliveries: found.iter().map(DeliveryView::from).collect(), next_cursor })
}
