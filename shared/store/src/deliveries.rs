//! Table `Deliveries`, keyed by `destination_id` and `id`. Rows are kept for 30 days. The index `by_state` has one
//! partition for each destination and state. It is sparse ([`domain::DeliveryState::indexed`]). The table also contains
//! the counters of the module [`crate::stats`].

use std::borrow::Cow;

use aws_sdk_dynamodb::{Client, operation::query::builders::QueryFluentBuilder, types::AttributeValue};
use domain::{
    ApiKind, Attempt, Delivery, DeliveryId, DeliveryState, DestinationId, EventType, OperatorId,
    lifecycle::{Reason, Transition, Trigger},
};
use futures::future::try_join_all;
use jiff::Timestamp;
use serde::Deserialize;
use tokio::time::Instant;

use crate::{
    Aws, Result, StoreError,
    batch_get::get_rows,
    error::aws,
    item::{Item, from_item, from_items, key, n, retention_ttl, s, to_item},
    item_size::{WRITE_UNIT, item_size},
    partiql::{self, Statement, Written},
};

/// The table `Deliveries`.
#[derive(Clone)]
pub struct Deliveries {
    client: Client,
    table: String,
}

/// A row of the index by state, with everything that a list or a resend of the delivery needs.
#[derive(Debug, Clone, Deserialize)]
pub struct Summary {
    /// The delivery's ID.
    pub id: DeliveryId,
    /// The operator that owns the delivery.
    pub operator_id: OperatorId,
    /// The state when the index entry was written.
    pub state: DeliveryState,
    /// The number of attempts when the index entry was written.
    pub attempt_count: u32,
    /// The type of its event.
    pub event_type: EventType,
    /// Why the delivery is held, or was abandoned without an attempt.
    #[serde(default)]
    pub reason: Option<Reason>,
    /// When the next attempt is due.
    #[serde(default, with = "domain::time::millis::option")]
    pub next_attempt_at: Option<Timestamp>,
    /// When the delivery was dispatched.
    #[serde(with = "domain::time::millis")]
    pub created_at: Timestamp,
    /// The API that its destination was created with.
    #[serde(default, rename = "face")]
    pub api: ApiKind,
}

impl From<&Delivery> for Summary {
    fn from(row: &Delivery) -> Self {
        Self {
            id: row.id,
            operator_id: row.operator_id,
            state: row.state,
            attempt_count: row.attempt_count,
            event_type: row.event_type.clone(),
            reason: row.reason.clone(),
            next_attempt_at: row.next_attempt_at,
            created_at: row.created_at,
            api: row.api,
        }
    }
}

const STATE_KEY: &str = "state_key";

fn state_key(destination: DestinationId, state: DeliveryState) -> AttributeValue {
    s(format!("{destination}#{}", state.as_str()))
}

pub(crate) fn row_key(id: DeliveryId) -> Item {
    key(("destination_id", id.destination), ("id", id))
}

/// Reads the delivery ID from a row or an index entry.
///
/// # Errors
/// When the item has no such ID.
pub(crate) fn id_of(item: &Item) -> Result<DeliveryId> {
    #[derive(Deserialize)]
    struct Row {
        id: DeliveryId,
    }
    from_item::<Row>(item.clone()).map(|row| row.id)
}

/// A row of the table.
fn row(delivery: &Delivery) -> Result<Item> {
    let mut item = to_item(delivery)?;
    item.insert("destination_id".into(), s(delivery.id.destination));
    item.insert("ttl".into(), retention_ttl());
    if delivery.indexed() {
        item.insert(STATE_KEY.into(), state_key(delivery.id.destination, delivery.state));
    }
    Ok(item)
}

/// The delivery with only as many headers of its last answer as cost no further write unit, if that was a success. Most
/// deliveries succeed at once, so their rows decide what the log costs.
fn with_fewer_headers<'a>(delivery: &'a Delivery, item: &Item) -> Cow<'a, Delivery> {
    let last = delivery.attempts.last().filter(|last| last.succeeded());
    let Some(headers) = last.and_then(|last| last.response_headers.as_ref()) else { return Cow::Borrowed(delivery) };
    let size = item_size(item);
    let others = size - headers.size();
    // Without headers, the row does not have the attribute either: its name, and one byte for an element.
    let without = others - "hd".len() - 1;
    let room = without.next_multiple_of(WRITE_UNIT).saturating_sub(others);
    if headers.size() <= room {
        return Cow::Borrowed(delivery);
    }
    let mut fewer = delivery.clone();
    if let Some(last) = fewer.attempts.last_mut() {
        last.response_headers = headers.clone().within(room);
    }
    Cow::Owned(fewer)
}

