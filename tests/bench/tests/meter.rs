//! Tests the meter in front of the deployed tables against costs calculated by hand.
#![allow(clippy::expect_used, reason = "a test that cannot continue panics")]

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use bench::meter::{Counts, Meter, Mode, Nouns};
use e2e::{aws::Cloud, variable};
use serde_json::{Value, json};

/// A meter, and the local cloud behind it.
struct Metered {
    meter: Meter,
    cloud: Cloud,
}

impl Metered {
    async fn new() -> Self {
        let cloud = Cloud::from_env();
        let meter = Meter::start(cloud.clone(), Nouns::from_env()).await;
        Self { cloud: cloud.through(meter.url()), meter }
    }

    async fn call(&self, operation: &str, request: Value) -> (u16, Value) {
        let (service, target) = match operation.split_once('.').expect("Service.Operation") {
            ("DynamoDB", operation) => ("dynamodb", format!("DynamoDB_20120810.{operation}")),
            ("SQS", operation) => ("sqs", format!("AmazonSQS.{operation}")),
            other => panic!("{other:?}"),
        };
        let (status, text) = self.cloud.target(service, &target, &request).await;
        (status, serde_json::from_str(&text).unwrap_or_default())
    }

    /// Makes a call that must succeed. Returns its answer and counts.
    async fn counted(&self, operation: &str, request: Value) -> (Value, Counts) {
        let (status, answer) = self.call(operation, request).await;
        assert_eq!(status, 200, "{operation}: {answer}");
        let counts = self.meter.take();
        assert_eq!(counts.calls, BTreeMap::from([(operation.to_owned(), 1)]), "only this call");
        (answer, counts)
    }

    #[track_caller]
    fn refuses(&self, (status, answer): (u16, Value), kind: &str) {
        assert_eq!(status, 400, "{answer}");
        assert!(answer["__type"].as_str().expect("a type").ends_with(kind), "{answer}");
    }

    async fn reads(&self, operation: &str, request: Value, expected: &[(&str, f64)]) -> Value {
        let (answer, counts) = self.counted(operation, request.clone()).await;
        assert_eq!((counts.reads, counts.writes), (units(expected), units(&[])), "{operation}: {request}");
        answer
    }

    async fn writes(&self, operation: &str, request: Value, expected: &[(&str, f64)]) -> Value {
        let (answer, counts) = self.counted(operation, request.clone()).await;
        assert_eq!((counts.reads, counts.writes), (units(&[]), units(expected)), "{operation}: {request}");
        answer
    }

    /// Runs PartiQL statements in one call, and returns the error codes.
    async fn statements(&self, statements: &[(String, Value)], expected: &[(&str, f64)]) -> Vec<Option<String>> {
        let statement = |(text, parameters): &(String, Value)| json!({"Statement": text, "Parameters": parameters});
        let request = json!({"Statements": statements.iter().map(statement).collect::<Vec<_>>()});
        let answer = self.writes("DynamoDB.BatchExecuteStatement", request, expected).await;
        let code = |response: &Value| response["Error"]["Code"].as_str().map(str::to_owned);
        answer["Responses"].as_array().expect("responses").iter().map(code).collect()
    }
}

fn units(expected: &[(&str, f64)]) -> BTreeMap<String, f64> {
    expected.iter().map(|(name, units)| ((*name).to_owned(), *units)).collect()
}

fn s(text: &str) -> Value {
    json!({ "S": text })
}

fn long(bytes: usize) -> Value {
    s(&"x".repeat(bytes))
}

/// A partition that no other test uses.
fn partition() -> String {
    format!("meter_{}", jiff::Timestamp::now().as_nanosecond())
}

/// A row of `Events` with `data` bytes of data and, in the index `mail`, this key. Without both it takes less than 100
/// bytes.
fn event(operator: &str, id: &str, data: usize, mail_key: Option<&str>) -> Value {
    let mut row = json!({"operator_id": s(operator), "id": s(id), "data": long(data)});
    if let Some(mail_key) = mail_key {
        row["mail_key"] = s(mail_key);
    }
    row
}

