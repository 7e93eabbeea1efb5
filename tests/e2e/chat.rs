//! Chat platforms as targets of STACK rules: retries, the log, and the effects of each platform's answers.

use domain::{Platform, delivery::Fault};
use e2e::{
    Operator, Receiver, eventually,
    platform::{self, PLAYED, Played},
};
use serde_json::{Value, json};

use crate::{
    project_channels,
    providers::{self, destination_id, tenant},
};

/// Creates a rule of the STACK API from one event type to a provider or project channel, and returns the rule's id.
async fn rule(operator: &Operator, event: &str, id: &str) -> String {
    operator.rule(event, &[id]).await
}

/// The receiver's URL with a path like the platform's, secrets included.
fn url(played: &Played, receiver: &Receiver) -> String {
    format!("{}/{}", receiver.url(), played.path_with(|| "0123456789abcdefghijklmnopqrstuvwxyz".to_owned()))
}

async fn slack(receiver: &Receiver) -> (Operator, String) {
    let tenant = tenant().await;
    let config = json!({"webhookUrl": url(Played::of(Platform::Slack), receiver)});
    let id = providers::make(&tenant, "slack", config).await;
    (tenant, id)
}

/// Creates a project channel on this platform. Returns the operator, whose requests are for the project, and the id.
async fn channel(played: &Played, receiver: &Receiver) -> (Operator, String) {
    let project = Operator::create().await.in_project("web");
    let credentials = json!({"webhookUrl": url(played, receiver)});
    let body = json!({"type": played.name(), "name": "chat", "severityThreshold": "low", "credentials": credentials});
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
        "markup": PLAYED.iter().flat_map(|played| played.markup).copied().collect::<Vec<_>>().join(" "),
        "long": "z".repeat(9000),
    });
    for played in PLAYED {
        let kind = played.name();
        let receiver = platform::taking(kind).await;
        let (operator, id) = channel(played, &receiver).await;
        rule(&operator, "passport.blocked", &id).await;
        operator.event("passport.blocked", hostile.clone()).await;
        let message = receiver.wait_for(1).await.remove(0).json();
        platform::validate(kind, &message);
        let text = message.to_string();
        for live in played.live {
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
    for played in PLAYED {
        let kind = played.name();
        let receiver = platform::limited(kind, 2, 2).await;
        let (operator, id) = channel(played, &receiver).await;
        rule(&operator, "custom.limited", &id).await;
        operator.event("custom.limited", json!({})).await;
        let path = project_channels::of(&id, "");
        let found = delivery(&operator, &path, "succeeded").await;
        assert_eq!(found["attemptCount"], 3, "{kind}");
        let [first, second] = [&found["attempts"][0], &found["attempts"][1]];
        assert!(first["error"].as_str().expect("an error").contains("429"), "{kind}: {first}");
        let at = |attempt: &Value| attempt["at"].as_str().expect("a time").parse::<jiff::Timestamp>().expect("a time");
        let waited = at(second).duration_since(at(first)).as_secs_f64();
        // The schedule's first delay is 1 s.
        assert!(waited >= if played.says_how_long { 1.9 } else { 0.9 }, "{kind}: {waited}");
        assert_eq!(operator.get(&path).await.expect(200)["data"]["health"]["status"], "healthy");
    }
}

#[tokio::test]
async fn a_rate_limit_that_lasts_is_waited_for() {
    let receiver = platform::limited("slack", 7, 1).await;
    let (tenant, id) = slack(&receiver).await;
    rule(&tenant, "custom.limited", &id).await;
    tenant.event("custom.limited", json!({})).await;
    let path = providers::of(&id, "");
    let found = delivery(&tenant, &path, "succeeded").await;
    assert_eq!(found["attemptCount"], 8, "more than the schedule has");
    assert_eq!(tenant.get(&path).await.expect(200)["health"]["status"], "healthy");
}

#[tokio::test]
async fn what_a_platform_refuses_for_good_is_not_tried_again() {
    for (played, refusal) in PLAYED.iter().flat_map(|played| played.refusals.iter().map(move |one| (played, one))) {
        if refusal.fault == Fault::Receiver {
            continue;
        }
        let receiver = platform::refusing(played.name(), refusal.reason).await;
        let (operator, id) = channel(played, &receiver).await;
        rule(&operator, "custom.refused", &id).await;
        operator.event("custom.refused", json!({})).await;
        let path = project_channels::of(&id, "");
        let found = delivery(&operator, &path, "abandoned").await;
        assert_eq!((&found["attemptCount"], &found["attempts"][0]["error"]), (&json!(1), &json!(refusal.error)));
        let health = async || operator.get(&path).await.expect(200)["data"]["health"]["status"].clone();
        if refusal.fault == Fault::Sender {
            assert_eq!(health().await, "healthy", "{}", refusal.error);
        } else {
            eventually("it is unhealthy", async || (health().await == "unhealthy").then_some(())).await;
        }
    }
}

#[tokio::test]
async fn a_platform_that_fails_walks_the_schedule_and_pauses_the_rule() {
    let receiver = platform::refusing("slack", "rollup_error").await;
    let (tenant, id) = slack(&receiver).await;
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
    let (tenant, id) = slack(&receiver).await;
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
    let (tenant, id) = slack(&failing).await;
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
