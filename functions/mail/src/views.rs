//! The JSON of the Mail API: camelCase, with lists under `items`.

use api::{subscription::SubscriptionStatus, views::HealthRecord};
use domain::{
    Attempt, Delivery, DeliveryId, DeliveryState, Event, WebhookId, event::Resource, time::rfc3339, traffic::Rate,
};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::value::RawValue;
use store::{deliveries::Summary, subscriptions::Subscription};
use utoipa::ToSchema;

/// An event in the log.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MailEvent {
    /// The id. A webhook about the event has the same id.
    #[schema(example = "evt_01JRX2Q0Z8K5V3M7N9P4T6W8YB")]
    id: String,
    /// The event type.
    #[serde(rename = "type")]
    #[schema(example = "mail.message.sent")]
    event_type: String,
    /// The severity.
    #[schema(example = "info")]
    severity: &'static str,
    /// When the event was accepted. The log is in this order.
    #[schema(example = "2026-04-15T10:05:00.000Z")]
    created_at: String,
    /// When the event happened, according to its producer.
    timestamp: String,
    /// The resource that the event is about.
    resource: Option<Resource>,
    /// The mail that the event is about.
    message_id: Option<String>,
    /// The project that the event belongs to.
    project_id: Option<String>,
    /// The data as the producer posted it, byte for byte.
    #[schema(value_type = Object)]
    data: Box<RawValue>,
}

impl TryFrom<Event> for MailEvent {
    type Error = serde_json::Error;

    fn try_from(event: Event) -> serde_json::Result<Self> {
        let about = event.resource.as_ref().filter(|resource| resource.kind == domain::event::MESSAGE);
        Ok(Self {
            id: event.id.to_string(),
            severity: event.severity.stack_name(),
            created_at: rfc3339(event.id.made_at()),
            timestamp: rfc3339(event.timestamp),
            message_id: about.map(|resource| resource.id.clone()),
            event_type: event.event_type.into(),
            resource: event.resource,
            project_id: event.project_id.map(String::from),
            data: RawValue::from_string(event.data.into_string())?,
        })
    }
}

/// A page of events, newest first.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MailEventPage {
    /// The events. A page can have fewer than `limit`, or none, while the next page has more.
    pub(crate) items: Vec<MailEvent>,
    /// The `cursor` of the next page; null on the last page.
    pub(crate) next_cursor: Option<String>,
}

/// A webhook subscription.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MailWebhook {
    /// The id.
    #[schema(example = "whk_01JRX2Q0Z8K5V3M7N9P4T6W8YB")]
    id: String,
    /// The URL that receives the requests.
    #[schema(example = "https://example.com/webhooks/stackshift-mail")]
    url: String,
    /// A description.
    description: Option<String>,
    /// The event types that the subscription sends.
    #[schema(example = json!(["mail.message.sent", "mail.message.bounced"]))]
    event_types: Vec<String>,
    /// Whether the subscription is enabled.
    status: SubscriptionStatus,
    /// The health of the endpoint.
    health: HealthRecord,
    /// When the subscription was created.
    #[schema(example = "2026-04-15T10:05:00.000Z")]
    created_at: String,
    /// The maximum number of deliveries per second; null if there is no limit.
    #[schema(example = 10)]
    max_per_second: Option<f64>,
}

impl MailWebhook {
    /// The view of a subscription. Only a `writer` sees credentials in the URL.
    pub(crate) fn of(Subscription { endpoint, rule }: &Subscription, writer: bool) -> Self {
        Self {
            id: WebhookId::of_destination(endpoint.id).to_string(),
            url: endpoint.shown_to(writer).into_owned(),
            description: endpoint.description.clone(),
            event_types: rule.events.iter().map(ToString::to_string).collect(),
            status: SubscriptionStatus::of(rule.active),
            health: HealthRecord::of(endpoint),
            created_at: rfc3339(rule.created_at),
            max_per_second: endpoint.max_per_second.map(Rate::a_second),
        }
    }
}

