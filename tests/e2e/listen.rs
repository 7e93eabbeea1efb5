//! `make listen`, the receiver for people: what it prints about the signatures of each scheme, failures on request, and
//! cleanup.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    sync::{Arc, Mutex},
};

use domain::{WebhookSecret, signature};
use e2e::{Operator, eventually, receiver::hex_hmac, variable};
use jiff::Timestamp;
use reqwest::Client;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    process::{Child, ChildStdin, Command},
};

use crate::{endpoints, project_channels, providers};

/// The receiver as a process.
struct Listener {
    child: Child,
    input: ChildStdin,
    lines: Arc<Mutex<Vec<String>>>,
    url: String,
    env_file: PathBuf,
}

impl Drop for Listener {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.env_file);
    }
}

fn command(env_file: &Path, settings: &[(&str, &str)]) -> Command {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut command = Command::new(root.join(".local/venv/bin/python"));
    command.arg(root.join("infra/local/listen.py")).arg(env_file).env("PORT", "0").envs(settings.iter().copied());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    command
}

fn env_file(api_url: &str, operator: &Operator) -> PathBuf {
    let path = std::env::temp_dir().join(format!("listen-{:016x}", rand::random::<u64>()));
    let key = operator.key.as_deref().expect("a key");
    std::fs::write(&path, format!("export API_URL={api_url}\nexport API_KEY={key}\n")).expect("a file");
    path
}

impl Listener {
    /// Starts it with the operator's key in its environment file.
    async fn start(operator: &Operator, settings: &[(&str, &str)]) -> Self {
        Self::start_with(env_file(&variable("API_URL"), operator), settings).await
    }

    async fn start_with(env_file: PathBuf, settings: &[(&str, &str)]) -> Self {
        let mut child = command(&env_file, settings).spawn().expect("python");
        let (input, output) = (child.stdin.take().expect("its input"), child.stdout.take().expect("its output"));
        let lines = Arc::new(Mutex::new(vec![]));
        let printed = lines.clone();
        tokio::spawn(async move {
            let mut output = BufReader::new(output).lines();
            while let Ok(Some(line)) = output.next_line().await {
                printed.lock().expect("no panic").push(line);
            }
        });
        let mut listener = Self { child, input, lines, url: String::new(), env_file };
        let first = listener.shows("Listening on ").await;
        listener.url = first.trim_start_matches("Listening on ").to_owned();
        listener.shows("Type help").await;
        listener
    }

    fn printed(&self) -> Vec<String> {
        self.lines.lock().expect("no panic").clone()
    }

    /// Waits until a line contains this text, and returns the last such line.
    async fn shows(&self, part: &str) -> String {
        let find = async || self.printed().into_iter().rev().find(|line| line.contains(part));
        eventually(&format!("a line with {part:?} of {:#?}", self.printed()), find).await
    }

    /// Types a line, and waits until the output contains this text.
    async fn type_and_see(&mut self, line: &str, part: &str) {
        self.input.write_all(format!("{line}\n").as_bytes()).await.expect("it reads");
        self.shows(part).await;
    }

    /// Kills it, so that it cannot clean up.
    async fn kill(mut self) {
        self.child.kill().await.expect("its end");
    }

    /// Ends it with `quit`, and returns its output.
    async fn quit(mut self) -> String {
        self.input.write_all(b"quit\n").await.expect("it reads");
        let ended = self.child.wait().await.expect("its end");
        assert!(ended.success(), "{:#?}", self.printed());
        self.printed().join("\n")
    }

    /// Sends it a request, and returns the status of the answer.
    async fn post(&self, headers: &[(&str, &str)], body: &str) -> u16 {
        let mut request = Client::new().post(&self.url).body(body.to_owned());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await.expect("an answer").status().as_u16()
    }
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("no `{name}`: {value}"))
}

