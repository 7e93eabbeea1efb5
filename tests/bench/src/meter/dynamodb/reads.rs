//! The cost of reads, from the rows they read.

use serde_json::{Map, Value, json};

use super::{
    super::tables::{Tables, lists, objects},
    Units,
};
use crate::capacity::{Consistency, Item, item_size, read_units};

/// The units of a read with this answer.
pub(super) async fn charge(
    tables: &Tables,
    operation: &str,
    request: &Value,
    answer: &[u8],
) -> Result<Vec<Units>, String> {
    let mut whole = request.clone();
    let answer = if strip(operation, &mut whole) {
        tables.ask(operation, &whole).await?
    } else {
        serde_json::from_slice(answer).map_err(|error| format!("the answer is not JSON: {error}"))?
    };
    match operation {
        "GetItem" => get(request, &answer),
        "BatchGetItem" => batch_get(request, answer),
        _ => query(tables, request, answer).await,
    }
}

/// Removes what hides parts of the rows that the read is charged for. Returns whether there was any.
fn strip(operation: &str, request: &mut Value) -> bool {
    if operation == "BatchGetItem" {
        let tables = request["RequestItems"].as_object_mut().into_iter().flat_map(Map::values_mut);
        // `count` rather than `any`, which would stop at the first table.
        return tables.filter_map(|table| strip_one(table, "").then_some(())).count() > 0;
    }
    let condition = request["KeyConditionExpression"].as_str().unwrap_or_default().to_owned();
    strip_one(request, &condition)
}

fn strip_one(request: &mut Value, condition: &str) -> bool {
    let Some(request) = request.as_object_mut() else { return false };
    let hiding = ["ProjectionExpression", "FilterExpression", "Select"];
    if hiding.map(|name| request.remove(name)).iter().all(Option::is_none) {
        return false;
    }
    // DynamoDB rejects names and values that no expression uses.
    let used: Vec<_> = condition.split(|c: char| !c.is_ascii_alphanumeric() && !"_#:".contains(c)).collect();
    for named in ["ExpressionAttributeNames", "ExpressionAttributeValues"] {
        let mut kept = request.remove(named).map(|mut all| objects(&mut all)).unwrap_or_default();
        kept.retain(|placeholder, _| used.contains(&placeholder.as_str()));
        if !kept.is_empty() {
            request.insert(named.to_owned(), Value::Object(kept));
        }
    }
    true
}

fn consistency(request: &Value) -> Consistency {
    if request["ConsistentRead"] == json!(true) { Consistency::Strong } else { Consistency::Eventual }
}

fn table(request: &Value) -> Result<&str, String> {
    request["TableName"].as_str().ok_or_else(|| "the request has no TableName".to_owned())
}

fn get(request: &Value, answer: &Value) -> Result<Vec<Units>, String> {
    let bytes = answer["Item"].as_object().map_or(Ok(0), item_size)?;
    let units = read_units(bytes, consistency(request));
    Ok(vec![Units { table: table(request)?.to_owned(), index: None, units }])
}

/// A key without a row costs a read, too.
fn batch_get(request: &Value, mut answer: Value) -> Result<Vec<Units>, String> {
    let mut all = vec![];
    for (table, part) in request["RequestItems"].as_object().into_iter().flatten() {
        let keys = |of: &Value| of["Keys"].as_array().map_or(0, Vec::len);
        let items: Vec<Item> = lists(answer["Responses"][table].take()).collect();
        let missing = keys(part) - keys(&answer["UnprocessedKeys"][table]) - items.len();
        let consistency = consistency(part);
        for item in &items {
            let units = read_units(item_size(item)?, consistency);
            all.push(Units { table: table.clone(), index: None, units });
        }
        let none = read_units(0, consistency);
        all.extend((0..missing).map(|_| Units { table: table.clone(), index: None, units: none }));
    }
    Ok(all)
}

async fn query(tables: &Tables, request: &Value, mut answer: Value) -> Result<Vec<Units>, String> {
    let table = table(request)?;
    let index = request["IndexName"].as_str();
    let schema = tables.schema(table).await?;
    let mut bytes = 0;
    for item in lists(answer["Items"].take()) {
        let looked_at = match index {
            None => Some(item),
            Some(index) => schema.entry(index, &item)?,
        };
        bytes += item_size(&looked_at.ok_or_else(|| format!("an entry of {index:?} lacks its key"))?)?;
    }
    let units = read_units(bytes, consistency(request));
    Ok(vec![Units { table: table.to_owned(), index: index.map(str::to_owned), units }])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeated_query_reads_the_same_rows_and_returns_them_whole() {
        let mut request = json!({"TableName": "t", "Limit": 5, "KeyConditionExpression": "#p = :p AND id BETWEEN :a AND :b",
            "FilterExpression": "#x = :x", "ProjectionExpression": "#x", "Select": "COUNT",
            "ExpressionAttributeNames": {"#p": "p", "#x": "x"},
            "ExpressionAttributeValues": {":p": {"S": "1"}, ":a": {"S": "2"}, ":b": {"S": "3"}, ":x": {"S": "4"}}});
        assert!(strip("Query", &mut request));
        let expected = json!({"TableName": "t", "Limit": 5, "KeyConditionExpression": "#p = :p AND id BETWEEN :a AND :b",
            "ExpressionAttributeNames": {"#p": "p"},
            "ExpressionAttributeValues": {":p": {"S": "1"}, ":a": {"S": "2"}, ":b": {"S": "3"}}});
        assert_eq!(request, expected);
        assert!(!strip("Query", &mut request), "the query hides nothing any more");
    }

    #[test]
    fn each_table_of_a_batch_returns_whole_rows() {
        let part = json!({"Keys": [], "ProjectionExpression": "#a", "ExpressionAttributeNames": {"#a": "a"}});
        let mut request = json!({"RequestItems": {"t": part, "u": part, "v": {"Keys": []}}});
        assert!(strip("BatchGetItem", &mut request));
        let whole = json!({"Keys": []});
        assert_eq!(request, json!({"RequestItems": {"t": whole, "u": whole, "v": whole}}));
    }
}
