//! A scripted AWS, for unit tests of handlers. Reads are answered from given rows, writes are recorded and accepted. It
//! evaluates no conditions and no filters: what depends on those is tested end to end.
#![allow(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_runtime_api::client::{
    http::{HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector},
    orchestrator::{HttpRequest, HttpResponse},
    runtime_components::RuntimeComponents,
};
use aws_smithy_types::body::SdkBody;
use data_encoding::BASE64;
use domain::{
    ApiKey, Delivery, Destination, Event, OperatorId, Role, Rule, api_key::Bearer, plan::Plan, time::from_millis,
};
use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    Aws,
    accounts::{Accounts, Grant, Operator, key_items},
    item::{Item, s, to_item},
};

/// The tables, each with the variable that names it, its partition key and its sort key.
const TABLES: [(&str, &str, &str, &str); 7] = [
    ("ACCOUNTS_TABLE", "accounts", "pk", "sk"),
    ("AUDIT_TABLE", "audit", "operator_id", "id"),
    ("CHANNELS_TABLE", "channels", "operator_id", "id"),
    ("DELIVERIES_TABLE", "deliveries", "destination_id", "id"),
    ("DESTINATIONS_TABLE", "destinations", "operator_id", "id"),
    ("EVENTS_TABLE", "events", "operator_id", "id"),
    ("VERIFICATIONS_TABLE", "verifications", "subject", "subject"),
];

/// The settings that functions need besides the tables.
const SETTINGS: [(&str, &str); 21] = [
    ("AWS_ACCESS_KEY_ID", "id"),
    ("AWS_SECRET_ACCESS_KEY", "key"),
    ("AWS_REGION", "us-east-1"),
    ("ACCEPTED_QUEUE_URL", "http://sqs.invalid/accepted"),
    ("DELIVERIES_QUEUE_URL", "http://sqs.invalid/deliveries"),
    ("SLOW_QUEUE_URL", "http://sqs.invalid/slow"),
    ("MAIL_QUEUE_URL", "http://sqs.invalid/mail"),
    ("EVENTS_DEAD_LETTERS_URL", "http://sqs.invalid/refused"),
    ("ALLOW_PRIVATE_TARGETS", "false"),
    ("ALLOW_PREMIUM_NUMBERS", "false"),
    ("MAIL_FROM", "alerts@example.com"),
    ("MAIL_CONFIGURATION_SET", "set"),
    ("CODE_INTERVAL_SECONDS", "60"),
    ("CODES_PER_DESTINATION", "5"),
    ("CODES_PER_OPERATOR", "50"),
    ("CODES_PER_CALLING_CODE", "500"),
    ("REMEMBER_SECONDS", "2"),
    ("RETRY_SCHEDULE", "60,300,1800,10800"),
    ("MAILS_PER_SECOND", "14"),
    ("CONSOLE_URL", ""),
    ("LOGO_ORIGINS", "https://example.com"),
];

/// A call to AWS.
#[derive(Debug, Clone)]
pub struct Call {
    /// The operation, such as `PutItem`.
    pub operation: String,
    /// The body.
    pub body: Value,
}

