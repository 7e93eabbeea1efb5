//! Faults of DynamoDB and SQS: calls that are throttled, fail or get no answer cause no losses and no needless
//! duplicates.
//!
//! A separate test program, because the faults affect all functions. The tests run one after the other.
#![allow(clippy::expect_used, clippy::print_stdout, reason = "tests that report")]

use std::time::{Duration, Instant};

use domain::EventId;
use e2e::{
    Crowd, Operator, Receiver, aws,
    faults::{Cap, Faults, Settings},
    operations::{max_receives, redrive},
    variable,
};
use serde_json::json;
use tokio::time::sleep;

/// How long to wait for deliveries: some return only after a visibility timeout.
const LIMIT: Duration = Duration::from_secs(240);

#[tokio::test]
async fn a_redriven_dead_letter_is_delivered() {
    let _alone = Faults::exclusive().await;
    let receiver = Receiver::taking().await;
    let operator = Operator::create().await;
    let destination = operator.webhook(&receiver).await["id"].as_str().expect("an id").to_owned();
    operator.rule("custom.redrive", &[&destination]).await;
    let event = EventId::generate();
    let message = json!({"operator_id": operator.id, "event_id": event,
        "event": {"type": "custom.redrive", "data": {"from": "the dead"}}});
    aws::send_message("ACCEPTED_DEAD_LETTERS_URL", &message).await;

    let output = redrive().await;
    assert!(output.contains("1 message sent back"), "{output}");
    operator.delivery(&destination, &event.to_string(), "succeeded").await;
    assert_eq!(receiver.received().len(), 1);
    assert_eq!(receiver.received()[0].json()["data"]["from"], "the dead");
    aws::wait_until_idle(LIMIT).await;
}

#[tokio::test]
async fn throttled_statements_lose_nothing() {
    let faults = Faults::exclusive().await;
    let crowd = Crowd::subscribed_to("custom.throttled", 10).await;
    faults.set(&Settings { throttled_statements: 0.02, ..Settings::default() }).await;
    let events = crowd.post("custom.throttled", 150).await;
    let progress = crowd.wait_until_settled(&events, LIMIT).await;
    let counts = faults.reset().await;
    println!("2 % of statements throttled: {counts:?}, {progress:?}");
    progress.expect_all_succeeded();
    assert!(counts.throttled_statements > 0);
    aws::wait_until_idle(LIMIT).await;
}

#[tokio::test]
async fn throttled_records_cause_no_duplicate_webhooks() {
    let faults = Faults::exclusive().await;
    let crowd = Crowd::subscribed_to("custom.once", 10).await;
    faults.set(&Settings { throttled_statements: 0.3, ..Settings::default() }).await;
    let events = crowd.post("custom.once", 30).await;
    let progress = crowd.wait_until_settled(&events, LIMIT).await;
    let counts = faults.reset().await;
    println!("30 % of statements throttled: {counts:?}, {progress:?}");
    progress.expect_all_succeeded();
    assert_eq!(progress.requests, progress.deliveries, "{} statements were throttled", counts.throttled_statements);
    aws::wait_until_idle(LIMIT).await;
}

#[tokio::test]
async fn after_an_outage_a_redrive_delivers_what_is_missing() {
    let faults = Faults::exclusive().await;
    let crowd = Crowd::subscribed_to("custom.outage", 10).await;
    // So that the outage causes dead letters now and not only after hours.
    let queues = [&aws::EVENT_QUEUES[..], &aws::LANES[..]].concat();
    let receives = max_receives(&queues, 1).await;
    // Four kinds of faults affect whole calls: together a fifth of them.
    faults.set(&Settings::all(0.05)).await;
    let started = Instant::now();
    let events = crowd.post("custom.outage", 60).await;
    sleep(Duration::from_secs(30).saturating_sub(started.elapsed())).await;
    let counts = faults.reset().await;
    aws::queues_are_empty(LIMIT).await;
    let before = crowd.progress(&events).await;
    let dead = aws::dead_letters().await;
    println!("20 % of all calls failed: {counts:?}, {before:?}, dead letters {dead:?}");
    receives.restore().await;
    print!("{}", redrive().await);
    let after = crowd.wait_until_settled(&events, LIMIT).await;
    println!("after the redrive: {after:?}");
    after.expect_all_succeeded();
    aws::wait_until_idle(LIMIT).await;
}

#[tokio::test]
async fn failing_batches_at_a_wide_fan_out_leave_no_dead_letters() {
    let faults = Faults::exclusive().await;
    let crowd = Crowd::subscribed_to("custom.wide", 100).await;
    let operations = vec!["BatchExecuteStatement".to_owned()];
    faults.set(&Settings { failed_calls: 0.05, operations, ..Settings::default() }).await;
    let events = crowd.post("custom.wide", 20).await;
    let progress = crowd.wait_until_settled(&events, LIMIT).await;
    let counts = faults.reset().await;
    println!("5 % of batches failed: {counts:?}, {progress:?}");
    progress.expect_all_succeeded();
    aws::wait_until_idle(LIMIT).await;
}

#[tokio::test]
async fn a_partition_at_its_limit_delays_events_and_loses_none() {
    let faults = Faults::exclusive().await;
    let crowd = Crowd::subscribed_to("custom.capped", 1).await;
    let cap = |table: &str, key: &str| Cap::writes(variable(table), key, 40.0);
    let caps = vec![cap("EVENTS_TABLE", "operator_id"), cap("DELIVERIES_TABLE", "destination_id")];
    faults.set(&Settings { caps, ..Settings::default() }).await;
    let started = Instant::now();
    // Without ids: the API would store the ids in the same partition, and would have to wait as well.
    let mut events = vec![];
    for _ in 0..6 {
        let batch = vec![json!({"type": "custom.capped", "data": {}}); 100];
        let accepted = crowd.operator.post("/v1/events", json!({"events": batch})).await.expect(202);
        let ids = accepted["events"].as_array().expect("a list").iter();
        events.extend(ids.map(|event| event["id"].as_str().expect("an id").to_owned()));
    }
    let posted = started.elapsed();
    let progress = crowd.wait_until_settled(&events, LIMIT).await;
    let took = started.elapsed();
    let counts = faults.reset().await;
    println!("40 writes a second: posted in {posted:.1?}, all in {took:.1?}, {counts:?}, {progress:?}");
    progress.expect_all_succeeded();
    assert!(counts.capped_writes > 0);
    // The cap alone accounts for 15 s.
    assert!(took < Duration::from_secs(110), "{took:.1?}");
    aws::wait_until_idle(LIMIT).await;
}
