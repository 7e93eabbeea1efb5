//! `BatchGetItem`, to its end.

use std::{collections::HashMap, time::Duration};

use aws_sdk_dynamodb::{Client, types::KeysAndAttributes};

use crate::{Result, StoreError, error::aws, item::Item};

/// `BatchGetItem`, asking again for what DynamoDB left out (over 16 MB of answer, or throttled).
pub(crate) async fn batch_get(
    client: &Client,
    mut ask: HashMap<String, KeysAndAttributes>,
) -> Result<HashMap<String, Vec<Item>>> {
    let mut found: HashMap<String, Vec<Item>> = HashMap::new();
    for again in 0..5u32 {
        let answer = client.batch_get_item().set_request_items(Some(ask)).send().await;
        let answer = answer.map_err(aws("BatchGetItem"))?;
        for (table, items) in answer.responses.unwrap_or_default() {
            found.entry(table).or_default().extend(items);
        }
        match answer.unprocessed_keys {
            Some(left) if !left.is_empty() => ask = left,
            _ => return Ok(found),
        }
        tokio::time::sleep(Duration::from_millis(50 << again)).await;
    }
    Err(StoreError::Unprocessed("BatchGetItem"))
}
