//! Limits on the number of codes.

use std::time::Instant;

use e2e::{
    Operator, aws,
    inbox::{self, new_address, new_number},
    variable,
};
use jiff::Timestamp;
use serde_json::{Value, json};

/// The defaults of the template.
const PER_OPERATOR: i64 = 50;
const PER_CALLING_CODE: i64 = 100;
const INTERVAL: u64 = 60;

async fn unverified(operator: &Operator, kind: &str, address: &str) -> String {
    let made = operator.register(kind, address).await.expect(201);
    format!("/v1/notifications/destinations/{}", made["id"].as_str().expect("an id"))
}

fn hour() -> i64 {
    Timestamp::now().as_second() / 3600
}

async fn put(item: Value) {
    let request = json!({"TableName": variable("VERIFICATIONS_TABLE"), "Item": item});
    aws::call("dynamodb", "DynamoDB_20120810.PutItem", request).await;
}

/// Sets a counter for this hour and the next, in case the hour changes during the test.
async fn count(subject: &str, codes: i64) {
    for hour in [hour(), hour() + 1] {
        put(json!({"subject": {"S": format!("codes#{subject}#{hour}")}, "codes": {"N": codes.to_string()}})).await;
    }
}

async fn counted(subject: &str) -> i64 {
    counted_in(hour(), subject).await
}

/// The number of codes since the hour `from`: the hour may change during the test.
async fn counted_since(from: i64, subject: &str) -> i64 {
    let mut codes = 0;
    for hour in from..=hour() {
        codes += counted_in(hour, subject).await;
    }
    codes
}

async fn counted_in(hour: i64, subject: &str) -> i64 {
    let key = json!({"subject": {"S": format!("codes#{subject}#{hour}")}});
    let request = json!({"TableName": variable("VERIFICATIONS_TABLE"), "Key": key});
    let row = aws::call("dynamodb", "DynamoDB_20120810.GetItem", request).await;
    row["Item"]["codes"]["N"].as_str().and_then(|n| n.parse().ok()).unwrap_or(0)
}

#[tokio::test]
async fn a_second_code_must_wait() {
    let operator = Operator::create().await;
    let address = new_address();
    let send = format!("{}/send-code", unverified(&operator, "email", &address).await);
    operator.post_empty(&send).await.expect(200);
    let refused = operator.post_empty(&send).await;
    assert!(refused.retry_after.is_some_and(|seconds| (1..=INTERVAL).contains(&seconds)), "{refused:?}");
    let (sentence, code) = refused.error(429);
    assert!(code == "code_sent_recently" && sentence.contains("retry in"), "{sentence}");
    aws::age_codes(send.trim_end_matches("/send-code")).await;
    operator.post_empty(&send).await.expect(200);
    assert_eq!(inbox::all(&address).await.len(), 2);
}

#[tokio::test]
async fn concurrent_requests_send_one_code() {
    let operator = Operator::create().await;
    let address = new_address();
    let send = format!("{}/send-code", unverified(&operator, "email", &address).await);
    let (started, from) = (Instant::now(), hour());
    let answers = futures::future::join_all((0..10).map(|_| operator.post_empty(&send))).await;
    // One code; on a machine busy for longer than the interval between codes, one more for each interval.
    let most = 1 + started.elapsed().as_secs() / INTERVAL;
    let sent = answers.iter().filter(|answer| answer.status == 200).count();
    assert!((1..=most).contains(&(sent as u64)), "{sent} in {:?}", started.elapsed());
    assert!(answers.iter().all(|answer| [200, 429].contains(&answer.status)));
    assert_eq!(inbox::wait_for(&address, sent).await.len(), sent);
    assert_eq!(counted_since(from, &operator.id).await, sent as i64);
}

#[tokio::test]
async fn five_codes_an_hour_go_to_one_destination() {
    let operator = Operator::create().await;
    let path = unverified(&operator, "email", &new_address()).await;
    let now = Timestamp::now().as_millisecond();
    let sent: Vec<_> = [50, 40, 30, 20, 10].map(|minutes| json!({"N": (now - minutes * 60_000).to_string()})).into();
    put(json!({
        "subject": {"S": path.rsplit('/').next()}, "tag": {"B": ""}, "expires_at": {"N": "0"}, "tries_left": {"N": "0"},
        "otp_id": {"S": "otp_01JRX2Q0Z8K5V3M7N9P4T6W8YB"}, "used": {"BOOL": false}, "sent": {"L": sent},
    }))
    .await;
    let refused = operator.post_empty(&format!("{path}/send-code")).await;
    let minutes = refused.retry_after.expect("Retry-After") as f64 / 60.0;
    assert!((9.5..=10.0).contains(&minutes), "until the first of the five is an hour old: {minutes}");
    assert_eq!(refused.error(429).1, "too_many_codes");
}

