//! How every API shows a destination's traffic, and the limit that its operator sets.

use axum::http::StatusCode;
use e2e::{Operator, Receiver, aws, eventually};
use serde_json::{Value, json};

use crate::{endpoints, project_channels, providers, subscriptions};

const PATH: &str = "/v1/notifications/destinations";
const EVENT: &str = "custom.traffic";
const URL: &str = "https://example.com/hooks";
/// Values that every API rejects as a limit.
const WRONG: [&str; 6] = ["0", "-1", "0.0009", "1000.5", "\"10\"", "[10]"];

fn path(made: &Value) -> String {
    format!("{PATH}/{}", made["id"].as_str().expect("an id"))
}

/// The invalid limits as JSON.
fn wrong() -> impl Iterator<Item = Value> {
    WRONG.iter().map(|text| serde_json::from_str(text).expect("JSON"))
}

fn own(rate: f64) -> Value {
    json!({"rate": rate, "source": "operator"})
}

async fn row(operator: &Operator, destination: &str) -> Value {
    let key = json!({"operator_id": {"S": operator.id}, "id": {"S": destination}});
    let request = json!({"TableName": e2e::variable("DESTINATIONS_TABLE"), "Key": key, "ConsistentRead": true});
    aws::call("dynamodb", "DynamoDB_20120810.GetItem", request).await["Item"].clone()
}

#[tokio::test]
async fn a_limit_is_set_at_creation_changed_and_removed() {
    let operator = Operator::create().await;
    let new = json!({"channel_type": "webhook", "destination": URL, "max_per_second": 2.5});
    let made = operator.post(PATH, new).await.expect(201);
    let names: Vec<_> = made.as_object().expect("an object").keys().map(String::as_str).collect();
    let documented = ["channel_type", "created_at", "destination", "id", "operator_id", "verified", "webhook_secret"];
    assert_eq!(names, documented, "the documented answer");

    let path = path(&made);
    let shown = operator.get(&path).await.expect(200);
    assert_eq!((&shown["max_per_second"], &shown["health"]["pace"]), (&json!(2.5), &own(2.5)));
    assert_eq!(shown["health"]["breaker"], json!({"state": "closed", "until": null}));
    assert_eq!(shown["health"]["slow"], false);
    assert_eq!(operator.get(PATH).await.expect(200)["destinations"], json!([shown]));

    let changed = operator.patch(&path, json!({"max_per_second": 10})).await.expect(200);
    assert_eq!((&changed["max_per_second"], &changed["health"]["pace"]), (&json!(10.0), &own(10.0)));
    assert_eq!(changed["webhook_secret"], "••••••••");
    assert_eq!(operator.patch(&path, json!({})).await.expect(200), changed, "nothing changes");
    assert_eq!(operator.patch(&path, json!({"max_per_second": 10})).await.expect(200), changed, "nothing changes");
    assert_eq!(operator.get(&path).await.expect(200), changed);

    let removed = operator.patch(&path, json!({"max_per_second": null})).await.expect(200);
    assert_eq!((&removed["max_per_second"], &removed["health"]["pace"]), (&Value::Null, &Value::Null));
    assert_eq!(operator.get(&path).await.expect(200), removed);
    operator.delete(&path).await.expect(200);
    assert_eq!(operator.patch(&path, json!({"max_per_second": 1})).await.error(404).1, "not_found");
}

