//! One event to five thousand destinations: each gets it, nothing is lost, and no messages remain.
//!
//! A separate test program, because it checks the queues as a whole. It asserts no time, but prints how long it took;
//! most of it is the registration. `DESTINATIONS` changes the number of destinations.
#![allow(clippy::expect_used, clippy::print_stdout, reason = "a test that reports")]

use std::{env, time::Duration, time::Instant};

use e2e::{Crowd, aws};
use serde_json::json;

#[tokio::test]
async fn every_one_of_five_thousand_destinations_gets_the_event() {
    let count = env::var("DESTINATIONS").map_or(5000, |count| count.parse().expect("a number"));
    let started = Instant::now();
    let crowd = Crowd::subscribed_to("custom.growth", count).await;
    let registered = started.elapsed();

    let started = Instant::now();
    let event = crowd.operator.event("custom.growth", json!({"for": "all"})).await;
    let limit = Duration::from_secs(900);
    let requests = crowd.wait_for_all(&event, limit).await;
    let recorded = started.elapsed();
    aws::wait_until_idle(limit).await;
    println!(
        "{count} destinations, registered in {registered:.1?}; {requests} requests, all recorded in {recorded:.1?}"
    );
}
