//! The JSON of one delivery in full, including its request.

use std::collections::BTreeMap;

use api::{
    ApiError,
    error::Result,
    views::{DeliveryView, HeaderView},
};
use domain::{
    Attempt, Connection, Delivery, DeliveryId, Destination, Event, Kind, WebhookSecret,
    signature::{self, STANDARD_HEADER},
};
use outbound::webhook::USER_AGENT;
use serde::Serialize;
use service::render;
use utoipa::ToSchema;

/// A delivery with its request.
#[derive(Serialize, ToSchema)]
pub(crate) struct DeliveryDetail {
    #[serde(flatten)]
    delivery: DeliveryView,
    /// The request of each attempt. Null for emails and text messages, and when the destination or the event is
    /// deleted.
    request: Option<RequestView>,
}

/// A request as its receiver gets it.
#[derive(Serialize, ToSchema)]
struct RequestView {
    /// `POST`.
    method: &'static str,
    /// The current URL, without its secret parts.
    #[schema(example = "https://example.com/hooks/stack")]
    url: String,
    /// All headers of the newest attempt, without `traceparent`. The values of headers that the operator set are null.
    headers: Vec<HeaderView>,
    /// The body, byte for byte.
    body: String,
    /// Whether a signature of the newest attempt fits this body. False if the secret that signed it no longer signs, or
    /// if the message was written in another way at that time. Null without a signature.
    signature_fits: Option<bool>,
}

/// What a delivery is shown with. Anything may be missing, because it may be deleted or fail to open.
#[derive(Default)]
pub(crate) struct Around {
    /// The destination.
    pub(crate) to: Option<Destination>,
    /// The event, also of a test.
    pub(crate) event: Option<Event>,
    /// The destination's sealed address.
    pub(crate) connection: Option<Connection>,
    /// The secrets that signed at the time of the newest attempt.
    pub(crate) secrets: Vec<WebhookSecret>,
}

impl DeliveryDetail {
    pub(crate) fn of(delivery: &Delivery, around: &Around, writer: bool) -> Result<Self> {
        let mut view = DeliveryView::from(delivery);
        let kind = around.to.as_ref().map(|to| to.kind);
        for (shown, attempt) in view.attempts.iter_mut().zip(&delivery.attempts) {
            shown.request_headers = headers(delivery, attempt, kind);
            shown.add_response_headers(attempt);
        }
        let by_request = |to: &&Destination| to.kind == Kind::Webhook || to.kind.platform().is_some();
        let request = match (around.to.as_ref().filter(by_request), &around.event) {
            (Some(to), Some(event)) => Some(RequestView::of(delivery, to, event, around, writer)?),
            _ => None,
        };
        Ok(Self { delivery: view, request })
    }
}

impl RequestView {
    fn of(delivery: &Delivery, to: &Destination, event: &Event, around: &Around, writer: bool) -> Result<Self> {
        let body = render::text(to, event, receivers_id(delivery)).map_err(ApiError::internal)?;
        let url = to.shown_to(writer).into_owned();
        let newest = delivery.attempts.last();
        Ok(Self {
            method: "POST",
            headers: all_headers(delivery, to, newest, around.connection.as_ref(), &body),
            signature_fits: newest.and_then(|attempt| fits(delivery, attempt, &around.secrets, &body)),
            url,
            body,
        })
    }
}

/// The delivery's ID if the receiver sees it. The receiver of a test sees the ID of its event.
fn receivers_id(delivery: &Delivery) -> Option<DeliveryId> {
    delivery.probe.is_none().then_some(delivery.id)
}

fn webhook_id(delivery: &Delivery) -> String {
    receivers_id(delivery).map_or_else(|| delivery.id.event.to_string(), |id| id.to_string())
}

/// The headers of an attempt's request. Signatures are stored with the attempt, so they remain when the destination is
/// deleted.
fn headers(delivery: &Delivery, attempt: &Attempt, kind: Option<Kind>) -> Option<BTreeMap<String, String>> {
    let webhook = kind == Some(Kind::Webhook) || !attempt.signatures.is_empty();
    // Without an answer or a signature there may have been no request, because the address may have been refused before
    // it.
    let made = attempt.status.is_some() || !attempt.signatures.is_empty();
    let request = made && (webhook || kind.is_some_and(|kind| kind.platform().is_some()));
    let always = [("content-type", "application/json".to_owned()), ("user-agent", USER_AGENT.to_owned())];
    let identity = signature::identity(delivery.api, &webhook_id(delivery), attempt.at);
    let identity = identity.into_iter().filter(|_| webhook);
    let derived = always.into_iter().chain(identity).map(|(name, value)| (name.to_owned(), value));
    request.then(|| derived.chain(attempt.signatures.clone()).collect())
}

/// All headers of the newest attempt, or of the first one before it was made.
fn all_headers(
    delivery: &Delivery,
    to: &Destination,
    newest: Option<&Attempt>,
    connection: Option<&Connection>,
    body: &str,
) -> Vec<HeaderView> {
    let shown = |name: &str, value: String| HeaderView { name: name.to_owned(), value: Some(value) };
    let own: Vec<_> = match connection {
        Some(Connection::Webhook(endpoint)) => {
            let authorization = endpoint.authorization.iter().map(|_| "authorization".to_owned());
            endpoint.headers.keys().map(|name| name.to_lowercase()).chain(authorization).collect()
        }
        _ => vec![],
    };
    let mut all = vec![shown("content-type", "application/json".to_owned())];
    if let Some(attempt) = newest.filter(|_| to.kind == Kind::Webhook) {
        let identity = signature::identity(delivery.api, &webhook_id(delivery), attempt.at);
        all.extend(identity.into_iter().map(|(name, value)| shown(name, value)));
        all.extend(attempt.signatures.iter().map(|(name, value)| shown(name, value.clone())));
    }
    all.extend(own.iter().map(|name| HeaderView { name: name.clone(), value: None }));
    let unless_set = [("user-agent", USER_AGENT), ("accept", "*/*")].into_iter();
    all.extend(unless_set.filter(|(name, _)| !own.iter().any(|own| own == name)).map(|(n, v)| shown(n, v.to_owned())));
    all.push(shown("content-length", body.len().to_string()));
    all
}

/// Whether one of the secrets gives a stored signature for this body.
fn fits(delivery: &Delivery, attempt: &Attempt, secrets: &[WebhookSecret], body: &str) -> Option<bool> {
    let stored = attempt.signatures.get(STANDARD_HEADER)?;
    let (id, body) = (webhook_id(delivery), body.as_bytes());
    let signed = |secret: &WebhookSecret| signature::standard(secret, &id, attempt.at, body);
    Some(secrets.iter().map(signed).any(|signed| stored.split(' ').any(|stored| stored == signed)))
}
