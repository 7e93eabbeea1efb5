//! One batched read of all rows that a batch of jobs needs, across tables.
//!
//! Events are read with eventual consistency, which costs half: their rows never change. A row that such a read does
//! not find was written a moment ago or has expired, and is read again consistently.

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
    recent::{Cached, Stamps, is_stamp, stamp_key},
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

impl Cached for Remembered {}

/// Reads the rows of up to 33 jobs in one call, and the suppressions of their mail addresses, if any, in a second.
/// Events that the call does not find take one more. Caches the destinations of operators whose jobs come batch after
/// batch: [`crate::recent`].
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
    let recorded = jobs.iter().filter(|job| !job.fresh).map(|job| job.delivery_id);
    let recorded = recorded.map(|id| (id.to_string(), deliveries::row_key(id)));
    ask(&mut rows, deliveries.table(), Consistency::Strong, recorded.collect())?;
    let rows_of_unknown = unknown.iter().map(|(op, id)| (id.to_string(), destinations::row_key(*op, *id)));
    let stamps = asked.iter().map(|operator| (operator.to_string(), stamp_key(*operator)));
    ask(&mut rows, destinations.table(), Consistency::Strong, rows_of_unknown.chain(stamps).collect())?;
    let keys_of_events = jobs.iter().map(|job| (job.operator_id, job.delivery_id.event));
    let named = keys_of_events.clone().map(|(op, id)| (id.to_string(), events::row_key(op, id)));
    ask(&mut rows, events.table(), Consistency::Eventual, named.collect())?;

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
    let not_found: Vec<_> = keys_of_events.filter(|(_, id)| !list.events.contains_key(id)).collect();
    list.events.extend(events.planned(not_found).await?);
    let keys = list.destinations.values().flat_map(suppressions::keys_of).collect();
    list.suppressions = suppressions.get_many(keys).await?;
    Ok(list)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Consistency {
    Strong,
    /// Costs half, but may miss the newest writes.
    Eventual,
}

/// Adds rows of a table to one call. Each row has a name that identifies it, to remove duplicates.
fn ask(
    rows: &mut HashMap<String, KeysAndAttributes>,
    table: &str,
    consistency: Consistency,
    keys: Vec<(String, Item)>,
) -> Result<()> {
    // DynamoDB rejects a batch with a duplicate key, or with no key.
    let keys: Vec<_> = keys.into_iter().collect::<BTreeMap<_, _>>().into_values().collect();
    if keys.is_empty() {
        return Ok(());
    }
    let keys = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(consistency == Consistency::Strong);
    rows.insert(table.to_owned(), keys.build().map_err(aws("BatchGetItem"))?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use domain::{Severity, lifecycle::Fate, testing};
    use serde_json::json;

    use super::*;
    use crate::testing::Cloud;

    /// Reads the rows of jobs for the first destination and the first event of a new account, and counts the calls.
    async fn read_with(cloud: &Cloud, jobs: &[&Job]) -> (Worklist, usize) {
        let aws = &cloud.aws;
        let list = read(
            jobs,
            &Deliveries::from_env(aws).expect("a table"),
            &Destinations::from_env(aws).expect("a table"),
            &Events::from_env(aws).expect("a table"),
            &Suppressions::from_env(aws).expect("a table"),
            &Recent::from_env(aws).expect("a table"),
        )
        .await;
        (list.expect("rows"), cloud.calls("BatchGetItem").len())
    }

    /// A cloud with a recorded delivery, and a fresh job for it.
    fn delivered() -> (Cloud, Job) {
        let cloud = Cloud::new();
        let operator = cloud.operator.id;
        let to = testing::webhook(operator);
        let event = domain::Event { operator_id: operator, ..testing::event("custom.a", Severity::Info) };
        let id = DeliveryId::new(to.id, event.id);
        cloud.destination(&to);
        cloud.event(&event);
        cloud.delivery(&Delivery::new(id, operator, &event.event_type, to.api, Fate::Send, now()));
        (cloud, Job { fresh: true, ..Job::at_once(id, operator, 0) })
    }

    #[tokio::test]
    async fn a_fresh_job_reads_no_delivery() {
        let (cloud, job) = delivered();
        let (list, calls) = read_with(&cloud, &[&job]).await;
        assert_eq!((list.deliveries.len(), list.destinations.len(), list.events.len(), calls), (0, 1, 1, 1));
        assert_eq!(cloud.calls("BatchGetItem")[0].body["RequestItems"]["deliveries"], json!(null));
        let (list, _) = read_with(&cloud, &[&Job { fresh: false, ..job }]).await;
        assert_eq!(list.deliveries.len(), 1);
    }

    #[tokio::test]
    async fn an_event_that_an_eventually_consistent_read_misses_is_read_again() {
        let (cloud, job) = delivered();
        cloud.lag("EVENTS_TABLE");
        let (list, calls) = read_with(&cloud, &[&job, &Job { fresh: false, ..job.clone() }]).await;
        assert_eq!((list.events.len(), calls), (1, 2));
        let reads = cloud.calls("BatchGetItem");
        let consistent = |call: usize, table: &str| reads[call].body["RequestItems"][table]["ConsistentRead"].clone();
        assert_eq!([consistent(0, "events"), consistent(1, "events")], [json!(false), json!(true)]);
        assert_eq!([consistent(0, "destinations"), consistent(0, "deliveries")], [json!(true), json!(true)]);
    }

    #[tokio::test]
    async fn an_expired_event_is_missing() {
        let (cloud, job) = delivered();
        let other = DeliveryId::new(job.delivery_id.destination, EventId::generate());
        let (list, calls) = read_with(&cloud, &[&Job { delivery_id: other, ..job }]).await;
        assert_eq!((list.events.len(), calls), (0, 2));
    }
}
