//! A worker that dies at the worst moment: between its request and the record of it.
//!
//! A test program of its own, since it kills the function that all deliveries go through.
#![allow(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

use std::{fs, time::Duration};

use e2e::{Operator, Receiver, variable, within};
use serde_json::json;

/// Ends every process of a function at once, as `kill -9` does: how many there were. Only those of this local cloud:
/// another may run beside it, with functions of the same names.
fn kill(function: &str, endpoint: &str) -> usize {
    let port = endpoint.rsplit(':').next().expect("a port");
    let name = format!("AWS_LAMBDA_FUNCTION_NAME={function}\0");
    let cloud = format!(":{port}\0");
    let mut killed = 0;
    for process in fs::read_dir("/proc").expect("a Linux machine").flatten() {
        let Some(pid) = process.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        // Another user's, or gone by now.
        let Ok(environment) = fs::read(process.path().join("environ")) else { continue };
        let environment = String::from_utf8_lossy(&environment);
        let theirs =
            environment.split_inclusive('\0').any(|v| v.starts_with("AWS_ENDPOINT_URL=") && v.ends_with(&cloud));
        if theirs && environment.contains(&name) {
            let status = std::process::Command::new("kill").args(["-9", &pid.to_string()]).status().expect("kill");
            killed += usize::from(status.success());
        }
    }
    killed
}

#[tokio::test]
async fn a_delivery_whose_worker_is_killed_before_the_record_still_ends() {
    let (function, endpoint) = (variable("DELIVER_FUNCTION"), variable("AWS_ENDPOINT_URL"));
    let receiver = Receiver::answering(move |n| {
        if n == 1 {
            assert!(kill(&function, &endpoint) > 0, "no process of the function was found");
        }
        "taken"
    })
    .await;
    let operator = Operator::create().await;
    let destination = operator.webhook(&receiver).await["id"].as_str().expect("an id").to_owned();
    operator.rule("custom.crash", &[&destination]).await;
    let event = operator.event("custom.crash", json!({})).await;
    receiver.wait_for(1).await;
    let before = operator.deliveries(&destination).await;
    assert_eq!((&before[0]["state"], &before[0]["attempt_count"]), (&json!("pending"), &json!(0)));

    // SQS hands the job out again once its visibility timeout of two minutes is over.
    let done = within(Duration::from_secs(240), "the delivery has ended", async || {
        let found = operator.deliveries(&destination).await.into_iter().find(|d| d["event_id"] == event.as_str());
        found.filter(|delivery| delivery["state"] == "succeeded")
    })
    .await;
    assert_eq!(done["attempt_count"], 1, "the attempt that was not recorded was made again under its number");
    let got = receiver.received();
    assert_eq!(got.len(), 2);
    assert_eq!(got[0].header("webhook-id"), got[1].header("webhook-id"), "so that the receiver can tell");
}
