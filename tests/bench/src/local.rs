//! The local cloud, called as its owner: what is deployed there, and calls that belong to the measurement itself.

use std::collections::BTreeMap;

use e2e::variable;
use serde_json::{Value, json};

/// The local cloud.
#[derive(Clone)]
pub struct Local {
    client: reqwest::Client,
    endpoint: String,
}

impl Local {
    /// The one that `make test` or `make bench` has started.
    pub fn from_env() -> Self {
        Self { client: reqwest::Client::new(), endpoint: variable("AWS_ENDPOINT_URL") }
    }

    /// Where it is.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// A call of a service that speaks JSON with a target header, such as `AmazonSQS.SendMessage`.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn call(&self, service: &str, target: &str, body: &Value) -> Value {
        // The emulator looks at the owner's name alone, and at nobody's signature.
        let owner = format!("Credential={}/20260101/us-east-1/{service}/aws4_request", variable("AWS_ACCESS_KEY_ID"));
        let request = self
            .client
            .post(&self.endpoint)
            .header("content-type", "application/x-amz-json-1.0")
            .header("x-amz-target", target)
            .header("authorization", format!("AWS4-HMAC-SHA256 {owner}, SignedHeaders=host, Signature=0"))
            .body(body.to_string());
        let answer = request.send().await.expect("an answer of the local cloud");
        let status = answer.status();
        let text = answer.text().await.expect("text");
        assert!(status.is_success(), "{target}: {status} {text}");
        serde_json::from_str(&text).unwrap_or_default()
    }

    /// A new queue, which no function of the local cloud reads: its URL.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn queue(&self, name: &str) -> String {
        // As in `template.yaml`: six times a worker's timeout.
        let asked = json!({"QueueName": name, "Attributes": {"VisibilityTimeout": "120"}});
        let made = self.call("sqs", "AmazonSQS.CreateQueue", &asked).await;
        made["QueueUrl"].as_str().expect("a URL").to_owned()
    }
}

/// What the tables are called in a table of figures, by the variables that name them.
pub const TABLES: [(&str, &str); 6] = [
    ("ACCOUNTS_TABLE", "Accounts"),
    ("DESTINATIONS_TABLE", "Destinations"),
    ("CHANNELS_TABLE", "Channels"),
    ("VERIFICATIONS_TABLE", "Verifications"),
    ("EVENTS_TABLE", "Events"),
    ("DELIVERIES_TABLE", "Deliveries"),
];

/// The variables of every function: those that the template sets, on the deployed tables, with these two queues, calling
/// AWS at `endpoint`.
pub fn variables(endpoint: &str, events_queue: &str, deliveries_queue: &str, schedule: &str) -> BTreeMap<String, String> {
    let mut variables: BTreeMap<String, String> = TABLES.iter().map(|(name, _)| ((*name).into(), variable(name))).collect();
    for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"] {
        variables.insert(name.into(), variable(name));
    }
    let chosen = [
        ("AWS_ENDPOINT_URL", endpoint),
        ("EVENTS_QUEUE_URL", events_queue),
        ("DELIVERIES_QUEUE_URL", deliveries_queue),
        ("RETRY_SCHEDULE", schedule),
        ("ALLOW_PRIVATE_TARGETS", "true"),
        ("MAIL_FROM", "notifications@example.com"),
        ("TEAM_MAIL_FROM", "*@example.com"),
        ("MAIL_CONFIGURATION_SET", "bench"),
        ("CODE_INTERVAL_SECONDS", "60"),
        ("CODES_PER_DESTINATION", "5"),
        ("CODES_PER_OPERATOR", "100"),
        ("CODES_PER_CALLING_CODE", "100"),
        ("LOG_LEVEL", "info"),
    ];
    variables.extend(chosen.map(|(name, value)| (name.to_owned(), value.to_owned())));
    variables
}
