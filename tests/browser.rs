//! Tests in a real browser: the console, with the complete workflow of an operator and every page on every screen size,
//! and web pages that call the API. The steps and checks are in `tests/console/`.
//!
//! A separate test program, because a browser uses most of the machine.
#![allow(clippy::expect_used, reason = "a test that cannot continue panics")]

use std::{path::Path, process::Stdio};

use e2e::{Operator, variable};
use serde_json::json;
use tokio::process::Command;

/// Runs a script of `tests/console`; its output is part of the message if it fails.
async fn run(script: &str, arguments: &[&str]) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("console");
    let mut command = Command::new("node");
    command.arg(script).args(arguments).current_dir(folder).stdin(Stdio::null()).kill_on_drop(true);
    let ended = command.output().await.expect("Node.js");
    let (out, err) = (String::from_utf8_lossy(&ended.stdout), String::from_utf8_lossy(&ended.stderr));
    assert!(ended.status.success(), "{script}\n{out}\n{err}");
}

#[tokio::test]
async fn an_operator_signs_in_registers_fixes_a_broken_receiver_and_recovers() {
    let operator = Operator::create().await;
    run("story.mjs", &[&variable("CONSOLE_URL"), operator.key.as_deref().expect("a key")]).await;
}

#[tokio::test]
async fn admins_manage_keys_tabs_share_the_sign_in_and_a_portal_link_opens_the_console() {
    let operator = Operator::create().await;
    let restricted = operator.with_new_key(json!({"role": "viewer", "permissions": ["config:write"]})).await;
    let editor = operator.with_role("editor").await;
    let keys = [&operator, &restricted, &editor].map(|caller| caller.key.as_deref().expect("a key"));
    for screen in ["desktop", "phone"] {
        run("keys.mjs", &[&variable("CONSOLE_URL"), &variable("API_URL"), keys[0], keys[1], keys[2], screen]).await;
    }
}

/// If `PICTURES` is set to a folder, relative to the root of the repository, it writes screenshots of all pages there.
#[tokio::test]
async fn every_page_can_be_used_by_everyone_on_a_desktop_and_on_a_phone_light_and_dark() {
    let operator = Operator::create_with_plan("pro").await;
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
