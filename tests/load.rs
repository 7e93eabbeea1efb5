//! A thousand events to three destinations each: nothing is lost, and no messages remain.
//!
//! A separate test program, because it checks the queues as a whole. It asserts no time, but prints how long it took.
#![allow(clippy::expect_used, clippy::print_stdout, reason = "a test that reports")]

use std::{collections::HashSet, time::Duration, time::Instant};

use e2e::{Operator, Receiver, aws, within};
use futures::future::join_all;
use serde_json::json;

const EVENTS: usize = 1000;

#[tokio::test]
async fn three_thousand_deliveries_succeed_and_the_queues_are_empty() {
    let operator = Operator::create().await;
    let receivers = join_all((0..3).map(|_| Receiver::taking())).await;
    let mut ids = vec![];
    for receiver in &receivers {
        ids.push(operator.webhook(receiver).await["id"].as_str().expect("an id").to_owned());
    }
    operator.rule("custom.load", &[&ids[0], &ids[1], &ids[2]]).await;

    let started = Instant::now();
    let batch = |batch: usize| {
        let event = |n: usize| json!({"type": "custom.load", "data": {"n": batch * 100 + n}});
        json!({"events": (0..100).map(event).collect::<Vec<_>>()})
    };
    for answer in join_all((0..EVENTS / 100).map(|n| operator.post("/v1/events", batch(n)))).await {
        answer.expect(202);
    }
    let accepted = started.elapsed();
    let limit = Duration::from_secs(600);
    within(limit, "all requests arrived", async || {
        receivers.iter().all(|receiver| receiver.received().len() >= EVENTS).then_some(())
    })
    .await;
    let arrived = started.elapsed();

    for (receiver, id) in receivers.iter().zip(&ids) {
        let numbers: HashSet<_> = receiver.received().iter().map(|got| got.json()["data"]["n"].as_u64()).collect();
        assert_eq!(numbers.len(), EVENTS, "each event arrived");
        within(limit, "all deliveries are recorded", async || (succeeded(&operator, id).await == EVENTS).then_some(()))
            .await;
    }
    aws::wait_until_idle(limit).await;
    let requests: usize = receivers.iter().map(|receiver| receiver.received().len()).sum();
    println!(
        "{EVENTS} events, {} deliveries succeeded, {requests} requests; accepted in {accepted:.1?}, arrived in {arrived:.1?}",
        EVENTS * 3
    );
}

/// The number of a destination's deliveries that have succeeded, from all pages.
async fn succeeded(operator: &Operator, destination: &str) -> usize {
    let path = format!("/v1/notifications/destinations/{destination}/deliveries?limit=100");
    let (mut count, mut cursor) = (0, String::new());
    loop {
        let page = operator.get(&format!("{path}{cursor}")).await.expect(200);
        let deliveries = page["deliveries"].as_array().expect("a list");
        count += deliveries.iter().filter(|delivery| delivery["state"] == "succeeded").count();
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return count,
        }
    }
}
