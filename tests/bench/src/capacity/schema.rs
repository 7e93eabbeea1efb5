//! A table's keys and indexes, and what writing one row costs in each.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Item, item_size, write_units};

/// The parts of a table's schema that affect what a call costs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schema {
    /// The attributes of the primary key.
    pub key: Vec<String>,
    indexes: BTreeMap<String, Index>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Index {
    key: Vec<String>,
    projected: Projected,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Projected {
    All,
    /// These attributes, in addition to the keys of the index and of the table.
    Also(Vec<String>),
}

/// What DynamoDB adds to the size of each item, when it bills storage: in bytes, in tables and in indexes.
const STORED_BESIDE: u64 = 100;

/// The write units of a row, or the bytes that are stored for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Charge {
    /// In the table.
    pub table: f64,
    /// In the indexes where it costs anything.
    pub indexes: BTreeMap<String, f64>,
}

impl Schema {
    /// Reads the answer of `DescribeTable`.
    ///
    /// # Errors
    /// When a part is missing, or the table has an index of an unsupported kind.
    pub fn described(table: &Value) -> Result<Self, String> {
        if table["LocalSecondaryIndexes"].as_array().is_some_and(|indexes| !indexes.is_empty()) {
            return Err(format!("local secondary indexes are not supported: {}", table["TableName"]));
        }
        let indexes = table["GlobalSecondaryIndexes"].as_array().map(Vec::as_slice).unwrap_or_default();
        let named = |index: &Value| {
            let name = index["IndexName"].as_str().ok_or("an index has no name")?;
            Ok((name.to_owned(), Index { key: key(index)?, projected: projected(&index["Projection"])? }))
        };
        Ok(Self { key: key(table)?, indexes: indexes.iter().map(named).collect::<Result<_, String>>()? })
    }

    /// The index's entry for a row, or `None` if the row lacks an attribute of the index's key.
    ///
    /// # Errors
    /// When the table has no such index.
    pub fn entry(&self, index: &str, row: &Item) -> Result<Option<Item>, String> {
        let index = self.indexes.get(index).ok_or_else(|| format!("there is no index {index}"))?;
        Ok(index.entry(&self.key, row))
    }

    /// The cost of a completed write, from the row before and after it.
    ///
    /// # Errors
    /// When a row is not DynamoDB's JSON.
    pub fn written(&self, before: Option<&Item>, after: Option<&Item>) -> Result<Charge, String> {
        let mut charge = Charge { table: write_units(larger(before, after)?), indexes: BTreeMap::new() };
        for (name, index) in &self.indexes {
            let entry = |row: Option<&Item>| row.and_then(|row| index.entry(&self.key, row));
            let units = index.change(entry(before).as_ref(), entry(after).as_ref())?;
            if units > 0.0 {
                charge.indexes.insert(name.clone(), units);
            }
        }
        Ok(charge)
    }

    /// The bytes of storage that a write adds, which are negative if it removes some.
    ///
    /// # Errors
    /// When a row is not DynamoDB's JSON.
    pub fn stored(&self, before: Option<&Item>, after: Option<&Item>) -> Result<Charge, String> {
        let mut charge = Charge { table: stored(after)? - stored(before)?, indexes: BTreeMap::new() };
        for (name, index) in &self.indexes {
            let entry = |row: Option<&Item>| stored(row.and_then(|row| index.entry(&self.key, row)).as_ref());
            let bytes = entry(after)? - entry(before)?;
            if bytes != 0.0 {
                charge.indexes.insert(name.clone(), bytes);
            }
        }
        Ok(charge)
    }

    /// The cost of a write whose condition failed: it depends on the size of the existing row.
    ///
    /// # Errors
    /// When the row is not DynamoDB's JSON.
    pub fn refused(&self, row: Option<&Item>) -> Result<Charge, String> {
        Ok(Charge { table: write_units(larger(row, None)?), indexes: BTreeMap::new() })
    }
}

impl Index {
    fn entry(&self, table_key: &[String], row: &Item) -> Option<Item> {
        if !self.key.iter().all(|name| row.contains_key(name)) {
            return None;
        }
        let names = match &self.projected {
            Projected::All => return Some(row.clone()),
            Projected::Also(names) => self.key.iter().chain(table_key).chain(names),
        };
        Some(names.filter_map(|name| Some((name.clone(), row.get(name)?.clone()))).collect())
    }

