//! The operator is notified by email and by an event when a destination becomes unhealthy.

use axum::http::StatusCode;
use e2e::{
    Operator, Receiver,
    client::EMAIL,
    eventually,
    inbox::{self, Message, new_number},
};
use serde_json::json;

const EVENT: &str = "custom.health";

/// The emails to the operators' address that mention this operator.
async fn notices(operator: &Operator) -> Vec<Message> {
    inbox::all(EMAIL).await.into_iter().filter(|mail| mail.text.contains(&operator.id)).collect()
}

#[tokio::test]
async fn the_operator_gets_one_mail_with_cause_paused_rules_and_next_steps() {
    let operator = Operator::create().await;
    let broken = Receiver::answering(|_| (StatusCode::INTERNAL_SERVER_ERROR, "<b>database is down</b>")).await;
    let subject = Receiver::taking().await;
    let unhealthy = operator.webhook(&broken).await["id"].as_str().expect("an id").to_owned();
    let watcher = operator.webhook(&subject).await["id"].as_str().expect("an id").to_owned();
    operator.rule("destination.unhealthy", &[&watcher]).await;
    let paused = operator.rule(EVENT, &[&unhealthy]).await;
    let skipping = json!({"destination_ids": [unhealthy], "events": ["custom.x"], "on_unhealthy": "skip"});
    let skipping = operator.post("/v1/notifications/channels", skipping).await.expect(201)["id"].clone();
    // Two deliveries fail at the same time, but it is a single destination.
    let first = operator.event(EVENT, json!({"n": 1})).await;
    let second = operator.event(EVENT, json!({"n": 2})).await;
    operator.delivery(&unhealthy, &first, "abandoned").await;
    operator.delivery(&unhealthy, &second, "abandoned").await;

    let mail = eventually("the operator is notified", async || notices(&operator).await.pop()).await;
    assert_eq!(mail.subject, "A webhook destination is unhealthy");
    let verify = format!("POST /v1/notifications/destinations/{unhealthy}/verify");
    for words in [broken.url(), "answered 500 Internal Server Error", &paused, EVENT, &verify, "/recover"] {
        assert!(mail.text.contains(words) && mail.html.contains(words), "{words}: {}", mail.text);
    }
    assert!(mail.text.contains("<b>database is down</b>"), "the last answer: {}", mail.text);
    assert!(!mail.html.contains("<b>database"), "as text");
    assert!(!mail.text.contains(skipping.as_str().expect("an id")), "a rule that skips is not paused");

    let got = subject.wait_for(1).await[0].json();
    assert_eq!(got["event_type"], "destination.unhealthy");
    assert_eq!(
        (&got["data"]["destination_id"], &got["data"]["destination"]),
        (&json!(unhealthy), &json!(broken.url()))
    );
    assert_eq!(got["data"]["paused_rules"], json!([{"id": paused, "events": [EVENT]}]));
    assert_eq!(notices(&operator).await.len(), 1, "a single email");
    assert_eq!(subject.received().len(), 1, "a single event");

    // Our internal destination for the operator's address is not visible.
    let listed = operator.get("/v1/notifications/destinations").await.expect(200);
    assert_eq!(listed["destinations"].as_array().map(Vec::len), Some(2));
    let own = operator.id.replace("op_", "ndst_");
    operator.get(&format!("/v1/notifications/destinations/{own}")).await.error(404);
}

#[tokio::test]
async fn an_unhealthy_number_recovers_by_verification() {
    let operator = Operator::create().await;
    let number = new_number();
    let id = operator.verified("sms", &number).await;
    operator.rule(EVENT, &[&id]).await;
    inbox::refuse(&number, 400, "InvalidParameter", "Invalid parameter: PhoneNumber", 1).await;
    let event = operator.event(EVENT, json!({"n": 1})).await;
    operator.delivery(&id, &event, "abandoned").await;
    let mail = eventually("the operator is notified", async || notices(&operator).await.pop()).await;
    assert_eq!(mail.subject, "An SMS destination is unhealthy");
    let path = format!("/v1/notifications/destinations/{id}");
    assert!(mail.text.contains(&format!("{path}/send-code")) && mail.text.contains(&number), "{}", mail.text);
    operator.verify_by_code(&path, &number).await;
    let recovered =
        operator.post(&format!("{path}/recover"), json!({"since": "2020-01-01T00:00:00Z"})).await.expect(202);
    assert_eq!(recovered["recovered"], 1);
    operator.delivery(&id, &event, "succeeded").await;
}
