//! The routes of the function as they are served, on a scripted AWS.

use api::{Envelope, snapshot, testing::Caller};
use axum::http::Method;
use domain::{
    Attempt, Role,
    delivery::{AnswerHeaders, Probe},
    testing,
};
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
        let data = r#"{"message": "a < b"}"#.into();
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

#[tokio::test]
async fn a_resend_counts_first_then_sends_to_destinations_that_receive() {
    let cloud = Cloud::new();
    let well = testing::webhook(cloud.operator.id);
    let unhealthy = Some(domain::Unhealthy::new(domain::time::now(), "answered 500", None));
    let broken = domain::Destination { unhealthy, ..testing::webhook(cloud.operator.id) };
    for to in [&well, &broken] {
        cloud.destination(to);
        cloud.delivery(&delivery(to, DeliveryState::Succeeded));
    }
    let editor = serve(&cloud, Role::Editor);
    let filter = json!({"states": ["succeeded"], "since": "2020-01-01T00:00:00Z", "until": "2100-01-01T00:00:00Z"});
    let send = async |body| editor.send(Method::POST, "/v1/deliveries/resend", Some(body)).await;
    let counted = send(json!({"filter": filter, "force": true, "dry_run": true})).await;
    let numbers = |answer: &api::testing::Answer| (answer.body["matched"].clone(), answer.body["queued"].clone());
    assert_eq!((counted.status.as_u16(), numbers(&counted)), (200, (json!(2), json!(0))));
    assert!(cloud.calls("SendMessage").is_empty());
    let mut sent = send(json!({"filter": filter, "force": true})).await;
    assert_eq!(cloud.calls("SendMessage").len(), 1);
    for of in sent.body["by_destination"].as_array_mut().expect("a list") {
        of["destination_id"] = json!("[id]");
    }
    sent.body["by_destination"].as_array_mut().expect("a list").sort_by_key(|of| of["skipped"].to_string());
    snapshot!(sent);
    // One delivery for each request.
    let first = send(json!({"filter": filter, "force": true, "dry_run": true, "limit": 1})).await;
    let cursor = first.body["next_cursor"].as_str().expect("a cursor");
    let next = json!({"filter": filter, "force": true, "dry_run": true, "limit": 1, "cursor": cursor});
    let second = send(next).await;
    assert_eq!((numbers(&first).0, numbers(&second).0), (json!(1), json!(1)));
    assert_ne!(first.body["by_destination"], second.body["by_destination"]);
    let other = json!({"filter": {"states": ["held"]}, "cursor": cursor});
    assert_eq!(send(other).await.status.as_u16(), 400);
}

#[tokio::test]
async fn a_wrong_resend_is_named() {
    let cloud = Cloud::new();
    let (viewer, editor) = (serve(&cloud, Role::Viewer), serve(&cloud, Role::Editor));
    let path = "/v1/deliveries/resend";
    snapshot!(viewer.send(Method::POST, path, Some(json!({}))).await);
    snapshot!(editor.send(Method::POST, path, Some(json!({"filter": {"states": ["succeeded"]}}))).await);
    snapshot!(editor.send(Method::POST, path, Some(json!({"filter": {"states": ["lost"]}}))).await);
    snapshot!(editor.send(Method::POST, path, Some(json!({"filter": {"since": "yesterday"}}))).await);
    snapshot!(editor.send(Method::POST, path, Some(json!({"filter": {"destination_ids": []}}))).await);
    snapshot!(editor.send(Method::POST, path, Some(json!({"filter": {"event_type": "custom"}}))).await);
    snapshot!(editor.send(Method::POST, path, Some(json!({"limit": 501}))).await);
    let unknown = json!({"filter": {"destination_ids": [testing::webhook(cloud.operator.id).id.to_string()]}});
    assert_eq!(editor.send(Method::POST, path, Some(unknown)).await.status.as_u16(), 404);
}

#[tokio::test]
async fn a_test_is_shown_with_its_request_and_is_not_retried() {
    let cloud = Cloud::new();
    let to = testing::webhook(cloud.operator.id);
    let event = Probe::Test.event(&to, EventId::generate());
    let headers = AnswerHeaders::pack("server: nginx\nx-request-id: 7\n");
    let attempt = Attempt { response_headers: headers, response: Some("no".into()), ..testing::attempt(500) };
    let row = Probe::Test.delivery(&to, &event, &attempt);
    cloud.destination(&to);
    cloud.delivery(&row);
    snapshot!(serve(&cloud, Role::Viewer).get(&format!("/v1/deliveries/{}", row.id)).await);
    let retry = format!("/v1/deliveries/{}/retry", row.id);
    let answer = serve(&cloud, Role::Editor).send(Method::POST, &retry, Some(json!({"force": true}))).await;
    assert_eq!((answer.status.as_u16(), &answer.body["code"]), (409, &json!("is_test")));
}

#[tokio::test]
async fn a_search_finds_by_id_address_and_text() {
    let cloud = Cloud::new();
    let to = testing::webhook(cloud.operator.id);
    let rule = domain::Rule { operator_id: cloud.operator.id, ..testing::rule(&[&to]) };
    let event = domain::Event {
        operator_id: cloud.operator.id,
        data: r#"{"customer":"Ada Lovelace"}"#.into(),
        ..testing::event("custom.a", domain::Severity::Medium)
    };
    let row = delivery(&to, DeliveryState::Failed);
    cloud.destination(&to);
    cloud.rule(&rule);
    cloud.event(&event);
    cloud.delivery(&row);
    let viewer = serve(&cloud, Role::Viewer);
    let webhook = domain::WebhookId::of_destination(to.id);
    for (text, kind, id) in [
        (row.id.to_string(), "delivery", row.id.to_string()),
        (event.id.to_string(), "event", event.id.to_string()),
        (rule.id.to_string(), "rule", rule.id.to_string()),
        (to.id.to_string(), "destination", to.id.to_string()),
        (webhook.to_string(), "destination", to.id.to_string()),
        (to.destination.to_uppercase(), "destination", to.id.to_string()),
        ("ADA%20love".into(), "event", event.id.to_string()),
    ] {
        let answer = viewer.get(&format!("/v1/search?q={text}")).await;
        let found = &answer.body["results"][0];
        assert_eq!((&found["kind"], &found["id"]), (&json!(kind), &json!(id)), "{text}: {}", answer.body);
    }
    snapshot!(viewer.get("/v1/search?q=").await);
    let nothing = viewer.get(&format!("/v1/search?q={}", EventId::generate())).await;
    assert_eq!(nothing.body["results"], json!([]));
}

#[tokio::test]
async fn a_key_of_a_project_does_not_find_what_belongs_to_another() {
    let cloud = Cloud::new();
    let of = |project: &str| domain::Destination {
        project_id: Some(testing::project_id(project)),
        ..testing::webhook(cloud.operator.id)
    };
    let (own, other) = (of("own"), of("other"));
    cloud.destination(&own);
    cloud.destination(&other);
    let key = cloud.key(Role::Viewer, &[], Some("own"));
    let caller = serve(&cloud, Role::Viewer).with_key(key);
    for text in ["example.com".to_owned(), own.id.to_string()] {
        let found = caller.get(&format!("/v1/search?q={text}")).await.body["results"].clone();
        assert_eq!(found.as_array().map(Vec::len), Some(1), "{text}: {found}");
        assert_eq!(found[0]["id"], json!(own.id.to_string()));
    }
    let hidden = caller.get(&format!("/v1/search?q={}", other.id)).await;
    assert_eq!(hidden.body["results"], json!([]));
}
