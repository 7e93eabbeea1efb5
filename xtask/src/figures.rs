//! What a benchmark counted: the contents of `tests/bench/counts.json`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// How receivers behave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// They take everything.
    AtOnce,
    /// They refuse each delivery once.
    FailingOnce,
    /// They refuse each delivery always.
    Walking,
}

impl Outcome {
    /// How many attempts a delivery takes.
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
    /// What it is called.
    pub name: String,
    /// How many destinations an event goes to.
    pub destinations: usize,
    /// How many rules the operator has.
    pub rules: usize,
    /// The most messages of a worker's batch.
    pub batch: usize,
    /// About how many bytes an event's `data` has.
    pub payload: usize,
    /// How receivers behave.
    pub outcome: Outcome,
    /// How many events there were.
    pub events: usize,
    /// How many deliveries.
    pub deliveries: usize,
    /// How many requests to receivers.
    pub attempts: u64,
    /// Calls of AWS.
    pub calls: BTreeMap<String, u64>,
    /// Requests that SQS bills, those of Lambda's pollers included.
    pub sqs_requests: u64,
    /// Read units by table, or by table and index.
    pub reads: BTreeMap<String, f64>,
    /// Write units, likewise.
    pub writes: BTreeMap<String, f64>,
    /// Invocations by function.
    pub invocations: BTreeMap<String, u64>,
    /// Bytes of log by function.
    pub log_bytes: BTreeMap<String, u64>,
    /// Processor time by function, in microseconds; of what was timed, for as many events as were counted.
    pub cpu_us: BTreeMap<String, f64>,
    /// Bytes of the bodies that went to receivers.
    pub sent_bytes: u64,
}

impl Figures {
    /// Processor time of all functions per delivery, in microseconds.
    pub fn cpu_us_per_delivery(&self) -> f64 {
        self.cpu_us.values().sum::<f64>() / self.deliveries as f64
    }
}
