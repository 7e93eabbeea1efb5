//! One batched read of all rows that a batch of jobs needs, across tables.

use std::collections::{BTreeMap, HashMap, HashSet};

use aws_sdk_dynamodb::types::KeysAndAttributes;
use domain::{
    Delivery, DeliveryId, Destination, DestinationId, EventId, PlannedEvent,
    destination::{HeldBack, Suppression},
    message::Job,
    time::now,
};

use crate::{
    Deliveries, Destinations, Events, Recent, Result, Suppressions,
    batch_get::{batch_get, get_items},
    deliveries, destinations,
    error::aws,
    events,
    item::{Item, from_item},
    recent::{Stamps, is_stamp, stamp_key},
    suppressions,
};

/// The current rows for a batch of jobs.
#[derive(Debug, Default)]
pub struct Worklist {
    /// The deliveries of jobs that are not fresh, except those that have no row yet.
    pub deliveries: HashMap<DeliveryId, Delivery>,
    /// The deliveries' destinations. A deleted destination is missing.
    pub destinations: HashMap<DestinationId, Destination>,
    /// The deliveries' events with their plans. An event past its retention is missing.
    pub events: HashMap<EventId, PlannedEvent>,
    /// The suppressions of the destinations' mail addresses.
    suppressions: HashMap<suppressions::Key, Suppression>,
}

impl Worklist {
    /// Returns which of a destination's mail addresses are suppressed, and why.
    pub fn held_back(&self, destination: &Destination) -> HeldBack {
        HeldBack::of(destination, |key| self.suppressions.get(key))
    }
}

/// The cached destinations of an operator. Only destinations without any recorded state are cached.
pub type Remembered = HashMap<DestinationId, Destination>;

/// Reads the rows of up to 33 jobs in one call, and the suppressions of their mail addresses, if any, in a second.
/// Caches the destinations of operators whose jobs come batch after batch: [`crate::recent`].
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
    let asked = recent.seen(jobs.iter().map(|job| job.operator_id));
    let wanted: HashSet<_> = jobs.iter().map(|job| (job.operator_id, job.delivery_id.destination)).collect();
    let remembered = |operator, id| recent.of(operator, |known: &mut Remembered| known.get(&id).cloned()).flatten();
    let (left_out, unknown): (Vec<_>, Vec<_>) =
        wanted.iter().copied().partition(|(op, id)| remembered(*op, *id).is_some());
    let mut rows = HashMap::new();
    let ids = || jobs.iter().map(|job| (job.operator_id, job.delivery_id));
    let recorded = jobs.iter().filter(|job| !job.fresh).map(|job| job.delivery_id);
    ask(&mut rows, deliveries.table(), recorded.map(|id| (id.to_string(), deliveries::row_key(id))).collect())?;
    let rows_of_unknown = unknown.iter().map(|(op, id)| (id.to_string(), destinations::row_key(*op, *id)));
    let stamps = asked.iter().map(|operator| (operator.to_string(), stamp_key(*operator)));
    ask(&mut rows, destinations.table(), rows_of_unknown.chain(stamps).collect())?;
    ask(
        &mut rows,
        events.table(),
        ids().map(|(op, id)| (id.event.to_string(), events::row_key(op, id.event))).collect(),
    )?;

    let mut found = batch_get(destinations.client(), rows).await?;
    let mut list = Worklist::default();
    for item in found.remove(deliveries.table()).unwrap_or_default() {
        let row: Delivery = from_item(item)?;
        list.deliveries.insert(row.id, row);
    }
    let rows_of_destinations = found.remove(destinations.table()).unwrap_or_default();
    let (stamps, read): (Vec<_>, Vec<_>) = rows_of_destinations.into_iter().partition(is_stamp);
    let reset = recent.stamped(&asked, &Stamps::of(stamps)?);
    let mut changed = vec![];
    for (operator, id) in left_out {
        match remembered(operator, id) {
            Some(known) => drop(list.destinations.insert(id, known)),
            None => changed.push(destinations::row_key(operator, id)),
        }
    }
    let remember = |row: &Destination| {
        if row.is_plain(now()) {
            recent.of(row.operator_id, |known| known.insert(row.id, row.clone()));
        }
    };
    for item in read {
        let row: Destination = from_item(item)?;
        if !reset.contains(&row.operator_id) {
            remember(&row);
        }
        list.destinations.insert(row.id, row);
    }
    for item in get_items(destinations.client(), destinations.table(), changed).await? {
        let row: Destination = from_item(item)?;
        remember(&row);
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

/// Adds rows of a table to one call. Each row has a name that identifies it, to remove duplicates.
fn ask(rows: &mut HashMap<String, KeysAndAttributes>, table: &str, keys: Vec<(String, Item)>) -> Result<()> {
    // DynamoDB rejects a batch with a duplicate key, or with no key.
    let keys: Vec<_> = keys.into_iter().collect::<BTreeMap<_, _>>().into_values().collect();
    if keys.is_empty() {
        return Ok(());
    }
    let keys = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true);
    rows.insert(table.to_owned(), keys.build().map_err(aws("BatchGetItem"))?);
    Ok(())
}
