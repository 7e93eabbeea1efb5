//! The exact cost of an event in AWS: calls by operation, and DynamoDB's units by table and index.
//!
//! The kinds of traffic are those of `make bench`, run by the functions as built for `make test`: the build does not
//! change the calls. So this test also checks that the counts that `make cost` uses are up to date.
#![allow(clippy::expect_used, reason = "a test that cannot continue panics")]

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use bench::{
    meter::Mode,
    scenario::{Figures, Outcome, Scenario},
    stage::Stage,
};
use serde::Deserialize;
use tokio::sync::Mutex;

const SCHEDULE: &str = "1,1,1,1";

/// The counts of a kind of traffic, per event.
#[derive(Debug, PartialEq)]
struct PerEvent {
    calls: BTreeMap<String, f64>,
    reads: BTreeMap<String, f64>,
    writes: BTreeMap<String, f64>,
}

impl PerEvent {
    fn of(figures: &Figures) -> Self {
        // Rounded, since a sum of tenths is not exact.
        let per = |n: f64| (n / figures.events as f64 * 1000.0).round() / 1000.0;
        let units = |all: &BTreeMap<String, f64>| all.iter().map(|(name, n)| (name.clone(), per(*n))).collect();
        Self {
            calls: figures.calls.iter().map(|(name, n)| (name.clone(), per(*n as f64))).collect(),
            reads: units(&figures.reads),
            writes: units(&figures.writes),
        }
    }
}

fn these<const N: usize>(expected: [(&str, f64); N]) -> BTreeMap<String, f64> {
    expected.into_iter().map(|(name, n)| (name.to_owned(), n)).collect()
}

/// One kind of traffic at a time: on a busy machine, calls would time out and be counted again with each retry.
static ONE_AT_A_TIME: Mutex<()> = Mutex::const_new(());

async fn figures(scenario: Scenario) -> Figures {
    let _alone = ONE_AT_A_TIME.lock().await;
    let stage = Stage::start("debug", SCHEDULE, scenario.batch).await;
    scenario.run(&stage).await
}

async fn run(scenario: Scenario) -> PerEvent {
    PerEvent::of(&figures(scenario).await)
}

/// The counts that `make cost` uses.
fn kept(name: &str) -> PerEvent {
    #[derive(Deserialize)]
    struct Kept {
        scenarios: Vec<Figures>,
    }
    let kept: Kept = serde_json::from_str(include_str!("../counts.json")).expect("what `make bench` writes");
    PerEvent::of(kept.scenarios.iter().find(|figures| figures.name == name).expect("this kind of traffic"))
}

const STALE: &str = "tests/bench/counts.json is out of date: run `make bench`";

#[tokio::test]
async fn an_event_with_one_destination_takes_one_call_before_the_202_and_little_more_than_two_write_units() {
    let figures = figures(Scenario::default()).await;
    // 444 on an idle machine: times have more digits on a busy one.
    let logged = figures.log_bytes.values().sum::<u64>() / figures.events as u64;
    assert!(logged <= 460, "{logged} bytes of log: {:?}", figures.log_bytes);
    let counted = PerEvent::of(&figures);
    // The event with its plan, and a row of the index by type for ten events; the delivery with its first attempt.
    assert_eq!(counted.writes, these([("Events", 1.1), ("Deliveries", 1.0)]));
    // For twenty events, the rules are read once, because a worker caches them. Destinations: one row for dispatch, two
    // for deliver before it caches them; and a version stamp for each of the four batches. Events: eventually
    // consistent, half a unit each. The delivery has no row yet, and is not read.
    let reads = [("Channels", 0.05), ("Destinations", 0.35), ("Events", 0.5)];
    assert_eq!(counted.reads, these(reads));
    let calls = [
        ("SQS.SendMessage", 1.0),
        // Dispatch, for ten events: the stamp, rules and destinations once; rows, jobs. Deliver, for ten deliveries:
        // one read, one write.
        ("DynamoDB.Query", 0.05),
        ("DynamoDB.BatchGetItem", 0.1 + 0.05 + 0.1),
        ("DynamoDB.BatchExecuteStatement", 0.2),
        ("SQS.SendMessageBatch", 0.1),
        ("SQS.ReceiveMessage (by Lambda)", 0.2),
        ("SQS.DeleteMessageBatch (by Lambda)", 0.2),
    ];
    assert_eq!(counted.calls, these(calls));
    assert_eq!(kept("1 destination"), counted, "{STALE}");
    // The row has about 380 bytes, of which the headers of the answer take about 50. DynamoDB adds 100 to every row.
    let stored = figures.stored_bytes["Deliveries"] / figures.deliveries as f64;
    assert!(stored <= 500.0, "{stored} bytes of a delivery");
}

