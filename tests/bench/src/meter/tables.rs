//! The local cloud's tables, looked at without being counted.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use e2e::aws::Cloud;
use serde_json::{Map, Value, json};
use tokio::sync::Mutex;

use crate::capacity::{Item, Schema};

/// The tables, and what is known of them.
pub(super) struct Tables {
    cloud: Cloud,
    schemas: Mutex<HashMap<String, Arc<Schema>>>,
}

/// Which row of which table.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Row {
    pub(super) table: String,
    /// The attributes of its key, in the order of the table's.
    key: Vec<(String, Value)>,
}

impl Row {
    /// The row of an item, or of anything else that has the attributes of its key.
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

    /// Keys and indexes of a table, asked for once.
    pub(super) async fn schema(&self, table: &str) -> Result<Arc<Schema>, String> {
        let mut schemas = self.schemas.lock().await;
        if let Some(known) = schemas.get(table) {
            return Ok(known.clone());
        }
        let described = self.ask("DescribeTable", &json!({"TableName": table})).await?;
        let schema = Arc::new(Schema::described(&described["Table"])?);
        schemas.insert(table.to_owned(), schema.clone());
        Ok(schema)
    }

    /// Those of the rows that exist, as they are now.
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

    /// A call of one's own.
    pub(super) async fn ask(&self, operation: &str, request: &Value) -> Result<Value, String> {
        let (status, text) = self.cloud.target("dynamodb", &format!("DynamoDB_20120810.{operation}"), request).await;
        if status != 200 {
            return Err(format!("{operation} to count by: {status} {text}"));
        }
        serde_json::from_str(&text).map_err(|error| format!("{operation} to count by: {error}"))
    }
}

/// What an object holds; nothing, if it is none.
pub(super) fn objects(value: &mut Value) -> Map<String, Value> {
    value.as_object_mut().map(std::mem::take).unwrap_or_default()
}

/// The items of a list.
pub(super) fn lists(value: Value) -> impl Iterator<Item = Item> {
    let list = if let Value::Array(list) = value { list } else { vec![] };
    list.into_iter().map(|mut item| objects(&mut item))
}
