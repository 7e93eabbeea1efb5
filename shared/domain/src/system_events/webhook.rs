//! Events about the Mail API's webhook subscriptions and the attempts to deliver to them.

use std::time::Duration;

use jiff::Timestamp;

use super::own;
use crate::{
    Attempt, Delivery, DeliveryState, Destination, Rule, WebhookId,
    catalogue::{
        Name,
        mail::{Webhook, WebhookDelivery, name},
    },
    message::Ingest,
};

const WEBHOOK: &str = "webhook";
/// The prefix of the event types about deliveries.
const DELIVERY_PREFIX: &str = "mail.webhook.delivery.";

/// What happened to a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubscriptionChange<'a> {
    /// It was created.
    Created,
    /// These fields changed.
    Updated(&'a [&'static str]),
    /// Its deliveries stopped.
    Disabled(Disabling),
}

/// Why deliveries to a subscription stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disabling {
    /// A request disabled it.
    Disabled,
    /// A request deleted it.
    Deleted,
    /// Its endpoint became unhealthy.
    Unhealthy,
}

impl Disabling {
    fn as_str(self) -> &'static str {
        match self {
            Self::Disabled => "disabled",
            Self::Deleted => "deleted",
            Self::Unhealthy => "unhealthy",
        }
    }
}

/// A subscription changed. `rule` is absent if it could not be read.
///
/// # Errors
/// As [`own`].
pub fn subscription(
    change: SubscriptionChange<'_>,
    endpoint: &Destination,
    rule: Option<&Rule>,
    at: Timestamp,
) -> serde_json::Result<Ingest> {
    let (name, changed, reason) = match change {
        SubscriptionChange::Created => (name::WEBHOOK_CREATED, &[][..], None),
        SubscriptionChange::Updated(changed) => (name::WEBHOOK_UPDATED, changed, None),
        SubscriptionChange::Disabled(why) => (name::WEBHOOK_DISABLED, &[][..], Some(why.as_str())),
    };
    let id = WebhookId::of_destination(endpoint.id).to_string();
    let data = Webhook {
        webhook_id: Name::of(&id),
        url: Some(endpoint.shown().into_owned()),
        event_types: rule.map(|rule| rule.events.iter().map(ToString::to_string).collect()),
        changed: (!changed.is_empty()).then(|| changed.iter().map(ToString::to_string).collect()),
        reason: reason.map(str::to_owned),
    };
    let what = [&*id, &changed.join(","), reason.unwrap_or_default()];
    own(endpoint.operator_id, name, at, &what, Some((WEBHOOK, id.clone())), &data)
}

/// An attempt to deliver to a subscription ended in `state`. Returns `None` if the delivered event is itself about such
/// an attempt, because each event would otherwise create another one without end.
///
/// # Errors
/// As [`own`].
pub fn delivery(
    delivery: &Delivery,
    attempt: &Attempt,
    state: DeliveryState,
    next_attempt_at: Option<Timestamp>,
) -> serde_json::Result<Option<Ingest>> {
    if delivery.event_type.as_str().starts_with(DELIVERY_PREFIX) {
        return Ok(None);
    }
    let name = if attempt.succeeded() { name::DELIVERY_SUCCEEDED } else { name::DELIVERY_FAILED };
    let (id, webhook) = (delivery.id.to_string(), WebhookId::of_destination(delivery.id.destination).to_string());
    let data = WebhookDelivery {
        delivery_id: Name::of(&id),
        webhook_id: Name::of(&webhook),
        event_id: Some(delivery.id.event.to_string()),
        event_type: Some(delivery.event_type.to_string()),
        status: Some(state),
        attempt: Some(attempt.number.into()),
        status_code: attempt.status.map(Into::into),
        error: attempt.error.clone(),
        next_attempt_at: next_attempt_at.filter(|_| state == DeliveryState::Failed),
    };
    let at = attempt.at + Duration::from_millis(attempt.duration_ms);
    let what = [&*id, &attempt.number.to_string()];
    let emitted = own(delivery.operator_id, name, at, &what, Some((WEBHOOK, webhook.clone())), &data)?;
    Ok(Some(emitted.in_shard(delivery.id.event.shard())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        ApiKind, DeliveryId, DestinationId, Severity, delivery::Fault, lifecycle::Fate, testing::event, time::now,
    };

    fn emitted(event_type: &str, error: Option<&str>) -> Option<Ingest> {
        let event = event(event_type, Severity::Info);
        let id = DeliveryId::new(DestinationId::generate(), event.id);
        let row = Delivery::new(id, event.operator_id, &event.event_type, ApiKind::Mail, Fate::Send, now());
        let attempt = Attempt {
            number: 1,
            at: now(),
            duration_ms: 5,
            status: Some(500),
            error: error.map(str::to_owned),
            fault: Fault::Receiver,
            response: None,
            note: None,
            signatures: Default::default(),
            response_headers: None,
        };
        delivery(&row, &attempt, DeliveryState::Failed, Some(now())).expect("JSON")
    }

    #[test]
    fn every_attempt_is_an_event_unless_the_event_is_about_attempts() {
        for (event_type, error, expected) in [
            ("mail.message.sent", None, Some("mail.webhook.delivery.succeeded")),
            ("custom.a", Some("answered 500"), Some("mail.webhook.delivery.failed")),
            ("mail.webhook.updated", None, Some("mail.webhook.delivery.succeeded")),
            ("mail.webhook.delivery.succeeded", None, None),
            ("mail.webhook.delivery.failed", Some("answered 500"), None),
        ] {
            let emitted = emitted(event_type, error);
            if let Some(emitted) = &emitted {
                emitted.event.check().expect("of the type's shape");
            }
            assert_eq!(emitted.map(|emitted| emitted.event.event_type).as_deref(), expected, "{event_type}");
        }
    }
}
