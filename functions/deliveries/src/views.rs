//! The JSON of one delivery in full, including its request.

use std::collections::BTreeMap;

use api::{ApiError, error::Result, views::DeliveryView};
use domain::{Attempt, Delivery, Destination, Event, Kind, signature};
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
    /// The body, byte for byte.
    body: String,
}

impl DeliveryDetail {
    pub(crate) fn of(
        delivery: &Delivery,
        to: Option<&Destination>,
        event: Option<&Event>,
        writer: bool,
    ) -> Result<Self> {
        let mut view = DeliveryView::from(delivery);
        for (shown, attempt) in view.attempts.iter_mut().zip(&delivery.attempts) {
            shown.request_headers = headers(delivery, attempt, to.map(|to| to.kind));
        }
        let by_request = |to: &&Destination| to.kind == Kind::Webhook || to.kind.platform().is_some();
        let request = match (to.filter(by_request), event) {
            (Some(to), Some(event)) => Some(RequestView {
                method: "POST",
                url: to.shown_to(writer).into_owned(),
                body: render::text(to, event, Some(delivery.id)).map_err(ApiError::internal)?,
            }),
            _ => None,
        };
        Ok(Self { delivery: view, request })
    }
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
    let identity = signature::identity(delivery.api, &delivery.id.to_string(), attempt.at);
    let identity = identity.into_iter().filter(|_| webhook);
    let derived = always.into_iter().chain(identity).map(|(name, value)| (name.to_owned(), value));
    request.then(|| derived.chain(attempt.signatures.clone()).collect())
}
