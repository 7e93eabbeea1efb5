//! A worker that dies at the worst moment: after it sent its request and before it recorded the attempt.
//!
//! A separate test program, because it kills the function that makes all deliveries.
#![allow(clippy::expect_used, reason = "a test that cannot continue panics")]

use std::time::Duration;

use e2e::{Operator, Receiver, operations::kill, variable, within};
use serde_json::json;

#[tokio::test]
async fn a_delivery_succeeds_after_its_worker_is_killed_before_recording_the_attempt() {
    let (function, endpoint) = (variable("DELIVER_FUNCTION"), variable("AWS_ENDPOINT_URL"));
    let receiver = Receiver::answering(move |n| {
        if n == 1 {
            assert!(kill(&function, &endpoint) > 0, "no process of the function was found");
        }
        "accepted"
    })
    .await;
    let operator = Operator::create().await;
    let destination = operator.webhook(&receiver).await["id"].as_str().expect("an id").to_owned();
    operator.rule("custom.crash", &[&destination]).await;
    let event = operator.event("custom.crash", json!({})).await;
    receiver.wait_for(1).await;
    let before = operator.deliveries(&destination).await;
    assert_eq!((&before[0]["state"], &before[0]["attempt_count"]), (&json!("pending"), &json!(0)));

    // SQS delivers the job again after its visibility timeout of two minutes.
    let done = within(Duration::from_secs(240), "the delivery has succeeded", async || {
        let found = operator.deliveries(&destination).await.into_iter().find(|d| d["event_id"] == event.as_str());
        found.filter(|delivery| delivery["state"] == "succeeded")
    })
    .await;
    assert_eq!(done["attempt_count"], 1, "the unrecorded attempt was repeated with the same number");
    let got = receiver.received();
    assert_eq!(got.len(), 2);
    assert_eq!(got[0].header("webhook-id"), got[1].header("webhook-id"), "the receiver can detect the duplicate");
}

#[tokio::test]
async fn a_notification_whose_sender_is_killed_is_logged_and_can_be_sent_again() {
    let (function, endpoint) = (variable("PROVIDERS_FUNCTION"), variable("AWS_ENDPOINT_URL"));
    let receiver = Receiver::answering(move |n| {
        if n == 1 {
            assert!(kill(&function, &endpoint) > 0, "no process of the function was found");
        }
        "accepted"
    })
    .await;
    let tenant = Operator::create().await.from_page().with_header("idempotency-key", "crash");
    let new = json!({"kind": "webhook", "name": "x", "config": {"url": receiver.url()}});
    let id = tenant.post("/api/v1/notifications/providers", new).await.expect(201)["id"].clone();
    let body = json!({"providerIds": [id], "notification": {"title": "t", "body": "", "severity": "info"}});
    // A raw request, because the local cloud's answer for a function that died does not matter.
    let url = format!("{}/api/v1/notifications/send", variable("API_URL"));
    let mut request = reqwest::Client::new().post(url).bearer_auth(tenant.key.as_deref().expect("a key")).json(&body);
    for (name, value) in &tenant.headers {
        request = request.header(*name, value);
    }
    let _ = request.timeout(Duration::from_secs(40)).send().await;
    receiver.wait_for(1).await;

    // The first request counts as in progress until it must have timed out.
    let answer = within(Duration::from_secs(90), "the result of the first request", async || {
        let answer = tenant.post("/api/v1/notifications/send", body.clone()).await;
        (answer.status != 409).then(|| answer.expect(502))
    })
    .await;
    let result = &answer["results"][0];
    assert!(result["error"].as_str().expect("a sentence").contains("interrupted"), "{answer}");
    assert_eq!(receiver.received().len(), 1, "it is unknown whether the request arrived, so it is not repeated");
    let delivery = result["deliveryId"].as_str().expect("an id");
    tenant.post_empty(&format!("/v1/deliveries/{delivery}/retry")).await.expect(202);
    let got = receiver.wait_for(2).await;
    assert_eq!(got[0].header("webhook-id"), got[1].header("webhook-id"), "the receiver can detect the duplicate");
}