fn put(row: Value) -> Value {
    json!({"TableName": variable("EVENTS_TABLE"), "Item": row})
}

#[tokio::test]
async fn a_row_is_put_read_and_deleted() {
    let metered = Metered::new().await;
    let (table, operator) = (variable("EVENTS_TABLE"), partition());
    let small = json!({"operator_id": s(&operator), "id": s("small")});
    let large = json!({"operator_id": s(&operator), "id": s("large")});
    let none = json!({"operator_id": s(&operator), "id": s("none")});

    metered.writes("DynamoDB.PutItem", put(event(&operator, "small", 900, None)), &[("Events", 1.0)]).await;
    let row = event(&operator, "large", 5000, Some(&operator));
    metered.writes("DynamoDB.PutItem", put(row), &[("Events", 5.0), ("Events/mail", 1.0)]).await;

    let get = |key: &Value, consistent: bool| json!({"TableName": table, "Key": key, "ConsistentRead": consistent});
    let reads = async |key: &Value, consistent, units| {
        metered.reads("DynamoDB.GetItem", get(key, consistent), &[("Events", units)]).await
    };
    reads(&small, false, 0.5).await;
    reads(&small, true, 1.0).await;
    reads(&large, false, 1.0).await;
    reads(&large, true, 2.0).await;
    assert_eq!(reads(&none, false, 0.5).await["Item"], Value::Null);
    reads(&none, true, 1.0).await;
    let mut part = get(&large, true);
    part["ProjectionExpression"] = json!("#i");
    part["ExpressionAttributeNames"] = json!({"#i": "id"});
    let answer = metered.reads("DynamoDB.GetItem", part, &[("Events", 2.0)]).await;
    assert_eq!(answer, json!({"Item": {"id": s("large")}}), "the answer contains only the requested attribute");

    let mut again = put(event(&operator, "large", 10, None));
    again["ConditionExpression"] = json!("attribute_not_exists(id)");
    metered.refuses(metered.call("DynamoDB.PutItem", again).await, "ConditionalCheckFailedException");
    let counts = metered.meter.take();
    assert_eq!(counts.writes, units(&[("Events", 5.0)]), "as large as the existing row");

    let update = json!({"TableName": table, "Key": large, "UpdateExpression": "SET #d = :d",
        "ExpressionAttributeNames": {"#d": "data"}, "ExpressionAttributeValues": {":d": s("short")}});
    metered.writes("DynamoDB.UpdateItem", update, &[("Events", 5.0)]).await;
    let delete = |key: &Value| json!({"TableName": table, "Key": key});
    metered.writes("DynamoDB.DeleteItem", delete(&large), &[("Events", 1.0), ("Events/mail", 1.0)]).await;
    metered.writes("DynamoDB.DeleteItem", delete(&none), &[("Events", 1.0)]).await;
}

