//! Nothing is lost when all kinds of faults occur, receivers fail, and workers are killed, all at the same time.
//!
//! A separate test program, because this affects all functions. `CHAOS_DELIVERIES` changes the number of deliveries.
#![allow(clippy::expect_used, clippy::print_stdout, reason = "a test that reports")]

use std::{
    collections::{BTreeSet, HashMap},
    env,
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use axum::http::StatusCode;
use e2e::{
    Crowd, Receiver, aws,
    faults::{Faults, Settings},
    operations::{Changed, kill, redrive},
    receiver::Received,
    variable,
};
use rand::RngExt;
use tokio::time::sleep;

const EVENT: &str = "custom.chaos";
/// Of every ten destinations, three fail.
const FAN_OUT: usize = 10;
const FAILING: usize = 3;
/// How often a failing destination rejects a delivery at most: fewer times than make it unhealthy, because the
/// deliveries of an unhealthy destination are held.
const MAX_REFUSALS: usize = 3;
const FAULTS: f64 = 0.05;
/// The messages of a killed worker return after the visibility timeout of their queue. With the template's timeout of
/// minutes, this test would take almost an hour, as a message may be affected by several kills. A worker ends after 30
/// s.
const VISIBILITY_SECONDS: u32 = 35;
/// How long the record of an attempt may take after its request: a request that arrived within this time before a kill
/// was in progress.
const UNDER_WAY: Duration = Duration::from_secs(1);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_among_faults_and_kills() {
    let deliveries: usize = env::var("CHAOS_DELIVERIES").map_or(3000, |count| count.parse().expect("a number"));
    let faults = Faults::exclusive().await;
    let failing = Arc::new(OnceLock::new());
    let crowd = Crowd::at(receiver(failing.clone()).await, EVENT, FAN_OUT).await;
    failing.set(crowd.destinations[..FAILING].to_vec()).expect("set once");
    let queues = [&aws::EVENT_QUEUES[..], &aws::LANES[..]].concat();
    println!("the visibility timeout is {VISIBILITY_SECONDS} s: the messages of killed workers return after it");
    let visibility = Changed::set(&queues, "VisibilityTimeout", |_| VISIBILITY_SECONDS.to_string()).await;

    let started = Instant::now();
    faults.set(&Settings { seed: 14, ..Settings::all(FAULTS) }).await;
    let killer = Killer::start();
    let events = crowd.post(EVENT, deliveries / FAN_OUT).await;
    let posted = started.elapsed();
    // Long enough for all deliveries, unless they are killed repeatedly: the rest succeeds after the kills have
    // stopped.
    let most = Duration::from_secs_f64(60.0_f64.max(deliveries as f64 / 50.0));
    while started.elapsed() < most && arrived(&crowd) < deliveries {
        sleep(Duration::from_secs(1)).await;
    }
    let kills = killer.stop().await;
    let counts = faults.reset().await;
    let chaos = started.elapsed();
    println!("posted in {posted:.1?}; {} of {deliveries} arrived within {chaos:.1?} of chaos", arrived(&crowd));

    aws::queues_are_empty(Duration::from_secs(240)).await;
    println!("dead letters before the redrive: {:?}", aws::dead_letters().await);
    print!("{}", redrive().await);
    let progress = crowd.wait_until_settled(&events, Duration::from_secs(120)).await;
    aws::queues_are_empty(Duration::from_secs(120)).await;
    visibility.restore().await;
    let under_way = kills.under_way(&crowd.receiver.received());
    println!("{progress:?}");
    println!("faults: {counts:?}");
    println!(
        "{} kills of {} processes, {under_way} attempts in progress; {} requests beyond one for each attempt; \
         all in {:.1?}",
        kills.times.len(),
        kills.processes,
        progress.repeats(),
        started.elapsed()
    );
    progress.expect_all_succeeded();
    aws::wait_until_idle(Duration::from_secs(10)).await;
    let allowed = under_way + usize::try_from(counts.lost_replies).expect("a number") + progress.attempts / 100;
    assert!(progress.repeats() <= allowed, "{} requests too many, {allowed} allowed", progress.repeats());
}

/// Rejects half of the requests to failing destinations, up to [`MAX_REFUSALS`] times for each delivery.
async fn receiver(failing: Arc<OnceLock<Vec<String>>>) -> Receiver {
    let refusals = Mutex::new(HashMap::<String, usize>::new());
    Receiver::with_handler(move |received, _| {
        let delivery = received.header("webhook-id");
        let fails = failing.get().is_some_and(|all| all.iter().any(|id| id["ndst_".len()..] == delivery[4..30]));
        if !fails || rand::random() {
            return StatusCode::NO_CONTENT;
        }
        let mut refusals = refusals.lock().expect("no panic");
        let refused = refusals.entry(delivery.to_owned()).or_default();
        if *refused == MAX_REFUSALS {
            return StatusCode::NO_CONTENT;
        }
        *refused += 1;
        StatusCode::INTERNAL_SERVER_ERROR
    })
    .await
}

fn arrived(crowd: &Crowd) -> usize {
    let got = crowd.receiver.received();
    got.iter().map(|request| request.header("webhook-id")).collect::<BTreeSet<_>>().len()
}

/// Kills the processes of dispatch and deliver in random order.
struct Killer {
    ended: Arc<AtomicBool>,
    thread: std::thread::JoinHandle<Kills>,
}

/// The times of all kills and of those of deliver, and the number of killed processes.
#[derive(Default)]
struct Kills {
    times: Vec<Instant>,
    deliver: Vec<Instant>,
    processes: usize,
}

impl Killer {
    fn start() -> Self {
        let ended = Arc::new(AtomicBool::new(false));
        let until = ended.clone();
        let functions = [variable("DISPATCH_FUNCTION"), variable("DELIVER_FUNCTION")];
        let endpoint = variable("AWS_ENDPOINT_URL");
        let thread = std::thread::spawn(move || {
            let mut kills = Kills::default();
            while !until.load(Ordering::Relaxed) {
                std::thread::sleep(Duration::from_millis(rand::rng().random_range(300..2000)));
                let which = usize::from(rand::random::<bool>());
                let at = Instant::now();
                kills.processes += kill(&functions[which], &endpoint);
                kills.times.push(at);
                if which == 1 {
                    kills.deliver.push(at);
                }
            }
            kills
        });
        Self { ended, thread }
    }

    async fn stop(self) -> Kills {
        self.ended.store(true, Ordering::Relaxed);
        tokio::task::spawn_blocking(|| self.thread.join()).await.expect("a thread").expect("no panic")
    }
}

impl Kills {
    /// The number of attempts in progress when deliver was killed.
    fn under_way(&self, requests: &[Received]) -> usize {
        // A kill takes some time, during which the process still sends requests.
        let met = |at: Instant| {
            self.deliver.iter().any(|kill| at < *kill + Duration::from_millis(200) && *kill < at + UNDER_WAY)
        };
        requests.iter().filter(|request| met(request.at)).count()
    }
}
