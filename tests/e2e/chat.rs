//! Chat platforms as targets of STACK rules: retries, the log, and what each platform's answers lead to.

use e2e::{Operator, Receiver, eventually, platform};
use serde_json::{Value, json};

use crate::{
    project_channels,
    providers::{self, destination_id, tenant},
};

/// A rule of the STACK API from one event type to a provider or a channel of a project, by its UUID: the rule's id.
async fn rule(operator: &Operator, event: &str, id: &str) -> String {
    operator.rule(event, &[id]).await
}

/// The receiver's URL as the platform would write it: with words and a token.
fn url(kind: &str, receiver: &Receiver) -> String {
    let path = match kind {
        "slack" => "services/T0123/B0123/0123456789abcdefghijklmn",
        "teams" => "webhookb2/0f8fad5b-d9cb-469f-a165-70867728950e/IncomingWebhook/0123456789abcdef0123456789abcdef",
        "discord" => "api/webhooks/1300000000000000000/0123456789abcdefghijklmnopqrstuvwxyz",
        _ => "v1/spaces/AAAA/messages?key=0123456789abcdef&token=fedcba9876543210",
    };
    format!("{}/{path}", receiver.url())
}

async fn provider(kind: &'static str, receiver: &Receiver) -> (Operator, String) {
    let tenant = tenant().await;
    let id = providers::make(&tenant, kind, json!({"webhookUrl": url(kind, receiver)})).await;
    (tenant, id)
}

/// A channel of this type: its operator, whose requests are for the project, and its id.
async fn channel(kind: &str, receiver: &Receiver) -> (Operator, String) {
    let project = Operator::create().await.in_project("web");
    let body = json!({"type": kind, "name": kind, "severityThreshold": "low", "credentials": {"webhookUrl": url(kind, receiver)}});
    let id = project_channels::make(&project, body).await;
    (project, id)
}

/// The newest delivery to a provider or channel at `path`, once it is in this state.
async fn delivery(operator: &Operator, path: &str, state: &str) -> Value {
    eventually(&format!("a delivery at {path} is {state}"), async || {
        let page = operator.get(&format!("{path}/deliveries")).await.expect(200);
        Some(page["data"][0].clone()).filter(|delivery| delivery["state"] == state)
    })
    .await
}

#[tokio::test]
async fn each_platform_is_a_target_of_rules_and_hostile_text_stays_text() {
    let hostile = json!({
        "title": "<!channel> @everyone <users/all> **bold** *b* _i_ `c` [x](https://evil.example) <at>all</at>",
        "message": "</font><b>x</b> ||spoiler|| <@U123> # h\n- l &amp; {{DATE(2020-01-01T00:00:00Z)}}",
        "<i>field</i>": "@here <a href=\"https://evil.example\">x</a>",
        "url": "https://app.example.com/x?a=1&b=2|y",
        "long": "z".repeat(9000),
    });
    for kind in ["slack", "teams", "discord", "google_chat"] {
        let receiver = platform::taking(kind).await;
        let (operator, id) = channel(kind, &receiver).await;
        rule(&operator, "passport.blocked", &id).await;
        operator.event("passport.blocked", hostile.clone()).await;
        let message = receiver.wait_for(1).await.remove(0).json();
        platform::validate(kind, &message);
        let text = message.to_string();
        // In a card of Teams text stands in runs, which render no markup.
        let live: &[&str] = match kind {
            "slack" => &["<!channel>", "<users/all>", "<@U123>", "<a href", "<i>field"],
            "teams" => &["{{DATE("],
            "discord" => &["\"<!channel>", " @everyone", " **bold", " ||spoiler", " <@U123>", "[x](https:"],
            _ => &["<users/all>", "<a href", "<i>field", "</font><b>x"],
        };
        for live in live {
            assert!(!text.contains(live), "{kind}: {live}: {text}");
        }
        assert!(text.contains("app.example.com/x?a=1"), "{kind}: {text}");
        let found = delivery(&operator, &project_channels::of(&id, ""), "succeeded").await;
        let response = found["attempts"][0]["response"].as_str().map(str::to_owned);
        assert_eq!(response, platform::message_id(kind, 1), "{kind}");
    }
}