    /// Putting, updating or deleting an entry costs its size. A change of its key costs a deletion and a put.
    fn change(&self, before: Option<&Item>, after: Option<&Item>) -> Result<f64, String> {
        let units = |entry: &Item| Ok::<_, String>(write_units(item_size(entry)?));
        match (before, after) {
            (None, None) => Ok(0.0),
            (Some(entry), None) | (None, Some(entry)) => units(entry),
            (Some(before), Some(after)) if before == after => Ok(0.0),
            (Some(before), Some(after)) if self.key.iter().any(|name| before[name] != after[name]) => {
                Ok(units(before)? + units(after)?)
            }
            (before, after) => Ok(write_units(larger(before, after)?)),
        }
    }
}

fn stored(item: Option<&Item>) -> Result<f64, String> {
    let bytes = item.map_or(Ok(0), |item| Ok::<_, String>(item_size(item)? + STORED_BESIDE))?;
    Ok(f64::from(u32::try_from(bytes).map_err(|_| "an item is larger than DynamoDB allows")?))
}

fn larger(one: Option<&Item>, other: Option<&Item>) -> Result<u64, String> {
    let size = |item: Option<&Item>| item.map_or(Ok(0), item_size);
    Ok(size(one)?.max(size(other)?))
}

fn key(described: &Value) -> Result<Vec<String>, String> {
    let key = names(&described["KeySchema"], |element| element["AttributeName"].as_str());
    key.filter(|key| !key.is_empty()).ok_or_else(|| format!("no KeySchema in {described}"))
}

fn projected(projection: &Value) -> Result<Projected, String> {
    match projection["ProjectionType"].as_str() {
        Some("ALL") => Ok(Projected::All),
        Some("KEYS_ONLY") => Ok(Projected::Also(vec![])),
        Some("INCLUDE") => {
            let also = names(&projection["NonKeyAttributes"], Value::as_str);
            also.map(Projected::Also).ok_or_else(|| format!("no NonKeyAttributes in {projection}"))
        }
        _ => Err(format!("unknown ProjectionType in {projection}")),
    }
}

