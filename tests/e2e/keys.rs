//! Keys, portal links and the audit log over HTTP.

use std::time::Duration;

use e2e::{Operator, Receiver, within};
use serde_json::{Value, json};

async fn audit(operator: &Operator, query: &str) -> Vec<Value> {
    let body = operator.get(&format!("/v1/audit{query}")).await.expect(200);
    body["entries"].as_array().expect("entries").clone()
}

#[tokio::test]
async fn an_admin_creates_lists_and_revokes_keys() {
    let operator = Operator::create().await;
    let new = json!({"name": "CI", "role": "viewer", "expires_in_seconds": 3600});
    let made = operator.post("/v1/keys", new).await.expect(201);
    let viewer = operator.with_key(made["api_key"].as_str().expect("a key"));
    viewer.get("/v1/whoami").await.expect(200);
    viewer.get("/v1/keys").await.error(403);

    let listed = operator.get("/v1/keys").await.expect(200);
    let keys = listed["keys"].as_array().expect("keys");
    assert_eq!(keys.len(), 2);
    let key = &keys[0];
    assert_eq!((&key["id"], &key["state"], &key["name"]), (&made["id"], &json!("active"), &json!("CI")));
    assert!(key["last_used_at"].as_str().is_some_and(|at| at.ends_with(":00:00.000Z")), "{key}");
    assert!(!listed.to_string().contains(made["api_key"].as_str().expect("a key")));

    let page = operator.get("/v1/keys?limit=1").await.expect(200);
    let cursor = page["next_cursor"].as_str().expect("a cursor");
    let next = operator.get(&format!("/v1/keys?limit=1&cursor={cursor}")).await.expect(200);
    assert_eq!((&next["keys"][0]["id"], &next["next_cursor"]), (&keys[1]["id"], &Value::Null));

    let one = format!("/v1/keys/{}", made["id"].as_str().expect("an id"));
    assert_eq!(operator.delete(&one).await.expect(200)["state"], "revoked");
    operator.delete(&format!("/v1/keys/{}", keys[1]["id"].as_str().expect("an id"))).await.error(409);
    Operator::create().await.delete(&one).await.error(404);
    within(Duration::from_secs(90), "the key is refused", async || {
        (viewer.get("/v1/whoami").await.status == 401).then_some(())
    })
    .await;
    let revoked = operator.get("/v1/keys").await.expect(200)["keys"][0].clone();
    assert!(revoked["revoked_at"].is_string() && revoked["last_used_at"].is_string(), "{revoked}");
}

#[tokio::test]
async fn changes_are_in_the_audit_log_without_secrets() {
    let operator = Operator::create().await;
    let receiver = Receiver::taking().await;
    let made = operator.webhook(&receiver).await;
    let id = made["id"].as_str().expect("an id");
    operator.patch(&format!("/v1/notifications/destinations/{id}"), json!({"max_per_second": 5})).await.expect(200);
    operator.post_empty(&format!("/v1/notifications/destinations/{id}/rotate-secret")).await.expect(200);
    operator.get(&format!("/v1/notifications/destinations/{id}")).await.expect(200);
    operator.post("/v1/events", json!({"type": "custom.a", "data": {}})).await.expect(202);
    operator.register("email", "not an address").await.error(400);

    let all = audit(&operator, "").await;
    let actions: Vec<_> = all.iter().map(|entry| entry["action"].as_str().expect("an action")).collect();
    let expected = ["destination.secret_rotated", "destination.updated", "destination.created", "operator.created"];
    assert_eq!(actions, expected, "{all:?}");
    assert!(!format!("{all:?}").contains("whsec_") && !format!("{all:?}").contains(receiver.url()));
    let updated = &audit(&operator, &format!("?resource={id}&action=destination.updated")).await[0];
    assert_eq!(updated["changes"], json!([{"field": "max_per_second", "old": null, "new": 5}]));
    assert_eq!((&updated["method"], &updated["status"]), (&json!("PATCH"), &json!(200)));
    assert_eq!(audit(&operator, "?key_id=admin").await.len(), 1);
    assert!(audit(&operator, "?until=2020-01-01T00:00:00Z").await.is_empty());
    let page = operator.get("/v1/audit?limit=3").await.expect(200);
    let rest = audit(&operator, &format!("?limit=3&cursor={}", page["next_cursor"].as_str().expect("more"))).await;
    assert_eq!(rest, all[3..]);
    assert!(audit(&Operator::create().await, &format!("?resource={id}")).await.is_empty());
}

#[tokio::test]
async fn a_portal_link_has_a_key_that_reads_one_project_and_expires() {
    let operator = Operator::create().await;
    let new = json!({"role": "viewer", "project_id": "web", "expires_in_seconds": 60});
    let made = operator.post("/v1/portal-links", new).await.expect(201);
    let (_, key) = made["url"].as_str().expect("a URL").split_once("#portal=").expect("a key");
    let session = operator.with_key(key);
    let who = session.get("/v1/whoami").await.expect(200);
    assert_eq!((&who["kind"], &who["project_id"], &who["email"]), (&json!("portal"), &json!("web"), &json!("")));
    session.get("/v1/deliveries").await.expect(200);
    session.post("/v1/portal-links", json!({"role": "viewer"})).await.error(403);
    let listed = operator.get("/v1/keys").await.expect(200);
    assert_eq!((&listed["keys"][0]["kind"], &listed["keys"][0]["id"]), (&json!("portal"), &made["key_id"]));
    within(Duration::from_secs(90), "the link ends", async || {
        (session.get("/v1/whoami").await.status == 401).then_some(())
    })
    .await;
}
