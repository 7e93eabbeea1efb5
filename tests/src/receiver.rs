//! Receivers: real HTTP servers on free ports that record their requests.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::Bytes,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;

use crate::within;

/// A recorded request.
#[derive(Debug, Clone)]
pub struct Received {
    /// When it arrived.
    pub at: Instant,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, unmodified.
    pub body: Bytes,
}

impl Received {
    /// The value of a header that must exist.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("no header {name}")).to_str().expect("text")
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }

    /// Whether the STACK signature is valid for this secret; computed independently of the product's code.
    pub fn signed_by(&self, secret: &str) -> bool {
        self.header("x-stack-signature-256") == hex_hmac(secret, &self.body)
    }
}

/// Lowercase hex of HMAC-SHA256, keyed with the whole secret string.
pub fn hex_hmac(secret: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any key");
    mac.update(body);
    HEXLOWER.encode(&mac.finalize().into_bytes())
}

/// A recording HTTP server.
pub struct Receiver {
    url: String,
    received: Arc<Mutex<Vec<Received>>>,
}

impl Receiver {
    /// Answers each request with `answer` of its number, counted from 1.
    pub async fn answering<R: IntoResponse + Send>(answer: impl Fn(usize) -> R + Send + Sync + 'static) -> Self {
        Self::with_handler(move |_, number| answer(number)).await
    }

    /// Answers each request with `answer` of the request and its number, counted from 1.
    pub async fn with_handler<R: IntoResponse + Send>(
        answer: impl Fn(&Received, usize) -> R + Send + Sync + 'static,
    ) -> Self {
        let answer = Arc::new(answer);
        Self::with_async_handler(move |received, number| {
            let answer = answer.clone();
            async move { answer(&received, number).into_response() }
        })
        .await
    }

    /// Accepts connections and requests, but never answers.
    pub async fn silent() -> Self {
        Self::with_async_handler(|_, _| std::future::pending()).await
    }

    async fn with_async_handler<F>(handle: impl Fn(Received, usize) -> F + Clone + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Response> + Send + 'static,
    {
        let received = Arc::new(Mutex::new(Vec::new()));
        let log = received.clone();
        let handle = move |headers: HeaderMap, body: Bytes| {
            let (log, handle) = (log.clone(), handle.clone());
            async move {
                let received = Received { at: Instant::now(), headers, body };
                let number = {
                    let mut log = log.lock().expect("no panic");
                    log.push(received.clone());
                    log.len()
                };
                handle(received, number).await
            }
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}/hooks/stack", listener.local_addr().expect("an address"));
        let router = Router::new().fallback(handle);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, received }
    }

    /// Accepts every request.
    pub async fn taking() -> Self {
        Self::answering(|_| StatusCode::NO_CONTENT).await
    }

    /// Rejects the first `count` requests and accepts the others.
    pub async fn failing(count: usize) -> Self {
        Self::answering(move |n| if n <= count { StatusCode::INTERNAL_SERVER_ERROR } else { StatusCode::OK }).await
    }

    /// The URL of the receiver.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The requests so far.
    pub fn received(&self) -> Vec<Received> {
        self.received.lock().expect("no panic").clone()
    }

    /// The number of requests so far.
    pub fn count(&self) -> usize {
        self.received.lock().expect("no panic").len()
    }

    /// Waits until there are at least `count` requests, and returns all of them.
    pub async fn wait_for(&self, count: usize) -> Vec<Received> {
        let what = format!("{count} requests at {}", self.url);
        within(Duration::from_secs(90), &what, async || Some(self.received()).filter(|got| got.len() >= count)).await
    }
}
