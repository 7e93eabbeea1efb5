//! What a cold start costs: the time until the first poll, and the first invocation after it.

use std::{
    collections::BTreeMap,
    io::Write,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use domain::{
    DeliveryId, DestinationId, EventId, OperatorId,
    message::{Ingest, Job},
};
use flate2::{Compression, write::DeflateEncoder};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    gateway,
    host::{self, Host, Started},
    mapping,
};

/// How often to start each function.
const TIMES: usize = 20;

/// The cost of a function's cold start.
#[derive(Debug, Clone, Serialize)]
pub struct Start {
    /// The name of the function.
    pub function: &'static str,
    /// From the start of its process to its first poll of the runtime API, in milliseconds: the median of twenty
    /// starts.
    pub first_poll_ms: f64,
    /// The processor time of the start, likewise.
    pub cpu_ms: f64,
    /// The first invocation, likewise: for a function behind the API a GET request with an API key, for a worker a
    /// message that takes little work.
    pub first_invocation_ms: Option<f64>,
    /// Resident memory at the first poll, in mebibytes.
    pub resident_mib: f64,
    /// Its program, compressed as in a zip file, in megabytes.
    pub zip_mb: f64,
}

/// The first invocation of a function.
#[derive(Debug, Clone, Copy)]
enum First {
    /// A GET request of this path with an API key.
    Request(&'static str),
    /// A batch of one message.
    Message(fn() -> Value),
    /// None: its invocations come from people, or from SES.
    Nothing,
}

/// The functions, each with a first invocation that needs no preparation.
const FUNCTIONS: [(&str, First); 14] = [
    ("account", First::Request("/v1/whoami")),
    ("admin", First::Nothing),
    ("channels", First::Request("/v1/notifications/channels?limit=1")),
    ("config", First::Request("/v1/config/notifications")),
    ("console", First::Request("/console/index.html")),
    ("deliver", First::Message(expired_job)),
    ("deliveries", First::Request("/v1/deliveries?limit=1")),
    ("destinations", First::Request("/v1/notifications/destinations?limit=1")),
    ("dispatch", First::Message(event_for_nobody)),
    ("endpoints", First::Request("/v1/webhooks/endpoints?limit=1")),
    ("events", First::Request("/v1/events?limit=1")),
    ("feedback", First::Nothing),
    ("mail", First::Request("/mail/events?limit=1")),
    ("providers", First::Request("/api/v1/notifications/providers?limit=1")),
];

/// An event that matches no rule: `dispatch` reads the rules and writes the event.
fn event_for_nobody() -> Value {
    let event = serde_json::from_value(json!({"type": "custom.start", "data": {}})).expect("an event");
    serde_json::to_value(Ingest::new(operator(), EventId::generate(), event)).expect("JSON")
}

/// A job whose delivery has expired: `deliver` only reads its rows.
fn expired_job() -> Value {
    let event = EventId::first_at(Timestamp::UNIX_EPOCH);
    let delivery = DeliveryId::new(DestinationId::generate(), event);
    serde_json::to_value(Job::at_once(delivery, operator(), 0)).expect("JSON")
}

fn operator() -> OperatorId {
    e2e::variable("OPERATOR_ID").parse().expect("an operator's id")
}

/// Starts every function twenty times, as built by cargo with `profile`.
///
/// # Panics
/// When one does not start.
pub async fn measure(profile: &str, variables: &BTreeMap<String, String>, key: &str) -> Vec<Start> {
    let mut starts = vec![];
    for (function, given) in FUNCTIONS {
        let program = host::program(profile, function);
        let (mut began, mut first) = (vec![], vec![]);
        for _ in 0..TIMES {
            let host = Host::start(&program, variables).await;
            began.push(host.started());
            let sent = Instant::now();
            match given {
                First::Request(path) => {
                    let answer = gateway::send(&host, "GET", path, key, None).await;
                    assert!(answer.status < 500, "{function}: {answer:?}");
                    first.push(sent.elapsed());
                }
                First::Message(message) => {
                    let batch = mapping::batch_of_one(&message());
                    let answer = host.invoke(batch.to_string()).await.expect("an answer");
                    first.push(sent.elapsed());
                    assert_eq!(&*answer, br#"{"batchItemFailures":[]}"#, "{function}: {:#?}", host.tail());
                }
                First::Nothing => {}
            }
            host.stop().await;
        }
        let of = |what: fn(&Started) -> Duration| milliseconds(median(began.iter().map(what).collect()));
        starts.push(Start {
            function,
            first_poll_ms: of(|started| started.first_poll),
            cpu_ms: of(|started| started.cpu),
            first_invocation_ms: (!first.is_empty()).then(|| milliseconds(median(first))),
            resident_mib: median(began.iter().map(|started| started.resident).collect()) as f64 / (1024.0 * 1024.0),
            zip_mb: zipped(&program) as f64 / 1e6,
        });
    }
    starts
}

/// The median.
pub fn median<T: Ord + Copy>(values: Vec<T>) -> T {
    quantile(values, 0.5)
}

/// The smallest value that at least this share of the values does not exceed.
///
/// # Panics
/// When there are no values.
pub fn quantile<T: Ord + Copy>(mut values: Vec<T>, share: f64) -> T {
    values.sort_unstable();
    let place = ((values.len() as f64 * share).ceil() as usize).clamp(1, values.len());
    values[place - 1]
}

/// Converts to milliseconds.
pub fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// The size of a program compressed as in a zip file, which adds less than 200 bytes. Symbols, which only the count of
/// instructions needs, are removed before, as for AWS.
fn zipped(program: &Path) -> usize {
    let stripped = std::env::temp_dir().join(format!("stripped-{}", std::process::id()));
    let status = Command::new("strip").arg("-o").arg(&stripped).arg(program).status();
    assert!(status.expect("strip, which comes with a C compiler").success(), "{}", program.display());
    let mut encoder = DeflateEncoder::new(vec![], Compression::default());
    encoder.write_all(&std::fs::read(&stripped).expect("a program")).expect("memory");
    let _ = std::fs::remove_file(stripped);
    encoder.finish().expect("memory").len()
}
