//! The requests whose fields depend on each other, as the API's text shows them.
#![expect(
    dead_code,
    reason = "they are text only: `input` reads them field by field, so that all wrong ones are named"
)]

use domain::severity::ConfigSeverity;
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// A channel to make.
#[derive(ToSchema)]
#[serde(untagged)]
pub(crate) enum NewProjectChannel {
    /// A chat platform.
    Chat(NewProjectChat),
    /// An endpoint.
    Webhook(NewProjectWebhook),
    /// Mail addresses.
    Mail(NewProjectMail),
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
enum ChatType {
    Slack,
    Teams,
    Discord,
    GoogleChat,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
enum WebhookType {
    Webhook,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
enum MailType {
    Email,
}

/// A channel of a chat platform, to make.
#[derive(ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct NewProjectChat {
    #[schema(inline, rename = "type")]
    type_: ChatType,
    /// A name of 1 to 255 characters.
    #[schema(
        min_length = 1,
        max_length = 255,
        pattern = r"^\s*[^\x00-\x20\x7f-\xa0][^\x00-\x1f\x7f-\x9f]*\s*$",
        example = "#engineering-alerts"
    )]
    name: String,
    /// The credentials of its type.
    credentials: ChatCredentials,
    /// The least severity that it takes.
    #[schema(example = "high")]
    severity_threshold: ConfigSeverity,
    /// Whether it is enabled; default true.
    active: Option<bool>,
    /// The most notifications per second, 0.001 to 1000. Without it they go out as they come.
    #[schema(minimum = 0.001, maximum = 1000, example = 10)]
    max_per_second: Option<f64>,
}

/// An endpoint to make.
#[derive(ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct NewProjectWebhook {
    #[schema(inline, rename = "type")]
    type_: WebhookType,
    /// A name of 1 to 255 characters.
    #[schema(
        min_length = 1,
        max_length = 255,
        pattern = r"^\s*[^\x00-\x20\x7f-\xa0][^\x00-\x1f\x7f-\x9f]*\s*$",
        example = "#engineering-alerts"
    )]
    name: String,
    /// The credentials of its type.
    credentials: WebhookCredentials,
    /// The least severity that it takes.
    #[schema(example = "high")]
    severity_threshold: ConfigSeverity,
    /// Whether it is enabled; default true.
    active: Option<bool>,
    /// The most notifications per second, 0.001 to 1000. Without it they go out as they come.
    #[schema(minimum = 0.001, maximum = 1000, example = 10)]
    max_per_second: Option<f64>,
}

/// Mail addresses, to make a channel of.
#[derive(ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct NewProjectMail {
    #[schema(inline, rename = "type")]
    type_: MailType,
    /// A name of 1 to 255 characters.
    #[schema(
        min_length = 1,
        max_length = 255,
        pattern = r"^\s*[^\x00-\x20\x7f-\xa0][^\x00-\x1f\x7f-\x9f]*\s*$",
        example = "#engineering-alerts"
    )]
    name: String,
    /// The credentials of its type.
    credentials: MailCredentials,
    /// The least severity that it takes.
    #[schema(example = "high")]
    severity_threshold: ConfigSeverity,
    /// Whether it is enabled; default true.
    active: Option<bool>,
}

/// Where a chat platform takes messages.
#[derive(ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ChatCredentials {
    /// The URL that the platform gave, such as `https://hooks.slack.com/services/T/B/XYZ` of Slack.
    #[schema(format = "uri")]
    webhook_url: String,
}

/// An endpoint.
#[derive(ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct WebhookCredentials {
    /// Where to send.
    #[schema(format = "uri", example = "https://alerts.example.com/ingest")]
    url: String,
    /// The value of the header `Authorization`: 1 to 2048 visible ASCII characters.
    #[schema(format = "header-value", example = "Bearer abc")]
    auth_header: Option<String>,
    /// The signing secret: up to 256 characters, without white space at its ends.
    #[schema(min_length = 1, max_length = 256, pattern = r"^\S([\s\S]*\S)?$")]
    hmac_secret: Option<String>,
}

/// Mail addresses.
#[derive(ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct MailCredentials {
    /// 1 to 50 addresses. One text with commas between them is also read.
    #[schema(min_items = 1, max_items = 50, example = json!(["ops@example.com"]))]
    recipients: Vec<MailAddress>,
}

/// A mail address.
#[derive(ToSchema)]
#[schema(value_type = String, format = Email, example = "ops@example.com")]
struct MailAddress(String);

/// The changes of a channel; omitted fields stay unchanged.
#[derive(ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ProjectChannelChange {
    /// Its type, which cannot be changed.
    #[schema(rename = "type")]
    type_: Option<ProjectChannelType>,
    /// The name.
    #[schema(min_length = 1, max_length = 255, pattern = r"^\s*[^\x00-\x20\x7f-\xa0][^\x00-\x1f\x7f-\x9f]*\s*$")]
    name: Option<String>,
    /// The credentials that change; null removes one.
    #[schema(value_type = Option<Object>)]
    credentials: Option<Map<String, Value>>,
    /// The least severity that it takes.
    severity_threshold: Option<ConfigSeverity>,
    /// Whether it is enabled. Deliveries are held while it is not.
    active: Option<bool>,
    /// The most notifications per second, 0.001 to 1000; null removes the limit.
    #[schema(minimum = 0.001, maximum = 1000, example = 10)]
    max_per_second: Option<f64>,
}

/// The types of channels.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
enum ProjectChannelType {
    /// Slack.
    Slack,
    /// Microsoft Teams.
    Teams,
    /// Discord.
    Discord,
    /// Google Chat.
    GoogleChat,
    /// An endpoint.
    Webhook,
    /// Mail addresses.
    Email,
}
