//! `/v1/notifications/destinations`.

use axum::http::StatusCode;
use e2e::{
    Operator, Receiver, aws,
    client::{EMAIL, logged},
};
use futures::future::join_all;
use serde_json::{Value, json};

const PATH: &str = "/v1/notifications/destinations";

fn id(value: &Value) -> &str {
    value["id"].as_str().expect("an id")
}

fn of(value: &Value, rest: &str) -> String {
    format!("{PATH}/{}{rest}", id(value))
}

fn fields(value: &Value) -> Vec<&str> {
    value.as_object().expect("an object").keys().map(String::as_str).collect()
}

#[tokio::test]
async fn each_kind_is_created_with_the_documented_answer() {
    let operator = Operator::create().await;
    for (kind, given, shown, verified) in [
        ("email", "Alerts@EXAMPLE.com", "Alerts@example.com", false),
        ("email", EMAIL, EMAIL, true),
        ("sms", "+1 (415) 555-1234", "+14155551234", false),
        ("webhook", "HTTPS://Example.com:443/hooks/stack#x", "https://example.com/hooks/stack", true),
    ] {
        let made = operator.register(kind, given).await.expect(201);
        let documented =
            ["channel_type", "created_at", "destination", "id", "operator_id", "verified", "webhook_secret"];
        assert_eq!(fields(&made), documented);
        assert!(id(&made).starts_with("ndst_"));
        assert_eq!(made["operator_id"], operator.id);
        assert_eq!(made["channel_type"], kind);
        assert_eq!(made["destination"], shown);
        assert_eq!(made["verified"], verified, "{given}");
        let created_at = made["created_at"].as_str().expect("a time");
        assert!(created_at.len() == 24 && created_at.ends_with('Z'), "{created_at}");
        match made["webhook_secret"].as_str() {
            Some(secret) => assert!(kind == "webhook" && secret.starts_with("whsec_")),
            None => assert!(kind != "webhook" && made["webhook_secret"].is_null()),
        }
    }
}

#[tokio::test]
async fn every_key_that_may_read_lists_the_kinds() {
    const KINDS: &str = "/v1/notifications/destination-kinds";
    let operator = Operator::create().await;
    let viewer = operator.with_role("viewer").await;
    let listed = viewer.get(KINDS).await.expect(200);
    assert_eq!(listed, operator.get(KINDS).await.expect(200));
    let names: Vec<_> = listed["kinds"].as_array().expect("a list").iter().map(|kind| kind["kind"].clone()).collect();
    assert_eq!(names[..4], ["webhook", "email", "sms", "slack"]);
    assert_eq!(operator.without_key().get(KINDS).await.status, 401);
}

#[tokio::test]
async fn a_secret_is_shown_once_and_sealed_at_rest() {
    let operator = Operator::create().await;
    let made = operator.register("webhook", "https://example.com/hooks").await.expect(201);
    let secret = made["webhook_secret"].as_str().expect("a secret");
    let shown = operator.get(&of(&made, "")).await.expect(200);
    assert_eq!(shown["webhook_secret"], "••••••••");
    assert_eq!(shown["health"]["status"], "healthy");
    let listed = operator.get(PATH).await.expect(200);
    assert_eq!(listed["destinations"][0]["webhook_secret"], "••••••••");

    let key = json!({"operator_id": {"S": operator.id}, "id": {"S": id(&made)}});
    let request = json!({"TableName": e2e::variable("DESTINATIONS_TABLE"), "Key": key});
    let row = aws::call("dynamodb", "DynamoDB_20120810.GetItem", request).await;
    assert!(row["Item"]["secret"]["B"].is_string());
    assert!(!row.to_string().contains(secret));
}

