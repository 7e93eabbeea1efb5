//! Operators, keys and roles.

use std::time::Duration;

use e2e::{Operator, aws, client::EMAIL, within};
use serde_json::json;

const DESTINATIONS: &str = "/v1/notifications/destinations";

#[tokio::test]
async fn a_request_without_a_valid_key_is_rejected() {
    let operator = Operator::create().await;
    let nobody = operator.without_key();
    let unknown = operator.with_key("sk_live_op_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
    let malformed = operator.with_key("sk_live_op_abc123");
    for caller in [nobody, unknown, malformed] {
        for path in [DESTINATIONS, "/v1/notifications/channels"] {
            for answer in [caller.get(path).await, caller.post(path, json!({})).await] {
                let (sentence, code) = answer.error(401);
                assert!(sentence.starts_with("Missing or invalid Authorization header"), "{sentence}");
                assert_eq!(code, "unauthorized");
            }
        }
    }
}

#[tokio::test]
async fn a_viewer_reads_an_editor_also_writes() {
    let operator = Operator::create().await;
    let (viewer, editor, admin) =
        (operator.with_role("viewer").await, operator.with_role("editor").await, operator.with_role("admin").await);
    assert!(editor.key.as_ref().expect("a key").starts_with("sk_live_tm_"));
    assert!(operator.key.as_ref().expect("a key").starts_with("sk_live_op_"));
    let made = editor.register("email", "a@example.com").await.expect(201);
    admin.register("email", "b@example.com").await.expect(201);
    let one = format!("{DESTINATIONS}/{}", made["id"].as_str().expect("an id"));
    viewer.get(&one).await.expect(200);
    viewer.get("/v1/notifications/channels").await.expect(200);
    for refused in [
        viewer.register("email", "c@example.com").await,
        viewer.delete(&one).await,
        viewer.post("/v1/notifications/channels", json!({})).await,
        viewer.post("/v1/events", json!({"type": "custom.a", "data": {}})).await,
    ] {
        let (sentence, code) = refused.error(403);
        assert!(sentence.contains("role viewer") && sentence.contains("role editor"), "{sentence}");
        assert_eq!(code, "forbidden");
    }
}

#[tokio::test]
async fn a_revoked_key_stops_working_within_about_a_minute() {
    let operator = Operator::create().await;
    let made = aws::admin(json!({"create_key": {"operator_id": operator.id, "role": "viewer"}})).await.expect("a key");
    let viewer = operator.with_key(made["api_key"].as_str().expect("a key"));
    viewer.get(DESTINATIONS).await.expect(200);

    let revoke = json!({"revoke_key": {"key_id": made["key_id"]}});
    assert_eq!(aws::admin(revoke.clone()).await.expect("revoked")["revoked"], true);
    aws::admin(revoke).await.expect("revoking again has no effect");
    let listed = aws::admin(json!({"list_keys": {"operator_id": operator.id}})).await.expect("a list");
    let keys = listed["keys"].as_array().expect("a list");
    assert_eq!(keys.len(), 2, "the operator's own and the viewer's");
    let key = keys.iter().find(|key| key["key_id"] == made["key_id"]).expect("the viewer's");
    assert!(key["revoked_at"].is_string() && key["role"] == "viewer");
    assert!(!listed.to_string().contains("sk_live"), "a key is shown once");

    within(Duration::from_secs(90), "the key is rejected", async || {
        (viewer.get(DESTINATIONS).await.status == 401).then_some(())
    })
    .await;
    operator.get(DESTINATIONS).await.expect(200);
}

#[tokio::test]
async fn keys_are_stored_as_hashes_only() {
    let operator = Operator::create().await;
    let request = json!({
        "TableName": e2e::variable("ACCOUNTS_TABLE"),
        "KeyConditionExpression": "pk = :pk",
        "ExpressionAttributeValues": {":pk": {"S": operator.id}},
    });
    let rows = aws::call("dynamodb", "DynamoDB_20120810.Query", request).await;
    assert_eq!(rows["Count"], 2, "the operator and its key");
    assert!(rows.to_string().contains(EMAIL));
    assert!(!rows.to_string().contains("sk_live"), "{rows}");
}

#[tokio::test]
async fn the_plan_of_an_operator_can_be_changed() {
    let operator = Operator::create().await;
    let answer = aws::admin(json!({"set_plan": {"operator_id": operator.id, "plan": "pro"}})).await.expect("a plan");
    assert_eq!(answer, json!({"operator_id": operator.id, "plan": "pro"}));
    let key = json!({"pk": {"S": operator.id}, "sk": {"S": "operator"}});
    let request = json!({"TableName": e2e::variable("ACCOUNTS_TABLE"), "Key": key, "ConsistentRead": true});
    let row = aws::call("dynamodb", "DynamoDB_20120810.GetItem", request).await;
    assert_eq!((&row["Item"]["plan"]["S"], &row["Item"]["email"]["S"]), (&json!("pro"), &json!(EMAIL)));
}

#[tokio::test]
async fn the_admin_function_names_the_invalid_field() {
    let operator = Operator::create().await;
    for (payload, word) in [
        (json!({}), "create_operator"),
        (json!({"create_operator": {"email": "no", "name": "x"}}), "`email`"),
        (json!({"create_operator": {"email": "a@example.com", "name": " "}}), "`name`"),
        (json!({"create_operator": {"email": "a@example.com", "name": "x", "plan": "gold"}}), "`plan`"),
        (json!({"create_key": {"operator_id": operator.id, "role": "owner"}}), "viewer"),
        (json!({"create_key": {"operator_id": "op_1", "role": "viewer"}}), "`operator_id`"),
        (
            json!({"create_key": {"operator_id": operator.id, "role": "viewer", "permissions": ["all"]}}),
            "`permissions`",
        ),
        (json!({"revoke_key": {"key_id": "key_1"}}), "`key_id`"),
        (json!({"list_keys": {"operator_id": "op_01JRX2Q0Z8K5V3M7N9P4T6W8YA"}}), "no operator"),
        (json!({"set_plan": {"operator_id": operator.id, "plan": "gold"}}), "`plan`"),
        (json!({"set_plan": {"operator_id": "op_01JRX2Q0Z8K5V3M7N9P4T6W8YA", "plan": "pro"}}), "`operator_id`"),
    ] {
        let error = aws::admin(payload.clone()).await.expect_err("refused");
        assert!(error.contains(word), "{payload}: {error}");
    }
}
