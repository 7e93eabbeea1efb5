//! Webhook subscriptions of the Mail API: their life cycle, signatures and deliveries.

use domain::{EventId, WebhookSecret, signature};
use e2e::{Operator, Receiver, eventually, receiver::Received};
use serde_json::{Value, json};

pub(crate) const SENT: &str = "mail.message.sent";

pub(crate) fn id(value: &Value) -> String {
    value["id"].as_str().unwrap_or_else(|| panic!("no id: {value}")).to_owned()
}

pub(crate) fn secret(value: &Value) -> String {
    value["secret"].as_str().unwrap_or_else(|| panic!("no secret: {value}")).to_owned()
}

pub(crate) async fn subscribe(operator: &Operator, receiver: &Receiver, types: &[&str]) -> Value {
    operator.post("/mail/webhooks", json!({"url": receiver.url(), "eventTypes": types})).await.expect(201)
}

/// Posts an event about an email, and returns its id.
pub(crate) async fn post(operator: &Operator, event_type: &str) -> String {
    operator.event(event_type, json!({"messageId": "m-1", "n": 1})).await
}

pub(crate) fn delivery_id(webhook: &str, event: &str) -> String {
    format!("dlv_{}{}", &webhook["whk_".len()..], &event["evt_".len()..])
}

/// The events about a subscription other than delivery events, oldest first, once there are `count`.
pub(crate) async fn lifecycle_events(operator: &Operator, webhook: &str, count: usize) -> Vec<Value> {
    eventually(&format!("{count} events about {webhook}"), async || {
        let list = operator.get(&format!("/mail/events?resourceType=webhook&resourceId={webhook}")).await.expect(200);
        let mut items = list["items"].as_array().expect("a list").clone();
        items.retain(|item| !item["type"].as_str().expect("a type").contains(".delivery."));
        items.reverse();
        (items.len() == count).then_some(items)
    })
    .await
}

/// Waits until an event has been dispatched.
pub(crate) async fn in_log(operator: &Operator, event: &str) {
    let path = format!("/v1/events/{event}");
    eventually("it is in the log", async || (operator.get(&path).await.status == 200).then_some(())).await;
}

#[tokio::test]
async fn creating_changing_disabling_and_deleting_a_subscription_cause_events() {
    let operator = Operator::create().await;
    let receiver = Receiver::taking().await;
    let new =
        json!({"url": receiver.url(), "description": " Production ", "eventTypes": [SENT, SENT, "mail.otp.verified"]});
    let made = operator.post("/mail/webhooks", new).await.expect(201);
    let webhook = id(&made);
    assert!(webhook.starts_with("whk_") && secret(&made).starts_with("whsec_"), "{made}");
    let path = format!("/mail/webhooks/{webhook}");
    let shown = operator.get(&path).await.expect(200);
    assert_eq!(
        shown,
        json!({
            "id": webhook, "url": receiver.url(), "description": "Production",
            "eventTypes": [SENT, "mail.otp.verified"], "status": "enabled",
            "health": {
                "status": "healthy", "since": null, "reason": null, "missedSince": null,
                "breaker": {"state": "closed", "until": null}, "slow": false, "pace": null,
            },
            "createdAt": made["createdAt"], "maxPerSecond": null,
        }),
        "without the secret"
    );
    // The same address may have another subscription, for another purpose.
    let other = id(&subscribe(&operator, &receiver, &["mail.otp.sent"]).await);
    let list = operator.get("/mail/webhooks").await.expect(200);
    let ids = list["items"].as_array().expect("a list").iter().map(id);
    assert_eq!(ids.collect::<Vec<_>>(), [other.clone(), webhook.clone()], "newest first");
    let page = operator.get("/mail/webhooks?limit=1").await.expect(200);
    let next = page["nextCursor"].as_str().expect("a cursor");
    let rest = operator.get(&format!("/mail/webhooks?limit=1&cursor={next}")).await.expect(200);
    assert_eq!((&rest["items"], &rest["nextCursor"]), (&json!([shown]), &Value::Null));

    let change = json!({"description": null, "eventTypes": ["mail.message.bounced"]});
    let changed = operator.patch(&path, change.clone()).await.expect(200);
    assert_eq!((&changed["description"], &changed["eventTypes"]), (&Value::Null, &json!(["mail.message.bounced"])));
    assert_eq!(operator.patch(&path, change).await.expect(200), changed, "nothing changes, and there is no event");
    let rotated = operator.post_empty(&format!("{path}/rotate-secret")).await.expect(200);
    assert_ne!(secret(&rotated), secret(&made));
    assert!(rotated["previousSecretExpiresAt"].is_string());
    let disabled = operator.patch(&path, json!({"status": "disabled"})).await.expect(200);
    assert_eq!(disabled["status"], "disabled");
    assert_eq!(operator.get(&path).await.expect(200), disabled);
    assert_eq!(operator.delete(&path).await.expect(200), json!({"deleted": true}));
    operator.delete(&path).await.error(404);
    operator.get(&path).await.error(404);

    let events = lifecycle_events(&operator, &webhook, 6).await;
    let what = events
        .iter()
        .map(|event| (event["type"].as_str(), event["data"]["changed"].clone(), event["data"]["reason"].clone()));
    let mut what: Vec<_> = what.map(|(name, changed, reason)| json!([name, changed, reason])).collect();
    // Events of the same request may have the same millisecond, and then have any order.
    what[3..5].sort_by_key(Value::to_string);
    assert_eq!(
        what,
        [
            json!(["mail.webhook.created", null, null]),
            json!(["mail.webhook.updated", ["description", "eventTypes"], null]),
            json!(["mail.webhook.updated", ["secret"], null]),
            json!(["mail.webhook.disabled", null, "disabled"]),
            json!(["mail.webhook.updated", ["status"], null]),
            json!(["mail.webhook.disabled", null, "deleted"]),
        ]
    );
    assert!(!json!(events).to_string().contains("whsec_"));
}

