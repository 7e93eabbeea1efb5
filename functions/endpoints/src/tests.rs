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

const PATH: &str = "/v1/webhooks/endpoints";

#[tokio::test]
async fn an_endpoint_is_created_with_its_secret_for_all_event_types() {
    let cloud = Cloud::new();
    let new = Some(json!({"url": "https://example.com/hooks", "description": " Ours "}));
    snapshot!(serve(&cloud, Role::Editor).send(Method::POST, PATH, new).await);
    assert_eq!(cloud.operations(), ["Decrypt", "TransactWriteItems", "UpdateItem"]);
}

#[tokio::test]
async fn a_key_of_a_project_cannot_create_endpoints() {
    let cloud = Cloud::new();
    let key = cloud.key(Role::Editor, &[], Some("web"));
    let caller = serve(&cloud, Role::Editor).with_key(key);
    let new = Some(json!({"url": "https://example.com/hooks"}));
    snapshot!(caller.send(Method::POST, PATH, new).await);
}

#[tokio::test]
async fn an_unknown_endpoint_is_a_404_everywhere() {
    let cloud = Cloud::new();
    let editor = serve(&cloud, Role::Editor);
    let id = domain::EndpointId::of_destination(testing::webhook(cloud.operator.id).id);
    let path = format!("{PATH}/{id}");
    snapshot!(editor.get(&path).await);
    let unknown = editor.get(&path).await;
    for action in ["test", "verify", "rotate-secret"] {
        assert_eq!(editor.send(Method::POST, &format!("{path}/{action}"), None).await, unknown, "{action}");
    }
    let change = editor.send(Method::PATCH, &path, Some(json!({"status": "disabled"}))).await;
    assert_eq!(change, unknown);
}
