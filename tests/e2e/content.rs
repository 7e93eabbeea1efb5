//! The content of an event arrives: completely or with a note on what is omitted, as text for people and unmodified for
//! programs.

use std::path::Path;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use e2e::{Operator, Receiver, eventually, inbox, platform};
use serde_json::json;

use crate::{
    project_channels, providers,
    receivers::python,
    standard_webhooks::{answers, question},
};

/// Creates a project channel on each chat platform, each of which gets every analysis.
async fn chats(operator: &Operator) -> Vec<(&'static str, Receiver)> {
    let project = operator.in_project("web");
    let mut all = vec![];
    for kind in platform::PLAYED.iter().map(platform::Played::name) {
        let receiver = platform::taking(kind).await;
        let credentials = json!({"webhookUrl": receiver.url()});
        let body = json!({"type": kind, "name": kind, "severityThreshold": "low", "credentials": credentials});
        project_channels::make(&project, body).await;
        all.push((kind, receiver));
    }
    all
}

#[tokio::test]
async fn shown_and_omitted_fields_add_up_to_the_posted_ones() {
    let operator = Operator::create_with_plan("pro").await;
    let chats = chats(&operator).await;
    let address = inbox::new_address();
    let mail = operator.verified("email", &address).await;
    operator.rule("analysis.completed", &[&mail]).await;
    let before = inbox::all(&address).await.len();
    for (round, count) in [45, 60, 100].into_iter().enumerate() {
        let mut data = json!({"title": "Down", "state": "Down"});
        for i in 0..count {
            data[format!("field{i}x")] = if i % 2 == 0 { json!({"a": [i, "b"]}) } else { json!(i) };
        }
        let event = json!({"type": "analysis.completed", "severity": "high", "project_id": "web", "data": data});
        operator.post("/v1/events", event).await.expect(202);
        // The event's fields, and the one whose value is the same as the title.
        let adds_up = |text: &str, what: &str| {
            let shown = (0..count).filter(|i| text.contains(&format!("field{i}x"))).count()
                + usize::from(text.contains("state"));
            let note = format!("And {} more", count + 1 - shown);
            assert_eq!(shown <= count, text.contains(&note), "{what}: {shown} of {count} and one: {text}");
        };
        for (kind, receiver) in &chats {
            let message = receiver.wait_for(round + 1).await.remove(round).json();
            platform::validate(kind, &message);
            adds_up(&message.to_string(), kind);
        }
        let mails = inbox::wait_for(&address, before + round + 1).await;
        let message = &mails[before + round];
        adds_up(&message.text, "text of a mail");
        adds_up(&message.html, "HTML of a mail");
    }
}

