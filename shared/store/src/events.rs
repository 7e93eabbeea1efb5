//! Table `Events`.
//!
//! | `operator_id` | `id` | row |
//! | --- | --- | --- |
//! | `op_…` | `evt_…` | an event and its plan, which lists its destinations; kept 30 days |
//! | `op_…` | `plan#evt_…#<planning>#<number>` | a further part of a large plan; kept 30 days |
//! | `op_…` | `idem#<sha256>` | an idempotency key; valid for 24 h |
//! | `op_…#<type>` | `evt_…#<hash>` | events of one type, listed by ID, see [`crate::type_index`]; kept 30 days |
//!
//! An operator with more than one shard ([`domain::shard`]) has additional partitions, `op_…/1`, `op_…/2` and so on, in
//! the table and in each index. An event's ID determines its partition. Each idempotency key of such an operator has a
//! partition of its own, `op_…/idem#<sha256>`, which the number of shards does not affect.
//!
//! The indexes hold keys and the attributes that filters use, never `data`, so an entry costs one write unit, whatever
//! the size of the event. The module [`crate::event_log`] reads them.
//!
//! | index | partition | holds |
//! | --- | --- | --- |
//! | `by_resource` | `op_…#<resource id>` | events with a resource |
//! | `mail` | `op_…` | events of the Mail API |

use std::collections::{HashMap, HashSet};

use aws_sdk_dynamodb::{
    Client,
    operation::put_item::PutItemError::ConditionalCheckFailedException,
    types::{AttributeValue, KeysAndAttributes, ReturnValuesOnConditionCheckFailure},
};
use domain::{
    DeliveryPlan, Event, EventId, EventType, OperatorId, PlannedEvent, ProjectId,
    delivery_plan::{Destined, Parts},
    shard::{EventsOf, Sharding},
};
use futures::future::try_join_all;
use jiff::Timestamp;
use serde::{
    Deserialize, Serialize,
    de::{DeserializeOwned, Error as _},
};
use sha2::{Digest, Sha256};

use crate::{
    Aws, Result, StoreError,
    batch_get::{batch_get, get_items, get_rows},
    error::aws,
    item::{Item, from_item, from_items, key, n, retention_ttl, s, to_item},
    partiql::Statement,
};

/// How long an idempotency key is valid, in seconds.
pub const IDEMPOTENCY_SECONDS: i64 = 24 * 3600;

/// The table `Events`.
#[derive(Clone)]
pub struct Events {
    client: Client,
    table: String,
}

/// The result of claiming an idempotency key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// The key is new and now belongs to the offered ID.
    New,
    /// The key belongs to an event that was accepted earlier with the same content.
    Repeat(EventId),
    /// The key belongs to an event that was accepted earlier with different content.
    OtherContent,
}

#[derive(Serialize, Deserialize)]
struct Mark {
    event_id: EventId,
    fingerprint: String,
    /// Expiry in Unix seconds. The condition checks it, because DynamoDB may delete a row hours after its `ttl`.
    ttl: i64,
}

impl Mark {
    /// The claim result for a request with this content.
    fn claimed(&self, fingerprint: &str) -> Claim {
        if self.fingerprint == fingerprint { Claim::Repeat(self.event_id) } else { Claim::OtherContent }
    }
}

/// The partition keys of the indexes.
pub(crate) const RESOURCE_KEY: &str = "resource_key";
pub(crate) const MAIL_KEY: &str = "mail_key";

/// The partition for one value of an attribute, in an index or in the index by type.
pub(crate) fn in_partition(partition: &str, value: &str) -> String {
    format!("{partition}#{value}")
}

/// The partition key's name. Its value is the operator's ID, followed by a slash and the shard if there is more than
/// one.
pub(crate) const PARTITION: &str = "operator_id";

/// Removes the shard from an item's partition key, which leaves the operator's ID.
pub(crate) fn without_shard(mut item: Item) -> Item {
    if let Some(AttributeValue::S(partition)) = item.get_mut(PARTITION)
        && let Some(shard) = partition.find('/')
    {
        partition.truncate(shard);
    }
    item
}

