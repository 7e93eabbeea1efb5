//! The routes of the function as they are served, on a scripted AWS.

use std::time::Duration;

use api::{Envelope, snapshot, testing::Caller};
use axum::http::Method;
use domain::{Attempt, Delivery, DeliveryId, DeliveryState, EventId, Role, lifecycle::Fate, testing, time::now};
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

/// A delivery whose only attempt ended `minutes_ago`.
fn delivered(to: &domain::Destination, minutes_ago: u64, ms: u64, error: Option<&str>) -> Delivery {
    let at = now() - Duration::from_secs(60 * minutes_ago);
    let state = if error.is_some() { DeliveryState::Abandoned } else { DeliveryState::Succeeded };
    let made = Attempt { at, duration_ms: ms, error: error.map(str::to_owned), ..testing::attempt(200) };
    let id = DeliveryId::new(to.id, EventId::first_at(at));
    let event_type = testing::event_types(&["custom.a"]).remove(0);
    let new = Delivery::new(id, to.operator_id, &event_type, to.api, Fate::Send, at);
    Delivery { state, attempt_count: 1, attempts: vec![made], ..new }
}

async fn stats(cloud: &Cloud, to: &domain::Destination, query: &str) -> api::testing::Answer {
    serve(cloud, Role::Viewer).get(&format!("{PATH}/{}/stats{query}", to.id)).await
}

#[tokio::test]
async fn figures_of_a_few_deliveries_are_exact() {
    let cloud = Cloud::new();
    let to = domain::Destination { api: domain::ApiKind::StackAuth, ..testing::webhook(cloud.operator.id) };
    cloud.destination(&to);
    let none = stats(&cloud, &to, "").await.body;
    assert_eq!((&none["totals"]["success_rate"], &none["last_error"]), (&json!(null), &json!(null)));
    for n in 0..9 {
        cloud.delivery(&delivered(&to, n, 100, None));
    }
    let failed = delivered(&to, 1, 5000, Some("answered 503"));
    cloud.delivery(&failed);
    // Before the period.
    cloud.delivery(&delivered(&to, 25 * 60, 100, Some("answered 500")));
    let mut answer = stats(&cloud, &to, "").await;
    assert_eq!(answer.body["buckets"].as_array().map(Vec::len), Some(24));
    let counted: u64 =
        answer.body["buckets"].as_array().into_iter().flatten().filter_map(|one| one["attempts"].as_u64()).sum();
    assert_eq!(counted, 10);
    assert_eq!(answer.body["last_error"]["delivery_id"], failed.id.to_string());
    answer.body["buckets"] = json!([]);
    snapshot!(answer);
    let week = stats(&cloud, &to, "?period=7d").await.body;
    assert_eq!((&week["step_seconds"], &week["totals"]["attempts"]), (&json!(21_600), &json!(11)));
    snapshot!(stats(&cloud, &to, "?period=1d").await);
}

#[tokio::test]
async fn figures_of_many_deliveries_come_from_counters() {
    let cloud = Cloud::new();
    let to = testing::webhook(cloud.operator.id);
    cloud.destination(&to);
    // Queries answer the newest rows first.
    for n in (0..1001).rev() {
        cloud.delivery(&delivered(&to, n, 100, None));
    }
    let newest = stats(&cloud, &to, "").await.body;
    assert_eq!((&newest["source"], &newest["totals"]["attempts"]), (&json!("newest_deliveries"), &json!(1000)));
    let hour = now().to_zoned(jiff::tz::TimeZone::UTC).strftime("%Y-%m-%dT%H").to_string();
    let error = delivered(&to, 0, 1, None).id.to_string();
    let row = json!({
        "destination_id": format!("stats#{}", to.id), "id": hour, "deliveries": 3000, "succeeded": 2900, "failed": 200,
        "arrived": 2890, "abandoned": 10, "ms20": 3000, "ms40": 100,
        "error_at": now().as_millisecond(), "error_text": "answered 500", "error_of": error,
    });
    cloud.row("DELIVERIES_TABLE", &row);
    let counted = stats(&cloud, &to, "").await.body;
    assert_eq!((&counted["source"], &counted["totals"]["attempts"]), (&json!("counters"), &json!(3100)));
    assert_eq!((&counted["totals"]["p50_ms"], &counted["totals"]["p95_ms"]), (&json!(114), &json!(114)));
    assert_eq!(counted["last_error"]["delivery_id"], error);
}

#[tokio::test]
async fn figures_of_other_projects_are_hidden() {
    let cloud = Cloud::new();
    let of = |project: Option<&str>| {
        let to = testing::webhook(cloud.operator.id);
        let to = domain::Destination { project_id: project.map(testing::project_id), ..to };
        cloud.destination(&to);
        format!("{PATH}/{}/stats", to.id)
    };
    let (own, other, shared) = (of(Some("a")), of(Some("b")), of(None));
    let bound = serve(&cloud, Role::Viewer).with_key(cloud.key(Role::Viewer, &[], Some("a")));
    assert_eq!(bound.get(&own).await.status, 200);
    assert_eq!(bound.get(&other).await.status, 404);
    snapshot!(bound.get(&shared).await);
    assert_eq!(serve(&cloud, Role::Viewer).get(&other).await.status, 200);
    let strangers = testing::webhook(domain::OperatorId::generate());
    cloud.destination(&strangers);
    assert_eq!(stats(&cloud, &strangers, "").await.status, 404);
}