#[tokio::test]
async fn half_an_emoji_is_replaced_for_people_and_unmodified_for_programs() {
    let operator = Operator::create_with_plan("pro").await;
    let chats = chats(&operator).await;
    let (address, number) = (inbox::new_address(), inbox::new_number());
    let (mail, sms) = (operator.verified("email", &address).await, operator.verified("sms", &number).await);
    let receiver = Receiver::taking().await;
    let webhook = operator.webhook(&receiver).await;
    operator.rule("analysis.completed", &[&mail, &sms, webhook["id"].as_str().expect("an id")]).await;
    let before = (inbox::all(&address).await.len(), inbox::all(&number).await.len());
    let data = r#"{"title": "Broken \ud83d heart", "message": "It is \ude00 so",  "n": 1.50, "whole": "\ud83d\ude00"}"#;
    let event = format!(r#"{{"type": "analysis.completed", "severity": "high", "project_id": "web", "data": {data}}}"#);
    operator.request(reqwest::Method::POST, "/v1/events", &[], Some(event)).await.expect(202);
    for (kind, receiver) in &chats {
        let message = receiver.wait_for(1).await.remove(0).json();
        platform::validate(kind, &message);
        let text = message.to_string();
        for words in ["Broken \u{fffd} heart", "It is \u{fffd} so", "50", "😀"] {
            assert!(text.contains(words), "{kind}: {words}: {text}");
        }
    }
    let mails = inbox::wait_for(&address, before.0 + 1).await;
    assert!(mails[before.0].text.contains("It is \u{fffd} so") && !mails[before.0].text.contains("\\ud"), "{mails:?}");
    let texts = inbox::wait_for(&number, before.1 + 1).await;
    assert!(texts[before.1].text.contains("so") && !texts[before.1].text.contains('{'), "{texts:?}");
    let body = receiver.wait_for(1).await.remove(0).body;
    assert!(String::from_utf8_lossy(&body).contains(data), "unmodified");
}

#[tokio::test]
async fn a_providers_webhook_gets_the_whole_event_from_a_rule() {
    let tenant = providers::tenant().await;
    let receiver = Receiver::taking().await;
    let id = providers::make(&tenant, "webhook", json!({"url": receiver.url()})).await;
    tenant.rule("alert.fired", &[&id]).await;
    let data =
        r#"{"title": "Down", "body": "It is",  "status": "Down", "n": 12345678901234567890, "deep": {"a": [1.10]}}"#;
    let event = format!(
        r#"{{"type": "alert.fired", "severity": "warning", "timestamp": "2026-04-15T10:05:00Z", "data": {data}}}"#
    );
    let posted = tenant.request(reqwest::Method::POST, "/v1/events", &[], Some(event)).await.expect(202);
    let body = receiver.wait_for(1).await.remove(0).body;
    let expected = format!(
        r#"{{"id":{},"type":"alert.fired","severity":"warning","timestamp":"2026-04-15T10:05:00.000Z","data":{data}}}"#,
        posted["id"]
    );
    assert_eq!(String::from_utf8_lossy(&body), expected);
}

#[tokio::test]
async fn a_secret_in_any_form_that_a_library_accepts_verifies_with_it() {
    let tenant = providers::tenant().await;
    let padded = STANDARD.encode(rand::random::<[u8; 25]>());
    let bare = padded.trim_end_matches('=').to_owned();
    for (secret, in_python) in [
        (format!("whsec_{padded}"), true),
        (padded.clone(), true),
        // The Python library requires the padding.
        (format!("whsec_{bare}"), false),
        (bare.clone(), false),
    ] {
        let receiver = Receiver::taking().await;
        let config = json!({"url": receiver.url(), "secret": secret});
        let id = providers::make(&tenant, "webhook", config).await;
        tenant.post_empty(&providers::of(&id, "/test")).await.expect(200);
        let question = [question(&receiver.wait_for(1).await[0], &secret)];
        let verified = [serde_json::Value::Null];
        assert_eq!(answers(Path::new("node"), "standard_checks.mjs", &question).await, verified, "{secret}");
        if in_python {
            assert_eq!(answers(&python(), "standard_checks.py", &question).await, verified, "{secret}");
        }
    }
    for spaced in [format!("whsec_{padded}\n"), format!(" {padded}")] {
        let new = json!({"kind": "webhook", "name": "x", "config": {"url": "http://127.0.0.1:9/", "secret": spaced}});
        let refused = tenant.post("/api/v1/notifications/providers", new).await.expect(422);
        assert!(refused["error"].as_str().expect("a sentence").contains("white space at its ends"), "{refused}");
    }
}

#[tokio::test]
async fn a_mail_whose_id_is_only_in_the_data_has_a_timeline() {
    let operator = Operator::create().await;
    let data = json!({"messageId": "from-elsewhere", "reason": "a test", "n": 1});
    let event = operator.event("mail.message.failed", data).await;
    let found = eventually("it is in the log", async || {
        let page = operator.get("/mail/events?messageId=from-elsewhere").await.expect(200);
        page["items"].as_array().expect("a list").first().cloned()
    })
    .await;
    assert_eq!((&found["id"], &found["messageId"]), (&json!(event), &json!("from-elsewhere")));
    let timeline = operator.get("/mail/messages/from-elsewhere/timeline").await.expect(200);
    assert_eq!(timeline["items"][0]["metadata"], json!({"reason": "a test", "n": 1}));
}