#[tokio::test]
async fn an_account_has_a_limit() {
    let operator = Operator::create().await;
    count(&operator.id, PER_OPERATOR - 1).await;
    let (first, second) = (new_address(), new_number());
    let path = unverified(&operator, "email", &first).await;
    operator.post_empty(&format!("{path}/send-code")).await.expect(200);
    let path = unverified(&operator, "sms", &second).await;
    let before = counted("+1").await;
    let refused = operator.post_empty(&format!("{path}/send-code")).await;
    assert!(refused.retry_after.is_some_and(|seconds| seconds <= 3600), "{refused:?}");
    let (sentence, code) = refused.error(429);
    assert!(code == "too_many_codes" && sentence.contains("account"), "{sentence}");
    assert!(inbox::all(&second).await.is_empty(), "nothing was sent");
    let other = Operator::create().await;
    let path = unverified(&other, "email", &new_address()).await;
    other.post_empty(&format!("{path}/send-code")).await.expect(200);
    assert!(counted("+1").await < before + PER_CALLING_CODE);
}

#[tokio::test]
async fn a_country_has_a_limit_across_accounts() {
    let (first, second) = (Operator::create().await, Operator::create().await);
    // The calling code of Liechtenstein, which no other test uses.
    count("+423", PER_CALLING_CODE - 1).await;
    let path = unverified(&first, "sms", "+423660234567").await;
    first.post_empty(&format!("{path}/send-code")).await.expect(200);
    let path = unverified(&second, "sms", "+423660234568").await;
    let (sentence, code) = second.post_empty(&format!("{path}/send-code")).await.error(429);
    assert!(code == "too_many_codes" && sentence.contains("country"), "{sentence}");
    assert!(inbox::all("+423660234568").await.is_empty());
    assert_eq!(counted(&second.id).await, 0, "an unsent code is not counted");
    // Emails do not count for a country.
    let path = unverified(&second, "email", &new_address()).await;
    second.post_empty(&format!("{path}/send-code")).await.expect(200);
}

#[tokio::test]
async fn a_code_that_could_not_be_sent_counts_for_no_limit() {
    let operator = Operator::create().await;
    let address = new_address();
    let path = unverified(&operator, "email", &address).await;
    let send = format!("{path}/send-code");
    inbox::refuse(&address, 429, "TooManyRequestsException", "Maximum sending rate exceeded.", 1).await;
    let (sentence, code) = operator.post_empty(&send).await.error(503);
    assert!(code == "unavailable" && sentence.contains("Maximum sending rate exceeded"), "{sentence}");
    assert_eq!(counted(&operator.id).await, 0);
    let none = operator.post(&format!("{path}/verify"), json!({"code": "123456"})).await;
    assert_eq!(none.error(400).1, "code_missing");
    let from = hour();
    operator.post_empty(&send).await.expect(200);
    assert_eq!(counted_since(from, &operator.id).await, 1);
    let code = inbox::code(&address, 0).await;
    operator.post(&format!("{path}/verify"), json!({ "code": code })).await.expect(200);
}

#[tokio::test]
async fn an_unreachable_address_is_rejected() {
    let operator = Operator::create().await;
    let (address, number) = (new_address(), new_number());
    let mail = unverified(&operator, "email", &address).await;
    inbox::refuse(&address, 400, "BadRequestException", "Illegal address", 1).await;
    let (sentence, code) = operator.post_empty(&format!("{mail}/send-code")).await.error(400);
    assert!(code == "address_refused" && sentence.contains("Illegal address"), "{sentence}");
    assert_eq!(operator.post_empty(&format!("{mail}/send-code")).await.error(429).1, "code_sent_recently", "it counts");
    let sms = unverified(&operator, "sms", &number).await;
    inbox::opt_out(&number).await;
    let (sentence, code) = operator.post_empty(&format!("{sms}/send-code")).await.error(400);
    assert!(code == "address_refused" && sentence.contains("opted out"), "{sentence}");
    assert!(inbox::all(&number).await.is_empty());
}
