//! Schemas for the OpenAPI document, of requests whose fields depend on each other.
#![expect(dead_code, reason = "they are text only: `input` and `preview` read them")]

use domain::{EventType, event::PostedEvent, rule::OnUnhealthy, severity::StackSeverity};
use utoipa::ToSchema;

/// A rule to create: for one destination, for several, or in the older form with an address instead of a destination. A
/// rule in the older form is verified and tested through its own routes, and a webhook is verified at once.
#[derive(ToSchema)]
#[serde(untagged)]
pub(crate) enum NewRule {
    /// A rule for one destination.
    One(RuleForOne),
    /// A rule for several destinations.
    Several(RuleForSeveral),
    /// A rule for a URL.
    Webhook(RuleForWebhook),
    /// A rule for an email address.
    Email(RuleForEmail),
    /// A rule for a phone number.
    Sms(RuleForPhone),
}

/// A rule to preview, and an event to apply it to.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PreviewOf {
    /// The rule. Its destinations must exist.
    rule: RegisteredRule,
    /// The event.
    event: PostedEvent,
}

/// A rule for registered destinations.
#[derive(ToSchema)]
#[serde(untagged)]
pub(crate) enum RegisteredRule {
    /// A rule for one destination.
    One(RuleForOne),
    /// A rule for several destinations.
    Several(RuleForSeveral),
}

/// A rule for one destination.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RuleForOne {
    /// The id of the destination.
    #[schema(example = "ndst_01JRX2Q0Z8K5V3M7N9P4T6W8YB")]
    destination_id: String,
    /// The event types to match.
    #[schema(min_items = 1, max_items = 100, example = json!(["passport.flagged", "agent.blocked"]))]
    events: Vec<EventType>,
    /// The minimum severity to match; default `warning`.
    #[schema(example = "warning")]
    min_severity: Option<StackSeverity>,
    /// The behavior of the rule while its destination is unhealthy; default `pause`.
    on_unhealthy: Option<OnUnhealthy>,
}

/// A rule for several destinations.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RuleForSeveral {
    /// The ids of up to 50 destinations.
    #[schema(min_items = 1, max_items = 50, example = json!(["ndst_01JRX2Q0Z8K5V3M7N9P4T6W8YB"]))]
    destination_ids: Vec<String>,
    /// The event types to match.
    #[schema(min_items = 1, max_items = 100, example = json!(["passport.flagged", "agent.blocked"]))]
    events: Vec<EventType>,
    /// The minimum severity to match; default `warning`.
    #[schema(example = "warning")]
    min_severity: Option<StackSeverity>,
    /// The behavior of the rule while one of its destinations is unhealthy; default `pause`.
    on_unhealthy: Option<OnUnhealthy>,
}

/// A rule with a URL of its own.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RuleForWebhook {
    #[schema(inline)]
    channel_type: WebhookType,
    /// The URL that receives the requests.
    #[schema(format = "uri", example = "https://example.com/hooks/stack")]
    destination: String,
    /// The event types to match; default the four of STACK.
    #[schema(min_items = 1, max_items = 100, example = json!(["passport.flagged", "agent.blocked"]))]
    events: Option<Vec<EventType>>,
    /// The minimum severity to match; default `warning`.
    #[schema(example = "warning")]
    min_severity: Option<StackSeverity>,
    /// The behavior of the rule while the URL is unhealthy; default `pause`.
    on_unhealthy: Option<OnUnhealthy>,
}

/// A rule with an email address of its own.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RuleForEmail {
    #[schema(inline)]
    channel_type: EmailType,
    /// The email address.
    #[schema(format = Email, example = "alerts@example.com")]
    destination: String,
    /// The event types to match; default the four of STACK.
    #[schema(min_items = 1, max_items = 100, example = json!(["passport.flagged", "agent.blocked"]))]
    events: Option<Vec<EventType>>,
    /// The minimum severity to match; default `warning`.
    #[schema(example = "warning")]
    min_severity: Option<StackSeverity>,
    /// The behavior of the rule while the address is unhealthy; default `pause`.
    on_unhealthy: Option<OnUnhealthy>,
}

/// A rule with a phone number of its own.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RuleForPhone {
    #[schema(inline)]
    channel_type: SmsType,
    /// The phone number in E.164 format.
    #[schema(format = "phone", pattern = r"^\+[1-9][0-9]{6,14}$", example = "+14155551234")]
    destination: String,
    /// The event types to match; default the four of STACK.
    #[schema(min_items = 1, max_items = 100, example = json!(["passport.flagged", "agent.blocked"]))]
    events: Option<Vec<EventType>>,
    /// The minimum severity to match; default `warning`.
    #[schema(example = "warning")]
    min_severity: Option<StackSeverity>,
    /// The behavior of the rule while the number is unhealthy; default `pause`.
    on_unhealthy: Option<OnUnhealthy>,
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
