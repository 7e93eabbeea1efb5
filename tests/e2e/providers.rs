//! `/api/v1/notifications/providers`: the life cycle of a provider.

use axum::http::StatusCode;
use e2e::{Operator, Receiver, aws, client::logged, platform, receiver::hex_hmac, variable};
use reqwest::Method;
use serde_json::{Value, json};

pub(crate) const PATH: &str = "/api/v1/notifications/providers";
const REDACTED: &str = "••••••••";

/// Creates an operator whose requests have the header of its own web page.
pub(crate) async fn tenant() -> Operator {
    Operator::create().await.from_page()
}

/// Creates a provider, and returns its id.
pub(crate) async fn make(tenant: &Operator, kind: &str, config: Value) -> String {
    let made = tenant.post(PATH, json!({"kind": kind, "name": format!("#{kind}"), "config": config})).await.expect(201);
    made["id"].as_str().expect("an id").to_owned()
}

pub(crate) fn of(id: &str, rest: &str) -> String {
    format!("{PATH}/{id}{rest}")
}

fn names(value: &Value) -> Vec<&str> {
    value.as_object().expect("an object").keys().map(String::as_str).collect()
}

/// The names of the fields in a 422.
fn wrong_fields(error: &Value) -> Vec<&str> {
    let fields = error["fields"].as_array().expect("fields");
    fields.iter().map(|problem| problem["field"].as_str().expect("a field")).collect()
}

async fn row(tenant: &Operator, id: &str) -> Value {
    let key = json!({"operator_id": {"S": tenant.id}, "id": {"S": destination_id(id)}});
    let request = json!({"TableName": variable("DESTINATIONS_TABLE"), "Key": key});
    aws::call("dynamodb", "DynamoDB_20120810.GetItem", request).await["Item"].clone()
}

/// The destination id of a provider or a project channel.
pub(crate) fn destination_id(uuid: &str) -> String {
    domain::DestinationId::of_uuid(uuid).expect("a UUID").to_string()
}

#[tokio::test]
async fn each_documented_config_is_accepted_and_shown_without_secrets() {
    let tenant = tenant().await;
    let webhook = json!({"url": "https://alerts.example.com/ingest", "secret": "shared-hmac-secret",
        "headers": {"X-Token": "abc"}});
    let mail = json!({"fromEmail": "ops-alerts@example.com", "toEmails": ["ops@example.com", "oncall@example.com"],
        "replyTo": "support@example.com"});
    let documented = [
        (
            "slack",
            json!({"webhookUrl": "https://hooks.slack.com/services/T/B/XYZ"}),
            json!({"webhookUrl": REDACTED}),
            "hooks.slack.com",
        ),
        (
            "teams",
            json!({"webhookUrl": "https://outlook.office.com/webhook/..."}),
            json!({"webhookUrl": REDACTED}),
            "outlook.office.com",
        ),
        (
            "webhook",
            webhook,
            json!({"url": "https://alerts.example.com/ingest", "secret": REDACTED,
            "headers": {"X-Token": REDACTED}}),
            "alerts.example.com",
        ),
        ("ops_email", mail.clone(), mail, "ops@example.com and 1 more"),
    ];
    for (kind, config, shown, summary) in documented {
        let body = json!({"kind": kind, "name": "#ops-alerts", "config": config});
        let made = tenant.post(PATH, body).await.expect(201);
        assert_eq!(names(&made), ["createdAt", "enabled", "id", "kind", "name", "updatedAt"]);
        assert_eq!(
            (&made["kind"], &made["name"], &made["enabled"]),
            (&json!(kind), &json!("#ops-alerts"), &json!(true))
        );
        assert_eq!(made["createdAt"], made["updatedAt"]);
        let id = made["id"].as_str().expect("an id");
        assert!(id.len() == 36 && id.split('-').count() == 5, "a UUID: {id}");
        let found = tenant.get(&of(id, "")).await.expect(200);
        assert_eq!((&found["config"], &found["configSummary"]), (&shown, &json!(summary)));
        assert_eq!(found["health"]["status"], "healthy");
        let stored = row(&tenant, id).await;
        assert!(stored["connection"]["B"].is_string() && !stored.to_string().contains("shared-hmac-secret"));
    }
    let listed = tenant.get(PATH).await.expect(200);
    let kinds: Vec<_> = listed["data"].as_array().expect("data").iter().map(|provider| &provider["kind"]).collect();
    assert_eq!(kinds, ["ops_email", "webhook", "teams", "slack"], "newest first");
    assert!(!listed.to_string().contains("shared-hmac-secret") && !listed.to_string().contains("XYZ"));
    let expected = json!([
        {"kind": "slack", "displayName": "Slack"},
        {"kind": "teams", "displayName": "Microsoft Teams"},
        {"kind": "webhook", "displayName": "Outbound Webhook"},
        {"kind": "ops_email", "displayName": "Ops Email (SES)"},
    ]);
    assert_eq!((&listed["kinds"], &listed["nextCursor"]), (&expected, &Value::Null));
    // Resources of one API are not in the lists of another.
    assert_eq!(tenant.get("/v1/notifications/destinations").await.expect(200)["destinations"], json!([]));
}

