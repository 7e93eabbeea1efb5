//! Tests in a real browser: the console, with the complete workflow of an operator and every page on every screen size,
//! and web pages that call the API. The steps and checks are in `tests/console/`.
//!
//! A separate test program, because a browser uses most of the machine.
#![allow(clippy::expect_used, clippy::print_stdout, reason = "a test that reports, and panics if it cannot continue")]

use std::{path::Path, process::Stdio, time::Duration};

use e2e::{Operator, aws, variable};
use serde_json::json;
use tokio::{process::Command, sync::Semaphore};

/// A browser uses most of a processor.
static BROWSERS: Semaphore = Semaphore::const_new(3);

/// Runs a script of `tests/console`; its output is part of the message if it fails.
async fn run(script: &str, arguments: &[&str]) {
    let _browser = BROWSERS.acquire().await.expect("never closed");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("console");
    let mut command = Command::new("node");
    command.arg(script).args(arguments).current_dir(folder).stdin(Stdio::null()).kill_on_drop(true);
    let ended = command.output().await.expect("Node.js");
    let (out, err) = (String::from_utf8_lossy(&ended.stdout), String::from_utf8_lossy(&ended.stderr));
    assert!(ended.status.success(), "{script}\n{out}\n{err}");
    println!("{out}");
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
/// If `DOCUMENTS` is set as well, it writes small pictures of some pages to that folder.
#[tokio::test]
async fn every_page_can_be_used_by_everyone_on_a_desktop_and_on_a_phone_light_and_dark() {
    let operator = Operator::create_with_plan("pro").await;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let folder = |variable| std::env::var(variable).ok().map(|folder| root.join(folder).display().to_string());
    let key = operator.key.as_deref().expect("a key");
    let folders = folder("PICTURES").into_iter().chain(folder("DOCUMENTS"));
    let arguments: Vec<_> = [variable("API_URL"), key.to_owned()].into_iter().chain(folders).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    run("pictures.mjs", &arguments).await;
}

#[tokio::test]
async fn an_operator_reads_messages_leaves_forms_and_goes_back_to_long_lists() {
    for (screen, colors) in [("desktop", "light"), ("phone", "dark")] {
        let operator = Operator::create_with_plan("pro").await;
        operator.verified("sms", "+4915112345679").await;
        let key = operator.key.as_deref().expect("a key");
        run("catalogue.mjs", &[&variable("API_URL"), key, screen, colors]).await;
    }
}

#[tokio::test]
async fn a_page_of_an_allowed_origin_calls_the_api_and_another_cannot() {
    let operator = Operator::create().await;
    let key = operator.key.as_deref().expect("a key");
    run("origins.mjs", &[&variable("API_URL"), key, "http://app.example.com"]).await;
}

#[tokio::test]
async fn an_operator_resumes_deliveries_after_three_of_eight_destinations_failed() {
    for (screen, color_scheme) in [("desktop", "light"), ("phone", "dark")] {
        let operator = Operator::create().await;
        let key = operator.key.as_deref().expect("a key");
        run("resume.mjs", &[&variable("API_URL"), key, screen, color_scheme]).await;
    }
}

#[tokio::test]
async fn deliveries_are_sent_again_by_filter_and_lists_are_complete() {
    for screen in ["desktop", "phone"] {
        let operator = Operator::create_with_plan("pro").await;
        let bound = operator.with_new_key(json!({"role": "editor", "project_id": "mine"})).await;
        let [key, of_project] = [&operator, &bound].map(|one| one.key.as_deref().expect("a key"));
        run("resend.mjs", &[&variable("API_URL"), key, of_project, screen]).await;
    }
}

/// Writes the rows to the table, because sending takes minutes. `CLICKS` changes how many pages the browser loads.
#[tokio::test]
#[ignore = "takes minutes: make many"]
async fn a_list_of_ten_thousand_deliveries_stays_fast() {
    let operator = Operator::create_with_plan("pro").await;
    let made = operator.register("webhook", "http://127.0.0.1:9/hooks/many").await.expect(201);
    let destination = made["id"].as_str().expect("an id");
    let id = |number: u64| {
        let event = domain::EventId::first_at(jiff::Timestamp::now() - Duration::from_secs(10_000 - number));
        format!("dlv_{}{}", &destination["ndst_".len()..], event.ulid())
    };
    let row = |number: u64| {
        let at = jiff::Timestamp::now().as_millisecond().to_string();
        json!({"PutRequest": {"Item": {
            "destination_id": {"S": destination}, "id": {"S": id(number)}, "operator_id": {"S": operator.id},
            "event_type": {"S": "custom.many"}, "state": {"S": "succeeded"}, "attempt_count": {"N": "1"},
            "created_at": {"N": at},
        }}})
    };
    for from in (0..10_000).step_by(25) {
        let rows: Vec<_> = (from..from + 25).map(row).collect();
        let request = json!({"RequestItems": {variable("DELIVERIES_TABLE"): rows}});
        aws::call("dynamodb", "DynamoDB_20120810.BatchWriteItem", request).await;
    }
    let clicks = std::env::var("CLICKS").unwrap_or_else(|_| "190".into());
    run("many.mjs", &[&variable("API_URL"), operator.key.as_deref().expect("a key"), &clicks]).await;
}

/// Edits destinations of every API with this screen and theme.
async fn edit_destinations(screen: &str, theme: &str) {
    let operator = Operator::create_with_plan("pro").await;
    let key = operator.key.as_deref().expect("a key");
    run("edit.mjs", &[&variable("CONSOLE_URL"), &variable("API_URL"), key, screen, theme]).await;
}

#[tokio::test]
async fn destinations_of_every_api_are_edited_on_a_desktop() {
    edit_destinations("desktop", "light").await;
}

#[tokio::test]
async fn destinations_of_every_api_are_edited_on_a_phone() {
    edit_destinations("phone", "dark").await;
}

#[tokio::test]
async fn states_change_on_an_open_page_and_figures_appear_on_a_desktop_and_on_a_phone() {
    for screen in ["desktop", "phone"] {
        let operator = Operator::create().await;
        run("stats.mjs", &[&variable("API_URL"), operator.key.as_deref().expect("a key"), screen]).await;
    }
}

#[tokio::test]
async fn everything_is_found_and_deliveries_are_watched_on_a_desktop_and_on_a_phone() {
    for (screen, scheme) in [("desktop", "light"), ("phone", "dark")] {
        let operator = Operator::create().await;
        let key = operator.key.as_deref().expect("a key");
        run("search.mjs", &[&variable("CONSOLE_URL"), &variable("API_URL"), key, screen, scheme]).await;
    }
}