#[tokio::test]
async fn the_signatures_of_each_scheme_are_checked() {
    let operator = Operator::create().await;
    let mut listener = Listener::start(&operator, &[("SETUP", "0")]).await;
    listener.shows("Signatures are not checked yet").await;
    let at = |path: &str| format!("{}{path}", listener.url);

    let stack = operator.register("webhook", &at("/stack")).await.expect(201);
    let stack_test = format!("/v1/notifications/destinations/{}/test", text(&stack, "id"));
    operator.post_empty(&stack_test).await.expect(200);
    listener.shows("? X-STACK-Signature-256 (no secret to check it with)").await;

    let mail = json!({"url": at("/mail"), "eventTypes": ["mail.message.sent"]});
    let mail = operator.post("/mail/webhooks", mail).await.expect(201);
    let endpoint = endpoints::make(&operator, &at("/stack-auth")).await;
    let tenant = operator.from_page();
    let provider = json!({"url": at("/providers"), "secret": "a tenant's own secret"});
    let provider = providers::make(&tenant, "webhook", provider).await;
    let project = operator.in_project("web");
    let mut channel = project_channels::webhook(&at("/config"), "low");
    channel["credentials"]["hmacSecret"] = json!("your-32-byte-secret");
    let channel = project_channels::make(&project, channel).await;

    // One after the other, each of these secrets verifies one scheme; the others remain rejected.
    operator.post_empty(&stack_test).await.expect(200);
    listener.type_and_see(&format!("secret {}", text(&stack, "webhook_secret")), "are checked with: 1").await;
    operator.post_empty(&stack_test).await.expect(200);
    listener.shows("✓ X-STACK-Signature-256  ✓ webhook-signature").await;
    tenant.post_empty(&providers::of(&provider, "/test")).await.expect(502);
    listener.shows("✗ X-Kaireon-Signature (matches none of your secrets").await;

    listener.type_and_see("secret a tenant's own secret", "are checked with: 2").await;
    tenant.post_empty(&providers::of(&provider, "/test")).await.expect(200);
    listener.shows("✓ X-Kaireon-Signature  ✓ webhook-signature").await;

    listener.type_and_see("secret your-32-byte-secret", "are checked with: 3").await;
    project.post_empty(&project_channels::of(&channel, "/test")).await.expect(200);
    listener.shows("✓ X-SigSentry-Signature  ✓ webhook-signature").await;

    listener.type_and_see(&format!("secret {}", text(&mail, "secret")), "are checked with: 4").await;
    operator.event("mail.message.sent", json!({"messageId": "m-1"})).await;
    listener.shows("✓ StackShift-Signature  ✓ webhook-signature").await;
    listener.shows("mail.message.sent  Mail  attempt 1  → 204").await;

    listener.type_and_see(&format!("secret {}", text(&endpoint, "secret")), "are checked with: 5").await;
    endpoints::user(&operator, "Ann").await;
    listener.shows("✓ svix-signature  ✓ webhook-signature").await;
    listener.shows("user.created  Stack Auth  attempt 1  → 204").await;

    // After a rotation, a receiver with the old secret can still verify the old signature.
    operator.post_empty(&stack_test.replace("/test", "/rotate-secret")).await.expect(200);
    operator.post_empty(&stack_test).await.expect(200);
    listener.shows("✓ X-STACK-Signature-256-Previous  ✓ webhook-signature").await;
    let printed = listener.quit().await;
    assert_eq!(
        printed.matches("→ 401, rejected").count(),
        1,
        "the provider's request before its secret was entered: {printed}"
    );
}