#[tokio::test]
async fn errors_of_subscriptions_name_the_field_and_have_no_effect() {
    let operator = Operator::create().await;
    let receiver = Receiver::taking().await;
    let url = receiver.url();
    for (body, words) in [
        (json!({"eventTypes": [SENT]}), "url"),
        (json!({"url": "ftp://example.com", "eventTypes": [SENT]}), "`url`"),
        (json!({"url": url}), "eventTypes"),
        (json!({"url": url, "eventTypes": []}), "eventTypes"),
        (json!({"url": url, "eventTypes": [SENT, "mail.mesage.sent"]}), "`eventTypes[1]`"),
        (json!({"url": url, "eventTypes": [SENT], "description": "x".repeat(501)}), "`description`"),
        (json!({"url": url, "eventTypes": [SENT], "secret": "mine"}), "secret"),
    ] {
        let (sentence, _) = operator.post("/mail/webhooks", body.clone()).await.error(400);
        assert!(sentence.contains(words), "{body}: {sentence}");
    }
    assert_eq!(operator.get("/mail/webhooks").await.expect(200)["items"], json!([]));

    let webhook = id(&subscribe(&operator, &receiver, &[SENT]).await);
    let path = format!("/mail/webhooks/{webhook}");
    let before = operator.get(&path).await.expect(200);
    for body in [json!({"url": "nowhere"}), json!({"status": "paused"}), json!({"url": url, "eventTypes": []})] {
        operator.patch(&path, body).await.error(400);
    }
    assert_eq!(operator.get(&path).await.expect(200), before);
    let (stranger, viewer) = (Operator::create().await, operator.with_role("viewer").await);
    for (method, path) in [
        ("GET", path.clone()),
        ("PATCH", path.clone()),
        ("DELETE", path.clone()),
        ("POST", format!("{path}/rotate-secret")),
        ("POST", format!("{path}/verify")),
        ("GET", format!("{path}/deliveries")),
    ] {
        let method: reqwest::Method = method.parse().expect("a method");
        let body = (method == "PATCH").then(|| "{}".to_owned());
        assert_eq!(
            stranger.request(method.clone(), &path, &[], body.clone()).await.error(404).1,
            "not_found",
            "{path}"
        );
        let by_viewer = viewer.request(method.clone(), &path, &[], body).await;
        assert_eq!(by_viewer.status, if method == "GET" { 200 } else { 403 }, "{method} {path}");
    }
    assert_eq!(operator.get(&path).await.expect(200), before);
    // The STACK API shows neither the destination nor the rule of a subscription.
    let ulid = &webhook["whk_".len()..];
    for hidden in ["destinations/ndst_", "channels/nch_", "destinations/whk_"] {
        operator.get(&format!("/v1/notifications/{hidden}{ulid}")).await.error(404);
        operator.delete(&format!("/v1/notifications/{hidden}{ulid}")).await.error(404);
    }
    assert_eq!(operator.get("/v1/notifications/destinations").await.expect(200)["destinations"], json!([]));
    assert_eq!(operator.get("/v1/notifications/channels").await.expect(200)["channels"], json!([]));
    let rule = json!({"destination_ids": [webhook], "events": ["custom.mixed"], "min_severity": "info"});
    let rule = operator.post("/v1/notifications/channels", rule).await.expect(201);
    assert_eq!(rule["destination_ids"], json!([webhook]), "but a rule may target it");
    operator.event("custom.mixed", json!({"x": 1})).await;
    assert_eq!(receiver.wait_for(1).await[0].json()["type"], "custom.mixed");
}

