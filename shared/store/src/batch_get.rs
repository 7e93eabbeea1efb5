//! `BatchGetItem`, repeated until every key has been read.

use std::{collections::HashMap, time::Duration};

use aws_sdk_dynamodb::{
    Client,
    types::{ConsumedCapacity, KeysAndAttributes, ReturnConsumedCapacity},
};

use futures::{StreamExt, TryStreamExt, stream};
use serde::de::DeserializeOwned;

use crate::{
    Result, StoreError,
    error::aws,
    item::{Item, from_items},
};

/// The maximum number of keys in one call: a limit of DynamoDB.
const MAX_KEYS: usize = 100;

/// The maximum number of concurrent calls.
const MAX_CALLS: usize = 8;

pub(crate) type Rows = HashMap<String, Vec<Item>>;

/// Calls `BatchGetItem` and repeats it for keys that DynamoDB left unprocessed (more than 16 MB, or throttled).
pub(crate) async fn batch_get(client: &Client, ask: HashMap<String, KeysAndAttributes>) -> Result<Rows> {
    Ok(read(client, ask, ReturnConsumedCapacity::None).await?.0)
}

/// Like [`batch_get`], and also returns the consumed read units.
pub(crate) async fn batch_get_counted(client: &Client, ask: HashMap<String, KeysAndAttributes>) -> Result<(Rows, f64)> {
    read(client, ask, ReturnConsumedCapacity::Total).await
}

/// Reads any number of rows of a table with several concurrent calls, in no particular order. DynamoDB rejects
/// duplicate keys.
pub(crate) async fn get_rows<T: DeserializeOwned>(client: &Client, table: &str, keys: Vec<Item>) -> Result<Vec<T>> {
    from_items(Some(get_items(client, table, keys).await?))
}

/// Like [`get_rows`], but returns items.
pub(crate) async fn get_items(client: &Client, table: &str, keys: Vec<Item>) -> Result<Vec<Item>> {
    let chunks: Vec<_> = keys.chunks(MAX_KEYS).map(<[_]>::to_vec).collect();
    let calls = stream::iter(chunks).map(|keys| some_items(client, table, keys));
    calls.buffer_unordered(MAX_CALLS).try_concat().await
}

/// Reads the items of one call.
async fn some_items(client: &Client, table: &str, keys: Vec<Item>) -> Result<Vec<Item>> {
    let request = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true);
    let request = request.build().map_err(aws("BatchGetItem"))?;
    let mut rows = batch_get(client, HashMap::from([(table.to_owned(), request)])).await?;
    Ok(rows.remove(table).unwrap_or_default())
}

async fn read(
    client: &Client,
    mut ask: HashMap<String, KeysAndAttributes>,
    count: ReturnConsumedCapacity,
) -> Result<(Rows, f64)> {
    let (mut found, mut units) = (Rows::new(), 0.0);
    for again in 0..5u32 {
        let get = client.batch_get_item().set_request_items(Some(ask)).return_consumed_capacity(count.clone());
        let answer = get.send().await.map_err(aws("BatchGetItem"))?;
        units += answer.consumed_capacity().iter().filter_map(ConsumedCapacity::capacity_units).sum::<f64>();
        for (table, items) in answer.responses.unwrap_or_default() {
            found.entry(table).or_default().extend(items);
        }
        match answer.unprocessed_keys {
            Some(left) if !left.is_empty() => ask = left,
            _ => return Ok((found, units)),
        }
        tokio::time::sleep(Duration::from_millis(50 << again)).await;
    }
    Err(StoreError::Unprocessed("BatchGetItem"))
}
