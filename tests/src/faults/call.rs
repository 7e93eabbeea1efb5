//! Calls of DynamoDB and SQS, as far as faults concern them.

use axum::http::HeaderMap;
use serde_json::{Value, json};

/// A service that speaks JSON with a target header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Service {
    DynamoDb,
    Sqs,
}

/// Which operation a call asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Call {
    pub(super) service: Service,
    pub(super) operation: String,
}

impl Call {
    /// Reads the target header; none for a call of another protocol.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        let (service, operation) = headers.get("x-amz-target")?.to_str().ok()?.split_once('.')?;
        let service = match service {
            "AmazonSQS" => Service::Sqs,
            _ if service.starts_with("DynamoDB_") => Service::DynamoDb,
            _ => return None,
        };
        Some(Self { service, operation: operation.to_owned() })
    }

    /// The service's own answer to a call that it throttles.
    pub(super) fn throttled(&self) -> (u16, Value) {
        let kind = match self.service {
            Service::DynamoDb => "com.amazonaws.dynamodb.v20120810#ThrottlingException",
            Service::Sqs => "com.amazonaws.sqs#RequestThrottled",
        };
        (400, json!({"__type": kind, "message": "Rate exceeded (made by the fault proxy)"}))
    }

    /// The service's own answer when it has failed.
    pub(super) fn failed(&self) -> (u16, Value) {
        let kind = match self.service {
            Service::DynamoDb => "com.amazonaws.dynamodb.v20120810#InternalServerError",
            Service::Sqs => "com.amazonaws.sqs#InternalError",
        };
        (500, json!({"__type": kind, "message": "Internal error (made by the fault proxy)"}))
    }
}

/// How many statements or messages a call has; 1 for a call that is not a batch.
pub(super) fn entries(request: &Value) -> u64 {
    let lists = ["Statements", "Entries"].iter().filter_map(|name| request[name].as_array());
    lists.map(Vec::len).next().map_or(1, |count| u64::try_from(count).unwrap_or(u64::MAX))
}

/// The table and partition that a statement writes to, if the table's partition key is called `key`.
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

/// The same for a call of `PutItem` or `UpdateItem`.
pub(super) fn partition_of_call<'a>(call: &Call, request: &'a Value, key: &str) -> Option<(&'a str, &'a str)> {
    let row = match &*call.operation {
        "PutItem" => &request["Item"],
        "UpdateItem" => &request["Key"],
        _ => return None,
    };
    Some((request["TableName"].as_str()?, row[key]["S"].as_str()?))
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
    fn a_call_is_known_by_its_target() {
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
