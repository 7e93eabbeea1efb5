//! What a start costs: until the first poll, and the first invocation after it.

use std::{
    collections::BTreeMap,
    io::Write,
    path::Path,
    time::{Duration, Instant},
};

use domain::{DeliveryId, DestinationId, EventId, OperatorId, message::Job};
use flate2::{Compression, write::DeflateEncoder};
use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    gateway,
    host::{self, Host, Started},
    mapping,
};

/// How often each function is started.
const TIMES: usize = 20;

/// What a start of a function costs.
#[derive(Debug, Clone, Serialize)]
pub struct Start {
    /// Which function.
    pub function: &'static str,
    /// From the start of its process to its first poll of the runtime API: milliseconds, the median of twenty.
    pub first_poll_ms: f64,
    /// The processor time of it, likewise.
    pub cpu_ms: f64,
    /// The first invocation after it, likewise: of a function behind the API a request that reads, with a key; of a worker a
    /// message for which there is little to do.
    pub first_invocation_ms: Option<f64>,
    /// In memory at the first poll, in mebibytes.
    pub resident_mib: f64,
    /// Its program, compressed as in a zip, in megabytes.
    pub zip_mb: f64,
}

/// What a function is given first.
#[derive(Debug, Clone, Copy)]
enum First {
    /// A request that reads, with a key.
    Request(&'static str),
    /// A batch of one message.
    Message(fn() -> Value),
    /// Nothing: what it is given comes from people, or from SES.
    Nothing,
}

/// The functions, each with what it can answer at once.
const FUNCTIONS: [(&str, First); 12] = [
    ("admin", First::Nothing),
    ("channels", First::Request("/v1/notifications/channels?limit=1")),
    ("config", First::Request("/v1/config/notifications")),
    ("console", First::Request("/console/index.html")),
    ("deliver", First::Message(unknown_job)),
    ("destinations", First::Request("/v1/notifications/destinations?limit=1")),
    ("dispatch", First::Message(event_for_nobody)),
    ("endpoints", First::Request("/v1/webhooks/endpoints?limit=1")),
    ("events", First::Request("/v1/events?limit=1")),
    ("feedback", First::Nothing),
    ("mail", First::Request("/mail/events?limit=1")),
    ("providers", First::Request("/api/v1/notifications/providers?limit=1")),
];

/// An event that no rule takes: its rules are read, and it is written.
fn event_for_nobody() -> Value {
    json!({"operator_id": e2e::variable("OPERATOR_ID"), "event": {"type": "custom.start", "data": {}}})
}

/// A job of a delivery that is past its retention: its rows are read.
fn unknown_job() -> Value {
    let operator: OperatorId = e2e::variable("OPERATOR_ID").parse().expect("an operator's id");
    let delivery = DeliveryId::new(DestinationId::generate(), EventId::generate());
    serde_json::to_value(Job::at_once(delivery, operator, 0)).expect("JSON")
}

/// Starts every function twenty times, as cargo has built it by `profile`.
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
            let asked = Instant::now();
            match given {
                First::Request(path) => {
                    let answer = gateway::send(&host, "GET", path, key, None).await;
                    assert!(answer.status < 500, "{function}: {answer:?}");
                    first.push(asked.elapsed());
                }
                First::Message(message) => {
                    let batch = mapping::batch_of_one(&message());
                    let answer = host.invoke(batch.to_string()).await.expect("an answer");
                    first.push(asked.elapsed());
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

/// The middle one.
pub fn median<T: Ord + Copy>(values: Vec<T>) -> T {
    quantile(values, 0.5)
}

/// The one that this share of the values is not above.
///
/// # Panics
/// When there are no values.
pub fn quantile<T: Ord + Copy>(mut values: Vec<T>, share: f64) -> T {
    values.sort_unstable();
    let place = ((values.len() as f64 * share).ceil() as usize).clamp(1, values.len());
    values[place - 1]
}

/// In milliseconds.
pub fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// How many bytes a program has when it is compressed as in a zip; what the zip adds is less than 200.
fn zipped(program: &Path) -> usize {
    let mut encoder = DeflateEncoder::new(vec![], Compression::default());
    encoder.write_all(&std::fs::read(program).expect("a program")).expect("memory");
    encoder.finish().expect("memory").len()
}
