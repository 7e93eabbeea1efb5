//! The proxy's settings and counts.

use serde::{Deserialize, Serialize};

/// The faults to inject. Shares are between 0 and 1; the default injects none.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The seed of the random numbers: the same calls in the same order get the same faults.
    pub seed: u64,
    /// The share of statements in `BatchExecuteStatement` that are throttled while the others are executed.
    pub throttled_statements: f64,
    /// The share of calls that are answered with 500 and not forwarded.
    pub failed_calls: f64,
    /// The share of calls that are throttled as a whole.
    pub throttled_calls: f64,
    /// The share of calls that are executed, but whose connection is then closed without an answer.
    pub lost_replies: f64,
    /// The share of calls whose connection is closed before they are executed.
    pub dropped_calls: f64,
    /// The affected operations, such as `BatchExecuteStatement`; all of them when empty. Does not apply to
    /// `throttled_statements` and `caps`.
    pub operations: Vec<String>,
    /// Tables with limits for each partition.
    pub caps: Vec<Cap>,
}

impl Settings {
    /// Sets the share of every kind of fault.
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

    /// Whether calls are only forwarded.
    pub(super) fn is_quiet(&self) -> bool {
        let shares =
            [self.throttled_statements, self.failed_calls, self.throttled_calls, self.lost_replies, self.dropped_calls];
        self.caps.is_empty() && shares.iter().all(|share| *share <= 0.0)
    }
}

/// A limit for each partition of a table or of one of its indexes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cap {
    /// The table.
    pub table: String,
    /// The name of the partition key of the table or index.
    pub key: String,
    /// The write units that each partition accepts per second: a unit for each KiB of an insert, one for an index
    /// entry, and one for an update.
    pub writes_per_second: f64,
    /// The read units that each partition accepts per second; unlimited if omitted. A row counts as one of up to 4 KiB,
    /// and a query by the size of its answer, whose JSON is longer than the rows.
    #[serde(default)]
    pub reads_per_second: Option<f64>,
    /// How many seconds' units a burst may use.
    #[serde(default = "one_second")]
    pub burst_seconds: f64,
}

fn one_second() -> f64 {
    1.0
}

impl Cap {
    /// A cap of this many writes a second, unlimited reads, and a burst of one second.
    pub fn writes(table: String, key: &str, writes_per_second: f64) -> Self {
        Self { table, key: key.to_owned(), writes_per_second, reads_per_second: None, burst_seconds: one_second() }
    }
}

/// The units that calls requested of a partition while caps were set.
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

/// The faults of each kind since the last reset.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// All received calls.
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
    /// Calls that were executed but not answered.
    pub lost_replies: u64,
    /// The statements and messages of calls that were executed but not answered.
    pub lost_entries: u64,
    /// Calls that were neither executed nor answered.
    pub dropped_calls: u64,
}
