//! Access to providers and project channels: every caller on every route, and isolation between operators and projects.

use data_encoding::HEXLOWER;
use e2e::{Answer, Operator, Receiver, aws, platform, variable};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{
    project_channels::{self, webhook},
    provider_send::notification,
    providers::{self, destination_id},
};

/// The project of the channels.
const PROJECT: &str = "web";
const SINCE: &str = r#"{"since": "2026-01-01T00:00:00Z"}"#;

/// A route with an id: its method, the path after the id, its body, and the status for callers with permission.
type Route = (Method, &'static str, Option<String>, u16);

fn provider_routes() -> [Route; 6] {
    [
        (Method::GET, "", None, 200),
        (Method::GET, "/deliveries", None, 200),
        (Method::PATCH, "", Some(r#"{"name": "changed"}"#.into()), 200),
        (Method::POST, "/test", None, 200),
        (Method::POST, "/recover", Some(SINCE.into()), 202),
        (Method::DELETE, "", None, 204),
    ]
}

fn channel_routes() -> [Route; 6] {
    [
        (Method::GET, "", None, 200),
        (Method::GET, "/deliveries", None, 200),
        (Method::PUT, "", Some(r#"{"name": "changed"}"#.into()), 200),
        (Method::POST, "/test", None, 200),
        (Method::POST, "/recover", Some(SINCE.into()), 202),
        (Method::DELETE, "", None, 204),
    ]
}

async fn call(who: &Operator, method: &Method, path: &str, body: &Option<String>) -> Answer {
    who.request(method.clone(), path, &[], body.clone()).await
}

/// The row of a provider or channel, and the row of the rule of a project channel.
async fn rows(operator: &str, uuid: &str) -> Value {
    let destination = destination_id(uuid);
    let read = async |table: &str, id: &str| {
        let key = json!({"operator_id": {"S": operator}, "id": {"S": id}});
        let request = json!({"TableName": variable(table), "Key": key, "ConsistentRead": true});
        aws::call("dynamodb", "DynamoDB_20120810.GetItem", request).await["Item"].clone()
    };
    let rule =
        format!("project#{}#{}", HEXLOWER.encode(&Sha256::digest(PROJECT)), destination.replace("ndst_", "nch_"));
    json!([read("DESTINATIONS_TABLE", &destination).await, read("CHANNELS_TABLE", &rule).await])
}

#[tokio::test]
async fn every_role_on_every_route_of_providers() {
    let operator = Operator::create().await;
    let receiver = Receiver::taking().await;
    let admin = operator.from_page();
    let config = json!({"url": receiver.url()});
    let new = json!({"kind": "webhook", "name": "x", "config": config}).to_string();
    let callers = [
        ("no key", operator.without_key().from_page(), 401, 401),
        ("an unknown key", operator.with_key(&format!("sk_live_tm_{}", "a".repeat(40))).from_page(), 401, 401),
        ("a viewer", operator.with_role("viewer").await.from_page(), 200, 403),
        ("an editor", operator.with_role("editor").await.from_page(), 200, 403),
        ("an admin", operator.with_role("admin").await.from_page(), 200, 200),
        ("the operator", admin.clone(), 200, 200),
        ("an admin without the page header", operator.with_role("admin").await, 200, 403),
        ("the operator with its tenant", admin.with_header("x-tenant-id", &operator.id), 200, 200),
        (
            "the operator with another tenant",
            admin.with_header("x-tenant-id", "op_01JRX2Q0Z8K5V3M7N9P4T6W8YA"),
            403,
            403,
        ),
        ("an admin with another page header", operator.with_header("x-requested-with", "fetch"), 200, 403),
    ];
    for (name, caller, reading, managing) in callers {
        let answers = |may: u16, good: u16| if may == 200 { good } else { may };
        assert_eq!(
            call(&caller, &Method::GET, providers::PATH, &None).await.status,
            answers(reading, 200),
            "{name}: list"
        );
        let made = call(&caller, &Method::POST, providers::PATH, &Some(new.clone())).await;
        assert_eq!(made.status, answers(managing, 201), "{name}: create");
        let id = providers::make(&admin, "webhook", config.clone()).await;
        let send = json!({"providerIds": [id], "notification": notification()}).to_string();
        let sent = call(&caller, &Method::POST, "/api/v1/notifications/send", &Some(send)).await;
        assert_eq!(sent.status, answers(managing, 200), "{name}: send");
        for (method, rest, body, good) in provider_routes() {
            let may = if method == Method::GET { reading } else { managing };
            let before = rows(&operator.id, &id).await;
            let answer = call(&caller, &method, &providers::of(&id, rest), &body).await;
            assert_eq!(answer.status, answers(may, good), "{name}: {method} {rest}");
            if may != 200 {
                assert!(answer.json["error"].is_string() && answer.json.get("code").is_none(), "{}", answer.json);
                assert_eq!(rows(&operator.id, &id).await, before, "{name}: {method} {rest}");
            }
        }
    }
}

#[tokio::test]
async fn every_key_on_every_route_of_project_channels() {
    let operator = Operator::create_with_plan("enterprise").await;
    let receiver = Receiver::taking().await;
    let owner = operator.in_project(PROJECT);
    let new = webhook(receiver.url(), "low");
    let key = async |fields: Value| operator.with_new_key(fields).await;
    let bound =
        |role: &str, permissions: Value| json!({"role": role, "permissions": permissions, "project_id": PROJECT});
    let free = |role: &str, permissions: Value| json!({"role": role, "permissions": permissions});
    let write = || json!(["config:write"]);
    let callers = [
        ("no key", owner.without_key(), 401, 401),
        ("a viewer", key(free("viewer", json!([]))).await.in_project(PROJECT), 200, 403),
        ("an editor", key(free("editor", json!([]))).await.in_project(PROJECT), 200, 403),
        ("another permission", key(free("editor", json!(["config:read"]))).await.in_project(PROJECT), 200, 403),
        ("a viewer who may write", key(free("viewer", write())).await.in_project(PROJECT), 200, 200),
        ("an editor who may write", key(free("editor", write())).await.in_project(PROJECT), 200, 200),
        ("an admin", key(free("admin", json!([]))).await.in_project(PROJECT), 200, 200),
        ("the operator", owner.clone(), 200, 200),
        ("the operator without a project", operator.clone(), 400, 400),
        ("a key of the project", key(bound("viewer", write())).await, 200, 200),
        ("a key of the project with its header", key(bound("viewer", write())).await.in_project(PROJECT), 200, 200),
        (
            "a key of the project with another project's header",
            key(bound("viewer", write())).await.in_project("app"),
            403,
            403,
        ),
        ("a key of the project that may not write", key(bound("editor", json!([]))).await, 200, 403),
    ];
    for (name, caller, reading, writing) in callers {
        let answers = |may: u16, good: u16| if may == 200 { good } else { may };
        let listed = call(&caller, &Method::GET, project_channels::PATH, &None).await;
        assert_eq!(listed.status, answers(reading, 200), "{name}: list");
        let made = call(&caller, &Method::POST, project_channels::PATH, &Some(new.to_string())).await;
        assert_eq!(made.status, answers(writing, 201), "{name}: create");
        let id = project_channels::make(&owner, new.clone()).await;
        for (method, rest, body, good) in channel_routes() {
            let may = if method == Method::GET { reading } else { writing };
            let before = rows(&operator.id, &id).await;
            let answer = call(&caller, &method, &project_channels::of(&id, rest), &body).await;
            assert_eq!(answer.status, answers(may, good), "{name}: {method} {rest}");
            let code = match may {
                400 => "VALIDATION_ERROR",
                401 => "UNAUTHORIZED",
                403 => "FORBIDDEN",
                _ => continue,
            };
            assert_eq!((&answer.json["success"], &answer.json["error"]["code"]), (&json!(false), &json!(code)));
            assert_eq!(rows(&operator.id, &id).await, before, "{name}: {method} {rest}");
        }
    }
}

#[tokio::test]
async fn another_operators_provider_is_a_404_on_every_route_and_stays_unchanged() {
    let (owner, stranger) = (Operator::create().await.from_page(), Operator::create().await.from_page());
    let slack = platform::taking("slack").await;
    let id = providers::make(&owner, "slack", json!({"webhookUrl": slack.url()})).await;
    let own = providers::make(&stranger, "slack", json!({"webhookUrl": slack.url()})).await;
    let before = rows(&owner.id, &id).await;
    for (method, rest, body, _) in provider_routes() {
        let answer = call(&stranger, &method, &providers::of(&id, rest), &body).await;
        assert_eq!(answer.status, 404, "{method} {rest}: {}", answer.json);
        assert!(answer.json["error"].as_str().expect("a sentence").contains("no provider with this id"));
    }
    let send = json!({"providerIds": [id, own], "notification": notification()});
    let results = stranger.post("/api/v1/notifications/send", send).await.expect(200)["results"].clone();
    assert_eq!((&results[0]["success"], &results[0]["kind"]), (&json!(false), &Value::Null));
    let unknown = providers::make(&owner, "slack", json!({"webhookUrl": slack.url()})).await;
    owner.delete(&providers::of(&unknown, "")).await.expect(204);
    let send = json!({"providerIds": [unknown, own], "notification": notification()});
    let other = stranger.post("/api/v1/notifications/send", send).await.expect(200)["results"].clone();
    assert_eq!(results[0]["error"], other[0]["error"], "the same error as for an unknown id");
    assert_eq!(slack.received().len(), 2, "the stranger's own provider got both notifications");
    assert_eq!(owner.get(&providers::of(&id, "/deliveries")).await.expect(200)["data"], json!([]));
    assert_eq!(stranger.get(providers::PATH).await.expect(200)["data"].as_array().map(Vec::len), Some(1));
    let rule = json!({"destination_ids": [id], "events": ["custom.a"]});
    assert_eq!(stranger.post("/v1/notifications/channels", rule).await.status, 404);
    assert_eq!(rows(&owner.id, &id).await, before);
}

#[tokio::test]
async fn another_projects_channel_is_a_404_on_every_route_and_stays_unchanged() {
    let operator = Operator::create().await;
    let owner = operator.in_project(PROJECT);
    let receiver = Receiver::taking().await;
    let id = project_channels::make(&owner, webhook(receiver.url(), "low")).await;
    let before = rows(&operator.id, &id).await;
    assert!(before[0].is_object() && before[1].is_object(), "{before}");
    let bound = operator.with_new_key(json!({"role": "admin", "project_id": "app"})).await;
    let strangers = [
        ("another project", operator.in_project("app")),
        ("a key of another project", bound),
        ("another operator", Operator::create().await.in_project(PROJECT)),
    ];
    for (name, stranger) in strangers {
        for (method, rest, body, _) in channel_routes() {
            let answer = call(&stranger, &method, &project_channels::of(&id, rest), &body).await;
            assert_eq!(answer.status, 404, "{name}: {method} {rest}: {}", answer.json);
            assert_eq!(answer.json["error"]["code"], "NOT_FOUND");
        }
        assert_eq!(stranger.get(project_channels::PATH).await.expect(200)["data"], json!([]), "{name}");
    }
    // A cursor of one project's list is invalid for another's.
    project_channels::make(&owner, webhook(receiver.url(), "low")).await;
    let page = owner.get(&format!("{}?limit=1", project_channels::PATH)).await.expect(200);
    let next = format!("{}?cursor={}", project_channels::PATH, page["nextCursor"].as_str().expect("a cursor"));
    assert_eq!(owner.get(&next).await.expect(200)["data"].as_array().map(Vec::len), Some(1));
    assert_eq!(operator.in_project("app").get(&next).await.status, 400);
    assert_eq!(rows(&operator.id, &id).await, before);
    assert!(receiver.received().is_empty());
}

#[tokio::test]
async fn a_key_of_a_project_cannot_use_another_projects_channel_in_the_stack_api() {
    let operator = Operator::create().await;
    let receiver = Receiver::taking().await;
    let id = project_channels::make(&operator.in_project(PROJECT), webhook(receiver.url(), "low")).await;
    let event = json!({"type": "analysis.completed", "severity": "high", "project_id": PROJECT, "data": {}});
    let event = operator.post("/v1/events", event).await.expect(202)["id"].as_str().expect("an id").to_owned();
    receiver.wait_for(1).await;
    let delivery = format!("/v1/deliveries/dlv_{}{}", &destination_id(&id)[5..], &event[4..]);
    let rule = json!({"destination_ids": [id], "events": ["custom.a"]});
    let key = async |project: &str| operator.with_new_key(json!({"role": "admin", "project_id": project})).await;
    let (own, other) = (key(PROJECT).await, key("app").await);
    assert_eq!(other.post("/v1/notifications/channels", rule.clone()).await.status, 404);
    assert_eq!(other.get(&delivery).await.status, 404);
    assert_eq!(other.post(&format!("{delivery}/retry"), json!({"force": true})).await.status, 404);
    assert_eq!(own.get(&delivery).await.status, 200);
    assert_eq!(own.post("/v1/notifications/channels", rule).await.status, 201);
    own.post(&format!("{delivery}/retry"), json!({"force": true})).await.expect(202);
    receiver.wait_for(2).await;
    for project in [" web", "web ", "we\nb", ""] {
        let made =
            aws::admin(json!({"create_key": {"operator_id": operator.id, "role": "admin", "project_id": project}}))
                .await;
        assert!(made.expect_err("refused").contains("project_id"), "{project:?}");
    }
}

#[tokio::test]
async fn resources_of_one_api_are_not_visible_in_another() {
    let operator = Operator::create().await;
    let (tenant, project) = (operator.from_page(), operator.in_project(PROJECT));
    let receiver = Receiver::taking().await;
    let provider = providers::make(&tenant, "webhook", json!({"url": receiver.url()})).await;
    let channel = project_channels::make(&project, webhook(receiver.url(), "low")).await;
    let destination = operator.webhook(&receiver).await["id"].as_str().expect("an id").to_owned();
    let uuid = destination.parse::<domain::DestinationId>().expect("an id").uuid().to_string();
    for (method, rest, body, _) in provider_routes() {
        for id in [&channel, &uuid] {
            let answer = call(&tenant, &method, &providers::of(id, rest), &body).await;
            assert_eq!(answer.status, 404, "{method} {rest}: {}", answer.json);
        }
    }
    for (method, rest, body, _) in channel_routes() {
        for id in [&provider, &uuid] {
            let answer = call(&project, &method, &project_channels::of(id, rest), &body).await;
            assert_eq!(answer.status, 404, "{method} {rest}: {}", answer.json);
        }
    }
    for id in [&provider, &channel] {
        let (stack, rule) = (destination_id(id), destination_id(id).replace("ndst_", "nch_"));
        let webhook = stack.replace("ndst_", "whk_");
        for (method, path) in [
            (Method::GET, format!("/v1/notifications/destinations/{stack}")),
            (Method::DELETE, format!("/v1/notifications/destinations/{stack}")),
            (Method::POST, format!("/v1/notifications/destinations/{stack}/rotate-secret")),
            (Method::POST, format!("/v1/notifications/destinations/{stack}/test")),
            (Method::GET, format!("/v1/notifications/channels/{rule}")),
            (Method::DELETE, format!("/v1/notifications/channels/{rule}")),
            (Method::GET, format!("/mail/webhooks/{webhook}")),
            (Method::DELETE, format!("/mail/webhooks/{webhook}")),
        ] {
            let answer = call(&operator, &method, &path, &None).await;
            assert_eq!(answer.status, 404, "{method} {path}: {}", answer.json);
        }
        assert!(rows(&operator.id, id).await[0].is_object());
    }
    assert_eq!(operator.get("/v1/notifications/channels").await.expect(200)["channels"], json!([]));
    assert_eq!(operator.get("/mail/webhooks").await.expect(200)["items"], json!([]));
    assert_eq!(tenant.get(providers::PATH).await.expect(200)["data"].as_array().map(Vec::len), Some(1));
    assert_eq!(project.get(project_channels::PATH).await.expect(200)["data"].as_array().map(Vec::len), Some(1));
}