#[tokio::test]
async fn providers_are_listed_page_by_page() {
    let tenant = tenant().await;
    let mut made = vec![];
    for n in 0..5 {
        made.push(
            make(&tenant, "slack", json!({"webhookUrl": format!("https://hooks.slack.com/services/T/B/{n}")})).await,
        );
    }
    made.reverse();
    let (mut found, mut path) = (vec![], format!("{PATH}?limit=2"));
    loop {
        let page = tenant.get(&path).await.expect(200);
        let ids = page["data"].as_array().expect("data").iter().map(|provider| provider["id"].as_str().expect("an id"));
        found.extend(ids.map(str::to_owned));
        let Some(cursor) = page["nextCursor"].as_str() else { break };
        path = format!("{PATH}?limit=2&cursor={cursor}");
    }
    assert_eq!(found, made);
    for wrong in ["limit=0", "limit=x", "cursor=x", "page=2"] {
        let error = tenant.get(&format!("{PATH}?{wrong}")).await.expect(400);
        assert!(error["error"].is_string() && error.get("code").is_none(), "{error}");
    }
}

#[tokio::test]
async fn errors_name_each_invalid_field() {
    let tenant = tenant().await;
    let error = tenant.post(PATH, json!({"kind": "pagerduty", "name": "x", "config": {}})).await.expect(400);
    assert!(error["error"].as_str().expect("a sentence").contains("slack, teams, webhook, ops_email"), "{error}");
    let http =
        json!({"kind": "slack", "name": "x", "config": {"webhookUrl": "http://hooks.slack.com/services/T/B/XYZ"}});
    assert_eq!(wrong_fields(&tenant.post(PATH, http).await.expect(422)), ["config.webhookUrl"]);
    let several = json!({"kind": "webhook", "name": "", "enabled": "yes", "colour": "red",
        "config": {"url": "nonsense", "secret": 7, "headers": {"Host": "x", "Webhook-Id": "y"}}});
    let error = tenant.post(PATH, several).await.expect(422);
    let named = wrong_fields(&error);
    for field in
        ["name", "enabled", "colour", "config.url", "config.secret", "config.headers.Host", "config.headers.Webhook-Id"]
    {
        assert!(named.contains(&field), "{field}: {error}");
    }
    let foreign = json!({"kind": "ops_email", "name": "x", "config": {"fromEmail": "ceo@other.example", "toEmails": ["a@example.org"]}});
    let error = tenant.post(PATH, foreign).await.expect(422);
    assert_eq!(wrong_fields(&error), ["config.fromEmail"]);
    assert!(
        error["error"].as_str().expect("a sentence").contains("notifications@example.com, *@example.com"),
        "{error}"
    );
    for (name, good) in [("x".repeat(120), true), ("x".repeat(121), false), ("ü".repeat(120), true)] {
        let body =
            json!({"kind": "slack", "name": name, "config": {"webhookUrl": "https://hooks.slack.com/services/T/B/X"}});
        assert_eq!(tenant.post(PATH, body).await.status, if good { 201 } else { 422 });
    }
    assert_eq!(wrong_fields(&tenant.post(PATH, json!([])).await.expect(422))[0], "");
    let not_json = tenant.request(Method::POST, PATH, &[], Some("{".into())).await.expect(400);
    assert!(not_json["error"].as_str().expect("a sentence").contains("not JSON"));
    let empty = tenant.request(Method::POST, PATH, &[], None).await.expect(400);
    assert!(empty["error"].is_string());
    assert_eq!(tenant.get(PATH).await.expect(200)["data"].as_array().map(Vec::len), Some(2), "the two valid names");
}

