//! HTTP requests. A webhook is one signed POST, judged by the status of its answer. A message to a chat platform is one
//! POST, whose answer the platform's own file interprets.

use std::{
    error::Error as StdError,
    sync::Arc,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use domain::{
    ApiKind, Connection, Platform, WebhookSecret,
    delivery::{AnswerHeaders, Fault, MAX_KEPT_RESPONSE, cut},
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

/// The timeout for making a connection.
const CONNECT: Duration = Duration::from_secs(3);
/// The timeout for the whole request.
const TOTAL: Duration = Duration::from_secs(10);
/// The maximum bytes to read of an answer.
const MAX_READ: usize = 16 * 1024;

/// The maximum bytes of a URL to show.
const MAX_SHOWN_URL: usize = 300;
/// The note on an answer with headers that strict clients would reject.
const MALFORMED: &str = "the answer's headers were malformed";

/// The header that continues the trace at the receiver: <https://www.w3.org/TR/trace-context/>.
const TRACEPARENT: &str = "traceparent";

/// The `User-Agent` of all our requests.
pub const USER_AGENT: &str = concat!("STACK-Notifications/", env!("CARGO_PKG_VERSION"));

/// Sends webhooks. Keeps connections open between requests, so create one and share it. A receiver's certificate must
/// come from an authority that Mozilla trusted at build time: reading the system's list would dominate a function's
/// start.
pub struct Webhooks {
    client: Client,
    policy: TargetPolicy,
}

/// A request to a receiver.
pub struct Request<'a> {
    /// The receiver's URL.
    pub url: &'a str,
    /// The API whose signature format is used.
    pub api: ApiKind,
    /// An ID that is the same for all attempts, so that the receiver can detect repeats.
    pub id: &'a str,
    /// The bytes to sign and send.
    pub body: Vec<u8>,
    /// The secrets to sign with, the current one first.
    pub secrets: &'a [WebhookSecret],
    /// Additional headers that the receiver's operator set. They never replace ours.
    pub headers: &'a [(&'a str, &'a str)],
    /// Secrets to remove from the recorded answer, besides the credentials in the URL. A receiver may echo the request.
    pub secrets_of: Option<&'a Connection>,
}

impl Webhooks {
    /// Creates a sender that dials the addresses that `policy` allows.
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

    /// Sends one webhook as attempt number `number`. Failures are part of the answer.
    pub async fn send(&self, request: Request<'_>, number: u32) -> Answer {
        let mut begun = Begun::now(number);
        let Request { url, api, id, body, secrets, headers, secrets_of } = request;
        let clean = |text: &str| match secrets_of {
            Some(connection) => connection.scrub(text),
            None => Credentials::of_url(url).struck_out_of(text),
        };
        let mut all = signature::identity(api, id, begun.at());
        let signatures = signature::signatures(api, secrets, id, begun.at(), &body);
        begun.signed(&signatures);
        all.extend(signatures);
        all.extend(headers.iter().map(|(name, value)| (*name, (*value).to_owned())));
        let span = request_span();
        let traceparent = span.context().and_then(|context| context.traceparent());
        // The receiver's operator may have set its own.
        if let Some(value) = traceparent.filter(|_| !all.iter().any(|(name, _)| name.eq_ignore_ascii_case(TRACEPARENT)))
        {
            all.push((TRACEPARENT, value));
        }
        match self.post(url, all, body, &span).await {
            Ok(Taken { status, retry_after, points_to, note, headers, body }) => {
                let mut answer = begun.ended(Ok((Some(status.as_u16()), kept(&body, clean))));
                answer.attempt.error = (!status.is_success()).then(|| clean(&refusal_of(status, points_to.as_deref())));
                answer.attempt.note = note;
                answer.attempt.response_headers = kept_headers(&headers, clean);
                if is_rate_limit(status.as_u16(), retry_after) {
                    answer.attempt.fault = Fault::Throttled;
                }
                Answer { retry_after, ..answer }
            }
            Err(unanswered) => unanswered.ends(begun),
        }
    }

    /// Sends one message to a chat platform's `url` as attempt number `number`. Failures are part of the answer. For a
    /// success, the platform's ID of the message, if any, is recorded in place of the response body. In any other
    /// recorded response, the secrets of the `connection` are redacted.
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
        let headers = kept_headers(&taken.headers, |text| connection.scrub(text));
        match chat::read(platform, url, Answered { status, retry_after: taken.retry_after, body: &taken.body }) {
            Reading::Taken(id) => {
                let mut answer = begun.ended(Ok((Some(status), id)));
                answer.attempt.note = taken.note;
                answer.attempt.response_headers = headers;
                answer
            }
            Reading::Refused { error, fault, retry_after } => {
                let redirected = taken.points_to.as_deref().map(|to| refusal_of(taken.status, Some(to)));
                let error = connection.scrub(&redirected.unwrap_or(error));
                let mut answer = begun.ended(Err(Failure { status: Some(status), error, fault }));
                answer.attempt.response = kept(&taken.body, |text| connection.scrub(text));
                answer.attempt.note = taken.note;
                answer.attempt.response_headers = headers;
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
        // The rest of the URL may contain a credential.
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
        let (parts, body) = response.into_parts();
        let body = read_body(body, deadline).await;
        Ok(Taken { status, retry_after, points_to, note, headers: parts.headers, body })
    }

    fn request(&self, url: &str, headers: Vec<(&str, String)>, body: Vec<u8>) -> Result<http::Request<Bytes>, String> {
        let url = Url::parse(url).map_err(|e| e.to_string())?;
        // IP addresses in URLs never reach the resolver, and the policy may be stricter than when the URL was
        // registered.
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
    /// The target of a redirect, in a form that may be shown.
    points_to: Option<String>,
    /// A peculiarity of the answer.
    note: Option<String>,
    headers: HeaderMap,
    body: String,
}

/// Why there was no answer.
struct Unanswered {
    error: String,
    unreachable: bool,
    /// The kind of failure, in one word.
    kind: &'static str,
}

impl Unanswered {
    fn ends(self, begun: Begun) -> Answer {
        let answer = begun.ended(Err(Failure { status: None, error: self.error, fault: Fault::Receiver }));
        Answer { unreachable: self.unreachable, ..answer }
    }
}

fn request_span() -> Span {
    let span = Span::start(trace::current(), Kind::Client, || "POST".to_owned());
    span.set("http.request.method", "POST");
    span
}

/// Reads up to [`MAX_READ`] bytes of the answer. The status alone decides the delivery, so a truncated body does no
/// harm.
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

/// The part of a response body to record. `clean` removes secrets first, because the cut might go through one.
fn kept(body: &str, clean: impl Fn(&str) -> String) -> Option<String> {
    let clean = clean(body);
    let kept = cut(&clean, MAX_KEPT_RESPONSE);
    (!kept.is_empty()).then(|| kept.to_owned())
}

/// The headers of an answer to record. `clean` removes secrets.
fn kept_headers(headers: &HeaderMap, clean: impl Fn(&str) -> String) -> Option<AnswerHeaders> {
    let mut lines = String::new();
    for (name, value) in headers {
        lines.push_str(name.as_str());
        lines.push_str(": ");
        lines.push_str(&String::from_utf8_lossy(value.as_bytes()));
        lines.push('\n');
    }
    AnswerHeaders::pack(&clean(&lines))
}

/// The target of a redirect, without parts that may be a credential.
fn points_to(from: &str, status: StatusCode, headers: &HeaderMap) -> Option<String> {
    let location = headers.get(header::LOCATION).filter(|_| status.is_redirection())?;
    let location = String::from_utf8_lossy(location.as_bytes());
    let to = Url::parse(from).ok()?.join(location.trim()).ok()?;
    Some(cut(&shown_url(to.as_str()), MAX_SHOWN_URL).to_owned())
}

/// Reads `Retry-After`, in seconds or as a date, for statuses where it applies: RFC 9110, 10.2.3. A date in the past
/// means no wait.
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

/// Describes why there was no answer: the innermost cause, without the URL, which may contain a token.
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
        // The server is reachable, but is not a web server.
        Error::Malformed(_) => (format!("the connection failed: {cause}"), false, "malformed"),
        Error::Request(_) => (format!("the request could not be sent: {cause}"), false, "request"),
    };
    Unanswered { error, unreachable, kind }
}
