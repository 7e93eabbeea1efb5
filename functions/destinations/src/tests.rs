//! The routes of the function as they are served, on a scripted AWS.

use api::{Envelope, snapshot, testing::Caller};
use axum::http::Method;
use domain::{Role, testing};
use serde_json::json;
use store::testing::Cloud;

use crate::App;

fn serve(cloud: &Cloud, role: Role) -> Caller {
    let app = App::new(&cloud.aws).expect("an app");
    Caller::new(cloud, role, (Envelope::Stack, app, crate::routes()))
}

const PATH: &str = "/v1/notifications/destinations";

#[tokio::test]
async fn a_webhook_is_registered_with_a_secret_that_is_shown_once() {
    let cloud = Cloud::new();
    let editor = serve(&cloud, Role::Editor);
    let new = json!({"channel_type": "webhook", "destination": "https://example.com/hooks", "max_per_second": 5});
    snapshot!(editor.send(Method::POST, PATH, Some(new)).await);
    assert_eq!(cloud.operations(), ["Decrypt", "TransactWriteItems", "UpdateItem"]);
}

#[tokio::test]
async fn an_address_that_is_wrong_or_taken_is_refused() {
    let cloud = Cloud::new();
    let editor = serve(&cloud, Role::Editor);
    let new = |to: &str| Some(json!({"channel_type": "webhook", "destination": to}));
    snapshot!(editor.send(Method::POST, PATH, new("http://10.0.0.1/")).await);
    cloud.refuse_writes("TransactionCanceledException");
    snapshot!(editor.send(Method::POST, PATH, new("https://example.com/")).await);
}

#[tokio::test]
async fn a_destination_is_shown_without_its_secret_and_to_viewers_without_credentials() {
    let cloud = Cloud::new();
    let to = domain::Destination {
        destination: "https://user:word@example.com/hooks?token=1".into(),
        ..testing::webhook(cloud.operator.id)
    };
    cloud.destination(&to);
    let path = format!("{PATH}/{}", to.id);
    snapshot!(serve(&cloud, Role::Viewer).get(&path).await);
    let shown = serve(&cloud, Role::Editor).get(&path).await;
    assert_eq!(shown.body["destination"], to.destination);
}

#[tokio::test]
async fn what_a_webhook_has_no_use_for_is_refused() {
    let cloud = Cloud::new();
    let to = testing::webhook(cloud.operator.id);
    cloud.destination(&to);
    let editor = serve(&cloud, Role::Editor);
    snapshot!(editor.send(Method::POST, &format!("{PATH}/{}/send-code", to.id), None).await);
    let email = domain::Destination { operator_id: cloud.operator.id, ..testing::email("a@example.com") };
    cloud.destination(&email);
    snapshot!(editor.send(Method::POST, &format!("{PATH}/{}/rotate-secret", email.id), None).await);
    let limit = Some(json!({"max_per_second": 5}));
    snapshot!(editor.send(Method::PATCH, &format!("{PATH}/{}", email.id), limit).await);
}

#[tokio::test]
async fn an_unhealthy_destination_is_not_recovered() {
    let cloud = Cloud::new();
    let unhealthy = Some(domain::Unhealthy::new(domain::time::now(), "answered 500", None));
    let to = domain::Destination { unhealthy, ..testing::webhook(cloud.operator.id) };
    cloud.destination(&to);
    let since = Some(json!({"since": "2026-04-15T10:00:00Z"}));
    let path = format!("{PATH}/{}/recover", to.id);
    snapshot!(serve(&cloud, Role::Editor).send(Method::POST, &path, since).await);
}

#[tokio::test]
async fn an_id_that_does_not_parse_or_belongs_to_another_api_does_not_exist() {
    let cloud = Cloud::new();
    let to = domain::Destination { api: domain::ApiKind::Mail, ..testing::webhook(cloud.operator.id) };
    cloud.destination(&to);
    let viewer = serve(&cloud, Role::Viewer);
    snapshot!(viewer.get(&format!("{PATH}/x")).await);
    assert_eq!(viewer.get(&format!("{PATH}/{}", to.id)).await, viewer.get(&format!("{PATH}/x")).await);
}