#[tokio::test]
async fn a_change_is_merged_and_accepted_or_rejected_as_a_whole() {
    let tenant = tenant().await;
    let receiver = Receiver::taking().await;
    let config = json!({"url": receiver.url(), "secret": "first", "headers": {"X-Token": "abc", "X-Team": "ops"}});
    let id = make(&tenant, "webhook", config).await;
    let path = of(&id, "");
    let shown = tenant.get(&path).await.expect(200);

    // Sending back what GET returned changes only the fields that are different.
    let body = json!({"name": "#renamed", "config": shown["config"]});
    let changed = tenant.patch(&path, body).await.expect(200);
    assert_eq!((&changed["name"], &changed["config"]), (&json!("#renamed"), &shown["config"]));
    assert!(changed["updatedAt"].as_str() > shown["updatedAt"].as_str());
    tenant.post_empty(&of(&id, "/test")).await.expect(200);
    let sent = receiver.wait_for(1).await.remove(0);
    assert_eq!((sent.header("x-token"), sent.header("x-team")), ("abc", "ops"));
    assert_eq!(sent.header("x-kaireon-signature"), format!("sha256={}", hex_hmac("first", &sent.body)));

    // A new secret. One header stays because its placeholder is sent, one because it is omitted; two are added.
    let config =
        json!({"secret": "second", "headers": {"X-Token": REDACTED, "X-New": "n", "Authorization": "Bearer planted"}});
    tenant.patch(&path, json!({ "config": config })).await.expect(200);
    tenant.post_empty(&of(&id, "/test")).await.expect(200);
    let sent = receiver.wait_for(2).await.remove(1);
    assert_eq!((sent.header("x-token"), sent.header("x-new")), ("abc", "n"));
    assert_eq!((sent.header("x-team"), sent.header("authorization")), ("ops", "Bearer planted"));
    assert_eq!(sent.header("x-kaireon-signature"), format!("sha256={}", hex_hmac("second", &sent.body)));

    // Null removes a header, regardless of case; a change without effect does not change the modification time.
    let changed = tenant.patch(&path, json!({"config": {"headers": {"x-TEAM": null}}})).await.expect(200);
    assert_eq!(
        changed["config"]["headers"],
        json!({"X-Token": REDACTED, "X-New": REDACTED, "Authorization": REDACTED})
    );
    assert_eq!(tenant.patch(&path, json!({})).await.expect(200), changed);
    assert_eq!(tenant.patch(&path, json!({"config": {"headers": {"X-Team": null}}})).await.expect(200), changed);

    // Rejected as a whole: the valid name is not changed, either.
    let before = row(&tenant, &id).await;
    let error = tenant.patch(&path, json!({"name": "#no", "config": {"url": "nonsense"}})).await.expect(422);
    assert_eq!(wrong_fields(&error), ["config.url"]);
    let error = tenant.patch(&path, json!({"name": "", "kind": "slack", "enabled": 1})).await.expect(422);
    assert_eq!(wrong_fields(&error), ["name", "enabled", "kind"]);
    let error = tenant.patch(&path, json!({"config": {"headers": {"X-Other": REDACTED}}})).await.expect(422);
    assert_eq!(wrong_fields(&error), ["config.headers.X-Other"]);
    assert_eq!(row(&tenant, &id).await, before);

    // Without a secret, nothing is signed.
    tenant.patch(&path, json!({"config": {"secret": null}})).await.expect(200);
    tenant.post_empty(&of(&id, "/test")).await.expect(200);
    let sent = receiver.wait_for(3).await.remove(2);
    assert!(!sent.headers.contains_key("x-kaireon-signature") && sent.headers.contains_key("webhook-id"));
}