#[tokio::test]
async fn tampered_old_and_unsigned_requests_are_rejected() {
    let operator = Operator::create().await;
    let secret = WebhookSecret::generate();
    let settings = [("SECRET", &*format!("another, {}", secret.reveal()))];
    let listener = Listener::start(&operator, &settings).await;
    let body = r#"{"type":"user.created","data":{"id":"usr_1"}}"#;
    let now = Timestamp::now();
    let signed = |id: &str, at: Timestamp| {
        let made = signature::standard(&secret, id, at, body.as_bytes());
        // As after a rotation: one of two signatures is valid.
        (at.as_second().to_string(), format!("v1,bm90IHRoaXMgb25l {made}"))
    };
    let svix = async |id: &str, (stamp, made): (String, String), body: &str| {
        listener.post(&[("svix-id", id), ("svix-timestamp", &stamp), ("svix-signature", &made)], body).await
    };
    assert_eq!(svix("msg_1", signed("msg_1", now), body).await, 204);
    listener.shows("user.created  Stack Auth  attempt 1  → 204").await;
    listener.shows("✓ svix-signature").await;
    assert_eq!(svix("msg_1", signed("msg_1", now), body).await, 204);
    listener.shows("user.created  Stack Auth  attempt 2  → 204").await;

    let tampered = body.replace("usr_1", "usr_2");
    assert_eq!(svix("msg_2", signed("msg_2", now), &tampered).await, 401);
    listener.shows("✗ svix-signature (matches none of your secrets, or the request was changed)").await;
    assert_eq!(svix("msg_3", signed("msg_1", now), body).await, 401, "another id");
    for (hours, word) in [(-1, "too old: 36"), (1, "from the future: 3")] {
        let then = now + jiff::SignedDuration::from_hours(hours);
        assert_eq!(svix("msg_4", signed("msg_4", then), body).await, 401);
        listener.shows(&format!("✗ svix-signature ({word}")).await;
    }

    let stack = hex_hmac(secret.reveal(), body.as_bytes());
    assert_eq!(listener.post(&[("x-stack-signature-256", &stack)], body).await, 204);
    assert_eq!(listener.post(&[("x-stack-signature-256", &stack)], &tampered).await, 401);
    // One valid signature does not make up for an invalid one.
    let both = [("x-stack-signature-256", &*stack), ("x-kaireon-signature", "sha256=00")];
    assert_eq!(listener.post(&both, body).await, 401);
    assert_eq!(listener.post(&[], body).await, 401);
    listener.shows("unsigned  attempt 1  → 401, rejected: it has no signature").await;
    assert_eq!(listener.post(&[("x-stack-signature-256", "é")], "\u{1b}[2J").await, 401);
    let printed = listener.quit().await;
    assert!(!printed.contains('\u{1b}'), "control characters of requests do not reach the terminal");
}

#[tokio::test]
async fn requested_failures_show_each_attempt_and_the_next() {
    let operator = Operator::create().await;
    let mut listener = Listener::start(&operator, &[("FAIL", "2")]).await;
    listener.shows("The next 2 requests are answered with 500.").await;
    let own = listener.shows("Registered as ndst_").await;
    let id = own.split([' ', ',']).nth(2).expect("an id").to_owned();
    listener.type_and_see("send", "sent evt_").await;
    let sent = listener.shows("sent evt_").await;
    let event = sent.rsplit(' ').next().expect("an id").to_owned();
    let delivery = operator.delivery(&id, &event, "succeeded").await;
    let attempts = delivery["attempts"].as_array().expect("a list");
    let statuses: Vec<_> = attempts.iter().map(|attempt| attempt["status"].clone()).collect();
    assert_eq!(statuses, [500, 500, 204]);
    for line in [
        "attempt 1  → 500, as requested",
        "attempt 2  → 500, as requested",
        "attempt 3  → 204",
        "attempt 1 failed, attempt 2 is due at ",
        "attempt 2 failed, attempt 3 is due at ",
        "attempt 3 succeeded",
        "✓ X-STACK-Signature-256  ✓ webhook-signature",
    ] {
        listener.shows(line).await;
    }

    // Gone, then unhealthy, then fixed.
    listener.type_and_see("fail 410", "Every request is answered with 410.").await;
    listener.type_and_see("send", "attempt 1  → 410, as requested").await;
    listener.shows("The destination is unhealthy, and rules that target it are paused.").await;
    listener.type_and_see("ok", "Every request is accepted.").await;
    listener.type_and_see("verify", "It is healthy").await;
    listener.shows("destination.verification  STACK").await;
    listener.type_and_see("recover", "on their way again").await;
    listener.shows("attempt 2 succeeded").await;

    listener.type_and_see("fail 1 429 7", "The next request is answered with 429, Retry-After 7.").await;
    listener.type_and_see("slow 1", "Retry-After 7, 1 s late.").await;
    // Unsigned requests do not use up the failures for signed ones.
    assert_eq!(listener.post(&[], "{}").await, 401);
    listener.type_and_see("send", "attempt 1  → 429, 1 s late, as requested").await;
    listener.type_and_see("fail 99999", "fail [HOW MANY] [STATUS] [RETRY-AFTER]").await;
    listener.type_and_see("slow", "slow SECONDS, such as: slow 12").await;
    listener.type_and_see("dance", "There is no command 'dance'").await;
    listener.quit().await;
}

