//! Webhook subscriptions of the Mail API: their life, their signatures, their deliveries.

use std::sync::Arc;

use axum::{body::Body, http::StatusCode, response::Response};
use domain::{EventId, WebhookSecret, signature};
use e2e::{Operator, Receiver, aws, eventually, receiver::Received, variable};
use futures::stream;
use serde_json::{Value, json};
use tokio::sync::Notify;

const SENT: &str = "mail.message.sent";

fn id(value: &Value) -> String {
    value["id"].as_str().unwrap_or_else(|| panic!("no id: {value}")).to_owned()
}

fn secret(value: &Value) -> String {
    value["secret"].as_str().unwrap_or_else(|| panic!("no secret: {value}")).to_owned()
}

async fn subscribe(operator: &Operator, receiver: &Receiver, types: &[&str]) -> Value {
    operator.post("/mail/webhooks", json!({"url": receiver.url(), "eventTypes": types})).await.expect(201)
}

/// Posts an event about a mail: its id.
async fn post(operator: &Operator, event_type: &str) -> String {
    operator.event(event_type, json!({"messageId": "m-1", "n": 1})).await
}

fn delivery_id(webhook: &str, event: &str) -> String {
    format!("dlv_{}{}", &webhook["whk_".len()..], &event["evt_".len()..])
}

/// Waits until a delivery has this status: the delivery with its attempts.
async fn delivery(operator: &Operator, webhook: &str, event: &str, status: &str) -> Value {
    let path = format!("/mail/webhook-deliveries/{}", delivery_id(webhook, event));
    eventually(&format!("{path} is {status}"), async || {
        let answer = operator.get(&path).await;
        (answer.json["status"] == status).then_some(answer.json)
    })
    .await
}

/// The types of the events about a subscription that are no deliveries', oldest first, once there are `count`.
async fn told(operator: &Operator, webhook: &str, count: usize) -> Vec<Value> {
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
async fn in_log(operator: &Operator, event: &str) {
    let path = format!("/v1/events/{event}");
    eventually("it is in the log", async || (operator.get(&path).await.status == 200).then_some(())).await;
}

/// The statuses of a subscription's deliveries that are listed under a status.
async fn listed(operator: &Operator, webhook: &str, query: &str) -> Vec<Value> {
    let page = operator.get(&format!("/mail/webhooks/{webhook}/deliveries{query}")).await.expect(200);
    page["items"].as_array().expect("a list").clone()
}

#[tokio::test]
async fn a_subscription_is_made_changed_disabled_and_deleted_and_each_is_told() {
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
            "health": {"status": "healthy", "since": null, "reason": null}, "createdAt": made["createdAt"],
        }),
        "without the secret"
    );
    // The same address may have another: one for each purpose.
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
    assert_eq!(operator.patch(&path, change).await.expect(200), changed, "nothing changes, and nothing is told");
    let rotated = operator.post_empty(&format!("{path}/rotate-secret")).await.expect(200);
    assert_ne!(secret(&rotated), secret(&made));
    assert!(rotated["previousSecretExpiresAt"].is_string());
    let disabled = operator.patch(&path, json!({"status": "disabled"})).await.expect(200);
    assert_eq!(disabled["status"], "disabled");
    assert_eq!(operator.get(&path).await.expect(200), disabled);
    assert_eq!(operator.delete(&path).await.expect(200), json!({"deleted": true}));
    operator.delete(&path).await.error(404);
    operator.get(&path).await.error(404);

    let told = told(&operator, &webhook, 6).await;
    let what = told
        .iter()
        .map(|event| (event["type"].as_str(), event["data"]["changed"].clone(), event["data"]["reason"].clone()));
    let mut what: Vec<_> = what.map(|(name, changed, reason)| json!([name, changed, reason])).collect();
    // Those of one request are of one millisecond or the next.
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
    assert!(!json!(told).to_string().contains("whsec_"));
}