#[tokio::test]
async fn a_duplicate_is_rejected_in_any_spelling() {
    let operator = Operator::create().await;
    for (kind, first, second) in [
        ("email", "ops@example.com", "OPS@Example.COM"),
        ("sms", "+14155551234", "+1 415 555 1234"),
        ("webhook", "https://example.com/a", "https://EXAMPLE.com:443/b/../%61"),
    ] {
        operator.register(kind, first).await.expect(201);
        let (sentence, code) = operator.register(kind, second).await.error(409);
        assert!(sentence.contains(&format!("{kind} destination with this address already exists")), "{sentence}");
        assert_eq!(code, "destination_exists");
    }
    // Another operator may use the same address, and a deleted one can be registered again.
    let other = Operator::create().await;
    let theirs = other.register("email", "ops@example.com").await.expect(201);
    assert_eq!(other.delete(&of(&theirs, "")).await.expect(200), json!({"deleted": true}));
    other.register("email", "ops@example.com").await.expect(201);
}

#[tokio::test]
async fn one_of_ten_equal_concurrent_requests_is_accepted() {
    let operator = Operator::create().await;
    let answers = join_all((0..10).map(|_| operator.register("webhook", "https://example.com/race"))).await;
    let mut statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409, 409, 409, 409, 409, 409, 409, 409, 409]);
    let listed = operator.get(PATH).await.expect(200);
    assert_eq!(listed["destinations"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn errors_of_invalid_input_name_the_field_and_what_to_send() {
    let operator = Operator::create().await;
    for (body, word) in [
        (json!({}), "`channel_type`"),
        (json!({"channel_type": "email"}), "`destination`"),
        (json!({"channel_type": "fax", "destination": "1"}), "`webhook`"),
        (json!({"channel_type": "email", "destination": "nobody"}), "such as alerts@example.com"),
        (json!({"channel_type": "email", "destination": "a@b.example\r\nBcc: c@d.example"}), "control character"),
        (json!({"channel_type": "sms", "destination": "4155551234"}), "such as +14155551234"),
        (json!({"channel_type": "webhook", "destination": "example.com"}), "such as https://example.com"),
        (json!({"channel_type": "webhook", "destination": "ftp://example.com"}), "https://"),
        (json!({"channel_type": "webhook", "destination": "https://u:p@example.com"}), "user name"),
        (json!({"channel_type": "webhook", "destination": "https://example.com", "name": " "}), "`name`"),
        (json!({"channel_type": "webhook", "destination": "https://example.com", "name": "a\u{202e}b"}), "U+202E"),
        (json!({"channel_type": "webhook", "destination": "https://example.com", "headers": {}}), "`headers`"),
    ] {
        let (sentence, _) = operator.post(PATH, body.clone()).await.error(400);
        assert!(sentence.contains(word), "{body}: {sentence}");
    }
    let broken = operator.request(reqwest::Method::POST, PATH, &[], Some("{".into())).await;
    assert_eq!(broken.error(400).1, "invalid_body");
    assert_eq!(operator.post_empty(PATH).await.error(400).1, "invalid_body");
}

#[tokio::test]
async fn lists_are_paged_newest_first() {
    let operator = Operator::create().await;
    let mut made = vec![];
    for i in 0..5 {
        let one = operator.register("webhook", &format!("https://example.com/{i}")).await.expect(201);
        made.insert(0, id(&one).to_owned());
    }
    let mut seen = vec![];
    let mut path = format!("{PATH}?limit=2");
    loop {
        let page = operator.get(&path).await.expect(200);
        seen.extend(page["destinations"].as_array().expect("a list").iter().map(|one| id(one).to_owned()));
        match page["next_cursor"].as_str() {
            Some(cursor) => path = format!("{PATH}?limit=2&cursor={cursor}"),
            None => break,
        }
    }
    seen.sort_unstable_by(|a, b| b.cmp(a));
    made.sort_unstable_by(|a, b| b.cmp(a));
    assert_eq!(seen, made);
    for (query, word) in
        [("limit=0", "`limit`"), ("limit=101", "`limit`"), ("cursor=x", "`cursor`"), ("page=2", "page")]
    {
        let (sentence, _) = operator.get(&format!("{PATH}?{query}")).await.error(400);
        assert!(sentence.contains(word), "{query}: {sentence}");
    }
}

#[tokio::test]
async fn another_operators_destination_does_not_exist() {
    let (owner, other) = (Operator::create().await, Operator::create().await);
    let made = owner.register("webhook", "https://example.com/mine").await.expect(201);
    for answer in [
        other.get(&of(&made, "")).await,
        other.delete(&of(&made, "")).await,
        other.patch(&of(&made, ""), json!({"max_per_second": 1})).await,
        other.post_empty(&of(&made, "/verify")).await,
        other.post_empty(&of(&made, "/test")).await,
        other.post_empty(&of(&made, "/send-code")).await,
        other.post_empty(&of(&made, "/rotate-secret")).await,
        other.post(&of(&made, "/recover"), json!({"since": "2026-04-15T10:00:00Z"})).await,
        other.get(&of(&made, "/deliveries")).await,
        other.get(&format!("{PATH}/nonsense")).await,
    ] {
        let (sentence, code) = answer.error(404);
        assert!(sentence.starts_with("There is no destination with this id"), "{sentence}");
        assert_eq!(code, "not_found");
    }
    owner.get(&of(&made, "")).await.expect(200);
}

#[tokio::test]
async fn a_webhook_is_verified_and_tested_with_a_signed_request() {
    let operator = Operator::create().await;
    let good = Receiver::taking().await;
    let made = operator.webhook(&good).await;
    let secret = made["webhook_secret"].as_str().expect("a secret");
    assert_eq!(operator.post_empty(&of(&made, "/verify")).await.expect(200), json!({"verified": true}));
    let tested = logged(operator.post_empty(&of(&made, "/test")).await.expect(200));
    assert_eq!(tested, json!({"success": true, "detail": "The endpoint answered 204."}));
    let got = good.wait_for(2).await;
    let types: Vec<_> = got.iter().map(|request| request.json()["event_type"].clone()).collect();
    assert_eq!(types, ["destination.verification", "destination.test"]);
    assert!(got.iter().all(|request| request.signed_by(secret)));

    let bad = Receiver::answering(|_| (StatusCode::IM_A_TEAPOT, "no coffee")).await;
    let made = operator.webhook(&bad).await;
    let (sentence, code) = operator.post_empty(&of(&made, "/verify")).await.error(400);
    assert!(sentence.contains("2xx") && sentence.contains("answered 418"), "{sentence}");
    assert_eq!(code, "verification_failed");
    let tested = logged(operator.post_empty(&of(&made, "/test")).await.expect(502));
    assert_eq!(tested, json!({"success": false, "error": "The endpoint answered 418 I'm a teapot."}));
}

#[tokio::test]
async fn destinations_that_need_no_code_get_none() {
    let operator = Operator::create().await;
    let webhook = operator.register("webhook", "https://example.com/hooks").await.expect(201);
    let own = operator.register("email", EMAIL).await.expect(201);
    let other = operator.register("email", "other@example.com").await.expect(201);
    assert_eq!(operator.post_empty(&of(&webhook, "/send-code")).await.error(400).1, "no_code_needed");
    assert_eq!(operator.post_empty(&of(&own, "/send-code")).await.error(400).1, "already_verified");
    let (sentence, code) = operator.post_empty(&of(&other, "/test")).await.error(400);
    assert!(sentence.contains("not verified"), "{sentence}");
    assert_eq!(code, "destination_unverified");
}

#[tokio::test]
async fn a_deleted_destination_does_not_exist() {
    let operator = Operator::create().await;
    let made = operator.register("webhook", "https://example.com/hooks").await.expect(201);
    let gone = operator.delete(&of(&made, "")).await.expect(200);
    assert_eq!(gone, json!({"deleted": true}));
    assert_eq!(operator.delete(&of(&made, "")).await.error(404).1, "not_found");
}