#[tokio::test]
async fn it_registers_itself_and_cleans_up() {
    let operator = Operator::create().await;
    let count = async || {
        let destinations = operator.get("/v1/notifications/destinations").await.expect(200);
        let rules = operator.get("/v1/notifications/channels").await.expect(200);
        let count = |list: &Value| list.as_array().expect("a list").len();
        (count(&destinations["destinations"]), count(&rules["channels"]))
    };
    let before = count().await;
    let while_registered = (before.0 + 1, before.1 + 1);
    let first = Listener::start(&operator, &[]).await;
    first.shows("Registered as ndst_").await;
    assert_eq!(count().await, while_registered);

    // The printed command works in a shell.
    let line = first.shows("  curl ").await;
    let ran = Command::new("sh").args(["-c", &format!("{line} -sS")]).output().await.expect("sh");
    assert!(ran.status.success() && String::from_utf8_lossy(&ran.stdout).contains("evt_"), "{ran:?}");
    first.shows("custom.hello  STACK  attempt 1  → 204").await;

    // A killed receiver cannot clean up: the next one at the same address does.
    let port = first.url.rsplit(':').next().expect("a port").to_owned();
    first.kill().await;
    assert_eq!(count().await, while_registered);
    let mut second = Listener::start(&operator, &[("PORT", &port)]).await;
    second.shows("Registered as ndst_").await;
    assert_eq!(count().await, while_registered);

    // Stopped by a signal, as by Ctrl-C.
    let pid = second.child.id().expect("it runs").to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().await.expect("kill").success());
    assert!(second.child.wait().await.expect("its end").success());
    assert_eq!(count().await, before);
}

#[tokio::test]
async fn it_reports_what_it_cannot_do() {
    let operator = Operator::create().await;
    // Nothing listens at this address: it can receive anyway.
    let dead = Listener::start_with(env_file("http://127.0.0.1:9", &operator), &[]).await;
    dead.shows("is the local cloud up?").await;
    assert_eq!(dead.post(&[], r#"{"type":"custom.hello"}"#).await, 204);
    let other = Listener::start_with(std::env::temp_dir().join("no-such-file"), &[]).await;
    other.shows("without `make up`, it cannot register itself").await;

    let port = dead.url.rsplit(':').next().expect("a port");
    let sentence = format!("Port {port} is not available");
    for (setting, expected) in [
        (("PORT", "many"), "PORT=many is not a port"),
        (("PORT", port), &*sentence),
        (("FAIL", "1 2 3 4"), "FAIL: fail [HOW MANY]"),
    ] {
        let ended = command(Path::new("none"), &[setting]).output().await.expect("python");
        let output = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert!(!ended.status.success() && output.contains(expected), "{output}");
    }
}
