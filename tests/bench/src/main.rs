//! `make bench`: measures what a start, a request, an event and a delivery cost, and prints tables and JSON.
//!
//! `bench PROFILE RESULTS COUNTS [PART …]` runs the functions that cargo built with PROFILE, in the environment that
//! `infra/local/deploy.py` writes. It writes all figures to RESULTS, and to COUNTS the input of `make cost`. The parts
//! are `starts`, `time`, `counts`, `instructions` and `latency`; all of them by default. `ONLY` restricts the run to one kind of
//! traffic, and `TIMED` sets the number of deliveries to time.
#![allow(clippy::expect_used, clippy::print_stdout, reason = "a program that measures and prints")]

mod table;

use std::{collections::BTreeSet, fs, path::PathBuf, time::Duration};

use bench::{
    host::Run,
    local::variables,
    meter::Mode,
    scenario::{Figures, Outcome, Scenario},
    stage::Stage,
    starts::{self, Start, milliseconds, quantile},
};
use serde::Serialize;

/// Retries come soon: only their number matters here, not how long they wait.
const SCHEDULE: &str = "1,1,1,1";
/// Deliveries to time in the main scenarios.
const TIMED: usize = 5000;
/// Deliveries to time in the other scenarios.
const TIMED_OTHERS: usize = 1000;

/// The time from an accepted event to its receiver, in milliseconds.
#[derive(Debug, Serialize)]
struct Latency {
    events: usize,
    median_ms: f64,
    p99_ms: f64,
    /// The part of it that the local cloud took: the median.
    cloud_median_ms: f64,
    /// The rest: the functions, the receiver and the measurement itself.
    own_median_ms: f64,
    own_p99_ms: f64,
}

#[derive(Debug, Default, Serialize)]
struct Results {
    starts: Vec<Start>,
    scenarios: Vec<Figures>,
    /// The scenarios whose instructions were counted.
    instructions: Vec<Figures>,
    latency: Option<Latency>,
    /// The functions' resident memory at the end, in mebibytes.
    resident_mib: Vec<(&'static str, f64)>,
}

/// The scenarios with batches of ten.
fn scenarios() -> Vec<Scenario> {
    let one = Scenario::default;
    let many = |name, destinations, timed, counted| Scenario {
        name,
        destinations,
        rules: usize::div_ceil(destinations, domain::rule::MAX_DESTINATIONS),
        timed,
        counted,
        ..one()
    };
    let ruled = |name, rules| Scenario { name, rules, timed: TIMED_OTHERS, ..one() };
    vec![
        Scenario { timed: TIMED, ..one() },
        many("10 destinations", 10, TIMED, 20),
        many("100 destinations", 100, TIMED, 10),
        many("1,000 destinations", 1000, TIMED, 1),
        ruled("10 rules", 10),
        ruled("100 rules", 100),
        ruled("1,000 rules", 1000),
        Scenario { name: "posted in tens", posted: 10, timed: TIMED_OTHERS, ..one() },
        Scenario { name: "2 kB", payload: 2000, timed: TIMED_OTHERS, ..one() },
        Scenario { name: "100 kB", payload: 100_000, timed: TIMED_OTHERS, ..one() },
        Scenario { name: "100 kB, 10 destinations", payload: 100_000, timed: TIMED_OTHERS, ..many("", 10, 0, 20) },
        Scenario { name: "failing once", outcome: Outcome::FailingOnce, ..one() },
        Scenario { name: "walking all steps", outcome: Outcome::Walking, ..one() },
    ]
}

#[tokio::main]
async fn main() {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [profile, results_to, counts_to, parts @ ..] = &*arguments else {
        panic!("bench PROFILE RESULTS COUNTS [starts] [time] [counts] [instructions] [latency]");
    };
    let parts: BTreeSet<_> = parts.iter().map(String::as_str).collect();
    let wanted = |part: &str| parts.is_empty() || parts.contains(part);
    let mut results = Results::default();

    let stage = Stage::start(profile, SCHEDULE, 10).await;
    if wanted("starts") {
        println!("Starting each function twenty times …");
        let variables = variables(stage.cloud().endpoint(), "http://none", ["http://none"; 3], SCHEDULE);
        results.starts = starts::measure(profile, &variables, &e2e::variable("API_KEY")).await;
    }
    let only = std::env::var("ONLY").unwrap_or_default();
    let timed = std::env::var("TIMED").ok().and_then(|text| text.parse().ok());
    for mut scenario in scenarios() {
        scenario.timed = if wanted("time") { timed.unwrap_or(scenario.timed).min(scenario.timed) } else { 0 };
        if scenario.timed == 0 && !wanted("counts") || !only.is_empty() && only != scenario.name {
            continue;
        }
        println!("{} …", scenario.name);
        results.scenarios.push(scenario.run(&stage).await);
    }
    if (wanted("time") || wanted("counts")) && only.is_empty() {
        println!("batches of 1 …");
        let stage = Stage::start(profile, SCHEDULE, 1).await;
        let timed = if wanted("time") { TIMED_OTHERS } else { 0 };
        let scenario = Scenario { name: "batches of 1", batch: 1, timed, ..Scenario::default() };
        results.scenarios.push(scenario.run(&stage).await);
    }
    if wanted("instructions") {
        let counted = ["1 destination", "10 destinations", "10 rules", "1,000 rules", "100 kB"];
        let counted = scenarios().into_iter().filter(|scenario| counted.contains(&scenario.name));
        for scenario in counted.filter(|scenario| only.is_empty() || only == scenario.name) {
            println!("{}, by instructions …", scenario.name);
            let stage = Stage::start_as(Run::Counted, profile, SCHEDULE, scenario.batch).await;
            results.instructions.push(Scenario { timed: 0, warm_ups: 2, ..scenario }.run(&stage).await);
        }
    }
    if wanted("latency") {
        println!("From the request to the receiver …");
        results.latency = Some(latency(&stage).await);
    }
    results.resident_mib = stage.resident().map(|(name, bytes)| (name, bytes as f64 / (1024.0 * 1024.0))).collect();

    table::print(&results);
    write(results_to, &serde_json::to_value(&results).expect("JSON"));
    // A partial run must not replace the complete counts.
    if wanted("time") && wanted("counts") && only.is_empty() && timed.is_none() {
        write(counts_to, &serde_json::json!({ "scenarios": results.scenarios }));
    }
}

/// Sends one event after the other, each when the one before has arrived.
async fn latency(stage: &Stage) -> Latency {
    const EVENTS: usize = 300;
    stage.meter.set(Mode::Forward);
    let tenant = stage.tenant(1, 1).await;
    stage.send(&tenant, 20, 1000, 1).await;
    let (mut whole, mut cloud, mut own) = (vec![], vec![], vec![]);
    for _ in 0..EVENTS {
        let (took, by_cloud) = stage.latency(&tenant, 1000).await;
        whole.push(took);
        cloud.push(by_cloud);
        own.push(took.saturating_sub(by_cloud));
    }
    let of = |values: &Vec<Duration>, share| milliseconds(quantile(values.clone(), share));
    Latency {
        events: EVENTS,
        median_ms: of(&whole, 0.5),
        p99_ms: of(&whole, 0.99),
        cloud_median_ms: of(&cloud, 0.5),
        own_median_ms: of(&own, 0.5),
        own_p99_ms: of(&own, 0.99),
    }
}

fn write(path: &str, value: &serde_json::Value) {
    let text = serde_json::to_string_pretty(value).expect("JSON") + "\n";
    let path = PathBuf::from(path);
    fs::write(&path, text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    println!("Written: {}", path.display());
}
