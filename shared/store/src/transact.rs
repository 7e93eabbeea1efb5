//! Writes several rows, in one or more tables: all or none.

use std::time::Duration;

use aws_sdk_dynamodb::{
    Client,
    error::SdkError,
    operation::transact_write_items::TransactWriteItemsError,
    types::{
        Delete, Put, TransactWriteItem,
        builders::{DeleteBuilder, PutBuilder, UpdateBuilder},
    },
};

use crate::{Result, StoreError, error::aws, item::Item};

/// The result of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Everything was written.
    Done,
    /// Nothing was written. Holds the index of the first write whose condition failed.
    Refused(usize),
}

impl Outcome {
    pub(crate) fn done(self) -> bool {
        self == Self::Done
    }
}

/// The maximum number of tries for a transaction that conflicts with others.
const TRIES: u32 = 9;
const MAX_PAUSE: Duration = Duration::from_millis(800);

/// How long to wait before the next try: a random part of a span that doubles, so that many requests for one row, such
/// as a counter, spread out.
pub(crate) fn pause(tried: u32) -> Duration {
    Duration::from_millis(20 << tried).min(MAX_PAUSE).mul_f64(rand::random_range(0.2..1.0))
}

/// Cancellation reasons that say nothing about the conditions. The transaction is retried.
const PASSING: [&str; 3] = ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"];

/// Writes all or nothing. Retries conflicts with concurrent writes and throttling, which say nothing about the
/// conditions.
pub(crate) async fn all_or_none(client: &Client, writes: Vec<TransactWriteItem>) -> Result<Outcome> {
    for tried in 0..TRIES {
        let error = match client.transact_write_items().set_transact_items(Some(writes.clone())).send().await {
            Ok(_) => return Ok(Outcome::Done),
            Err(error) => error,
        };
        if let Some(index) = cancelled_for(&error, "ConditionalCheckFailed") {
            return Ok(Outcome::Refused(index));
        }
        if !PASSING.iter().any(|code| cancelled_for(&error, code).is_some()) {
            return Err(aws("TransactWriteItems")(error));
        }
        tokio::time::sleep(pause(tried)).await;
    }
    Err(StoreError::Unprocessed("TransactWriteItems"))
}

/// The first write that has this code as its cancellation reason.
fn cancelled_for(error: &SdkError<TransactWriteItemsError>, code: &str) -> Option<usize> {
    let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) = error.as_service_error() else {
        return None;
    };
    cancelled.cancellation_reasons().iter().position(|reason| reason.code() == Some(code))
}

/// The write of a row that must not exist yet. `key` names an attribute of its key.
pub(crate) fn insert(table: &str, item: Item, key: &str) -> Result<TransactWriteItem> {
    let put = Put::builder().table_name(table).set_item(Some(item));
    self::put(put.condition_expression(format!("attribute_not_exists({key})")))
}

/// The deletion of a row, whether it exists or not.
pub(crate) fn delete(table: &str, key: Item) -> Result<TransactWriteItem> {
    delete_if(Delete::builder().table_name(table).set_key(Some(key)))
}

/// The deletion of a row that must exist. `key_name` names an attribute of its key.
pub(crate) fn delete_existing(table: &str, key: Item, key_name: &str) -> Result<TransactWriteItem> {
    let delete = Delete::builder().table_name(table).set_key(Some(key));
    delete_if(delete.condition_expression(format!("attribute_exists({key_name})")))
}

pub(crate) fn delete_if(delete: DeleteBuilder) -> Result<TransactWriteItem> {
    Ok(TransactWriteItem::builder().delete(delete.build().map_err(aws("Delete"))?).build())
}

pub(crate) fn put(put: PutBuilder) -> Result<TransactWriteItem> {
    Ok(TransactWriteItem::builder().put(put.build().map_err(aws("Put"))?).build())
}

pub(crate) fn update(update: UpdateBuilder) -> Result<TransactWriteItem> {
    Ok(TransactWriteItem::builder().update(update.build().map_err(aws("Update"))?).build())
}