#[tokio::test]
async fn an_invalid_limit_is_rejected_with_the_field_and_the_range() {
    let operator = Operator::create().await;
    let made = operator.register("webhook", URL).await.expect(201);
    for limit in wrong() {
        let new = json!({"channel_type": "webhook", "destination": "https://example.com/b", "max_per_second": limit});
        for answer in [
            operator.post(PATH, new).await,
            operator.patch(&path(&made), json!({"max_per_second": limit})).await,
            operator.post(endpoints::PATH, json!({"url": URL, "max_per_second": limit})).await,
        ] {
            let (sentence, code) = answer.error(400);
            assert!(sentence.contains("`max_per_second`: "), "{limit}: {sentence}");
            assert!(sentence.contains("a number from 0.001 to 1000"), "{limit}: {sentence}");
            assert_eq!(code, "invalid_field");
        }
    }
    let (sentence, _) = operator.patch(&path(&made), json!({"url": URL})).await.error(400);
    assert!(sentence.contains("unknown field `url`"), "{sentence}");
    assert_eq!(operator.get(PATH).await.expect(200)["destinations"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn only_destinations_that_receive_requests_have_a_limit() {
    let operator = Operator::create().await;
    for (kind, address, word) in
        [("email", "ops@example.com", "the account's rate"), ("sms", "+14155551234", "text messages")]
    {
        let new = json!({"channel_type": kind, "destination": address, "max_per_second": 1});
        let (sentence, _) = operator.post(PATH, new).await.error(400);
        assert!(sentence.contains("`max_per_second`") && sentence.contains(word), "{sentence}");
        let made = operator.register(kind, address).await.expect(201);
        let (sentence, _) = operator.patch(&path(&made), json!({"max_per_second": 1})).await.error(400);
        assert!(sentence.contains(word), "{sentence}");
        let shown = operator.patch(&path(&made), json!({"max_per_second": null})).await.expect(200);
        assert_eq!(shown["max_per_second"], Value::Null);
    }
}

#[tokio::test]
async fn a_viewer_sees_the_limit_and_an_editor_sets_it() {
    let operator = Operator::create().await;
    let made = operator.register("webhook", URL).await.expect(201);
    let (viewer, editor) = (operator.with_role("viewer").await, operator.with_role("editor").await);
    assert_eq!(viewer.patch(&path(&made), json!({"max_per_second": 5})).await.error(403).1, "forbidden");
    operator.without_key().patch(&path(&made), json!({"max_per_second": 5})).await.error(401);
    let changed = editor.patch(&path(&made), json!({"max_per_second": 5})).await.expect(200);
    assert_eq!(viewer.get(&path(&made)).await.expect(200), changed);
}

#[tokio::test]
async fn a_changed_limit_applies_immediately() {
    let operator = Operator::create().await;
    let receiver = Receiver::taking().await;
    let new = json!({"channel_type": "webhook", "destination": receiver.url(), "max_per_second": 0.001});
    let made = operator.post(PATH, new).await.expect(201);
    let id = made["id"].as_str().expect("an id");
    operator.rule(EVENT, &[id]).await;
    let first = operator.event(EVENT, json!({"n": 1})).await;
    operator.delivery(id, &first, "succeeded").await;
    assert!(
        row(&operator, id).await["next_slot"]["N"].is_string(),
        "the next delivery would wait for a quarter of an hour"
    );
    operator.patch(&path(&made), json!({"max_per_second": 100})).await.expect(200);
    let changed = row(&operator, id).await;
    assert_eq!((&changed["next_slot"], &changed["max_per_second"]["N"]), (&Value::Null, &json!("100000")));
    let second = operator.event(EVENT, json!({"n": 2})).await;
    operator.delivery(id, &second, "succeeded").await;
}

#[tokio::test]
async fn a_receiver_that_asks_to_slow_down_is_shown_with_its_pace() {
    let operator = Operator::create().await;
    let receiver = Receiver::answering(|n| match n {
        1 => StatusCode::TOO_MANY_REQUESTS,
        _ => StatusCode::OK,
    })
    .await;
    let made = operator.webhook(&receiver).await;
    let id = made["id"].as_str().expect("an id");
    operator.rule(EVENT, &[id]).await;
    let event = operator.event(EVENT, json!({})).await;
    let health = eventually("it is paced", async || {
        let health = operator.get(&path(&made)).await.expect(200)["health"].clone();
        (!health["pace"].is_null()).then_some(health)
    })
    .await;
    assert_eq!((&health["pace"]["source"], &health["status"]), (&json!("receiver"), &json!("healthy")));
    assert!(health["pace"]["rate"].as_f64().is_some_and(|rate| rate > 0.0), "{health}");
    operator.delivery(id, &event, "succeeded").await;
}

#[tokio::test]
async fn an_endpoint_of_stack_auth_has_a_limit() {
    let operator = Operator::create().await;
    let new = json!({"url": URL, "max_per_second": 4});
    let made = operator.post(endpoints::PATH, new).await.expect(201);
    assert_eq!((&made["max_per_second"], &made["health"]["pace"]), (&json!(4.0), &own(4.0)));
    let path = endpoints::of(made["id"].as_str().expect("an id"), "");
    let other = operator.patch(&path, json!({"description": "CRM"})).await.expect(200);
    assert_eq!(other["max_per_second"], 4.0, "an omitted field stays");
    let raised = operator.patch(&path, json!({"max_per_second": 8, "url": "https://example.com/2"})).await.expect(200);
    assert_eq!((&raised["max_per_second"], &raised["health"]["pace"]), (&json!(8.0), &own(8.0)));
    let removed = operator.patch(&path, json!({"max_per_second": null})).await.expect(200);
    assert_eq!((&removed["max_per_second"], &removed["health"]["pace"]), (&Value::Null, &Value::Null));
    assert_eq!(operator.get(&path).await.expect(200), removed);
}

#[tokio::test]
async fn a_mail_webhook_has_a_limit_and_its_change_is_an_event() {
    let operator = Operator::create().await;
    let new = json!({"url": URL, "eventTypes": [subscriptions::SENT], "maxPerSecond": 4});
    let made = operator.post("/mail/webhooks", new.clone()).await.expect(201);
    assert_eq!((&made["maxPerSecond"], &made["health"]["pace"]), (&json!(4.0), &own(4.0)));
    let webhook = subscriptions::id(&made);
    let path = format!("/mail/webhooks/{webhook}");
    let removed = operator.patch(&path, json!({"maxPerSecond": null})).await.expect(200);
    assert_eq!((&removed["maxPerSecond"], &removed["health"]["pace"]), (&Value::Null, &Value::Null));
    assert_eq!(operator.get(&path).await.expect(200), removed);
    assert_eq!(
        subscriptions::lifecycle_events(&operator, &webhook, 2).await[1]["data"]["changed"],
        json!(["maxPerSecond"])
    );
    for limit in wrong() {
        let mut new = new.clone();
        new["maxPerSecond"] = limit;
        for answer in [
            operator.post("/mail/webhooks", new.clone()).await,
            operator.patch(&path, json!({"maxPerSecond": new["maxPerSecond"]})).await,
        ] {
            let text = answer.expect(400).to_string();
            assert!(text.contains("`maxPerSecond`") && text.contains("a number from 0.001 to 1000"), "{text}");
        }
    }
}

#[tokio::test]
async fn a_provider_has_a_limit_unless_it_sends_mails() {
    let tenant = providers::tenant().await;
    let new = json!({"kind": "webhook", "name": "x", "config": {"url": URL}, "maxPerSecond": 4});
    let made = tenant.post(providers::PATH, new.clone()).await.expect(201);
    let path = providers::of(made["id"].as_str().expect("an id"), "");
    let shown = tenant.get(&path).await.expect(200);
    assert_eq!((&shown["maxPerSecond"], &shown["health"]["pace"]), (&json!(4.0), &own(4.0)));
    let renamed = tenant.patch(&path, json!({"name": "y"})).await.expect(200);
    assert_eq!(renamed["maxPerSecond"], 4.0, "an omitted field stays");
    let moved = json!({"maxPerSecond": 8, "config": {"url": "https://example.com/2"}});
    assert_eq!(tenant.patch(&path, moved).await.expect(200)["maxPerSecond"], 8.0);
    let removed = tenant.patch(&path, json!({"maxPerSecond": null})).await.expect(200);
    assert_eq!((&removed["maxPerSecond"], &removed["health"]["pace"]), (&Value::Null, &Value::Null));
    assert_eq!(tenant.get(&path).await.expect(200), removed);
    for limit in wrong() {
        let refused = tenant.patch(&path, json!({"maxPerSecond": limit})).await.expect(422);
        let problem = &refused["fields"][0];
        assert_eq!(problem, &json!({"field": "maxPerSecond", "message": "send a number from 0.001 to 1000"}));
    }
    let config = json!({"fromEmail": "ops-alerts@example.com", "toEmails": ["oncall@example.com"]});
    let mails = json!({"kind": "ops_email", "name": "x", "config": config, "maxPerSecond": 1});
    let refused = tenant.post(providers::PATH, mails).await.expect(422).to_string();
    assert!(refused.contains("maxPerSecond") && refused.contains("the account's rate"), "{refused}");
}

#[tokio::test]
async fn a_project_channel_has_a_limit_unless_it_sends_mails() {
    let project = Operator::create().await.in_project("web");
    let mut new = project_channels::webhook(URL, "high");
    new["maxPerSecond"] = json!(4);
    let id = project_channels::make(&project, new).await;
    let path = project_channels::of(&id, "");
    let shown = project.get(&path).await.expect(200)["data"].clone();
    assert_eq!((&shown["maxPerSecond"], &shown["health"]["pace"]), (&json!(4.0), &own(4.0)));
    let renamed = project.put(&path, json!({"name": "y"})).await.expect(200);
    assert_eq!(renamed["data"]["maxPerSecond"], 4.0, "an omitted field stays");
    let removed = project.put(&path, json!({"maxPerSecond": null})).await.expect(200);
    assert_eq!((&removed["data"]["maxPerSecond"], &removed["data"]["health"]["pace"]), (&Value::Null, &Value::Null));
    for limit in wrong() {
        let refused = project.put(&path, json!({"maxPerSecond": limit})).await.expect(400).to_string();
        assert!(refused.contains("maxPerSecond") && refused.contains("send a number from 0.001 to 1000"), "{refused}");
    }
    let mails = json!({
        "type": "email", "name": "x", "severityThreshold": "high", "credentials": {"recipients": ["a@example.com"]},
        "maxPerSecond": 1,
    });
    let refused = project.post(project_channels::PATH, mails).await.expect(400).to_string();
    assert!(refused.contains("the account's rate"), "{refused}");
}
