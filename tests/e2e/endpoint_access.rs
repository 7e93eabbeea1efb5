//! Access to webhook endpoints: every caller on every route, and isolation between operators.

use e2e::{Answer, Operator, Receiver, aws, variable};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    endpoints::{PATH, make, of},
    subscriptions::id,
};

/// A route with an id: its method, the path after the id, its body, the status for callers with permission, and whether
/// a viewer has it.
type Route = (Method, &'static str, Option<&'static str>, u16, bool);

const ROUTES: [Route; 10] = [
    (Method::GET, "", None, 200, true),
    (Method::GET, "/deliveries", None, 200, true),
    (Method::GET, "/deliveries?status=held", None, 200, true),
    (Method::GET, "/secret", None, 200, false),
    (Method::PATCH, "", Some(r#"{"description": "changed"}"#), 200, false),
    (Method::POST, "/rotate-secret", None, 200, false),
    (Method::POST, "/test", None, 200, false),
    (Method::POST, "/verify", None, 200, false),
    (Method::POST, "/recover", Some(r#"{"since": "2026-01-01T00:00:00Z"}"#), 202, false),
    (Method::DELETE, "", None, 200, false),
];

async fn call(who: &Operator, method: &Method, path: &str, body: Option<&str>) -> Answer {
    who.request(method.clone(), path, &[], body.map(str::to_owned)).await
}

/// The rows of an endpoint: its destination and its rule.
async fn rows(operator: &str, endpoint: &str) -> Value {
    let read = async |table: &str, prefix: &str| {
        let key = json!({"operator_id": {"S": operator}, "id": {"S": endpoint.replace("ep_", prefix)}});
        let request = json!({"TableName": variable(table), "Key": key, "ConsistentRead": true});
        aws::call("dynamodb", "DynamoDB_20120810.GetItem", request).await["Item"].clone()
    };
    json!([read("DESTINATIONS_TABLE", "ndst_").await, read("CHANNELS_TABLE", "nch_").await])
}

#[tokio::test]
async fn every_role_on_every_route_of_endpoints() {
    let operator = Operator::create().await;
    let receiver = Receiver::taking().await;
    let new = json!({"url": receiver.url()}).to_string();
    let callers = [
        ("no key", operator.without_key(), 401, 401),
        ("an unknown key", operator.with_key(&format!("sk_live_tm_{}", "a".repeat(40))), 401, 401),
        ("a viewer", operator.with_role("viewer").await, 200, 403),
        ("an editor", operator.with_role("editor").await, 200, 200),
        // Endpoints get the events of all projects.
        (
            "an editor of a project",
            operator.with_new_key(json!({"role": "editor", "project_id": "p1"})).await,
            200,
            403,
        ),
        ("an admin", operator.with_role("admin").await, 200, 200),
        ("the operator", operator.clone(), 200, 200),
    ];
    for (name, caller, reading, writing) in callers {
        let answers = |may: u16, good: u16| if may == 200 { good } else { may };
        assert_eq!(call(&caller, &Method::GET, PATH, None).await.status, reading, "{name}: list");
        let made = call(&caller, &Method::POST, PATH, Some(&new)).await;
        assert_eq!(made.status, answers(writing, 201), "{name}: create");
        let endpoint = id(&make(&operator, receiver.url()).await);
        for (method, rest, body, good, viewers) in ROUTES {
            let may = if viewers { reading } else { writing };
            let before = rows(&operator.id, &endpoint).await;
            let answer = call(&caller, &method, &of(&endpoint, rest), body).await;
            assert_eq!(answer.status, answers(may, good), "{name}: {method} {rest}: {}", answer.json);
            if may != 200 {
                assert!(answer.json["error"].is_string() && answer.json["code"].is_string(), "{}", answer.json);
                assert!(!answer.json.to_string().contains("whsec_"));
                assert_eq!(rows(&operator.id, &endpoint).await, before, "{name}: {method} {rest}");
            }
        }
    }
}

#[tokio::test]
async fn another_operators_endpoint_is_a_404_on_every_route_and_stays_unchanged() {
    let (owner, stranger) = (Operator::create().await, Operator::create().await);
    let receiver = Receiver::taking().await;
    let endpoint = id(&make(&owner, receiver.url()).await);
    let before = rows(&owner.id, &endpoint).await;
    assert!(before[0].is_object() && before[1].is_object(), "{before}");
    for (method, rest, body, ..) in ROUTES {
        for path in [of(&endpoint, rest), of(&endpoint.replace("ep_", "ndst_"), rest), of("ep_1", rest)] {
            let (sentence, code) = call(&stranger, &method, &path, body).await.error(404);
            assert!(
                code == "not_found" && sentence.contains("no endpoint with this id"),
                "{method} {path}: {sentence}"
            );
        }
    }
    assert_eq!(stranger.get(PATH).await.expect(200)["endpoints"], json!([]));
    let rule = json!({"destination_ids": [endpoint], "events": ["custom.a"]});
    stranger.post("/v1/notifications/channels", rule).await.error(404);
    assert_eq!(rows(&owner.id, &endpoint).await, before);
    assert!(receiver.received().is_empty());
}
