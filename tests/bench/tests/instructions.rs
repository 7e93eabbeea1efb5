//! The processor's work for an event, in instructions: they are the same on a slow or busy machine.
//!
//! The functions are those of `make test`, built without optimization, so the numbers are larger than those that `make
//! bench` prints for the functions as built for AWS. But they change when the code does more. Other processors have other
//! instructions.
#![cfg(all(target_os = "linux", target_arch = "x86_64"))]
#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a test that cannot continue panics, and shows what it counts"
)]

use bench::{
    host::Run,
    scenario::{Figures, Scenario},
    stage::Stage,
};
use tokio::sync::Mutex;

/// One at a time, because each starts three functions at a fiftieth of their speed.
static ONE_AT_A_TIME: Mutex<()> = Mutex::const_new(());

/// The instructions per delivery, in thousands.
async fn kiloinstructions(scenario: Scenario) -> u64 {
    let scenario = Scenario { warm_ups: 2, ..scenario };
    let _alone = ONE_AT_A_TIME.lock().await;
    let stage = Stage::start_as(Run::Counted, "debug", "1,1,1,1", scenario.batch).await;
    let Figures { instructions, deliveries, .. } = scenario.run(&stage).await;
    let all = instructions.values().sum::<u64>() / deliveries as u64 / 1000;
    println!("{}: {all} thousand, {instructions:?} for {deliveries} deliveries", scenario.name);
    all
}

/// Fails if the figure is more than a tenth above `expected`, or so far below that `expected` should be lowered.
fn near(figure: u64, expected: u64) {
    assert!(figure * 10 <= expected * 11, "{figure} thousand instructions are more than a tenth above {expected}");
    assert!(figure * 5 >= expected * 4, "{figure} thousand instructions: lower the {expected} of this test");
}

#[tokio::test]
async fn an_event_takes_as_many_instructions_as_before() {
    near(kiloinstructions(Scenario::default()).await, 3650);
}

#[tokio::test]
async fn ten_destinations_take_as_many_instructions_as_before() {
    near(kiloinstructions(Scenario { name: "10 destinations", destinations: 10, ..Scenario::default() }).await, 1980);
}

#[tokio::test]
async fn a_hundred_kilobytes_take_as_many_instructions_as_before() {
    near(kiloinstructions(Scenario { name: "100 kB", payload: 100_000, ..Scenario::default() }).await, 32_300);
}

#[tokio::test]
async fn a_thousand_rules_cost_at_most_a_fifth_more_than_ten() {
    let of = |name, rules| kiloinstructions(Scenario { name, rules, ..Scenario::default() });
    let (ten, thousand) = (of("10 rules", 10).await, of("1,000 rules", 1000).await);
    assert!(thousand * 5 <= ten * 6, "{thousand} instead of {ten} thousand instructions");
}
