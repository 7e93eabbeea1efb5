//! Keys, portal links and the audit log as they are served, on a scripted AWS.

use std::time::Duration;

use api::{snapshot, testing::Caller};
use axum::http::Method;
use domain::{
    ApiKey, KeyId, OperatorId, Role,
    api_key::{Bearer, KeyKind},
    time::now,
};
use serde_json::{Value, json};
use store::{accounts::Grant, testing::Cloud};

use crate::tests::serve;

/// Adds a key with this grant. Returns its text and its ID.
fn key(cloud: &Cloud, change: impl FnOnce(Grant) -> Grant) -> (String, String) {
    let api_key = ApiKey::generate(Bearer::TeamMember);
    let grant = change(Grant::new(&cloud.operator, Role::Admin));
    cloud.key_with(&api_key, &grant);
    (api_key.reveal().to_owned(), grant.key_id.to_string())
}

async fn post(caller: &Caller, path: &str, body: Value) -> (u16, Value) {
    let answer = caller.send(Method::POST, path, Some(body)).await;
    (answer.status.as_u16(), answer.body)
}

/// The rows that were added to the audit log.
fn entries(cloud: &Cloud) -> Vec<Value> {
    let puts = cloud.calls("PutItem").into_iter().filter(|call| call.body["TableName"] == "audit");
    puts.map(|call| call.body["Item"].clone()).collect()
}

#[tokio::test]
async fn an_admin_creates_a_key_which_only_the_response_shows() {
    let cloud = Cloud::new();
    let admin = serve(&cloud, Role::Admin);
    let new =
        json!({"name": "CI", "role": "viewer", "permissions": ["config:write"], "expires_at": "2999-01-01T00:00:00Z"});
    let (status, body) = post(&admin, "/v1/keys", new).await;
    assert_eq!((status, &body["name"], &body["state"]), (201, &json!("CI"), &json!("active")));
    assert_eq!(body["expires_at"], "2999-01-01T00:00:00.000Z");
    let text = body["api_key"].as_str().expect("a key");
    assert!(ApiKey::parse(text).is_some());
    let written = format!("{:?}", cloud.calls("TransactWriteItems"));
    assert!(!written.contains(text), "the key is stored");
    let entry = format!("{:?}", entries(&cloud));
    assert!(entry.contains("key.created") && !entry.contains(text), "{entry}");
    assert!(entry.contains(body["id"].as_str().expect("an id")), "{entry}");
}

#[tokio::test]
async fn an_invalid_key_is_refused_with_the_field() {
    let cloud = Cloud::new();
    let admin = serve(&cloud, Role::Admin);
    for (wrong, field) in [
        (json!({"role": "owner"}), "role"),
        (json!({"role": "viewer", "permissions": ["everything"]}), "permissions"),
        (json!({"role": "viewer", "name": "a\u{202e}b"}), "name"),
        (json!({"role": "viewer", "expires_in_seconds": 5}), "expires_in_seconds"),
        (json!({"role": "viewer", "expires_at": "2020-01-01T00:00:00Z"}), "expires_at"),
        (json!({"role": "viewer", "expires_in_seconds": 60, "expires_at": "2999-01-01T00:00:00Z"}), "expires_at"),
        (json!({"role": "viewer", "project_id": " "}), "project_id"),
    ] {
        let (status, body) = post(&admin, "/v1/keys", wrong.clone()).await;
        let sentence = body["error"].as_str().unwrap_or_default();
        assert!(status == 400 && sentence.contains(&format!("`{field}`")), "{wrong}: {status} {sentence}");
    }
    assert!(entries(&cloud).is_empty(), "a refused request is in the audit log");
}

#[tokio::test]
async fn only_admins_see_keys_and_the_audit_log() {
    let cloud = Cloud::new();
    for role in [Role::Viewer, Role::Editor] {
        let caller = serve(&cloud, role);
        for path in ["/v1/keys", "/v1/audit"] {
            assert_eq!(caller.get(path).await.status, 403, "{role} {path}");
        }
        assert_eq!(post(&caller, "/v1/keys", json!({"role": "viewer"})).await.0, 403);
    }
}

