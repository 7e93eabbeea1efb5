//! `POST /v1/events`.

use std::collections::{BTreeMap, BTreeSet};

use e2e::{Operator, Receiver, eventually, receiver::Received};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const PATH: &str = "/v1/events";

async fn subscribed(event: &str) -> (Operator, Receiver, Value) {
    let operator = Operator::create().await;
    let receiver = Receiver::taking().await;
    let webhook = operator.webhook(&receiver).await;
    operator.rule(event, &[webhook["id"].as_str().expect("an id")]).await;
    (operator, receiver, webhook)
}

/// Posts a last event and waits until it arrives: earlier duplicates would have arrived by then.
async fn flush(operator: &Operator, receiver: &Receiver, event: &str) -> Vec<Value> {
    operator.event(event, json!({"last": true})).await;
    eventually("the last event", async || {
        let bodies: Vec<_> = receiver.received().iter().map(|request| request.json()).collect();
        bodies.iter().any(|body| body["data"]["last"] == true).then_some(bodies)
    })
    .await
}

#[tokio::test]
async fn an_event_becomes_a_signed_webhook_in_the_documented_format() {
    let (operator, receiver, webhook) = subscribed("passport.flagged").await;
    let event = json!({
        "type": "passport.flagged", "severity": "high", "timestamp": "2026-04-15T12:05:00+02:00",
        "data": {"jti": "ppt_abc123", "agent_id": "agt_xyz"},
    });
    let id = operator.post(PATH, event).await.expect(202)["id"].as_str().expect("an id").to_owned();
    let got = &receiver.wait_for(1).await[0];
    let body = String::from_utf8(got.body.to_vec()).expect("text");
    let expected = format!(
        r#"{{"event_type":"passport.flagged","timestamp":"2026-04-15T10:05:00.000Z","operator_id":"{}","severity":"warning","data":{{"agent_id":"agt_xyz","jti":"ppt_abc123"}}}}"#,
        operator.id
    );
    assert_eq!(body, expected);
    assert!(got.signed_by(webhook["webhook_secret"].as_str().expect("a secret")));
    assert_eq!(got.header("content-type"), "application/json");
    assert!(got.header("user-agent").starts_with("STACK-Notifications/"));

    let delivery = operator.delivery(webhook["id"].as_str().expect("an id"), &id, "succeeded").await;
    assert_eq!(delivery["id"], got.header("webhook-id"));
    let one = operator.get(&format!("/v1/deliveries/{}", got.header("webhook-id"))).await.expect(200);
    // The same as in the list, plus the request.
    let mut as_listed = one.clone();
    let request = as_listed.as_object_mut().and_then(|shown| shown.remove("request")).expect("a request");
    for headers in ["request_headers", "response_headers"] {
        as_listed["attempts"][0].as_object_mut().expect("an attempt").remove(headers).expect(headers);
    }
    assert_eq!((as_listed, &request["body"]), (delivery, &json!(body)));
    let attempt = &one["attempts"][0];
    assert_eq!((&attempt["number"], &attempt["status"], &attempt["error"]), (&json!(1), &json!(204), &Value::Null));
    assert!(attempt["duration_ms"].is_u64() && attempt["at"].is_string());
    let other = Operator::create().await;
    other.get(&format!("/v1/deliveries/{}", got.header("webhook-id"))).await.error(404);
    other.post_empty(&format!("/v1/deliveries/{}/retry", got.header("webhook-id"))).await.error(404);
}

