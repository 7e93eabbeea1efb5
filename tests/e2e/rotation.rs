//! New secrets for webhooks.

use e2e::{Operator, Receiver, receiver::hex_hmac};
use serde_json::json;

#[tokio::test]
async fn after_a_rotation_both_secrets_sign() {
    let operator = Operator::create().await;
    let receiver = Receiver::taking().await;
    let made = operator.webhook(&receiver).await;
    let id = made["id"].as_str().expect("an id");
    let path = format!("/v1/notifications/destinations/{id}/rotate-secret");
    let rotated = operator.post_empty(&path).await.expect(200);
    let (old, new) = (made["webhook_secret"].as_str().expect("old"), rotated["webhook_secret"].as_str().expect("new"));
    assert!(new.starts_with("whsec_") && new != old);
    let until: jiff::Timestamp =
        rotated["previous_secret_expires_at"].as_str().expect("a time").parse().expect("a time");
    let hours = until.duration_since(jiff::Timestamp::now()).as_hours();
    assert!((23..=24).contains(&hours), "{hours}");

    operator.rule("custom.rotation", &[id]).await;
    operator.event("custom.rotation", json!({})).await;
    let got = &receiver.wait_for(1).await[0];
    assert!(got.signed_by(new));
    assert_eq!(got.header("x-stack-signature-256-previous"), hex_hmac(old, &got.body));
    assert_eq!(got.header("webhook-signature").split(' ').count(), 2);
}

#[tokio::test]
async fn only_a_webhook_has_a_secret() {
    let operator = Operator::create().await;
    let email = operator.register("email", "a@example.com").await.expect(201);
    let path = format!("/v1/notifications/destinations/{}/rotate-secret", email["id"].as_str().expect("an id"));
    let (sentence, code) = operator.post_empty(&path).await.error(400);
    assert!(sentence.contains("email"), "{sentence}");
    assert_eq!(code, "no_secret");
}
