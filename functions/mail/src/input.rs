//! What callers write of a subscription, and what is wrong with it.

use api::{
    error::Result,
    event_types,
    subscription::{self, SubscriptionStatus},
};
use domain::guard::TargetPolicy;
use serde::Deserialize;
use upkeep::subscription::{Change, New};
use utoipa::ToSchema;

/// A subscription to make.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct NewMailWebhook {
    /// Where to send.
    #[schema(example = "https://example.com/webhooks/stackshift-mail")]
    url: String,
    /// What it is for; up to 500 characters.
    description: Option<String>,
    /// What to send; at least one event type.
    #[schema(example = json!(["mail.message.sent", "mail.message.bounced"]))]
    event_types: Option<Vec<String>>,
}

/// What to change of a subscription; what is left out stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct MailWebhookChange {
    /// Where to send.
    url: Option<String>,
    /// What it is for; null takes it away.
    #[serde(default, deserialize_with = "subscription::given")]
    #[schema(value_type = Option<String>)]
    description: Option<Option<String>>,
    /// What to send.
    event_types: Option<Vec<String>>,
    /// Whether to send.
    status: Option<SubscriptionStatus>,
}

impl NewMailWebhook {
    pub(crate) fn read(&self, policy: TargetPolicy) -> Result<New> {
        Ok(New {
            url: subscription::url(&self.url, policy)?,
            description: self.description.as_deref().map_or(Ok(None), subscription::description)?,
            events: event_types::read("eventTypes", self.event_types.as_deref().unwrap_or_default())?,
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
            status: self.status,
        })
    }
}
