//! What of a URL is a credential: whoever may write sees it, and nobody else.

use axum::http::StatusCode;
use e2e::{Operator, Receiver, eventually, receiver::Received};
use serde_json::{Value, json};

use crate::subscriptions::delivery_id;

/// Not to be found, however it is spelled.
const TOKEN: &str = "pl%2Fan%26ted-7";
const SPELLINGS: [&str; 5] =
    ["pl%2Fan%26ted-7", "pl/an&ted-7", "pl/an&amp;ted-7", r"pl\/an\u0026ted-7", "pl%2fan%26ted-7"];
const SHOWN: &str = "?••••••••";

/// A receiver that refuses and says back where it was asked, in every spelling.
async fn echoing() -> Receiver {
    Receiver::judging(|_: &Received, _| (StatusCode::GONE, SPELLINGS.join(" | "))).await
}

fn holds_token(text: &Value) -> bool {
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

/// Asks for `path` as a viewer and as an editor: only the latter may see the token.
async fn only_writers_see_it(operator: &Operator, path: &str) {
    let viewer = operator.with_role("viewer").await;
    let (seen, shown) = (operator.get(path).await.expect(200), viewer.get(path).await.expect(200));
    assert!(seen.to_string().contains(TOKEN), "{path}: {seen}");
    assert!(!holds_token(&shown) && shown.to_string().contains(SHOWN), "{path}: {shown}");
}

#[tokio::test]
async fn a_token_in_the_url_of_a_destination_is_seen_by_writers_alone() {
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

    // It is gone: attempts, events and overview tell of it, and none has the token.
    let event = operator.event("custom.hidden", json!({})).await;
    let delivery = attempted(&operator, id, &event).await;
    assert_eq!(delivery["attempts"][0]["response"].as_str().expect("an answer").matches("••••••••").count(), 5);
    let path = format!("/v1/deliveries/{}", delivery["id"].as_str().expect("an id"));
    only_writers_see_it(&operator, &path).await;
    let told = eventually("its operator is told", async || {
        let list = operator.get("/v1/events?type=destination.unhealthy").await.expect(200);
        list["events"].as_array().expect("a list").first().cloned()
    })
    .await;
    assert!(!holds_token(&told) && told.to_string().contains(SHOWN), "{told}");
    let overview = operator.get("/v1/overview").await.expect(200);
    assert!(!holds_token(&overview) && overview.to_string().contains(SHOWN), "{overview}");
    assert!(!holds_token(&operator.get("/v1/deliveries").await.expect(200)));
    let tested = operator.post_empty(&format!("/v1/notifications/destinations/{id}/test")).await;
    assert!(!holds_token(&tested.json), "{}", tested.json);

    // What is shown is no address, and cannot become one.
    let (sentence, _) = operator.register("webhook", &format!("{}{SHOWN}", receiver.url())).await.error(400);
    assert!(sentence.contains("placeholder"), "{sentence}");
}

#[tokio::test]
async fn so_is_one_in_the_url_of_a_subscription() {
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
    eventually("it is told that it is gone", async || {
        let list = operator.get("/mail/events?resourceType=webhook").await.expect(200);
        assert!(!holds_token(&list), "{list}");
        list.to_string().contains("unhealthy").then_some(())
    })
    .await;
    let id = delivery_id(webhook["id"].as_str().expect("an id"), &event);
    let delivery = operator.get(&format!("/mail/webhook-deliveries/{id}")).await.expect(200);
    assert!(!holds_token(&delivery) && delivery.to_string().contains("••••••••"), "{delivery}");
}

#[tokio::test]
async fn a_redirect_says_where_it_points_without_its_credentials() {
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