#[tokio::test]
async fn a_key_of_a_project_manages_the_keys_of_its_project_only() {
    let cloud = Cloud::new();
    let web = || Some(domain::testing::project_id("web"));
    let (admin, _) = key(&cloud, |grant| Grant { project_id: web(), ..grant });
    let (_, other) = key(&cloud, |grant| grant);
    let caller = serve(&cloud, Role::Viewer).with_key(admin);
    let listed = caller.get("/v1/keys").await.body;
    let projects: Vec<_> = listed["keys"].as_array().expect("keys").iter().map(|key| &key["project_id"]).collect();
    assert_eq!(projects, [&json!("web")]);
    assert_eq!(caller.send(Method::DELETE, &format!("/v1/keys/{other}"), None).await.status, 404);
    assert_eq!(post(&caller, "/v1/keys", json!({"role": "viewer", "project_id": "app"})).await.0, 403);
    assert_eq!(post(&caller, "/v1/keys", json!({"role": "viewer"})).await.1["project_id"], "web");
}

#[tokio::test]
async fn a_key_cannot_revoke_itself_nor_that_of_another_operator() {
    let cloud = Cloud::new();
    let (admin, own) = key(&cloud, |grant| grant);
    let caller = serve(&cloud, Role::Viewer).with_key(admin);
    snapshot!(caller.send(Method::DELETE, &format!("/v1/keys/{own}"), None).await);
    let foreign = KeyId::generate(OperatorId::generate());
    assert_eq!(caller.send(Method::DELETE, &format!("/v1/keys/{foreign}"), None).await.status, 404);
    assert!(entries(&cloud).is_empty());
}

#[tokio::test]
async fn an_expired_key_stops_working_while_it_is_cached() {
    let cloud = Cloud::new();
    let soon = now() + Duration::from_millis(300);
    let (text, _) = key(&cloud, |grant| Grant { expires_at: Some(soon), ..grant });
    let caller = serve(&cloud, Role::Viewer).with_key(text);
    assert_eq!(caller.get("/v1/whoami").await.status, 200);
    tokio::time::sleep(Duration::from_millis(350)).await;
    let answer = caller.get("/v1/whoami").await;
    assert_eq!(answer.status, 401);
    assert!(answer.body["error"].as_str().is_some_and(|sentence| sentence.contains("expired")));
}

#[tokio::test]
async fn the_last_use_is_written_once_an_hour() {
    let cloud = Cloud::new();
    let caller = serve(&cloud, Role::Viewer);
    caller.get("/v1/whoami").await;
    caller.get("/v1/whoami").await;
    assert_eq!(cloud.calls("UpdateItem").len(), 1);
    let (text, _) = key(&cloud, |grant| Grant { last_used_at: Some(now()), ..grant });
    serve(&cloud, Role::Viewer).with_key(text).get("/v1/whoami").await;
    assert_eq!(cloud.calls("UpdateItem").len(), 1);
}

#[tokio::test]
async fn a_portal_link_opens_the_console_for_a_while() {
    let cloud = Cloud::new();
    let editor = serve(&cloud, Role::Editor).with_header("host", "api.example.com");
    let theme = json!({"primary": "#0b5c3f", "background": "#f2f7f4", "logo_url": "https://example.com/logo.svg"});
    let new = json!({"role": "viewer", "name": "Customer 4711", "project_id": "web", "theme": theme});
    let (status, body) = post(&editor, "/v1/portal-links", new).await;
    assert_eq!(status, 201, "{body}");
    let url = body["url"].as_str().expect("a URL");
    let secret = url.strip_prefix("https://api.example.com/console/index.html#portal=").expect("the console");
    assert!(secret.starts_with("sk_live_pt_") && ApiKey::parse(secret).is_some());
    let written = format!("{:?}", cloud.calls("TransactWriteItems"));
    assert!(written.contains("\"ttl\""), "the key of the link stays for ever");
}