type Shared<T> = Arc<Mutex<T>>;
/// A table's name, and an item as JSON.
type Row = (&'static str, Value);

/// A scripted AWS with one operator.
pub struct Cloud {
    rows: Shared<Vec<Row>>,
    refused: Shared<Option<&'static str>>,
    /// The table that refuses writes.
    closed: Shared<Option<&'static str>>,
    /// The table whose rows only consistent reads find.
    lagging: Shared<Option<&'static str>>,
    calls: Shared<Vec<Call>>,
    /// The environment and the clients of a function.
    pub aws: Aws,
    /// The operator.
    pub operator: Operator,
}

impl Cloud {
    /// Creates an operator with nothing but its account.
    ///
    /// # Panics
    /// When a row cannot be written, which a test would have caused.
    pub fn new() -> Self {
        let rows: Shared<Vec<Row>> = Arc::default();
        let [refused, closed, lagging]: [Shared<Option<&'static str>>; 3] = Default::default();
        let calls: Shared<Vec<Call>> = Arc::default();
        let tables = TABLES.map(|(variable, name, ..)| (variable, name));
        let variables: HashMap<_, _> =
            tables.into_iter().chain(SETTINGS).map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let shared = (rows.clone(), refused.clone(), closed.clone(), lagging.clone(), calls.clone());
        let client = Scripted(Arc::new(move |request| {
            let (rows, refused, closed, lagging, calls) = &shared;
            let call = Call::of(request);
            let to_closed = lock(closed).is_some_and(|table| call.body["TableName"] == table);
            let refusal = if to_closed { Some("ConditionalCheckFailedException") } else { *lock(refused) };
            let refusal = refusal.filter(|_| call.writes());
            let answer = match refusal {
                Some(kind) => json!({
                    "__type": format!("com.amazonaws.dynamodb.v20120810#{kind}"),
                    "message": kind,
                    "CancellationReasons": [{"Code": "ConditionalCheckFailed"}, {"Code": "None"}],
                }),
                None => answer(&lock(rows), *lock(lagging), &call),
            };
            lock(calls).push(call);
            (if refusal.is_some() { 400 } else { 200 }, answer)
        }));
        let operator = Operator {
            id: OperatorId::generate(),
            email: "owner@example.com".into(),
            name: "Example".into(),
            plan: Plan::Free,
            data_key: vec![7; 32],
            created_at: from_millis(1_700_000_000_000),
            rotation: None,
            sharding: None,
        };
        let cloud = Self { rows, refused, closed, lagging, calls, aws: Aws::new(variables, client), operator };
        let mut row = to_item(&cloud.operator).expect("a row");
        row.extend(Accounts::operator_key(cloud.operator.id));
        cloud.put("ACCOUNTS_TABLE", row);
        cloud
    }

    /// Creates a key of the operator with this role. Returns its text.
    ///
    /// # Panics
    /// As [`Cloud::new`].
    pub fn key(&self, role: Role, permissions: &[&str], project_id: Option<&str>) -> String {
        let api_key = ApiKey::generate(Bearer::Operator);
        let grant = Grant {
            permissions: permissions.iter().map(|&name| name.to_owned()).collect(),
            project_id: project_id.map(domain::testing::project_id),
            ..Grant::new(&self.operator, role)
        };
        self.key_with(&api_key, &grant);
        api_key.reveal().to_owned()
    }

    /// Adds a key with this grant.
    ///
    /// # Panics
    /// As [`Cloud::new`].
    pub fn key_with(&self, api_key: &ApiKey, grant: &Grant) {
        for item in key_items(api_key, grant).expect("rows") {
            self.put("ACCOUNTS_TABLE", item);
        }
    }

    /// Adds a destination.
    pub fn destination(&self, row: &Destination) {
        self.row("DESTINATIONS_TABLE", row);
    }

    /// Adds a rule.
    pub fn rule(&self, row: &Rule) {
        self.row("CHANNELS_TABLE", row);
    }

    /// Adds an event.
    pub fn event(&self, row: &Event) {
        self.row("EVENTS_TABLE", row);
    }

    /// Adds a delivery.
    ///
    /// # Panics
    /// As [`Cloud::row`].
    pub fn delivery(&self, row: &Delivery) {
        let mut item = to_item(row).expect("a row");
        item.insert("destination_id".into(), s(row.id.destination));
        self.put("DELIVERIES_TABLE", item);
    }

    /// Adds a row to the table that `variable` names.
    ///
    /// # Panics
    /// When it cannot be written as an item.
    pub fn row(&self, variable: &'static str, row: &impl Serialize) {
        self.put(variable, to_item(row).expect("a row"));
    }

    fn put(&self, variable: &'static str, item: Item) {
        let (_, table, ..) = TABLES.into_iter().find(|(name, ..)| *name == variable).expect("a table");
        let item = item.iter().map(|(name, value)| (name.clone(), json_of(value))).collect();
        lock(&self.rows).push((table, Value::Object(item)));
    }

    /// Refuses all later writes, for example with `ConditionalCheckFailedException`.
    pub fn refuse_writes(&self, kind: &'static str) {
        *lock(&self.refused) = Some(kind);
    }

    /// Refuses all later writes to the table that `variable` names.
    pub fn refuse_table(&self, variable: &str) {
        *lock(&self.closed) = TABLES.into_iter().find(|(name, ..)| *name == variable).map(|(_, table, ..)| table);
    }

    /// Hides the rows of the table that `variable` names from batched reads that are not consistent.
    pub fn lag(&self, variable: &str) {
        *lock(&self.lagging) = TABLES.into_iter().find(|(name, ..)| *name == variable).map(|(_, table, ..)| table);
    }

    /// The operations that were called, in order, without those on keys, accounts and the audit log.
    pub fn operations(&self) -> Vec<String> {
        let beside_accounts = lock(&self.calls)
            .clone()
            .into_iter()
            .filter(|call| call.body["TableName"] != "accounts" && call.body["TableName"] != "audit");
        beside_accounts.map(|call| call.operation).collect()
    }

    /// The calls of one operation.
    pub fn calls(&self, operation: &str) -> Vec<Call> {
        lock(&self.calls).iter().filter(|call| call.operation == operation).cloned().collect()
    }
}

type Script = dyn Fn(&HttpRequest) -> (u16, Value) + Send + Sync;

/// An HTTP client that answers by a function. That of the SDK's own crate for tests would make all JSON of the workspace
/// keep the order of its fields.
#[derive(Clone)]
struct Scripted(Arc<Script>);

impl fmt::Debug for Scripted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Scripted")
    }
}