pub(crate) fn events(items: impl IntoIterator<Item = Item>) -> Result<Vec<Event>> {
    items.into_iter().map(|item| from_item(without_shard(item))).collect()
}

fn hex(bytes: impl AsRef<[u8]>) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(bytes))
}

pub(crate) fn row_key(operator: OperatorId, id: EventId) -> Item {
    key((PARTITION, id.shard().partition(operator)), ("id", id))
}

const PLAN: &str = "plan";

fn part_key(operator: OperatorId, event: EventId, parts: &Parts, number: u32) -> Item {
    let partition = event.shard().partition(operator);
    key((PARTITION, partition), ("id", format!("plan#{event}#{}#{number:04}", parts.key)))
}

/// Reads an event's row with its plan.
pub(crate) fn planned(mut item: Item) -> Result<PlannedEvent> {
    let plan = item.remove(PLAN).map(serde_dynamo::from_attribute_value).transpose()?;
    Ok(PlannedEvent { event: from_item(without_shard(item))?, plan })
}

#[derive(Deserialize)]
struct Id {
    id: EventId,
}

/// The part of an event that says where it goes, for reads of many events.
#[derive(Debug, Clone, Deserialize)]
pub struct Plans {
    /// The event's ID.
    pub id: EventId,
    /// The event's type.
    #[serde(rename = "type")]
    pub event_type: EventType,
    /// The project that the event belongs to.
    #[serde(default)]
    pub project_id: Option<ProjectId>,
    /// Where the event goes.
    #[serde(default)]
    pub plan: Option<DeliveryPlan>,
}

/// Selects the plans to read and limits the work.
#[derive(Debug, Clone, Copy)]
pub struct PlansWanted {
    /// The oldest and the newest event, both included.
    pub range: (EventId, EventId),
    /// Whether to return the newest events first rather than the oldest.
    pub newest_first: bool,
    /// The maximum number of events to read.
    pub max: usize,
    /// The maximum number of calls. Each call reads up to 1 MB, a limit of DynamoDB.
    pub max_calls: u32,
}

/// Merges the results of several partitions into one list, with the start of the next call if there are more. The list
/// ends where the first partition stopped, since later events of that partition are unknown.
fn merged(
    mut parts: Vec<(Vec<Plans>, Option<EventId>)>,
    newest_first: bool,
    max: usize,
) -> (Vec<Plans>, Option<EventId>) {
    if parts.len() == 1 {
        return parts.remove(0);
    }
    let stops = parts.iter().filter_map(|(_, next)| *next);
    let stop = if newest_first { stops.max() } else { stops.min() };
    let known = |id: EventId| stop.is_none_or(|stop| if newest_first { id > stop } else { id < stop });
    let mut found: Vec<_> = parts.into_iter().flat_map(|(found, _)| found).filter(|one| known(one.id)).collect();
    found.sort_unstable_by_key(|one| one.id);
    if newest_first {
        found.reverse();
    }
    if found.len() <= max {
        return (found, stop);
    }
    found.truncate(max);
    let last = found.last().map(|one| one.id);
    (found, last.and_then(|last| if newest_first { last.before() } else { last.after() }))
}

impl Events {
    /// Opens the table that `EVENTS_TABLE` names.
    ///
    /// # Errors
    /// When the variable is missing.
    pub fn from_env(aws: &Aws) -> Result<Self> {
        Ok(Self { client: aws.dynamodb(), table: aws.variable("EVENTS_TABLE")? })
    }

