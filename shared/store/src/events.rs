//! Table `Events`.
//!
//! | `operator_id` | `id` | row |
//! | --- | --- | --- |
//! | `op_…` | `evt_…` | an event with its plan, the destinations that it goes to; kept 30 days |
//! | `op_…` | `plan#evt_…#<planning>#<number>` | a further part of a large plan; kept 30 days |
//! | `op_…` | `idem#<sha256>` | an idempotency mark; valid 24 h |
//!
//! Its indexes hold keys and what a filter looks at, never `data`: so an entry is one write unit, however large the event.
//! The module [`crate::event_log`] reads them.
//!
//! | index | partition | holds |
//! | --- | --- | --- |
//! | `by_type` | `op_…#<type>` | every event |
//! | `by_resource` | `op_…#<resource id>` | events that have a resource |
//! | `mail` | `op_…` | events of the Mail API |

use std::collections::{HashMap, HashSet};

use aws_sdk_dynamodb::{
    Client,
    operation::put_item::PutItemError::ConditionalCheckFailedException,
    types::{KeysAndAttributes, ReturnValuesOnConditionCheckFailure},
};
use domain::{
    DeliveryPlan, Event, EventId, EventType, OperatorId, PlannedEvent,
    delivery_plan::{Destined, Parts},
};
use jiff::Timestamp;
use serde::{
    Deserialize, Serialize,
    de::{DeserializeOwned, Error as _},
};
use sha2::{Digest, Sha256};

use crate::{
    Aws, Result, StoreError,
    aws::variable,
    batch_get::{batch_get, get_items, get_rows},
    error::aws,
    item::{Item, from_item, from_items, key, n, retention_ttl, s, to_item},
    partiql::Statement,
};

/// For how long a repeat counts as the same event.
pub const IDEMPOTENCY_SECONDS: i64 = 24 * 3600;

/// The table.
#[derive(Clone)]
pub struct Events {
    client: Client,
    table: String,
}

/// What an idempotency key stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// It is new: it stands for the id that was offered.
    New,
    /// It stands for an event accepted before, with the same content.
    Repeat(EventId),
    /// It stands for an event accepted before, with other content.
    OtherContent,
}

#[derive(Serialize, Deserialize)]
struct Mark {
    event_id: EventId,
    fingerprint: String,
    /// When it ends, in seconds: DynamoDB may delete a row hours after its `ttl`, so the condition looks itself.
    ttl: i64,
}

/// The partition keys of the indexes.
pub(crate) const TYPE_KEY: &str = "type_key";
pub(crate) const RESOURCE_KEY: &str = "resource_key";
pub(crate) const MAIL_KEY: &str = "mail_key";

/// The partition of an index for one operator and one value.
pub(crate) fn in_partition(operator: OperatorId, value: &str) -> String {
    format!("{operator}#{value}")
}

fn hex(bytes: impl AsRef<[u8]>) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(bytes))
}

pub(crate) fn row_key(operator: OperatorId, id: EventId) -> Item {
    key(("operator_id", operator), ("id", id))
}

/// The attribute that holds an event's plan.
const PLAN: &str = "plan";

fn part_key(operator: OperatorId, event: EventId, parts: &Parts, number: u32) -> Item {
    key(("operator_id", operator), ("id", format!("plan#{event}#{}#{number:04}", parts.key)))
}

/// An event's row with its plan.
pub(crate) fn planned(mut item: Item) -> Result<PlannedEvent> {
    let plan = item.remove(PLAN).map(serde_dynamo::from_attribute_value).transpose()?;
    Ok(PlannedEvent { event: from_item(item)?, plan })
}

#[derive(Deserialize)]
struct Id {
    id: EventId,
}

/// What is read of many events to find out where they go.
#[derive(Debug, Clone, Deserialize)]
pub struct Plans {
    /// The event.
    pub id: EventId,
    /// Its type.
    #[serde(rename = "type")]
    pub event_type: EventType,
    /// Where it goes.
    #[serde(default)]
    pub plan: Option<DeliveryPlan>,
}

/// Which plans are read, and how many at most.
#[derive(Debug, Clone, Copy)]
pub struct PlansWanted {
    /// The oldest and the newest event.
    pub range: (EventId, EventId),
    /// Whether the newest events come first; otherwise the oldest do.
    pub newest_first: bool,
    /// How many events are read, at most.
    pub max: usize,
    /// How many calls are made for them, at most: each reads up to 1 MB, a limit of DynamoDB.
    pub max_calls: u32,
}

impl Events {
    /// The table that `EVENTS_TABLE` names.
    ///
    /// # Errors
    /// When the variable is missing.
    pub fn from_env(aws: &Aws) -> Result<Self> {
        Ok(Self { client: aws.dynamodb(), table: variable("EVENTS_TABLE")? })
    }

