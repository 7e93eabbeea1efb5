//! Writes to several rows, of one table or more: all or none.

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

/// What became of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Everything is written.
    Done,
    /// Nothing is: the condition of the write with this index does not hold, the first such.
    Refused(usize),
}

impl Outcome {
    /// Whether everything is written.
    pub(crate) fn done(self) -> bool {
        self == Self::Done
    }
}

/// How often a transaction is tried that meets others.
const TRIES: u32 = 9;
/// The longest pause between two tries.
const MAX_PAUSE: Duration = Duration::from_millis(800);

/// How long to wait before the next try: a random part of a span that doubles, so that many requests for one row, such as
/// a counter's, spread out.
fn pause(tried: u32) -> Duration {
    Duration::from_millis(20 << tried).min(MAX_PAUSE).mul_f64(rand::random_range(0.2..1.0))
}

/// Why a transaction is cancelled that says nothing about its conditions: it is tried again.
const PASSING: [&str; 3] = ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"];

/// Writes all or nothing. A conflict with another write to the same rows at the same time, and a table that is asked for
/// too much, say nothing about the conditions: it is tried again.
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

/// The first write for which this is the reason why the transaction was cancelled.
fn cancelled_for(error: &SdkError<TransactWriteItemsError>, code: &str) -> Option<usize> {
    let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) = error.as_service_error() else {
        return None;
    };
    cancelled.cancellation_reasons().iter().position(|reason| reason.code() == Some(code))
}

/// A row to write that must not exist yet; `key` names an attribute of its key.
pub(crate) fn insert(table: &str, item: Item, key: &str) -> Result<TransactWriteItem> {
    let put = Put::builder().table_name(table).set_item(Some(item));
    self::put(put.condition_expression(format!("attribute_not_exists({key})")))
}

/// A row to delete, whether it exists or not.
pub(crate) fn delete(table: &str, key: Item) -> Result<TransactWriteItem> {
    delete_if(Delete::builder().table_name(table).set_key(Some(key)))
}

/// A row to delete that must exist; `key_name` names an attribute of its key.
pub(crate) fn delete_existing(table: &str, key: Item, key_name: &str) -> Result<TransactWriteItem> {
    let delete = Delete::builder().table_name(table).set_key(Some(key));
    delete_if(delete.condition_expression(format!("attribute_exists({key_name})")))
}

/// Any deletion.
pub(crate) fn delete_if(delete: DeleteBuilder) -> Result<TransactWriteItem> {
    Ok(TransactWriteItem::builder().delete(delete.build().map_err(aws("Delete"))?).build())
}

/// Any put.
pub(crate) fn put(put: PutBuilder) -> Result<TransactWriteItem> {
    Ok(TransactWriteItem::builder().put(put.build().map_err(aws("Put"))?).build())
}

/// Any update.
pub(crate) fn update(update: UpdateBuilder) -> Result<TransactWriteItem> {
    Ok(TransactWriteItem::builder().update(update.build().map_err(aws("Update"))?).build())
}