    /// Claims an idempotency key for the event `offered`. The `fingerprint` identifies the event's content.
    ///
    /// The write succeeds if the key is absent or expired. The first claim gives the event its ID. Every repeat gets
    /// that ID and sends the event again, so that a crash after the claim does not lose the event. Dispatch processes
    /// it once.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn claim(
        &self,
        (operator, sharding): (OperatorId, Option<Sharding>),
        idempotency_key: &str,
        offered: EventId,
        fingerprint: &[u8],
        now: Timestamp,
    ) -> Result<Claim> {
        let fingerprint = hex(fingerprint);
        let id = format!("idem#{}", hex(idempotency_key));
        let shared = key((PARTITION, operator), ("id", &id));
        let mark_key = match sharding.filter(|sharding| now >= sharding.since) {
            None => shared,
            Some(sharding) => {
                // A key from before the operator was sharded may still be valid.
                if now.duration_since(sharding.since).as_secs() < IDEMPOTENCY_SECONDS
                    && let Some(mark) = self.mark(shared).await?.filter(|mark| mark.ttl >= now.as_second())
                {
                    return Ok(mark.claimed(&fingerprint));
                }
                key((PARTITION, format!("{operator}/{id}")), ("id", &id))
            }
        };
        let mark =
            Mark { event_id: offered, fingerprint: fingerprint.clone(), ttl: now.as_second() + IDEMPOTENCY_SECONDS };
        let mut item = to_item(&mark)?;
        item.extend(mark_key);
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(id) OR #ttl < :now")
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":now", n(now.as_second()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let error = match put.send().await {
            Ok(_) => return Ok(Claim::New),
            Err(error) => error,
        };
        let Some(ConditionalCheckFailedException(refused)) = error.as_service_error() else {
            return Err(aws("PutItem")(error));
        };
        let first: Mark = from_item(refused.item.clone().unwrap_or_default())?;
        Ok(first.claimed(&fingerprint))
    }

    async fn mark(&self, key: Item) -> Result<Option<Mark>> {
        let get = self.client.get_item().table_name(&self.table).set_key(Some(key)).consistent_read(true);
        get.send().await.map_err(aws("GetItem"))?.item.map(from_item).transpose()
    }

    /// Builds the statement that inserts an event with its plan, unless its ID exists. A row of
    /// [`crate::type_index`] must list the event as well.
    ///
    /// # Errors
    /// When the row cannot be written as an item.
    pub fn insert(&self, event: &Event, plan: Option<&DeliveryPlan>) -> Result<Statement> {
        let mut item = to_item(event)?;
        if let Some(plan) = plan {
            item.insert(PLAN.into(), serde_dynamo::to_attribute_value(plan)?);
        }
        item.insert("ttl".into(), retention_ttl());
        let partition = event.id.shard().partition(event.operator_id);
        if let Some(resource) = &event.resource {
            item.insert(RESOURCE_KEY.into(), s(in_partition(&partition, &resource.id)));
        }
        if event.event_type.is_mail() {
            item.insert(MAIL_KEY.into(), s(&partition));
        }
        item.insert(PARTITION.into(), s(partition));
        Ok(Statement::insert(&self.table, item))
    }

    /// Builds the statement that inserts a further part of a plan. Execute it before the event's own insert.
    ///
    /// # Errors
    /// When the row cannot be written as an item.
    pub fn insert_part(
        &self,
        (operator, event): (OperatorId, EventId),
        (parts, number): (&Parts, u32),
        destined: &Destined,
    ) -> Result<Statement> {
        let mut item = to_item(destined)?;
        item.extend(part_key(operator, event, parts, number));
        item.insert("ttl".into(), retention_ttl());
        Ok(Statement::insert(&self.table, item))
    }

    /// Returns an event of the operator.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn get(&self, operator: OperatorId, id: EventId) -> Result<Option<Event>> {
        let get = self.client.get_item().table_name(&self.table).set_key(Some(row_key(operator, id)));
        get.consistent_read(true)
            .send()
            .await
            .map_err(aws("GetItem"))?
            .item
            .map(|item| from_item(without_shard(item)))
            .transpose()
    }

    /// Returns the given events that exist, with their plans.
    ///
    /// # Errors
    /// When a call fails.
    pub async fn planned(
        &self,
        ids: impl IntoIterator<Item = (OperatorId, EventId)>,
    ) -> Result<HashMap<EventId, PlannedEvent>> {
        let keys: HashSet<_> = ids.into_iter().collect();
        let keys = keys.into_iter().map(|(operator, id)| row_key(operator, id)).collect();
        let items: Vec<Item> = get_items(&self.client, &self.table, keys).await?;
        let planned = |item| planned(item).map(|planned| (planned.event.id, planned));
        items.into_iter().map(planned).collect()
    }

    /// Returns parts of a plan by number.
    ///
    /// # Errors
    /// When a call fails, or a part is missing.
    pub async fn parts(
        &self,
        (operator, event): (OperatorId, EventId),
        parts: &Parts,
        numbers: impl IntoIterator<Item = u32>,
    ) -> Result<Vec<Destined>> {
        let keys: Vec<_> = numbers.into_iter().map(|number| part_key(operator, event, parts, number)).collect();
        let count = keys.len();
        let found: Vec<Destined> = get_rows(&self.client, &self.table, keys).await?;
        // The parts are written before the event's row that names them, and expire with it.
        if found.len() == count { Ok(found) } else { Err(StoreError::Missing("a part of an event's plan")) }
    }

    /// Returns an operator's events with their plans but without their data, and where the next call begins if there
    /// are more.
    ///
    /// DynamoDB reads whole rows, including `data`, so the cost depends on the size of the events: half a read unit for
    /// each 4 KB.
    ///
    /// # Errors
    /// When a call fails.
    pub async fn plans(&self, of: EventsOf, wanted: &PlansWanted) -> Result<(Vec<Plans>, Option<EventId>)> {
        let PlansWanted { range: (oldest, newest), newest_first, max, .. } = *wanted;
        if newest < oldest {
            return Ok((vec![], None));
        }
        let shards = usize::from(of.shards.count());
        // Events are spread evenly, so ask each shard for its share and a little more.
        let of_each = PlansWanted { max: if shards == 1 { max } else { max.div_ceil(shards) * 3 / 2 + 8 }, ..*wanted };
        let read = of.shards.all().map(|shard| self.plans_in(shard.partition(of.operator), of_each));
        let parts = try_join_all(read).await?;
        Ok(merged(parts, newest_first, max))
    }

    /// Reads the plans of one partition.
    async fn plans_in(&self, partition: String, wanted: PlansWanted) -> Result<(Vec<Plans>, Option<EventId>)> {
        let PlansWanted { range: (oldest, newest), newest_first, max, max_calls } = wanted;
        let (mut found, mut start) = (vec![], None);
        for call in 1.. {
            let query = self
                .client
                .query()
                .table_name(&self.table)
                .key_condition_expression("#partition = :partition AND id BETWEEN :oldest AND :newest")
                .expression_attribute_names("#partition", PARTITION)
                .expression_attribute_values(":partition", s(&partition))
                .expression_attribute_values(":oldest", s(oldest))
                .expression_attribute_values(":newest", s(newest))
                .projection_expression("id, #type, project_id, #plan")
                .expression_attribute_names("#type", "type")
                .expression_attribute_names("#plan", PLAN)
                .scan_index_forward(!newest_first)
                .limit(i32::try_from(max.saturating_sub(found.len()).max(1)).unwrap_or(i32::MAX))
                .set_exclusive_start_key(start);
            let answer = query.send().await.map_err(aws("Query"))?;
            found.extend(from_items::<Plans>(answer.items)?);
            start = answer.last_evaluated_key;
            let Some(last) = &start else { break };
            if found.len() >= max || call >= max_calls {
                let Id { id } = from_item(last.clone())?;
                return Ok((found, if newest_first { id.before() } else { id.after() }));
            }
        }
        Ok((found, None))
    }

    /// Returns the further parts of these plans, each with its event. Leaves out parts past their retention.
    ///
    /// # Errors
    /// When a call fails.
    pub(crate) async fn all_parts(
        &self,
        operator: OperatorId,
        of: &[(EventId, Parts)],
    ) -> Result<Vec<(EventId, Destined)>> {
        let keys = of.iter().flat_map(|(event, parts)| {
            parts.numbers().map(|number| part_key(operator, *event, parts, number)).collect::<Vec<_>>()
        });
        let items = get_items(&self.client, &self.table, keys.collect()).await?;
        let part = |item: Item| {
            let event = item.get("id").and_then(|id| id.as_s().ok()).and_then(|id| id.split('#').nth(1)?.parse().ok());
            let event = event.ok_or_else(|| serde_dynamo::Error::custom("a part of a plan without its event"))?;
            Ok((event, from_item(item)?))
        };
        items.into_iter().map(part).collect()
    }

    /// Returns which of these events, at most 100, belong to a project of the operator.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn of_project(
        &self,
        operator: OperatorId,
        project: &ProjectId,
        ids: impl IntoIterator<Item = EventId>,
    ) -> Result<HashSet<EventId>> {
        #[derive(Deserialize)]
        struct Known {
            id: EventId,
            #[serde(default)]
            project_id: Option<ProjectId>,
        }
        // An event may occur several times, but DynamoDB rejects duplicate keys.
        let ids: HashSet<_> = ids.into_iter().map(|id| (operator, id)).collect();
        let known: Vec<Known> = self.parts_of(&Vec::from_iter(ids), "id, project_id").await?;
        let of_project = known.into_iter().filter(|row| row.project_id.as_ref() == Some(project));
        Ok(of_project.map(|row| row.id).collect())
    }

    /// Reads attributes of at most 100 events.
    async fn parts_of<T: DeserializeOwned>(&self, ids: &[(OperatorId, EventId)], attributes: &str) -> Result<Vec<T>> {
        if ids.is_empty() {
            return Ok(vec![]);
        }
        let keys = ids.iter().map(|(operator, id)| row_key(*operator, *id)).collect();
        let request = KeysAndAttributes::builder().set_keys(Some(keys)).projection_expression(attributes);
        let request = request.consistent_read(true).build().map_err(aws("BatchGetItem"))?;
        let mut rows = batch_get(&self.client, HashMap::from([(self.table.clone(), request)])).await?;
        from_items(rows.remove(&self.table))
    }

    pub(crate) fn table(&self) -> &str {
        &self.table
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }
}