    /// Claims an idempotency key for the event `offered`, whose content is told apart by `fingerprint`.
    ///
    /// Put if absent or expired: whoever claims first gives the event its id, and every repeat is told that id and
    /// sends the event on again, so that a crash after the claim does not lose it. Dispatch does it once.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn claim(
        &self,
        operator: OperatorId,
        idempotency_key: &str,
        offered: EventId,
        fingerprint: &[u8],
        now: Timestamp,
    ) -> Result<Claim> {
        let fingerprint = hex(fingerprint);
        let mark =
            Mark { event_id: offered, fingerprint: fingerprint.clone(), ttl: now.as_second() + IDEMPOTENCY_SECONDS };
        let mut item = to_item(&mark)?;
        item.extend(key(("operator_id", operator), ("id", format!("idem#{}", hex(idempotency_key)))));
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
        Ok(if first.fingerprint == fingerprint { Claim::Repeat(first.event_id) } else { Claim::OtherContent })
    }

    /// The statement that inserts an event with its plan, unless its id is known.
    ///
    /// # Errors
    /// When the row cannot be written as an item.
    pub fn insert(&self, event: &Event, plan: Option<&DeliveryPlan>) -> Result<Statement> {
        let mut item = to_item(event)?;
        if let Some(plan) = plan {
            item.insert(PLAN.into(), serde_dynamo::to_attribute_value(plan)?);
        }
        item.insert("ttl".into(), retention_ttl());
        item.insert(TYPE_KEY.into(), s(in_partition(event.operator_id, event.event_type.as_str())));
        if let Some(resource) = &event.resource {
            item.insert(RESOURCE_KEY.into(), s(in_partition(event.operator_id, &resource.id)));
        }
        if event.event_type.is_mail() {
            item.insert(MAIL_KEY.into(), s(event.operator_id));
        }
        Ok(Statement::insert(&self.table, item))
    }

    /// The statement that inserts a further part of a plan. To be carried out before the event's own insert.
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

    /// An event of the operator.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn get(&self, operator: OperatorId, id: EventId) -> Result<Option<Event>> {
        let get = self.client.get_item().table_name(&self.table).set_key(Some(row_key(operator, id)));
        get.consistent_read(true).send().await.map_err(aws("GetItem"))?.item.map(from_item).transpose()
    }

    /// Those of these events that are known, with their plans.
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

    /// These parts of a plan, by their numbers.
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
        // They are written before the event's row that names them, and live as long.
        if found.len() == count { Ok(found) } else { Err(StoreError::Missing("a part of an event's plan")) }
    }

    /// The events of an operator with their plans, without their data; and where the next call begins if there are more.
    ///
    /// DynamoDB reads the rows whole, `data` included, so that the cost depends on the size of the events: half a read unit
    /// for each 4 KB.
    ///
    /// # Errors
    /// When a call fails.
    pub async fn plans(&self, operator: OperatorId, wanted: &PlansWanted) -> Result<(Vec<Plans>, Option<EventId>)> {
        let PlansWanted { range: (oldest, newest), newest_first, max, max_calls } = *wanted;
        let (mut found, mut start) = (vec![], None);
        if newest < oldest {
            return Ok((found, None));
        }
        for call in 1.. {
            let query = self
                .client
                .query()
                .table_name(&self.table)
                .key_condition_expression("operator_id = :operator AND id BETWEEN :oldest AND :newest")
                .expression_attribute_values(":operator", s(operator))
                .expression_attribute_values(":oldest", s(oldest))
                .expression_attribute_values(":newest", s(newest))
                .projection_expression("id, #type, #plan")
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

    /// The further parts of these plans, each with its event. Parts that are past their retention are left out.
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

    /// Which of these events, at most 100, are of a project of the operator.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn of_project(
        &self,
        operator: OperatorId,
        project: &str,
        ids: impl IntoIterator<Item = EventId>,
    ) -> Result<HashSet<EventId>> {
        #[derive(Deserialize)]
        struct Known {
            id: EventId,
            #[serde(default)]
            project_id: Option<String>,
        }
        // An event may come several times, and DynamoDB refuses a key that does.
        let ids: HashSet<_> = ids.into_iter().map(|id| (operator, id)).collect();
        let known: Vec<Known> = self.parts_of(&Vec::from_iter(ids), "id, project_id").await?;
        let of_project = known.into_iter().filter(|row| row.project_id.as_deref() == Some(project));
        Ok(of_project.map(|row| row.id).collect())
    }

    /// These attributes of events, at most 100.
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

    /// The table's name, for reads that span tables.
    pub(crate) fn table(&self) -> &str {
        &self.table
    }

    /// The table's client, for reads by its indexes.
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }
}
