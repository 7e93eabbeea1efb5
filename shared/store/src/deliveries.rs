//! Table `Deliveries`, by `destination_id` and `id`; kept 30 days. The sparse index `attention` holds the rows that
//! failed, were abandoned or are held.

use std::collections::HashMap;

use aws_sdk_dynamodb::{
    Client,
    types::{AttributeValue, KeysAndAttributes},
};
use domain::{
    Attempt, Delivery, DeliveryId, DeliveryState, DestinationId, OperatorId,
    delivery::{MAX_KEPT_ATTEMPTS, Verdict},
};
use jiff::Timestamp;
use serde::Deserialize;

use crate::{
    Aws, Result,
    aws::variable,
    batch_get::batch_get,
    error::aws,
    item::{Item, from_item, from_items, key, n, retention_ttl, s, to_item},
    partiql::{self, Statement, Written},
};

/// The table.
#[derive(Clone)]
pub struct Deliveries {
    client: Client,
    table: String,
}

/// A row of the index `attention`: what it takes to send a delivery again.
#[derive(Debug, Clone, Deserialize)]
pub struct Attention {
    /// Which delivery.
    pub id: DeliveryId,
    /// Whose.
    pub operator_id: OperatorId,
    /// Where it stood when the index was written.
    pub state: DeliveryState,
    /// How many attempts it had then.
    pub attempt_count: u32,
}

impl From<&Delivery> for Attention {
    fn from(row: &Delivery) -> Self {
        Self { id: row.id, operator_id: row.operator_id, state: row.state, attempt_count: row.attempt_count }
    }
}

pub(crate) fn row_key(id: DeliveryId) -> Item {
    key(("destination_id", id.destination), ("id", id))
}

impl Deliveries {
    /// The table that `DELIVERIES_TABLE` names.
    ///
    /// # Errors
    /// When the variable is missing.
    pub fn from_env(aws: &Aws) -> Result<Self> {
        Ok(Self { client: aws.dynamodb(), table: variable("DELIVERIES_TABLE")? })
    }

    /// The statement that inserts a delivery, unless its id is known.
    ///
    /// # Errors
    /// When the row cannot be written as an item.
    pub fn insert(&self, delivery: &Delivery) -> Result<Statement> {
        let mut item = to_item(delivery)?;
        item.insert("destination_id".into(), s(delivery.id.destination));
        item.insert("ttl".into(), retention_ttl());
        if delivery.state.needs_attention() {
            item.insert("attention".into(), s(delivery.id.destination));
        }
        Ok(Statement::insert(&self.table, item))
    }

    /// The statement that records an attempt of the delivery `row`, unless another worker has recorded one since.
    ///
    /// # Errors
    /// When the attempts cannot be written as an attribute.
    pub fn record(&self, row: &Delivery, attempt: &Attempt, verdict: &Verdict) -> Result<Statement> {
        let mut attempts = row.attempts.clone();
        attempts.push(attempt.clone());
        attempts.drain(..attempts.len().saturating_sub(MAX_KEPT_ATTEMPTS));
        let update = Update::new(row, verdict.state)
            .set("attempt_count", n(attempt.number))
            .set("attempts", serde_dynamo::to_attribute_value(attempts)?)
            .without("reason", row.reason.is_some())
            .maybe("next_attempt_at", verdict.next_attempt_at, row.next_attempt_at.is_some());
        Ok(update.statement(&self.table))
    }

    /// The statement that ends a delivery without an attempt, unless another worker has recorded one since.
    pub fn abandon(&self, row: &Delivery, reason: &str) -> Statement {
        let update = Update::new(row, DeliveryState::Abandoned).set("reason", s(reason));
        update.maybe("next_attempt_at", None, row.next_attempt_at.is_some()).statement(&self.table)
    }

