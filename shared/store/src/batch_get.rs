//! `BatchGetItem`, to its end.

use std::{collections::HashMap, time::Duration};

use aws_sdk_dynamodb::{
    Client,
    types::{ConsumedCapacity, KeysAndAttributes, ReturnConsumedCapacity},
};

use crate::{Result, StoreError, error::aws, item::Item};

/// Rows by table.
pub(crate) type Rows = HashMap<String, Vec<Item>>;

/// `BatchGetItem`, asking again for what DynamoDB left out (over 16 MB of answer, or throttled).
pub(crate) async fn batch_get(client: &Client, ask: HashMap<String, KeysAndAttributes>) -> Result<Rows> {
    Ok(read(client, ask, ReturnConsumedCapacity::None).await?.0)
}

/// The same with the read units that it took.
pub(crate) async fn batch_get_counted(client: &Client, ask: HashMap<String, KeysAndAttributes>) -> Result<(Rows, f64)> {
    read(client, ask, ReturnConsumedCapacity::Total).await
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
