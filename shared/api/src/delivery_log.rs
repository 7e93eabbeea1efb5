//! Lists the deliveries to one destination, for every API.

use domain::{
    Delivery, Destination,
    shard::{EventsOf, Shards},
};
use store::{DeliveryLog, account_deliveries::Wanted};

use crate::{
    PageQuery,
    error::Result,
    page::next_cursor,
    views::{DeliveryPage, DeliveryRecord, DeliveryRecords, DeliveryView},
};

/// Returns a page of a destination's deliveries, newest event first.
///
/// # Errors
/// A 400 for an invalid page query.
pub async fn deliveries(log: &DeliveryLog, shards: Shards, of: &Destination, page: &PageQuery) -> Result<DeliveryPage> {
    let (found, next_cursor) = read(log, shards, of, page).await?;
    Ok(DeliveryPage { deliveries: found.iter().map(|found| DeliveryView::to(of, found)).collect(), next_cursor })
}

/// Like [`deliveries`], in the form of the Providers and the Config API.
///
/// # Errors
/// As [`deliveries`].
pub async fn records(log: &DeliveryLog, shards: Shards, of: &Destination, page: &PageQuery) -> Result<DeliveryRecords> {
    let (found, next_cursor) = read(log, shards, of, page).await?;
    Ok(DeliveryRecords { data: found.iter().map(DeliveryRecord::from).collect(), next_cursor })
}

async fn read(
    log: &DeliveryLog,
    shards: Shards,
    of: &Destination,
    page: &PageQuery,
) -> Result<(Vec<Delivery>, Option<String>)> {
    let list = format!("deliveries of {}", of.id);
    let (limit, wanted) =
        (page.limit()?, Wanted { after: page.after(&list)?, tests: Some(false), ..Wanted::default() });
    let (found, next) = log
        .of_account(
            EventsOf { operator: of.operator_id, shards },
            &[of.id],
            &wanted,
            usize::try_from(limit).unwrap_or(1),
        )
        .await?;
    Ok((found, next_cursor(&list, next, next.is_some())))
}
