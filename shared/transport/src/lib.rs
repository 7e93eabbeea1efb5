//! The HTTP/1.1 client for everything this project calls: receivers of webhooks, chat platforms and AWS.
//!
//! A Lambda function is frozen between invocations. Meanwhile the other side may close a connection that the function
//! keeps open, and the function only notices when its next request fails. Therefore:
//!
//! - An idle connection is reused for at most 4 seconds.
//! - A request that fails on a reused connection before any byte of an answer arrives is sent once more, on a new
//!   connection, within the same deadline. RFC 9112, section 9.3.1, covers such retries.
//!
//! A request that fails on a new connection, or times out, is never repeated here.

mod connector;
mod error;
mod history;
mod resolve;
#[cfg(feature = "testing")]
pub mod testing;

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Extensions, Request, Response};
use http_body_util::Full;
pub use hyper::body::Incoming;
use hyper_util::{
    client::legacy::{
        self,
        connect::{CaptureConnection, capture_connection},
    },
    rt::{TokioExecutor, TokioTimer},
};
use rustls::{ClientConfig, RootCertStore, crypto::aws_lc_rs};
use tokio::time::{Instant, timeout_at};

pub use error::Error;
pub use resolve::{Resolve, Resolving, SystemResolver};

use connector::Connector;
use history::History;

/// How long an idle connection may be reused. Node.js closes idle connections after 5 s, and most servers later.
const MAX_IDLE: Duration = Duration::from_secs(4);
/// The maximum number of header lines in an answer. The default of hyper is 100.
const MAX_HEADERS: usize = 1000;

type Hyper = legacy::Client<Connector, Full<Bytes>>;

/// The settings of a [`Client`].
pub struct Settings {
    /// How to verify servers; see [`tls`].
    pub tls: Arc<ClientConfig>,
    /// Whether to refuse `http://`.
    pub https_only: bool,
    /// The timeout for making a connection: name resolution, TCP and TLS together.
    pub connect_timeout: Option<Duration>,
    /// How to resolve names. An IP address in a URL is dialled without the resolver.
    pub resolver: Arc<dyn Resolve>,
}

/// Sends requests and keeps connections open between them. It uses no proxy and follows no redirects. Clones share their
/// connections.
#[derive(Clone)]
pub struct Client {
    pooled: Hyper,
    // Without a pool, so that the second try cannot get another dead connection.
    unpooled: Hyper,
}

/// An extension of a request that is never sent twice, not even if a reused connection turns out to be dead: the other
/// side may have read it.
#[derive(Debug, Clone, Copy)]
pub struct Once;

/// The connection that an answer arrived on. It is one of the answer's extensions.
#[derive(Clone)]
pub struct Connection(CaptureConnection);

impl Connection {
    /// Whether the headers of the answer violate the rules of HTTP. Call it before reading the body, which frees the
    /// connection.
    pub fn has_malformed_headers(&self) -> bool {
        history(&self.0).is_some_and(|history| history.has_malformed_headers())
    }

    /// Prevents further requests from using this connection.
    pub fn poison(&self) {
        if let Some(connected) = self.0.connection_metadata().as_ref() {
            connected.poison();
        }
    }
}

impl Client {
    /// Creates a client. It connects when the first request is sent.
    pub fn new(settings: Settings) -> Self {
        let connector = Connector::new(settings);
        let mut builder = legacy::Client::builder(TokioExecutor::new());
        builder
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(MAX_IDLE)
            // This would try one dead connection after another. We retry once ourselves.
            .retry_canceled_requests(false)
            // Only the status line matters, so accept whatever headers receivers send.
            .http1_ignore_invalid_headers_in_responses(true)
            .http1_allow_spaces_after_header_name_in_responses(true)
            .http1_allow_obsolete_multiline_headers_in_responses(true)
            .http1_max_headers(MAX_HEADERS);
        let pooled = builder.build(connector.clone());
        let unpooled = builder.pool_max_idle_per_host(0).build(connector);
        Self { pooled, unpooled }
    }

    /// Sends a request and returns as soon as the headers of its answer have arrived.
    ///
    /// # Errors
    /// When no answer arrives, or not before the deadline. An answer with any status is a success here.
    pub async fn send(&self, request: Request<Bytes>, deadline: Option<Instant>) -> Result<Response<Incoming>, Error> {
        let sending = self.send_up_to_twice(request);
        match deadline {
            Some(deadline) => timeout_at(deadline, sending).await.unwrap_or(Err(Error::Timeout)),
            None => sending.await,
        }
    }

    async fn send_up_to_twice(&self, request: Request<Bytes>) -> Result<Response<Incoming>, Error> {
        let copy = request.extensions().get::<Once>().is_none().then(|| request.clone());
        match (send_once(&self.pooled, request).await, copy) {
            (Err(Failed { on_dead_connection: true, .. }), Some(copy)) => send_once(&self.unpooled, copy).await,
            (result, _) => result,
        }
        .map_err(|failed| Error::from(failed.error))
    }
}

struct Failed {
    error: legacy::Error,
    on_dead_connection: bool,
}

async fn send_once(client: &Hyper, request: Request<Bytes>) -> Result<Response<Incoming>, Failed> {
    let mut request = request.map(Full::new);
    let connection = capture_connection(&mut request);
    let result = client.request(request).await;
    let history = history(&connection);
    match result {
        Ok(mut response) => {
            if let Some(history) = history {
                history.answered();
            }
            response.extensions_mut().insert(Connection(connection));
            Ok(response)
        }
        Err(error) => Err(Failed { error, on_dead_connection: history.is_some_and(|history| history.was_dead()) }),
    }
}

/// The history of the connection that a request was sent on. `None` if no connection was made.
fn history(connection: &CaptureConnection) -> Option<History> {
    let mut extras = Extensions::new();
    connection.connection_metadata().as_ref()?.get_extras(&mut extras);
    extras.remove()
}

/// Configures TLS 1.2 and 1.3 for HTTP/1.1, for servers whose certificates chain to one of the `roots`.
///
/// # Errors
/// When the cryptography library supports neither version.
pub fn tls(roots: RootCertStore) -> Result<Arc<ClientConfig>, rustls::Error> {
    let mut tls = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    tls.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(tls))
}
