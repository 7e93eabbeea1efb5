//! Many events to a receiver that accepts 20 requests a second and answers 429 beyond: it is not overloaded, and soon
//! gets all events.
//!
//! A separate test program, because it measures time. `HERD_EVENTS` changes the number of events; the test then also
//! asserts how long they take, so that the machine should do nothing else.
#![allow(clippy::expect_used, clippy::print_stdout, reason = "a test that reports")]

use std::{
    env,
    sync::Mutex,
    time::{Duration, Instant},
};

use axum::{
    http::{StatusCode, header::RETRY_AFTER},
    response::IntoResponse,
};
use e2e::{Crowd, Receiver, aws};
use tokio::time::sleep;

const PER_SECOND: f64 = 20.0;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receiver_that_limits_its_rate_is_not_overloaded() {
    let at_full_size = env::var("HERD_EVENTS").ok();
    let count: usize = at_full_size.as_ref().map_or(600, |count| count.parse().expect("a number"));
    let crowd = Crowd::at(limited().await, "custom.herd", 1).await;
    let path = format!("/v1/notifications/destinations/{}", crowd.destinations[0]);
    let ideal = Duration::from_secs_f64(count as f64 / PER_SECOND);
    let started = Instant::now();
    let events = crowd.post("custom.herd", count).await;
    let posted = started.elapsed();
    let mut unhealthy = vec![];
    let mut shown = 0;
    let progress = loop {
        sleep(Duration::from_secs(2)).await;
        let health = crowd.operator.get(&path).await.expect(200)["health"]["status"].clone();
        if health != "healthy" {
            unhealthy.push(health);
        }
        let progress = crowd.progress(&events).await;
        let seconds = started.elapsed().as_secs();
        if seconds >= shown + 10 {
            shown = seconds;
            println!("{seconds} s: {} succeeded, {} requests", progress.count("succeeded"), progress.requests);
        }
        if progress.is_settled() || started.elapsed() > ideal * 10 {
            break progress;
        }
    };
    let took = started.elapsed();
    println!("{count} events, posted in {posted:.1?}, all delivered in {took:.1?}, ideally {ideal:.1?}; {progress:?}");
    progress.expect_all_succeeded();
    assert!(unhealthy.is_empty(), "{unhealthy:?}");
    // On a busy machine, posting the events takes long.
    assert!(at_full_size.is_none() || took.saturating_sub(posted) <= ideal * 3, "took {took:.1?}, ideally {ideal:.1?}");
    let most = count * 13 / 10;
    assert!(progress.requests <= most, "{} requests for {count} deliveries", progress.requests);
    aws::wait_until_idle(Duration::from_secs(120)).await;
}

/// Accepts 20 requests a second, with a burst of one second.
async fn limited() -> Receiver {
    let left = Mutex::new((PER_SECOND, Instant::now()));
    Receiver::with_handler(move |_, _| {
        let mut left = left.lock().expect("no panic");
        let (tokens, at) = *left;
        let tokens = (tokens + at.elapsed().as_secs_f64() * PER_SECOND).min(PER_SECOND);
        let accepted = tokens >= 1.0;
        *left = (if accepted { tokens - 1.0 } else { tokens }, Instant::now());
        if accepted {
            StatusCode::NO_CONTENT.into_response()
        } else {
            (StatusCode::TOO_MANY_REQUESTS, [(RETRY_AFTER, "1")]).into_response()
        }
    })
    .await
}