fn names(values: &Value, name: impl Fn(&Value) -> Option<&str>) -> Option<Vec<String>> {
    values.as_array()?.iter().map(|value| name(value).map(str::to_owned)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn key(names: &[&str]) -> Value {
        names.iter().map(|name| json!({"AttributeName": name, "KeyType": "HASH"})).collect()
    }

    /// A table of deliveries whose index by state is sparse.
    fn schema() -> Schema {
        let by_state = json!({"IndexName": "by_state", "KeySchema": key(&["state_key", "id"]),
            "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["reason"]}});
        let all = json!({"IndexName": "all", "KeySchema": key(&["owner"]), "Projection": {"ProjectionType": "ALL"}});
        let described = json!({"KeySchema": key(&["destination", "id"]), "GlobalSecondaryIndexes": [by_state, all]});
        Schema::described(&described).unwrap()
    }

    fn row(more: Value) -> Item {
        let mut row = json!({"destination": {"S": "d"}, "id": {"S": "1"}}).as_object().unwrap().clone();
        row.extend(more.as_object().unwrap().clone());
        row
    }

    fn text(bytes: usize) -> Value {
        json!({"S": "x".repeat(bytes)})
    }

    #[track_caller]
    fn costs(before: Option<Value>, after: Option<Value>, table: f64, indexes: &[(&str, f64)]) {
        let (before, after) = (before.map(row), after.map(row));
        let indexes = indexes.iter().map(|(name, units)| ((*name).to_owned(), *units)).collect();
        assert_eq!(schema().written(before.as_ref(), after.as_ref()), Ok(Charge { table, indexes }));
    }

    #[test]
    fn the_larger_of_before_and_after_counts() {
        costs(None, Some(json!({"data": text(2000)})), 2.0, &[]);
        costs(Some(json!({"data": text(2000)})), Some(json!({})), 2.0, &[]);
        costs(Some(json!({})), Some(json!({"data": text(2000)})), 2.0, &[]);
        costs(Some(json!({"data": text(3000)})), None, 3.0, &[]);
        costs(None, None, 1.0, &[]);
    }

    #[test]
    fn a_row_without_the_key_of_an_index_costs_nothing_there() {
        costs(None, Some(json!({"reason": text(5)})), 1.0, &[]);
    }

    #[test]
    fn entering_and_leaving_an_index_cost_a_write_each() {
        let held = json!({"state_key": {"S": "d#held"}, "data": text(1500)});
        costs(Some(json!({})), Some(held.clone()), 2.0, &[("by_state", 1.0)]);
        costs(Some(held.clone()), Some(json!({})), 2.0, &[("by_state", 1.0)]);
        costs(Some(held), None, 2.0, &[("by_state", 1.0)]);
    }

    #[test]
    fn a_changed_key_costs_a_deletion_and_a_put() {
        let (held, failed) = (json!({"state_key": {"S": "d#held"}}), json!({"state_key": {"S": "d#failed"}}));
        costs(Some(held), Some(failed), 1.0, &[("by_state", 2.0)]);
    }

    #[test]
    fn only_projected_attributes_count() {
        let entry =
            |reason: &str, data: usize| json!({"state_key": {"S": "s"}, "reason": {"S": reason}, "data": text(data)});
        costs(Some(entry("a", 10)), Some(entry("a", 20)), 1.0, &[]);
        costs(Some(entry("a", 10)), Some(entry("b", 10)), 1.0, &[("by_state", 1.0)]);
        costs(Some(entry("a", 10)), Some(entry(&"b".repeat(1024), 10)), 2.0, &[("by_state", 2.0)]);
        let owned = |data: usize| json!({"owner": {"S": "o"}, "data": text(data)});
        costs(Some(owned(10)), Some(owned(2000)), 2.0, &[("all", 2.0)]);
    }

    #[test]
    fn an_entry_has_its_keys_and_projected_attributes() {
        let row = row(json!({"state_key": {"S": "s"}, "reason": {"S": "r"}, "data": {"S": "x"}}));
        let entry = schema().entry("by_state", &row).unwrap().unwrap();
        let names: std::collections::BTreeSet<_> = entry.keys().map(String::as_str).collect();
        assert_eq!(names, ["destination", "id", "reason", "state_key"].into());
        assert!(schema().entry("by_colour", &row).is_err());
    }

    #[test]
    fn storage_is_billed_with_a_hundred_bytes_for_each_item() {
        let stored = |before: Option<Value>, after: Option<Value>| {
            schema().stored(before.map(row).as_ref(), after.map(row).as_ref()).unwrap()
        };
        // destination, d, id, 1, data
        let small = 11.0 + 1.0 + 2.0 + 1.0 + 4.0 + 100.0;
        let none = BTreeMap::new();
        assert_eq!(
            stored(None, Some(json!({"data": text(50)}))),
            Charge { table: small + 50.0, indexes: none.clone() }
        );
        let larger = stored(Some(json!({"data": text(50)})), Some(json!({"data": text(2000)})));
        assert_eq!(larger, Charge { table: 1950.0, indexes: none });
        let held = json!({"state_key": {"S": "d#held"}, "data": text(50)});
        let entered = stored(None, Some(held.clone())).indexes;
        assert_eq!(entered, [("by_state".to_owned(), 11.0 + 1.0 + 2.0 + 1.0 + 9.0 + 6.0 + 100.0)].into());
        assert_eq!(stored(Some(held), None).indexes["by_state"], -entered["by_state"]);
    }

    #[test]
    fn a_failed_condition_costs_as_much_as_the_existing_row() {
        let large = row(json!({"data": text(2500), "state_key": {"S": "s"}}));
        assert_eq!(schema().refused(Some(&large)), Ok(Charge { table: 3.0, indexes: BTreeMap::new() }));
        assert_eq!(schema().refused(None), Ok(Charge { table: 1.0, indexes: BTreeMap::new() }));
    }

    #[test]
    fn an_unsupported_table_is_an_error() {
        let local = json!({"KeySchema": key(&["a"]), "LocalSecondaryIndexes": [{"IndexName": "x"}]});
        assert!(Schema::described(&local).is_err());
        assert!(Schema::described(&json!({})).is_err());
    }
}
