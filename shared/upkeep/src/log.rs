//! The log of what went to an address.

use api::{
    PageQuery,
    error::Result,
    page::next_cursor,
    views::{DeliveryPage, DeliveryRecord, DeliveryRecords, DeliveryView},
};
use domain::{Delivery, DestinationId};
use store::Deliveries;

/// A page of a destination's deliveries, newest event first. The caller has made sure that it is the operator's.
///
/// # Errors
/// A 400 for a page that cannot be.
pub async fn deliveries(deliveries: &Deliveries, id: DestinationId, page: &PageQuery) -> Result<DeliveryPage> {
    let (found, next_cursor) = read(deliveries, id, page).await?;
    Ok(DeliveryPage { deliveries: found.iter().map(DeliveryView::from).collect(), next_cursor })
}

/// The same as the Providers and the Config API show it.
///
/// # Errors
/// As [`deliveries`].
pub async fn records(deliveries: &Deliveries, id: DestinationId, page: &PageQuery) -> Result<DeliveryRecords> {
    let (found, next_cursor) = read(deliveries, id, page).await?;
    Ok(DeliveryRecords { data: found.iter().map(DeliveryRecord::from).collect(), next_cursor })
}

async fn read(deliveries: &Deliveries, id: DestinationId, page: &PageQuery) -> Result<(Vec<Delivery>, Option<String>)> {
    let list = format!("deliveries of {id}");
    let (found, more) = deliveries.list(id, page.limit()?, page.after(&list)?).await?;
    let next_cursor = next_cursor(&list, found.last().map(|delivery| delivery.id), more);
    Ok((found, next_cursor))
}
