//! The routes of the function as they are served, on a scripted AWS.

use api::{Envelope, snapshot, testing::Caller};
use axum::http::Method;
use domain::Role;
use serde_json::json;
use store::testing::Cloud;

use crate::App;

fn serve(cloud: &Cloud, role: Role) -> Caller {
    let app = App::new(&cloud.aws).expect("an app");
    Caller::new(cloud, role, (Envelope::Stack, app, crate::routes()))
}

const PATH: &str = "/mail/webhooks";

#[tokio::test]
async fn a_subscription_is_created_with_its_secret_and_emits_an_event() {
    let cloud = Cloud::new();
    let new = Some(json!({"url": "https://example.com/hooks", "eventTypes": ["mail.message.bounced"]}));
    snapshot!(serve(&cloud, Role::Editor).send(Method::POST, PATH, new).await);
    assert_eq!(cloud.operations(), ["Decrypt", "TransactWriteItems", "SendMessage", "UpdateItem"]);
}

#[tokio::test]
async fn a_subscription_needs_event_types() {
    let cloud = Cloud::new();
    let new = Some(json!({"url": "https://example.com/hooks"}));
    snapshot!(serve(&cloud, Role::Editor).send(Method::POST, PATH, new).await);
}

#[tokio::test]
async fn what_does_not_exist_is_named() {
    let cloud = Cloud::new();
    let editor = serve(&cloud, Role::Editor);
    snapshot!(editor.get(&format!("{PATH}/whk_x")).await);
    snapshot!(editor.get("/mail/messages/msg_x/timeline").await);
    snapshot!(editor.get("/mail/webhook-deliveries/whd_x").await);
    snapshot!(editor.send(Method::DELETE, "/mail/suppressions/a@example.com", None).await);
    snapshot!(editor.send(Method::DELETE, "/mail/suppressions/x", None).await);
}
