//! Verification by code, of both kinds of address.

use e2e::{
    Operator, aws, eventually,
    inbox::{self, new_address, new_number},
    variable,
};
use futures::future::join_all;
use serde_json::{Value, json};

const EVENT: &str = "custom.verification";

fn path(id: &str) -> String {
    format!("/v1/notifications/destinations/{id}")
}

/// A new destination of a kind: its path.
async fn unverified(operator: &Operator, kind: &str, address: &str) -> String {
    let made = operator.register(kind, address).await.expect(201);
    assert_eq!(made["verified"], false);
    path(made["id"].as_str().expect("an id"))
}

/// A new mail destination to which a code was sent: its path, and the code.
async fn with_code(operator: &Operator) -> (String, String) {
    let address = new_address();
    let path = unverified(operator, "email", &address).await;
    operator.post_empty(&format!("{path}/send-code")).await.expect(200);
    (path, inbox::code(&address, 0).await)
}

async fn verify(operator: &Operator, path: &str, code: &str) -> e2e::Answer {
    operator.post(&format!("{path}/verify"), json!({ "code": code })).await
}

/// Another code than this one.
fn wrong(code: &str, by: u32) -> String {
    format!("{:06}", (code.parse::<u32>().expect("digits") + by) % 1_000_000)
}

#[tokio::test]
async fn both_kinds_walk_from_unverified_to_a_delivered_notification() {
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
        assert_eq!(verify(&operator, &path, &wrong(&code, 1)).await.error(400).1, "code_wrong");
        assert_eq!(verify(&operator, &path, &code).await.expect(200), json!({"verified": true}));
        assert_eq!(operator.get(&path).await.expect(200)["verified"], true);
        assert_eq!(verify(&operator, &path, &code).await.error(400).1, "code_spent", "once");
        assert_eq!(operator.post_empty(&format!("{path}/send-code")).await.error(400).1, "already_verified");

        operator.post("/v1/notifications/channels", rule).await.expect(201);
        let event = operator.event(EVENT, json!({"message": "The disk is full"})).await;
        let delivery = operator.delivery(&id, &event, "succeeded").await;
        assert_eq!(delivery["attempt_count"], 1);
        assert!(delivery["attempts"][0]["response"].is_string(), "the service's id of the message");
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
async fn a_change_to_an_unverified_destination_leaves_the_rule_as_it_was() {
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
async fn of_a_hundred_guesses_at_once_at_most_five_are_judged() {
    let operator = Operator::create().await;
    let (path, code) = with_code(&operator).await;
    let guesses = (1..=100).map(|by| {
        let (operator, path, guess) = (&operator, &path, wrong(&code, by));
        async move { verify(operator, path, &guess).await.error(400).1 }
    });
    let answers = join_all(guesses).await;
    let count = |word: &str| answers.iter().filter(|answer| *answer == word).count();
    // A try that was taken and whose answer was lost on the way is gone: fewer may be judged, and never more.
    let judged = count("code_wrong");
    assert!((1..=5).contains(&judged), "{judged}");
    assert_eq!(judged + count("code_spent"), 100);
    assert_eq!(verify(&operator, &path, &code).await.error(400).1, "code_spent", "the right one too");
    assert_eq!(operator.get(&path).await.expect(200)["verified"], false);
}

#[tokio::test]
async fn of_the_right_code_a_hundred_times_at_once_one_is_taken() {
    let operator = Operator::create().await;
    let (path, code) = with_code(&operator).await;
    let answers = join_all((0..100).map(|_| verify(&operator, &path, &code))).await;
    let taken = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(taken, 1);
    assert!(
        answers.into_iter().filter(|answer| answer.status != 200).all(|answer| answer.error(400).1 == "code_spent")
    );
}

#[tokio::test]
async fn what_is_wrong_with_a_code_is_said_and_no_more() {
    let operator = Operator::create().await;
    let (path, code) = with_code(&operator).await;
    let (sentence, word) = operator.post_empty(&format!("{path}/verify")).await.error(400);
    assert!(word == "code_missing" && sentence.contains("`code`"), "{sentence}");
    for malformed in ["", "12345", "1234567", "abcdef"] {
        let (sentence, word) = verify(&operator, &path, malformed).await.error(400);
        assert!(word == "invalid_field" && sentence.contains("6 digits"), "{sentence}");
    }
    let as_number = operator.post(&format!("{path}/verify"), json!({"code": 123456})).await.error(400);
    assert_eq!(as_number.1, "invalid_field");
    let unknown = operator.post(&format!("{path}/verify"), json!({"pin": "123456"})).await.error(400);
    assert!(unknown.0.contains("`pin`"), "{}", unknown.0);
    let (sentence, word) = verify(&operator, &path, &wrong(&code, 7)).await.error(400);
    assert_eq!((&*word, sentence.chars().any(|c| c.is_ascii_digit())), ("code_wrong", false), "{sentence}");

    let row = row_of(&path);
    let update = json!({
        "TableName": variable("VERIFICATIONS_TABLE"), "Key": row, "UpdateExpression": "SET expires_at = :past",
        "ExpressionAttributeValues": {":past": {"N": "1000"}},
    });
    aws::call("dynamodb", "DynamoDB_20120810.UpdateItem", update).await;
    assert_eq!(verify(&operator, &path, &code).await.error(400).1, "code_expired");

    let never = unverified(&operator, "sms", &new_number()).await;
    let (sentence, word) = verify(&operator, &never, "123456").await.error(400);
    assert!(word == "code_missing" && sentence.contains("send-code"), "{sentence}");
}

fn row_of(path: &str) -> Value {
    json!({"subject": {"S": path.rsplit('/').next().expect("an id")}})
}

#[tokio::test]
async fn a_code_is_kept_as_its_hmac_only() {
    let operator = Operator::create().await;
    let (path, code) = with_code(&operator).await;
    let request = json!({"TableName": variable("VERIFICATIONS_TABLE"), "Key": row_of(&path)});
    let row = aws::call("dynamodb", "DynamoDB_20120810.GetItem", request).await;
    assert!(row["Item"]["tag"]["B"].is_string() && row["Item"]["ttl"]["N"].is_string(), "{row}");
    let without_times: Vec<_> =
        ["tag", "otp_id", "tries_left", "used", "subject"].iter().map(|name| row["Item"][name].to_string()).collect();
    assert!(!without_times.concat().contains(&code));
}

#[tokio::test]
async fn a_new_code_replaces_the_one_before() {
    let operator = Operator::create().await;
    let address = new_address();
    let path = unverified(&operator, "email", &address).await;
    operator.post_empty(&format!("{path}/send-code")).await.expect(200);
    let first = inbox::code(&address, 0).await;
    eventually("another code may be sent", async || {
        (operator.post_empty(&format!("{path}/send-code")).await.status == 200).then_some(())
    })
    .await;
    let second = inbox::code(&address, 1).await;
    if first != second {
        assert_eq!(verify(&operator, &path, &first).await.error(400).1, "code_wrong");
    }
    verify(&operator, &path, &second).await.expect(200);
}

#[tokio::test]
async fn codes_are_for_whoever_may_write_and_only_for_ones_own() {
    let operator = Operator::create().await;
    let (path, code) = with_code(&operator).await;
    let (viewer, other) = (operator.with_role("viewer").await, Operator::create().await);
    let body = json!({ "code": code });
    viewer.post_empty(&format!("{path}/send-code")).await.error(403);
    viewer.post(&format!("{path}/verify"), body.clone()).await.error(403);
    other.post(&format!("{path}/verify"), body).await.error(404);
    verify(&operator, &path, &code).await.expect(200);
}
