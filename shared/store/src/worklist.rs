//! One batched read of all rows that a batch of jobs needs, across tables.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::KeysAndAttributes;
use domain::{
    Delivery, DeliveryId, Destination, DestinationId, EventId, PlannedEvent,
    destination::{HeldBack, Suppression},
    message::Job,
};

use crate::{
    Deliveries, Destinations, Events, Result, Suppressions,
    batch_get::batch_get,
    deliveries, destinations,
    error::aws,
    events,
    item::{Item, from_item},
    suppressions,
};

/// The rows of a batch of jobs, as they are now.
#[derive(Debug, Default)]
pub struct Worklist {
    /// The deliveries, but for those that nobody has attempted yet.
    pub deliveries: HashMap<DeliveryId, Delivery>,
    /// Where they go; a deleted destination is missing.
    pub destinations: HashMap<DestinationId, Destination>,
    /// What they say, with their plans; an event past its retention is missing.
    pub events: HashMap<EventId, PlannedEvent>,
    /// Which of the mail addresses among them are suppressed.
    suppressions: HashMap<suppressions::Key, Suppression>,
}

impl Worklist {
    /// Which of a destination's mail addresses are suppressed, and why.
    pub fn held_back(&self, destination: &Destination) -> HeldBack {
        HeldBack::of(destination, |key| self.suppressions.get(key))
    }
}

/// Reads the rows of up to 33 jobs in one call; in a second the suppressions of mail addresses, if there are any.
///
/// # Errors
/// When the call fails or a row cannot be read.
pub async fn read(
    jobs: &[&Job],
    deliveries: &Deliveries,
    destinations: &Destinations,
    events: &Events,
    suppressions: &Suppressions,
) -> Result<Worklist> {
    let mut rows = HashMap::new();
    let mut ask = |table: &str, mut keys: Vec<(String, Item)>| -> Result<()> {
        keys.sort_by(|a, b| a.0.cmp(&b.0));
        // DynamoDB refuses a batch that asks for a row twice.
        keys.dedup_by(|a, b| a.0 == b.0);
        let keys = keys.into_iter().map(|(_, key)| key).collect();
        let keys = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true);
        rows.insert(table.to_owned(), keys.build().map_err(aws("BatchGetItem"))?);
        Ok(())
    };
    let ids = || jobs.iter().map(|job| (job.operator_id, job.delivery_id));
    ask(deliveries.table(), ids().map(|(_, id)| (id.to_string(), deliveries::row_key(id))).collect())?;
    ask(
        destinations.table(),
        ids().map(|(op, id)| (id.destination.to_string(), destinations::row_key(op, id.destination))).collect(),
    )?;
    ask(events.table(), ids().map(|(op, id)| (id.event.to_string(), events::row_key(op, id.event))).collect())?;

    let mut found = batch_get(destinations.client(), rows).await?;
    let mut list = Worklist::default();
    for item in found.remove(deliveries.table()).unwrap_or_default() {
        let row: Delivery = from_item(item)?;
        list.deliveries.insert(row.id, row);
    }
    for item in found.remove(destinations.table()).unwrap_or_default() {
        let row: Destination = from_item(item)?;
        list.destinations.insert(row.id, row);
    }
    for item in found.remove(events.table()).unwrap_or_default() {
        let row = events::planned(item)?;
        list.events.insert(row.event.id, row);
    }
    let keys = list.destinations.values().flat_map(suppressions::keys_of).collect();
    list.suppressions = suppressions.get_many(keys).await?;
    Ok(list)
}
