//! `/v1/notifications/channels`: rules.

use e2e::{Operator, client::EMAIL};
use serde_json::{Value, json};

const PATH: &str = "/v1/notifications/channels";
const FOUR: [&str; 4] = ["passport.flagged", "passport.blocked", "agent.blocked", "passport.missed_checkout"];

async fn two(operator: &Operator) -> (String, String) {
    let first = operator.register("webhook", "https://example.com/1").await.expect(201);
    let second = operator.register("email", EMAIL).await.expect(201);
    let id = |value: &Value| value["id"].as_str().expect("an id").to_owned();
    (id(&first), id(&second))
}

#[tokio::test]
async fn a_rule_is_created_with_the_documented_answer() {
    let operator = Operator::create().await;
    let (webhook, email) = two(&operator).await;
    let body = json!({"destination_ids": [webhook, email, webhook], "events": FOUR, "min_severity": "critical"});
    let made = operator.post(PATH, body).await.expect(201);
    assert!(made["id"].as_str().expect("an id").starts_with("nch_"));
    assert_eq!(made["operator_id"], operator.id);
    assert_eq!(made["channel_type"], "webhook");
    assert_eq!(made["destination"], "https://example.com/1");
    assert_eq!(made["destination_id"], webhook);
    assert_eq!(made["destination_ids"], json!([webhook, email]), "each once");
    assert_eq!(made["events"], json!(FOUR));
    assert_eq!(made["min_severity"], "critical");
    assert_eq!((&made["verified"], &made["active"]), (&json!(true), &json!(true)));
    assert!(made["created_at"].as_str().expect("a time").ends_with('Z'));

    let by_one = json!({"destination_id": email, "events": ["agent.blocked"]});
    let made = operator.post(PATH, by_one).await.expect(201);
    assert_eq!(made["destination_ids"], json!([email]));
    assert_eq!(made["min_severity"], "warning", "the default");
}

#[tokio::test]
async fn errors_of_rules_have_a_code_and_a_message() {
    let operator = Operator::create().await;
    let (webhook, _) = two(&operator).await;
    let unverified = operator.register("sms", "+14155551234").await.expect(201)["id"].clone();
    let events = json!(["agent.blocked"]);
    let with = |ids: Value, events: &Value| json!({"destination_ids": ids, "events": events});
    for (body, code, words) in [
        (json!({"events": events}), "destination_required", "No destination specified"),
        (with(json!([]), &events), "destination_required", "No destination specified"),
        (json!({"destination_ids": [webhook]}), "events_required", "Missing events"),
        (with(json!([webhook]), &json!([])), "events_required", "Missing events"),
        (with(json!([webhook]), &json!(["agent.bloked"])), "invalid_field", "did you mean \"agent.blocked\""),
        (with(json!([webhook, unverified]), &events), "destination_unverified", "is not verified"),
        (
            json!({"destination_id": webhook, "destination_ids": [webhook], "events": events}),
            "ambiguous_destination",
            "not both",
        ),
        (
            json!({"destination_id": webhook, "events": events, "min_severity": "high"}),
            "invalid_field",
            "info, warning, critical",
        ),
        (json!({"destination_id": webhook, "events": events, "colour": "red"}), "invalid_field", "`colour`"),
    ] {
        let (sentence, got) = operator.post(PATH, body.clone()).await.error(400);
        assert_eq!(got, code, "{body}: {sentence}");
        assert!(sentence.contains(words), "{body}: {sentence}");
    }
    let named = operator.post(PATH, with(json!([unverified]), &events)).await.error(400).0;
    assert!(named.contains(unverified.as_str().expect("an id")), "it names the destination: {named}");
}

#[tokio::test]
async fn a_rule_needs_existing_destinations_of_its_operator() {
    let (operator, other) = (Operator::create().await, Operator::create().await);
    let theirs = other.register("webhook", "https://example.com/theirs").await.expect(201)["id"].clone();
    let (mine, _) = two(&operator).await;
    for id in [theirs, json!("ndst_01JRX2Q0Z8K5V3M7N9P4T6W8YB"), json!("nonsense")] {
        let body = json!({"destination_ids": [mine, id], "events": ["agent.blocked"]});
        let (sentence, code) = operator.post(PATH, body).await.error(404);
        assert!(sentence.contains(id.as_str().expect("an id")), "{sentence}");
        assert_eq!(code, "destination_not_found");
    }
    assert_eq!(operator.get(PATH).await.expect(200)["channels"], json!([]));
}