#[tokio::test]
async fn rules_match_by_type_and_severity_and_a_destination_gets_an_event_once() {
    let operator = Operator::create().await;
    let receiver = Receiver::taking().await;
    let webhook = operator.webhook(&receiver).await;
    let id = webhook["id"].as_str().expect("an id");
    // Two rules match the same destination; `agent.blocked` and `passport.blocked` overlap.
    for events in [json!(["agent.blocked"]), json!(["passport.blocked", "custom.last"])] {
        let rule = json!({"destination_id": id, "events": events, "min_severity": "warning"});
        operator.post("/v1/notifications/channels", rule).await.expect(201);
    }
    for (event, severity) in [
        ("agent.blocked", "critical"),
        ("passport.blocked", "info"),
        ("passport.blocked", "low"),
        ("passport.flagged", "critical"),
    ] {
        operator.post(PATH, json!({"type": event, "severity": severity, "data": {}})).await.expect(202);
    }
    let bodies = flush(&operator, &receiver, "custom.last").await;
    let types: Vec<_> = bodies.iter().map(|body| body["event_type"].as_str().expect("a type")).collect();
    assert_eq!(types.iter().filter(|t| **t == "agent.blocked").count(), 1, "{types:?}");
    assert_eq!(types.len(), 2, "{types:?}");
}

#[tokio::test]
async fn a_batch_is_accepted_or_rejected_as_a_whole() {
    let (operator, receiver, _) = subscribed("custom.batch").await;
    let event = |n: usize| json!({"type": "custom.batch", "data": {"n": n}});
    let accepted = operator.post(PATH, json!({"events": (0..100).map(event).collect::<Vec<_>>()})).await.expect(202);
    let mut ids: Vec<_> = accepted["events"].as_array().expect("a list").iter().map(|e| e["id"].to_string()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 100);
    // By id: on a busy machine, a delivery may be sent twice, because webhooks are delivered at least once.
    let numbers = eventually("each event arrives", async || {
        let got = receiver.received();
        let number = |got: &Received| got.json()["data"]["n"].as_u64().expect("a number");
        let by_id: BTreeMap<_, _> = got.iter().map(|got| (got.header("webhook-id").to_owned(), number(got))).collect();
        (by_id.len() == 100).then(|| by_id.into_values().collect::<BTreeSet<_>>())
    })
    .await;
    assert!(numbers.into_iter().eq(0..100));

    for (events, word) in [
        (json!([]), "`events`"),
        (json!((0..101).map(event).collect::<Vec<_>>()), "`events`"),
        (json!([event(1), {"type": "custom.batch"}]), "`events[1]`"),
        (json!([event(1), {"type": "nonsense", "data": {}}]), "`events[1].type`"),
        (json!([event(1), {"type": "custom.batch", "severity": "loud", "data": {}}]), "`events[1].severity`"),
    ] {
        let (sentence, _) = operator.post(PATH, json!({"events": events})).await.error(400);
        assert!(sentence.contains(word), "{sentence}");
    }
    flush(&operator, &receiver, "custom.batch").await;
    let got = receiver.received();
    let ids: BTreeSet<_> = got.iter().map(|got| got.header("webhook-id")).collect();
    assert_eq!(ids.len(), 101, "no event of a rejected batch was accepted");
}

#[tokio::test]
async fn a_repeat_is_answered_with_the_first_id_and_delivered_once() {
    let (operator, receiver, _) = subscribed("custom.once").await;
    let event = json!({"type": "custom.once", "data": {"n": 1}});
    let post = async |key: &str, body: &Value| {
        operator.request(Method::POST, PATH, &[("idempotency-key", key)], Some(body.to_string())).await
    };
    let first = post("key-1", &event).await.expect(202);
    let second = post("key-1", &event).await.expect(202);
    receiver.wait_for(1).await;
    let third = post("key-1", &event).await.expect(202);
    assert_eq!((&first, &first), (&second, &third));

    // The same with the body's own id, including two equal events in one batch.
    let own = json!({"type": "custom.once", "id": "order-7", "data": {"n": 2}});
    let batch = json!({"events": [own, own, {"type": "custom.once", "data": {"n": 3}}]});
    let accepted = operator.post(PATH, batch).await.expect(202);
    assert_eq!(accepted["events"][0], accepted["events"][1]);
    assert_eq!(operator.post(PATH, own).await.expect(202), accepted["events"][0]);

    let (sentence, code) = post("key-1", &json!({"type": "custom.once", "data": {"n": 9}})).await.error(409);
    assert!(sentence.contains("Idempotency-Key"), "{sentence}");
    assert_eq!(code, "idempotency_conflict");
    post("not visible", &event).await.error(400);
    // Another operator's idempotency keys are separate.
    let other = Operator::create().await;
    let theirs = other.request(Method::POST, PATH, &[("idempotency-key", "key-1")], Some(event.to_string())).await;
    assert_ne!(theirs.expect(202), first);

    let mut numbers: Vec<_> =
        flush(&operator, &receiver, "custom.once").await.iter().map(|body| body["data"]["n"].as_u64()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, [None, Some(1), Some(2), Some(3)]);
}