#[tokio::test]
async fn a_query_is_charged_for_all_rows_it_reads() {
    let metered = Metered::new().await;
    let (table, operator) = (variable("EVENTS_TABLE"), partition());
    for n in 0..10 {
        let mut row = event(&operator, &format!("e{n}"), 2000, Some(&operator));
        row["project_id"] = s(if n == 7 { "seven" } else { "other" });
        metered.writes("DynamoDB.PutItem", put(row), &[("Events", 3.0), ("Events/mail", 1.0)]).await;
    }

    // 10 × (2000 + less than 200) bytes are 21 KB: six times 4 KB.
    let query = json!({"TableName": table, "KeyConditionExpression": "#o = :o",
        "ExpressionAttributeNames": {"#o": "operator_id"}, "ExpressionAttributeValues": {":o": s(&operator)}});
    let with = |more: Value| {
        let mut query = query.clone();
        for (name, value) in more.as_object().expect("an object") {
            match value.as_object() {
                Some(value) => query[name].as_object_mut().expect("an object").extend(value.clone()),
                None => query[name] = value.clone(),
            }
        }
        query
    };
    metered.reads("DynamoDB.Query", query.clone(), &[("Events", 3.0)]).await;
    metered.reads("DynamoDB.Query", with(json!({"ConsistentRead": true})), &[("Events", 6.0)]).await;
    let filter = json!({"FilterExpression": "#p = :p", "ExpressionAttributeNames": {"#p": "project_id"},
        "ExpressionAttributeValues": {":p": s("seven")}});
    let found = metered.reads("DynamoDB.Query", with(filter.clone()), &[("Events", 3.0)]).await;
    assert_eq!((&found["Count"], &found["ScannedCount"]), (&json!(1), &json!(10)), "the caller's filter still applies");
    let count = metered.reads("DynamoDB.Query", with(json!({"Select": "COUNT"})), &[("Events", 3.0)]).await;
    assert_eq!((&count["Count"], &count["Items"]), (&json!(10), &Value::Null));
    let mut two = with(filter);
    two["Limit"] = json!(2);
    metered.reads("DynamoDB.Query", two, &[("Events", 1.0)]).await;
    let nobody = json!({"ExpressionAttributeValues": {":o": s("nobody")}});
    metered.reads("DynamoDB.Query", with(nobody), &[("Events", 0.5)]).await;

    let mut mail = with(json!({"IndexName": "mail"}));
    mail["ExpressionAttributeNames"] = json!({"#o": "mail_key"});
    metered.reads("DynamoDB.Query", mail, &[("Events/mail", 0.5)]).await;
}

#[tokio::test]
async fn a_batch_of_reads_is_rounded_for_each_row() {
    let metered = Metered::new().await;
    let (table, operator) = (variable("EVENTS_TABLE"), partition());
    for (id, data) in [("small", 10), ("large", 5000)] {
        metered.call("DynamoDB.PutItem", put(event(&operator, id, data, None))).await;
    }
    metered.meter.take();
    let keys = ["small", "large", "none"].map(|id| json!({"operator_id": s(&operator), "id": s(id)}));
    let ask = |config: Value| json!({"RequestItems": {table.clone(): config}});
    metered.reads("DynamoDB.BatchGetItem", ask(json!({"Keys": keys})), &[("Events", 0.5 + 1.0 + 0.5)]).await;
    let part = json!({"Keys": keys, "ConsistentRead": true, "ProjectionExpression": "id"});
    let answer = metered.reads("DynamoDB.BatchGetItem", ask(part), &[("Events", 1.0 + 2.0 + 1.0)]).await;
    assert_eq!(answer["Responses"][&table], json!([{"id": s("small")}, {"id": s("large")}]));
}

#[tokio::test]
async fn a_repeated_insert_costs_as_much_as_the_existing_row() {
    let metered = Metered::new().await;
    let (table, operator) = (variable("EVENTS_TABLE"), partition());
    let insert = |id: &str, data: usize| {
        let text = format!("INSERT INTO \"{table}\" VALUE {{'data': ?, 'id': ?, 'operator_id': ?, 'mail_key': ?}}");
        (text, json!([long(data), s(id), s(&operator), s(&operator)]))
    };
    let both = [("Events", 2.0 + 1.0), ("Events/mail", 1.0 + 1.0)];
    assert_eq!(metered.statements(&[insert("a", 1500), insert("b", 10)], &both).await, [None, None]);
    let once = [("Events", 2.0 + 1.0), ("Events/mail", 1.0)];
    let codes = metered.statements(&[insert("a", 10), insert("c", 10)], &once).await;
    assert_eq!(codes, [Some("DuplicateItem".to_owned()), None]);
}

