//! Legacy channels: rules with their own address.

use axum::http::StatusCode;
use e2e::{
    Operator, Receiver, aws,
    inbox::{self, new_address, new_number},
    variable,
};
use serde_json::{Value, json};

const PATH: &str = "/v1/notifications/channels";
const FOUR: [&str; 4] = ["passport.flagged", "passport.blocked", "agent.blocked", "passport.missed_checkout"];

async fn create(operator: &Operator, kind: &str, address: &str) -> Value {
    let body = json!({"channel_type": kind, "destination": address, "min_severity": "info"});
    operator.post(PATH, body).await.expect(201)
}

fn id(value: &Value) -> &str {
    value["id"].as_str().expect("an id")
}

/// The number of the operator's rows in a table whose ids have this prefix.
async fn rows(table: &str, operator: &Operator, prefix: &str) -> usize {
    let request = json!({
        "TableName": variable(table), "ConsistentRead": true,
        "KeyConditionExpression": "operator_id = :operator AND begins_with(id, :prefix)",
        "ExpressionAttributeValues": {":operator": {"S": operator.id}, ":prefix": {"S": prefix}},
    });
    let found = aws::call("dynamodb", "DynamoDB_20120810.Query", request).await;
    found["Items"].as_array().expect("items").len()
}

#[tokio::test]
async fn mail_and_sms_channels_are_verified_and_notified() {
    let operator = Operator::create().await;
    for (kind, address) in [("email", new_address()), ("sms", new_number())] {
        let made = create(&operator, kind, &address).await;
        assert_eq!((&made["channel_type"], &made["destination"]), (&json!(kind), &json!(address)));
        assert_eq!((&made["verified"], &made["active"]), (&json!(false), &json!(false)));
        assert_eq!((&made["destination_id"], &made["destination_ids"]), (&Value::Null, &json!([])));
        assert_eq!(made["events"], json!(FOUR), "the default");
        assert_eq!(made["operator_id"], operator.id);
        let path = format!("{PATH}/{}", id(&made));

        assert_eq!(operator.post_empty(&format!("{path}/test")).await.error(400).1, "destination_unverified");
        let early = operator.event("agent.blocked", json!({"message": "before it was verified"})).await;
        operator.delivery(id(&made), &early, "held").await;
        let sent = operator.post_empty(&format!("{path}/send-code")).await.expect(200);
        assert_eq!(sent["sent"], true);
        let code = inbox::code(&address, 0).await;
        let verify = format!("{path}/verify");
        assert_eq!(operator.post_empty(&verify).await.error(400).1, "code_missing");
        let wrong = if code == "000000" { "000001" } else { "000000" };
        assert_eq!(operator.post(&verify, json!({"code": wrong})).await.error(400).1, "code_wrong");
        let verified = operator.post(&verify, json!({"code": code})).await.expect(200);
        assert_eq!(verified, json!({"verified": true}));
        assert_eq!(operator.post(&verify, json!({"code": code})).await.error(400).1, "code_spent");
        let shown = operator.get(&path).await.expect(200);
        assert_eq!((&shown["verified"], &shown["active"]), (&json!(true), &json!(true)));
        let method = &shown["delivery_methods"][0];
        assert_eq!((&method["id"], &method["destination"]), (&shown["id"], &json!(address)));

        let event = operator.event("agent.blocked", json!({"message": "The agent was blocked"})).await;
        operator.delivery(id(&made), &event, "succeeded").await;
        let got = inbox::wait_for(&address, 2).await;
        assert!(got[1].text.contains("The agent was blocked"), "{got:?}");
        operator.post_empty(&format!("{path}/test")).await.expect(200);
        // Notifications from before the verification were held, and are sent on request.
        let since = json!({"since": "2020-01-01T00:00:00Z"});
        let recovered = operator.post(&format!("{path}/recover"), since).await.expect(202);
        assert_eq!(recovered["recovered"], 1);
        operator.delivery(id(&made), &early, "succeeded").await;
        assert_eq!(inbox::wait_for(&address, 4).await.len(), 4);
        operator.delete(&path).await.expect(200);
    }
}

