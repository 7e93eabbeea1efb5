//! Parses calls to DynamoDB and SQS as far as faults need it.

use axum::http::HeaderMap;
use serde_json::{Value, json};

/// A service that speaks JSON with a target header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Service {
    DynamoDb,
    Sqs,
}

/// The operation of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Call {
    pub(super) service: Service,
    pub(super) operation: String,
}

impl Call {
    /// Parses the target header; `None` for a call of another protocol.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        let (service, operation) = headers.get("x-amz-target")?.to_str().ok()?.split_once('.')?;
        let service = match service {
            "AmazonSQS" => Service::Sqs,
            _ if service.starts_with("DynamoDB_") => Service::DynamoDb,
            _ => return None,
        };
        Some(Self { service, operation: operation.to_owned() })
    }

    /// The error that the service returns when it throttles a call.
    pub(super) fn throttled(&self) -> (u16, Value) {
        let kind = match self.service {
            Service::DynamoDb => "com.amazonaws.dynamodb.v20120810#ThrottlingException",
            Service::Sqs => "com.amazonaws.sqs#RequestThrottled",
        };
        (400, json!({"__type": kind, "message": "Rate exceeded (made by the fault proxy)"}))
    }

    /// The error that the service returns when it fails.
    pub(super) fn failed(&self) -> (u16, Value) {
        let kind = match self.service {
            Service::DynamoDb => "com.amazonaws.dynamodb.v20120810#InternalServerError",
            Service::Sqs => "com.amazonaws.sqs#InternalError",
        };
        (500, json!({"__type": kind, "message": "Internal error (made by the fault proxy)"}))
    }
}

/// The number of statements or messages in a call; 1 for a call that is not a batch.
pub(super) fn entries(request: &Value) -> u64 {
    let lists = ["Statements", "Entries"].iter().filter_map(|name| request[name].as_array());
    lists.map(Vec::len).next().map_or(1, |count| u64::try_from(count).unwrap_or(u64::MAX))
}

/// The table and partition that a statement writes to, if the table's partition key has the name `key`.
pub(super) fn partition<'a>(statement: &'a Value, key: &str) -> Option<(&'a str, &'a str)> {
    let text = statement["Statement"].as_str()?;
    let table = match text.split_once(' ')?.0 {
        "INSERT" | "UPDATE" => text.split('"').nth(1)?,
        _ => return None,
    };
    // `INSERT INTO "table" VALUE {'key': ?, …}` or `UPDATE "table" SET … WHERE key = ? AND …`.
    let named = [format!("'{key}': ?"), format!(" {key} = ?")];
    let before = named.iter().find_map(|named| text.find(named.as_str()))?;
    let place = text.get(..before)?.matches('?').count();
    Some((table, statement["Parameters"][place]["S"].as_str()?))
}

/// The table and partition that a call of `PutItem` or `UpdateItem` writes to.
pub(super) fn partition_of_call<'a>(call: &Call, request: &'a Value, key: &str) -> Option<(&'a str, &'a str)> {
    let row = match &*call.operation {
        "PutItem" => &request["Item"],
        "UpdateItem" => &request["Key"],
        _ => return None,
    };
    Some((request["TableName"].as_str()?, row[key]["S"].as_str()?))
}

/// The units that a statement writes to partitions with a key named `key`: for a table, by the size of the inserted
/// row; for an index, one for its small entry.
pub(super) fn write_units(statement: &Value, key: &str) -> f64 {
    let text = statement["Statement"].as_str().unwrap_or_default();
    // The keys of indexes end in this way.
    if !text.starts_with("INSERT") || key.ends_with("_key") {
        return 1.0;
    }
    let names: usize = text.split('\'').skip(1).step_by(2).map(str::len).sum();
    let values: usize = statement["Parameters"].as_array().into_iter().flatten().map(size).sum();
    (names + values).div_ceil(1024) as f64
}

/// The size of a value by DynamoDB's rules, in bytes.
fn size(value: &Value) -> usize {
    let Some((kind, value)) = value.as_object().and_then(|value| value.iter().next()) else { return 0 };
    let nested = |values: &mut dyn Iterator<Item = usize>| 3 + values.sum::<usize>();
    match (kind.as_str(), value) {
        ("S", Value::String(text)) => text.len(),
        // As base64.
        ("B", Value::String(text)) => text.len() / 4 * 3,
        ("N", Value::String(digits)) => digits.len().div_ceil(2) + 1,
        ("M", Value::Object(map)) => nested(&mut map.iter().map(|(name, value)| name.len() + 1 + size(value))),
        ("L", Value::Array(list)) => nested(&mut list.iter().map(|value| 1 + size(value))),
        _ => 1,
    }
}

