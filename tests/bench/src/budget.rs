//! The budgets of `make bench`, which it prints beside each figure.

/// The longest time from the start of a process to its first poll of the runtime API, in milliseconds.
pub const FIRST_POLL_MS: f64 = 3.0;
/// The most resident memory at that moment, in mebibytes.
pub const RESIDENT_MIB: f64 = 10.0;
/// The largest zip file, in megabytes.
pub const ZIP_MB: f64 = 5.0;
/// The most bytes of log for an event with one destination.
pub const LOG_BYTES: f64 = 450.0;

/// The budget of a kind of traffic, for one delivery.
#[derive(Debug, Clone, Copy)]
pub struct Budget {
    /// Processor time in µs, on a machine on which a Svix server takes 727 µs for one destination and 264 for ten.
    pub cpu_us: f64,
    /// Instructions, in thousands, of the functions as built for AWS.
    pub kiloinstructions: f64,
}

/// The budget of a kind of traffic. `None` if it has none.
pub fn of(scenario: &str) -> Option<Budget> {
    let (cpu_us, kiloinstructions) = match scenario {
        "1 destination" | "10 rules" => (360.0, 708.0),
        // As with ten rules, and a fifth more.
        "1,000 rules" => (432.0, 850.0),
        "10 destinations" => (130.0, 282.0),
        "100 kB" => (1000.0, 6566.0),
        _ => return None,
    };
    Some(Budget { cpu_us, kiloinstructions })
}

/// A figure with its budget: `3.4 (≤ 3)`.
pub fn beside(figure: String, budget: Option<f64>) -> String {
    budget.map_or_else(|| figure.clone(), |budget| format!("{figure} (≤ {budget})"))
}
