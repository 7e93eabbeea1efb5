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

#[tokio::test]
async fn a_rule_is_created_for_verified_destinations_only() {
    let cloud = Cloud::new();
    let to = testing::webhook(cloud.operator.id);
    cloud.destination(&to);
    let editor = serve(&cloud, Role::Editor);
    let new = json!({"destination_id": to.id.to_string(), "events": ["passport.flagged"], "min_severity": "info"});
    let path = "/v1/notifications/channels";
    snapshot!(editor.send(Method::POST, path, Some(new.clone())).await);
    assert_eq!(cloud.operations(), ["BatchGetItem", "TransactWriteItems", "UpdateItem"]);

    let unverified = domain::Destination { verified_at: None, ..testing::webhook(cloud.operator.id) };
    cloud.destination(&unverified);
    let new = json!({"destination_ids": [unverified.id.to_string()], "events": ["passport.flagged"]});
    snapshot!(editor.send(Method::POST, path, Some(new)).await);
}

#[tokio::test]
async fn a_wrong_field_is_named() {
    let cloud = Cloud::new();
    let editor = serve(&cloud, Role::Editor);
    let path = "/v1/notifications/channels";
    snapshot!(editor.send(Method::POST, path, Some(json!({"events": ["passport.flagged"]}))).await);
    let wrong = json!({"destination_id": "ndst_x", "events": ["passport.flaged"]});
    snapshot!(editor.send(Method::POST, path, Some(wrong)).await);
    assert!(cloud.calls("TransactWriteItems").is_empty());
}

#[tokio::test]
async fn a_rule_is_shown_changed_and_deleted() {
    let cloud = Cloud::new();
    let to = testing::webhook(cloud.operator.id);
    let rule = testing::rule(&[&to]);
    cloud.destination(&to);
    cloud.rule(&rule);
    let editor = serve(&cloud, Role::Editor);
    let path = format!("/v1/notifications/channels/{}", rule.id);
    snapshot!(editor.get(&path).await);
    let changed = editor.send(Method::PATCH, &path, Some(json!({"active": false, "min_severity": "critical"}))).await;
    assert_eq!((&changed.body["enabled"], &changed.body["min_severity"]), (&json!(false), &json!("critical")));
    snapshot!(editor.send(Method::DELETE, &path, None).await);
}

#[tokio::test]
async fn a_change_that_keeps_conflicting_is_a_409() {
    let cloud = Cloud::new();
    let to = testing::webhook(cloud.operator.id);
    let rule = testing::rule(&[&to]);
    cloud.destination(&to);
    cloud.rule(&rule);
    cloud.refuse_writes("TransactionCanceledException");
    let path = format!("/v1/notifications/channels/{}", rule.id);
    snapshot!(serve(&cloud, Role::Editor).send(Method::PATCH, &path, Some(json!({"active": false}))).await);
    assert_eq!(cloud.calls("TransactWriteItems").len(), 3);
}

#[tokio::test]
async fn a_viewer_reads_and_does_not_write() {
    let cloud = Cloud::new();
    let viewer = serve(&cloud, Role::Viewer);
    snapshot!(viewer.get("/v1/notifications/channels").await);
    let path = format!("/v1/notifications/channels/{}", testing::rule(&[]).id);
    snapshot!(viewer.get(&path).await);
    snapshot!(viewer.send(Method::DELETE, &path, None).await);
    snapshot!(viewer.with_key("sk_live_op_wrong".into()).get(&path).await);
}

#[tokio::test]
async fn only_a_legacy_channel_has_an_address_of_its_own() {
    let cloud = Cloud::new();
    let to = testing::webhook(cloud.operator.id);
    let rule = testing::rule(&[&to]);
    cloud.destination(&to);
    cloud.rule(&rule);
    let path = format!("/v1/notifications/channels/{}/test", rule.id);
    snapshot!(serve(&cloud, Role::Editor).send(Method::POST, &path, None).await);
}

#[tokio::test]
async fn a_preview_shows_what_each_kind_of_destination_receives() {
    let cloud = Cloud::new();
    let operator = cloud.operator.id;
    let mail = domain::Destination { operator_id: operator, ..testing::email("ada@example.com") };
    let sms = domain::Destination { kind: domain::Kind::Sms, ..testing::webhook(operator) };
    cloud.destination(&mail);
    cloud.destination(&sms);
    let rule = json!({"destination_ids": [mail.id, sms.id], "events": ["custom.a"], "min_severity": "info"});
    let event = json!({"type": "custom.a", "data": {"message": "a < b"}});
    let path = "/v1/notifications/channels/preview";
    let answer =
        serve(&cloud, Role::Viewer).send(Method::POST, path, Some(json!({"rule": rule, "event": event}))).await;
    let of = |index: usize| &answer.body["destinations"][index]["content"];
    assert_eq!(of(0)["mail"]["from"], "STACK Notifications <alerts@example.com>");
    assert_eq!(of(0)["mail"]["subject"], "[WARNING] custom.a");
    assert!(of(0)["mail"]["html"].as_str().is_some_and(|html| html.contains("a &#60; b")), "{}", answer.body);
    let text = "WARNING custom.a: a < b";
    assert_eq!(of(1)["sms"], json!({"text": text, "septets": text.len(), "segments": 1}));
}
