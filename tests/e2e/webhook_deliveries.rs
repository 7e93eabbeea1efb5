//! Deliveries to webhook subscriptions: their log by status, manual retries, and the events about them.

use std::sync::Arc;

use axum::{body::Body, http::StatusCode, response::Response};
use e2e::{Operator, Receiver, aws, eventually, receiver::Received, variable};
use futures::stream;
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::subscriptions::{SENT, delivery_id, id, in_log, lifecycle_events, post, subscribe};

/// A type that only tests post: when an endpoint becomes unhealthy, the email to its operator causes another [`SENT`].
const QUEUED: &str = "mail.message.queued";

/// Waits until a delivery has this status, and returns it with its attempts.
async fn delivery(operator: &Operator, webhook: &str, event: &str, status: &str) -> Value {
    let path = format!("/mail/webhook-deliveries/{}", delivery_id(webhook, event));
    eventually(&format!("{path} is {status}"), async || {
        let answer = operator.get(&path).await;
        (answer.json["status"] == status).then_some(answer.json)
    })
    .await
}

/// A subscription's deliveries, as listed for a query.
async fn listed(operator: &Operator, webhook: &str, query: &str) -> Vec<Value> {
    let page = operator.get(&format!("/mail/webhooks/{webhook}/deliveries{query}")).await.expect(200);
    page["items"].as_array().expect("a list").clone()
}

