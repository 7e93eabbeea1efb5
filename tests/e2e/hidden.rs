//! Credentials in URLs: whoever may write can see them, and nobody else.

use axum::http::StatusCode;
use e2e::{Operator, Receiver, eventually, receiver::Received};
use serde_json::{Value, json};

use crate::subscriptions::delivery_id;

/// The credential, which must not appear in any of these encodings.
const TOKEN: &str = "pl%2Fan%26ted-7";
const SPELLINGS: [&str; 5] =
    ["pl%2Fan%26ted-7", "pl/an&ted-7", "pl/an&amp;ted-7", r"pl\/an\u0026ted-7", "pl%2fan%26ted-7"];
const SHOWN: &str = "?••••••••";

/// A receiver that rejects requests, and echoes the token in every encoding.
async fn echoing() -> Receiver {
    Receiver::with_handler(|_: &Received, _| (StatusCode::GONE, SPELLINGS.join(" | "))).await
}

fn contains_token(text: &Value) -> bool {
    let text = text.to_string();
    text.contains("planted")
        || SPELLINGS.iter().any(|token| text.contains(&token.replace('\\', "\\\\")))
        || text.contains("ted-7")
}

/// Waits until a delivery has been attempted.
async fn attempted(operator: &Operator, destination: &str, event: &str) -> Value {
    eventually("an attempt", async || {
        let found = operator.deliveries(destination).await.into_iter().find(|delivery| delivery["event_id"] == event);
        found.filter(|delivery| delivery["attempt_count"] != 0)
    })
    .await
}

/// Requests `path` as an editor and as a viewer: only the editor may see the token.
async fn only_writers_see_it(operator: &Operator, path: &str) {
    let viewer = operator.with_role("viewer").await;
    let (seen, shown) = (operator.get(path).await.expect(200), viewer.get(path).await.expect(200));
    assert!(seen.to_string().contains(TOKEN), "{path}: {seen}");
    assert!(!contains_token(&shown) && shown.to_string().contains(SHOWN), "{path}: {shown}");
}

#[tokio::test]
async fn a_token_in_the_url_of_a_destination_is_visible_to_writers_only() {
    let (operator, receiver) = (Operator::create().await, echoing().await);
    let url = format!("{}?token={TOKEN}", receiver.url());
    let made = operator.register("webhook", &url).await.expect(201);
    let id = made["id"].as_str().expect("an id");
    assert_eq!(made["destination"], url.as_str());
    let rule = operator.rule("custom.hidden", &[id]).await;
    only_writers_see_it(&operator, &format!("/v1/notifications/destinations/{id}")).await;
    only_writers_see_it(&operator, "/v1/notifications/destinations").await;
    only_writers_see_it(&operator, &format!("/v1/notifications/channels/{rule}")).await;
    only_writers_see_it(&operator, "/v1/notifications/channels").await;

    // The destination answers that it is gone: attempts, events and the overview report it without the token.
    let event = operator.event("custom.hidden", json!({})).await;
    let delivery = attempted(&operator, id, &event).await;
    assert_eq!(delivery["attempts"][0]["response"].as_str().expect("an answer").matches("••••••••").count(), 5);
    let path = format!("/v1/deliveries/{}", delivery["id"].as_str().expect("an id"));
    only_writers_see_it(&operator, &path).await;
    let notice = eventually("the operator is notified", async || {
        let list = operator.get("/v1/events?type=destination.unhealthy").await.expect(200);
        list["events"].as_array().expect("a list").first().cloned()
    })
    .await;
    assert!(!contains_token(&notice) && notice.to_string().contains(SHOWN), "{notice}");
    let overview = operator.get("/v1/overview").await.expect(200);
    assert!(!contains_token(&overview) && overview.to_string().contains(SHOWN), "{overview}");
    assert!(!contains_token(&operator.get("/v1/deliveries").await.expect(200)));
    let tested = operator.post_empty(&format!("/v1/notifications/destinations/{id}/test")).await;
    assert!(!contains_token(&tested.json), "{}", tested.json);

    // The masked URL is not accepted as an address.
    let (sentence, _) = operator.register("webhook", &format!("{}{SHOWN}", receiver.url())).await.error(400);
    assert!(sentence.contains("placeholder"), "{sentence}");
}

#[tokio::test]
async fn a_token_in_the_url_of_a_subscription_is_visible_to_writers_only() {
    let (operator, receiver) = (Operator::create().await, echoing().await);
    let url = format!("{}?token={TOKEN}", receiver.url());
    let new = json!({"url": url, "eventTypes": ["mail.message.sent"]});
    let webhook = operator.post("/mail/webhooks", new).await.expect(201);
    let path = format!("/mail/webhooks/{}", webhook["id"].as_str().expect("an id"));
    only_writers_see_it(&operator, &path).await;
    only_writers_see_it(&operator, "/mail/webhooks").await;
    let made = operator.post("/v1/webhooks/endpoints", json!({ "url": url })).await.expect(201);
    let endpoint = format!("/v1/webhooks/endpoints/{}", made["id"].as_str().expect("an id"));
    only_writers_see_it(&operator, &endpoint).await;
    only_writers_see_it(&operator, "/v1/webhooks/endpoints").await;

    operator.patch(&path, json!({"description": "changed"})).await.expect(200);
    let event = operator.event("mail.message.sent", json!({"messageId": "m-1"})).await;
    eventually("the unhealthy webhook is reported", async || {
        let list = operator.get("/mail/events?resourceType=webhook").await.expect(200);
        assert!(!contains_token(&list), "{list}");
        list.to_string().contains("unhealthy").then_some(())
    })
    .await;
    let id = delivery_id(webhook["id"].as_str().expect("an id"), &event);
    let delivery = operator.get(&format!("/mail/webhook-deliveries/{id}")).await.expect(200);
    assert!(!contains_token(&delivery) && delivery.to_string().contains("••••••••"), "{delivery}");
}

#[tokio::test]
async fn a_redirect_is_reported_with_its_target_without_credentials() {
    let operator = Operator::create().await;
    let to = format!("https://example.org/new/place?token={TOKEN}#planted");
    let receiver = Receiver::answering(move |_| (StatusCode::PERMANENT_REDIRECT, [("location", to.clone())])).await;
    let made = operator.webhook(&receiver).await;
    let id = made["id"].as_str().expect("an id");
    operator.rule("custom.moved", &[id]).await;
    let event = operator.event("custom.moved", json!({})).await;
    let delivery = attempted(&operator, id, &event).await;
    let expected =
        format!("answered 308 and points to https://example.org/new/place{SHOWN}; redirects are not followed");
    assert_eq!(delivery["attempts"][0]["error"], expected.as_str());
}
