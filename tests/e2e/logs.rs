//! Logs of the functions: a line for each request, event and attempt, metrics, and no secrets.

use std::time::{SystemTime, UNIX_EPOCH};

use e2e::{
    Operator, Receiver, aws, eventually_seldom,
    inbox::{self, new_address},
};
use serde_json::{Value, json};

/// The log messages of all functions since `since` (milliseconds since the Unix epoch).
async fn logged(since: u128) -> Vec<String> {
    logged_by("", "", since).await
}

/// The log messages that match a CloudWatch filter pattern, from log groups whose names end with `group`.
pub(crate) async fn logged_by(group: &str, pattern: &str, since: u128) -> Vec<String> {
    let groups = aws::call("logs", "Logs_20140328.DescribeLogGroups", json!({})).await;
    let groups = groups["logGroups"].as_array().expect("a list").iter().map(|group| &group["logGroupName"]);
    let mut lines = vec![];
    for name in groups.filter(|name| name.as_str().expect("a name").ends_with(group)) {
        let mut request = json!({"logGroupName": name, "startTime": since as u64, "filterPattern": pattern});
        loop {
            let page = aws::call("logs", "Logs_20140328.FilterLogEvents", request.clone()).await;
            let messages = page["events"].as_array().expect("a list").iter();
            lines.extend(messages.map(|event| event["message"].as_str().expect("text").to_owned()));
            match page["nextToken"].as_str() {
                Some(token) => request["nextToken"] = json!(token),
                None => break,
            }
        }
    }
    lines
}

#[tokio::test]
async fn a_cold_start_is_logged() {
    Operator::create().await;
    let line = eventually_seldom("the line for the cold start of `admin`", async || {
        let lines = logged_by("AdminLogs", "cold", 0).await;
        let json =
            lines.iter().flat_map(|text| text.lines()).filter_map(|line| serde_json::from_str::<Value>(line).ok());
        json.into_iter().find(|line| line["message"] == "cold start")
    })
    .await;
    assert!(line["service"] == "admin" && line["init_ms"].as_f64().is_some_and(|ms| ms > 0.0), "{line}");
}

#[tokio::test]
async fn every_request_event_and_attempt_is_logged_without_secrets() {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("a time").as_millis();
    let operator = Operator::create().await;
    let receiver = Receiver::taking().await;
    let webhook = operator.webhook(&receiver).await;
    let id = webhook["id"].as_str().expect("an id");
    let rotated = operator.post_empty(&format!("/v1/notifications/destinations/{id}/rotate-secret")).await.expect(200);
    operator.rule("custom.logs", &[id]).await;
    let endpoint = crate::endpoints::make(&operator, receiver.url()).await;
    let path = crate::endpoints::of(endpoint["id"].as_str().expect("an id"), "");
    operator.post_empty(&format!("{path}/rotate-secret")).await.expect(200);
    let both = operator.get(&format!("{path}/secret")).await.expect(200);
    let address = new_address();
    let mail = operator.register("email", &address).await.expect(201);
    let mail = mail["id"].as_str().expect("an id");
    operator.post_empty(&format!("/v1/notifications/destinations/{mail}/send-code")).await.expect(200);
    let code = inbox::code(&address, 0).await;
    let verify = format!("/v1/notifications/destinations/{mail}/verify");
    operator.post(&verify, json!({ "code": code })).await.expect(200);
    operator.post("/v1/events", json!({"type": "not a type", "data": {}})).await.error(400);
    let event = operator.event("custom.logs", json!({"password": "hunter2-in-the-data"})).await;
    let delivery = operator.delivery(id, &event, "succeeded").await;

    let parsed = |lines: &[String]| -> Vec<Value> {
        lines.iter().flat_map(|text| text.lines()).filter_map(|line| serde_json::from_str(line).ok()).collect()
    };
    let lines = eventually_seldom("the lines for the attempt and the last request", async || {
        let lines = logged(since).await;
        let json = parsed(&lines);
        let attempt = json.iter().any(|line| line["attempt"].is_u64() && line["delivery_id"] == delivery["id"]);
        attempt.then_some(lines)
    })
    .await;
    let json = parsed(&lines);
    let find = |what: &str, wanted: &dyn Fn(&Value) -> bool| {
        let found: Vec<_> = json.iter().filter(|line| line.get(what).is_some() && wanted(line)).collect();
        let [line] = found[..] else { panic!("one line with `{what}`: {found:#?}") };
        line
    };
    // The ids of API Gateway and of this API in one line. The access log has how long the request took.
    let posted = find("accepted", &|line| line["event_id"] == event);
    assert_eq!(posted["accepted"], 1);
    assert!(posted["api_request_id"].is_string() && posted["key_id"].is_string(), "{posted}");
    let rejected = find("request", &|line| line["status"] == 400 && line["operator_id"] == operator.id);
    assert!(rejected["ms"].is_u64() && rejected["request_id"].is_string(), "all that is known: {rejected}");
    let ours = json.iter().filter(|line| line["operator_id"] == operator.id);
    let mut requests = ours.filter_map(|line| line["request"].as_str());
    assert!(requests.any(|name| name == "POST /v1/notifications/destinations/{id}/verify"), "the pattern of the route");
    let dispatched = find("pending", &|line| line["event_id"] == event);
    assert_eq!(dispatched, &json!({"event_id": event, "operator_id": operator.id, "pending": 1}));
    // The ids of the event and of the destination are in that of the delivery.
    let attempt = find("attempt", &|line| line["delivery_id"] == delivery["id"]);
    let expected = json!({"delivery_id": delivery["id"], "attempt": 1, "status": 204, "ms": attempt["ms"]});
    assert!(attempt["ms"].is_u64() && *attempt == expected, "{attempt}");
    assert!([posted, dispatched, attempt].iter().all(|line| line.get("trace_id").is_none()), "no trace was requested");
    assert!(lines.iter().all(|line| !line.contains(&address)), "an address is in the log");

    // CloudWatch's embedded metric format: the names are in `_aws`, the values in separate fields. Requests are counted if
    // they were refused or failed.
    for name in ["deliveries", "attempt_ms", "event_age_ms", "events", "requests"] {
        let has = |line: &Value| {
            line["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "StackNotifications" && !line[name].is_null()
        };
        assert!(json.iter().any(has), "no metric {name}");
    }

    let about_the_code: Vec<_> = lines.iter().filter(|line| line.contains(mail)).collect();
    assert!(about_the_code.iter().any(|line| line.contains("code sent")));
    assert!(about_the_code.iter().all(|line| !line.contains(&code)), "the code is in the log");

    let all = lines.concat();
    let secrets = [
        operator.key.as_deref().expect("a key"),
        webhook["webhook_secret"].as_str().expect("a secret"),
        rotated["webhook_secret"].as_str().expect("a secret"),
        both["secret"].as_str().expect("a secret"),
        both["previous_secret"].as_str().expect("a secret"),
        "hunter2-in-the-data",
    ];
    for secret in secrets {
        assert!(!all.contains(secret), "a secret is in the log");
    }
}
