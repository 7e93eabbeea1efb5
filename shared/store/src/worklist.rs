//! One batched read of all rows that a batch of jobs needs, across tables.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::KeysAndAttributes;
use domain::{
    Delivery, DeliveryId, Destination, DestinationId, EventId, PlannedEvent,
    destination::{HeldBack, Suppression},
    message::Job,
    time::now,
};

use crate::{
    Deliveries, Destinations, Events, Recent, Result, Suppressions,
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

/// What is remembered of an operator's destinations for a moment: those of which nothing is to be said but their address.
pub type Remembered = HashMap<DestinationId, Destination>;

/// Reads the rows of up to 33 jobs in one call; in a second the suppressions of mail addresses, if there are any. Of operators
/// whose jobs come batch after batch, destinations are remembered: [`crate::recent`].
///
/// # Errors
/// When the call fails or a row cannot be read.
pub async fn read(
    jobs: &[&Job],
    deliveries: &Deliveries,
    destinations: &Destinations,
    events: &Events,
    suppressions: &Suppressions,
    recent: &Recent<Remembered>,
) -> Result<Worklist> {
    if let Err(error) = recent.refresh(jobs.iter().map(|job| job.operator_id)).await {
        // Nothing is remembered then, and all is read.
        tracing::warn!(%error, "stamps not read");
    }
    let mut list = Worklist::default();
    for job in jobs {
        let id = job.delivery_id.destination;
        let known = recent.of(job.operator_id, |known| known.get(&id).cloned()).flatten();
        list.destinations.extend(known.map(|known| (id, known)));
    }
    let mut rows = HashMap::new();
    let mut ask = |table: &str, mut keys: Vec<(String, Item)>| -> Result<()> {
        keys.sort_by(|a, b| a.0.cmp(&b.0));
        // DynamoDB refuses a batch that asks for a row twice, and one without a row.
        keys.dedup_by(|a, b| a.0 == b.0);
        if keys.is_empty() {
            return Ok(());
        }
        let keys = keys.into_iter().map(|(_, key)| key).collect();
        let keys = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true);
        rows.insert(table.to_owned(), keys.build().map_err(aws("BatchGetItem"))?);
        Ok(())
    };
    let ids = || jobs.iter().map(|job| (job.operator_id, job.delivery_id));
    ask(deliveries.table(), ids().map(|(_, id)| (id.to_string(), deliveries::row_key(id))).collect())?;
    let unknown = ids().filter(|(_, id)| !list.destinations.contains_key(&id.destination));
    ask(
        destinations.table(),
        unknown.map(|(op, id)| (id.destination.to_string(), destinations::row_key(op, id.destination))).collect(),
    )?;
    ask(events.table(), ids().map(|(op, id)| (id.event.to_string(), events::row_key(op, id.event))).collect())?;

    let mut found = batch_get(destinations.client(), rows).await?;
    for item in found.remove(deliveries.table()).unwrap_or_default() {
        let row: Delivery = from_item(item)?;
        list.deliveries.insert(row.id, row);
    }
    for item in found.remove(destinations.table()).unwrap_or_default() {
        let row: Destination = from_item(item)?;
        if row.is_plain(now()) {
            recent.of(row.operator_id, |known| known.insert(row.id, row.clone()));
        }
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
