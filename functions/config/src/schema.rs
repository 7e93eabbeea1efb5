//! Schemas for the OpenAPI document, of requests whose fields depend on each other.
#![expect(
    dead_code,
    reason = "they are text only: `input` reads them field by field, so that all wrong ones are named"
)]

use domain::{ApiKind, Platform, connection::config, kind::one_of, severity::ConfigSeverity};
use serde_json::{Map, Value};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{RefOr, Schema},
};

/// A channel to create.
#[derive(ToSchema)]
#[serde(untagged)]
pub(crate) enum NewProjectChannel {
    /// A channel on a chat platform.
    Chat(NewProjectChat),
    /// A webhook.
    Webhook(NewProjectWebhook),
    /// Email addresses.
    Mail(NewProjectMail),
}

struct ChatType;

impl PartialSchema for ChatType {
    fn schema() -> RefOr<Schema> {
        one_of(Platform::of_api(ApiKind::Config).map(|platform| platform.descriptor().name)).into()
    }
}

impl ToSchema for ChatType {}

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

/// A channel on a chat platform to create.
#[derive(ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct NewProjectChat {
    #[schema(inline, rename = "type")]
    type_: ChatType,
    /// A name of 1 to 255 characters.
    #[schema(
        min_length = 1,
        max_length = 255,
        format = "name",
        pattern = r"^\s*[^\x00-\x20\x7f-\xa0][^\x00-\x1f\x7f-\x9f]*\s*$",
        example = "#engineering-alerts"
    )]
    name: String,
    /// The credentials for this type.
    credentials: ChatCredentials,
    /// The minimum severity that the channel receives.
    #[schema(example = "high")]
    severity_threshold: ConfigSeverity,
    /// Whether the channel is enabled; default true.
    active: Option<bool>,
    /// The maximum number of notifications per second, 0.001 to 1000. Without it, there is no limit.
    #[schema(minimum = 0.001, maximum = 1000, example = 10)]
    max_per_second: Option<f64>,
}

/// A webhook to create as a channel.
#[derive(ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct NewProjectWebhook {
    #[schema(inline, rename = "type")]
    type_: WebhookType,
    /// A name of 1 to 255 characters.
    #[schema(
        min_length = 1,
        max_length = 255,
        format = "name",
        pattern = r"^\s*[^\x00-\x20\x7f-\xa0][^\x00-\x1f\x7f-\x9f]*\s*$",
        example = "#engineering-alerts"
    )]
    name: String,
    /// The credentials for this type.
    credentials: WebhookCredentials,
    /// The minimum severity that the channel receives.
    #[schema(example = "high")]
    severity_threshold: ConfigSeverity,
    /// Whether the channel is enabled; default true.
    active: Option<bool>,
    /// The maximum number of notifications per second, 0.001 to 1000. Without it, there is no limit.
    #[schema(minimum = 0.001, maximum = 1000, example = 10)]
    max_per_second: Option<f64>,
}

/// Email addresses to create as a channel.
#[derive(ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct NewProjectMail {
    #[schema(inline, rename = "type")]
    type_: MailType,
    /// A name of 1 to 255 characters.
    #[schema(
        min_length = 1,
        max_length = 255,
        format = "name",
        pattern = r"^\s*[^\x00-\x20\x7f-\xa0][^\x00-\x1f\x7f-\x9f]*\s*$",
        example = "#engineering-alerts"
    )]
    name: String,
    /// The credentials for this type.
    credentials: MailCredentials,
    /// The minimum severity that the channel receives.
    #[schema(example = "high")]
    severity_threshold: ConfigSeverity,
    /// Whether the channel is enabled; default true.
    active: Option<bool>,
}

/// The credentials of a channel on a chat platform.
#[derive(ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ChatCredentials {
    /// The webhook URL from the platform, for example `https://hooks.slack.com/services/T/B/XYZ` from Slack.
    #[schema(format = "uri")]
    webhook_url: String,
}

/// The credentials of a webhook.
#[derive(ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct WebhookCredentials {
    /// The URL that receives the requests.
    #[schema(format = "uri", example = "https://alerts.example.com/ingest")]
    url: String,
    /// The value of the `Authorization` header: 1 to 2048 visible ASCII characters.
    #[schema(format = "header-value", example = "Bearer abc")]
    auth_header: Option<String>,
    /// The signing secret: up to 256 characters, without leading or trailing white space.
    #[schema(min_length = 1, max_length = 256, pattern = r"^\S([\s\S]*\S)?$")]
    hmac_secret: Option<String>,
}

/// The recipients of an email channel.
#[derive(ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct MailCredentials {
    /// 1 to 50 addresses. A string of addresses separated by commas is also accepted.
    #[schema(min_items = 1, max_items = 50, example = json!(["ops@example.com"]))]
    recipients: Vec<MailAddress>,
}

/// An email address.
#[derive(ToSchema)]
#[schema(value_type = String, format = Email, example = "ops@example.com")]
struct MailAddress(String);

/// The changes of a channel; omitted fields stay unchanged.
#[derive(ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ProjectChannelChange {
    /// The type, which cannot be changed.
    #[schema(rename = "type")]
    type_: Option<ProjectChannelType>,
    /// The name.
    #[schema(
        min_length = 1,
        max_length = 255,
        format = "name",
        pattern = r"^\s*[^\x00-\x20\x7f-\xa0][^\x00-\x1f\x7f-\x9f]*\s*$"
    )]
    name: Option<String>,
    /// The credentials to change; null removes one.
    #[schema(value_type = Option<Object>)]
    credentials: Option<Map<String, Value>>,
    /// The minimum severity that the channel receives.
    severity_threshold: Option<ConfigSeverity>,
    /// Whether the channel is enabled. While it is disabled, its deliveries are held.
    active: Option<bool>,
    /// The maximum number of notifications per second, 0.001 to 1000; null removes the limit.
    #[schema(minimum = 0.001, maximum = 1000, example = 10)]
    max_per_second: Option<f64>,
}

struct ProjectChannelType;

impl PartialSchema for ProjectChannelType {
    fn schema() -> RefOr<Schema> {
        one_of(config::types()).description(Some("The types of channels.")).into()
    }
}

impl ToSchema for ProjectChannelType {}
