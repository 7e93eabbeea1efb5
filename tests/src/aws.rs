//! Signed calls to the local AWS. For tests only: the functions use the SDK.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4,
};
use serde_json::{Value, json};

use crate::{variable, within};

/// The address of the local AWS, and credentials for it.
#[derive(Debug, Clone)]
pub struct Cloud {
    client: reqwest::Client,
    endpoint: String,
    credentials: Credentials,
    region: String,
}

impl Cloud {
    /// The local AWS at `endpoint`, such as `http://localhost:4566`, with these credentials.
    pub fn at(endpoint: &str, access_key: &str, secret_key: &str, region: &str) -> Self {
        Self {
            client: reqwest::Client::new(),
            endpoint: endpoint.trim_end_matches('/').to_owned(),
            credentials: Credentials::from_keys(access_key, secret_key, None),
            region: region.to_owned(),
        }
    }

    /// The local AWS from the variables of `make test` or of the file that `make up` writes.
    pub fn from_env() -> Self {
        Self::at(
            &variable("AWS_ENDPOINT_URL"),
            &variable("AWS_ACCESS_KEY_ID"),
            &variable("AWS_SECRET_ACCESS_KEY"),
            &variable("AWS_REGION"),
        )
    }

    /// The same local AWS at another address, such as a proxy's.
    #[must_use]
    pub fn through(&self, endpoint: &str) -> Self {
        Self { endpoint: endpoint.to_owned(), ..self.clone() }
    }

    /// The address of the local AWS.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Sends a POST request to a service. Returns the status and text of the answer.
    pub async fn post(&self, service: &str, path: &str, headers: &[(&str, &str)], body: String) -> (u16, String) {
        let url = format!("{}{path}", self.endpoint);
        let identity = self.credentials.clone().into();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(service)
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()
            .expect("signing parameters")
            .into();
        let signable =
            SignableRequest::new("POST", &url, headers.iter().copied(), SignableBody::Bytes(body.as_bytes()))
                .expect("a request");
        let (instructions, _) = sign(signable, &params).expect("a signature").into_parts();
        let mut request = self.client.post(&url).body(body);
        for (name, value) in headers.iter().copied().chain(instructions.headers()) {
            request = request.header(name, value);
        }
        let answer = request.send().await.expect("an answer of the local AWS");
        (answer.status().as_u16(), answer.text().await.expect("text"))
    }

    /// Calls a service that speaks JSON with a target header. Returns the status and text of the answer.
    pub async fn target(&self, service: &str, target: &str, body: &Value) -> (u16, String) {
        let headers = [("content-type", "application/x-amz-json-1.0"), ("x-amz-target", target)];
        let mut answer = self.post(service, "/", &headers, body.to_string()).await;
        for _ in 0..10 {
            // The emulator sometimes fails to list entries while others are added; the AWS SDKs retry, too.
            if answer.0 != 500 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
            answer = self.post(service, "/", &headers, body.to_string()).await;
        }
        answer
    }
}

/// Sends a POST request to a service of the local AWS. Returns its status and text.
async fn post(service: &str, path: &str, headers: &[(&str, &str)], body: String) -> (u16, String) {
    Cloud::from_env().post(service, path, headers, body).await
}

/// Calls a service that speaks JSON with a target header. Returns the answer.
pub async fn call(service: &str, target: &str, body: Value) -> Value {
    let (status, text) = Cloud::from_env().target(service, target, &body).await;
    assert_eq!(status, 200, "{target}: {text}");
    serde_json::from_str(&text).unwrap_or(Value::Null)
}

/// Invokes a function directly. Returns its answer, or its error message.
pub async fn invoke(function: &str, payload: Value) -> Result<Value, String> {
    let path = format!("/2015-03-31/functions/{function}/invocations");
    let (status, text) = post("lambda", &path, &[], payload.to_string()).await;
    assert_eq!(status, 200, "{text}");
    let value: Value = serde_json::from_str(&text).expect("JSON");
    match value.get("errorMessage").and_then(Value::as_str) {
        Some(message) => Err(message.to_owned()),
        None => Ok(value),
    }
}

/// Invokes `admin`.
pub async fn admin(payload: Value) -> Result<Value, String> {
    invoke(&variable("ADMIN_FUNCTION"), payload).await
}

/// Invokes a function with a batch of messages as SQS does, each with its receive count, including this time. The
/// function must succeed for all of them.
pub async fn invoke_with_messages(function: &str, messages: &[(&Value, u32)]) {
    let record = |(number, (body, received)): (usize, &(&Value, u32))| {
        let attributes = json!({"ApproximateReceiveCount": received.to_string(), "SentTimestamp": "1700000000000"});
        let id = format!("m-{number}");
        json!({"messageId": id, "body": body.to_string(), "attributes": attributes, "eventSource": "aws:sqs"})
    };
    let records: Vec<_> = messages.iter().enumerate().map(record).collect();
    let answer = invoke(&variable(function), json!({ "Records": records })).await.expect("an answer");
    assert_eq!(answer["batchItemFailures"], json!([]));
}

