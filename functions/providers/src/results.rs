//! The results of a notification that the caller gets, one for each provider.

use api::attempt_text::returned;
use std::collections::HashMap;

use domain::{
    Delivery, DeliveryState, Destination, DestinationId, EventId, Kind, OperatorId, hidden::without_people,
    lifecycle::Reason,
};
use serde::Serialize;

use utoipa::ToSchema;

/// The result for each provider, in the order of the request.
#[derive(Serialize, ToSchema)]
pub(crate) struct SendResults {
    pub(crate) results: Vec<SendResult>,
}

/// The result for one provider.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SendResult {
    /// The id of the provider.
    provider_id: String,
    /// The provider's kind; null if no provider has this id.
    kind: Option<Kind>,
    /// Whether the provider accepted the notification.
    pub(crate) success: bool,
    /// The platform's id of the message. If the platform returns none, the kind and the time.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "slack-1714000000000")]
    provider_message_id: Option<String>,
    /// Why the provider did not get the notification.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Webhook returned 500")]
    error: Option<String>,
    /// The id of the delivery in the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    delivery_id: Option<String>,
}

/// Returns one result for each id in `asked`, in the same order. `found` contains the providers that exist, and `rows`
/// their deliveries.
pub(crate) fn results(
    asked: &[DestinationId],
    found: &HashMap<DestinationId, Destination>,
    rows: &HashMap<DestinationId, Delivery>,
) -> Vec<SendResult> {
    asked.iter().map(|id| result(*id, found.get(id), rows.get(id))).collect()
}

fn result(id: DestinationId, to: Option<&Destination>, row: Option<&Delivery>) -> SendResult {
    let (message_id, error) = match (row, to) {
        // It was delivered, even if the provider was deleted since.
        (Some(row), _) if row.state == DeliveryState::Succeeded => (Some(message_id(to, row)), None),
        (Some(row), _) => (None, Some(why_not(to, row))),
        (None, Some(_)) => (None, Some("It was not sent; send it again, with another Idempotency-Key.".to_owned())),
        (None, None) => (None, Some("There is no provider with this id; it may have been deleted.".to_owned())),
    };
    SendResult {
        provider_id: id.uuid().to_string(),
        kind: to.map(|to| to.kind),
        success: error.is_none(),
        provider_message_id: message_id,
        error,
        delivery_id: row.map(|row| row.id.to_string()),
    }
}

fn why_not(to: Option<&Destination>, row: &Delivery) -> String {
    if let Some(error) = row.attempts.last().and_then(|attempt| attempt.error.as_deref()) {
        return returned(to.map_or("It", |to| to.kind.title()), error);
    }
    let again = format!("send it again with POST /v1/deliveries/{}/retry", row.id);
    match (row.state, &row.reason) {
        (DeliveryState::Pending, _) => "It is being sent again.".to_owned(),
        (_, Some(Reason::DestinationDisabled)) => {
            "This provider is not enabled; enable it, and recover what it has missed.".to_owned()
        }
        (_, Some(Reason::Suppressed)) => {
            "Nothing is mailed to its addresses any more; see GET /mail/suppressions.".to_owned()
        }
        (_, Some(Reason::NotSent)) => format!("It was not sent, and the fault is on our side; {again}."),
        _ => format!("It was interrupted, and may have arrived; {again}."),
    }
}

/// The platform's id of a message, if it returns one. The answer of a webhook is not an id.
fn message_id(to: Option<&Destination>, row: &Delivery) -> String {
    let (kind, attempt) = (to.map(|to| to.kind), row.attempts.last());
    match attempt.and_then(|attempt| attempt.response.as_ref()) {
        Some(id) if kind.is_some_and(|kind| kind != Kind::Webhook) => id.clone(),
        _ => {
            let at = attempt.map_or(row.created_at, |attempt| attempt.at).as_millisecond();
            format!("{}-{at}", kind.map_or("message", Kind::as_str))
        }
    }
}

/// Logs each failure.
pub(crate) fn log(operator_id: OperatorId, event_id: EventId, results: &[SendResult]) {
    for failed in results.iter().filter(|result| !result.success) {
        tracing::warn!(
            %operator_id,
            %event_id,
            provider_id = failed.provider_id,
            delivery_id = failed.delivery_id,
            error = failed.error.as_deref().map(without_people).as_deref(),
            "delivery_failed"
        );
    }
}
