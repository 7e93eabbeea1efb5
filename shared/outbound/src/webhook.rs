//! Requests: a webhook is one signed POST, judged by the status of its answer; a message to a chat platform is one POST, of
//! whose answer the platform's own file says what it means.

use std::{
    error::Error as StdError,
    sync::Arc,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use domain::{
    Connection, Face, Platform, WebhookSecret,
    delivery::{Fault, MAX_KEPT_RESPONSE, cut},
    guard::{self, Refusal, TargetPolicy},
    hidden::{Credentials, shown_url},
    signature,
};
use http::{
    HeaderMap, HeaderName, HeaderValue, StatusCode,
    header::{self, CONTENT_TYPE, RETRY_AFTER},
};
use http_body_util::BodyExt;
use tokio::time::{Instant, timeout_at};
use trace::{Kind, Span};
use transport::{Client, Error, Incoming, Settings};
use url::Url;

use crate::{
    answer::{Answer, Begun, Failure},
    chat::{self, Answered, Card, Reading, refusal::is_rate_limit},
    resolver::GuardedResolver,
};

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(3);
/// How long a request may take in all.
const TOTAL: Duration = Duration::from_secs(10);
/// How much of an answer is read, in bytes.
const MAX_READ: usize = 16 * 1024;

/// How much of a URL is told, in bytes.
const MAX_SHOWN_URL: usize = 300;
/// What is told of an answer whose headers strict clients would not have read.
const MALFORMED: &str = "the answer's headers were malformed";

/// By which a receiver goes on with the trace: <https://www.w3.org/TR/trace-context/>.
const TRACEPARENT: &str = "traceparent";

/// What every request of ours says it is from.
pub const USER_AGENT: &str = concat!("STACK-Notifications/", env!("CARGO_PKG_VERSION"));

/// Sends webhooks. Keeps connections open between requests, so make one and share it. A receiver's certificate must be of
/// an authority that Mozilla trusted when this was built: reading the system's list would take most of a function's start.
pub struct Webhooks {
    client: Client,
    policy: TargetPolicy,
}

/// A request to a receiver.
pub struct Request<'a> {
    /// Where to.
    pub url: &'a str,
    /// As which API's webhook it is signed.
    pub face: Face,
    /// An id that stays the same over all attempts, so that the receiver can tell a repeat.
    pub id: &'a str,
    /// What is signed and sent.
    pub body: Vec<u8>,
    /// The secrets that sign, the current one first.
    pub secrets: &'a [WebhookSecret],
    /// Headers that the receiver's operator wants besides. None of them is one of ours.
    pub headers: &'a [(&'a str, &'a str)],
    /// What of the answer must not be kept besides the credentials in the URL: a receiver may send back what it was sent.
    pub secrets_of: Option<&'a Connection>,
}

