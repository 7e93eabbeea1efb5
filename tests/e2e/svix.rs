//! The handlers that Stack Auth publishes, run by real Node.js and real Python with the official packages of Svix: each
//! takes our request, through the whole system, and refuses one that is changed, old, or signed with another secret. They
//! are in `tests/receivers/stack_auth/`.

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
    /// What it does with what it refuses, since it leaves the exception to what is around it.
    refusal: Refusal,
}

enum Refusal {
    /// Answers 500.
    Answers,
    /// Ends, without an answer: nothing is around it.
    Ends,
}

/// A handler that runs.
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

    /// The same request, signed at another time.
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

    /// Has a handler of its own refuse a request, for the reason that the library gives.
    async fn refuses(&self, request: &Request, secret: &str, reason: &str) {
        let Running { mut child, url } = self.start(free_port(), secret).await;
        let answer = request.send(&url).await;
        // Some answer first, and tell why then.
        let said = said(child.stderr.take().expect("its errors"), reason).await;
        assert!(said.contains(reason), "{}: not {reason:?}: {said}", self.script);
        match (&self.refusal, answer) {
            (Refusal::Answers, Ok((status, _))) => assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR, "{reason}"),
            (Refusal::Ends, Err(_)) => assert!(!child.wait().await.expect("it ends").success()),
            (_, answer) => panic!("{}: {reason}: {answer:?}", self.script),
        }
    }

    async fn takes_ours_and_refuses_what_is_not(&self) {
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
        let taken = json!({"ok": true, "type": CREATED});
        let response = delivery["attempts"][0]["response"].as_str().expect("an answer");
        assert_eq!(serde_json::from_str::<Value>(response).expect("JSON"), taken);

        // What it refuses below differs from one of these in one thing each.
        let now = Timestamp::now();
        for request in [&ours, &ours.signed_at(now, secret)] {
            let (status, body) = request.send(&running.url).await.expect("an answer");
            assert_eq!((status, serde_json::from_str(&body).ok()), (StatusCode::OK, Some(taken.clone())));
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

/// What a handler tells of errors, up to these words or to its end.
async fn said(mut errors: ChildStderr, words: &str) -> String {
    let mut said = String::new();
    let reading = async {
        let mut bytes = [0; 4096];
        while let Ok(read @ 1..) = errors.read(&mut bytes).await {
            said.push_str(&String::from_utf8_lossy(&bytes[..read]));
            if said.contains(words) {
                break;
            }
        }
    };
    // One that says nothing would be waited for for ever.
    let _ = tokio::time::timeout(Duration::from_secs(60), reading).await;
    said
}

async fn check(program: PathBuf, script: &'static str, refusal: Refusal) {
    Handler { program, script, refusal }.takes_ours_and_refuses_what_is_not().await;
}

fn node() -> PathBuf {
    Path::new("node").to_owned()
}

#[tokio::test]
async fn express() {
    check(node(), "express.mjs", Refusal::Answers).await;
}

#[tokio::test]
async fn plain_nodejs() {
    check(node(), "node.mjs", Refusal::Ends).await;
}

#[tokio::test]
async fn django() {
    check(python(), "django_app.py", Refusal::Answers).await;
}

#[tokio::test]
async fn fastapi() {
    check(python(), "fastapi_app.py", Refusal::Answers).await;
}

#[tokio::test]
async fn flask() {
    check(python(), "flask_app.py", Refusal::Answers).await;
}
