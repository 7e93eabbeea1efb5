//! Reads and validates the requests that create and change subscriptions.

use api::{
    MaxPerSecond,
    error::Result,
    event_types,
    path::PathId,
    subscription::{self, SubscriptionStatus},
};
use domain::{DeliveryId, EventType, guard::TargetPolicy};
use serde::Deserialize;
use service::subscription::{Change, New};
use utoipa::ToSchema;

/// A webhook subscription to create.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct NewMailWebhook {
    /// The URL that receives the requests.
    #[schema(format = "uri", example = "https://example.com/webhooks/stackshift-mail")]
    url: String,
    /// A description of up to 500 characters.
    #[schema(max_length = 500, format = "description")]
    description: Option<String>,
    /// The event types to send; at least one.
    #[schema(value_type = Vec<EventType>, required = true, min_items = 1, max_items = 100,
        example = json!(["mail.message.sent", "mail.message.bounced"]))]
    event_types: Option<Vec<String>>,
    /// The maximum number of deliveries per second, 0.001 to 1000. Without it, there is no limit.
    #[schema(value_type = Option<f64>, minimum = 0.001, maximum = 1000, example = 10)]
    max_per_second: Option<MaxPerSecond>,
}

/// The changes of a subscription; omitted fields stay unchanged.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct MailWebhookChange {
    /// The URL that receives the requests.
    #[schema(format = "uri")]
    url: Option<String>,
    /// A description of up to 500 characters; null removes it.
    #[serde(default, deserialize_with = "subscription::given")]
    #[schema(value_type = Option<String>, max_length = 500, format = "description")]
    description: Option<Option<String>>,
    /// The event types to send; at least one.
    #[schema(value_type = Option<Vec<EventType>>, min_items = 1, max_items = 100)]
    event_types: Option<Vec<String>>,
    /// Whether the subscription is enabled.
    status: Option<SubscriptionStatus>,
    /// The maximum number of deliveries per second, 0.001 to 1000; null removes the limit.
    #[serde(default, deserialize_with = "subscription::given")]
    #[schema(value_type = Option<f64>, minimum = 0.001, maximum = 1000, example = 10)]
    max_per_second: Option<Option<MaxPerSecond>>,
}

/// Options for rotating a secret. An empty body means the defaults.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct MailRotation {
    /// Whether the previous secret stops signing at once, for example because it has leaked. By default it signs for
    /// another 24 h.
    pub(crate) expire_now: bool,
}

/// The id of a message in a path. Producers of events can name messages of their own, so any text is an id.
pub(crate) struct MessageName(pub(crate) String);

impl PathId for MessageName {
    const NOUN: &'static str = "message";

    fn parse(text: &str) -> Option<Self> {
        Some(Self(text.to_owned()))
    }
}

/// The id of a delivery to a subscription in a path.
#[derive(Clone, Copy)]
pub(crate) struct MailDeliveryId(pub(crate) DeliveryId);

impl PathId for MailDeliveryId {
    const NOUN: &'static str = "webhook delivery";

    fn parse(text: &str) -> Option<Self> {
        text.parse().ok().map(Self)
    }
}

impl NewMailWebhook {
    pub(crate) fn read(&self, policy: TargetPolicy) -> Result<New> {
        Ok(New {
            url: subscription::url(&self.url, policy)?,
            description: self.description.as_deref().map_or(Ok(None), subscription::description)?,
            events: event_types::read("eventTypes", self.event_types.as_deref().unwrap_or_default())?,
            max_per_second: self.max_per_second.map(MaxPerSecond::rate),
        })
    }
}

impl MailWebhookChange {
    pub(crate) fn read(&self, policy: TargetPolicy) -> Result<Change> {
        let events = self.event_types.as_deref().map(|names| event_types::read("eventTypes", names));
        Ok(Change {
            url: self.url.as_deref().map(|text| subscription::url(text, policy)).transpose()?,
            description: subscription::new_description(self.description.as_ref())?,
            events: events.transpose()?,
            active: self.status.map(SubscriptionStatus::is_enabled),
            max_per_second: self.max_per_second.map(|new| new.map(MaxPerSecond::rate)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::body::parse;
    use domain::traffic::Rate;

    #[test]
    fn a_limit_is_read_under_its_own_name() {
        let new = r#"{"url": "https://example.com/", "eventTypes": ["mail.message.sent"], "maxPerSecond": 5}"#;
        let new = parse::<NewMailWebhook>(new.as_bytes()).and_then(|new| new.read(TargetPolicy::Public));
        assert_eq!(new.ok().and_then(|new| new.max_per_second), Rate::per_second(5.0));
        let change = |body: &str| {
            let change = parse::<MailWebhookChange>(body.as_bytes())?;
            change.read(TargetPolicy::Public).map(|change| change.max_per_second)
        };
        assert!(matches!(change("{}"), Ok(None)));
        assert!(matches!(change(r#"{"maxPerSecond": null}"#), Ok(Some(None))));
        assert!(matches!(change(r#"{"maxPerSecond": 0.5}"#), Ok(Some(Some(_)))));
        assert!(change(r#"{"max_per_second": 1}"#).is_err(), "another API's name");
    }
}