#[cfg(test)]
mod tests {
    use domain::time::from_millis;
    use proptest::prelude::*;

    use super::*;

    fn plans(at: i64) -> Plans {
        let id = EventId::first_at(from_millis(at));
        Plans { id, event_type: EventType::try_from("custom.a").expect("a type"), project_id: None, plan: None }
    }

    fn at(id: EventId) -> i64 {
        id.made_at().as_millisecond()
    }

    proptest! {
        /// In either order, the pages of several partitions add up to the whole list.
        #[test]
        fn the_plans_of_shards_are_one_list(
            events in prop::collection::btree_map(1i64..60, 0usize..4, 0..50),
            max in 1usize..9,
            windows in prop::collection::vec(1usize..12, 4),
            newest_first: bool,
        ) {
            let mut expected: Vec<i64> = events.keys().copied().collect();
            if newest_first { expected.reverse(); }
            let (mut seen, mut begin) = (vec![], if newest_first { EventId::last() } else { EventId::first() });
            for _ in 0..=10 * events.len() {
                let parts = windows.iter().enumerate().map(|(shard, window)| {
                    let mut of: Vec<_> = events.iter().filter(|(_, of)| **of == shard).map(|(at, _)| plans(*at)).collect();
                    of.retain(|one| if newest_first { one.id <= begin } else { one.id >= begin });
                    if newest_first { of.reverse(); }
                    let next = of.get(*window).and_then(|_| {
                        let last = of[*window - 1].id;
                        if newest_first { last.before() } else { last.after() }
                    });
                    of.truncate(*window);
                    (of, next)
                });
                let (found, next) = merged(parts.collect(), newest_first, max);
                prop_assert!(found.len() <= max.max(windows[0]) && !(found.is_empty() && next.is_some()));
                seen.extend(found.iter().map(|one| at(one.id)));
                let Some(next) = next else { break };
                begin = next;
            }
            prop_assert_eq!(seen, expected);
        }
    }

    #[test]
    fn an_item_of_any_shard_is_its_operators() {
        let posted: domain::event::PostedEvent =
            serde_json::from_str(r#"{"type": "custom.a", "data": {}}"#).expect("an event");
        let operator = OperatorId::generate();
        for shard in domain::shard::Shards::new(3).expect("in range").all() {
            let event = posted.clone().accept(operator, EventId::generate().in_shard(shard)).expect("valid");
            let mut item = to_item(&event).expect("an item");
            item.extend(row_key(operator, event.id));
            assert_eq!(item[PARTITION].as_s().expect("text"), &shard.partition(operator));
            assert_eq!(events([item]).expect("an event").remove(0).operator_id, operator);
        }
    }
}