impl Deliveries {
    /// Opens the table that `DELIVERIES_TABLE` names.
    ///
    /// # Errors
    /// When the variable is missing.
    pub fn from_env(aws: &Aws) -> Result<Self> {
        Ok(Self { client: aws.dynamodb(), table: aws.variable("DELIVERIES_TABLE")? })
    }

    /// Builds the statement that inserts a delivery, unless its ID exists.
    ///
    /// # Errors
    /// When the row cannot be written as an item.
    pub fn insert(&self, delivery: &Delivery) -> Result<Statement> {
        let item = row(delivery)?;
        let item = match with_fewer_headers(delivery, &item) {
            Cow::Borrowed(_) => item,
            Cow::Owned(delivery) => row(&delivery)?,
        };
        Ok(Statement::insert(&self.table, item))
    }

    /// Builds the statement that records an attempt of the delivery `row` at this `step` of the schedule and its next
    /// state, unless another worker has recorded an attempt since the row was read.
    ///
    /// # Errors
    /// When the attempts cannot be written as an attribute.
    pub fn record(&self, row: &Delivery, step: u32, attempt: &Attempt, next: &Transition) -> Result<Statement> {
        let recorded = row.attempted(step, attempt, next);
        let recorded = match attempt.succeeded() && attempt.response_headers.is_some() {
            true => with_fewer_headers(&recorded, &self::row(&recorded)?).into_owned(),
            false => recorded,
        };
        let update = Update::new(row, next)
            .set("attempt_count", n(recorded.attempt_count))
            .set("attempts", serde_dynamo::to_attribute_value(&recorded.attempts)?)
            .set("step", n(recorded.step));
        Ok(update.statement(&self.table))
    }

    /// Builds the statement that changes the state of a delivery without an attempt, unless another worker has recorded
    /// an attempt since the row was read.
    pub fn change(&self, row: &Delivery, next: &Transition) -> Statement {
        Update::new(row, next).statement(&self.table)
    }

    /// Marks deliveries as sent again, which removes them from the index. Deliveries that have changed since, or that are
    /// on their way, are not touched.
    ///
    /// # Errors
    /// When a call fails.
    pub async fn mark_sent_again(&self, rows: &[Summary]) -> Result<()> {
        let statement = |row: &Summary| {
            let state = row.state.after(&Trigger::SentAgain)?.state;
            let mut parameters = vec![s(state.as_str())];
            let index = match (state.indexed(row.api), row.state.indexed(row.api)) {
                (true, _) => {
                    parameters.push(state_key(row.id.destination, state));
                    format!(" SET {STATE_KEY} = ?")
                }
                (false, true) => format!(" REMOVE {STATE_KEY}"),
                (false, false) => String::new(),
            };
            let text = format!(
                "UPDATE \"{}\" SET \"state\" = ?{index} WHERE destination_id = ? AND id = ? \
                 AND attempt_count = ? AND \"state\" = ?",
                self.table
            );
            parameters.extend([s(row.id.destination), s(row.id), n(row.attempt_count), s(row.state.as_str())]);
            Some(Statement::new(text, parameters))
        };
        let statements = rows.iter().filter_map(statement).collect();
        let written = self.execute(statements, partiql::soon()).await;
        match written.into_iter().find_map(Written::failure) {
            Some(error) => Err(StoreError::Unwritten(error)),
            None => Ok(()),
        }
    }

    /// Executes statements on this table and others. Retries failures until `until`.
    pub async fn execute(&self, statements: Vec<Statement>, until: Instant) -> Vec<Written> {
        partiql::execute(&self.client, statements, until).await
    }

