//! Two concurrent changes of one resource: both succeed, or one of them is rejected with a conflict.

use e2e::{Operator, Receiver};
use futures::future::join;
use reqwest::Method;
use serde_json::{Value, json};

/// The number of pairs of changes for each resource.
const PAIRS: usize = 50;

/// A field, and its value in each pair of changes.
type Field = (&'static str, fn(usize) -> Value);

fn text(pair: usize) -> Value {
    json!(format!("m {pair}"))
}

fn on(pair: usize) -> bool {
    pair.is_multiple_of(2)
}

fn enabled(pair: usize) -> Value {
    json!(if on(pair) { "enabled" } else { "disabled" })
}

/// Repeatedly changes two fields with two concurrent requests. Each field is in the object at the pointer `at`, and its
/// value is computed from the pair's number.
async fn both_hold(operator: &Operator, method: Method, path: &str, at: &str, fields: [Field; 2]) {
    let send = async |field: &str, value: &Value| {
        let body = json!({ field: value }).to_string();
        operator.request(method.clone(), path, &[], Some(body)).await
    };
    for pair in 0..PAIRS {
        let [first, second] = fields.map(|(field, value)| (field, value(pair)));
        let (a, b) = join(send(first.0, &first.1), send(second.0, &second.1)).await;
        let after = operator.get(path).await.expect(200);
        for (answer, (field, value)) in [(a, first), (b, second)] {
            let found = &after.pointer(at).expect("the thing")[field];
            match answer.status {
                200 => assert_eq!(*found, value, "{path}: {field} of pair {pair} was answered with 200 but is lost"),
                409 => {}
                status => panic!("{path}: {status} {}", answer.json),
            }
        }
    }
}

fn id(of: &Value) -> &str {
    of["id"].as_str().unwrap_or_else(|| panic!("no id: {of}"))
}

#[tokio::test]
async fn concurrent_changes_of_a_mail_webhook_both_succeed_or_conflict() {
    let (operator, receiver) = (Operator::create().await, Receiver::taking().await);
    let new = json!({"url": receiver.url(), "eventTypes": ["mail.message.sent"]});
    let path = format!("/mail/webhooks/{}", id(&operator.post("/mail/webhooks", new).await.expect(201)));
    both_hold(&operator, Method::PATCH, &path, "", [("status", enabled), ("description", text)]).await;
}

#[tokio::test]
async fn concurrent_changes_of_an_endpoint_both_succeed_or_conflict() {
    let (operator, receiver) = (Operator::create().await, Receiver::taking().await);
    let made = operator.post("/v1/webhooks/endpoints", json!({"url": receiver.url()})).await.expect(201);
    let path = format!("/v1/webhooks/endpoints/{}", id(&made));
    both_hold(&operator, Method::PATCH, &path, "", [("status", enabled), ("description", text)]).await;
    let rate = |pair: usize| json!(f64::from(u32::try_from(pair).expect("small")) + 0.5);
    both_hold(&operator, Method::PATCH, &path, "", [("max_per_second", rate), ("description", text)]).await;
}

#[tokio::test]
async fn concurrent_changes_of_a_rule_both_succeed_or_conflict() {
    let (operator, receiver) = (Operator::create().await, Receiver::taking().await);
    let webhook = operator.webhook(&receiver).await;
    let path = format!("/v1/notifications/channels/{}", operator.rule("custom.a", &[id(&webhook)]).await);
    let severity = |pair: usize| json!(if on(pair) { "info" } else { "critical" });
    let switch = |pair: usize| json!(on(pair));
    both_hold(&operator, Method::PATCH, &path, "", [("active", switch), ("min_severity", severity)]).await;
}

#[tokio::test]
async fn concurrent_changes_of_a_provider_both_succeed_or_conflict() {
    let (operator, receiver) = (Operator::create().await.from_page(), Receiver::taking().await);
    let new = json!({"kind": "webhook", "name": "x", "config": {"url": receiver.url()}});
    let made = operator.post("/api/v1/notifications/providers", new).await.expect(201);
    let path = format!("/api/v1/notifications/providers/{}", id(&made));
    let switch = |pair: usize| json!(on(pair));
    both_hold(&operator, Method::PATCH, &path, "", [("enabled", switch), ("name", text)]).await;
}

#[tokio::test]
async fn concurrent_changes_of_a_project_channel_both_succeed_or_conflict() {
    let (operator, receiver) = (Operator::create_with_plan("pro").await.in_project("web"), Receiver::taking().await);
    let new =
        json!({"type": "webhook", "name": "x", "severityThreshold": "low", "credentials": {"url": receiver.url()}});
    let made = operator.post("/v1/config/notifications", new).await.expect(201);
    let path = format!("/v1/config/notifications/{}", id(&made["data"]));
    let threshold = |pair: usize| json!(if on(pair) { "high" } else { "low" });
    both_hold(&operator, Method::PUT, &path, "/data", [("severityThreshold", threshold), ("name", text)]).await;
}

#[tokio::test]
async fn the_later_of_two_concurrent_changes_of_a_destination_wins() {
    let (operator, receiver) = (Operator::create().await, Receiver::taking().await);
    let path = format!("/v1/notifications/destinations/{}", id(&operator.webhook(&receiver).await));
    for pair in 0..PAIRS {
        let limits = [json!(pair + 1), json!(pair + 501)];
        let change = async |limit: &Value| operator.patch(&path, json!({ "max_per_second": limit })).await.expect(200);
        join(change(&limits[0]), change(&limits[1])).await;
        let found = operator.get(&path).await.expect(200)["max_per_second"].as_f64().expect("a limit");
        assert!(limits.iter().any(|limit| limit.as_f64() == Some(found)), "{found} of {limits:?}");
    }
}
