//! The routes of the function as they are served, on a scripted AWS.

use api::{Envelope, snapshot, testing::Caller};
use axum::http::Method;
use domain::Role;
use serde_json::json;
use store::testing::Cloud;

use crate::App;

fn serve(cloud: &Cloud, role: Role) -> Caller {
    let app = App::new(&cloud.aws).expect("an app");
    Caller::new(cloud, role, (Envelope::Config, app, crate::routes()))
}

const PATH: &str = "/v1/config/notifications";

fn project(cloud: &Cloud) -> Caller {
    let key = cloud.key(Role::Editor, &["config:write"], Some("web"));
    serve(cloud, Role::Editor).with_key(key)
}

#[tokio::test]
async fn a_channel_is_created_and_its_credentials_are_not_returned() {
    let cloud = Cloud::new();
    let credentials = json!({"webhookUrl": "https://hooks.slack.com/services/T/B/X"});
    let new = json!({"type": "slack", "name": "#ops", "credentials": credentials, "severityThreshold": "high"});
    snapshot!(project(&cloud).send(Method::POST, PATH, Some(new)).await);
    assert_eq!(cloud.operations(), ["Decrypt", "TransactWriteItems", "UpdateItem"]);
}

#[tokio::test]
async fn every_wrong_field_is_named() {
    let cloud = Cloud::new();
    let new = json!({"type": "slack", "name": "", "credentials": {}, "severityThreshold": "loud"});
    snapshot!(project(&cloud).send(Method::POST, PATH, Some(new)).await);
}

#[tokio::test]
async fn a_request_needs_a_project_and_a_permission() {
    let cloud = Cloud::new();
    let editor = serve(&cloud, Role::Editor);
    snapshot!(editor.get(PATH).await);
    snapshot!(editor.send(Method::POST, PATH, Some(json!({}))).await);
    snapshot!(project(&cloud).with_header("x-project-id", "other").get(PATH).await);
}

#[tokio::test]
async fn a_channel_of_no_project_does_not_exist() {
    let cloud = Cloud::new();
    let path = format!("{PATH}/9b7a3b2c-2e6e-4f1f-8c5a-1b2c3d4e5f6a");
    snapshot!(project(&cloud).get(&path).await);
    snapshot!(project(&cloud).get(&format!("{PATH}/x")).await);
}
