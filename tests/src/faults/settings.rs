//! What the proxy is asked to do, and what it has done.

use serde::{Deserialize, Serialize};

/// Which faults to make. Probabilities are between 0 and 1; the default makes none.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The seed of the random numbers: the same calls in the same order meet the same faults.
    pub seed: u64,
    /// The share of the statements of `BatchExecuteStatement` that are throttled while their neighbours are carried out.
    pub throttled_statements: f64,
    /// The share of calls that are answered with 500 before they reach the cloud.
    pub failed_calls: f64,
    /// The share of calls that are throttled as a whole.
    pub throttled_calls: f64,
    /// The share of calls that are carried out, and whose connection is then closed without an answer.
    pub lost_replies: f64,
    /// The share of calls whose connection is closed before they are carried out.
    pub dropped_calls: f64,
    /// The operations whose calls are affected, such as `BatchExecuteStatement`; all of them when empty. Does not concern
    /// `throttled_statements` and `caps`.
    pub operations: Vec<String>,
    /// Tables with a limited number of writes per partition.
    pub caps: Vec<Cap>,
}

impl Settings {
    /// Every kind of fault with this probability.
    pub fn all(probability: f64) -> Self {
        Self {
            throttled_statements: probability,
            failed_calls: probability,
            throttled_calls: probability,
            lost_replies: probability,
            dropped_calls: probability,
            ..Self::default()
        }
    }

    /// Whether there is nothing to do but to forward.
    pub(super) fn is_quiet(&self) -> bool {
        let shares =
            [self.throttled_statements, self.failed_calls, self.throttled_calls, self.lost_replies, self.dropped_calls];
        self.caps.is_empty() && shares.iter().all(|share| *share <= 0.0)
    }
}

/// A limit on what each partition of a table, or of one of its indexes, takes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cap {
    /// The table.
    pub table: String,
    /// The name of the partition key, of the table or of an index.
    pub key: String,
    /// How many write units a second each partition takes: a unit for each KiB that is inserted, one for an entry of an
    /// index, and one for a change.
    pub writes_per_second: f64,
    /// How many read units a second each partition takes; no limit if left out. A row is taken for one of up to 4 KiB, and a
    /// query by the size of its answer, whose JSON is longer than the rows are.
    #[serde(default)]
    pub reads_per_second: Option<f64>,
    /// For how many seconds' units there is room in a burst.
    #[serde(default = "one_second")]
    pub burst_seconds: f64,
}

fn one_second() -> f64 {
    1.0
}

impl Cap {
    /// So many writes a second, as many reads as there are, and a burst of one second.
    pub fn writes(table: String, key: &str, writes_per_second: f64) -> Self {
        Self { table, key: key.to_owned(), writes_per_second, reads_per_second: None, burst_seconds: one_second() }
    }
}

/// What a partition was asked for while caps were set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Usage {
    /// The table.
    pub table: String,
    /// The name of the partition key.
    pub key: String,
    /// The partition.
    pub partition: String,
    /// The write units.
    pub writes: f64,
    /// The read units.
    pub reads: f64,
}

/// How many faults of each kind were made since the last reset.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// All calls that came in.
    pub calls: u64,
    /// Statements that were throttled at random.
    pub throttled_statements: u64,
    /// Statements and single writes that were throttled by a cap.
    pub capped_writes: u64,
    /// Reads that were throttled by a cap.
    #[serde(default)]
    pub capped_reads: u64,
    /// Calls that were answered with 500.
    pub failed_calls: u64,
    /// Calls that were throttled.
    pub throttled_calls: u64,
    /// Calls that were carried out and not answered.
    pub lost_replies: u64,
    /// The statements and messages of calls that were carried out and not answered.
    pub lost_entries: u64,
    /// Calls that were neither carried out nor answered.
    pub dropped_calls: u64,
}