#[tokio::test]
async fn a_webhook_is_verified_immediately_and_shows_its_secret_once() {
    let operator = Operator::create().await;
    let receiver = Receiver::taking().await;
    let made = create(&operator, "webhook", receiver.url()).await;
    let path = format!("{PATH}/{}", id(&made));
    assert_eq!((&made["verified"], &made["active"]), (&json!(true), &json!(true)));
    let secret = made["webhook_secret"].as_str().expect("a secret").to_owned();
    let shown = operator.get(&path).await.expect(200);
    assert!(shown["webhook_secret"].is_null() && !shown.to_string().contains(&secret));
    assert_eq!(shown["delivery_methods"][0]["webhook_secret"], "••••••••");
    let event = operator.event("passport.flagged", json!({"jti": "ppt_1"})).await;
    operator.delivery(id(&made), &event, "succeeded").await;
    operator.post_empty(&format!("{path}/verify")).await.expect(200);
    operator.post_empty(&format!("{path}/test")).await.expect(200);
    assert_eq!(operator.post_empty(&format!("{path}/send-code")).await.error(400).1, "no_code_needed");
    let got = receiver.wait_for(3).await;
    assert!(got.iter().all(|request| request.signed_by(&secret)));
}

#[tokio::test]
async fn the_address_of_a_channel_is_not_listed_and_is_deleted_with_its_channel() {
    let operator = Operator::create().await;
    let address = new_address();
    let own = operator.register("email", &address).await.expect(201);
    let mut made = vec![];
    // The same address may be used repeatedly, because it belongs to the channel.
    for _ in 0..3 {
        made.push(create(&operator, "email", &address).await);
    }
    let destinations = operator.get("/v1/notifications/destinations?limit=1").await.expect(200);
    assert_eq!(destinations["destinations"].as_array().map(Vec::len), Some(1));
    assert_eq!((&destinations["destinations"][0]["id"], &destinations["next_cursor"]), (&own["id"], &Value::Null));
    let hidden = id(&made[0]).replace("nch_", "ndst_");
    let hidden_path = format!("/v1/notifications/destinations/{hidden}");
    operator.get(&hidden_path).await.error(404);
    operator.delete(&hidden_path).await.error(404);
    operator.post_empty(&format!("{hidden_path}/send-code")).await.error(404);
    let rule = json!({"destination_ids": [hidden], "events": ["agent.blocked"]});
    assert_eq!(operator.post(PATH, rule).await.error(404).1, "destination_not_found");

    assert_eq!(rows("DESTINATIONS_TABLE", &operator, "ndst_").await, 4);
    operator.post_empty(&format!("{PATH}/{}/send-code", id(&made[0]))).await.expect(200);
    for channel in &made {
        let path = format!("{PATH}/{}", id(channel));
        assert_eq!(operator.delete(&path).await.expect(200), json!({"deleted": true}));
        operator.get(&path).await.error(404);
        operator.post_empty(&format!("{path}/send-code")).await.error(404);
    }
    assert_eq!(rows("DESTINATIONS_TABLE", &operator, "ndst_").await, 1);
    assert_eq!(rows("CHANNELS_TABLE", &operator, "nch_").await, 0);
    let key = json!({"subject": {"S": hidden}});
    let request = json!({"TableName": variable("VERIFICATIONS_TABLE"), "Key": key});
    let code = aws::call("dynamodb", "DynamoDB_20120810.GetItem", request).await;
    assert!(code["Item"].is_null(), "the code was deleted, too: {code}");
}