/// A webhook subscription with its secret, which is only shown in this response.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MailWebhookWithSecret {
    #[serde(flatten)]
    pub(crate) webhook: MailWebhook,
    /// The signing secret.
    #[schema(example = "whsec_…")]
    pub(crate) secret: String,
    /// After a rotation, when the previous secret stops signing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) previous_secret_expires_at: Option<String>,
}

/// A page of subscriptions, newest first.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MailWebhookPage {
    /// The subscriptions.
    pub(crate) items: Vec<MailWebhook>,
    /// The `cursor` of the next page; null on the last page.
    pub(crate) next_cursor: Option<String>,
}

/// A delivery of an event to a subscription.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MailDelivery {
    /// The id, which is the `webhook-id` of every attempt.
    #[schema(example = "dlv_01JRX2Q0Z8K5V3M7N9P4T6W8YB01JRX2Q0Z8K5V3M7N9P4T6W8YC")]
    id: String,
    /// The id of the subscription.
    #[schema(example = "whk_01JRX2Q0Z8K5V3M7N9P4T6W8YB")]
    webhook_id: String,
    /// The id of the event.
    event_id: String,
    /// The type of the event.
    #[schema(example = "mail.message.sent")]
    event_type: String,
    /// The current status.
    status: DeliveryState,
    /// Why the delivery is held, or was abandoned without an attempt.
    reason: Option<String>,
    /// The total number of attempts.
    attempt_count: u32,
    /// When the next attempt is due.
    next_attempt_at: Option<String>,
    /// When the event was dispatched.
    created_at: String,
}

impl From<Summary> for MailDelivery {
    fn from(row: Summary) -> Self {
        let stuck = matches!(row.state, DeliveryState::Held | DeliveryState::Abandoned);
        let DeliveryId { destination, event } = row.id;
        let due = |at: Timestamp| Some(rfc3339(at)).filter(|_| row.state == DeliveryState::Failed);
        Self {
            id: row.id.to_string(),
            webhook_id: WebhookId::of_destination(destination).to_string(),
            event_id: event.to_string(),
            event_type: row.event_type.into(),
            status: row.state,
            reason: row.reason.filter(|_| stuck).map(String::from),
            attempt_count: row.attempt_count,
            next_attempt_at: row.next_attempt_at.and_then(due),
            created_at: rfc3339(row.created_at),
        }
    }
}

/// A page of deliveries, newest event first.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MailDeliveryPage {
    /// The deliveries.
    pub(crate) items: Vec<MailDelivery>,
    /// The `cursor` of the next page; null on the last page.
    pub(crate) next_cursor: Option<String>,
}

/// A delivery with its attempts.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MailDeliveryDetail {
    #[serde(flatten)]
    delivery: MailDelivery,
    /// The newest 50 attempts, oldest first.
    attempts: Vec<MailAttempt>,
}

/// One attempt of a delivery.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct MailAttempt {
    /// The number of the attempt, starting at 1.
    number: u32,
    /// When the attempt started.
    started_at: String,
    /// The duration in milliseconds.
    duration_ms: u64,
    /// The HTTP status of the response; null if there was none.
    status_code: Option<u16>,
    /// Why the attempt failed; null if it succeeded.
    #[schema(example = "answered 500 Internal Server Error")]
    error: Option<String>,
    /// The first 1 KiB of the response body.
    response: Option<String>,
    /// A problem with a response that was accepted anyway.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

impl From<&Delivery> for MailDeliveryDetail {
    fn from(delivery: &Delivery) -> Self {
        let attempt = |attempt: &Attempt| MailAttempt {
            number: attempt.number,
            started_at: rfc3339(attempt.at),
            duration_ms: attempt.duration_ms,
            status_code: attempt.status,
            error: attempt.error.clone(),
            response: attempt.response.clone(),
            note: attempt.note.clone(),
        };
        Self { delivery: Summary::from(delivery).into(), attempts: delivery.attempts.iter().map(attempt).collect() }
    }
}
