//! What an event asks of AWS, exactly: calls by operation, and DynamoDB's units by table and index.
//!
//! The kinds of traffic are those of `make bench`, run by the functions as `make test` has built them: what they ask does
//! not depend on how they are built. So the file that `make cost` reckons with is held against what is true now, too.
#![allow(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

use std::collections::BTreeMap;

use bench::{
    scenario::{Figures, Scenario},
    stage::Stage,
};

const SCHEDULE: &str = "1,1,1,1";

fn per_event(units: &BTreeMap<String, f64>, figures: &Figures) -> BTreeMap<String, f64> {
    units.iter().map(|(name, n)| (name.clone(), n / figures.events as f64)).collect()
}

fn units<const N: usize>(expected: [(&str, f64); N]) -> BTreeMap<String, f64> {
    expected.into_iter().map(|(name, n)| (name.to_owned(), n)).collect()
}

#[tokio::test]
async fn an_event_with_one_destination_takes_four_write_units_and_few_calls() {
    let stage = Stage::start("debug", SCHEDULE, 10).await;
    let figures = Scenario { counted: 10, ..Scenario::default() }.run(&stage).await;
    // The event and its entry in the index, the delivery and its outcome (design, section 9).
    let expected = units([("Events", 1.0), ("Events/by_type", 1.0), ("Deliveries", 2.0)]);
    assert_eq!(per_event(&figures.writes, &figures), expected);
    let expected = BTreeMap::from([
        // Before the 202.
        ("SQS.SendMessage", 10),
        // Dispatch: rules, destinations, all rows, all jobs.
        ("DynamoDB.Query", 1),
        ("DynamoDB.BatchGetItem", 2),
        ("DynamoDB.BatchExecuteStatement", 2),
        ("SQS.SendMessageBatch", 1),
        // Deliver: one read and one write of each kind above.
        ("SQS.ReceiveMessage (by Lambda)", 2),
        ("SQS.DeleteMessageBatch (by Lambda)", 2),
    ]);
    let calls: BTreeMap<_, _> = figures.calls.iter().map(|(name, n)| (&**name, *n)).collect();
    assert_eq!(calls, expected);
}
