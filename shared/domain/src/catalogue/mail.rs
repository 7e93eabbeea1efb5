//! Event types of the Mail API. This service emits most of them itself; producers may post all of them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Entry, Name, entry};
use crate::{
    DeliveryState,
    Severity::{High, Info, Medium},
};

/// The prefix of the names of all types of this API.
pub const PREFIX: &str = "mail.";

/// `data` of an event in the life of a mail.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Message {
    /// The mail's id, by which its timeline is found.
    pub message_id: Name,
    /// The recipient.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// The kind of mail: `notification`, `verification` or `test`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The delivery that sent the mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery_id: Option<String>,
    /// The destination that the mail is sent to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destination_id: Option<String>,
    /// The event that the mail is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_id: Option<String>,
    /// The type of that event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_type: Option<String>,
    /// The number of the delivery's attempt, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt: Option<u64>,
    /// The mail service's own id of the mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_message_id: Option<String>,
    /// The reason, in the words of the mail service or the receiving server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When the next attempt is due.
    #[serde(default, with = "crate::time::text::option", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schemars(with = "Option<super::DateTime>"))]
    pub next_attempt_at: Option<Timestamp>,
}

impl Message {
    /// The data of a mail with its id only.
    pub fn of(id: impl std::fmt::Display) -> Self {
        Self {
            message_id: Name::of(id),
            to: None,
            kind: None,
            delivery_id: None,
            destination_id: None,
            event_id: None,
            event_type: None,
            attempt: None,
            provider_message_id: None,
            reason: None,
            next_attempt_at: None,
        }
    }
}

/// `data` of an event about a verification code.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Otp {
    /// Identifies this sending of a code. It reveals nothing about the code.
    pub otp_id: Name,
    /// How the code is sent: `email` or `sms`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    /// The address that the code is sent to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// The destination to verify, or the legacy channel that owns it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destination_id: Option<String>,
    /// The mail that carries the code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_id: Option<String>,
    /// When the code expires.
    #[serde(default, with = "crate::time::text::option", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schemars(with = "Option<super::DateTime>"))]
    pub expires_at: Option<Timestamp>,
    /// Why it failed or was canceled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// `data` of an event about a suppressed address.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Suppression {
    /// The address.
    pub email: Name,
    /// Why the address is suppressed, `bounce` or `complaint`; or what ended the suppression, `verification` or `api`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The response of the receiving server or the email service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The mail that bounced or was reported as spam.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_id: Option<String>,
    /// The delivery that sent that mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery_id: Option<String>,
}

/// `data` of an event about a mail template.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[expect(dead_code, reason = "read to be checked, and passed on as it was posted")]
struct Template {
    /// The template's id.
    template_id: Name,
    /// Its name.
    name: Option<String>,
    /// The template's version, a number or a name.
    version: Option<Value>,
    /// The recipient of a test mail.
    to: Option<String>,
}

/// `data` of an event about a sending domain.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[expect(dead_code, reason = "read to be checked, and passed on as it was posted")]
struct Domain {
    /// The domain.
    domain: Name,
    /// The domain's id, if it has one besides its name.
    domain_id: Option<String>,
    /// Why it could not be verified.
    reason: Option<String>,
}

/// `data` of an event about a webhook subscription.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Webhook {
    /// The subscription's id.
    pub webhook_id: Name,
    /// The URL that receives the requests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The event types that it sends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_types: Option<Vec<String>>,
    /// What changed: `url`, `description`, `eventTypes`, `status`, `secret`; `health` when deliveries resume.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed: Option<Vec<String>>,
    /// Why deliveries stopped: `disabled` or `deleted` by request, `unhealthy` after failures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// `data` of an event about an attempt to deliver to a webhook subscription.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct WebhookDelivery {
    /// The delivery.
    pub delivery_id: Name,
    /// The subscription.
    pub webhook_id: Name,
    /// The event that was delivered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_id: Option<String>,
    /// The type of that event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_type: Option<String>,
    /// The state of the delivery: `failed` is retried, `abandoned` is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<DeliveryState>,
    /// The number of the attempt, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt: Option<u64>,
    /// The HTTP status of the endpoint's response.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_code: Option<u64>,
    /// Why the attempt failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// When the next attempt is due.
    #[serde(default, with = "crate::time::text::option", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schemars(with = "Option<super::DateTime>"))]
    pub next_attempt_at: Option<Timestamp>,
}