#[tokio::test]
async fn a_repeat_after_a_crash_between_claim_and_queue_delivers_the_event() {
    let (operator, receiver, _) = subscribed("custom.crash").await;
    let event = json!({"type": "custom.crash", "id": "order-1", "data": {"n": 1}});
    // The claim that a function leaves behind if it dies before it reaches the queue.
    let posted: domain::event::PostedEvent = serde_json::from_value(event.clone()).expect("an event");
    let hex = |bytes: &[u8]| data_encoding::HEXLOWER.encode(&Sha256::digest(bytes));
    let first = format!("evt_{}", domain::EventId::generate().ulid());
    let mark = json!({
        "operator_id": {"S": operator.id},
        "id": {"S": format!("idem#{}", hex(b"id:order-1"))},
        "event_id": {"S": first},
        "fingerprint": {"S": hex(&posted.fingerprint())},
        "ttl": {"N": (jiff::Timestamp::now().as_second() + 3600).to_string()},
    });
    let put = json!({"TableName": e2e::variable("EVENTS_TABLE"), "Item": mark});
    e2e::aws::call("dynamodb", "DynamoDB_20120810.PutItem", put).await;
    assert_eq!(operator.post(PATH, event).await.expect(202)["id"], first);
    receiver.wait_for(1).await;
}

#[tokio::test]
async fn errors_of_events_name_the_field() {
    let operator = Operator::create().await;
    for (body, word) in [
        (json!({}), "`type`"),
        (json!({"type": "custom.a"}), "`data`"),
        (json!({"type": "pasport.flagged", "data": {}}), "did you mean \"passport.flagged\""),
        (json!({"type": "custom.a", "data": [1]}), "`data`"),
        (json!({"type": "custom.a", "timestamp": "today", "data": {}}), "`timestamp`"),
        (json!({"type": "custom.a", "resource": {"type": "message"}, "data": {}}), "`id`"),
        (json!({"type": "custom.a", "operator_id": "op_1", "data": {}}), "`operator_id`"),
        (json!({"type": "custom.a", "data": {"x": "x".repeat(300_000)}}), "`data`"),
    ] {
        let (sentence, _) = operator.post(PATH, body).await.error(400);
        assert!(sentence.contains(word), "{word}: {sentence}");
    }
}

#[tokio::test]
async fn a_large_event_is_delivered() {
    let (operator, receiver, _) = subscribed("custom.large").await;
    let data = json!({"x": "x".repeat(250_000)});
    let events: Vec<_> = (0..6).map(|n| json!({"type": "custom.large", "id": n.to_string(), "data": data})).collect();
    operator.post(PATH, json!({"events": events})).await.expect(202);
    let got = receiver.wait_for(6).await;
    assert!(got.iter().all(|request| request.json()["data"] == data));
}

#[tokio::test]
async fn a_key_of_a_project_posts_events_for_that_project_only() {
    let operator = Operator::create().await;
    let request = json!({"create_key": {"operator_id": operator.id, "role": "editor", "project_id": "prj_1"}});
    let made = e2e::aws::admin(request).await.expect("a key");
    let bound = operator.with_key(made["api_key"].as_str().expect("a key"));
    bound.post(PATH, json!({"type": "custom.a", "data": {}})).await.expect(202);
    bound.post(PATH, json!({"type": "custom.a", "project_id": "prj_1", "data": {}})).await.expect(202);
    let (sentence, _) =
        bound.post(PATH, json!({"type": "custom.a", "project_id": "prj_2", "data": {}})).await.error(403);
    assert!(sentence.contains("prj_1"), "{sentence}");
}
