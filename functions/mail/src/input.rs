//! What callers write of a subscription, and what is wrong with it.

use api::{ApiError, error::Result, event_types};
use domain::{Address, ChannelType, EventType, guard::TargetPolicy};
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

use crate::views::MailWebhookStatus;

/// The longest description, in characters.
const MAX_DESCRIPTION: usize = 500;

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
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    description: Option<Option<String>>,
    /// What to send.
    event_types: Option<Vec<String>>,
    /// Whether to send.
    pub(crate) status: Option<MailWebhookStatus>,
}

/// Tells null from what is left out.
fn given<'de, D: Deserializer<'de>>(from: D) -> std::result::Result<Option<Option<String>>, D::Error> {
    Option::deserialize(from).map(Some)
}

fn url(text: &str, policy: TargetPolicy) -> Result<Address> {
    Address::parse(ChannelType::Webhook, text, policy).map_err(|problem| ApiError::field("url", problem))
}

fn description(text: &str) -> Result<Option<String>> {
    let text = text.trim();
    match text.chars().count() {
        0 => Ok(None),
        1..=MAX_DESCRIPTION => Ok(Some(text.to_owned())),
        _ => Err(ApiError::field("description", format!("send at most {MAX_DESCRIPTION} characters"))),
    }
}

impl NewMailWebhook {
    pub(crate) fn url(&self, policy: TargetPolicy) -> Result<Address> {
        url(&self.url, policy)
    }

    pub(crate) fn description(&self) -> Result<Option<String>> {
        self.description.as_deref().map_or(Ok(None), description)
    }

    pub(crate) fn event_types(&self) -> Result<Vec<EventType>> {
        event_types::read("eventTypes", self.event_types.as_deref().unwrap_or_default())
    }
}

impl MailWebhookChange {
    pub(crate) fn url(&self, policy: TargetPolicy) -> Result<Option<Address>> {
        self.url.as_deref().map(|text| url(text, policy)).transpose()
    }

    /// The description to have from now on, if it is to change.
    pub(crate) fn description(&self) -> Result<Option<Option<String>>> {
        match &self.description {
            None => Ok(None),
            Some(None) => Ok(Some(None)),
            Some(Some(text)) => description(text).map(Some),
        }
    }

    pub(crate) fn event_types(&self) -> Result<Option<Vec<EventType>>> {
        self.event_types.as_deref().map(|names| event_types::read("eventTypes", names)).transpose()
    }
}