#[tokio::test]
async fn a_rate_limit_delays_and_does_not_count_against_health() {
    for kind in ["slack", "teams", "discord", "google_chat"] {
        let receiver = platform::limited(kind, 2, 2).await;
        let (operator, id) = channel(kind, &receiver).await;
        rule(&operator, "custom.limited", &id).await;
        operator.event("custom.limited", json!({})).await;
        let path = project_channels::of(&id, "");
        let found = delivery(&operator, &path, "succeeded").await;
        assert_eq!(found["attemptCount"], 3, "{kind}");
        let [first, second] = [&found["attempts"][0], &found["attempts"][1]];
        assert!(first["error"].as_str().expect("an error").contains("429"), "{kind}: {first}");
        let at = |attempt: &Value| attempt["at"].as_str().expect("a time").parse::<jiff::Timestamp>().expect("a time");
        // The schedule says 1 s; a connector of Teams does not say how long.
        let waited = at(second).duration_since(at(first)).as_secs_f64();
        assert!(waited >= if kind == "teams" { 0.9 } else { 1.9 }, "{kind}: {waited}");
        assert_eq!(operator.get(&path).await.expect(200)["data"]["health"]["status"], "healthy");
    }
}

#[tokio::test]
async fn a_rate_limit_that_lasts_is_waited_for() {
    let receiver = platform::limited("slack", 7, 1).await;
    let (tenant, id) = provider("slack", &receiver).await;
    rule(&tenant, "custom.limited", &id).await;
    tenant.event("custom.limited", json!({})).await;
    let path = providers::of(&id, "");
    let found = delivery(&tenant, &path, "succeeded").await;
    assert_eq!(found["attemptCount"], 8, "more than the schedule has");
    assert_eq!(tenant.get(&path).await.expect(200)["health"]["status"], "healthy");
}

#[tokio::test]
async fn what_a_platform_refuses_for_good_is_not_tried_again() {
    for (kind, reason, said, healthy) in [
        ("slack", "no_service", "answered 404 no_service", false),
        ("slack", "channel_is_archived", "answered 410 channel_is_archived", false),
        ("slack", "invalid_blocks", "answered 400 invalid_blocks", true),
        ("teams", "WorkflowNotFound", "answered 404 WorkflowNotFound: It cannot be run.", false),
        ("teams", "404", "answered 200 with HTTP error 404", false),
        ("discord", "10015", "answered 404 Unknown Webhook (10015)", false),
        ("discord", "50035", "answered 400 Invalid Form Body (50035)", true),
        (
            "google_chat",
            "PERMISSION_DENIED",
            "answered 403 PERMISSION_DENIED: The caller does not have permission",
            false,
        ),
        (
            "google_chat",
            "INVALID_ARGUMENT",
            "answered 400 INVALID_ARGUMENT: Request contains an invalid argument.",
            true,
        ),
    ] {
        let receiver = platform::refusing(kind, reason).await;
        let (operator, id) = channel(kind, &receiver).await;
        rule(&operator, "custom.refused", &id).await;
        operator.event("custom.refused", json!({})).await;
        let path = project_channels::of(&id, "");
        let found = delivery(&operator, &path, "abandoned").await;
        assert_eq!((&found["attemptCount"], &found["attempts"][0]["error"]), (&json!(1), &json!(said)));
        let health = async || operator.get(&path).await.expect(200)["data"]["health"]["status"].clone();
        if healthy {
            assert_eq!(health().await, "healthy", "{kind}: {reason}");
        } else {
            eventually("it is unhealthy", async || (health().await == "unhealthy").then_some(())).await;
        }
    }
}