impl Webhooks {
    /// A sender that dials what `policy` allows.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new(policy: TargetPolicy) -> Result<Self, Box<dyn StdError + Send + Sync>> {
        let roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        let client = Client::new(Settings {
            tls: transport::tls(roots)?,
            https_only: policy == TargetPolicy::Public,
            connect_timeout: Some(CONNECT),
            resolver: Arc::new(GuardedResolver { policy }),
        });
        Ok(Self { client, policy })
    }

    /// Sends one webhook as attempt number `number`. Whatever happens is the answer: it never fails.
    pub async fn send(&self, request: Request<'_>, number: u32) -> Answer {
        let mut begun = Begun::now(number);
        let Request { url, face, id, body, secrets, headers, secrets_of } = request;
        let clean = |text: &str| match secrets_of {
            Some(connection) => connection.scrub(text),
            None => Credentials::of_url(url).struck_out_of(text),
        };
        let mut all = signature::identity(face, id, begun.at());
        let signatures = signature::signatures(face, secrets, id, begun.at(), &body);
        begun.signed(&signatures);
        all.extend(signatures);
        all.extend(headers.iter().map(|(name, value)| (*name, (*value).to_owned())));
        let span = request_span();
        let traceparent = span.context().and_then(|context| context.traceparent());
        // The receiver's operator may have set another.
        if let Some(value) = traceparent.filter(|_| !all.iter().any(|(name, _)| name.eq_ignore_ascii_case(TRACEPARENT)))
        {
            all.push((TRACEPARENT, value));
        }
        match self.post(url, all, body, &span).await {
            Ok(Taken { status, retry_after, points_to, note, body }) => {
                let mut answer = begun.ended(Ok((Some(status.as_u16()), kept(&body, clean))));
                answer.attempt.error = (!status.is_success()).then(|| clean(&refusal_of(status, points_to.as_deref())));
                answer.attempt.note = note;
                if is_rate_limit(status.as_u16(), retry_after) {
                    answer.attempt.fault = Fault::Throttled;
                }
                Answer { retry_after, ..answer }
            }
            Err(unanswered) => unanswered.ends(begun),
        }
    }

    /// Sends one message to a chat platform's `url` as attempt number `number`. Whatever happens is the answer: it never
    /// fails. What succeeded has the platform's id of the message, where it gives one, in place of its answer. Of what is
    /// kept of another answer, the secrets of the `connection` are struck out.
    pub async fn send_chat(
        &self,
        platform: Platform,
        url: &str,
        connection: &Connection,
        card: &Card<'_>,
        number: u32,
    ) -> Answer {
        let begun = Begun::now(number);
        let message = chat::body(platform, card).to_string().into_bytes();
        let taken = match self.post(&chat::url(platform, url), vec![], message, &request_span()).await {
            Ok(taken) => taken,
            Err(unanswered) => return unanswered.ends(begun),
        };
        let status = taken.status.as_u16();
        match chat::read(platform, url, Answered { status, retry_after: taken.retry_after, body: &taken.body }) {
            Reading::Taken(id) => {
                let mut answer = begun.ended(Ok((Some(status), id)));
                answer.attempt.note = taken.note;
                answer
            }
            Reading::Refused { error, fault, retry_after } => {
                let redirected = taken.points_to.as_deref().map(|to| refusal_of(taken.status, Some(to)));
                let error = connection.scrub(&redirected.unwrap_or(error));
                let mut answer = begun.ended(Err(Failure { status: Some(status), error, fault }));
                answer.attempt.response = kept(&taken.body, |text| connection.scrub(text));
                answer.attempt.note = taken.note;
                Answer { retry_after, ..answer }
            }
        }
    }

    async fn post(
        &self,
        url: &str,
        headers: Vec<(&str, String)>,
        body: Vec<u8>,
        span: &Span,
    ) -> Result<Taken, Unanswered> {
        let taken = self.exchange(url, headers, body, span).await;
        match &taken {
            Ok(taken) => span.set_number("http.response.status_code", taken.status.as_u16()),
            Err(unanswered) => span.fail(unanswered.kind),
        }
        span.end();
        taken
    }

    async fn exchange(
        &self,
        url: &str,
        headers: Vec<(&str, String)>,
        body: Vec<u8>,
        span: &Span,
    ) -> Result<Taken, Unanswered> {
        let deadline = Instant::now() + TOTAL;
        let refused = |error| Unanswered { error, unreachable: false, kind: "refused" };
        let request = self.request(url, headers, body).map_err(refused)?;
        // The rest of the URL may be a credential.
        span.set_some("server.address", request.uri().host());
        if let Some(port) = request.uri().port_u16() {
            span.set_number("server.port", port);
        }
        let response = self.client.send(request, Some(deadline)).await.map_err(unanswered)?;
        let status = response.status();
        let retry_after = retry_after(status, response.headers());
        let points_to = points_to(url, status, response.headers());
        let malformed = response
            .extensions()
            .get::<transport::Connection>()
            .is_some_and(transport::Connection::has_malformed_headers);
        let note = malformed.then(|| MALFORMED.to_owned());
        let body = read_body(response.into_body(), deadline).await;
        Ok(Taken { status, retry_after, points_to, note, body })
    }

    fn request(&self, url: &str, headers: Vec<(&str, String)>, body: Vec<u8>) -> Result<http::Request<Bytes>, String> {
        let url = Url::parse(url).map_err(|e| e.to_string())?;
        // Address literals never reach the resolver, and the policy may be stricter than when the URL was registered.
        guard::judge_url(&url, self.policy).map_err(|refusal| refusal.to_string())?;
        let mut request = http::Request::post(url.as_str())
            .header(CONTENT_TYPE, "application/json")
            .body(Bytes::from(body))
            .map_err(|e| e.to_string())?;
        for (name, value) in headers {
            let error = |e: &dyn StdError| format!("the header {name} cannot be sent: {e}");
            let value = HeaderValue::try_from(value).map_err(|e| error(&e))?;
            request.headers_mut().append(HeaderName::try_from(name).map_err(|e| error(&e))?, value);
        }
        // Unless the operator set them.
        for (name, value) in [(header::USER_AGENT, USER_AGENT), (header::ACCEPT, "*/*")] {
            request.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
        }
        Ok(request)
    }
}