#[tokio::test]
async fn an_update_enters_and_leaves_a_sparse_index() {
    let metered = Metered::new().await;
    let (table, destination) = (variable("DELIVERIES_TABLE"), partition());
    let key = |state: &str| s(&format!("{destination}#{state}"));
    let names = "'attempt_count': ?, 'attempts': ?, 'destination_id': ?, 'id': ?, 'state': ?";
    let insert = (
        format!("INSERT INTO \"{table}\" VALUE {{{names}}}"),
        json!([{"N": "0"}, long(1500), s(&destination), s("1"), s("pending")]),
    );
    assert_eq!(metered.statements(&[insert], &[("Deliveries", 2.0)]).await, [None]);

    let update = |changes: &str, parameters: &[Value], attempts: &str| {
        let text = format!("UPDATE \"{table}\" {changes} WHERE destination_id = ? AND id = ? AND attempt_count = ?");
        (text, json!([parameters, &[s(&destination), s("1"), json!({"N": attempts})]].concat()))
    };
    let enters = update("SET \"state\" = ? SET state_key = ?", &[s("failed"), key("failed")], "0");
    metered.statements(&[enters], &[("Deliveries", 2.0), ("Deliveries/by_state", 1.0)]).await;
    let beside = update("SET \"attempts\" = ?", &[long(1600)], "0");
    metered.statements(&[beside], &[("Deliveries", 2.0)]).await;
    let shown = update("SET \"attempt_count\" = ?", &[json!({"N": "1"})], "0");
    metered.statements(&[shown], &[("Deliveries", 2.0), ("Deliveries/by_state", 1.0)]).await;
    let late = update("SET \"state\" = ?", &[s("succeeded")], "0");
    let codes = metered.statements(&[late], &[("Deliveries", 2.0)]).await;
    assert_eq!(codes, [Some("ConditionalCheckFailed".to_owned())]);
    let moves = update("SET \"state\" = ? SET \"state_key\" = ?", &[s("held"), key("held")], "1");
    metered.statements(&[moves], &[("Deliveries", 2.0), ("Deliveries/by_state", 2.0)]).await;
    let leaves = update("SET \"state\" = ? REMOVE \"state_key\"", &[s("pending")], "1");
    metered.statements(&[leaves], &[("Deliveries", 2.0), ("Deliveries/by_state", 1.0)]).await;
}

#[tokio::test]
async fn a_transaction_costs_twice_as_much_except_in_indexes() {
    let metered = Metered::new().await;
    let operator = partition();
    let item = |id: &str| {
        let mut put = put(event(&operator, id, 1500, Some(&operator)));
        put["ConditionExpression"] = json!("attribute_not_exists(id)");
        json!({ "Put": put })
    };
    let transaction = json!({"TransactItems": [item("a"), item("b")]});
    let twice = [("Events", 2.0 * 4.0), ("Events/mail", 2.0)];
    metered.writes("DynamoDB.TransactWriteItems", transaction, &twice).await;
    let again = metered.call("DynamoDB.TransactWriteItems", json!({"TransactItems": [item("a"), item("c")]}));
    metered.refuses(again.await, "TransactionCanceledException");
    assert_eq!(metered.meter.take().writes, units(&[("Events", 4.0 + 2.0)]), "a exists, and c does not");
}

#[tokio::test]
async fn a_message_is_billed_by_64_kib() {
    let metered = Metered::new().await;
    let (_, queue) = metered.call("SQS.CreateQueue", json!({"QueueName": partition()})).await;
    let queue = queue["QueueUrl"].as_str().expect("a queue").to_owned();
    metered.meter.take();
    let body = "x".repeat(100_000);
    let (_, sent) = metered.counted("SQS.SendMessage", json!({"QueueUrl": queue, "MessageBody": body})).await;
    assert_eq!(sent.sqs_requests, 2);
    let (got, received) = metered.counted("SQS.ReceiveMessage", json!({"QueueUrl": queue})).await;
    assert_eq!(got["Messages"][0]["Body"], json!(body));
    assert_eq!(received.sqs_requests, 2);
    let (_, deleted) = metered.counted("SQS.DeleteQueue", json!({"QueueUrl": queue})).await;
    assert_eq!(deleted.sqs_requests, 1);
}

