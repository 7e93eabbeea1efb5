//! Requests: a webhook is one signed POST, judged by the status of its answer; a message to a chat platform is one POST, of
//! whose answer the platform's own file says what it means.

use std::{
    borrow::Cow,
    error::Error as StdError,
    sync::Arc,
    time::{Duration, SystemTime},
};

use domain::{
    Connection, Face, Platform, WebhookSecret,
    delivery::{Fault, MAX_KEPT_RESPONSE, cut},
    guard::{self, Refusal, TargetPolicy},
    signature,
};
use reqwest::{
    Client, Response, StatusCode,
    header::{CONTENT_TYPE, RETRY_AFTER},
    redirect::Policy,
};
use rustls::{ClientConfig, RootCertStore, crypto::aws_lc_rs};
use url::Url;

use crate::{
    answer::{Answer, Begun, Failure},
    chat::{self, Answered, Card, Reading},
    resolver::GuardedResolver,
};

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(3);
/// How long a request may take in all.
const TOTAL: Duration = Duration::from_secs(10);
/// How much of an answer is read, in bytes.
const MAX_READ: usize = 16 * 1024;

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
    /// What of the answer must not be kept: a receiver may send back what it was sent.
    pub secrets_of: Option<&'a Connection>,
}

impl Webhooks {
    /// A sender that dials what `policy` allows.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new(policy: TargetPolicy) -> Result<Self, Box<dyn StdError + Send + Sync>> {
        let client = Client::builder()
            .user_agent(USER_AGENT)
            .redirect(Policy::none())
            .no_proxy()
            .connect_timeout(CONNECT)
            .timeout(TOTAL)
            .https_only(policy == TargetPolicy::Public)
            .dns_resolver(Arc::new(GuardedResolver { policy }))
            .tls_backend_preconfigured(tls()?)
            .build()?;
        Ok(Self { client, policy })
    }

    /// Sends one webhook as attempt number `number`. Whatever happens is the answer: it never fails.
    pub async fn send(&self, request: Request<'_>, number: u32) -> Answer {
        let mut begun = Begun::now(number);
        let Request { url, face, id, body, secrets, headers, secrets_of } = request;
        let mut all = signature::identity(face, id, begun.at());
        let signatures = signature::signatures(face, secrets, id, begun.at(), &body);
        begun.signed(&signatures);
        all.extend(signatures);
        all.extend(headers.iter().map(|(name, value)| (*name, (*value).to_owned())));
        match self.post(url, all, body).await {
            Ok(Taken { status, retry_after, body }) => {
                let mut answer = begun.ended(Ok((Some(status.as_u16()), kept(&body, secrets_of))));
                answer.attempt.error = (!status.is_success()).then(|| refusal_of(status));
                if status == StatusCode::TOO_MANY_REQUESTS || retry_after.is_some() {
                    answer.attempt.fault = Fault::Throttled;
                }
                Answer { retry_after, ..answer }
            }
            Err(error) => {
                let unreachable = !error.contains("not allowed");
                Answer { unreachable, ..begun.ended(Err(Failure { status: None, error, fault: Fault::Receiver })) }
            }
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
        let taken = match self.post(&chat::url(platform, url), vec![], message).await {
            Ok(taken) => taken,
            Err(error) => return begun.ended(Err(Failure { status: None, error, fault: Fault::Receiver })),
        };
        let status = taken.status.as_u16();
        match chat::read(platform, Answered { status, retry_after: taken.retry_after, body: &taken.body }) {
            Reading::Taken(id) => begun.ended(Ok((Some(status), id))),
            Reading::Refused { error, fault, retry_after } => {
                let error = connection.scrub(&error);
                let mut answer = begun.ended(Err(Failure { status: Some(status), error, fault }));
                answer.attempt.response = kept(&taken.body, Some(connection));
                Answer { retry_after, ..answer }
            }
        }
    }

    async fn post(&self, url: &str, headers: Vec<(&str, String)>, body: Vec<u8>) -> Result<Taken, String> {
        let url = Url::parse(url).map_err(|e| e.to_string())?;
        // Address literals never reach the resolver, and the policy may be stricter than when the URL was registered.
        guard::judge_url(&url, self.policy).map_err(|refusal| refusal.to_string())?;
        let mut post = self.client.post(url).header(CONTENT_TYPE, "application/json");
        for (name, value) in headers {
            post = post.header(name, value);
        }
        let mut response = post.body(body).send().await.map_err(failure)?;
        let status = response.status();
        let retry_after = retry_after(&response);
        let body = read_body(&mut response).await;
        Ok(Taken { status, retry_after, body })
    }
}

/// TLS 1.2 and 1.3 for HTTP/1.1, as the client would set it up for itself but for the roots.
fn tls() -> Result<ClientConfig, rustls::Error> {
    let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let mut tls = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    tls.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(tls)
}

struct Taken {
    status: StatusCode,
    retry_after: Option<Duration>,
    body: String,
}

/// Reads up to [`MAX_READ`] of the answer. The status has told what became of the delivery, so a
/// body that breaks off changes nothing.
async fn read_body(response: &mut Response) -> String {
    let mut body = Vec::new();
    while body.len() < MAX_READ {
        match response.chunk().await {
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) | Err(_) => break,
        }
    }
    body.truncate(MAX_READ);
    String::from_utf8_lossy(&body).into_owned()
}

/// What is kept of an answer's body, without these secrets: struck out before it is cut, which may go through one.
fn kept(body: &str, secrets_of: Option<&Connection>) -> Option<String> {
    let clean = secrets_of.map_or(Cow::Borrowed(body), |connection| Cow::Owned(connection.scrub(body)));
    let kept = cut(&clean, MAX_KEPT_RESPONSE);
    (!kept.is_empty()).then(|| kept.to_owned())
}

/// `Retry-After`, in seconds or as a date, where it means what we ask: RFC 9110, 10.2.3.
fn retry_after(response: &Response) -> Option<Duration> {
    let asks = matches!(response.status(), StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE);
    let value = response.headers().get(RETRY_AFTER).filter(|_| asks)?;
    let text = value.to_str().ok()?.trim();
    match text.parse() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => httpdate::parse_http_date(text).ok()?.duration_since(SystemTime::now()).ok(),
    }
}

fn refusal_of(status: StatusCode) -> String {
    let number = status.as_u16();
    match status.canonical_reason() {
        _ if status.is_redirection() => format!("answered {number}; redirects are not followed"),
        Some(reason) => format!("answered {number} {reason}"),
        None => format!("answered {number}"),
    }
}

/// Why there was no answer: the innermost cause, without the URL, which may hold a token.
fn failure(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut cause: &dyn StdError = &error;
    while let Some(source) = cause.source() {
        if let Some(refusal) = source.downcast_ref::<Refusal>() {
            return refusal.to_string();
        }
        cause = source;
    }
    if error.is_timeout() && error.is_connect() {
        format!("no connection within {} s", CONNECT.as_secs())
    } else if error.is_timeout() {
        format!("no answer within {} s", TOTAL.as_secs())
    } else if error.is_connect() {
        format!("could not connect: {cause}")
    } else {
        format!("the connection failed: {cause}")
    }
}
