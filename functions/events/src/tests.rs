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

#[tokio::test]
async fn an_event_and_a_batch_are_accepted_once_the_queue_has_them() {
    let cloud = Cloud::new();
    let editor = serve(&cloud, Role::Editor);
    let event = json!({"type": "custom.order", "data": {"order": 7}});
    snapshot!(editor.send(Method::POST, "/v1/events", Some(event.clone())).await);
    let batch = json!({"events": [event, event]});
    snapshot!(editor.send(Method::POST, "/v1/events", Some(batch)).await);
    assert_eq!(cloud.operations(), ["SendMessage", "SendMessageBatch"]);
}

#[tokio::test]
async fn a_wrong_event_is_named_and_nothing_is_queued() {
    let cloud = Cloud::new();
    let editor = serve(&cloud, Role::Editor);
    let batch = json!({"events": [{"type": "custom.a", "data": {}}, {"type": "passport.flaged", "data": {}}]});
    snapshot!(editor.send(Method::POST, "/v1/events", Some(batch)).await);
    snapshot!(editor.send(Method::POST, "/v1/events", Some(json!({"events": []}))).await);
    snapshot!(editor.send(Method::POST, "/v1/events", None).await);
    assert!(cloud.operations().is_empty());
}

#[tokio::test]
async fn a_key_of_a_project_posts_events_of_that_project() {
    let cloud = Cloud::new();
    let key = cloud.key(Role::Editor, &[], Some("web"));
    let caller = serve(&cloud, Role::Editor).with_key(key);
    let event = json!({"type": "custom.a", "data": {}, "project_id": "other"});
    snapshot!(caller.send(Method::POST, "/v1/events", Some(event)).await);
}

#[tokio::test]
async fn an_event_that_does_not_exist_is_a_404() {
    let cloud = Cloud::new();
    let viewer = serve(&cloud, Role::Viewer);
    snapshot!(viewer.get(&format!("/v1/events/{}", domain::EventId::generate())).await);
    snapshot!(viewer.get("/v1/events?type=x").await);
}

#[tokio::test]
async fn each_type_is_listed_with_its_api_and_an_example_that_can_be_posted() {
    let cloud = Cloud::new();
    let editor = serve(&cloud, Role::Editor);
    let answer = editor.get("/v1/event-types").await;
    let types = answer.body["event_types"].as_array().expect("a list");
    assert_eq!(types.len(), domain::catalogue::all().count());
    for listed in types {
        let event = json!({"type": listed["type"], "data": listed["example"]});
        let posted = editor.send(Method::POST, "/v1/events", Some(event)).await;
        assert_eq!(posted.status.as_u16(), 202, "{listed}");
    }
    let first = &types[0];
    assert_eq!((&first["type"], &first["api"]), (&json!("passport.flagged"), &json!("stack")));
}
