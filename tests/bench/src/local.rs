//! The local cloud: the deployed tables, and calls that belong to the measurement.

use std::collections::BTreeMap;

use e2e::{aws::Cloud, variable};
use serde_json::{Value, json};

/// Makes a call that belongs to the measurement, such as `AmazonSQS.SendMessage`.
///
/// # Panics
/// When it is rejected.
pub async fn call(cloud: &Cloud, target: &str, body: &Value) -> Value {
    let (status, text) = cloud.target("sqs", target, body).await;
    assert_eq!(status, 200, "{target}: {text}");
    serde_json::from_str(&text).unwrap_or_default()
}

/// Creates a queue that no function of the local cloud reads, and returns its URL.
///
/// # Panics
/// When it is rejected.
pub async fn queue(cloud: &Cloud, name: &str) -> String {
    // As in `template.yaml`: six times a worker's timeout.
    let request = json!({"QueueName": name, "Attributes": {"VisibilityTimeout": "120"}});
    let made = call(cloud, "AmazonSQS.CreateQueue", &request).await;
    made["QueueUrl"].as_str().expect("a URL").to_owned()
}

/// The variables that name the tables.
const TABLES: [&str; 7] = [
    "ACCOUNTS_TABLE",
    "AUDIT_TABLE",
    "DESTINATIONS_TABLE",
    "CHANNELS_TABLE",
    "VERIFICATIONS_TABLE",
    "EVENTS_TABLE",
    "DELIVERIES_TABLE",
];

/// The environment variables of every function: those that the template sets, with the deployed tables, these queues,
/// and `endpoint` as the address of AWS.
pub fn variables(
    endpoint: &str,
    events_queue: &str,
    [deliveries, slow, mail]: [&str; 3],
    schedule: &str,
) -> BTreeMap<String, String> {
    let given = TABLES.into_iter().chain(["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"]);
    let mut variables: BTreeMap<_, _> = given.map(|name| (name.to_owned(), variable(name))).collect();
    let chosen = [
        ("AWS_ENDPOINT_URL", endpoint),
        ("ACCEPTED_QUEUE_URL", events_queue),
        ("EVENTS_DEAD_LETTERS_URL", events_queue),
        ("DELIVERIES_QUEUE_URL", deliveries),
        ("SLOW_QUEUE_URL", slow),
        ("MAIL_QUEUE_URL", mail),
        ("MAILS_PER_SECOND", "1000"),
        // Long enough that the counts do not depend on the speed of the machine.
        ("REMEMBER_SECONDS", "3600"),
        ("RETRY_SCHEDULE", schedule),
        ("ALLOW_PRIVATE_TARGETS", "loopback"),
        ("ALLOW_PREMIUM_NUMBERS", "false"),
        ("MAIL_FROM", "notifications@example.com"),
        ("TEAM_MAIL_FROM", "*@example.com"),
        ("MAIL_CONFIGURATION_SET", "bench"),
        ("CODE_INTERVAL_SECONDS", "60"),
        ("CODES_PER_DESTINATION", "5"),
        ("CODES_PER_OPERATOR", "100"),
        ("CODES_PER_CALLING_CODE", "100"),
        ("REQUESTS_PER_SECOND", "0"),
        ("LOG_LEVEL", "info"),
        ("TRACING", "PassThrough"),
    ];
    variables.extend(chosen.map(|(name, value)| (name.to_owned(), value.to_owned())));
    variables
}
