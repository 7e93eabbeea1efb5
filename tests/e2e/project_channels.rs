//! `/v1/config/notifications`: the channels of a project.

use axum::http::StatusCode;
use e2e::{Operator, Receiver, aws, eventually, platform, receiver::hex_hmac, variable};
use futures::future::join_all;
use serde_json::{Value, json};

pub(crate) const PATH: &str = "/v1/config/notifications";

/// The request of the reference.
fn slack() -> Value {
    json!({
        "type": "slack",
        "name": "#engineering-alerts",
        "credentials": {"webhookUrl": "https://hooks.slack.com/services/T.../B.../..."},
        "severityThreshold": "high",
    })
}

pub(crate) fn webhook(url: &str, threshold: &str) -> Value {
    json!({"type": "webhook", "name": "hook", "credentials": {"url": url}, "severityThreshold": threshold})
}

pub(crate) async fn make(project: &Operator, body: Value) -> String {
    let made = project.post(PATH, body).await.expect(201);
    made["data"]["id"].as_str().expect("an id").to_owned()
}

pub(crate) fn of(id: &str, rest: &str) -> String {
    format!("{PATH}/{id}{rest}")
}

/// The code and the field names of an error.
fn error(answer: e2e::Answer, status: u16) -> (String, Vec<String>) {
    let json = answer.expect(status);
    assert_eq!(json["success"], false);
    assert!(json["error"]["message"].is_string(), "{json}");
    let details = json["error"]["details"].as_array().cloned().unwrap_or_default();
    let fields = details.iter().map(|problem| problem["field"].as_str().expect("a field").to_owned());
    (json["error"]["code"].as_str().expect("a code").to_owned(), fields.collect())
}

/// Posts an analysis event for a project, and returns its id.
async fn analysis(operator: &Operator, project: Option<&str>, severity: &str) -> String {
    let mut event = json!({"type": "analysis.completed", "severity": severity,
        "data": {"id": "an_1", "title": "Leaked key", "summary": "In main.rs", "url": "https://app.example.com/an_1"}});
    if let Some(project) = project {
        event["project_id"] = json!(project);
    }
    operator.post("/v1/events", event).await.expect(202)["id"].as_str().expect("an id").to_owned()
}

async fn count(operator: &Operator, project: &str) -> Option<u32> {
    let key = json!({"pk": {"S": operator.id}, "sk": {"S": format!("project#{project}")}});
    let request = json!({"TableName": variable("ACCOUNTS_TABLE"), "Key": key});
    let row = aws::call("dynamodb", "DynamoDB_20120810.GetItem", request).await;
    row["Item"]["channels"]["N"].as_str().and_then(|n| n.parse().ok())
}

#[tokio::test]
async fn the_documented_request_has_the_documented_answer_and_credentials_are_never_returned() {
    let project = Operator::create().await.in_project("web");
    let made = project.post(PATH, slack()).await.expect(201);
    assert_eq!(made["success"], true);
    assert_eq!(made["data"].as_object().expect("data").keys().collect::<Vec<_>>(), ["id"]);
    let id = made["data"]["id"].as_str().expect("an id");
    assert!(id.len() == 36 && id.split('-').count() == 5, "a UUID: {id}");
    let found = project.get(&of(id, "")).await.expect(200);
    assert_eq!(found["success"], true);
    let shown = &found["data"];
    assert_eq!(
        (&shown["id"], &shown["type"], &shown["name"], &shown["severityThreshold"], &shown["active"]),
        (&json!(id), &json!("slack"), &json!("#engineering-alerts"), &json!("high"), &json!(true))
    );
    let listed = project.get(PATH).await.expect(200);
    assert_eq!(
        (&listed["success"], &listed["data"], &listed["nextCursor"]),
        (&json!(true), &json!([shown]), &Value::Null)
    );
    for answer in [&found, &listed] {
        assert!(answer["data"].get("credentials").is_none() && !answer.to_string().contains("hooks.slack.com"));
    }
}

