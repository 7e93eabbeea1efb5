//! Verification of email addresses and phone numbers with codes.

use e2e::{
    Operator, aws,
    inbox::{self, new_address, new_number},
    variable,
};
use serde_json::{Value, json};

const EVENT: &str = "custom.verification";

fn path(id: &str) -> String {
    format!("/v1/notifications/destinations/{id}")
}

/// Creates a destination of a kind, and returns its path.
async fn unverified(operator: &Operator, kind: &str, address: &str) -> String {
    let made = operator.register(kind, address).await.expect(201);
    assert_eq!(made["verified"], false);
    path(made["id"].as_str().expect("an id"))
}

/// Creates a webhook, and returns its path.
async fn webhook_path(operator: &Operator) -> String {
    let made = operator.register("webhook", "https://example.com/").await.expect(201);
    path(made["id"].as_str().expect("an id"))
}

#[tokio::test]
async fn mail_and_sms_destinations_are_verified_and_notified() {
    let operator = Operator::create().await;
    for (kind, address) in [("email", new_address()), ("sms", new_number())] {
        let path = unverified(&operator, kind, &address).await;
        let id = path.rsplit('/').next().expect("an id").to_owned();
        assert_eq!(operator.post_empty(&format!("{path}/test")).await.error(400).1, "destination_unverified");
        let rule = json!({"destination_ids": [id], "events": [EVENT], "min_severity": "info"});
        let (sentence, code) = operator.post("/v1/notifications/channels", rule.clone()).await.error(400);
        assert!(sentence.contains(&id), "it names the destination: {sentence}");
        assert_eq!(code, "destination_unverified");

        let sent = operator.post_empty(&format!("{path}/send-code")).await.expect(200);
        assert_eq!(sent["sent"], true);
        let expires_at: jiff::Timestamp = sent["expires_at"].as_str().expect("a time").parse().expect("RFC 3339");
        let minutes = expires_at.duration_since(jiff::Timestamp::now()).as_secs_f64() / 60.0;
        assert!((9.0..=10.0).contains(&minutes), "{minutes}");
        let code = inbox::code(&address, 0).await;
        assert_eq!(operator.verify(&path, &inbox::another_code(&code, 1)).await.error(400).1, "code_wrong");
        assert_eq!(operator.verify(&path, &code).await.expect(200), json!({"verified": true}));
        assert_eq!(operator.get(&path).await.expect(200)["verified"], true);
        assert_eq!(operator.verify(&path, &code).await.error(400).1, "code_spent", "a code can be used once");
        assert_eq!(operator.post_empty(&format!("{path}/send-code")).await.error(400).1, "already_verified");

        operator.post("/v1/notifications/channels", rule).await.expect(201);
        let event = operator.event(EVENT, json!({"message": "The disk is full"})).await;
        let delivery = operator.delivery(&id, &event, "succeeded").await;
        assert_eq!(delivery["attempt_count"], 1);
        assert!(delivery["attempts"][0]["response"].is_string(), "the service's message id");
        let got = inbox::wait_for(&address, 2).await;
        assert!(got[1].text.contains("The disk is full"), "{got:?}");

        let tested = operator.post_empty(&format!("{path}/test")).await.expect(200);
        assert_eq!(tested["success"], true);
        assert!(tested["detail"].as_str().expect("text").contains(&address), "{tested}");
        let got = inbox::wait_for(&address, 3).await;
        assert!(got[2].text.contains("test notification") && got.len() == 3, "{got:?}");
    }
}

#[tokio::test]
async fn a_rule_cannot_be_changed_to_an_unverified_destination() {
    let operator = Operator::create().await;
    let good = operator.verified("email", &new_address()).await;
    let rule = format!("/v1/notifications/channels/{}", operator.rule(EVENT, &[&good]).await);
    let before = operator.get(&rule).await.expect(200);
    let bad = unverified(&operator, "sms", &new_number()).await;
    let bad = bad.rsplit('/').next().expect("an id");
    let (sentence, code) = operator.patch(&rule, json!({"destination_ids": [good, bad]})).await.error(400);
    assert!(sentence.contains(bad) && code == "destination_unverified", "{sentence}");
    assert_eq!(operator.get(&rule).await.expect(200), before);
}

