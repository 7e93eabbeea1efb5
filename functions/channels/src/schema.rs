//! The requests whose fields depend on each other, as the API's text shows them.
#![expect(dead_code, reason = "they are text only: `input` and `preview` read them")]

use domain::{EventType, event::PostedEvent, rule::OnUnhealthy, severity::StackSeverity};
use utoipa::ToSchema;

/// A rule to make: for one destination, for several, or in the older form of this request, which names an address in place
/// of a destination. A channel made so is verified and tested by itself; a webhook is verified at once.
#[derive(ToSchema)]
#[serde(untagged)]
pub(crate) enum NewRule {
    /// For one destination.
    One(RuleForOne),
    /// For several destinations.
    Several(RuleForSeveral),
    /// For a URL.
    Webhook(RuleForWebhook),
    /// For a mail address.
    Email(RuleForEmail),
    /// For a phone number.
    Sms(RuleForPhone),
}

/// A rule that is not saved, and an event that is not posted.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PreviewOf {
    /// The rule; it must name destinations that exist.
    rule: RegisteredRule,
    /// The event.
    event: PostedEvent,
}

/// A rule for destinations that exist.
#[derive(ToSchema)]
#[serde(untagged)]
pub(crate) enum RegisteredRule {
    /// For one.
    One(RuleForOne),
    /// For several.
    Several(RuleForSeveral),
}

/// A rule for one destination.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RuleForOne {
    /// The destination.
    #[schema(example = "ndst_01JRX2Q0Z8K5V3M7N9P4T6W8YB")]
    destination_id: String,
    /// The event types to match.
    #[schema(min_items = 1, max_items = 100, example = json!(["passport.flagged", "agent.blocked"]))]
    events: Vec<EventType>,
    /// The least severity to match; by default `warning`.
    #[schema(example = "warning")]
    min_severity: Option<StackSeverity>,
    /// The behaviour of the rule while one of its destinations is unhealthy; by default `pause`.
    on_unhealthy: Option<OnUnhealthy>,
}

/// A rule for several destinations.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RuleForSeveral {
    /// Up to 50 destinations.
    #[schema(min_items = 1, max_items = 50, example = json!(["ndst_01JRX2Q0Z8K5V3M7N9P4T6W8YB"]))]
    destination_ids: Vec<String>,
    /// The event types to match.
    #[schema(min_items = 1, max_items = 100, example = json!(["passport.flagged", "agent.blocked"]))]
    events: Vec<EventType>,
    /// The least severity to match; by default `warning`.
    #[schema(example = "warning")]
    min_severity: Option<StackSeverity>,
    /// The behaviour of the rule while one of its destinations is unhealthy; by default `pause`.
    on_unhealthy: Option<OnUnhealthy>,
}

/// A rule for a URL of its own.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RuleForWebhook {
    #[schema(inline)]
    channel_type: WebhookType,
    /// The URL.
    #[schema(format = "uri", example = "https://example.com/hooks/stack")]
    destination: String,
    /// The event types to match; by default the four of STACK.
    #[schema(min_items = 1, max_items = 100, example = json!(["passport.flagged", "agent.blocked"]))]
    events: Option<Vec<EventType>>,
    /// The least severity to match; by default `warning`.
    #[schema(example = "warning")]
    min_severity: Option<StackSeverity>,
    /// The behaviour of the rule while one of its destinations is unhealthy; by default `pause`.
    on_unhealthy: Option<OnUnhealthy>,
}

/// A rule for a mail address of its own.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RuleForEmail {
    #[schema(inline)]
    channel_type: EmailType,
    /// The mail address.
    #[schema(format = Email, example = "alerts@example.com")]
    destination: String,
    /// The event types to match; by default the four of STACK.
    #[schema(min_items = 1, max_items = 100, example = json!(["passport.flagged", "agent.blocked"]))]
    events: Option<Vec<EventType>>,
    /// The least severity to match; by default `warning`.
    #[schema(example = "warning")]
    min_severity: Option<StackSeverity>,
    /// The behaviour of the rule while one of its destinations is unhealthy; by default `pause`.
    on_unhealthy: Option<OnUnhealthy>,
}

/// A rule for a phone number of its own.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RuleForPhone {
    #[schema(inline)]
    channel_type: SmsType,
    /// The phone number in E.164 form.
    #[schema(format = "phone", pattern = r"^\+[1-9][0-9]{6,14}$", example = "+14155551234")]
    destination: String,
    /// The event types to match; by default the four of STACK.
    #[schema(min_items = 1, max_items = 100, example = json!(["passport.flagged", "agent.blocked"]))]
    events: Option<Vec<EventType>>,
    /// The least severity to match; by default `warning`.
    #[schema(example = "warning")]
    min_severity: Option<StackSeverity>,
    /// The behaviour of the rule while one of its destinations is unhealthy; by default `pause`.
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