#[tokio::test]
async fn every_type_is_accepted_with_its_documented_credentials() {
    let project = Operator::create_with_plan("pro").await.in_project("web");
    let chats = platform::PLAYED.iter().map(|played| (played.name(), json!({"webhookUrl": played.published})));
    for (name, credentials) in chats.chain([
        (
            "webhook",
            json!({"url": "https://example.com/sigsentry", "authHeader": "Bearer abc123", "hmacSecret": "your-32-byte-secret"}),
        ),
        ("email", json!({"recipients": "alice@example.com, bob@example.com"})),
        ("email", json!({"recipients": ["alice@example.com", "bob@example.com"]})),
    ]) {
        let body = json!({"type": name, "name": "x", "credentials": credentials, "severityThreshold": "low"});
        let id = make(&project, body).await;
        assert_eq!(project.get(&of(&id, "")).await.expect(200)["data"]["type"], name);
    }
}

#[tokio::test]
async fn errors_name_each_invalid_field() {
    let operator = Operator::create().await;
    let project = operator.in_project("web");
    let code = "VALIDATION_ERROR".to_owned();
    let named = |fields: &[&str]| (code.clone(), fields.iter().map(|field| (*field).to_owned()).collect::<Vec<_>>());
    assert_eq!(
        error(project.post(PATH, json!({})).await, 400),
        named(&["type", "name", "credentials", "severityThreshold"])
    );
    let several =
        json!({"type": "pager", "name": "x".repeat(256), "credentials": {}, "severityThreshold": "warning", "a": 1});
    assert_eq!(error(project.post(PATH, several).await, 400), named(&["type", "name", "severityThreshold", "a"]));
    let wrong = json!({"type": "webhook", "name": "x", "severityThreshold": "low",
        "credentials": {"url": "nonsense", "authHeader": "a\nb", "hmacSecret": ""}});
    let fields = ["credentials.url", "credentials.authHeader", "credentials.hmacSecret"];
    assert_eq!(error(project.post(PATH, wrong).await, 400), named(&fields));
    let other = json!({"type": "slack", "name": "x", "severityThreshold": "low",
        "credentials": {"webhookUrl": "https://discord.com/api/webhooks/1/x"}});
    assert_eq!(error(project.post(PATH, other).await, 400), named(&["credentials.webhookUrl"]));
    assert_eq!(project.get(PATH).await.expect(200)["data"], json!([]));

    // Requests must say which project they are for.
    for answer in
        [operator.post(PATH, slack()).await, operator.get(PATH).await, operator.in_project("").get(PATH).await]
    {
        assert_eq!(error(answer, 400).0, "VALIDATION_ERROR");
    }
    assert_eq!(error(operator.in_project(&"x".repeat(257)).get(PATH).await, 400).0, "VALIDATION_ERROR");
    assert_eq!(error(project.get(&of("not-a-uuid", "")).await, 404).0, "NOT_FOUND");
    assert_eq!(error(project.get(&format!("{PATH}?limit=0")).await, 400).0, "VALIDATION_ERROR");
}