#[tokio::test]
async fn rules_are_listed_with_their_destinations_in_full() {
    let operator = Operator::create().await;
    let (webhook, email) = two(&operator).await;
    let first = operator.rule("custom.a", &[&webhook, &email]).await;
    let second = operator.rule("custom.b", &[&email]).await;
    let page = operator.get(&format!("{PATH}?limit=1")).await.expect(200);
    assert_eq!(page["channels"][0]["id"], second);
    let cursor = page["next_cursor"].as_str().expect("more");
    let page = operator.get(&format!("{PATH}?limit=1&cursor={cursor}")).await.expect(200);
    assert_eq!(page["channels"][0]["id"], first);
    let methods = page["channels"][0]["delivery_methods"].as_array().expect("a list");
    assert_eq!(methods.len(), 2);
    assert_eq!(methods[0]["id"], webhook);
    assert_eq!(methods[0]["webhook_secret"], "••••••••");
    assert_eq!(methods[1]["destination"], EMAIL);

    // The rule stays when one of its destinations is deleted.
    operator.delete(&format!("/v1/notifications/destinations/{webhook}")).await.expect(200);
    let rule = operator.get(&format!("{PATH}/{first}")).await.expect(200);
    assert_eq!(rule["delivery_methods"].as_array().map(Vec::len), Some(1));
    assert_eq!(
        (&rule["active"], &rule["destination"], &rule["inactive_reason"]),
        (&json!(true), &json!(EMAIL), &Value::Null)
    );
    assert_eq!(rule["destination_id"], methods[1]["id"]);

    // Without its last destination, the rule is inactive.
    let last = methods[1]["id"].as_str().expect("an id");
    operator.delete(&format!("/v1/notifications/destinations/{last}")).await.expect(200);
    let rule = operator.get(&format!("{PATH}/{first}")).await.expect(200);
    assert_eq!((&rule["verified"], &rule["active"]), (&json!(false), &json!(false)));
    assert_eq!((&rule["enabled"], &rule["inactive_reason"]), (&json!(true), &json!("destinations_deleted")));
}

#[tokio::test]
async fn a_rejected_change_has_no_effect() {
    let operator = Operator::create().await;
    let (webhook, email) = two(&operator).await;
    let path = format!("{PATH}/{}", operator.rule("custom.a", &[&webhook]).await);
    let change = json!({
        "destination_ids": [email], "events": ["custom.b", "agent.blocked"], "min_severity": "critical",
        "active": false, "on_unhealthy": "skip",
    });
    let changed = operator.patch(&path, change.clone()).await.expect(200);
    for (name, value) in change.as_object().expect("an object") {
        assert_eq!(&changed[name], value, "{name}");
    }
    let before = operator.get(&path).await.expect(200);
    let unverified = operator.register("sms", "+14155551234").await.expect(201)["id"].clone();
    for (change, status) in [
        (json!({"destination_ids": [webhook, unverified], "events": ["custom.c"]}), 400),
        (json!({"destination_ids": []}), 400),
        (json!({"events": []}), 400),
        (json!({"events": ["nonsense"]}), 400),
        (json!({"min_severity": "low"}), 400),
        (json!({"operator_id": "op_1"}), 400),
        (json!({"destination_ids": ["ndst_01JRX2Q0Z8K5V3M7N9P4T6W8YB"]}), 404),
    ] {
        operator.patch(&path, change).await.error(status);
    }
    assert_eq!(operator.get(&path).await.expect(200), before);
    let unchanged = operator.patch(&path, json!({})).await.expect(200);
    assert_eq!(unchanged["events"], before["events"]);
}

#[tokio::test]
async fn another_operators_rule_does_not_exist() {
    let (owner, other) = (Operator::create().await, Operator::create().await);
    let (webhook, _) = two(&owner).await;
    let path = format!("{PATH}/{}", owner.rule("custom.a", &[&webhook]).await);
    for answer in [other.get(&path).await, other.patch(&path, json!({})).await, other.delete(&path).await] {
        let (sentence, code) = answer.error(404);
        assert!(sentence.starts_with("There is no channel with this id"), "{sentence}");
        assert_eq!(code, "not_found");
    }
    assert_eq!(owner.delete(&path).await.expect(200), json!({"deleted": true}));
    owner.get(&path).await.error(404);
}
