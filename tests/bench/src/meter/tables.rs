//! Reads the local cloud's tables without being counted.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use e2e::aws::Cloud;
use serde_json::{Map, Value, json};
use tokio::sync::Mutex;

use crate::capacity::{Item, Schema};

/// The tables, and their schemas so far.
pub(super) struct Tables {
    cloud: Cloud,
    schemas: Mutex<HashMap<String, Arc<Schema>>>,
}

/// The table and key of a row.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Row {
    pub(super) table: String,
    /// The key attributes, in the order of the table's key.
    key: Vec<(String, Value)>,
}

impl Row {
    /// The row of an item, or of any attributes that include its key.
    pub(super) fn of(table: &str, schema: &Schema, item: &Item) -> Result<Self, String> {
        let part = |name: &String| {
            let value = item.get(name).ok_or_else(|| format!("no {name}, of the key of {table}, in {item:?}"))?;
            Ok((name.clone(), value.clone()))
        };
        Ok(Self { table: table.to_owned(), key: schema.key.iter().map(part).collect::<Result<_, String>>()? })
    }

    fn key(&self) -> Value {
        Value::Object(self.key.iter().cloned().collect())
    }
}

impl Tables {
    pub(super) fn of(cloud: Cloud) -> Self {
        Self { cloud, schemas: Mutex::default() }
    }

    /// A table's schema, from one `DescribeTable` call.
    pub(super) async fn schema(&self, table: &str) -> Result<Arc<Schema>, String> {
        let mut schemas = self.schemas.lock().await;
        if let Some(schema) = schemas.get(table) {
            return Ok(schema.clone());
        }
        let described = self.ask("DescribeTable", &json!({"TableName": table})).await?;
        let schema = Arc::new(Schema::described(&described["Table"])?);
        schemas.insert(table.to_owned(), schema.clone());
        Ok(schema)
    }

    /// The rows that exist, in their current state.
    pub(super) async fn rows(&self, rows: &[Row]) -> Result<HashMap<Row, Item>, String> {
        let mut ask: Map<String, Value> = Map::new();
        for row in HashSet::<&Row>::from_iter(rows) {
            let table = ask.entry(&row.table).or_insert_with(|| json!({"Keys": [], "ConsistentRead": true}));
            table["Keys"].as_array_mut().expect("a list").push(row.key());
        }
        let mut found = HashMap::new();
        while !ask.is_empty() {
            let mut answer = self.ask("BatchGetItem", &json!({"RequestItems": ask})).await?;
            for (table, items) in objects(&mut answer["Responses"]) {
                let schema = self.schema(&table).await?;
                for item in lists(items) {
                    found.insert(Row::of(&table, &schema, &item)?, item);
                }
            }
            ask = objects(&mut answer["UnprocessedKeys"]);
        }
        Ok(found)
    }

    /// Makes a call that is not counted.
    pub(super) async fn ask(&self, operation: &str, request: &Value) -> Result<Value, String> {
        let (status, text) = self.cloud.target("dynamodb", &format!("DynamoDB_20120810.{operation}"), request).await;
        if status != 200 {
            return Err(format!("{operation} of the meter: {status} {text}"));
        }
        serde_json::from_str(&text).map_err(|error| format!("{operation} of the meter: {error}"))
    }
}

/// Takes the object out of a value; empty if it is not an object.
pub(super) fn objects(value: &mut Value) -> Map<String, Value> {
    value.as_object_mut().map(std::mem::take).unwrap_or_default()
}

/// The items of a list.
pub(super) fn lists(value: Value) -> impl Iterator<Item = Item> {
    let list = if let Value::Array(list) = value { list } else { vec![] };
    list.into_iter().map(|mut item| objects(&mut item))
}