#[tokio::test]
async fn errors_of_legacy_channels_have_a_code_and_a_message() {
    let operator = Operator::create().await;
    let own = operator.register("webhook", "https://example.com/own").await.expect(201)["id"].clone();
    for (body, code, words) in [
        (json!({"channel_type": "email"}), "invalid_field", "`destination`"),
        (json!({"destination": "a@example.org"}), "invalid_field", "`channel_type`"),
        (json!({"channel_type": "fax", "destination": "1"}), "invalid_field", "`webhook`"),
        (json!({"channel_type": "email", "destination": "nobody"}), "invalid_field", "such as alerts@example.com"),
        (json!({"channel_type": "sms", "destination": "12"}), "invalid_field", "such as +14155551234"),
        (json!({"channel_type": "webhook", "destination": "ftp://x.example"}), "invalid_field", "https://"),
        (
            json!({"channel_type": "email", "destination": "a@example.org", "events": []}),
            "events_required",
            "Missing events",
        ),
        (
            json!({"channel_type": "email", "destination": "a@example.org", "destination_ids": [own]}),
            "ambiguous_destination",
            "not both",
        ),
        (
            json!({"channel_type": "webhook", "destination": "https://example.com/other", "destination_id": own}),
            "invalid_field",
            "is not the address of `destination_id`",
        ),
    ] {
        let (sentence, got) = operator.post(PATH, body.clone()).await.error(400);
        assert!(got == code && sentence.contains(words), "{body}: {sentence}");
    }
    assert_eq!(operator.get(PATH).await.expect(200)["channels"], json!([]));
    assert_eq!(rows("DESTINATIONS_TABLE", &operator, "ndst_").await, 1);

    // An older client may send the address in addition to the id.
    let body = json!({"channel_type": "webhook", "destination": "https://EXAMPLE.com/own", "destination_id": own});
    let made = operator.post(PATH, body).await.expect(201);
    assert_eq!((&made["destination_id"], &made["events"]), (&own, &json!(FOUR)));
    for route in ["send-code", "verify", "test"] {
        let (sentence, code) = operator.post_empty(&format!("{PATH}/{}/{route}", id(&made))).await.error(400);
        assert!(code == "no_own_address" && sentence.contains(own.as_str().expect("an id")), "{sentence}");
    }
}

#[tokio::test]
async fn a_legacy_channel_is_changed_as_any_rule_and_can_get_destinations() {
    let operator = Operator::create().await;
    let made = create(&operator, "sms", &new_number()).await;
    let path = format!("{PATH}/{}", id(&made));
    let changed = operator.patch(&path, json!({"events": ["custom.a"], "min_severity": "critical"})).await.expect(200);
    assert_eq!((&changed["events"], &changed["destination"]), (&json!(["custom.a"]), &made["destination"]));
    let own = operator.register("webhook", "https://example.com/own").await.expect(201)["id"].clone();
    operator.patch(&path, json!({"destination_ids": ["ndst_01JRX2Q0Z8K5V3M7N9P4T6W8YB"]})).await.error(404);
    assert_eq!(rows("DESTINATIONS_TABLE", &operator, "ndst_").await, 2);
    let converted = operator.patch(&path, json!({"destination_ids": [own]})).await.expect(200);
    assert_eq!((&converted["destination_id"], &converted["verified"]), (&own, &json!(true)));
    assert_eq!(rows("DESTINATIONS_TABLE", &operator, "ndst_").await, 1, "its own address was deleted");
}

#[tokio::test]
async fn an_unhealthy_channel_is_paused_and_resumed() {
    let operator = Operator::create().await;
    let gone = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(true));
    let answer = gone.clone();
    let receiver = Receiver::answering(move |_| {
        let gone = answer.load(std::sync::atomic::Ordering::SeqCst);
        if gone { StatusCode::GONE } else { StatusCode::NO_CONTENT }
    })
    .await;
    let made = create(&operator, "webhook", receiver.url()).await;
    let path = format!("{PATH}/{}", id(&made));
    operator.event("agent.blocked", json!({})).await;
    e2e::eventually("it is paused", async || {
        let shown = operator.get(&path).await.expect(200);
        (shown["active"] == false && shown["paused_by"] == json!([id(&made)])).then_some(())
    })
    .await;
    gone.store(false, std::sync::atomic::Ordering::SeqCst);
    operator.post_empty(&format!("{path}/verify")).await.expect(200);
    assert_eq!(operator.get(&path).await.expect(200)["active"], true);
}
