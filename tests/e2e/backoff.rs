//! Retries and health, with the retry schedule `1,1,2,2`.

use std::time::Duration;

use axum::http::{StatusCode, header::RETRY_AFTER};
use domain::backoff::TOLERANCE;
use e2e::{Operator, Receiver};
use serde_json::{Value, json};

const EVENT: &str = "custom.backoff";

async fn subscribed(receiver: &Receiver) -> (Operator, String, String) {
    let operator = Operator::create().await;
    let webhook = operator.webhook(receiver).await;
    let id = webhook["id"].as_str().expect("an id").to_owned();
    let rule = operator.rule(EVENT, &[&id]).await;
    (operator, id, rule)
}

#[tokio::test]
async fn a_receiver_that_fails_twice_gets_exactly_three_requests() {
    let receiver = Receiver::failing(2).await;
    let (operator, destination, _) = subscribed(&receiver).await;
    let event = operator.event(EVENT, json!({"n": 1})).await;
    let delivery = operator.delivery(&destination, &event, "succeeded").await;
    let got = receiver.received();
    assert_eq!(got.len(), 3);
    assert!(got.iter().all(|request| request.body == got[0].body), "the same bytes each time");
    assert_eq!(delivery["attempt_count"], 3);
    let statuses: Vec<_> =
        delivery["attempts"].as_array().expect("a list").iter().map(|a| a["status"].clone()).collect();
    assert_eq!(statuses, [500, 500, 200]);
    let attempt = &delivery["attempts"][0];
    assert_eq!(attempt["error"], "answered 500 Internal Server Error");
    assert_eq!(delivery["next_attempt_at"], Value::Null);
}

#[tokio::test]
async fn a_receiver_that_always_fails_uses_the_whole_schedule_and_recovers_once_fixed() {
    let broken = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(true));
    let state = broken.clone();
    let receiver = Receiver::answering(move |_| {
        if state.load(std::sync::atomic::Ordering::SeqCst) { StatusCode::BAD_GATEWAY } else { StatusCode::OK }
    })
    .await;
    let (operator, destination, rule) = subscribed(&receiver).await;
    let notices = Receiver::taking().await;
    let watcher = operator.webhook(&notices).await;
    operator.rule("destination.unhealthy", &[watcher["id"].as_str().expect("an id")]).await;
    let event = operator.event(EVENT, json!({"n": 1})).await;

    // Four failures make it unhealthy: the operator is notified, the rule is paused, and new deliveries are held.
    let notice = notices.wait_for(1).await[0].json();
    assert_eq!(notice["event_type"], "destination.unhealthy");
    assert_eq!(notice["data"]["destination_id"], destination);
    assert_eq!(notice["data"]["reason"], "answered 502 Bad Gateway");
    let shown = operator.get(&format!("/v1/notifications/destinations/{destination}")).await.expect(200);
    assert_eq!(shown["health"]["status"], "unhealthy");
    assert_eq!(shown["health"]["reason"], "answered 502 Bad Gateway");
    let paused = operator.get(&format!("/v1/notifications/channels/{rule}")).await.expect(200);
    assert_eq!((&paused["active"], &paused["paused_by"]), (&json!(false), &json!([destination])));
    let second = operator.event(EVENT, json!({"n": 2})).await;
    let held = operator.delivery(&destination, &second, "held").await;
    assert_eq!((&held["reason"], &held["attempt_count"]), (&json!("rule_paused"), &json!(0)));

    // The last attempt is still made, and then the delivery is abandoned.
    let abandoned = operator.delivery(&destination, &event, "abandoned").await;
    assert_eq!(abandoned["attempt_count"], 5);
    let got = receiver.received();
    assert_eq!(got.len(), 5);
    assert!(got.iter().all(|request| request.header("webhook-id") == abandoned["id"].as_str().expect("an id")));
    let gaps: Vec<_> = got.windows(2).map(|pair| pair[1].at - pair[0].at).collect();
    for (gap, step) in gaps.iter().zip([1, 1, 2, 2]) {
        assert!(*gap >= Duration::from_millis(step * 1000) - TOLERANCE, "an attempt came too early: {gaps:?}");
    }
    assert_eq!(notices.received().len(), 1, "a single notice");

    // Verification requires a 2xx; then the rule resumes, and missed deliveries can be sent again.
    let verify = format!("/v1/notifications/destinations/{destination}/verify");
    let recover = format!("/v1/notifications/destinations/{destination}/recover");
    let since = json!({"since": "2020-01-01T00:00:00Z"});
    operator.post_empty(&verify).await.error(400);
    let (sentence, code) = operator.post(&recover, since.clone()).await.error(409);
    assert!(sentence.contains("verify it first"), "{sentence}");
    assert_eq!(code, "destination_unhealthy");
    broken.store(false, std::sync::atomic::Ordering::SeqCst);
    assert_eq!(operator.post_empty(&verify).await.expect(200), json!({"verified": true}));
    let resumed = operator.get(&format!("/v1/notifications/channels/{rule}")).await.expect(200);
    assert_eq!((&resumed["active"], &resumed["paused_by"]), (&json!(true), &json!([])));
    let third = operator.event(EVENT, json!({"n": 3})).await;
    operator.delivery(&destination, &third, "succeeded").await;
    assert_eq!(operator.post(&recover, since).await.expect(202), json!({"recovered": 2, "more": false}));
    let first = operator.delivery(&destination, &event, "succeeded").await;
    assert_eq!(first["attempt_count"], 6);
    let second = operator.delivery(&destination, &second, "succeeded").await;
    assert_eq!((&second["attempt_count"], &second["reason"]), (&json!(1), &Value::Null));
}

