//! Ten thousand events a second of one operator, in slow motion: no partition gets more requests than DynamoDB allows.
//!
//! A partition allows 1,000 write units and 3,000 read units a second. The test posts events at a hundredth of the
//! rate, or at the rate of `SCALE_PACE`, so the fault proxy reduces the limit of every partition by the same factor;
//! for writes it allows a burst of a tenth of a second, which is ten seconds here. Reads depend on how long workers
//! cache what they have read, which must be slowed down as well: `make scale` deploys a stack for it, and limits reads
//! too. Without that, only writes are limited.
#![allow(clippy::expect_used, clippy::print_stdout, reason = "a test that reports")]

use std::{env, time::Duration};

use e2e::{
    Operator, Receiver, aws,
    faults::{Cap, Faults, Settings, Usage},
    variable, within,
};
use futures::future::join_all;
use serde_json::{Value, json};
use tokio::time::{MissedTickBehavior, interval};

/// Events per second on AWS.
const RATE: f64 = 10_000.0;
const WRITES: f64 = 1000.0;
const READS: f64 = 3000.0;
const DESTINATIONS: usize = 20;
const BATCH: usize = 100;
const LIMIT: Duration = Duration::from_secs(600);

fn number(name: &str, default: usize) -> usize {
    env::var(name).map_or(default, |number| number.parse().expect("a number"))
}

/// The limits of all partitions that events use, at this rate of events per second.
fn caps(pace: f64, with_reads: bool) -> Vec<Cap> {
    let slower = RATE / pace;
    let writes = |(table, key): (&str, &str)| Cap {
        burst_seconds: slower / 10.0,
        ..Cap::writes(variable(table), key, WRITES / slower)
    };
    // A worker reads more before its cache is filled: allow a burst of one second on AWS, as DynamoDB does.
    let reads = |(table, key): (&str, &str)| Cap {
        reads_per_second: Some(READS / slower),
        burst_seconds: slower,
        ..Cap::writes(variable(table), key, f64::from(u32::MAX))
    };
    let keys = [
        ("EVENTS_TABLE", "operator_id"),
        ("DELIVERIES_TABLE", "destination_id"),
        ("DESTINATIONS_TABLE", "operator_id"),
        ("CHANNELS_TABLE", "operator_id"),
        ("ACCOUNTS_TABLE", "pk"),
    ];
    keys.iter().copied().flat_map(|key| [Some(writes(key)), with_reads.then(|| reads(key))]).flatten().collect()
}

/// Creates destinations for an operator, with one rule and one webhook receiver for each.
async fn audience(operator: &Operator) -> Vec<Receiver> {
    let receivers = join_all((0..DESTINATIONS).map(|_| Receiver::taking())).await;
    for (n, receiver) in receivers.iter().enumerate() {
        let id = operator.webhook(receiver).await["id"].as_str().expect("an id").to_owned();
        operator.rule(&event_type(n), &[&id]).await;
    }
    receivers
}

fn event_type(n: usize) -> String {
    format!("custom.scale_{}", n % DESTINATIONS)
}

/// An event of about 1 kB.
fn event(n: usize) -> Value {
    let line =
        json!({"sku": format!("sku-{n}"), "quantity": n % 7, "price": "12.50", "currency": "EUR", "gift": false});
    let mut data = json!({"order": n, "customer": {"id": format!("cus_{n}"), "country": "DE"}, "lines": []});
    while data.to_string().len() + line.to_string().len() < 1000 {
        data["lines"].as_array_mut().expect("a list").push(line.clone());
    }
    json!({"type": event_type(n), "data": data})
}

/// Posts this many events at a pace in events per second, and waits until all have arrived.
async fn run(operator: &Operator, receivers: &[Receiver], events: usize, pace: usize) {
    let mut ticks = interval(Duration::from_secs_f64(BATCH as f64 / pace as f64));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for batch in 0..events.div_ceil(BATCH) {
        ticks.tick().await;
        let batch: Vec<_> = (0..BATCH).map(|n| event(batch * BATCH + n)).collect();
        operator.post("/v1/events", json!({ "events": batch })).await.expect(202);
    }
    let arrived = || receivers.iter().map(Receiver::count).sum::<usize>();
    within(LIMIT, "all have arrived", async || (arrived() >= events).then_some(())).await;
    aws::wait_until_idle(LIMIT).await;
}

/// Prints the load of the busiest partition of each table and index, converted to [`RATE`].
fn report(usage: &[Usage], events: usize) {
    // The partitions of the index by type are in the table of events.
    let part = |one: &Usage| {
        let by_type = one.table == variable("EVENTS_TABLE") && one.partition.contains('#');
        (one.table.clone(), if by_type { "type".to_owned() } else { one.key.clone() })
    };
    let mut keys: Vec<_> = usage.iter().map(part).collect();
    keys.sort_unstable();
    keys.dedup();
    for (table, key) in keys {
        let of = || usage.iter().filter(|one| part(one) == (table.clone(), key.clone()));
        let rate = |units: f64| units / events as f64 * RATE;
        let most = |units: fn(&Usage) -> f64| rate(of().map(units).fold(0.0, f64::max));
        let mean = rate(of().map(|one| one.writes).sum::<f64>() / of().count() as f64);
        println!(
            "{table} by {key}: {} partitions; {mean:.0} write units/s, {:.0} and {:.0} read units/s in the fullest",
            of().count(),
            most(|one| one.writes),
            most(|one| one.reads),
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_events_a_second_are_within_the_limits_of_every_partition() {
    let (events, pace) = (number("SCALE_EVENTS", 1000), number("SCALE_PACE", 100));
    let with_reads = env::var("SCALE_READS").is_ok();
    let faults = Faults::exclusive().await;

    let operator = Operator::with_shards(16).await;
    let receivers = audience(&operator).await;
    faults.set(&Settings { caps: caps(pace as f64, with_reads), ..Settings::default() }).await;
    run(&operator, &receivers, events, pace).await;
    let mut usage = faults.usage().await;
    // Writes and reads have separate caps, and each counts both.
    usage.sort_unstable_by(|a, b| (&a.table, &a.key, &a.partition).cmp(&(&b.table, &b.key, &b.partition)));
    usage.dedup_by(|a, b| (&a.table, &a.key, &a.partition) == (&b.table, &b.key, &b.partition));
    let counts = faults.reset().await;
    report(&usage, events);
    println!("16 shards, {events} events: {} writes and {} reads throttled", counts.capped_writes, counts.capped_reads);
    let shards = usage.iter().filter(|one| one.key == "operator_id" && one.partition.starts_with(&operator.id));
    assert!(shards.filter(|one| one.writes > 0.0).count() >= 16, "events are in every shard");
    assert_eq!((counts.capped_writes, counts.capped_reads), (0, 0));

    // The same with one shard: one partition gets too many writes, as it would on AWS, and nothing is lost.
    let operator = Operator::create().await;
    let receivers = audience(&operator).await;
    let events = 3 * BATCH;
    faults.set(&Settings { caps: caps(pace as f64, false), ..Settings::default() }).await;
    run(&operator, &receivers, events, pace).await;
    let counts = faults.reset().await;
    println!("1 shard, {events} events: {} writes throttled", counts.capped_writes);
    assert!(counts.capped_writes > 0, "the events must reach the limit, or the test proves nothing");
}