#[tokio::test]
async fn a_portal_session_says_how_it_looks_and_cannot_go_on_by_itself() {
    let cloud = Cloud::new();
    let theme = domain::portal::Theme::new(Some("#0b5c3f"), None, None, &[]).expect("a theme");
    let at = domain::time::from_millis(32_503_680_000_000);
    let (text, _) = key(&cloud, |grant| Grant {
        kind: KeyKind::Portal,
        role: Role::Editor,
        expires_at: Some(at),
        theme: Some(theme),
        ..grant
    });
    let session = serve(&cloud, Role::Viewer).with_key(text);
    snapshot!(session.get("/v1/whoami").await);
    assert_eq!(post(&session, "/v1/portal-links", json!({"role": "viewer"})).await.0, 403);
}

#[tokio::test]
async fn a_link_never_gives_more_than_the_caller_has() {
    let cloud = Cloud::new();
    let editor = serve(&cloud, Role::Editor).with_header("host", "api.example.com");
    for (wrong, field) in [
        (json!({"role": "admin"}), "role"),
        (json!({"role": "viewer", "expires_in_seconds": 86_401}), "expires_in_seconds"),
        (json!({"role": "viewer", "theme": {"primary": "#ffe000", "background": "#ffffff"}}), "theme.primary"),
        (json!({"role": "viewer", "theme": {"background": "#808080"}}), "theme.background"),
        (json!({"role": "viewer", "theme": {"logo_url": "https://evil.example/x.png"}}), "theme.logo_url"),
    ] {
        let (status, body) = post(&editor, "/v1/portal-links", wrong.clone()).await;
        let sentence = body["error"].as_str().unwrap_or_default();
        assert!(status == 400 && sentence.contains(&format!("`{field}`")), "{wrong}: {status} {sentence}");
    }
    assert_eq!(post(&serve(&cloud, Role::Viewer), "/v1/portal-links", json!({"role": "viewer"})).await.0, 403);
}

#[tokio::test]
async fn the_audit_log_is_read_with_filters() {
    let cloud = Cloud::new();
    let entry = store::audit::Entry {
        operator_id: cloud.operator.id,
        id: domain::AuditId::generate(),
        key_id: "admin".into(),
        key_name: None,
        project_id: None,
        action: "key.created".into(),
        method: None,
        route: None,
        status: None,
        resource_id: Some("key_1".into()),
        changes: vec![store::audit::FieldChange { field: "role".into(), old: None, new: Some(json!("viewer")) }],
        request_id: None,
    };
    cloud.row("AUDIT_TABLE", &entry);
    let admin = serve(&cloud, Role::Admin);
    snapshot!(admin.get("/v1/audit?key_id=admin&action=key&since=2026-01-01T00:00:00Z").await);
    let query = cloud.calls("Query").into_iter().find(|call| call.body["TableName"] == "audit").expect("a query");
    assert_eq!(query.body["FilterExpression"], "key_id = :key AND begins_with(#action, :action)");
    assert_eq!(admin.get("/v1/audit?since=yesterday").await.status, 400);
}

#[tokio::test]
async fn a_change_stays_if_its_entry_cannot_be_written() {
    let cloud = Cloud::new();
    let (_, id) = key(&cloud, |grant| grant);
    let admin = serve(&cloud, Role::Admin);
    admin.get("/v1/whoami").await;
    cloud.refuse_table("AUDIT_TABLE");
    let answer = admin.send(Method::DELETE, &format!("/v1/keys/{id}"), None).await;
    assert_eq!((answer.status.as_u16(), &answer.body["state"]), (200, &json!("revoked")));
    assert_eq!(entries(&cloud).len(), 3, "the entry was not tried again");
}