#[tokio::test]
async fn the_kinds_of_destinations_are_listed_with_their_forms() {
    let cloud = Cloud::new();
    snapshot!(serve(&cloud, Role::Viewer).get("/v1/notifications/destination-kinds").await);
}

#[tokio::test]
async fn a_new_address_moves_the_guard_and_has_to_be_verified() {
    let cloud = Cloud::new();
    let to = testing::webhook(cloud.operator.id);
    cloud.destination(&to);
    let editor = serve(&cloud, Role::Editor);
    let path = format!("{PATH}/{}", to.id);
    let change = json!({"destination": "https://example.com/moved", "name": " Order service "});
    let changed = editor.send(Method::PATCH, &path, Some(change)).await;
    assert_eq!((&changed.body["verified"], &changed.body["name"]), (&json!(false), &json!("Order service")));
    let next_step = format!("Verify the new address: POST {path}/verify");
    assert_eq!(changed.body["next_step"], next_step);
    let writes = cloud.calls("TransactWriteItems")[0].body["TransactItems"].clone();
    let update = writes[2]["Update"]["UpdateExpression"].as_str().expect("an update").to_owned();
    assert!(writes[0]["Put"].is_object() && writes[1]["Delete"].is_object(), "{writes}");
    assert!(update.contains("REMOVE") && update.contains("verified_at") && !update.contains("unhealthy"), "{update}");
}

#[tokio::test]
async fn a_new_name_changes_nothing_else() {
    let cloud = Cloud::new();
    let to = testing::webhook(cloud.operator.id);
    cloud.destination(&to);
    let editor = serve(&cloud, Role::Editor);
    let path = format!("{PATH}/{}", to.id);
    let same = json!({"name": "On-call", "destination": to.destination});
    let changed = editor.send(Method::PATCH, &path, Some(same)).await;
    assert_eq!((&changed.body["verified"], &changed.body["name"]), (&json!(true), &json!("On-call")));
    let writes = cloud.calls("TransactWriteItems")[0].body["TransactItems"].clone();
    assert_eq!(writes.as_array().map(Vec::len), Some(1));
    assert_eq!(writes[0]["Update"]["UpdateExpression"], "SET updated_at = :updated, #name = :name");
    let reordered = json!({"name": "On\u{2066}call"});
    snapshot!(editor.send(Method::PATCH, &path, Some(reordered)).await);
}

#[tokio::test]
async fn an_address_that_is_taken_is_a_409() {
    let cloud = Cloud::new();
    let to = testing::webhook(cloud.operator.id);
    cloud.destination(&to);
    cloud.refuse_writes("TransactionCanceledException");
    let change = Some(json!({"destination": "https://example.com/taken"}));
    let path = format!("{PATH}/{}", to.id);
    snapshot!(serve(&cloud, Role::Editor).send(Method::PATCH, &path, change).await);
}

#[tokio::test]
async fn a_destination_is_unused_until_a_delivery_was_attempted() {
    let cloud = Cloud::new();
    let created_at = domain::time::now();
    let to = domain::Destination { created_at, verified_at: Some(created_at), ..testing::webhook(cloud.operator.id) };
    cloud.destination(&to);
    let viewer = serve(&cloud, Role::Viewer);
    let path = format!("{PATH}/{}", to.id);
    assert_eq!(viewer.get(&path).await.body["unused"], true);
    let proven = domain::Destination { verified_at: Some(domain::time::after(created_at)), ..to.clone() };
    cloud.destination(&proven);
    let queries = cloud.calls("Query").len();
    assert_eq!(viewer.get(&path).await.body["unused"], false);
    assert_eq!(cloud.calls("Query").len(), queries, "a verified answer needs no look at the log");
}
