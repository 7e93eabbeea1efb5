//! The routes of the function as they are served, on a scripted AWS.

use api::{Envelope, snapshot, testing::Caller};
use axum::http::Method;
use domain::{Role, testing};
use serde_json::json;
use store::testing::Cloud;

use crate::App;
use domain::{Delivery, DeliveryId, DeliveryState, EventId, lifecycle::Fate, time::from_millis};

fn serve(cloud: &Cloud, role: Role) -> Caller {
    let app = App::new(&cloud.aws).expect("an app");
    Caller::new(cloud, role, (Envelope::Stack, app, crate::routes()))
}

fn delivery(to: &domain::Destination, state: DeliveryState) -> Delivery {
    let id = DeliveryId::new(to.id, EventId::generate());
    let event_type = testing::event_types(&["custom.a"]).remove(0);
    let new = Delivery::new(id, to.operator_id, &event_type, to.api, Fate::Send, from_millis(0));
    Delivery { state, attempts: vec![testing::attempt(500)], attempt_count: 1, ..new }
}

#[tokio::test]
async fn a_delivery_is_shown_with_its_attempts() {
    let cloud = Cloud::new();
    let to = testing::webhook(cloud.operator.id);
    let row = delivery(&to, DeliveryState::Failed);
    cloud.destination(&to);
    cloud.delivery(&row);
    snapshot!(serve(&cloud, Role::Viewer).get(&format!("/v1/deliveries/{}", row.id)).await);
}

#[tokio::test]
async fn what_has_arrived_is_sent_again_by_force_only() {
    let cloud = Cloud::new();
    let to = testing::webhook(cloud.operator.id);
    let row = delivery(&to, DeliveryState::Succeeded);
    cloud.destination(&to);
    cloud.delivery(&row);
    let editor = serve(&cloud, Role::Editor);
    let path = format!("/v1/deliveries/{}/retry", row.id);
    snapshot!(editor.send(Method::POST, &path, None).await);
    assert!(cloud.calls("SendMessage").is_empty());
    let sent = editor.send(Method::POST, &path, Some(json!({"force": true}))).await;
    assert_eq!((sent.status.as_u16(), &sent.body["state"]), (202, &json!("pending")));
    assert_eq!(cloud.calls("SendMessage").len(), 1);
}

#[tokio::test]
async fn a_wrong_filter_is_named() {
    let cloud = Cloud::new();
    let viewer = serve(&cloud, Role::Viewer);
    snapshot!(viewer.get("/v1/deliveries?state=lost").await);
    snapshot!(viewer.get("/v1/deliveries?since=yesterday").await);
    snapshot!(viewer.get("/v1/deliveries?destination_id=x").await);
    snapshot!(viewer.get("/v1/deliveries?limit=0").await);
}