    /// Returns a delivery of the operator.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn get(&self, operator: OperatorId, id: DeliveryId) -> Result<Option<Delivery>> {
        let get = self.client.get_item().table_name(&self.table).set_key(Some(row_key(id)));
        let answer = get.consistent_read(true).send().await.map_err(aws("GetItem"))?;
        let found: Option<Delivery> = answer.item.map(from_item).transpose()?;
        Ok(found.filter(|delivery| delivery.operator_id == operator))
    }

    /// Returns the deliveries of `ids` that exist.
    ///
    /// # Errors
    /// When a call fails.
    pub async fn get_many(&self, ids: impl IntoIterator<Item = DeliveryId>) -> Result<Vec<Delivery>> {
        get_rows(&self.client, &self.table, ids.into_iter().map(row_key).collect()).await
    }

    /// Returns a page of a destination's deliveries, newest event first, starting after `after`, and whether there are
    /// more. The caller must have checked that the destination belongs to the operator.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn list(
        &self,
        destination: DestinationId,
        limit: i32,
        after: Option<DeliveryId>,
    ) -> Result<(Vec<Delivery>, bool)> {
        let answer = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("destination_id = :destination")
            .expression_attribute_values(":destination", s(destination))
            .scan_index_forward(false)
            .limit(limit)
            .set_exclusive_start_key(after.map(row_key))
            .send()
            .await
            .map_err(aws("Query"))?;
        let more = answer.last_evaluated_key.is_some();
        Ok((from_items(answer.items)?, more))
    }

    /// Returns a page of a destination's deliveries in one state that the index holds, newest event first, starting
    /// after `after`, and whether there are more. The caller must have checked that the destination belongs to the
    /// operator.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn in_state(
        &self,
        destination: DestinationId,
        state: DeliveryState,
        limit: i32,
        after: Option<DeliveryId>,
    ) -> Result<(Vec<Summary>, bool)> {
        let mut query = self.by_state(destination, state).scan_index_forward(false).limit(limit);
        query = match after {
            None => query.key_condition_expression("state_key = :key"),
            Some(after) => query
                .key_condition_expression("state_key = :key AND id < :after")
                .expression_attribute_values(":after", s(after)),
        };
        let answer = query.send().await.map_err(aws("Query"))?;
        let more = answer.last_evaluated_key.is_some();
        Ok((from_items(answer.items)?, more))
    }

    /// Returns up to `limit` deliveries of a destination that need attention, oldest event first, with IDs that sort
    /// after `after` (see [`DeliveryId::lower_bound`]).
    ///
    /// # Errors
    /// When a call fails.
    pub async fn attention(&self, destination: DestinationId, after: &str, limit: usize) -> Result<Vec<Summary>> {
        let states = DeliveryState::ALL.into_iter().filter(|state| state.needs_attention());
        let read = states.map(async |state| {
            let query = self.by_state(destination, state).limit(i32::try_from(limit).unwrap_or(i32::MAX));
            let query = query.key_condition_expression("state_key = :key AND id > :after");
            let answer = query.expression_attribute_values(":after", s(after)).send().await.map_err(aws("Query"))?;
            from_items::<Summary>(answer.items)
        });
        let mut rows: Vec<_> = try_join_all(read).await?.into_iter().flatten().collect();
        rows.sort_unstable_by_key(|row| row.id);
        // The first `limit` rows of every state are here, so the first `limit` overall are complete. Later ones may
        // have gaps.
        rows.truncate(limit);
        Ok(rows)
    }

    fn by_state(&self, destination: DestinationId, state: DeliveryState) -> QueryFluentBuilder {
        let query = self.client.query().table_name(&self.table).index_name("by_state");
        query.expression_attribute_values(":key", state_key(destination, state))
    }

    /// Queries a destination's deliveries from `:first` to `:last`, newest event first.
    pub(crate) fn of(&self, destination: DestinationId) -> QueryFluentBuilder {
        let query = self.client.query().table_name(&self.table);
        query
            .key_condition_expression("destination_id = :destination AND id BETWEEN :first AND :last")
            .expression_attribute_values(":destination", s(destination))
            .scan_index_forward(false)
    }

    /// Queries a destination's deliveries in one state that the index holds.
    pub(crate) fn in_state_of(&self, destination: DestinationId, state: DeliveryState) -> QueryFluentBuilder {
        let query = self.by_state(destination, state).scan_index_forward(false);
        query.key_condition_expression("state_key = :key AND id BETWEEN :first AND :last")
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// The table's name, for reads that span tables.
    pub(crate) fn table(&self) -> &str {
        &self.table
    }
}

/// An update of one row, on condition that no attempt has been recorded since the row was read.
struct Update<'a> {
    row: &'a Delivery,
    set: Vec<String>,
    remove: Vec<&'static str>,
    parameters: Vec<AttributeValue>,
}