#[tokio::test]
async fn a_delivery_fails_is_abandoned_and_sent_again_manually_with_every_attempt_listed() {
    let operator = Operator::create().await;
    let receiver = Receiver::failing(5).await;
    let webhook = id(&subscribe(&operator, &receiver, &[SENT, "mail.webhook.disabled"]).await);
    let event = post(&operator, SENT).await;
    let failed = delivery(&operator, &webhook, &event, "failed").await;
    assert!(failed["nextAttemptAt"].is_string(), "{failed}");
    let abandoned = delivery(&operator, &webhook, &event, "abandoned").await;
    assert_eq!(abandoned["attemptCount"], 5);

    // The fourth failure made the endpoint unhealthy: there is an event about it, and new deliveries are held.
    let path = format!("/mail/webhooks/{webhook}");
    let health = operator.get(&path).await.expect(200)["health"].clone();
    assert_eq!(
        (&health["status"], &health["reason"]),
        (&json!("unhealthy"), &json!("answered 500 Internal Server Error"))
    );
    let notice = lifecycle_events(&operator, &webhook, 2).await.remove(1);
    assert_eq!((&notice["type"], &notice["data"]["reason"]), (&json!("mail.webhook.disabled"), &json!("unhealthy")));
    let held = post(&operator, SENT).await;
    delivery(&operator, &webhook, &held, "held").await;
    let only = async |status: &str| {
        let found = listed(&operator, &webhook, &format!("?status={status}")).await;
        found.iter().map(|one| one["eventId"].as_str().expect("an id").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(only("abandoned").await, [&*event]);
    // With the events about its own pause and about the sent email that notifies its operator.
    let all_held = eventually("three are held", async || Some(only("held").await).filter(|held| held.len() == 3)).await;
    assert!(all_held.contains(&held));
    let path_of_held = format!("/mail/webhooks/{webhook}/deliveries?status=held&limit=2");
    let first = operator.get(&path_of_held).await.expect(200);
    let cursor = first["nextCursor"].as_str().expect("a cursor");
    let second = operator.get(&format!("{path_of_held}&cursor={cursor}")).await.expect(200);
    let of_pages = [&first, &second].map(|page| page["items"].as_array().expect("a list").clone()).concat();
    let of_pages: Vec<_> = of_pages.iter().map(|one| one["eventId"].as_str().expect("an id")).collect();
    assert_eq!(of_pages, all_held, "the same in pages as in one list");
    operator.get(&format!("/mail/webhooks/{webhook}/deliveries?status=failed&cursor={cursor}")).await.error(400);
    assert!(only("succeeded").await.is_empty() && only("failed").await.is_empty() && only("pending").await.is_empty());

    // A manual retry is sent regardless of the endpoint's health.
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
    assert!(ids.iter().all(|id| *id == delivery_id(&webhook, &event)), "one id for all attempts");

    // A successful delivery is sent again only with `force`.
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

    // After verification it is healthy, and gets the held deliveries.
    operator.post_empty(&format!("{path}/verify")).await.expect(200);
    assert_eq!(operator.get(&path).await.expect(200)["health"]["status"], "healthy");
    assert_eq!(lifecycle_events(&operator, &webhook, 3).await[2]["data"]["changed"], json!(["health"]));
    let recovered =
        operator.post(&format!("{path}/recover"), json!({"since": "2020-01-01T00:00:00Z"})).await.expect(202);
    assert_eq!(recovered["recovered"], 3);
    delivery(&operator, &webhook, &held, "succeeded").await;
    assert!(only("held").await.is_empty() && only("abandoned").await.is_empty());
}

#[tokio::test]
async fn a_delivery_in_progress_cannot_be_retried() {
    let operator = Operator::create().await;
    let go = Arc::new(Notify::new());
    let waiting = go.clone();
    // The answer ends only when the test says so; until then the attempt is in progress.
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
    assert!(sentence.contains("in progress"), "{sentence}");
    assert_eq!(code, "in_progress");
    let pending = listed(&operator, &webhook, "?status=pending").await;
    assert_eq!(pending[0]["eventId"], json!(event));
    go.notify_one();
    let done = delivery(&operator, &webhook, &event, "succeeded").await;
    assert_eq!((&done["attemptCount"], &done["attempts"][0]["response"]), (&json!(1), &json!("taken")));
    assert!(listed(&operator, &webhook, "?status=pending").await.is_empty());
}

#[tokio::test]
async fn held_and_failed_deliveries_can_be_sent_manually() {
    let operator = Operator::create().await;
    let receiver = Receiver::answering(|n| if n == 1 { StatusCode::GONE } else { StatusCode::OK }).await;
    let webhook = id(&subscribe(&operator, &receiver, &[QUEUED]).await);
    let path = format!("/mail/webhooks/{webhook}");
    let gone = post(&operator, QUEUED).await;
    eventually("gone makes it unhealthy immediately", async || {
        (operator.get(&path).await.expect(200)["health"]["status"] == "unhealthy").then_some(())
    })
    .await;
    let retry = async |event: &str| {
        let path = format!("/mail/webhook-deliveries/{}/retry", delivery_id(&webhook, event));
        operator.post_empty(&path).await
    };
    // The next attempt is a second away, unless it has been made in the meantime.
    let manual = retry(&gone).await;
    assert!(manual.status == 202 || manual.json["code"] == "already_succeeded", "{}", manual.json);
    delivery(&operator, &webhook, &gone, "succeeded").await;
    let held = post(&operator, QUEUED).await;
    assert_eq!(delivery(&operator, &webhook, &held, "held").await["reason"], "rule_paused");
    retry(&held).await.expect(202);
    delivery(&operator, &webhook, &held, "succeeded").await;

    let page = listed(&operator, &webhook, "?limit=1").await;
    assert_eq!((page.len(), &page[0]["eventId"]), (1, &json!(held)), "the newest is first");
    let (sentence, _) = operator.get(&format!("{path}/deliveries?status=lost")).await.error(400);
    assert!(sentence.contains("pending, succeeded, failed, abandoned, held"), "{sentence}");
    operator.delete(&path).await.expect(200);
    let (_, code) = operator
        .post(&format!("/mail/webhook-deliveries/{}/retry", delivery_id(&webhook, &held)), json!({"force": true}))
        .await
        .error(409);
    assert_eq!(code, "destination_deleted");
}

/// Passes the worker a job again, as SQS does when a worker died while handling it.
async fn redeliver_job(operator: &Operator, delivery: &Value) {
    let attempt = &delivery["attemptCount"];
    let job = json!({"delivery_id": delivery["id"], "operator_id": operator.id, "attempt": attempt, "step": 0});
    aws::invoke_with_messages("DELIVER_FUNCTION", &[(&job, 2)]).await;
}

#[tokio::test]
async fn after_a_crash_each_event_is_reported_once() {
    let operator = Operator::create().await;
    let receiver = Receiver::taking().await;
    let webhook = id(&subscribe(&operator, &receiver, &[SENT]).await);
    let event = post(&operator, SENT).await;
    let done = delivery(&operator, &webhook, &event, "succeeded").await;
    let events = async || {
        let list = operator.get("/mail/events?type=mail.webhook.delivery.succeeded").await.expect(200);
        list["items"].as_array().expect("a list").clone()
    };
    let first = eventually("the event is in the log", async || events().await.pop()).await;
    redeliver_job(&operator, &done).await;
    // Once this later event is in the log, earlier ones are, too.
    in_log(&operator, &operator.event("custom.mark", json!({})).await).await;
    assert_eq!(events().await, std::slice::from_ref(&first));

    // As if the worker had died between the record of the attempt and the event about it.
    let key = json!({"operator_id": {"S": operator.id}, "id": first["id"].as_str().map(|id| json!({"S": id}))});
    let delete = json!({"TableName": variable("EVENTS_TABLE"), "Key": key});
    aws::call("dynamodb", "DynamoDB_20120810.DeleteItem", delete).await;
    assert_eq!(events().await, [] as [Value; 0]);
    redeliver_job(&operator, &done).await;
    assert_eq!(eventually("the event is in the log again", async || events().await.pop()).await, first);
    assert_eq!(receiver.received().len(), 1, "nothing was sent again");
}

#[tokio::test]
async fn events_about_deliveries_are_delivered_and_trigger_no_further_events() {
    let operator = Operator::create().await;
    let (mails, notices) = (Receiver::failing(1).await, Receiver::taking().await);
    let (succeeded, failed) = ("mail.webhook.delivery.succeeded", "mail.webhook.delivery.failed");
    let about = id(&subscribe(&operator, &mails, &[SENT]).await);
    let listener = id(&subscribe(&operator, &notices, &[succeeded, failed]).await);
    let event = post(&operator, SENT).await;
    delivery(&operator, &about, &event, "succeeded").await;
    let got = notices.wait_for(2).await;
    let events: Vec<_> = got.iter().map(Received::json).collect();
    let of = |name: &str| {
        events.iter().find(|event| event["type"] == name).unwrap_or_else(|| panic!("no {name}"))["data"].clone()
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

    // These deliveries have ended; an event about one of them would have been sent together with the end of its
    // attempt.
    for event in &events {
        delivery(&operator, &listener, event["id"].as_str().expect("an id"), "succeeded").await;
    }
    // Another event through the same queues: anything that those deliveries had triggered would arrive before it.
    let last = post(&operator, SENT).await;
    delivery(&operator, &about, &last, "succeeded").await;
    notices.wait_for(3).await;
    let log = operator.get("/mail/events?limit=100").await.expect(200);
    let items = log["items"].as_array().expect("a list");
    let of_deliveries = items.iter().filter(|item| item["type"].as_str().expect("a type").contains(".delivery."));
    let about_ids: Vec<_> = of_deliveries.map(|item| item["data"]["webhookId"].clone()).collect();
    assert_eq!(about_ids, vec![json!(about); 3], "none about the listener");
    assert_eq!(notices.received().len(), 3);
}
