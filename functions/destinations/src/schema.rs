//! Schemas for the OpenAPI document, of requests whose fields depend on each other.
#![expect(dead_code, reason = "they are text only: `collection` reads them")]

use utoipa::ToSchema;

/// A destination to register.
#[derive(ToSchema)]
#[serde(untagged)]
pub(crate) enum NewDestination {
    /// A webhook.
    Webhook(NewWebhook),
    /// An email address.
    Email(NewEmail),
    /// A phone number.
    Sms(NewPhone),
}

#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
enum WebhookType {
    Webhook,
}

#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
enum EmailType {
    Email,
}

#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
enum SmsType {
    Sms,
}

/// A webhook to register.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewWebhook {
    #[schema(inline)]
    channel_type: WebhookType,
    /// The https URL that receives the requests.
    #[schema(format = "uri", example = "https://example.com/hooks/stack")]
    destination: String,
    /// A name of 1 to 100 characters.
    #[schema(min_length = 1, max_length = 100, format = "name", example = "Order service")]
    name: Option<String>,
    /// The maximum number of deliveries per second, 0.001 to 1000. Without it, there is no limit.
    #[schema(minimum = 0.001, maximum = 1000, example = 10)]
    max_per_second: Option<f64>,
}

/// An email address to register.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewEmail {
    #[schema(inline)]
    channel_type: EmailType,
    /// The address.
    #[schema(format = Email, example = "alerts@example.com")]
    destination: String,
    /// A name of 1 to 100 characters.
    #[schema(min_length = 1, max_length = 100, format = "name", example = "Operations")]
    name: Option<String>,
}

/// A phone number to register.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPhone {
    #[schema(inline)]
    channel_type: SmsType,
    /// The number in E.164 format.
    #[schema(format = "phone", pattern = r"^\+[1-9][0-9]{6,14}$", example = "+14155551234")]
    destination: String,
    /// A name of 1 to 100 characters.
    #[schema(min_length = 1, max_length = 100, format = "name", example = "On-call")]
    name: Option<String>,
}