#[tokio::test]
async fn a_change_keeps_omitted_fields_and_rotates_a_secret() {
    let operator = Operator::create().await;
    let project = operator.in_project("web");
    let receiver = Receiver::taking().await;
    let credentials = json!({"url": receiver.url(), "hmacSecret": "first", "authHeader": "Bearer abc"});
    let body = json!({"type": "webhook", "name": "hook", "credentials": credentials, "severityThreshold": "high"});
    let id = make(&project, body).await;
    let changed = project.put(&of(&id, ""), json!({"name": "renamed", "severityThreshold": "low"})).await.expect(200);
    assert_eq!((&changed["data"]["name"], &changed["data"]["severityThreshold"]), (&json!("renamed"), &json!("low")));
    analysis(&operator, Some("web"), "low").await;
    let sent = receiver.wait_for(1).await.remove(0);
    assert_eq!(sent.header("authorization"), "Bearer abc");
    assert_eq!(sent.header("x-sigsentry-signature"), format!("sha256={}", hex_hmac("first", &sent.body)));
    // Only the secret is replaced: the URL, which is never shown, and the header stay.
    project.put(&of(&id, ""), json!({"credentials": {"hmacSecret": "second"}})).await.expect(200);
    let tested = project.post_empty(&of(&id, "/test")).await.expect(200);
    assert_eq!(tested["success"], true);
    let sent = receiver.wait_for(2).await.remove(1);
    assert_eq!(sent.header("authorization"), "Bearer abc");
    assert_eq!(sent.header("x-sigsentry-signature"), format!("sha256={}", hex_hmac("second", &sent.body)));
    // Null removes a field; a change without effect does not change the modification time.
    let changed = project.put(&of(&id, ""), json!({"credentials": {"authHeader": null}})).await.expect(200);
    assert_eq!(project.put(&of(&id, ""), json!({})).await.expect(200), changed);
    assert_eq!(project.put(&of(&id, ""), json!({"credentials": {"hmacSecret": "second"}})).await.expect(200), changed);
    project.post_empty(&of(&id, "/test")).await.expect(200);
    assert!(!receiver.wait_for(3).await[2].headers.contains_key("authorization"));
    // A rejected change has no effect.
    let before = project.get(&of(&id, "")).await.expect(200);
    let refused = project.put(&of(&id, ""), json!({"name": "no", "type": "slack", "credentials": {"url": null}})).await;
    assert_eq!(error(refused, 400).1, ["type"]);
    assert_eq!(project.get(&of(&id, "")).await.expect(200), before);
    // A disabled channel holds its deliveries; once enabled, they can be recovered.
    project.put(&of(&id, ""), json!({"active": false})).await.expect(200);
    let event = analysis(&operator, Some("web"), "critical").await;
    eventually("it is held", async || {
        let page = project.get(&of(&id, "/deliveries")).await.expect(200);
        let found = page["data"].as_array().expect("data").iter().find(|row| row["eventId"] == event).cloned();
        found.filter(|row| row["state"] == "held" && row["reason"] == "destination_disabled")
    })
    .await;
    let since = json!({"since": "2026-01-01T00:00:00Z"});
    assert_eq!(error(project.post(&of(&id, "/recover"), since.clone()).await, 409).0, "DESTINATION_UNHEALTHY");
    project.put(&of(&id, ""), json!({"active": true})).await.expect(200);
    assert_eq!(project.post(&of(&id, "/recover"), since).await.expect(202)["recovered"], 1);
    receiver.wait_for(3).await;
}

#[tokio::test]
async fn an_analysis_is_sent_to_its_projects_channels_from_their_threshold_on() {
    let operator = Operator::create().await;
    let (low, high) = (Receiver::taking().await, Receiver::taking().await);
    let (other, foreign) = (Receiver::taking().await, Receiver::taking().await);
    make(&operator.in_project("web"), webhook(low.url(), "low")).await;
    make(&operator.in_project("web"), webhook(high.url(), "high")).await;
    make(&operator.in_project("app"), webhook(other.url(), "low")).await;
    let stranger = Operator::create().await;
    make(&stranger.in_project("web"), webhook(foreign.url(), "low")).await;

    let medium = analysis(&operator, Some("web"), "medium").await;
    let critical = analysis(&operator, Some("web"), "critical").await;
    analysis(&operator, Some("web"), "info").await;
    analysis(&operator, None, "critical").await;
    let of_app = analysis(&operator, Some("app"), "high").await;
    // Events posted with a key of the project need not name it.
    let bound = operator.with_new_key(json!({"role": "editor", "project_id": "web"})).await;
    let bound_event = analysis(&bound, None, "high").await;
    // These channels do not get other types of events.
    operator
        .post("/v1/events", json!({"type": "custom.other", "severity": "critical", "project_id": "web", "data": {}}))
        .await
        .expect(202);

    let ids = |received: Vec<e2e::receiver::Received>| {
        let mut ids: Vec<_> = received.iter().map(|got| got.json()["id"].as_str().expect("an id").to_owned()).collect();
        ids.sort();
        ids
    };
    assert_eq!(ids(other.wait_for(1).await), [of_app]);
    assert_eq!(ids(low.wait_for(3).await), [medium.clone(), critical.clone(), bound_event.clone()]);
    assert_eq!(ids(high.wait_for(2).await), [critical.clone(), bound_event]);
    let got = high.received().into_iter().find(|got| got.json()["id"] == critical).expect("the critical one");
    let body = got.json();
    assert_eq!(
        body.as_object().expect("an object").keys().collect::<Vec<_>>(),
        ["data", "id", "severity", "timestamp", "type"]
    );
    assert_eq!(
        (&body["type"], &body["severity"], &body["data"]["title"]),
        (&json!("analysis.completed"), &json!("critical"), &json!("Leaked key"))
    );
    assert!(got.headers.get("x-sigsentry-signature").is_none() && got.headers.contains_key("webhook-id"));
    // Later events have arrived, so all events are dispatched: no other channel got one.
    analysis(&stranger, Some("web"), "low").await;
    foreign.wait_for(1).await;
    assert_eq!((foreign.received().len(), other.received().len(), low.received().len()), (1, 1, 3));
}

