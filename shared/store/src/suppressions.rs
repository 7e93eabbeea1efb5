//! Suppressions of an operator's mail addresses, to which nothing is sent. They are rows of the table `Destinations`.
//! The sparse index `suppressions` lists them by time.

use std::collections::HashMap;

use aws_sdk_dynamodb::{
    Client,
    operation::put_item::PutItemError::ConditionalCheckFailedException,
    types::{ReturnValue, ReturnValuesOnConditionCheckFailure, TransactWriteItem},
};
use domain::{
    Destination, OperatorId,
    destination::{HeldBack, Suppression},
    time::rfc3339,
};
use jiff::Timestamp;

use crate::{
    Aws, Result,
    batch_get::get_rows,
    error::aws,
    item::{Item, from_item, from_items, key, s, to_item},
    transact,
};

/// The suppressions in the table `Destinations`.
#[derive(Clone)]
pub struct Suppressions {
    client: Client,
    table: String,
}

/// The result of suppressing an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suppressed {
    /// The address is now suppressed.
    New,
    /// The same report had already suppressed the address. The worker may have stopped before it reported that.
    ByThisBefore,
    /// The address was already suppressed for another reason.
    Before,
}

/// The keys of the index.
const OPERATOR_KEY: &str = "suppressions_of";
const TIME_KEY: &str = "suppressed_at";

/// The sort key of a suppression in the index: its time, then its address, since two may have the same time.
pub fn time_key(since: Timestamp, uniqueness_key: &str) -> String {
    format!("{}#{uniqueness_key}", rfc3339(since))
}

/// An operator and an address ([`domain::Address::uniqueness_key`]), which identify a suppression.
pub type Key = (OperatorId, String);

fn row_key((operator, uniqueness_key): &Key) -> Item {
    key(("operator_id", operator), ("id", format!("suppressed#{uniqueness_key}")))
}

/// The keys of the suppressions that a destination may have.
pub(crate) fn keys_of(destination: &Destination) -> Vec<Key> {
    let keys = destination.mail_addresses().into_iter().map(|(_, key)| (destination.operator_id, key));
    keys.collect()
}

impl Suppressions {
    /// Opens the suppressions in the table that `DESTINATIONS_TABLE` names.
    ///
    /// # Errors
    /// When the variable is missing.
    pub fn from_env(aws: &Aws) -> Result<Self> {
        Ok(Self { client: aws.dynamodb(), table: aws.variable("DESTINATIONS_TABLE")? })
    }

    /// Suppresses an address, unless it already is.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn insert(&self, suppression: &Suppression) -> Result<Suppressed> {
        let key = (suppression.operator_id, suppression.uniqueness_key.clone());
        let mut item = to_item(suppression)?;
        item.extend(row_key(&key));
        item.insert(OPERATOR_KEY.into(), s(suppression.operator_id));
        item.insert(TIME_KEY.into(), s(time_key(suppression.since, &suppression.uniqueness_key)));
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(id)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let error = match put.send().await {
            Ok(_) => return Ok(Suppressed::New),
            Err(error) => error,
        };
        let Some(ConditionalCheckFailedException(refused)) = error.as_service_error() else {
            return Err(aws("PutItem")(error));
        };
        let before: Option<Suppression> = refused.item.clone().map(from_item).transpose()?;
        let by_this = before.is_some_and(|before| before == *suppression);
        Ok(if by_this { Suppressed::ByThisBefore } else { Suppressed::Before })
    }

    /// Returns a page of an operator's suppressions, newest first, starting after the one at `after`, and whether there
    /// are more.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn list(
        &self,
        operator: OperatorId,
        limit: i32,
        after: Option<String>,
    ) -> Result<(Vec<Suppression>, bool)> {
        let mut query = self
            .client
            .query()
            .table_name(&self.table)
            .index_name("suppressions")
            .expression_attribute_values(":operator", s(operator))
            .scan_index_forward(false)
            .limit(limit);
        query = match after {
            None => query.key_condition_expression("suppressions_of = :operator"),
            Some(after) => query
                .key_condition_expression("suppressions_of = :operator AND suppressed_at < :after")
                .expression_attribute_values(":after", s(after)),
        };
        let answer = query.send().await.map_err(aws("Query"))?;
        let more = answer.last_evaluated_key.is_some();
        Ok((from_items(answer.items)?, more))
    }

    /// Lifts a suppression and returns it, if there was one.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn delete(&self, operator: OperatorId, uniqueness_key: &str) -> Result<Option<Suppression>> {
        let key = row_key(&(operator, uniqueness_key.to_owned()));
        let delete = self.client.delete_item().table_name(&self.table).set_key(Some(key));
        let answer = delete.return_values(ReturnValue::AllOld).send().await.map_err(aws("DeleteItem"))?;
        answer.attributes.map(from_item).transpose()
    }

    /// Returns the suppression of an address, if there is one.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn get(&self, operator: OperatorId, uniqueness_key: &str) -> Result<Option<Suppression>> {
        let key = row_key(&(operator, uniqueness_key.to_owned()));
        let get = self.client.get_item().table_name(&self.table).set_key(Some(key)).consistent_read(true);
        get.send().await.map_err(aws("GetItem"))?.item.map(from_item).transpose()
    }

    /// Returns which of a destination's mail addresses are suppressed, and why. Makes no call for a destination without
    /// mail addresses.
    ///
    /// # Errors
    /// When a call fails.
    pub async fn of(&self, destination: &Destination) -> Result<HeldBack> {
        let found = self.get_many(keys_of(destination)).await?;
        Ok(HeldBack::of(destination, |key| found.get(key)))
    }

    /// Returns the suppressions of these addresses. Makes no call if `keys` is empty.
    ///
    /// # Errors
    /// When a call fails.
    pub async fn get_many(&self, mut keys: Vec<Key>) -> Result<HashMap<Key, Suppression>> {
        keys.sort_unstable();
        keys.dedup();
        let found = get_rows(&self.client, &self.table, keys.iter().map(row_key).collect()).await?;
        let keyed = |row: Suppression| ((row.operator_id, row.uniqueness_key.clone()), row);
        Ok(found.into_iter().map(keyed).collect())
    }

    /// The write that lifts a suppression, if there is one, for a transaction.
    pub(crate) fn lifting(&self, operator: OperatorId, uniqueness_key: &str) -> Result<TransactWriteItem> {
        transact::delete(&self.table, row_key(&(operator, uniqueness_key.to_owned())))
    }
}