/// Names of the types that this service emits.
pub mod name {
    #![allow(missing_docs, reason = "each is the type's name")]
    pub const MESSAGE_QUEUED: &str = "mail.message.queued";
    pub const MESSAGE_SENDING: &str = "mail.message.sending";
    pub const MESSAGE_SENT: &str = "mail.message.sent";
    pub const MESSAGE_DEFERRED: &str = "mail.message.deferred";
    pub const MESSAGE_FAILED: &str = "mail.message.failed";
    pub const MESSAGE_BOUNCED: &str = "mail.message.bounced";
    pub const MESSAGE_SUPPRESSED: &str = "mail.message.suppressed";
    pub const SUPPRESSION_CREATED: &str = "mail.suppression.created";
    pub const SUPPRESSION_DELETED: &str = "mail.suppression.deleted";
    pub const OTP_CREATED: &str = "mail.otp.created";
    pub const OTP_SENT: &str = "mail.otp.sent";
    pub const OTP_VERIFIED: &str = "mail.otp.verified";
    pub const OTP_FAILED_ATTEMPT: &str = "mail.otp.failed_attempt";
    pub const OTP_FAILED: &str = "mail.otp.failed";
    pub const OTP_EXPIRED: &str = "mail.otp.expired";
    pub const OTP_CANCELED: &str = "mail.otp.canceled";
    pub const WEBHOOK_CREATED: &str = "mail.webhook.created";
    pub const WEBHOOK_UPDATED: &str = "mail.webhook.updated";
    pub const WEBHOOK_DISABLED: &str = "mail.webhook.disabled";
    pub const DELIVERY_SUCCEEDED: &str = "mail.webhook.delivery.succeeded";
    pub const DELIVERY_FAILED: &str = "mail.webhook.delivery.failed";
}

// In the order of a mail's life: a timeline lists items of the same millisecond in this order.
pub(super) const ENTRIES: &[Entry] = &[
    entry::<Message>(name::MESSAGE_QUEUED, Info, "Queued"),
    entry::<Message>(name::MESSAGE_SENDING, Info, "Sending"),
    entry::<Message>(name::MESSAGE_SENT, Info, "Sent"),
    entry::<Message>(name::MESSAGE_DEFERRED, Medium, "Deferred"),
    entry::<Message>(name::MESSAGE_FAILED, High, "Failed"),
    entry::<Message>(name::MESSAGE_BOUNCED, High, "Bounced"),
    entry::<Message>(name::MESSAGE_SUPPRESSED, Medium, "Suppressed"),
    entry::<Suppression>(name::SUPPRESSION_CREATED, Medium, "Address suppressed"),
    entry::<Suppression>(name::SUPPRESSION_DELETED, Info, "Address no longer suppressed"),
    entry::<Otp>(name::OTP_CREATED, Info, "Code created"),
    entry::<Otp>(name::OTP_SENT, Info, "Code sent"),
    entry::<Otp>(name::OTP_VERIFIED, Info, "Code verified"),
    entry::<Otp>(name::OTP_FAILED_ATTEMPT, Medium, "Wrong code given"),
    entry::<Otp>(name::OTP_FAILED, Medium, "Code failed"),
    entry::<Otp>(name::OTP_EXPIRED, Info, "Code expired"),
    entry::<Otp>(name::OTP_CANCELED, Info, "Code canceled"),
    entry::<Template>("mail.template.created", Info, "Template created"),
    entry::<Template>("mail.template.updated", Info, "Template changed"),
    entry::<Template>("mail.template.deleted", Info, "Template deleted"),
    entry::<Template>("mail.template.version.created", Info, "Template version created"),
    entry::<Template>("mail.template.test_sent", Info, "Template test sent"),
    entry::<Domain>("mail.domain.created", Info, "Domain created"),
    entry::<Domain>("mail.domain.verified", Info, "Domain verified"),
    entry::<Domain>("mail.domain.failed", High, "Domain could not be verified"),
    entry::<Domain>("mail.domain.deleted", Info, "Domain deleted"),
    entry::<Webhook>(name::WEBHOOK_CREATED, Info, "Webhook created"),
    entry::<Webhook>(name::WEBHOOK_UPDATED, Info, "Webhook changed"),
    entry::<Webhook>(name::WEBHOOK_DISABLED, Medium, "Webhook disabled"),
    entry::<WebhookDelivery>(name::DELIVERY_SUCCEEDED, Info, "Webhook delivered"),
    entry::<WebhookDelivery>(name::DELIVERY_FAILED, Medium, "Webhook delivery failed"),
];
