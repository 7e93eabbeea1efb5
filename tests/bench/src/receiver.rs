//! A fast receiver: it answers immediately, and records only when requests arrived.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use axum::{
    Router,
    body::Bytes,
    http::{HeaderMap, StatusCode, Uri},
};
use tokio::net::TcpListener;

/// A receiver for any number of destinations, each with its own path.
pub struct Receiver {
    url: String,
    log: Arc<Log>,
}

#[derive(Default)]
struct Log {
    requests: AtomicU64,
    bytes: AtomicU64,
    /// When the first request of each delivery arrived, by `webhook-id`.
    arrived: Mutex<HashMap<String, Instant>>,
    /// How many of the first requests of each delivery to reject.
    refusing: AtomicU64,
    refused: Mutex<HashMap<String, u64>>,
}

impl Receiver {
    /// Starts a receiver that accepts everything.
    ///
    /// # Panics
    /// When there is no free port.
    pub async fn start() -> Self {
        let log = Arc::new(Log::default());
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let state = log.clone();
        let handle =
            move |uri: Uri, headers: HeaderMap, body: Bytes| std::future::ready(state.take(&uri, &headers, &body));
        tokio::spawn(async move { axum::serve(listener, Router::new().fallback(handle)).await });
        Self { url, log }
    }

    /// The URL of destination number `n`.
    pub fn url(&self, n: usize) -> String {
        format!("{}/{n}", self.url)
    }

    /// From now on, rejects the first `count` requests of each delivery.
    pub fn refuse(&self, count: u64) {
        self.log.refusing.store(count, Ordering::Relaxed);
    }

    /// The number of requests, and the bytes of their bodies, since the last call.
    pub fn take(&self) -> (u64, u64) {
        (self.log.requests.swap(0, Ordering::Relaxed), self.log.bytes.swap(0, Ordering::Relaxed))
    }

    /// When each delivery first arrived, since the last call.
    ///
    /// # Panics
    /// Never.
    pub fn arrived(&self) -> HashMap<String, Instant> {
        std::mem::take(&mut *self.log.arrived.lock().expect("no panic"))
    }
}

impl Log {
    fn take(&self, uri: &Uri, headers: &HeaderMap, body: &Bytes) -> StatusCode {
        let at = Instant::now();
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(body.len() as u64, Ordering::Relaxed);
        let id = headers.get("webhook-id").and_then(|id| id.to_str().ok()).unwrap_or(uri.path());
        self.arrived.lock().expect("no panic").entry(id.to_owned()).or_insert(at);
        let refusing = self.refusing.load(Ordering::Relaxed);
        if refusing > 0 {
            let mut refused = self.refused.lock().expect("no panic");
            let count = refused.entry(id.to_owned()).or_default();
            if *count < refusing {
                *count += 1;
                return StatusCode::SERVICE_UNAVAILABLE;
            }
        }
        StatusCode::NO_CONTENT
    }
}