/// Whether one of the Mail scheme's signatures of a request is valid for this secret.
pub(crate) fn signed(request: &Received, secret: &str) -> bool {
    let secret = WebhookSecret::from_text(secret.to_owned().into());
    let at: i64 = request.header("stackshift-timestamp").parse().expect("seconds");
    let at = jiff::Timestamp::from_second(at).expect("a time");
    let expected = signature::mail(&secret, at, &request.body);
    request.header("stackshift-signature").split(',').any(|one| one == expected)
}

#[tokio::test]
async fn a_request_has_the_format_and_the_signatures_of_the_mail_api() {
    let operator = Operator::create().await;
    let receiver = Receiver::taking().await;
    let made = subscribe(&operator, &receiver, &[SENT]).await;
    let event = operator
        .post("/v1/events", json!({"type": SENT, "data": {"messageId": "m-1", "b": 1, "a": 2}, "severity": "info"}))
        .await
        .expect(202);
    let event = id(&event);
    let got = receiver.wait_for(1).await.remove(0);
    let created_at = domain::time::rfc3339(event.parse::<EventId>().expect("an id").made_at());
    let body = format!(
        r#"{{"id":"{event}","type":"{SENT}","createdAt":"{created_at}","data":{{"a":2,"b":1,"messageId":"m-1"}}}}"#
    );
    assert_eq!(got.body, body.as_bytes());
    assert!(signed(&got, &secret(&made)));
    let fresh =
        got.header("stackshift-timestamp").parse::<i64>().expect("seconds") - jiff::Timestamp::now().as_second();
    assert!(fresh.abs() < 60, "{fresh}");
    assert_eq!(got.header("webhook-id"), delivery_id(&id(&made), &event));
    assert_eq!(got.header("content-type"), "application/json");
    assert!(!got.headers.contains_key("x-stack-signature-256"), "one scheme");

    let rotated = operator.post_empty(&format!("/mail/webhooks/{}/rotate-secret", id(&made))).await.expect(200);
    post(&operator, SENT).await;
    let got = receiver.wait_for(2).await.remove(1);
    assert!(signed(&got, &secret(&made)) && signed(&got, &secret(&rotated)), "both sign for a day");
    assert_eq!(got.header("stackshift-signature").split(',').count(), 2);
    assert_eq!(got.header("webhook-signature").split(' ').count(), 2);
    // Other event types are not sent, and nothing is sent while the subscription is disabled.
    post(&operator, "mail.message.queued").await;
    let path = format!("/mail/webhooks/{}", id(&made));
    operator.patch(&path, json!({"status": "disabled"})).await.expect(200);
    let missed = post(&operator, SENT).await;
    in_log(&operator, &missed).await;
    operator.patch(&path, json!({"status": "enabled"})).await.expect(200);
    let last = post(&operator, SENT).await;
    let got = receiver.wait_for(3).await;
    assert_eq!((got.len(), got[2].json()["id"].clone()), (3, json!(last)));
}
