//! Counting what functions ask of AWS: a proxy between them and the local cloud.
//!
//! It passes everything on as it is, and reckons read and write units itself, by [`crate::capacity`]: the local cloud's own
//! figures are wrong for some operations. For that it reads rows before and after they are written, and repeats reads
//! whose answers do not show all that was looked at. None of that is counted, but it takes time: [`Mode::Forward`]
//! leaves it out.

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

/// What is done with calls beside passing them on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Nothing but noting when they were under way: for measurements of time.
    Forward,
    /// They are counted.
    Count,
}

/// The proxy. It ends when this is dropped.
pub struct Meter {
    inner: Arc<Inner>,
    url: String,
    server: JoinHandle<()>,
}

struct Inner {
    /// As the local cloud's, without a slash at the end.
    endpoint: String,
    client: reqwest::Client,
    tables: Tables,
    /// Held alone by a counted write, so that nothing changes between its looks at the rows, and shared by a counted read.
    stillness: tokio::sync::RwLock<()>,
    state: Mutex<Told>,
    spans: Mutex<Spans>,
}

struct Told {
    mode: Mode,
    nouns: Nouns,
    counts: Counts,
    /// What could not be counted, and why.
    trouble: Vec<String>,
}

/// What the functions sent, or the local cloud answered.
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
    /// A proxy before the local cloud, on a free port of this machine, that counts. The cloud's credentials are for its own
    /// looks at tables; `nouns` are what tables are called in the counts.
    pub async fn before(cloud: Cloud, nouns: Nouns) -> Self {
        let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
        let told = Told { mode: Mode::Count, nouns, counts: Counts::default(), trouble: vec![] };
        let inner = Arc::new(Inner {
            endpoint: cloud.endpoint().to_owned(),
            client: client.build().expect("an HTTP client"),
            tables: Tables::of(cloud),
            stillness: tokio::sync::RwLock::default(),
            state: Mutex::new(told),
            spans: Mutex::default(),
        });
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        // Small answers would wait for the other side's acknowledgement of the last.
        let listener = listener.tap_io(|connection| connection.set_nodelay(true).expect("a TCP connection"));
        let router = Router::new().fallback(pass).with_state(inner.clone());
        let server = tokio::spawn(async { axum::serve(listener, router).await.expect("to serve") });
        Self { inner, url, server }
    }

    /// What functions take as the address of AWS.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Sets what is done with calls that come from now on.
    pub fn set(&self, mode: Mode) {
        self.inner.told().mode = mode;
    }

    /// What was counted since the last time.
    ///
    /// # Panics
    /// When something could not be counted: counts that leave something out are worse than none.
    pub fn take(&self) -> Counts {
        let mut told = self.inner.told();
        let (counts, trouble) = (std::mem::take(&mut told.counts), std::mem::take(&mut told.trouble));
        drop(told);
        assert!(trouble.is_empty(), "these calls could not be counted:\n{}", trouble.join("\n"));
        counts
    }

    /// For how long, between these times, at least one call was under way to the local cloud, in either mode.
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
            let mode = inner.told().mode;
            match mode {
                Mode::Forward => inner.forward(&sent).await,
                Mode::Count => inner.count(&sent).await,
            }
        }
        Err(error) => Err(format!("the request broke off: {error}")),
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
    fn told(&self) -> MutexGuard<'_, Told> {
        self.state.lock().expect("no panic")
    }

    /// Passes a call on, `Host` and all: that is part of what was signed.
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
        let mut told = self.told();
        if let Err(error) = &result {
            told.trouble.push(format!("{name}: {error}"));
        }
        *told.counts.calls.entry(name).or_default() += 1;
        result
    }

    async fn sqs(&self, operation: &str, sent: &Sent) -> Result<Answer, String> {
        let answer = self.forward(sent).await?;
        let requests = sqs::requests(operation, &sent.body, &answer.body);
        self.told().counts.sqs_requests += requests;
        Ok(answer)
    }
}

/// Headers without those that are of one connection.
fn of_the_message(headers: &HeaderMap) -> HeaderMap {
    let mut headers = headers.clone();
    for name in [header::CONNECTION, header::TRANSFER_ENCODING, header::EXPECT] {
        headers.remove(name);
    }
    headers.remove("keep-alive");
    headers
}
