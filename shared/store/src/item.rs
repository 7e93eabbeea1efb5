//! Conversions between rows and DynamoDB items.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{delivery::RETENTION, time::now};
use serde::{Serialize, de::DeserializeOwned};

use crate::Result;

/// A DynamoDB item.
pub(crate) type Item = HashMap<String, AttributeValue>;

pub(crate) fn s(value: impl ToString) -> AttributeValue {
    AttributeValue::S(value.to_string())
}

pub(crate) fn n(value: impl Into<i64>) -> AttributeValue {
    AttributeValue::N(value.into().to_string())
}

pub(crate) fn b(value: &[u8]) -> AttributeValue {
    AttributeValue::B(value.to_vec().into())
}

pub(crate) fn key(partition: (&str, impl ToString), sort: (&str, impl ToString)) -> Item {
    HashMap::from([(partition.0.to_owned(), s(partition.1)), (sort.0.to_owned(), s(sort.1))])
}

pub(crate) fn to_item(row: &impl Serialize) -> Result<Item> {
    Ok(serde_dynamo::to_item(row)?)
}

pub(crate) fn from_item<T: DeserializeOwned>(item: Item) -> Result<T> {
    Ok(serde_dynamo::from_item(item)?)
}

pub(crate) fn from_items<T: DeserializeOwned>(items: Option<Vec<Item>>) -> Result<Vec<T>> {
    items.unwrap_or_default().into_iter().map(from_item).collect()
}

/// The `ttl` attribute of a row that is kept for [`RETENTION`], in seconds since the Unix epoch.
pub(crate) fn retention_ttl() -> AttributeValue {
    n(now().as_second() + RETENTION.as_secs().cast_signed())
}
