//! The cost of writes, from the rows before and after.

use std::collections::HashMap;

use serde_json::Value;

use super::{
    super::{
        partiql,
        tables::{Row, Tables},
    },
    Units,
};
use crate::capacity::{Charge, Item, TRANSACTION};

/// The cost of a call.
#[derive(Default)]
pub(super) struct Cost {
    /// Write units.
    pub(super) units: Vec<Units>,
    /// Bytes of storage that it adds.
    pub(super) stored: Vec<Units>,
}

/// A call and its rows, before the call is made.
pub(super) struct Before {
    operation: String,
    /// One for each write of the call.
    targets: Vec<Row>,
    rows: HashMap<Row, Item>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Written,
    /// A condition was not met.
    Refused,
    /// It failed for another reason, and costs nothing.
    Nothing,
}

impl Before {
    /// Reads the rows.
    pub(super) async fn look(tables: &Tables, operation: &str, request: &Value) -> Result<Self, String> {
        let mut targets = vec![];
        for (table, item) in named(operation, request)? {
            targets.push(Row::of(&table, &*tables.schema(&table).await?, &item)?);
        }
        let rows = tables.rows(&targets).await?;
        Ok(Self { operation: operation.to_owned(), targets, rows })
    }

    /// Reads the rows again after the call, and calculates its cost.
    pub(super) async fn charge(self, tables: &Tables, done: bool, answer: &[u8]) -> Result<Cost, String> {
        let answer = serde_json::from_slice(answer).map_err(|error| format!("the answer is not JSON: {error}"))?;
        let outcomes = outcomes(&self.operation, done, &answer, self.targets.len())?;
        let written = self.targets.iter().zip(&outcomes).filter(|(_, outcome)| **outcome == Outcome::Written);
        let written: Vec<_> = written.map(|(row, _)| row.clone()).collect();
        let after = tables.rows(&written).await?;
        // Indexes are updated later and are charged as for any other write.
        let times = if self.operation == "TransactWriteItems" { TRANSACTION } else { 1.0 };
        let mut cost = Cost::default();
        for (row, outcome) in self.targets.iter().zip(outcomes) {
            let schema = tables.schema(&row.table).await?;
            let (before, after) = (self.rows.get(row), after.get(row));
            let mut charge = match outcome {
                Outcome::Written => schema.written(before, after)?,
                Outcome::Refused => schema.refused(before)?,
                Outcome::Nothing => continue,
            };
            charge.table *= times;
            cost.units.extend(by_index(&row.table, charge));
            if outcome == Outcome::Written {
                cost.stored.extend(by_index(&row.table, schema.stored(before, after)?));
            }
        }
        Ok(cost)
    }
}

fn by_index(table: &str, charge: Charge) -> impl Iterator<Item = Units> {
    let of = move |index: Option<String>, units: f64| Units { table: table.to_owned(), index, units };
    let in_table = of(None, charge.table);
    std::iter::once(in_table).chain(charge.indexes.into_iter().map(move |(index, units)| of(Some(index), units)))
}

/// The table and the key attributes of each write of a call.
fn named(operation: &str, request: &Value) -> Result<Vec<(String, Item)>, String> {
    match operation {
        "TransactWriteItems" => list(request, "TransactItems")?.iter().map(in_transaction).collect(),
        "BatchExecuteStatement" => list(request, "Statements")?.iter().map(in_statement).collect(),
        _ => Ok(vec![single(request)?]),
    }
}

fn list<'a>(request: &'a Value, name: &str) -> Result<&'a Vec<Value>, String> {
    request[name].as_array().ok_or_else(|| format!("the request has no {name}"))
}

fn single(write: &Value) -> Result<(String, Item), String> {
    let item = write["Item"].as_object().or(write["Key"].as_object());
    match (write["TableName"].as_str(), item) {
        (Some(table), Some(item)) => Ok((table.to_owned(), item.clone())),
        _ => Err("the write names no table, or no row".to_owned()),
    }
}

fn in_transaction(write: &Value) -> Result<(String, Item), String> {
    let kinds = write.as_object().filter(|kinds| kinds.len() == 1);
    single(kinds.and_then(|kinds| kinds.values().next()).unwrap_or(&Value::Null))
}

fn in_statement(statement: &Value) -> Result<(String, Item), String> {
    let text = statement["Statement"].as_str().ok_or("a statement without text")?;
    let parameters = statement["Parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
    let partiql::Statement { table, item } = partiql::read(text, parameters)?;
    Ok((table, item))
}

fn outcomes(operation: &str, done: bool, answer: &Value, writes: usize) -> Result<Vec<Outcome>, String> {
    if done && operation == "BatchExecuteStatement" {
        let outcomes: Vec<_> = list(answer, "Responses")?.iter().map(of_statement).collect();
        return if outcomes.len() == writes { Ok(outcomes) } else { Err("answers are missing".to_owned()) };
    }
    let kind = answer["__type"].as_str().unwrap_or_default();
    // AWS does not document the cost of a cancelled transaction: assume that all of it was prepared and rejected.
    let refused =
        ["ConditionalCheckFailedException", "TransactionCanceledException"].iter().any(|of| kind.ends_with(of));
    let outcome = match (done, refused) {
        (true, _) => Outcome::Written,
        (false, true) => Outcome::Refused,
        (false, false) => Outcome::Nothing,
    };
    Ok(vec![outcome; writes])
}

fn of_statement(response: &Value) -> Outcome {
    match response["Error"]["Code"].as_str() {
        None => Outcome::Written,
        Some("ConditionalCheckFailed" | "DuplicateItem") => Outcome::Refused,
        Some(_) => Outcome::Nothing,
    }
}
