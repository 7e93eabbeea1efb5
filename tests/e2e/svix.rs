//! The handlers that Stack Auth publishes, run with Node.js and Python and Svix's official packages: each accepts our
//! request after it passed the whole system, and rejects requests that are changed, old, or signed with another secret.
//! The handlers are in `tests/receivers/stack_auth/`.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use domain::{WebhookSecret, signature};
use e2e::{Operator, Receiver, eventually, receiver::Received};
use jiff::{Timestamp, ToSpan};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use tokio::{
    io::AsyncReadExt,
    process::{Child, ChildStderr},
};

use crate::{
    endpoints::{CREATED, delivery_id, make, of, user},
    receivers::{free_port, python, receiver},
    subscriptions::id,
};

const NO_MATCH: &str = "No matching signature found";
const TOO_OLD: &str = "Message timestamp too old";

/// A published handler.
struct Handler {
    program: PathBuf,
    script: &'static str,
    /// How it rejects requests: it does not catch the library's exception.
    refusal: Refusal,
}

enum Refusal {
    /// Answers 500.
    Answers,
    /// Exits without an answer, because nothing catches the exception.
    Ends,
}

/// A running handler.
struct Running {
    child: Child,
    url: String,
}

/// A request to a handler.
#[derive(Clone)]
struct Request {
    id: String,
    timestamp: String,
    signature: String,
    body: String,
}

impl Request {
    fn of(received: &Received) -> Self {
        let header = |name: &str| received.header(name).to_owned();
        Self {
            id: header("svix-id"),
            timestamp: header("svix-timestamp"),
            signature: header("svix-signature"),
            body: String::from_utf8(received.body.to_vec()).expect("text"),
        }
    }

    /// The same request with another time and a new signature.
    fn signed_at(&self, at: Timestamp, secret: &str) -> Self {
        let secret = WebhookSecret::from_text(secret.to_owned().into());
        let signature = signature::standard(&secret, &self.id, at, self.body.as_bytes());
        Self { timestamp: at.as_second().to_string(), signature, ..self.clone() }
    }

    async fn send(&self, url: &str) -> reqwest::Result<(StatusCode, String)> {
        let request = Client::new().post(url).header("content-type", "application/json").body(self.body.clone());
        let request = request.header("svix-id", &self.id).header("svix-timestamp", &self.timestamp);
        let answer = request.header("svix-signature", &self.signature).send().await?;
        Ok((answer.status(), answer.text().await?))
    }
}

impl Handler {
    async fn start(&self, port: u16, secret: &str) -> Running {
        let mut command = receiver(&self.program, &format!("stack_auth/{}", self.script), port, secret);
        let child = command.stderr(Stdio::piped()).spawn().expect("make receivers");
        let url = format!("http://127.0.0.1:{port}/api/webhooks/stack");
        eventually("the handler listens", async || Client::new().get(format!("{url}/no")).send().await.ok()).await;
        Running { child, url }
    }

    /// Starts a handler, and checks that it rejects a request with this error of the library.
    async fn refuses(&self, request: &Request, secret: &str, reason: &str) {
        let Running { mut child, url } = self.start(free_port(), secret).await;
        let answer = request.send(&url).await;
        // Some handlers answer first and log the error later.
        let output = errors_until(child.stderr.take().expect("its errors"), reason).await;
        assert!(output.contains(reason), "{}: not {reason:?}: {output}", self.script);
        match (&self.refusal, answer) {
            (Refusal::Answers, Ok((status, _))) => assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR, "{reason}"),
            (Refusal::Ends, Err(_)) => assert!(!child.wait().await.expect("it ends").success()),
            (_, answer) => panic!("{}: {reason}: {answer:?}", self.script),
        }
    }

    async fn accepts_ours_and_rejects_others(&self) {
        let operator = Operator::create().await;
        let recorder = Receiver::taking().await;
        let endpoint = id(&make(&operator, recorder.url()).await);
        let shown = operator.get(&of(&endpoint, "/secret")).await.expect(200);
        let secret = shown["secret"].as_str().expect("a secret");
        user(&operator, "Zoë ✓").await;
        let ours = Request::of(&recorder.wait_for(1).await[0]);

        let running = self.start(free_port(), secret).await;
        operator.patch(&of(&endpoint, ""), json!({"url": running.url})).await.expect(200);
        let event = user(&operator, "Zoë ✓").await;
        let path = format!("/v1/deliveries/{}", delivery_id(&endpoint, &event));
        let delivery = eventually("it has answered", async || {
            let answer = operator.get(&path).await;
            (answer.json["attempt_count"] == 1).then_some(answer.json)
        })
        .await;
        assert_eq!((&delivery["state"], &delivery["attempts"][0]["status"]), (&json!("succeeded"), &json!(200)));
        let accepted = json!({"ok": true, "type": CREATED});
        let response = delivery["attempts"][0]["response"].as_str().expect("an answer");
        assert_eq!(serde_json::from_str::<Value>(response).expect("JSON"), accepted);

        // The rejected requests below differ from one of these in a single respect.
        let now = Timestamp::now();
        for request in [&ours, &ours.signed_at(now, secret)] {
            let (status, body) = request.send(&running.url).await.expect("an answer");
            assert_eq!((status, serde_json::from_str(&body).ok()), (StatusCode::OK, Some(accepted.clone())));
        }
        let other_body = Request { body: ours.body.replace("u-1", "u-2"), ..ours.clone() };
        assert_ne!(other_body.body, ours.body);
        self.refuses(&other_body, secret, NO_MATCH).await;
        let other_signature = WebhookSecret::generate();
        let forged = Request { signature: ours.signed_at(now, other_signature.reveal()).signature, ..ours.clone() };
        self.refuses(&forged, secret, NO_MATCH).await;
        self.refuses(&ours.signed_at(now - 6.minutes(), secret), secret, TOO_OLD).await;
        self.refuses(&ours, WebhookSecret::generate().reveal(), NO_MATCH).await;
    }
}

/// The handler's error output, up to these words or to the end.
async fn errors_until(mut errors: ChildStderr, words: &str) -> String {
    let mut output = String::new();
    let reading = async {
        let mut bytes = [0; 4096];
        while let Ok(read @ 1..) = errors.read(&mut bytes).await {
            output.push_str(&String::from_utf8_lossy(&bytes[..read]));
            if output.contains(words) {
                break;
            }
        }
    };
    // A handler that logs nothing would never end the loop.
    let _ = tokio::time::timeout(Duration::from_secs(60), reading).await;
    output
}

async fn check(program: PathBuf, script: &'static str, refusal: Refusal) {
    Handler { program, script, refusal }.accepts_ours_and_rejects_others().await;
}

fn node() -> PathBuf {
    Path::new("node").to_owned()
}

#[tokio::test]
async fn the_express_handler_verifies_our_webhooks() {
    check(node(), "express.mjs", Refusal::Answers).await;
}

#[tokio::test]
async fn the_nodejs_handler_verifies_our_webhooks() {
    check(node(), "node.mjs", Refusal::Ends).await;
}

#[tokio::test]
async fn the_django_handler_verifies_our_webhooks() {
    check(python(), "django_app.py", Refusal::Answers).await;
}

#[tokio::test]
async fn the_fastapi_handler_verifies_our_webhooks() {
    check(python(), "fastapi_app.py", Refusal::Answers).await;
}

#[tokio::test]
async fn the_flask_handler_verifies_our_webhooks() {
    check(python(), "flask_app.py", Refusal::Answers).await;
}