#[tokio::test]
async fn concurrent_changes_are_not_lost() {
    let tenant = tenant().await;
    let receiver = Receiver::taking().await;
    let id = make(&tenant, "webhook", json!({"url": receiver.url(), "headers": {"X-Token": "abc"}})).await;
    let path = &of(&id, "");
    // Often enough that some of them overlap.
    for n in 1..=10 {
        let (name, secret) = (format!("#{n}"), format!("secret-{n}"));
        let (renamed, secured) = tokio::join!(
            tenant.patch(path, json!({ "name": name })),
            tenant.patch(path, json!({"config": {"secret": secret}})),
        );
        assert_eq!((renamed.status, secured.status), (200, 200), "{} {}", renamed.json, secured.json);
        assert_eq!(tenant.get(path).await.expect(200)["name"], name);
        tenant.post_empty(&of(&id, "/test")).await.expect(200);
        let sent = receiver.wait_for(n).await.remove(n - 1);
        assert_eq!(sent.header("x-kaireon-signature"), format!("sha256={}", hex_hmac(&secret, &sent.body)));
        assert_eq!(sent.header("x-token"), "abc");
    }
}

#[tokio::test]
async fn a_deleted_provider_does_not_exist() {
    let tenant = tenant().await;
    let id = make(&tenant, "slack", json!({"webhookUrl": "https://hooks.slack.com/services/T/B/X"})).await;
    assert_eq!(tenant.delete(&of(&id, "")).await.expect(204), Value::Null);
    for answer in [
        tenant.get(&of(&id, "")).await,
        tenant.delete(&of(&id, "")).await,
        tenant.patch(&of(&id, ""), json!({})).await,
        tenant.post_empty(&of(&id, "/test")).await,
    ] {
        assert!(answer.expect(404)["error"].as_str().expect("a sentence").contains("no provider with this id"));
    }
    assert_eq!(tenant.get(PATH).await.expect(200)["data"], json!([]));
    tenant.get(&of("not-a-uuid", "")).await.expect(404);
}

#[tokio::test]
async fn a_test_reports_the_answer_of_the_platform() {
    let tenant = tenant().await;
    for kind in ["slack", "teams"] {
        let platform = platform::taking(kind).await;
        let id = make(&tenant, kind, json!({"webhookUrl": platform.url()})).await;
        let tested = logged(tenant.post_empty(&of(&id, "/test")).await.expect(200));
        let name = if kind == "slack" { "Slack" } else { "Microsoft Teams" };
        assert_eq!(tested, json!({"success": true, "detail": format!("Test message sent to {name}.")}));
        let message = platform.received()[0].json();
        platform::validate(kind, &message);
        assert!(message.to_string().contains("Test notification"), "{message}");
    }
    let refusing = platform::refusing("slack", "invalid_payload").await;
    let id = make(&tenant, "slack", json!({"webhookUrl": refusing.url()})).await;
    let tested = logged(tenant.post_empty(&of(&id, "/test")).await.expect(502));
    assert_eq!(tested, json!({"success": false, "error": "Slack returned 400: invalid_payload"}));

    let failing = Receiver::answering(|_| StatusCode::INTERNAL_SERVER_ERROR).await;
    let id = make(&tenant, "webhook", json!({"url": failing.url()})).await;
    let tested = logged(tenant.post_empty(&of(&id, "/test")).await.expect(502));
    assert_eq!(tested, json!({"success": false, "error": "Webhook returned 500"}));
    let id = make(&tenant, "slack", json!({"webhookUrl": "http://127.0.0.1:1/services/T/B/planted"})).await;
    let tested = logged(tenant.post_empty(&of(&id, "/test")).await.expect(502));
    assert!(tested["error"].as_str().expect("a sentence").starts_with("Slack gave no answer"), "{tested}");
    assert!(!tested.to_string().contains("planted"));
}
