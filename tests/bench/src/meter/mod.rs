//! Counts the functions' calls to AWS: a proxy between them and the local cloud.
//!
//! It forwards every call unchanged, and calculates read and write units itself with [`crate::capacity`], because the
//! local cloud reports wrong figures for some operations. To do so, it reads rows before and after each write, and
//! repeats reads whose answers hide parts of the rows. These calls are not counted, but they take time:
//! [`Mode::Forward`] leaves them out.

mod call;
mod counts;
mod dynamodb;
mod partiql;
mod spans;
mod sqs;
mod tables;

use std::{
    sync::{Arc, Mutex, MutexGuard},
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, Method, Response, StatusCode, Uri, header},
    serve::ListenerExt,
};
use e2e::aws::Cloud;
use tokio::{net::TcpListener, task::JoinHandle};

pub use counts::{Counts, Nouns};
use spans::Spans;
use tables::Tables;

/// What the meter does with calls in addition to forwarding them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// It only records when they were in progress: for measurements of time.
    Forward,
    /// It counts them.
    Count,
}

/// The proxy. It stops when this is dropped.
pub struct Meter {
    inner: Arc<Inner>,
    url: String,
    server: JoinHandle<()>,
}

struct Inner {
    /// The address of the local cloud, without a trailing slash.
    endpoint: String,
    client: reqwest::Client,
    tables: Tables,
    /// A counted write locks this exclusively, so that the rows do not change between its two reads of them. Counted
    /// reads share it.
    isolation: tokio::sync::RwLock<()>,
    state: Mutex<MeterState>,
    spans: Mutex<Spans>,
}

struct MeterState {
    mode: Mode,
    nouns: Nouns,
    counts: Counts,
    /// Calls that could not be counted, and why.
    uncounted: Vec<String>,
}

/// A request of a function.
struct Sent {
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Meter {
    /// Starts a counting proxy in front of the local cloud, on a free port. It uses the cloud's credentials for its own
    /// reads; `nouns` are the tables' names in the counts.
    pub async fn start(cloud: Cloud, nouns: Nouns) -> Self {
        let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
        let state = MeterState { mode: Mode::Count, nouns, counts: Counts::default(), uncounted: vec![] };
        let inner = Arc::new(Inner {
            endpoint: cloud.endpoint().to_owned(),
            client: client.build().expect("an HTTP client"),
            tables: Tables::of(cloud),
            isolation: tokio::sync::RwLock::default(),
            state: Mutex::new(state),
            spans: Mutex::default(),
        });
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        // Without this, small answers would wait for the acknowledgement of the previous packet.
        let listener = listener.tap_io(|connection| connection.set_nodelay(true).expect("a TCP connection"));
        let router = Router::new().fallback(pass).with_state(inner.clone());
        let server = tokio::spawn(async { axum::serve(listener, router).await.expect("to serve") });
        Self { inner, url, server }
    }

    /// The address that functions use as the endpoint of AWS.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Sets the mode for the following calls.
    pub fn set(&self, mode: Mode) {
        self.inner.state().mode = mode;
    }

    /// What was counted since the last call of this method.
    ///
    /// # Panics
    /// When a call could not be counted: incomplete counts would be misleading.
    pub fn take(&self) -> Counts {
        let mut state = self.inner.state();
        let (counts, uncounted) = (std::mem::take(&mut state.counts), std::mem::take(&mut state.uncounted));
        drop(state);
        assert!(uncounted.is_empty(), "these calls could not be counted:\n{}", uncounted.join("\n"));
        counts
    }

    /// For how long, between these times, at least one call to the local cloud was in progress, in either mode.
    pub fn busy(&self, from: Instant, to: Instant) -> Duration {
        self.inner.spans.lock().expect("no panic").busy(from, to)
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn pass(State(inner): State<Arc<Inner>>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let answer = match to_bytes(body, usize::MAX).await {
        Ok(body) => {
            let sent = Sent { method: parts.method, uri: parts.uri, headers: parts.headers, body };
            let mode = inner.state().mode;
            match mode {
                Mode::Forward => inner.forward(&sent).await,
                Mode::Count => inner.count(&sent).await,
            }
        }
        Err(error) => Err(format!("the request was incomplete: {error}")),
    };
    let answer = answer.unwrap_or_else(|text| Answer {
        status: StatusCode::BAD_GATEWAY,
        headers: HeaderMap::new(),
        body: text.into(),
    });
    let mut response = Response::new(answer.body.into());
    *response.status_mut() = answer.status;
    *response.headers_mut() = answer.headers;
    response
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, MeterState> {
        self.state.lock().expect("no panic")
    }

    /// Forwards a call with its `Host` header, which is part of the signature.
    async fn forward(&self, sent: &Sent) -> Result<Answer, String> {
        let url = format!("{}{}", self.endpoint, sent.uri);
        let request = self.client.request(sent.method.clone(), url).headers(of_the_message(&sent.headers));
        let _span = Spans::begin(&self.spans);
        let broken = |error: reqwest::Error| format!("the local cloud did not answer: {error}");
        let answer = request.body(sent.body.clone()).send().await.map_err(broken)?;
        let (status, headers) = (answer.status(), of_the_message(answer.headers()));
        Ok(Answer { status, headers, body: answer.bytes().await.map_err(broken)? })
    }

    async fn count(&self, sent: &Sent) -> Result<Answer, String> {
        let name = call::name(sent);
        let result = match name.split_once('.') {
            Some(("DynamoDB", operation)) => self.dynamodb(operation, sent).await,
            Some(("SQS", operation)) => self.sqs(operation, sent).await,
            _ => self.forward(sent).await,
        };
        let mut state = self.state();
        if let Err(error) = &result {
            state.uncounted.push(format!("{name}: {error}"));
        }
        *state.counts.calls.entry(name).or_default() += 1;
        result
    }

    async fn sqs(&self, operation: &str, sent: &Sent) -> Result<Answer, String> {
        let answer = self.forward(sent).await?;
        let requests = sqs::requests(operation, &sent.body, &answer.body);
        self.state().counts.sqs_requests += requests;
        Ok(answer)
    }
}

/// Removes the headers that belong to a single connection.
fn of_the_message(headers: &HeaderMap) -> HeaderMap {
    let mut headers = headers.clone();
    for name in [header::CONNECTION, header::TRANSFER_ENCODING, header::EXPECT] {
        headers.remove(name);
    }
    headers.remove("keep-alive");
    headers
}
