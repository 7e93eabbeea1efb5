//! What a benchmark counted: the contents of `tests/bench/counts.json`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// How receivers behave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// They accept everything.
    AtOnce,
    /// They reject each delivery once.
    FailingOnce,
    /// They reject every attempt.
    Walking,
}

impl Outcome {
    /// The number of attempts of a delivery.
    pub fn attempts(self) -> usize {
        match self {
            Self::AtOnce => 1,
            Self::FailingOnce => 2,
            Self::Walking => 5,
        }
    }
}

/// What a scenario came to: totals over its `events`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Figures {
    /// Its name.
    pub name: String,
    /// The number of destinations of each event.
    pub destinations: usize,
    /// The number of the operator's rules.
    pub rules: usize,
    /// The maximum number of messages in a worker's batch.
    pub batch: usize,
    /// The number of events in a request.
    #[serde(default = "one")]
    pub posted: usize,
    /// The approximate size of an event's `data` in bytes.
    pub payload: usize,
    /// How receivers behaved.
    pub outcome: Outcome,
    /// The number of counted events.
    pub events: usize,
    /// The number of deliveries.
    pub deliveries: usize,
    /// The number of requests to receivers.
    pub attempts: u64,
    /// Calls to AWS, by `Service.Operation`.
    pub calls: BTreeMap<String, u64>,
    /// Requests that SQS bills, including those of Lambda's pollers.
    pub sqs_requests: u64,
    /// Read units by table, or by table and index.
    pub reads: BTreeMap<String, f64>,
    /// Write units by table, or by table and index.
    pub writes: BTreeMap<String, f64>,
    /// Bytes of storage that the writes added, by table, or by table and index.
    pub stored_bytes: BTreeMap<String, f64>,
    /// Invocations by function.
    pub invocations: BTreeMap<String, u64>,
    /// Bytes of log by function.
    pub log_bytes: BTreeMap<String, u64>,
    /// Processor time by function, in microseconds: from the timed events, scaled to the number of counted events.
    pub cpu_us: BTreeMap<String, f64>,
    /// Instructions by function, if callgrind counted them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub instructions: BTreeMap<String, u64>,
    /// Bytes of the bodies sent to receivers.
    pub sent_bytes: u64,
}

fn one() -> usize {
    1
}

impl Figures {
    /// Processor time of all functions per delivery, in microseconds.
    pub fn cpu_us_per_delivery(&self) -> f64 {
        self.cpu_us.values().sum::<f64>() / self.deliveries as f64
    }
}