#[tokio::test]
async fn forwarding_counts_nothing_but_records_when_calls_were_in_progress() {
    let metered = Metered::new().await;
    let key = json!({"operator_id": s(&partition()), "id": s("none")});
    let get = json!({"TableName": variable("EVENTS_TABLE"), "Key": key});
    let before = Instant::now();
    metered.meter.set(Mode::Forward);
    assert_eq!(metered.call("DynamoDB.GetItem", get.clone()).await.0, 200);
    assert_eq!(metered.meter.take(), Counts::default());
    let after = Instant::now();
    let busy = metered.meter.busy(before, after);
    assert!(busy > Duration::ZERO && busy < after - before, "{busy:?} of {:?}", after - before);
    assert_eq!(metered.meter.busy(after, Instant::now()), Duration::ZERO);
    metered.meter.set(Mode::Count);
    metered.reads("DynamoDB.GetItem", get, &[("Events", 0.5)]).await;
}

/// The local cloud does not verify signatures of its root key, but of all other keys.
#[tokio::test]
async fn valid_signatures_stay_valid_and_wrong_ones_are_rejected() {
    let metered = Metered::new().await;
    let user = partition();
    let policy = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": "*"}]});
    iam(&metered.cloud, &[("Action", "CreateUser"), ("UserName", &user)]).await;
    let named = [("UserName", &*user), ("PolicyName", "read"), ("PolicyDocument", &policy.to_string())];
    iam(&metered.cloud, &[&[("Action", "PutUserPolicy")], &named[..]].concat()).await;
    let made = iam(&metered.cloud, &[("Action", "CreateAccessKey"), ("UserName", &user)]).await;
    let expected = ["IAM.CreateAccessKey", "IAM.CreateUser", "IAM.PutUserPolicy"].map(|name| (name.to_owned(), 1));
    assert_eq!(metered.meter.take(), Counts { calls: expected.into(), ..Counts::default() });

    let key = json!({"operator_id": s(&user), "id": s("none")});
    let get = json!({"TableName": variable("EVENTS_TABLE"), "Key": key});
    let get_with = async |secret: &str| {
        let cloud = Cloud::at(metered.meter.url(), element(&made, "AccessKeyId"), secret, &variable("AWS_REGION"));
        cloud.target("dynamodb", "DynamoDB_20120810.GetItem", &get).await
    };
    assert_eq!(get_with(element(&made, "SecretAccessKey")).await, (200, "{}".to_owned()));
    let (status, text) = get_with("wrong").await;
    assert!((400..500).contains(&status) && text.contains("Signature"), "{status} {text}");
    let counts = metered.meter.take();
    assert_eq!((counts.calls["DynamoDB.GetItem"], counts.reads), (2, units(&[("Events", 0.5)])), "one was rejected");
}

async fn iam(cloud: &Cloud, form: &[(&str, &str)]) -> String {
    let pairs = form.iter().chain(&[("Version", "2010-05-08")]);
    let url = reqwest::Url::parse_with_params("http://x/", pairs).expect("a form");
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    let (status, text) = cloud.post("iam", "/", &headers, url.query().expect("a form").to_owned()).await;
    assert_eq!(status, 200, "{text}");
    text
}

fn element<'a>(xml: &'a str, name: &str) -> &'a str {
    let (_, after) = xml.split_once(&format!("<{name}>")).expect("the element");
    after.split_once('<').expect("its end").0
}

#[tokio::test]
#[should_panic(expected = "DynamoDB.Scan: the cost of this operation is unknown")]
async fn a_call_that_cannot_be_counted_is_reported() {
    let metered = Metered::new().await;
    assert_eq!(metered.call("DynamoDB.Scan", json!({"TableName": variable("EVENTS_TABLE")})).await.0, 200);
    metered.meter.take();
}
