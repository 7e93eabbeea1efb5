//! The webhooks of each API conform to Standard Webhooks: its libraries for JavaScript and Python verify them, and
//! reject changed and old requests.

use std::{collections::HashMap, path::Path, process::Stdio};

use domain::{WebhookSecret, signature};
use e2e::{Operator, Receiver, receiver::Received};
use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};
use tokio::{io::AsyncWriteExt, process::Command};

use crate::{
    endpoints, project_channels, providers,
    receivers::python,
    subscriptions::{self, SENT, secret, subscribe},
};

/// A request and its secret, in the format that the checks read.
pub(crate) fn question(request: &Received, secret: &str) -> Value {
    let names = ["webhook-id", "webhook-timestamp", "webhook-signature"];
    let headers: HashMap<_, _> = names.into_iter().map(|name| (name, request.header(name))).collect();
    json!({"secret": secret, "headers": headers, "body": std::str::from_utf8(&request.body).expect("text")})
}

/// The result of a library for each request: null if it is valid, else the error.
pub(crate) async fn answers(program: &Path, script: &str, questions: &[Value]) -> Vec<Value> {
    let mut command = Command::new(program);
    command.arg(script).current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("receivers"));
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("make receivers");
    let lines: String = questions.iter().map(|question| format!("{question}\n")).collect();
    child.stdin.take().expect("an input").write_all(lines.as_bytes()).await.expect("it reads");
    let output = child.wait_with_output().await.expect("it ends").stdout;
    let output = String::from_utf8(output).expect("text");
    output.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// A webhook request of each API, and its secret.
async fn one_of_each() -> Vec<(&'static str, Received, String)> {
    let operator = Operator::create().await;
    let got = async |receiver: &Receiver| receiver.wait_for(1).await.remove(0);
    let mut all = vec![];

    let stack = Receiver::taking().await;
    let made = operator.webhook(&stack).await;
    operator.rule("custom.standard", &[made["id"].as_str().expect("an id")]).await;
    let provider = Receiver::taking().await;
    let own = WebhookSecret::generate().reveal().to_owned();
    let new = json!({"url": provider.url(), "secret": own});
    let id = providers::make(&operator.from_page(), "webhook", new).await;
    operator.rule("custom.standard", &[&id]).await;
    operator.event("custom.standard", json!({"note": "Zoë ✓"})).await;
    all.push(("stack", got(&stack).await, made["webhook_secret"].as_str().expect("a secret").to_owned()));
    all.push(("providers", got(&provider).await, own.clone()));

    let mail = Receiver::taking().await;
    let made = subscribe(&operator, &mail, &[SENT]).await;
    subscriptions::post(&operator, SENT).await;
    all.push(("mail", got(&mail).await, secret(&made)));

    let config = Receiver::taking().await;
    let mut new = project_channels::webhook(config.url(), "low");
    new["credentials"]["hmacSecret"] = json!(own);
    project_channels::make(&operator.in_project("web"), new).await;
    let analysis = json!({"type": "analysis.completed", "severity": "high", "project_id": "web", "data": {}});
    operator.post("/v1/events", analysis).await.expect(202);
    all.push(("config", got(&config).await, own));

    let stack_auth = Receiver::taking().await;
    let made = endpoints::make(&operator, stack_auth.url()).await;
    endpoints::user(&operator, "Zoë ✓").await;
    all.push(("stack_auth", got(&stack_auth).await, secret(&made)));
    all
}

#[tokio::test]
async fn its_libraries_verify_the_webhooks_of_every_api() {
    let all = one_of_each().await;
    let (mut questions, mut expected) = (vec![], vec![]);
    for (_, request, secret) in &all {
        let good = question(request, secret);
        let mut changed = good.clone();
        changed["body"] = json!(format!("{} ", changed["body"].as_str().expect("text")));
        let strange = question(request, WebhookSecret::generate().reveal());
        let mut old = good.clone();
        let at = Timestamp::now() - 6.minutes();
        let key = WebhookSecret::from_text(secret.clone().into());
        old["headers"]["webhook-timestamp"] = json!(at.as_second().to_string());
        old["headers"]["webhook-signature"] =
            json!(signature::standard(&key, request.header("webhook-id"), at, &request.body));
        questions.extend([good, changed, strange, old]);
        let no_match = "No matching signature found";
        expected.extend([Value::Null, json!(no_match), json!(no_match), json!("Message timestamp too old")]);
    }
    let apis: Vec<_> = all.iter().map(|(api, ..)| *api).collect();
    assert_eq!(answers(Path::new("node"), "standard_checks.mjs", &questions).await, expected, "{apis:?}");
    assert_eq!(answers(&python(), "standard_checks.py", &questions).await, expected, "{apis:?}");
}