/// Sends a message to a queue.
pub async fn send_message(queue: &str, body: &Value) {
    call("sqs", "AmazonSQS.SendMessage", json!({"QueueUrl": variable(queue), "MessageBody": body.to_string()})).await;
}

/// The number of messages in a queue: visible, delayed, and in flight.
pub async fn depth(queue: &str) -> [u64; 3] {
    let names =
        ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesDelayed", "ApproximateNumberOfMessagesNotVisible"];
    let request = json!({"QueueUrl": variable(queue), "AttributeNames": names});
    let answer = call("sqs", "AmazonSQS.GetQueueAttributes", request).await;
    names.map(|name| answer["Attributes"][name].as_str().and_then(|n| n.parse().ok()).expect("a number"))
}

/// All rows of a partition, from all pages.
pub async fn rows(table: &str, key: &str, value: &str) -> Vec<Value> {
    let mut request = json!({"TableName": variable(table), "KeyConditionExpression": "#key = :value",
        "ExpressionAttributeNames": {"#key": key}, "ExpressionAttributeValues": {":value": {"S": value}}});
    let mut rows = vec![];
    loop {
        let mut page = call("dynamodb", "DynamoDB_20120810.Query", request.clone()).await;
        rows.append(page["Items"].as_array_mut().expect("rows"));
        match page.get("LastEvaluatedKey") {
            Some(last) => request["ExclusiveStartKey"] = last.clone(),
            None => return rows,
        }
    }
}

/// The queues of events.
pub const EVENT_QUEUES: [&str; 2] = ["EVENTS_QUEUE_URL", "ACCEPTED_QUEUE_URL"];
/// The queues of deliveries.
pub const LANES: [&str; 3] = ["DELIVERIES_QUEUE_URL", "SLOW_QUEUE_URL", "MAIL_QUEUE_URL"];
/// The dead-letter queues.
pub const DEAD_LETTERS: [&str; 5] = [
    "EVENTS_DEAD_LETTERS_URL",
    "ACCEPTED_DEAD_LETTERS_URL",
    "DELIVERIES_DEAD_LETTERS_URL",
    "SLOW_DEAD_LETTERS_URL",
    "MAIL_DEAD_LETTERS_URL",
];

/// Waits until no delivery and no event is queued, for at most `limit`, and checks that the dead-letter queues are
/// empty.
pub async fn wait_until_idle(limit: Duration) {
    queues_are_empty(limit).await;
    for (queue, count) in dead_letters().await {
        assert_eq!(count, 0, "{queue}");
    }
}

/// Waits until no delivery and no event is queued, for at most `limit`.
pub async fn queues_are_empty(limit: Duration) {
    for queue in LANES {
        within(limit, "no delivery is queued", async || (depth(queue).await == [0, 0, 0]).then_some(())).await;
    }
    for queue in EVENT_QUEUES {
        // Delayed messages there are about codes that other tests left unused.
        let events = async || matches!(depth(queue).await, [0, _, 0]).then_some(());
        within(limit, "no event is queued", events).await;
    }
}

/// The number of messages in each dead-letter queue.
pub async fn dead_letters() -> Vec<(&'static str, u64)> {
    let mut all = vec![];
    for queue in DEAD_LETTERS {
        all.push((queue, depth(queue).await.iter().sum()));
    }
    all
}

/// Deletes all messages of a queue.
pub async fn purge(queue: &str) {
    call("sqs", "AmazonSQS.PurgeQueue", json!({"QueueUrl": variable(queue)})).await;
}

/// Publishes to the topic whose ARN is in this variable.
pub async fn publish(topic: &str, message: &Value) {
    let pairs = [
        ("Action", "Publish"),
        ("Version", "2010-03-31"),
        ("TopicArn", &*variable(topic)),
        ("Message", &message.to_string()),
    ];
    let body = reqwest::Url::parse_with_params("http://x/", pairs).expect("a form").query().expect("a form").to_owned();
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    let (status, text) = post("sns", "/", &headers, body).await;
    assert_eq!(status, 200, "{text}");
}

/// Makes the codes for the destination or channel at `path` a minute older, so that another may be sent immediately.
pub async fn age_codes(path: &str) {
    // A destination that belongs to a rule has the same number as the rule.
    let destination = path.rsplit('/').next().expect("an id").replace("nch_", "ndst_");
    let row = json!({"TableName": variable("VERIFICATIONS_TABLE"), "Key": {"subject": {"S": destination}}});
    let mut sent = call("dynamodb", "DynamoDB_20120810.GetItem", row.clone()).await["Item"]["sent"]["L"].take();
    for time in sent.as_array_mut().expect("codes were sent") {
        let ms: i64 = time["N"].as_str().and_then(|ms| ms.parse().ok()).expect("milliseconds");
        time["N"] = (ms - 60_000).to_string().into();
    }
    let mut update = row;
    update["UpdateExpression"] = "SET sent = :sent".into();
    update["ExpressionAttributeValues"] = json!({":sent": {"L": sent}});
    call("dynamodb", "DynamoDB_20120810.UpdateItem", update).await;
}