#[tokio::test]
async fn gone_makes_unhealthy_immediately_and_skip_continues_with_the_others() {
    let (gone, healthy) = (Receiver::answering(|_| StatusCode::GONE).await, Receiver::taking().await);
    let operator = Operator::create().await;
    let (gone_id, healthy_id) =
        (operator.webhook(&gone).await["id"].clone(), operator.webhook(&healthy).await["id"].clone());
    let rule = json!({
        "destination_ids": [gone_id, healthy_id], "events": [EVENT], "min_severity": "info", "on_unhealthy": "skip",
    });
    let rule = operator.post("/v1/notifications/channels", rule).await.expect(201);
    let first = operator.event(EVENT, json!({"n": 1})).await;
    healthy.wait_for(1).await;
    let ended = operator.delivery(gone_id.as_str().expect("an id"), &first, "abandoned").await;
    assert_eq!(ended["attempt_count"], 1, "it is abandoned immediately");
    let path = format!("/v1/notifications/destinations/{}", gone_id.as_str().expect("an id"));
    e2e::eventually("it is unhealthy", async || {
        (operator.get(&path).await.expect(200)["health"]["status"] == "unhealthy").then_some(())
    })
    .await;
    let second = operator.event(EVENT, json!({"n": 2})).await;
    operator.delivery(gone_id.as_str().expect("an id"), &second, "held").await;
    operator.delivery(healthy_id.as_str().expect("an id"), &second, "succeeded").await;
    let shown = operator.get(&format!("/v1/notifications/channels/{}", rule["id"].as_str().expect("an id"))).await;
    assert_eq!(shown.expect(200)["active"], true);
}

/// A receiver that answers its first request with this status and `Retry-After`, and accepts the others.
async fn limiting_once(status: StatusCode, retry_after: fn() -> String) -> Receiver {
    Receiver::answering(move |n| {
        let status = if n == 1 { status } else { StatusCode::OK };
        (status, [(RETRY_AFTER, retry_after())])
    })
    .await
}

#[tokio::test]
async fn retry_after_is_respected_in_seconds_and_as_a_date() {
    let seconds: fn() -> String = || "4".to_owned();
    let date: fn() -> String = || httpdate::fmt_http_date(std::time::SystemTime::now() + Duration::from_secs(5));
    for (status, retry_after) in [
        (StatusCode::TOO_MANY_REQUESTS, seconds),
        (StatusCode::SERVICE_UNAVAILABLE, seconds),
        (StatusCode::TOO_MANY_REQUESTS, date),
    ] {
        let receiver = limiting_once(status, retry_after).await;
        let (operator, destination, _) = subscribed(&receiver).await;
        let event = operator.event(EVENT, json!({})).await;
        let done = operator.delivery(&destination, &event, "succeeded").await;
        assert_eq!(done["attempt_count"], 2, "{status}");
        let got = receiver.received();
        // A date contains whole seconds. The schedule's step is 1 s.
        assert!(got[1].at - got[0].at >= Duration::from_secs(4) - TOLERANCE, "{status}");
    }
}

#[tokio::test]
async fn a_rate_limit_uses_up_no_attempt_of_the_schedule_and_does_not_affect_health() {
    let receiver = Receiver::answering(|n| match n {
        // More often than the schedule has attempts.
        1..=7 => (StatusCode::TOO_MANY_REQUESTS, [(RETRY_AFTER, "1")]),
        _ => (StatusCode::OK, [(RETRY_AFTER, "0")]),
    })
    .await;
    let (operator, destination, _) = subscribed(&receiver).await;
    let event = operator.event(EVENT, json!({})).await;
    let done = operator.delivery(&destination, &event, "succeeded").await;
    assert_eq!(done["attempt_count"], 8);
    let shown = operator.get(&format!("/v1/notifications/destinations/{destination}")).await.expect(200);
    assert_eq!(shown["health"]["status"], "healthy");
}

#[tokio::test]
async fn a_refused_connection_is_a_failure() {
    let receiver = Receiver::taking().await;
    let operator = Operator::create().await;
    // A reserved port where nothing listens: another process might use a free one before the next attempt.
    let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
    socket.bind(([127, 0, 0, 1], 0).into()).expect("a free port");
    let url = format!("http://{}/", socket.local_addr().expect("an address"));
    let closed = operator.register("webhook", &url).await.expect(201)["id"].clone();
    let open = operator.webhook(&receiver).await["id"].clone();
    let (closed, open) = (closed.as_str().expect("an id"), open.as_str().expect("an id"));
    operator.rule(EVENT, &[closed, open]).await;
    let event = operator.event(EVENT, json!({})).await;
    operator.delivery(open, &event, "succeeded").await;
    let failed = operator.delivery(closed, &event, "abandoned").await;
    let error = failed["attempts"][0]["error"].as_str().expect("an error");
    assert!(error.starts_with("could not connect"), "{error}");
    assert_eq!(failed["attempts"][0]["status"], Value::Null);
}