#[tokio::test]
async fn a_platform_that_fails_walks_the_schedule_and_pauses_the_rule() {
    let receiver = platform::refusing("slack", "rollup_error").await;
    let (tenant, id) = provider("slack", &receiver).await;
    let rule = rule(&tenant, "custom.failing", &id).await;
    tenant.event("custom.failing", json!({})).await;
    let path = providers::of(&id, "");
    let found = delivery(&tenant, &path, "abandoned").await;
    assert_eq!(found["attemptCount"], 5);
    let errors: Vec<_> =
        found["attempts"].as_array().expect("attempts").iter().map(|attempt| &attempt["error"]).collect();
    assert_eq!(errors, [&json!("answered 500 rollup_error"); 5]);
    let shown = tenant.get(&format!("/v1/notifications/channels/{rule}")).await.expect(200);
    assert_eq!((&shown["active"], &shown["paused_by"]), (&json!(false), &json!([id])));
    assert_eq!((&shown["channel_type"], &shown["destination"]), (&json!("slack"), &json!("127.0.0.1")));
    // What it would send is held until a test is taken.
    tenant.event("custom.failing", json!({})).await;
    let held = delivery(&tenant, &path, "held").await;
    assert_eq!(held["reason"], "rule_paused");
    assert_eq!(tenant.post_empty(&providers::of(&id, "/test")).await.status, 502);
    let working = platform::taking("slack").await;
    tenant.patch(&path, json!({"config": {"webhookUrl": working.url()}})).await.expect(200);
    assert_eq!(tenant.get(&path).await.expect(200)["health"]["status"], "healthy", "another address is as good as new");
    assert_eq!(tenant.get(&format!("/v1/notifications/channels/{rule}")).await.expect(200)["active"], true);
    let since = json!({"since": "2026-01-01T00:00:00Z"});
    assert_eq!(tenant.post(&providers::of(&id, "/recover"), since).await.expect(202)["recovered"], 2);
    working.wait_for(2).await;
}

#[tokio::test]
async fn a_rule_goes_on_when_its_provider_is_deleted_and_logs_the_failure() {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a time").as_millis();
    let receiver = platform::taking("slack").await;
    let (tenant, id) = provider("slack", &receiver).await;
    let other = Receiver::taking().await;
    let webhook = tenant.webhook(&other).await;
    let rule = tenant.rule("custom.deleted", &[&id, webhook["id"].as_str().expect("an id")]).await;
    tenant.delete(&providers::of(&id, "")).await.expect(204);
    let event = tenant.event("custom.deleted", json!({})).await;
    other.wait_for(1).await;
    assert_eq!(tenant.get(&format!("/v1/notifications/channels/{rule}")).await.expect(200)["active"], true);
    let delivery_id = format!("dlv_{}{}", &destination_id(&id)[5..], &event[4..]);
    let found = eventually("it is in the log", async || {
        let found = tenant.get(&format!("/v1/deliveries/{delivery_id}")).await;
        (found.status == 200).then_some(found.json)
    })
    .await;
    assert_eq!((&found["state"], &found["reason"]), (&json!("abandoned"), &json!("destination_deleted")));
    assert!(receiver.received().is_empty());
    e2e::eventually_seldom("the line of the failure", async || {
        let lines = crate::logs::logged_by("", "delivery_failed", since).await.concat();
        lines.contains(&delivery_id).then_some(())
    })
    .await;
}

#[tokio::test]
async fn what_is_switched_off_meanwhile_is_tried_no_more_and_held() {
    let failing = platform::refusing("slack", "rollup_error").await;
    let (tenant, id) = provider("slack", &failing).await;
    rule(&tenant, "custom.off", &id).await;
    tenant.event("custom.off", json!({})).await;
    failing.wait_for(1).await;
    let path = providers::of(&id, "");
    tenant.patch(&path, json!({"enabled": false})).await.expect(200);
    let held = delivery(&tenant, &path, "held").await;
    assert_eq!((&held["reason"], &held["nextAttemptAt"]), (&json!("destination_disabled"), &Value::Null));
    let tried = failing.received().len();
    assert_eq!(held["attemptCount"], tried);
    let working = platform::taking("slack").await;
    tenant.patch(&path, json!({"enabled": true, "config": {"webhookUrl": working.url()}})).await.expect(200);
    let since = json!({"since": "2026-01-01T00:00:00Z"});
    assert_eq!(tenant.post(&providers::of(&id, "/recover"), since).await.expect(202)["recovered"], 1);
    assert_eq!(delivery(&tenant, &path, "succeeded").await["attemptCount"], tried + 1);
    assert_eq!((working.received().len(), failing.received().len()), (1, tried));
}
