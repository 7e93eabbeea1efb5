//! Schemas for the OpenAPI document, of requests whose fields depend on each other.
#![expect(
    dead_code,
    reason = "they are text only: `input` reads them field by field, so that all wrong ones are named"
)]

use std::collections::BTreeMap;

use domain::{ApiKind, Platform, kind::one_of};
use serde_json::{Map, Value};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{RefOr, Schema},
};

/// A provider to create.
#[derive(ToSchema)]
#[serde(untagged)]
pub(crate) enum NewProvider {
    /// A channel on a chat platform.
    Chat(NewChatProvider),
    /// A webhook.
    Webhook(NewWebhookProvider),
    /// A team's email addresses.
    Mail(NewMailProvider),
}

struct ChatKind;

impl PartialSchema for ChatKind {
    fn schema() -> RefOr<Schema> {
        one_of(Platform::of_api(ApiKind::Providers).map(|platform| platform.descriptor().name)).into()
    }
}

impl ToSchema for ChatKind {}

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

/// A channel on a chat platform to create as a provider.
#[derive(ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct NewChatProvider {
    #[schema(inline)]
    kind: ChatKind,
    /// A name of 1 to 120 characters.
    #[schema(
        min_length = 1,
        max_length = 120,
        format = "name",
        pattern = r"^\s*[^\x00-\x20\x7f-\xa0][^\x00-\x1f\x7f-\x9f]*\s*$",
        example = "#ops-alerts"
    )]
    name: String,
    /// The configuration for this kind.
    config: ChatProviderConfig,
    /// Whether the provider receives notifications; default true.
    enabled: Option<bool>,
    /// The maximum number of notifications per second, 0.001 to 1000. Without it, there is no limit.
    #[schema(minimum = 0.001, maximum = 1000, example = 10)]
    max_per_second: Option<f64>,
}

/// A webhook to create as a provider.
#[derive(ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct NewWebhookProvider {
    #[schema(inline)]
    kind: WebhookKind,
    /// A name of 1 to 120 characters.
    #[schema(
        min_length = 1,
        max_length = 120,
        format = "name",
        pattern = r"^\s*[^\x00-\x20\x7f-\xa0][^\x00-\x1f\x7f-\x9f]*\s*$",
        example = "#ops-alerts"
    )]
    name: String,
    /// The configuration for this kind.
    config: WebhookProviderConfig,
    /// Whether the provider receives notifications; default true.
    enabled: Option<bool>,
    /// The maximum number of notifications per second, 0.001 to 1000. Without it, there is no limit.
    #[schema(minimum = 0.001, maximum = 1000, example = 10)]
    max_per_second: Option<f64>,
}

/// A team's email addresses to create as a provider.
#[derive(ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct NewMailProvider {
    #[schema(inline)]
    kind: MailKind,
    /// A name of 1 to 120 characters.
    #[schema(
        min_length = 1,
        max_length = 120,
        format = "name",
        pattern = r"^\s*[^\x00-\x20\x7f-\xa0][^\x00-\x1f\x7f-\x9f]*\s*$",
        example = "#ops-alerts"
    )]
    name: String,
    /// The configuration for this kind.
    config: MailProviderConfig,
    /// Whether the provider receives notifications; default true.
    enabled: Option<bool>,
}

/// The configuration of a chat provider.
#[derive(ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ChatProviderConfig {
    /// The webhook URL from the platform, for example `https://hooks.slack.com/services/T/B/XYZ` from Slack.
    #[schema(format = "uri")]
    webhook_url: String,
}

/// The configuration of a webhook provider.
#[derive(ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct WebhookProviderConfig {
    /// The URL that receives the requests.
    #[schema(format = "uri", example = "https://alerts.example.com/ingest")]
    url: String,
    /// The signing secret: up to 256 characters, without leading or trailing white space.
    #[schema(min_length = 1, max_length = 256, pattern = r"^\S([\s\S]*\S)?$")]
    secret: Option<String>,
    /// Up to 20 custom headers.
    headers: Option<BTreeMap<HeaderName, HeaderValue>>,
}

/// The name of a custom header. Reserved headers, such as `Host`, `Content-*` and `webhook-*`, are not allowed.
#[derive(ToSchema, PartialEq, Eq, PartialOrd, Ord)]
#[schema(value_type = String, format = "header-name", example = "X-Token")]
struct HeaderName(String);

/// The value of a header: 1 to 2048 visible ASCII characters.
#[derive(ToSchema)]
#[schema(value_type = String, format = "header-value")]
struct HeaderValue(String);

/// The configuration of an email provider.
#[derive(ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct MailProviderConfig {
    /// The sender address. The deployment must allow it.
    #[schema(format = Email, example = "ops-alerts@example.com")]
    from_email: String,
    /// 1 to 50 recipient addresses.
    #[schema(value_type = Vec<MailAddress>, min_items = 1, max_items = 50, example = json!(["ops@example.com"]))]
    to_emails: Vec<String>,
    /// The address that replies go to.
    #[schema(format = Email)]
    reply_to: Option<String>,
}

/// An email address.
#[derive(ToSchema)]
#[schema(value_type = String, format = Email, example = "ops@example.com")]
struct MailAddress(String);

/// The changes of a provider; omitted fields stay unchanged.
#[derive(ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ProviderChange {
    /// The name.
    #[schema(
        min_length = 1,
        max_length = 120,
        format = "name",
        pattern = r"^\s*[^\x00-\x20\x7f-\xa0][^\x00-\x1f\x7f-\x9f]*\s*$"
    )]
    name: Option<String>,
    /// Whether the provider receives notifications. While it is disabled, its deliveries are held.
    enabled: Option<bool>,
    /// The fields of the config to change. Null removes a field, and `••••••••` leaves a secret unchanged.
    #[schema(value_type = Option<Object>, example = json!({"secret": "another-secret"}))]
    config: Option<Map<String, Value>>,
    /// The maximum number of notifications per second, 0.001 to 1000; null removes the limit.
    #[schema(minimum = 0.001, maximum = 1000, example = 10)]
    max_per_second: Option<f64>,
}