#[tokio::test]
async fn ten_events_in_a_request_share_its_call_and_its_line_of_log() {
    let figures = figures(Scenario { name: "posted in tens", posted: 10, ..Scenario::default() }).await;
    let counted = PerEvent::of(&figures);
    let mut calls = kept("1 destination").calls;
    calls.remove("SQS.SendMessage");
    calls.insert("SQS.SendMessageBatch".into(), 0.1 + 0.1);
    assert_eq!(counted.calls, calls);
    assert_eq!(counted.writes, kept("1 destination").writes);
    assert_eq!(figures.invocations["events"], figures.events as u64 / 10);
    assert_eq!(kept("posted in tens"), counted, "{STALE}");
}

#[tokio::test]
async fn two_kilobytes_take_one_write_unit() {
    let counted = run(Scenario { name: "2 kB", payload: 2000, ..Scenario::default() }).await;
    assert_eq!((counted.writes["Events"], counted.writes["Deliveries"]), (1.1, 1.0));
    assert_eq!(kept("2 kB"), counted, "{STALE}");
}

#[tokio::test]
async fn ten_deliveries_take_two_calls_in_addition_to_sqs() {
    let counted = run(Scenario { name: "10 destinations", destinations: 10, ..Scenario::default() }).await;
    assert_eq!(counted.writes, these([("Events", 1.1), ("Deliveries", 10.0)]));
    // Per event, which has ten deliveries; dispatch handles ten events at once, so its calls count a tenth.
    let calls = [
        ("SQS.SendMessage", 1.0),
        ("DynamoDB.Query", 0.05),
        ("DynamoDB.BatchGetItem", 0.1 + 0.05 + 1.0),
        // Eleven rows for ten events, and ten rows for the deliveries of one event.
        ("DynamoDB.BatchExecuteStatement", 0.1 + 1.0),
        ("SQS.SendMessageBatch", 1.0),
        ("SQS.ReceiveMessage (by Lambda)", 1.1),
        ("SQS.DeleteMessageBatch (by Lambda)", 1.1),
    ];
    assert_eq!(counted.calls, these(calls));
    assert_eq!(kept("10 destinations"), counted, "{STALE}");
}

#[tokio::test]
async fn a_hundred_rules_cost_no_further_call() {
    let counted = run(Scenario { name: "100 rules", rules: 100, ..Scenario::default() }).await;
    let one = kept("1 destination");
    assert_eq!((&counted.calls, &counted.writes), (&one.calls, &one.writes));
    // Half a unit for each 4 KiB of rules, once for a batch of ten events.
    assert!(counted.reads["Channels"] <= 0.6, "{:?}", counted.reads);
    assert_eq!(kept("100 rules"), counted, "{STALE}");
}

/// The read units per event of an operator with this number of rules, which were last changed long ago. The traffic
/// lasts for longer than destinations are cached.
async fn reads_in_steady_traffic(rules: usize) -> BTreeMap<String, f64> {
    /// A busy machine may take more than two seconds between two batches.
    const REMEMBER: Duration = Duration::from_secs(5);
    const LASTS: Duration = Duration::from_secs(12);
    const EVENTS: usize = 10;
    let _alone = ONE_AT_A_TIME.lock().await;
    let stage = Stage::start_remembering(REMEMBER, "debug", SCHEDULE, EVENTS).await;
    let tenant = stage.tenant(1, rules).await;
    stage.settle_rules(&tenant).await;
    let send = || stage.send(&tenant, EVENTS, 1000, 1);
    // Rules are cached from the second batch on.
    for _ in 0..2 {
        send().await;
    }
    let mut events = 0;
    stage.meter.set(Mode::Count);
    let measured = stage.measure(async {
        let start = Instant::now();
        while start.elapsed() < LASTS {
            send().await;
            events += EVENTS;
        }
    });
    let reads = measured.await.counts.reads;
    reads.into_iter().map(|(table, units)| (table, units / events as f64)).collect()
}

#[tokio::test]
async fn a_thousand_rules_read_at_most_a_fifth_more_than_ten_in_steady_traffic() {
    let (ten, thousand) = (reads_in_steady_traffic(10).await, reads_in_steady_traffic(1000).await);
    let total = |reads: &BTreeMap<String, f64>| reads.values().sum::<f64>();
    assert!(total(&thousand) <= 1.2 * total(&ten), "{thousand:?}, and with ten rules {ten:?}");
}

#[tokio::test]
async fn a_failure_costs_three_write_units_more_and_leaves_no_entry_behind() {
    let scenario = Scenario { name: "failing once", outcome: Outcome::FailingOnce, ..Scenario::default() };
    let counted = run(scenario).await;
    // One more outcome; one entry into the index of deliveries that need attention, and its removal.
    let writes = [("Events", 1.1), ("Deliveries", 2.0), ("Deliveries/by_state", 2.0)];
    assert_eq!(counted.writes, these(writes));
    assert_eq!(kept("failing once").writes, counted.writes, "{STALE}");
}

#[tokio::test]
async fn a_hundred_kilobytes_are_written_packed() {
    let counted = run(Scenario { name: "100 kB", payload: 100_000, ..Scenario::default() }).await;
    assert!(counted.writes["Events"] < 22.0, "{:?}", counted.writes);
    assert_eq!(counted.writes["Deliveries"], 1.0);
    assert_eq!(kept("100 kB").calls, counted.calls, "{STALE}");
}