impl HttpConnector for Scripted {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (status, body) = (self.0)(&request);
        let status = status.try_into().expect("a status");
        HttpConnectorFuture::ready(Ok(HttpResponse::new(status, SdkBody::from(body.to_string()))))
    }
}

impl HttpClient for Scripted {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl Default for Cloud {
    fn default() -> Self {
        Self::new()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Call {
    fn of(request: &HttpRequest) -> Self {
        let target = request.headers().get("x-amz-target");
        let operation = target.and_then(|target| target.rsplit('.').next()).unwrap_or(request.uri());
        let body = request.body().bytes().and_then(|bytes| serde_json::from_slice(bytes).ok()).unwrap_or_default();
        Self { operation: operation.to_owned(), body }
    }

    fn writes(&self) -> bool {
        ["PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems"].contains(&&*self.operation)
    }
}

type Rows = [Row];

fn answer(rows: &Rows, lagging: Option<&str>, call: &Call) -> Value {
    let body = &call.body;
    let table = body["TableName"].as_str().unwrap_or_default();
    match &*call.operation {
        "GetItem" => found(rows, table, &body["Key"]).map_or_else(|| json!({}), |item| json!({ "Item": item })),
        "BatchGetItem" => {
            let asked = body["RequestItems"].as_object().into_iter().flatten();
            let each = asked.map(|(table, wanted)| {
                let seen = lagging != Some(table) || wanted["ConsistentRead"] == true;
                let keys = wanted["Keys"].as_array().into_iter().flatten().filter(|_| seen);
                (table.clone(), keys.filter_map(|key| found(rows, table, key)).collect::<Value>())
            });
            json!({"Responses": each.collect::<serde_json::Map<_, _>>(), "UnprocessedKeys": {}})
        }
        "Query" => {
            let items: Vec<_> =
                rows.iter().filter(|(of, row)| *of == table && in_partition(table, row, body)).collect();
            let items: Vec<_> = items.into_iter().rev().map(|(_, row)| row.clone()).collect();
            json!({"Count": items.len(), "Items": items})
        }
        // The row as it is, for `ReturnValues`.
        "UpdateItem" | "DeleteItem" => {
            found(rows, table, &body["Key"]).map_or_else(|| json!({}), |item| json!({ "Attributes": item }))
        }
        "SendMessageBatch" => {
            let sent = body["Entries"].as_array().into_iter().flatten();
            let sent: Vec<_> =
                sent.map(|entry| json!({"Id": entry["Id"], "MessageId": "1", "MD5OfMessageBody": ""})).collect();
            json!({"Successful": sent, "Failed": []})
        }
        "BatchExecuteStatement" => {
            let done = body["Statements"].as_array().into_iter().flatten().map(|_| json!({"TableName": "deliveries"}));
            json!({"Responses": done.collect::<Vec<_>>()})
        }
        "Decrypt" => json!({"Plaintext": BASE64.encode(&[7; 32])}),
        _ => json!({}),
    }
}

fn keys_of(table: &str) -> (&'static str, &'static str) {
    let known = TABLES.into_iter().find(|(_, name, ..)| *name == table);
    known.map_or(("", ""), |(.., partition, sort)| (partition, sort))
}

fn found(rows: &Rows, table: &str, key: &Value) -> Option<Value> {
    let (partition, sort) = keys_of(table);
    let is = |row: &Value| row[partition] == key[partition] && row[sort] == key[sort];
    rows.iter().rev().find(|(of, row)| *of == table && is(row)).map(|(_, row)| row.clone())
}

/// Whether a row has the partition key that a query names with any of its values.
fn in_partition(table: &str, row: &Value, query: &Value) -> bool {
    let values = query["ExpressionAttributeValues"].as_object().into_iter().flatten();
    values.into_iter().any(|(_, value)| row[keys_of(table).0] == *value)
}

fn json_of(value: &AttributeValue) -> Value {
    match value {
        AttributeValue::S(text) => json!({ "S": text }),
        AttributeValue::N(number) => json!({ "N": number }),
        AttributeValue::Bool(yes) => json!({ "BOOL": yes }),
        AttributeValue::B(bytes) => json!({"B": BASE64.encode(bytes.as_ref())}),
        AttributeValue::L(list) => json!({"L": list.iter().map(json_of).collect::<Vec<_>>()}),
        AttributeValue::M(map) => {
            let fields: serde_json::Map<_, _> =
                map.iter().map(|(name, value)| (name.clone(), json_of(value))).collect();
            json!({ "M": fields })
        }
        _ => json!({"NULL": true}),
    }
}
