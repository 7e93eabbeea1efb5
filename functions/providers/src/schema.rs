//! The requests whose fields depend on each other, as the API's text shows them.
#![expect(
    dead_code,
    reason = "they are text only: `input` reads them field by field, so that all wrong ones are named"
)]

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use utoipa::ToSchema;

/// A provider to make.
#[derive(ToSchema)]
#[serde(untagged)]
pub(crate) enum NewProvider {
    /// Slack or Microsoft Teams.
    Chat(NewChatProvider),
    /// An endpoint.
    Webhook(NewWebhookProvider),
    /// A team's mail addresses.
    Mail(NewMailProvider),
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
enum ChatKind {
    Slack,
    Teams,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
enum WebhookKind {
    Webhook,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
enum MailKind {
    OpsEmail,
}

/// A channel of Slack or Microsoft Teams, to make.
#[derive(ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct NewChatProvider {
    #[schema(inline)]
    kind: ChatKind,
    /// A name of 1 to 120 characters.
    #[schema(
        min_length = 1,
        max_length = 120,
        pattern = r"^\s*[^\x00-\x20\x7f-\xa0][^\x00-\x1f\x7f-\x9f]*\s*$",
        example = "#ops-alerts"
    )]
    name: String,
    /// The configuration of its kind.
    config: ChatProviderConfig,
    /// Whether notifications go out to it; true by default.
    enabled: Option<bool>,
    /// The most notifications per second, 0.001 to 1000. Without it they go out as they come.
    #[schema(minimum = 0.001, maximum = 1000, example = 10)]
    max_per_second: Option<f64>,
}

/// An endpoint to make.
#[derive(ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct NewWebhookProvider {
    #[schema(inline)]
    kind: WebhookKind,
    /// A name of 1 to 120 characters.
    #[schema(
        min_length = 1,
        max_length = 120,
        pattern = r"^\s*[^\x00-\x20\x7f-\xa0][^\x00-\x1f\x7f-\x9f]*\s*$",
        example = "#ops-alerts"
    )]
    name: String,
    /// The configuration of its kind.
    config: WebhookProviderConfig,
    /// Whether notifications go out to it; true by default.
    enabled: Option<bool>,
    /// The most notifications per second, 0.001 to 1000. Without it they go out as they come.
    #[schema(minimum = 0.001, maximum = 1000, example = 10)]
    max_per_second: Option<f64>,
}

/// A team's mail addresses, to make.
#[derive(ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct NewMailProvider {
    #[schema(inline)]
    kind: MailKind,
    /// A name of 1 to 120 characters.
    #[schema(
        min_length = 1,
        max_length = 120,
        pattern = r"^\s*[^\x00-\x20\x7f-\xa0][^\x00-\x1f\x7f-\x9f]*\s*$",
        example = "#ops-alerts"
    )]
    name: String,
    /// The configuration of its kind.
    config: MailProviderConfig,
    /// Whether notifications go out to it; true by default.
    enabled: Option<bool>,
}

/// Where a chat platform takes messages.
#[derive(ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ChatProviderConfig {
    /// The URL that the platform gave, such as `https://hooks.slack.com/services/T/B/XYZ` of Slack.
    #[schema(format = "uri")]
    webhook_url: String,
}

/// An endpoint.
#[derive(ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct WebhookProviderConfig {
    /// Where to send.
    #[schema(format = "uri", example = "https://alerts.example.com/ingest")]
    url: String,
    /// The signing secret: up to 256 characters, without white space at its ends.
    #[schema(min_length = 1, max_length = 256, pattern = r"^\S([\s\S]*\S)?$")]
    secret: Option<String>,
    /// Up to 20 headers of your own.
    headers: Option<BTreeMap<HeaderName, HeaderValue>>,
}

/// The name of a header that requests do not have of themselves.
#[derive(ToSchema, PartialEq, Eq, PartialOrd, Ord)]
#[schema(value_type = String, format = "header-name", example = "X-Token")]
struct HeaderName(String);

/// The value of a header: 1 to 2048 visible ASCII characters.
#[derive(ToSchema)]
#[schema(value_type = String, format = "header-value")]
struct HeaderValue(String);

/// Mails to a team.
#[derive(ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct MailProviderConfig {
    /// The sender address; the deployment must allow it.
    #[schema(format = Email, example = "ops-alerts@example.com")]
    from_email: String,
    /// 1 to 50 addresses.
    #[schema(value_type = Vec<MailAddress>, min_items = 1, max_items = 50, example = json!(["ops@example.com"]))]
    to_emails: Vec<String>,
    /// Where answers go.
    #[schema(format = Email)]
    reply_to: Option<String>,
}

/// A mail address.
#[derive(ToSchema)]
#[schema(value_type = String, format = Email, example = "ops@example.com")]
struct MailAddress(String);

/// The changes of a provider; omitted fields stay unchanged.
#[derive(ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ProviderChange {
    /// The name.
    #[schema(min_length = 1, max_length = 120, pattern = r"^\s*[^\x00-\x20\x7f-\xa0][^\x00-\x1f\x7f-\x9f]*\s*$")]
    name: Option<String>,
    /// Whether it receives notifications. Deliveries are held while it does not.
    enabled: Option<bool>,
    /// The fields of the config that change; null takes one away, and `••••••••` leaves a secret as it is.
    #[schema(value_type = Option<Object>, example = json!({"secret": "another-secret"}))]
    config: Option<Map<String, Value>>,
    /// The most notifications per second, 0.001 to 1000; null removes the limit.
    #[schema(minimum = 0.001, maximum = 1000, example = 10)]
    max_per_second: Option<f64>,
}
