//! The served OpenAPI document matches the API: schemathesis generates valid and invalid requests from it, hundreds for
//! each operation with a body, and checks every answer against it. The configuration is in `tests/schema/`.
//!
//! A separate test program, because it uses most of the machine.
#![allow(clippy::expect_used, reason = "a test that cannot continue panics")]

use std::{path::Path, process::Stdio};

use e2e::{Operator, Receiver, eventually, variable};
use serde_json::{Value, json};
use tokio::process::Command;

/// The project whose channels are tested.
const PROJECT: &str = "web";

/// Creates one resource of each kind, all of which send to `receiver`. Returns the id of each by its path before the
/// id.
async fn one_of_each(operator: &Operator, receiver: &Receiver) -> Value {
    let made = async |path: &str, body: Value| {
        let made = operator.post(path, body).await;
        assert!([201, 202].contains(&made.status), "{path}: {}", made.json);
        made.json.get("data").unwrap_or(&made.json)["id"].clone()
    };
    let url = receiver.url();
    let event = json!({"type": "custom.tried", "data": {}});
    let mail =
        json!({"type": "mail.message.sent", "data": {"messageId": "tried", "to": "a@example.com", "subject": "x"}});
    let channel = json!({"channel_type": "webhook", "destination": url, "events": ["custom.tried"]});
    let subscription = json!({"url": url, "eventTypes": ["mail.message.sent"]});
    let provider = json!({"kind": "webhook", "name": "Tried", "config": {"url": url}});
    let of_project =
        json!({"type": "webhook", "name": "Tried", "credentials": {"url": url}, "severityThreshold": "low"});
    let mut ids = json!({
        "/v1/notifications/destinations":
            made("/v1/notifications/destinations", json!({"channel_type": "webhook", "destination": url})).await,
        "/v1/notifications/channels": made("/v1/notifications/channels", channel).await,
        "/v1/webhooks/endpoints": made("/v1/webhooks/endpoints", json!({ "url": url })).await,
        "/mail/webhooks": made("/mail/webhooks", subscription).await,
        "/api/v1/notifications/providers": made("/api/v1/notifications/providers", provider).await,
        "/v1/config/notifications": made("/v1/config/notifications", of_project).await,
        "/v1/events": made("/v1/events", event).await,
        "/mail/messages": "tried",
    });
    let mail = made("/v1/events", mail).await;
    for (path, event) in [("/v1/deliveries", ids["/v1/events"].clone()), ("/mail/webhook-deliveries", mail)] {
        ids[path] = eventually("a delivery of each event", async || {
            let page = operator.get("/v1/deliveries").await.expect(200);
            let found = page["deliveries"].as_array().expect("a list").iter().find(|one| one["event_id"] == event);
            found.map(|found| found["id"].clone())
        })
        .await;
    }
    ids
}

#[tokio::test]
async fn every_operation_answers_as_documented() {
    let operator = Operator::create_with_plan("enterprise").await.from_page().in_project(PROJECT);
    let receiver = Receiver::taking().await;
    let made = one_of_each(&operator, &receiver).await;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the repository");
    let (settings, url) = (root.join("tests/schema"), variable("API_URL"));
    let mut command = Command::new(root.join(".local/venv-schema/bin/schemathesis"));
    command.arg("--config-file").arg(settings.join("schemathesis.toml"));
    command.args(["run", &format!("{url}/openapi.json"), "--url", &url, "--checks", "all", "--no-color"]);
    command.env("HOOKS", settings.join("hooks.py")).env("PYTHONDONTWRITEBYTECODE", "1");
    command.env("KEY", operator.key.as_deref().expect("a key")).env("PROJECT", PROJECT);
    command.env("RECEIVER_URL", receiver.url()).env("MADE", made.to_string());
    let ended = command.stdin(Stdio::null()).kill_on_drop(true).output().await.expect("schemathesis");
    let (out, err) = (String::from_utf8_lossy(&ended.stdout), String::from_utf8_lossy(&ended.stderr));
    assert!(ended.status.success(), "{out}\n{err}");
}
