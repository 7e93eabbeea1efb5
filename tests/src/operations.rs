//! Operational actions and incidents: killed processes, changed queue settings, and redriven dead letters.

use std::{fs, path::Path};

use serde_json::{Value, json};
use tokio::process::Command;

use crate::{aws, variable};

/// Kills all processes of a function, as `kill -9` does, and returns their number. Only those of this local cloud:
/// another may run on the same machine, with functions of the same names.
pub fn kill(function: &str, endpoint: &str) -> usize {
    let port = endpoint.rsplit(':').next().expect("a port");
    let name = format!("AWS_LAMBDA_FUNCTION_NAME={function}\0");
    let cloud = format!(":{port}\0");
    let mut killed = 0;
    for process in fs::read_dir("/proc").expect("a Linux machine").flatten() {
        let Some(pid) = process.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        // The process belongs to another user, or has ended.
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

/// Redrives all dead letters to their queues, as `make redrive` does. Returns what it prints.
pub async fn redrive() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the repository");
    let mut command = Command::new(root.join(".local/venv/bin/python"));
    command.args(["infra/redrive.py", "stack-notifications"]).current_dir(root);
    let output = command.output().await.expect("the tools of the local cloud");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A queue attribute that a test changed on some queues.
pub struct Changed {
    name: &'static str,
    before: Vec<(String, Value)>,
}

impl Changed {
    /// Sets an attribute of the queues in these variables to the result of `value` for its old value.
    pub async fn set(queues: &[&str], name: &'static str, value: impl Fn(&str) -> String) -> Self {
        let mut before = vec![];
        for queue in queues {
            let url = variable(queue);
            let request = json!({"QueueUrl": url, "AttributeNames": [name]});
            let answer = aws::call("sqs", "AmazonSQS.GetQueueAttributes", request).await;
            let old = answer["Attributes"][name].clone();
            set(&url, name, json!(value(old.as_str().unwrap_or_default()))).await;
            before.push((url, old));
        }
        Self { name, before }
    }

    /// Restores the old values.
    pub async fn restore(self) {
        for (url, old) in self.before {
            set(&url, self.name, old).await;
        }
    }
}

async fn set(url: &str, name: &str, value: Value) {
    let request = json!({"QueueUrl": url, "Attributes": {name: value}});
    aws::call("sqs", "AmazonSQS.SetQueueAttributes", request).await;
}

/// Sets how often messages are received before they go to the dead-letter queue.
pub async fn max_receives(queues: &[&str], times: u32) -> Changed {
    Changed::set(queues, "RedrivePolicy", |old| {
        let mut policy: Value = serde_json::from_str(old).expect("a redrive policy");
        policy["maxReceiveCount"] = json!(times);
        policy.to_string()
    })
    .await
}
