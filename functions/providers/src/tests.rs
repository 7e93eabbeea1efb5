//! The routes of the function as they are served, on a scripted AWS.

use api::{Envelope, snapshot, testing::Caller};
use axum::http::Method;
use domain::{DestinationId, Role};
use serde_json::json;
use store::testing::Cloud;

use crate::App;

fn serve(cloud: &Cloud, role: Role) -> Caller {
    let app = App::new(&cloud.aws).expect("an app");
    Caller::new(cloud, role, (Envelope::Providers, app, crate::routes()))
}

const PATH: &str = "/api/v1/notifications/providers";

fn admin(cloud: &Cloud) -> Caller {
    serve(cloud, Role::Admin).with_header("x-requested-with", "XMLHttpRequest")
}

#[tokio::test]
async fn a_provider_is_created_and_its_secrets_are_hidden() {
    let cloud = Cloud::new();
    let config = json!({"url": "https://example.com/ingest", "secret": "word", "headers": {"X-Token": "abc"}});
    let new = json!({"kind": "webhook", "name": "Pager", "config": config});
    snapshot!(admin(&cloud).send(Method::POST, PATH, Some(new)).await);
    assert_eq!(cloud.operations(), ["Decrypt", "PutItem", "UpdateItem"]);
}

#[tokio::test]
async fn every_wrong_field_is_named() {
    let cloud = Cloud::new();
    let new = json!({"kind": "webhook", "name": "", "config": {"url": "ftp://x", "headers": {"Host": "x"}}});
    snapshot!(admin(&cloud).send(Method::POST, PATH, Some(new)).await);
    snapshot!(admin(&cloud).send(Method::POST, PATH, Some(json!({"kind": "fax"}))).await);
}

#[tokio::test]
async fn a_change_needs_an_admin_the_header_and_the_own_tenant() {
    let cloud = Cloud::new();
    snapshot!(serve(&cloud, Role::Admin).send(Method::POST, PATH, Some(json!({}))).await);
    snapshot!(serve(&cloud, Role::Editor).send(Method::POST, PATH, Some(json!({}))).await);
    let tenant = domain::OperatorId::generate().to_string();
    snapshot!(admin(&cloud).with_header("x-tenant-id", tenant).get(PATH).await);
}

#[tokio::test]
async fn the_list_names_the_kinds() {
    let cloud = Cloud::new();
    snapshot!(serve(&cloud, Role::Viewer).get(PATH).await);
}

#[tokio::test]
async fn a_notification_is_listed_by_type_before_it_is_in_the_log() {
    let cloud = Cloud::new();
    let notification = json!({"title": "Late", "body": "", "severity": "warning"});
    let body =
        json!({"providerIds": [DestinationId::generate_uuid().uuid().to_string()], "notification": notification});
    admin(&cloud).send(Method::POST, "/api/v1/notifications/send", Some(body)).await;
    let written = cloud.calls("BatchExecuteStatement");
    let parameters: Vec<_> = written.iter().map(|call| call.body["Statements"][0]["Parameters"].to_string()).collect();
    let partition = format!("{}#", cloud.operator.id);
    assert_eq!(parameters.iter().map(|text| text.contains(&partition)).collect::<Vec<_>>(), [true, false]);
}