#[tokio::test]
async fn of_fifty_concurrent_requests_as_many_succeed_as_the_plan_allows() {
    let operator = Operator::create_with_plan("pro").await;
    let project = operator.in_project("web");
    let made = join_all((0..50).map(|n| project.post(PATH, webhook(&format!("https://example.com/{n}"), "low")))).await;
    let (good, refused): (Vec<_>, Vec<_>) = made.into_iter().partition(|answer| answer.status == 201);
    assert_eq!((good.len(), refused.len()), (20, 30));
    for answer in refused {
        let json = answer.expect(403);
        assert_eq!((&json["success"], &json["error"]["code"]), (&json!(false), &json!("QUOTA_EXCEEDED")));
        assert!(
            json["error"]["message"].as_str().expect("a sentence").contains("the 20 channels that the plan pro allows")
        );
    }
    let listed = project.get(&format!("{PATH}?limit=100")).await.expect(200);
    assert_eq!((listed["data"].as_array().map(Vec::len), count(&operator, "web").await), (Some(20), Some(20)));

    // Each project is counted separately. After a deletion there is room for one more, and rejected requests use no
    // room.
    make(&operator.in_project("app"), slack()).await;
    let id = listed["data"][7]["id"].as_str().expect("an id");
    let path = of(id, "");
    let deleted = join_all((0..5).map(|_| project.delete(&path))).await;
    let mut statuses: Vec<_> = deleted.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [204, 404, 404, 404, 404], "counted once");
    assert_eq!(count(&operator, "web").await, Some(19));
    error(project.post(PATH, json!({})).await, 400);
    make(&project, slack()).await;
    assert_eq!(error(project.post(PATH, slack()).await, 403).0, "QUOTA_EXCEEDED");
    assert_eq!((count(&operator, "web").await, count(&operator, "app").await), (Some(20), Some(1)));
}

#[tokio::test]
async fn a_free_plan_allows_three_channels() {
    let project = Operator::create().await.in_project("web");
    for _ in 0..3 {
        make(&project, slack()).await;
    }
    assert_eq!(error(project.post(PATH, slack()).await, 403).0, "QUOTA_EXCEEDED");
}

#[tokio::test]
async fn each_chat_type_gets_its_own_format_and_the_severity() {
    let operator = Operator::create_with_plan("pro").await;
    let project = operator.in_project("web");
    let mut platforms = vec![];
    for kind in platform::PLAYED.iter().map(platform::Played::name) {
        let receiver = platform::taking(kind).await;
        let body = json!({"type": kind, "name": kind, "severityThreshold": "high",
            "credentials": {"webhookUrl": receiver.url()}});
        make(&project, body).await;
        platforms.push((kind, receiver));
    }
    analysis(&operator, Some("web"), "high").await;
    for (kind, receiver) in platforms {
        let message = receiver.wait_for(1).await.remove(0).json();
        platform::validate(kind, &message);
        // In JSON, the backslash of an escape is doubled.
        let text = message.to_string().to_lowercase().replace(r"\\", "");
        for words in ["leaked key", "in main.rs", "app.example.com/an_1", "high"] {
            assert!(text.contains(words), "{kind}: {words}: {text}");
        }
    }
}

#[tokio::test]
async fn a_successful_test_makes_an_unhealthy_channel_healthy() {
    let operator = Operator::create().await;
    let project = operator.in_project("web");
    let receiver = Receiver::answering(|n| if n == 1 { StatusCode::GONE } else { StatusCode::OK }).await;
    let id = make(&project, webhook(receiver.url(), "low")).await;
    analysis(&operator, Some("web"), "high").await;
    let health = async || project.get(&of(&id, "")).await.expect(200)["data"]["health"].clone();
    eventually("it is unhealthy", async || (health().await["status"] == "unhealthy").then_some(())).await;
    assert_eq!(health().await["reason"], "answered 410 Gone");
    project.post_empty(&of(&id, "/test")).await.expect(200);
    assert_eq!(health().await["status"], "healthy");
}
