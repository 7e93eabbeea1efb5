//! Two thousand events to an endpoint that never answers do not delay other endpoints.
//!
//! A separate test program, because it uses all available workers. It measures for a minute; `NEIGHBOUR_SECONDS`
//! changes the number of seconds.
#![allow(clippy::expect_used, clippy::print_stdout, reason = "a test that reports")]

use std::{
    env,
    time::{Duration, Instant},
};

use e2e::{Operator, Receiver, aws, within};
use futures::{StreamExt, stream};
use serde_json::json;
use tokio::time::{MissedTickBehavior, interval, sleep};

const DEAD: usize = 2000;
const ALONE: u64 = 30;
/// The delay that a machine busy with two thousand events may add: half the duration of an attempt at the dead
/// endpoint, which is what a delivery would wait if it waited for one.
const FLOOR: Duration = Duration::from_secs(5);
/// A twentieth of the requests that would be sent without a circuit breaker.
const MAX_REQUESTS: usize = 100;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dead_endpoint_delays_no_other_endpoint() {
    let seconds = env::var("NEIGHBOUR_SECONDS").map_or(60, |seconds| seconds.parse().expect("a number"));
    let operator = Operator::create().await;
    let (healthy, dead) = (Receiver::taking().await, Receiver::silent().await);
    let mut ids = vec![];
    for (receiver, event) in [(&healthy, "custom.healthy"), (&dead, "custom.dead")] {
        let id = operator.webhook(receiver).await["id"].as_str().expect("an id").to_owned();
        operator.rule(event, &[&id]).await;
        ids.push(id);
    }
    let alone = p99(&operator, &healthy, ALONE).await;

    let started = Instant::now();
    let posts = stream::iter(0..DEAD / 100).map(|batch| {
        let event = |n| json!({"type": "custom.dead", "data": {"n": batch * 100 + n}});
        operator.post("/v1/events", json!({"events": (0..100).map(event).collect::<Vec<_>>()}))
    });
    posts.buffered(2).for_each(|answer| async move { drop(answer.expect(202)) }).await;
    println!("{DEAD} events posted in {:.1?}", started.elapsed());
    let with_dead = p99(&operator, &healthy, seconds).await;
    let requests = dead.count();
    let [waiting, delayed, in_flight] = aws::depth("SLOW_QUEUE_URL").await;
    println!(
        "p99 {alone:.2?} alone and {with_dead:.2?} with the dead endpoint, which got {requests} requests in {:.0?}; \
         {waiting} jobs wait, {delayed} are delayed, {in_flight} are in flight",
        started.elapsed()
    );
    // So that its jobs do not occupy the workers of other tests.
    let path = format!("/v1/notifications/destinations/{}", ids[1]);
    let deleted = operator.request(reqwest::Method::DELETE, &path, &[], None).await;
    assert!(deleted.status < 300, "{}", deleted.json);
    for queue in aws::LANES {
        aws::purge(queue).await;
    }
    within(Duration::from_secs(60), "the last attempts have ended", async || {
        (aws::depth("SLOW_QUEUE_URL").await == [0, 0, 0]).then_some(())
    })
    .await;
    assert!(with_dead <= (alone * 2).max(alone + FLOOR), "{with_dead:.2?} with a dead endpoint, {alone:.2?} alone");
    assert!(requests <= MAX_REQUESTS, "{requests} requests to a dead endpoint");
}

/// Posts an event every second, and returns the 99th percentile of the times until they arrive.
async fn p99(operator: &Operator, receiver: &Receiver, seconds: u64) -> Duration {
    let before = receiver.count();
    let mut ticks = interval(Duration::from_secs(1));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut posts = tokio::task::JoinSet::new();
    for _ in 0..seconds {
        ticks.tick().await;
        let operator = operator.clone();
        posts.spawn(async move {
            let at = Instant::now();
            (operator.event("custom.healthy", json!({})).await, at)
        });
    }
    let posted = posts.join_all().await;
    receiver.wait_for(before + posted.len()).await;
    sleep(Duration::from_secs(1)).await;
    let got = receiver.received();
    let took = posted.iter().map(|(event, at)| {
        let arrived = got.iter().find(|request| request.header("webhook-id").ends_with(&event["evt_".len()..]));
        arrived.expect("each arrived").at.duration_since(*at)
    });
    let mut took: Vec<_> = took.collect();
    took.sort_unstable();
    println!(
        "{} events to the healthy endpoint: median {:.2?}, longest {:.2?}",
        took.len(),
        took[took.len() / 2],
        took[took.len() - 1],
    );
    took[(took.len() * 99).div_ceil(100) - 1]
}