/// The partitions of a table or index that a call reads, each with the units for a row of up to 4 KiB.
pub(super) fn rows_read(call: &Call, request: &Value, table: &str, key: &str) -> Vec<(String, f64)> {
    let units = |of: &Value| if of["ConsistentRead"] == true { 1.0 } else { 0.5 };
    let of_table = || request["TableName"] == table;
    let partition = |row: &Value, units| Some((row[key]["S"].as_str()?.to_owned(), units));
    match &*call.operation {
        "BatchGetItem" => {
            let part = &request["RequestItems"][table];
            let keys = part["Keys"].as_array().into_iter().flatten();
            keys.filter_map(|row| partition(row, units(part))).collect()
        }
        "GetItem" if of_table() => partition(&request["Key"], units(request)).into_iter().collect(),
        "Query" if of_table() => {
            let condition = request["KeyConditionExpression"].as_str().unwrap_or_default();
            let mut words = condition.split_whitespace();
            let (name, value) = (words.next().unwrap_or_default(), words.nth(1).unwrap_or_default());
            let name = request["ExpressionAttributeNames"][name].as_str().unwrap_or(name);
            let value = request["ExpressionAttributeValues"][value]["S"].as_str();
            value.filter(|_| name == key).map(|value| (value.to_owned(), units(request))).into_iter().collect()
        }
        _ => vec![],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_names_its_table_and_partition() {
        let parameters = json!([{"N": "1"}, {"S": "ndst_1"}, {"S": "op_1"}]);
        let insert = json!({"Statement": "INSERT INTO \"t\" VALUE {'attempt_count': ?, 'destination_id': ?, 'operator_id': ?}",
            "Parameters": parameters});
        assert_eq!(partition(&insert, "destination_id"), Some(("t", "ndst_1")));
        assert_eq!(partition(&insert, "operator_id"), Some(("t", "op_1")));
        assert_eq!(partition(&insert, "id"), None);
        let update = json!({"Statement": "UPDATE \"t\" SET \"state\" = ? WHERE destination_id = ? AND id = ?",
            "Parameters": parameters});
        assert_eq!(partition(&update, "destination_id"), Some(("t", "ndst_1")));
        assert_eq!(partition(&json!({"Statement": "SELECT * FROM \"t\""}), "id"), None);
    }

    #[test]
    fn a_query_names_its_partition_and_its_key() {
        let query = Call { service: Service::DynamoDb, operation: "Query".into() };
        let request = json!({"TableName": "t", "KeyConditionExpression": "#partition = :partition AND id < :after",
            "ExpressionAttributeNames": {"#partition": "state_key"},
            "ExpressionAttributeValues": {":partition": {"S": "ndst_1#held"}, ":after": {"S": "x"}}});
        assert_eq!(rows_read(&query, &request, "t", "state_key"), [("ndst_1#held".to_owned(), 0.5)]);
        assert_eq!(rows_read(&query, &request, "t", "operator_id"), []);
        assert_eq!(rows_read(&query, &request, "u", "state_key"), []);
        assert_eq!(size(&json!({"M": {"at": {"N": "1700000000000"}, "b": {"B": "AAAA"}}})), 3 + 2 + 1 + 8 + 1 + 1 + 3);
    }

    #[test]
    fn a_call_is_identified_by_its_target() {
        let of = |target: &'static str| {
            Call::of(&HeaderMap::from_iter([("x-amz-target".parse().unwrap(), target.parse().unwrap())]))
        };
        let query = Call { service: Service::DynamoDb, operation: "Query".into() };
        assert_eq!(of("DynamoDB_20120810.Query"), Some(query));
        let send = Call { service: Service::Sqs, operation: "SendMessage".into() };
        assert_eq!(of("AmazonSQS.SendMessage"), Some(send));
        assert_eq!(of("TrentService.Decrypt"), None);
        assert_eq!(Call::of(&HeaderMap::new()), None);
    }
}