#[tokio::test]
async fn errors_of_codes_reveal_nothing_about_the_code() {
    let operator = Operator::create().await;
    let (path, code) = operator.with_code().await;
    let (sentence, word) = operator.post_empty(&format!("{path}/verify")).await.error(400);
    assert!(word == "code_missing" && sentence.contains("`code`"), "{sentence}");
    for malformed in ["", "12345", "1234567", "abcdef"] {
        let (sentence, word) = operator.verify(&path, malformed).await.error(400);
        assert!(word == "invalid_field" && sentence.contains("6 digits"), "{sentence}");
    }
    let webhook = webhook_path(&operator).await;
    assert_eq!(operator.verify(&webhook, "abcdef").await.error(400).1, "invalid_field", "although it needs no code");
    let as_number = operator.post(&format!("{path}/verify"), json!({"code": 123456})).await.error(400);
    assert_eq!(as_number.1, "invalid_field");
    let unknown = operator.post(&format!("{path}/verify"), json!({"pin": "123456"})).await.error(400);
    assert!(unknown.0.contains("`pin`"), "{}", unknown.0);
    let (sentence, word) = operator.verify(&path, &inbox::another_code(&code, 7)).await.error(400);
    assert_eq!((&*word, sentence.chars().any(|c| c.is_ascii_digit())), ("code_wrong", false), "{sentence}");

    let row = row_of(&path);
    let update = json!({
        "TableName": variable("VERIFICATIONS_TABLE"), "Key": row, "UpdateExpression": "SET expires_at = :past",
        "ExpressionAttributeValues": {":past": {"N": "1000"}},
    });
    aws::call("dynamodb", "DynamoDB_20120810.UpdateItem", update).await;
    assert_eq!(operator.verify(&path, &code).await.error(400).1, "code_expired");

    let never = unverified(&operator, "sms", &new_number()).await;
    let (sentence, word) = operator.verify(&never, "123456").await.error(400);
    assert!(word == "code_missing" && sentence.contains("send-code"), "{sentence}");
}

fn row_of(path: &str) -> Value {
    json!({"subject": {"S": path.rsplit('/').next().expect("an id")}})
}

#[tokio::test]
async fn a_code_is_stored_only_as_an_hmac() {
    let operator = Operator::create().await;
    let (path, code) = operator.with_code().await;
    let request = json!({"TableName": variable("VERIFICATIONS_TABLE"), "Key": row_of(&path)});
    let row = aws::call("dynamodb", "DynamoDB_20120810.GetItem", request).await;
    assert!(row["Item"]["tag"]["B"].is_string() && row["Item"]["ttl"]["N"].is_string(), "{row}");
    let without_times: Vec<_> =
        ["tag", "otp_id", "tries_left", "used", "subject"].iter().map(|name| row["Item"][name].to_string()).collect();
    assert!(!without_times.concat().contains(&code));
}

#[tokio::test]
async fn a_new_code_replaces_the_previous_one() {
    let operator = Operator::create().await;
    let address = new_address();
    let path = unverified(&operator, "email", &address).await;
    operator.post_empty(&format!("{path}/send-code")).await.expect(200);
    let first = inbox::code(&address, 0).await;
    operator.send_code(&path).await;
    let second = inbox::code(&address, 1).await;
    if first != second {
        assert_eq!(operator.verify(&path, &first).await.error(400).1, "code_wrong");
    }
    operator.verify(&path, &second).await.expect(200);
}

#[tokio::test]
async fn codes_are_only_for_the_operators_own_keys_that_may_write() {
    let operator = Operator::create().await;
    let (path, code) = operator.with_code().await;
    let (viewer, other) = (operator.with_role("viewer").await, Operator::create().await);
    let body = json!({ "code": code });
    viewer.post_empty(&format!("{path}/send-code")).await.error(403);
    viewer.post(&format!("{path}/verify"), body.clone()).await.error(403);
    other.post(&format!("{path}/verify"), body).await.error(404);
    operator.verify(&path, &code).await.expect(200);
}
