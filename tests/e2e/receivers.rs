//! Receivers as users write them, in Node.js and Python: each accepts our webhook and rejects a changed body. Their
//! code is in `tests/receivers/`.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
};

use domain::{WebhookSecret, signature};
use e2e::{Operator, eventually};
use jiff::{Timestamp, ToSpan};
use reqwest::{Client, StatusCode};
use serde_json::json;
use tokio::process::{Child, Command};

/// Starts a receiver that listens on `PORT` and verifies with the secret in `STACK_WEBHOOK_SECRET`.
fn start(program: &Path, script: &str, port: u16, secret: &str) -> Child {
    receiver(program, script, port, secret).spawn().unwrap_or_else(|error| panic!("{}: {error}", program.display()))
}

/// The command that starts a receiver.
pub(crate) fn receiver(program: &Path, script: &str, port: u16, secret: &str) -> Command {
    let mut command = Command::new(program);
    command
        .arg(script)
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("receivers"))
        .env("PORT", port.to_string())
        .env("STACK_WEBHOOK_SECRET", secret)
        .stdout(Stdio::null())
        .kill_on_drop(true);
    command
}

/// The Python environment with the receivers' dependencies.
pub(crate) fn python() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../.local/venv-receivers/bin/python")
}

pub(crate) fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").port()
}

async fn accepts_ours_and_rejects_a_changed_body(program: &Path, script: &str) {
    let operator = Operator::create().await;
    let port = free_port();
    let url = format!("http://127.0.0.1:{port}/webhooks/stack");
    let made = operator.register("webhook", &url).await.expect(201);
    let id = made["id"].as_str().expect("an id");
    let secret = made["webhook_secret"].as_str().expect("a secret");
    let _receiver = start(program, script, port, secret);
    let client = Client::new();
    eventually("the receiver listens", async || client.get(&url).send().await.ok()).await;

    operator.rule("passport.flagged", &[id]).await;
    let data = json!({"jti": "ppt_abc123", "note": "ümlaut ✓", "n": 1.50});
    let event = operator.event("passport.flagged", data).await;
    let delivery = operator.delivery(id, &event, "succeeded").await;
    assert_eq!(delivery["attempts"][0]["status"], 204);
    assert_eq!(delivery["attempt_count"], 1);

    // The receiver still has the old secret, and can verify the next request with it.
    operator.post_empty(&format!("/v1/notifications/destinations/{id}/rotate-secret")).await.expect(200);
    let event = operator.event("passport.flagged", json!({"jti": "ppt_abc123"})).await;
    let delivery = operator.delivery(id, &event, "succeeded").await;
    assert_eq!(delivery["attempt_count"], 1);

    let body = r#"{"event_type":"passport.flagged","data":{}}"#;
    let secret = WebhookSecret::from_text(secret.to_owned().into());
    let post = async |body: &str, at: Timestamp, signature: String| {
        let headers = [
            ("content-type", "application/json".to_owned()),
            ("webhook-id", "dlv_1".to_owned()),
            ("webhook-timestamp", at.as_second().to_string()),
            ("webhook-signature", signature),
        ];
        let request = headers.into_iter().fold(client.post(&url), |request, (name, value)| request.header(name, value));
        request.body(body.to_owned()).send().await.expect("an answer").status()
    };
    let signed = |at: Timestamp| signature::standard(&secret, "dlv_1", at, body.as_bytes());
    let (now, old) = (Timestamp::now(), Timestamp::now() - 10.minutes());
    assert_eq!(post(body, now, signed(now)).await, StatusCode::NO_CONTENT);
    assert_eq!(post(&body.replace("flagged", "blocked"), now, signed(now)).await, StatusCode::UNAUTHORIZED);
    assert_eq!(post(body, now, format!("v1,{}", "A".repeat(43))).await, StatusCode::UNAUTHORIZED);
    assert_eq!(post(body, old, signed(old)).await, StatusCode::UNAUTHORIZED, "a replay");
}

#[tokio::test]
async fn express_on_nodejs_verifies_our_webhooks() {
    accepts_ours_and_rejects_a_changed_body(Path::new("node"), "express.mjs").await;
}

#[tokio::test]
async fn flask_on_python_verifies_our_webhooks() {
    accepts_ours_and_rejects_a_changed_body(&python(), "flask_app.py").await;
}

#[tokio::test]
async fn a_library_of_standard_webhooks_verifies_our_webhooks() {
    let operator = Operator::create().await;
    let port = free_port();
    let made = operator.register("webhook", &format!("http://127.0.0.1:{port}/")).await.expect(201);
    let id = made["id"].as_str().expect("an id");
    let _receiver = start(&python(), "standard.py", port, made["webhook_secret"].as_str().expect("a secret"));
    let client = Client::new();
    let url = format!("http://127.0.0.1:{port}/");
    eventually("the receiver listens", async || client.get(&url).send().await.ok()).await;
    operator.rule("custom.standard", &[id]).await;
    let event = operator.event("custom.standard", json!({"a": 1})).await;
    operator.delivery(id, &event, "succeeded").await;
    // With signatures of both secrets, the library still finds the one for its secret.
    operator.post_empty(&format!("/v1/notifications/destinations/{id}/rotate-secret")).await.expect(200);
    let event = operator.event("custom.standard", json!({"a": 2})).await;
    let delivery = operator.delivery(id, &event, "succeeded").await;
    assert_eq!(delivery["attempt_count"], 1);
}
