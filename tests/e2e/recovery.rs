//! Deliveries that are sent again manually, and those whose destination was deleted.

use e2e::{Operator, Receiver};
use serde_json::json;

const EVENT: &str = "custom.recovery";

#[tokio::test]
async fn a_delivery_is_sent_again_manually() {
    let receiver = Receiver::failing(5).await;
    let operator = Operator::create().await;
    let destination = operator.webhook(&receiver).await["id"].as_str().expect("an id").to_owned();
    operator.rule(EVENT, &[&destination]).await;
    let event = operator.event(EVENT, json!({})).await;
    let abandoned = operator.delivery(&destination, &event, "abandoned").await;
    let path = format!("/v1/deliveries/{}/retry", abandoned["id"].as_str().expect("an id"));

    let viewer = operator.with_role("viewer").await;
    viewer.post_empty(&path).await.error(403);
    let accepted = operator.post_empty(&path).await.expect(202);
    assert_eq!(accepted["state"], "pending");
    let succeeded = operator.delivery(&destination, &event, "succeeded").await;
    assert_eq!(succeeded["attempt_count"], 6);
    // A successful delivery is sent again only with `force`.
    assert_eq!(operator.post_empty(&path).await.error(409).1, "already_succeeded");
    let (sentence, _) = operator.post(&path, json!({"forced": true})).await.error(400);
    assert!(sentence.contains("forced"), "{sentence}");
    operator.post(&path, json!({"force": true})).await.expect(202);
    receiver.wait_for(7).await;
}

#[tokio::test]
async fn a_delivery_to_a_deleted_destination_is_recorded_but_not_sent() {
    let (here, gone) = (Receiver::taking().await, Receiver::taking().await);
    let operator = Operator::create().await;
    let id = async |receiver| operator.webhook(receiver).await["id"].as_str().expect("an id").to_owned();
    let (here_id, gone_id) = (id(&here).await, id(&gone).await);
    operator.rule(EVENT, &[&here_id, &gone_id]).await;
    operator.delete(&format!("/v1/notifications/destinations/{gone_id}")).await.expect(200);
    let event = operator.event(EVENT, json!({})).await;
    operator.delivery(&here_id, &event, "succeeded").await;

    let delivery = format!("dlv_{}{}", &gone_id["ndst_".len()..], &event["evt_".len()..]);
    let shown = operator.get(&format!("/v1/deliveries/{delivery}")).await.expect(200);
    assert_eq!((&shown["state"], &shown["reason"]), (&json!("abandoned"), &json!("destination_deleted")));
    let (sentence, code) = operator.post_empty(&format!("/v1/deliveries/{delivery}/retry")).await.error(409);
    assert!(sentence.contains("deleted"), "{sentence}");
    assert_eq!(code, "destination_deleted");
    assert_eq!(gone.received().len(), 0);
}

#[tokio::test]
async fn recover_requires_a_time() {
    let operator = Operator::create().await;
    let made = operator.register("webhook", "https://example.com/hooks").await.expect(201);
    let path = format!("/v1/notifications/destinations/{}/recover", made["id"].as_str().expect("an id"));
    for body in [json!({}), json!({"since": "yesterday"}), json!({"since": 7}), json!({"from": "2026-01-01T00:00:00Z"})]
    {
        let (sentence, _) = operator.post(&path, body).await.error(400);
        assert!(sentence.contains("since"), "{sentence}");
    }
    let nothing = operator.post(&path, json!({"since": "2026-01-01T00:00:00+01:00"})).await.expect(202);
    assert_eq!(nothing, json!({"recovered": 0, "more": false}));
}