#[tokio::test]
async fn what_is_wrong_with_a_subscription_is_named_and_nothing_stays_behind() {
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
    // The STACK API shows neither its endpoint nor its rule.
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

/// Whether a request carries this signature of the Mail scheme, among others.
fn signed(request: &Received, secret: &str) -> bool {
    let secret = WebhookSecret::from_text(secret.to_owned().into());
    let at: i64 = request.header("stackshift-timestamp").parse().expect("seconds");
    let at = jiff::Timestamp::from_second(at).expect("a time");
    let expected = signature::mail(&secret, at, &request.body);
    request.header("stackshift-signature").split(',').any(|one| one == expected)
}

#[tokio::test]
async fn a_request_is_written_and_signed_as_the_mail_api_has_it() {
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
    // Other types are not sent, and nothing is when it is disabled.
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

#[tokio::test]
async fn a_delivery_fails_is_abandoned_and_sent_again_by_hand_and_every_attempt_is_listed() {
    let operator = Operator::create().await;
    let receiver = Receiver::failing(5).await;
    let webhook = id(&subscribe(&operator, &receiver, &[SENT, "mail.webhook.disabled"]).await);
    let event = post(&operator, SENT).await;
    let failed = delivery(&operator, &webhook, &event, "failed").await;
    assert!(failed["nextAttemptAt"].is_string(), "{failed}");
    let abandoned = delivery(&operator, &webhook, &event, "abandoned").await;
    assert_eq!(abandoned["attemptCount"], 5);

    // The fourth failure made the endpoint unhealthy; that is told, and what comes now is held.
    let path = format!("/mail/webhooks/{webhook}");
    let health = operator.get(&path).await.expect(200)["health"].clone();
    assert_eq!(
        (&health["status"], &health["reason"]),
        (&json!("unhealthy"), &json!("answered 500 Internal Server Error"))
    );
    let word = told(&operator, &webhook, 2).await.remove(1);
    assert_eq!((&word["type"], &word["data"]["reason"]), (&json!("mail.webhook.disabled"), &json!("unhealthy")));
    let held = post(&operator, SENT).await;
    delivery(&operator, &webhook, &held, "held").await;
    let only = async |status: &str| {
        let found = listed(&operator, &webhook, &format!("?status={status}")).await;
        found.iter().map(|one| one["eventId"].as_str().expect("an id").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(only("abandoned").await, [&*event]);
    // With it the word of its own pause, and that the mail was sent that tells its operator.
    let all_held = eventually("three are held", async || Some(only("held").await).filter(|held| held.len() == 3)).await;
    assert!(all_held.contains(&held));
    assert!(only("succeeded").await.is_empty() && only("failed").await.is_empty() && only("pending").await.is_empty());

    // By hand it goes out whatever its endpoint's health.
    let by_id = format!("/mail/webhook-deliveries/{}", delivery_id(&webhook, &event));
    assert_eq!(operator.with_role("viewer").await.post_empty(&format!("{by_id}/retry")).await.status, 403);
    assert_eq!(Operator::create().await.post_empty(&format!("{by_id}/retry")).await.error(404).1, "not_found");
    let accepted = operator.post_empty(&format!("{by_id}/retry")).await.expect(202);
    assert_eq!(accepted["status"], "pending");
    let succeeded = delivery(&operator, &webhook, &event, "succeeded").await;
    let attempts = succeeded["attempts"].as_array().expect("a list");
    let numbers: Vec<_> = attempts.iter().map(|attempt| attempt["number"].as_u64()).collect();
    assert_eq!(numbers, (1..=6).map(Some).collect::<Vec<_>>());
    let statuses: Vec<_> = attempts.iter().map(|attempt| attempt["statusCode"].as_u64()).collect();
    assert_eq!(statuses, [500, 500, 500, 500, 500, 200].map(Some));
    let times: Vec<_> = attempts.iter().map(|attempt| attempt["startedAt"].as_str().expect("a time")).collect();
    assert!(times.is_sorted(), "{times:?}");
    assert_eq!(only("succeeded").await, [&*event]);
    assert_eq!(receiver.received().len(), 6);
    let ids: Vec<_> = receiver.received().iter().map(|got| got.header("webhook-id").to_owned()).collect();
    assert!(ids.iter().all(|id| *id == delivery_id(&webhook, &event)), "one id over all attempts");

    // What has arrived is sent again by force alone.
    let (sentence, code) = operator.post_empty(&format!("{by_id}/retry")).await.error(409);
    assert!(sentence.contains("force"), "{sentence}");
    assert_eq!(code, "already_succeeded");
    operator.post(&format!("{by_id}/retry"), json!({"force": true})).await.expect(202);
    receiver.wait_for(7).await;
    let again = eventually("it has arrived again", async || {
        let shown = operator.get(&by_id).await.expect(200);
        (shown["attemptCount"] == 7 && shown["status"] == "succeeded").then_some(shown)
    })
    .await;
    assert_eq!(again["attempts"].as_array().expect("a list").len(), 7);

    // Verified again it is healthy, and gets what was held.
    operator.post_empty(&format!("{path}/verify")).await.expect(200);
    assert_eq!(operator.get(&path).await.expect(200)["health"]["status"], "healthy");
    assert_eq!(told(&operator, &webhook, 3).await[2]["data"]["changed"], json!(["health"]));
    let recovered =
        operator.post(&format!("{path}/recover"), json!({"since": "2020-01-01T00:00:00Z"})).await.expect(202);
    assert_eq!(recovered["recovered"], 3);
    delivery(&operator, &webhook, &held, "succeeded").await;
    assert!(only("held").await.is_empty() && only("abandoned").await.is_empty());
}

#[tokio::test]
async fn a_delivery_on_its_way_is_left_alone() {
    let operator = Operator::create().await;
    let go = Arc::new(Notify::new());
    let waiting = go.clone();
    // The answer does not end before it is told to, and until then the attempt is under way.
    let receiver = Receiver::answering(move |_| {
        let waiting = waiting.clone();
        let end = stream::once(async move {
            waiting.notified().await;
            Ok::<_, std::convert::Infallible>("taken")
        });
        Response::new(Body::from_stream(end))
    })
    .await;
    let webhook = id(&subscribe(&operator, &receiver, &[SENT]).await);
    let event = post(&operator, SENT).await;
    receiver.wait_for(1).await;
    let by_id = format!("/mail/webhook-deliveries/{}", delivery_id(&webhook, &event));
    let (sentence, code) = operator.post_empty(&format!("{by_id}/retry")).await.error(409);
    assert!(sentence.contains("on its way"), "{sentence}");
    assert_eq!(code, "in_progress");
    let pending = listed(&operator, &webhook, "?status=pending").await;
    assert_eq!(pending[0]["eventId"], json!(event));
    go.notify_one();
    let done = delivery(&operator, &webhook, &event, "succeeded").await;
    assert_eq!((&done["attemptCount"], &done["attempts"][0]["response"]), (&json!(1), &json!("taken")));
    assert!(listed(&operator, &webhook, "?status=pending").await.is_empty());
}

#[tokio::test]
async fn a_held_delivery_and_a_failed_one_are_sent_by_hand() {
    let operator = Operator::create().await;
    let receiver = Receiver::answering(|n| if n == 1 { StatusCode::GONE } else { StatusCode::OK }).await;
    let webhook = id(&subscribe(&operator, &receiver, &[SENT]).await);
    let path = format!("/mail/webhooks/{webhook}");
    let gone = post(&operator, SENT).await;
    eventually("gone makes it unhealthy at once", async || {
        (operator.get(&path).await.expect(200)["health"]["status"] == "unhealthy").then_some(())
    })
    .await;
    let retry = async |event: &str| {
        let path = format!("/mail/webhook-deliveries/{}/retry", delivery_id(&webhook, event));
        operator.post_empty(&path).await
    };
    // It waits a second for its next attempt, unless that has come meanwhile.
    let by_hand = retry(&gone).await;
    assert!(by_hand.status == 202 || by_hand.json["code"] == "already_succeeded", "{}", by_hand.json);
    delivery(&operator, &webhook, &gone, "succeeded").await;
    let held = post(&operator, SENT).await;
    assert_eq!(delivery(&operator, &webhook, &held, "held").await["reason"], "rule_paused");
    retry(&held).await.expect(202);
    delivery(&operator, &webhook, &held, "succeeded").await;

    let pages = listed(&operator, &webhook, "?limit=1").await;
    assert_eq!((pages.len(), &pages[0]["eventId"]), (1, &json!(held)));
    let (sentence, _) = operator.get(&format!("{path}/deliveries?status=lost")).await.error(400);
    assert!(sentence.contains("pending, succeeded, failed, abandoned, held"), "{sentence}");
    operator.delete(&path).await.expect(200);
    let (_, code) = operator
        .post(&format!("/mail/webhook-deliveries/{}/retry", delivery_id(&webhook, &held)), json!({"force": true}))
        .await
        .error(409);
    assert_eq!(code, "destination_deleted");
}

/// Hands the worker a job once more, as SQS does when a worker died with it.
async fn hand_out_again(operator: &Operator, delivery: &Value) {
    let attempt = &delivery["attemptCount"];
    let job = json!({"delivery_id": delivery["id"], "operator_id": operator.id, "attempt": attempt, "step": 0});
    let attributes = json!({"ApproximateReceiveCount": "2", "SentTimestamp": "1700000000000"});
    let record = json!({
        "messageId": "m-1", "body": job.to_string(), "attributes": attributes, "eventSource": "aws:sqs",
    });
    let answer = aws::invoke(&variable("DELIVER_FUNCTION"), json!({"Records": [record]})).await.expect("an answer");
    assert_eq!(answer["batchItemFailures"], json!([]));
}

#[tokio::test]
async fn what_a_worker_did_not_live_to_tell_is_told_and_what_it_told_is_told_once() {
    let operator = Operator::create().await;
    let receiver = Receiver::taking().await;
    let webhook = id(&subscribe(&operator, &receiver, &[SENT]).await);
    let event = post(&operator, SENT).await;
    let done = delivery(&operator, &webhook, &event, "succeeded").await;
    let words = async || {
        let list = operator.get("/mail/events?type=mail.webhook.delivery.succeeded").await.expect(200);
        list["items"].as_array().expect("a list").clone()
    };
    let first = eventually("it is told", async || words().await.pop()).await;
    hand_out_again(&operator, &done).await;
    // What was sent to the log before this is in it then.
    in_log(&operator, &operator.event("custom.mark", json!({})).await).await;
    assert_eq!(words().await, std::slice::from_ref(&first));

    // As if the worker had died between the record and the word.
    let key = json!({"operator_id": {"S": operator.id}, "id": first["id"].as_str().map(|id| json!({"S": id}))});
    let delete = json!({"TableName": variable("EVENTS_TABLE"), "Key": key});
    aws::call("dynamodb", "DynamoDB_20120810.DeleteItem", delete).await;
    assert_eq!(words().await, [] as [Value; 0]);
    hand_out_again(&operator, &done).await;
    assert_eq!(eventually("it is told after all", async || words().await.pop()).await, first);
    assert_eq!(receiver.received().len(), 1, "nothing was sent again");
}

#[tokio::test]
async fn word_of_deliveries_is_delivered_and_starts_nothing() {
    let operator = Operator::create().await;
    let (mails, words) = (Receiver::failing(1).await, Receiver::taking().await);
    let (succeeded, failed) = ("mail.webhook.delivery.succeeded", "mail.webhook.delivery.failed");
    let about = id(&subscribe(&operator, &mails, &[SENT]).await);
    let listener = id(&subscribe(&operator, &words, &[succeeded, failed]).await);
    let event = post(&operator, SENT).await;
    delivery(&operator, &about, &event, "succeeded").await;
    let got = words.wait_for(2).await;
    let told: Vec<_> = got.iter().map(Received::json).collect();
    let of = |name: &str| {
        told.iter().find(|word| word["type"] == name).unwrap_or_else(|| panic!("no {name}"))["data"].clone()
    };
    let refused = of(failed);
    assert_eq!((&refused["webhookId"], &refused["eventId"]), (&json!(about), &json!(event)));
    assert_eq!(
        (&refused["status"], &refused["statusCode"], &refused["attempt"]),
        (&json!("failed"), &json!(500), &json!(1))
    );
    assert!(refused["nextAttemptAt"].is_string());
    assert_eq!(
        (&of(succeeded)["attempt"], &of(succeeded)["deliveryId"]),
        (&json!(2), &json!(delivery_id(&about, &event)))
    );

    // Those deliveries are done with, and an event about one would have been told with its attempt's end.
    for word in &told {
        delivery(&operator, &listener, word["id"].as_str().expect("an id"), "succeeded").await;
    }
    // One more round through the same queues: whatever those deliveries had started would be there before it.
    let last = post(&operator, SENT).await;
    delivery(&operator, &about, &last, "succeeded").await;
    words.wait_for(3).await;
    let log = operator.get("/mail/events?limit=100").await.expect(200);
    let items = log["items"].as_array().expect("a list");
    let of_deliveries = items.iter().filter(|item| item["type"].as_str().expect("a type").contains(".delivery."));
    let about_ids: Vec<_> = of_deliveries.map(|item| item["data"]["webhookId"].clone()).collect();
    assert_eq!(about_ids, vec![json!(about); 3], "none about the listener");
    assert_eq!(words.received().len(), 3);
}