impl<'a> Update<'a> {
    /// Starts an update to the next state and sets or removes the attribute of the sparse index to match.
    fn new(row: &'a Delivery, Transition { state, reason, next_attempt_at }: &Transition) -> Self {
        let mut update = Self { row, set: vec![], remove: vec![], parameters: vec![] };
        update = update.set("state", s(state.as_str()));
        update = match (row.state.indexed(row.api), state.indexed(row.api)) {
            (_, true) => update.set(STATE_KEY, state_key(row.id.destination, *state)),
            (had, false) => update.without(STATE_KEY, had),
        };
        update = match reason {
            Some(reason) => update.set("reason", s(reason)),
            None => update.without("reason", row.reason.is_some()),
        };
        match next_attempt_at {
            Some(at) => update.set("next_attempt_at", n(at.as_millisecond())),
            None => update.without("next_attempt_at", row.next_attempt_at.is_some()),
        }
    }

    fn set(mut self, name: &'static str, value: AttributeValue) -> Self {
        self.set.push(format!("SET \"{name}\" = ?"));
        self.parameters.push(value);
        self
    }

    /// Removes an attribute if the row has it.
    fn without(mut self, name: &'static str, had: bool) -> Self {
        self.remove.extend(had.then_some(name));
        self
    }

    fn statement(mut self, table: &str) -> Statement {
        let set = self.set.join(" ");
        let remove: String = self.remove.iter().map(|name| format!(" REMOVE \"{name}\"")).collect();
        let text =
            format!("UPDATE \"{table}\" {set}{remove} WHERE destination_id = ? AND id = ? AND attempt_count = ?");
        self.parameters.extend([s(self.row.id.destination), s(self.row.id), n(self.row.attempt_count)]);
        Statement::new(text, self.parameters)
    }
}

#[cfg(test)]
mod tests {
    use domain::{
        EventId,
        delivery::{AnswerHeaders, MAX_KEPT_RESPONSE},
        lifecycle::Fate,
        testing,
        time::now,
    };

    use super::*;

    /// A delivery that has succeeded with so much of a body, and with headers that hardly compress.
    fn succeeded(body: usize) -> Delivery {
        let to = testing::webhook(OperatorId::generate());
        let id = DeliveryId::new(to.id, EventId::generate());
        let event_type = testing::event_types(&["custom.order.shipment.delayed"]).remove(0);
        let new = Delivery::new(id, to.operator_id, &event_type, to.api, Fate::Send, now());
        let line = |_| format!("x-{}: {}\n", EventId::generate(), EventId::generate());
        let headers = AnswerHeaders::pack(&(0..30).map(line).collect::<String>());
        let response = (body > 0).then(|| "x".repeat(body));
        let attempt = Attempt { at: now(), response, response_headers: headers, ..testing::attempt(200) };
        let next = Transition { state: DeliveryState::Succeeded, reason: None, next_attempt_at: None };
        new.attempted(0, &attempt, &next)
    }

    #[test]
    fn the_headers_of_a_success_never_cost_a_write_unit() {
        for body in [0, 100, 400, 600, MAX_KEPT_RESPONSE] {
            let delivery = succeeded(body);
            let mut without = delivery.clone();
            without.attempts[0].response_headers = None;
            let units = |delivery: &Delivery| item_size(&row(delivery).expect("a row")).div_ceil(WRITE_UNIT);
            let fewer = with_fewer_headers(&delivery, &row(&delivery).expect("a row")).into_owned();
            assert_eq!(units(&fewer), units(&without), "{body}");
            let kept = fewer.attempts[0].response_headers.as_ref().map(AnswerHeaders::unpack);
            assert!(kept.is_none_or(|kept| kept.cut && !kept.headers.is_empty()), "{body}");
            if body == 0 {
                assert_eq!(units(&fewer), 1, "a first success");
                assert!(fewer.attempts[0].response_headers.is_some());
            }
        }
    }

    #[test]
    fn the_headers_of_a_failure_are_all_kept() {
        let delivery = succeeded(900);
        let attempts = vec![Attempt { error: Some("answered 500".into()), ..delivery.attempts[0].clone() }];
        let failed = Delivery { attempts, ..delivery };
        assert!(matches!(with_fewer_headers(&failed, &row(&failed).expect("a row")), Cow::Borrowed(_)));
    }
}
