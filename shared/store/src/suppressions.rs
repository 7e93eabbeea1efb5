//! Suppressions, which are rows of the table `Destinations`: that nothing is mailed to an address of an operator's.

use std::collections::HashMap;

use aws_sdk_dynamodb::{
    Client,
    types::{KeysAndAttributes, TransactWriteItem},
};
use domain::{OperatorId, destination::Suppression};

use crate::{
    Aws, Result,
    aws::variable,
    batch_get::batch_get,
    error::aws,
    item::{Item, from_item, from_items, key, to_item},
    transact,
};

/// The rows.
#[derive(Clone)]
pub struct Suppressions {
    client: Client,
    table: String,
}

/// Which operator's suppressions of which address ([`domain::Address::uniqueness_key`]).
pub type Key = (OperatorId, String);

fn row_key((operator, uniqueness_key): &Key) -> Item {
    key(("operator_id", operator), ("id", format!("suppressed#{uniqueness_key}")))
}

impl Suppressions {
    /// The rows of the table that `DESTINATIONS_TABLE` names.
    ///
    /// # Errors
    /// When the variable is missing.
    pub fn from_env(aws: &Aws) -> Result<Self> {
        Ok(Self { client: aws.dynamodb(), table: variable("DESTINATIONS_TABLE")? })
    }

    /// Suppresses an address, unless it is already; false then.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn insert(&self, suppression: &Suppression) -> Result<bool> {
        let mut item = to_item(suppression)?;
        item.extend(row_key(&(suppression.operator_id, suppression.uniqueness_key.clone())));
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
        match put.condition_expression("attribute_not_exists(id)").send().await {
            Ok(_) => Ok(true),
            Err(e) if e.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) => Ok(false),
            Err(error) => Err(aws("PutItem")(error)),
        }
    }

    /// Why an address is suppressed, if it is.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn get(&self, operator: OperatorId, uniqueness_key: &str) -> Result<Option<Suppression>> {
        let key = row_key(&(operator, uniqueness_key.to_owned()));
        let get = self.client.get_item().table_name(&self.table).set_key(Some(key)).consistent_read(true);
        get.send().await.map_err(aws("GetItem"))?.item.map(from_item).transpose()
    }

    /// Those of up to 100 addresses that are suppressed; none is asked for without a call.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn get_many(&self, mut keys: Vec<Key>) -> Result<HashMap<Key, Suppression>> {
        keys.sort_unstable();
        keys.dedup();
        if keys.is_empty() {
            return Ok(HashMap::new());
        }
        let keys = keys.iter().map(row_key).collect();
        let request = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true);
        let request = request.build().map_err(aws("BatchGetItem"))?;
        let mut rows = batch_get(&self.client, HashMap::from([(self.table.clone(), request)])).await?;
        let found: Vec<Suppression> = from_items(rows.remove(&self.table))?;
        Ok(found.into_iter().map(|row| ((row.operator_id, row.uniqueness_key.clone()), row)).collect())
    }

    /// The write that lifts a suppression, if there is one, beside others.
    pub(crate) fn lifting(&self, operator: OperatorId, uniqueness_key: &str) -> Result<TransactWriteItem> {
        transact::delete(&self.table, row_key(&(operator, uniqueness_key.to_owned())))
    }
}
