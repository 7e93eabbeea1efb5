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
async fn the_message_of_a_delivery_is_shown_as_its_receiver_sees_it() {
    let cloud = Cloud::new();
    let operator = cloud.operator.id;
    let mail = domain::Destination { operator_id: operator, ..testing::email("ada@example.com") };
    let sms = domain::Destination { kind: domain::Kind::Sms, ..testing::webhook(operator) };
    let webhook = testing::webhook(operator);
    let viewer = serve(&cloud, Role::Viewer);
    for to in [&mail, &sms, &webhook] {
        let row = delivery(to, DeliveryState::Succeeded);
        let data = r#"{"message": "a < b"}"#.to_owned();
        let event = domain::Event { operator_id: operator, id: row.id.event, data, ..event() };
        cloud.destination(to);
        cloud.event(&event);
        cloud.delivery(&row);
        let path = format!("/v1/deliveries/{}/preview", row.id);
        let mut answer = viewer.get(&path).await;
        if let Some(html) = answer.body["content"]["mail"]["html"].as_str() {
            assert!(html.contains("a &#60; b") && html.contains(&row.id.to_string()), "{html}");
            answer.body["content"]["mail"]["html"] = "[html]".into();
        }
        snapshot!(answer);
    }
}

#[tokio::test]
async fn a_message_without_its_event_or_of_another_account_is_a_404() {
    let cloud = Cloud::new();
    let to = testing::webhook(cloud.operator.id);
    let row = delivery(&to, DeliveryState::Succeeded);
    cloud.destination(&to);
    cloud.delivery(&row);
    let viewer = serve(&cloud, Role::Viewer);
    snapshot!(viewer.get(&format!("/v1/deliveries/{}/preview", row.id)).await);
    let unknown = DeliveryId::new(domain::DestinationId::generate(), EventId::generate());
    snapshot!(viewer.get(&format!("/v1/deliveries/{unknown}/preview")).await);
}

/// An event at a fixed time.
fn event() -> domain::Event {
    domain::Event { timestamp: from_millis(0), ..testing::event("custom.a", domain::Severity::Medium) }
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
