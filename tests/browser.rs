//! In a real browser: the console, with the whole story of an operator and every page on every screen, and pages that call
//! the API. What is done and seen there is in `tests/console/`.
//!
//! A test program of its own, since a browser leaves little of the machine to others.
#![allow(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

use std::{path::Path, process::Stdio};

use e2e::{Operator, variable};
use tokio::process::Command;

/// Runs a script of `tests/console`; what it says is told if it fails.
async fn run(script: &str, arguments: &[&str]) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("console");
    let mut command = Command::new("node");
    command.arg(script).args(arguments).current_dir(folder).stdin(Stdio::null()).kill_on_drop(true);
    let ended = command.output().await.expect("Node.js");
    let (out, err) = (String::from_utf8_lossy(&ended.stdout), String::from_utf8_lossy(&ended.stderr));
    assert!(ended.status.success(), "{script}\n{out}\n{err}");
}

#[tokio::test]
async fn an_operator_signs_in_registers_breaks_mends_and_recovers() {
    let operator = Operator::create().await;
    run("story.mjs", &[&variable("CONSOLE_URL"), operator.key.as_deref().expect("a key")]).await;
}

/// With `PICTURES=folder`, as seen from the project's root, it leaves pictures of them there.
#[tokio::test]
async fn every_page_can_be_used_by_everyone_on_a_desktop_and_on_a_phone_light_and_dark() {
    let operator = Operator::create_of("pro").await;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let folder = std::env::var("PICTURES").ok().map(|folder| root.join(folder).display().to_string());
    let key = operator.key.as_deref().expect("a key");
    let arguments: Vec<_> = [variable("API_URL"), key.to_owned()].into_iter().chain(folder).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    run("pictures.mjs", &arguments).await;
}

#[tokio::test]
async fn a_page_of_an_allowed_origin_calls_the_api_and_another_cannot() {
    let operator = Operator::create().await;
    let key = operator.key.as_deref().expect("a key");
    run("origins.mjs", &[&variable("API_URL"), key, "http://app.example.com"]).await;
}
