//! Rotation of webhook secrets.

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

#[tokio::test]
async fn every_earlier_secret_signs_until_it_expires_and_a_sixth_rotation_is_rejected() {
    let operator = Operator::create().await;
    let receiver = Receiver::taking().await;
    let made = operator.webhook(&receiver).await;
    let id = made["id"].as_str().expect("an id");
    let path = format!("/v1/notifications/destinations/{id}/rotate-secret");
    let mut secrets = vec![made["webhook_secret"].as_str().expect("a secret").to_owned()];
    for _ in 0..5 {
        let rotated = operator.post_empty(&path).await.expect(200);
        secrets.insert(0, rotated["webhook_secret"].as_str().expect("a secret").to_owned());
    }
    let (sentence, code) = operator.post_empty(&path).await.error(409);
    assert_eq!(code, "too_many_secrets");
    assert!(sentence.contains("expire_now") && sentence.contains("Rotate again after 2"), "{sentence}");
    operator.rule("custom.rotation", &[id]).await;
    let signatures = async |count: usize| {
        operator.event("custom.rotation", json!({})).await;
        let got = receiver.wait_for(count).await.remove(count - 1);
        let previous = got.header("x-stack-signature-256-previous").split(", ").map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(got.header("webhook-signature").split(' ').count(), 1 + previous.len());
        (got.header("x-stack-signature-256").to_owned(), previous, got.body)
    };
    let (current, previous, body) = signatures(1).await;
    assert_eq!(current, hex_hmac(&secrets[0], &body));
    assert_eq!(previous, secrets[1..].iter().map(|secret| hex_hmac(secret, &body)).collect::<Vec<_>>());

    // A leaked secret expires immediately; the others keep their times.
    let rotated = operator.post(&path, json!({"expire_now": true})).await.expect(200);
    let newest = rotated["webhook_secret"].as_str().expect("a secret");
    let (current, previous, body) = signatures(2).await;
    assert_eq!(current, hex_hmac(newest, &body));
    assert_eq!(previous, secrets[1..].iter().map(|secret| hex_hmac(secret, &body)).collect::<Vec<_>>());
    let (sentence, _) = operator.post(&path, json!({"expireNow": true})).await.error(400);
    assert!(sentence.contains("expireNow"), "{sentence}");
}

#[tokio::test]
async fn the_secret_of_a_legacy_channel_is_rotated_too() {
    let operator = Operator::create().await;
    let receiver = Receiver::taking().await;
    let body = json!({"channel_type": "webhook", "destination": receiver.url(), "events": ["custom.rotation"], "min_severity": "info"});
    let made = operator.post("/v1/notifications/channels", body).await.expect(201);
    let path = format!("/v1/notifications/channels/{}/rotate-secret", made["id"].as_str().expect("an id"));
    let rotated = operator.post_empty(&path).await.expect(200);
    let (old, new) = (made["webhook_secret"].as_str().expect("old"), rotated["webhook_secret"].as_str().expect("new"));
    assert_eq!((&rotated["id"], &rotated["destination"]), (&made["id"], &made["destination"]));
    operator.event("custom.rotation", json!({})).await;
    let got = &receiver.wait_for(1).await[0];
    assert!(got.signed_by(new));
    assert_eq!(got.header("x-stack-signature-256-previous"), hex_hmac(old, &got.body));
    let webhook = operator.webhook(&Receiver::taking().await).await;
    let rule = operator.rule("custom.rotation", &[webhook["id"].as_str().expect("an id")]).await;
    operator.post_empty(&format!("/v1/notifications/channels/{rule}/rotate-secret")).await.error(400);
}