    /// Marks deliveries as on their way again, so that they leave the index. Those that have moved on since are left
    /// as they are.
    ///
    /// # Errors
    /// When a call fails.
    pub async fn mark_pending(&self, rows: &[Attention]) -> Result<()> {
        let statement = |row: &Attention| {
            let remove = if row.state.needs_attention() { " REMOVE attention" } else { "" };
            let text = format!(
                "UPDATE \"{}\" SET \"state\" = ?{remove} WHERE destination_id = ? AND id = ? \
                 AND attempt_count = ? AND \"state\" = ?",
                self.table
            );
            let parameters = vec![
                s(DeliveryState::Pending.as_str()),
                s(row.id.destination),
                s(row.id),
                n(row.attempt_count),
                s(row.state.as_str()),
            ];
            Statement::new(text, parameters)
        };
        let statements = rows.iter().map(statement).collect();
        self.execute(statements).await?;
        Ok(())
    }

    /// Carries out statements of this table and of others.
    ///
    /// # Errors
    /// When a whole call fails.
    pub async fn execute(&self, statements: Vec<Statement>) -> Result<Vec<Written>> {
        partiql::execute(&self.client, statements).await
    }

    /// A delivery of the operator.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn get(&self, operator: OperatorId, id: DeliveryId) -> Result<Option<Delivery>> {
        let get = self.client.get_item().table_name(&self.table).set_key(Some(row_key(id)));
        let answer = get.consistent_read(true).send().await.map_err(aws("GetItem"))?;
        let found: Option<Delivery> = answer.item.map(from_item).transpose()?;
        Ok(found.filter(|delivery| delivery.operator_id == operator))
    }

    /// Those of `ids` that exist, at most 100.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn get_many(&self, ids: impl IntoIterator<Item = DeliveryId>) -> Result<Vec<Delivery>> {
        let keys: Vec<_> = ids.into_iter().map(row_key).collect();
        if keys.is_empty() {
            return Ok(vec![]);
        }
        let request = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true);
        let request = request.build().map_err(aws("BatchGetItem"))?;
        let mut rows = batch_get(&self.client, HashMap::from([(self.table.clone(), request)])).await?;
        from_items(rows.remove(&self.table))
    }

    /// A page of a destination's deliveries, newest event first: those before `after`, and whether there are more.
    /// The caller has made sure that the destination is the operator's.
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

    /// Up to `limit` deliveries of a destination that need attention, oldest event first: those whose id sorts after
    /// `after` (see [`DeliveryId::lower_bound`]).
    ///
    /// # Errors
    /// When the call fails.
    pub async fn attention(&self, destination: DestinationId, after: &str, limit: i32) -> Result<Vec<Attention>> {
        let answer = self
            .client
            .query()
            .table_name(&self.table)
            .index_name("attention")
            .key_condition_expression("attention = :destination AND id > :after")
            .expression_attribute_values(":destination", s(destination))
            .expression_attribute_values(":after", s(after))
            .limit(limit)
            .send()
            .await
            .map_err(aws("Query"))?;
        from_items(answer.items)
    }

    /// The table's name, for reads that span tables.
    pub(crate) fn table(&self) -> &str {
        &self.table
    }
}

/// An update of one row on the condition that nobody has recorded an attempt since it was read.
struct Update<'a> {
    row: &'a Delivery,
    set: Vec<String>,
    remove: Vec<&'static str>,
    parameters: Vec<AttributeValue>,
}

impl<'a> Update<'a> {
    /// To `state`, with the sparse index's attribute as that state wants it.
    fn new(row: &'a Delivery, state: DeliveryState) -> Self {
        let mut update = Self { row, set: vec![], remove: vec![], parameters: vec![] };
        update = update.set("state", s(state.as_str()));
        match (row.state.needs_attention(), state.needs_attention()) {
            (_, true) => update.set("attention", s(row.id.destination)),
            (had, false) => update.without("attention", had),
        }
    }

    fn set(mut self, name: &'static str, value: AttributeValue) -> Self {
        self.set.push(format!("SET \"{name}\" = ?"));
        self.parameters.push(value);
        self
    }

    /// Sets a time, or removes it where the row has one.
    fn maybe(self, name: &'static str, at: Option<Timestamp>, had: bool) -> Self {
        match at {
            Some(at) => self.set(name, n(at.as_millisecond())),
            None => self.without(name, had),
        }
    }

    /// Removes an attribute where the row has it.
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
