//! What a start costs: until the first poll, and the first invocation after it.

use std::{
    collections::BTreeMap,
    io::Write,
    path::Path,
    time::{Duration, Instant},
};

use flate2::{Compression, write::DeflateEncoder};
use serde::Serialize;

use crate::{
    gateway,
    host::{self, Host, Started},
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
    /// The first invocation after it, likewise; for the functions behind the API a request that reads, with a key.
    pub first_invocation_ms: Option<f64>,
    /// In memory at the first poll, in mebibytes.
    pub resident_mib: f64,
    /// Its program, compressed as in a zip, in megabytes.
    pub zip_mb: f64,
}

/// The functions, each with a request that it can answer at once.
const FUNCTIONS: [(&str, Option<&str>); 12] = [
    ("admin", None),
    ("channels", Some("/v1/notifications/channels?limit=1")),
    ("config", Some("/v1/config/notifications")),
    ("console", Some("/console/index.html")),
    ("deliver", None),
    ("destinations", Some("/v1/notifications/destinations?limit=1")),
    ("dispatch", None),
    ("endpoints", Some("/v1/webhooks/endpoints?limit=1")),
    ("events", Some("/v1/events?limit=1")),
    ("feedback", None),
    ("mail", Some("/mail/events?limit=1")),
    ("providers", Some("/api/v1/notifications/providers?limit=1")),
];

/// Starts every function twenty times, as cargo has built it by `profile`.
///
/// # Panics
/// When one does not start.
pub async fn measure(profile: &str, variables: &BTreeMap<String, String>, key: &str) -> Vec<Start> {
    let mut starts = vec![];
    for (function, path) in FUNCTIONS {
        let program = host::program(profile, function);
        let (mut began, mut first) = (vec![], vec![]);
        for _ in 0..TIMES {
            let host = Host::start(&program, variables).await;
            began.push(host.started());
            if let Some(path) = path {
                let asked = Instant::now();
                let answer = gateway::send(&host, "GET", path, key, None).await;
                first.push(asked.elapsed());
                assert!(answer.status < 500, "{function}: {answer:?}");
            }
            host.stop().await;
        }
        let of = |what: fn(&Started) -> Duration| milliseconds(median(began.iter().map(what).collect()));
        starts.push(Start {
            function,
            first_poll_ms: of(|started| started.first_poll),
            cpu_ms: of(|started| started.cpu),
            first_invocation_ms: path.map(|_| milliseconds(median(first))),
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