struct Taken {
    status: StatusCode,
    retry_after: Option<Duration>,
    /// Where a redirect leads, as it may be shown.
    points_to: Option<String>,
    /// What is odd about the answer.
    note: Option<String>,
    body: String,
}

/// Why there was no answer.
struct Unanswered {
    error: String,
    unreachable: bool,
    /// The kind of failure, in a word.
    kind: &'static str,
}

impl Unanswered {
    fn ends(self, begun: Begun) -> Answer {
        let answer = begun.ended(Err(Failure { status: None, error: self.error, fault: Fault::Receiver }));
        Answer { unreachable: self.unreachable, ..answer }
    }
}

/// Begins a request of ours.
fn request_span() -> Span {
    let span = Span::start(trace::current(), Kind::Client, || "POST".to_owned());
    span.set("http.request.method", "POST");
    span
}

/// Reads up to [`MAX_READ`] of the answer. The status already says whether the delivery succeeded, so a body that breaks
/// off changes nothing.
async fn read_body(mut incoming: Incoming, deadline: Instant) -> String {
    let mut body = Vec::new();
    while body.len() < MAX_READ {
        match timeout_at(deadline, incoming.frame()).await {
            Ok(Some(Ok(frame))) => body.extend_from_slice(frame.data_ref().map_or(&[], |data| data)),
            Ok(Some(Err(_)) | None) | Err(_) => break,
        }
    }
    body.truncate(MAX_READ);
    String::from_utf8_lossy(&body).into_owned()
}

/// What is kept of an answer's body, `clean` of secrets: struck out before it is cut, which may go through one.
fn kept(body: &str, clean: impl Fn(&str) -> String) -> Option<String> {
    let clean = clean(body);
    let kept = cut(&clean, MAX_KEPT_RESPONSE);
    (!kept.is_empty()).then(|| kept.to_owned())
}

/// Where a redirect leads, without what may be a credential.
fn points_to(from: &str, status: StatusCode, headers: &HeaderMap) -> Option<String> {
    let location = headers.get(header::LOCATION).filter(|_| status.is_redirection())?;
    let location = String::from_utf8_lossy(location.as_bytes());
    let to = Url::parse(from).ok()?.join(location.trim()).ok()?;
    Some(cut(&shown_url(to.as_str()), MAX_SHOWN_URL).to_owned())
}

/// `Retry-After`, in seconds or as a date, where it means what we ask: RFC 9110, 10.2.3. A date in the past asks for no
/// wait.
fn retry_after(status: StatusCode, headers: &HeaderMap) -> Option<Duration> {
    let asks = matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE);
    let value = headers.get(RETRY_AFTER).filter(|_| asks)?;
    let text = value.to_str().ok()?.trim();
    match text.parse() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => {
            let until = httpdate::parse_http_date(text).ok()?;
            Some(until.duration_since(SystemTime::now()).unwrap_or_default())
        }
    }
}

fn refusal_of(status: StatusCode, points_to: Option<&str>) -> String {
    let number = status.as_u16();
    match (status.canonical_reason(), points_to) {
        (_, Some(to)) => format!("answered {number} and points to {to}; redirects are not followed"),
        _ if status.is_redirection() => format!("answered {number}; redirects are not followed"),
        (Some(reason), None) => format!("answered {number} {reason}"),
        (None, None) => format!("answered {number}"),
    }
}

/// Why there was no answer: the innermost cause, without the URL, which may hold a token.
fn unanswered(error: Error) -> Unanswered {
    if let Some(refusal) = error.find::<Refusal>() {
        return Unanswered { error: refusal.to_string(), unreachable: false, kind: "refused" };
    }
    let cause = error.root();
    let (error, unreachable, kind) = match &error {
        Error::ConnectTimeout => (format!("no connection within {} s", CONNECT.as_secs()), true, "connect_timeout"),
        Error::Timeout => (format!("no answer within {} s", TOTAL.as_secs()), true, "timeout"),
        Error::Connect(_) => (format!("could not connect: {cause}"), true, "connect"),
        Error::Broken(_) => (format!("the connection failed: {cause}"), true, "broken"),
        // It is there, but no web server.
        Error::Malformed(_) => (format!("the connection failed: {cause}"), false, "malformed"),
        Error::Request(_) => (format!("the request could not be sent: {cause}"), false, "request"),
    };
    Unanswered { error, unreachable, kind }
}
