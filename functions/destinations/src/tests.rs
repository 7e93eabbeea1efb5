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
