//! Forwards calls, or answers them with faults.

use std::{
    convert::Infallible,
    path::PathBuf,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{
    body::Bytes,
    http::{HeaderMap, Method, Request, Response, StatusCode, Uri, header},
};
use http_body_util::{BodyExt, Full};
use hyper::{
    body::{Body as _, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};

use super::{
    call::Call,
    settings::Settings,
    state::{Fate, State, with_throttled, without},
};
use crate::aws::Cloud;

/// The path at which tests control the proxy.
pub(super) const CONTROL: &str = "/_faults";

/// The key that may do everything in the local cloud, and the region: see infra/local/cloud.py.
const ROOT_KEY: &str = "test";
const REGION: &str = "us-east-1";
const TARGET: [(&str, &str); 2] =
    [("content-type", "application/x-amz-json-1.0"), ("x-amz-target", "DynamoDB_20120810.BatchExecuteStatement")];

/// The proxy in front of the local cloud whose state is in the file `cloud`.
pub(super) struct Proxy {
    client: reqwest::Client,
    cloud: PathBuf,
    endpoint: OnceLock<String>,
    /// Whether calls are only forwarded.
    quiet: AtomicBool,
    state: Mutex<State>,
}

/// A received call.
struct Sent {
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
}

type Answer = Response<Full<Bytes>>;

/// Closes the connection without an answer.
#[derive(Debug, thiserror::Error)]
#[error("closed without an answer")]
struct Closed;

impl Proxy {
    pub(super) fn before(cloud: PathBuf) -> Self {
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            // The emulator closes connections that are idle for longer.
            .pool_idle_timeout(Duration::from_secs(2));
        Self {
            client: client.build().expect("an HTTP client"),
            cloud,
            endpoint: OnceLock::new(),
            quiet: AtomicBool::new(true),
            state: Mutex::new(State::new(Settings::default())),
        }
    }

    /// Serves forever.
    pub(super) async fn serve(self, listener: TcpListener) -> Infallible {
        let proxy = Arc::new(self);
        loop {
            match listener.accept().await {
                Ok((connection, _)) => drop(tokio::spawn(proxy.clone().serve_one(connection))),
                // Temporary, such as too many open files.
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    }

    async fn serve_one(self: Arc<Self>, connection: TcpStream) {
        // Without this, a small answer would wait for the acknowledgement of the previous packet.
        let _ = connection.set_nodelay(true);
        let handle = service_fn(|request| self.handle(request));
        let connection = http1::Builder::new().serve_connection(TokioIo::new(connection), handle);
        // Ends with an error if the caller disconnects or a fault closes the connection.
        let _ = connection.await;
    }

    async fn handle(&self, request: Request<Incoming>) -> Result<Answer, Closed> {
        let (parts, body) = request.into_parts();
        let body = body.collect().await.map_err(|_| Closed)?.to_bytes();
        let sent = Sent { method: parts.method, uri: parts.uri, headers: parts.headers, body };
        match sent.uri.path().strip_prefix(CONTROL) {
            Some("") => return Ok(self.control(&sent)),
            Some("/usage") => return Ok(json_answer(200, &self.state().usage())),
            _ => {}
        }
        if self.quiet.load(Ordering::Relaxed) {
            return Ok(self.forward(&sent).await);
        }
        match Call::of(&sent.headers) {
            Some(call) => self.disturb(&call, sent).await,
            None => Ok(self.forward(&sent).await),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no panic")
    }

    fn control(&self, sent: &Sent) -> Answer {
        match sent.method {
            Method::GET => json_answer(200, &serde_json::to_value(self.state().counts).unwrap_or_default()),
            Method::POST => match serde_json::from_slice(&sent.body) {
                Ok(settings) => self.set(settings),
                Err(error) => answer(400, error.to_string().into()),
            },
            Method::DELETE => self.set(Settings::default()),
            _ => answer(405, Bytes::new()),
        }
    }

    fn set(&self, settings: Settings) -> Answer {
        self.quiet.store(settings.is_quiet(), Ordering::Relaxed);
        *self.state() = State::new(settings);
        answer(200, Bytes::new())
    }

    /// Forwards a call, or injects a fault.
    async fn disturb(&self, call: &Call, sent: Sent) -> Result<Answer, Closed> {
        let request: Value = serde_json::from_slice(&sent.body).unwrap_or_default();
        let fate = {
            let mut state = self.state();
            state.counts.calls += 1;
            state.fate(call, &request)
        };
        let answered = match fate {
            Fate::Drop => return Err(Closed),
            Fate::Fail => return Ok(of_service(call.failed())),
            Fate::Throttle => return Ok(of_service(call.throttled())),
            Fate::Pass | Fate::LoseReply if call.operation == "BatchExecuteStatement" => {
                self.execute(sent, request).await
            }
            Fate::Pass | Fate::LoseReply => {
                let answer = self.forward(&sent).await;
                self.state().answered(call, &request, answer.body().size_hint().lower());
                answer
            }
        };
        if fate == Fate::LoseReply { Err(Closed) } else { Ok(answered) }
    }

    /// Forwards the statements that are not throttled.
    async fn execute(&self, sent: Sent, mut request: Value) -> Answer {
        let statements = request["Statements"].as_array().cloned().unwrap_or_default();
        let throttled = self.state().throttled(&statements);
        if throttled.is_empty() {
            return self.forward(&sent).await;
        }
        let (mut status, mut merged) = (200, Value::Null);
        if throttled.len() < statements.len() {
            without(&mut request, &throttled);
            let endpoint = match self.endpoint() {
                Ok(endpoint) => endpoint,
                Err(error) => return answer(502, error.into()),
            };
            // The signature covers the whole batch, so the remaining statements need a new one.
            let cloud = Cloud::at(endpoint, ROOT_KEY, ROOT_KEY, REGION);
            let text;
            (status, text) = cloud.post("dynamodb", "/", &TARGET, request.to_string()).await;
            merged = serde_json::from_str(&text).unwrap_or_default();
        }
        if status == 200 {
            with_throttled(&mut merged, &throttled);
        }
        json_answer(status, &merged)
    }

    /// Forwards a call with its `Host` header, which is part of the signature.
    async fn forward(&self, sent: &Sent) -> Answer {
        match self.try_forward(sent).await {
            Ok(answer) => answer,
            Err(error) => answer(502, error.into()),
        }
    }

    async fn try_forward(&self, sent: &Sent) -> Result<Answer, String> {
        let url = format!("{}{}", self.endpoint()?, sent.uri);
        let headers = of_the_message(&sent.headers);
        let broken = |error: reqwest::Error| format!("the local cloud did not answer: {error}");
        let request = self.client.request(sent.method.clone(), url).headers(headers).body(sent.body.clone());
        let answer = request.send().await.map_err(broken)?;
        let (status, headers) = (answer.status(), of_the_message(answer.headers()));
        let mut response = Response::new(answer.bytes().await.map_err(broken)?.into());
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        Ok(response)
    }

    /// The address of the local cloud, which starts after this proxy.
    fn endpoint(&self) -> Result<&str, String> {
        if let Some(endpoint) = self.endpoint.get() {
            return Ok(endpoint);
        }
        let text = std::fs::read(&self.cloud).map_err(|error| format!("{}: {error}", self.cloud.display()))?;
        let state: Value = serde_json::from_slice(&text).map_err(|error| error.to_string())?;
        let port = state["port"].as_u64().ok_or("the state of the local cloud has no port")?;
        Ok(self.endpoint.get_or_init(|| format!("http://127.0.0.1:{port}")))
    }
}

fn answer(status: u16, body: Bytes) -> Answer {
    let mut answer = Response::new(body.into());
    *answer.status_mut() = StatusCode::from_u16(status).expect("a status");
    answer
}

fn json_answer(status: u16, body: &Value) -> Answer {
    let mut answer = answer(status, body.to_string().into());
    let kind = header::HeaderValue::from_static("application/x-amz-json-1.0");
    answer.headers_mut().insert(header::CONTENT_TYPE, kind);
    answer
}

fn of_service((status, body): (u16, Value)) -> Answer {
    json_answer(status, &body)
}

/// Removes the headers that belong to a single connection, and the length, which may change.
fn of_the_message(headers: &HeaderMap) -> HeaderMap {
    let mut headers = headers.clone();
    for name in [header::CONNECTION, header::TRANSFER_ENCODING, header::EXPECT, header::CONTENT_LENGTH] {
        headers.remove(name);
    }
    headers.remove("keep-alive");
    headers
}
