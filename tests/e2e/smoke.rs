//! `make smoke`, as run after a deployment.

use std::{path::Path, process::Output};

use e2e::{Operator, Receiver, variable};
use serde_json::json;
use tokio::process::Command;

async fn smoke(arguments: &[&str]) -> (bool, String) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let run = Command::new("python3").arg("infra/smoke.py").args(arguments).current_dir(root).output();
    let Output { status, stdout, stderr } = run.await.expect("Python");
    (status.success(), String::from_utf8_lossy(&[stdout, stderr].concat()).into_owned())
}

#[tokio::test]
async fn a_working_stack_passes_and_is_left_clean() {
    let operator = Operator::create().await;
    let (passed, output) = smoke(&[&variable("API_URL"), operator.key.as_deref().expect("a key")]).await;
    assert!(
        passed && output.contains("✓ Receive the delivery") && output.ends_with("All checks passed.\n"),
        "{output}"
    );
    for (path, rows) in [("/v1/notifications/destinations", "destinations"), ("/v1/notifications/channels", "channels")]
    {
        assert_eq!(operator.get(path).await.expect(200)[rows], json!([]), "{path}");
    }
}

#[tokio::test]
async fn problems_are_reported_with_their_cause() {
    let operator = Operator::create().await;
    let (url, key) = (variable("API_URL"), operator.key.clone().expect("a key"));
    let failing = Receiver::failing(usize::MAX).await;
    let viewer = operator.with_role("viewer").await.key.expect("a key");
    for (arguments, expected) in [
        (&[&*url, "sk_live_op_none"][..], "✗ Check the key: GET /v1/whoami answered 401"),
        (&[&*url, &*viewer], "✗ The key has the role viewer"),
        (&[&*url, &*key, failing.url()], "✗ Receive the delivery: The receiver answered 500"),
        (&["http://127.0.0.1:9", &*key], "got no answer"),
    ] {
        let (passed, output) = smoke(arguments).await;
        assert!(!passed && output.contains(expected), "{expected}: {output}");
    }
}
