//! A worker that dies at the worst moment: between its request and the record of it.
//!
//! A test program of its own, since it kills the function that all deliveries go through.
#![allow(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

use std::time::Duration;

use e2e::{Operator, Receiver, operations::kill, variable, within};
use serde_json::json;

#[tokio::test]
async fn a_delivery_whose_worker_is_killed_before_the_record_still_ends() {
    let (function, endpoint) = (variable("DELIVER_FUNCTION"), variable("AWS_ENDPOINT_URL"));
    let receiver = Receiver::answering(move |n| {
        if n == 1 {
            assert!(kill(&function, &endpoint) > 0, "no process of the function was found");
        }
        "taken"
    })
    .await;
    let operator = Operator::create().await;
    let destination = operator.webhook(&receiver).await["id"].as_str().expect("an id").to_owned();
    operator.rule("custom.crash", &[&destination]).await;
    let event = operator.event("custom.crash", json!({})).await;
    receiver.wait_for(1).await;
    let before = operator.deliveries(&destination).await;
    assert_eq!((&before[0]["state"], &before[0]["attempt_count"]), (&json!("pending"), &json!(0)));

    // SQS hands the job out again once its visibility timeout of two minutes is over.
    let done = within(Duration::from_secs(240), "the delivery has ended", async || {
        let found = operator.deliveries(&destination).await.into_iter().find(|d| d["event_id"] == event.as_str());
        found.filter(|delivery| delivery["state"] == "succeeded")
    })
    .await;
    assert_eq!(done["attempt_count"], 1, "the attempt that was not recorded was made again under its number");
    let got = receiver.received();
    assert_eq!(got.len(), 2);
    assert_eq!(got[0].header("webhook-id"), got[1].header("webhook-id"), "so that the receiver can tell");
}

#[tokio::test]
async fn a_notification_whose_sender_is_killed_is_in_the_log_and_can_be_sent_again() {
    let (function, endpoint) = (variable("PROVIDERS_FUNCTION"), variable("AWS_ENDPOINT_URL"));
    let receiver = Receiver::answering(move |n| {
        if n == 1 {
            assert!(kill(&function, &endpoint) > 0, "no process of the function was found");
        }
        "taken"
    })
    .await;
    let tenant = Operator::create().await.from_page().with_header("idempotency-key", "crash");
    let new = json!({"kind": "webhook", "name": "x", "config": {"url": receiver.url()}});
    let id = tenant.post("/api/v1/notifications/providers", new).await.expect(201)["id"].clone();
    let body = json!({"providerIds": [id], "notification": {"title": "t", "body": "", "severity": "info"}});
    // Whatever the local cloud says of a function that died.
    let url = format!("{}/api/v1/notifications/send", variable("API_URL"));
    let mut request = reqwest::Client::new().post(url).bearer_auth(tenant.key.as_deref().expect("a key")).json(&body);
    for (name, value) in &tenant.headers {
        request = request.header(*name, value);
    }
    let _ = request.timeout(Duration::from_secs(40)).send().await;
    receiver.wait_for(1).await;

    // The first request may be under way, until it cannot be any more.
    let told = within(Duration::from_secs(90), "how it has ended", async || {
        let answer = tenant.post("/api/v1/notifications/send", body.clone()).await;
        (answer.status != 409).then(|| answer.expect(502))
    })
    .await;
    let result = &told["results"][0];
    assert!(result["error"].as_str().expect("a sentence").contains("interrupted"), "{told}");
    assert_eq!(receiver.received().len(), 1, "nobody knows whether it has arrived");
    let delivery = result["deliveryId"].as_str().expect("an id");
    tenant.post_empty(&format!("/v1/deliveries/{delivery}/retry")).await.expect(202);
    let got = receiver.wait_for(2).await;
    assert_eq!(got[0].header("webhook-id"), got[1].header("webhook-id"), "so that the receiver can tell");
}
