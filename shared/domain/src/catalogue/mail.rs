//! Types of the Mail API. Most of them we emit ourselves; all may be posted.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Entry, Name, entry};
use crate::{
    DeliveryState,
    Severity::{High, Info, Medium},
};

/// What the names of all types of this API begin with.
pub const PREFIX: &str = "mail.";

/// `data` of an event in the life of a mail.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Message {
    /// The mail's id: its timeline is found by it.
    pub message_id: Name,
    /// To whom it goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// What it is: `notification`, `verification`, `test`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The delivery whose mail it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery_id: Option<String>,
    /// The destination that it goes to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destination_id: Option<String>,
    /// The event that it tells of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_id: Option<String>,
    /// That event's type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_type: Option<String>,
    /// Which attempt of the delivery it is, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt: Option<u64>,
    /// The mail service's own id of the mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_message_id: Option<String>,
    /// Why it is so, in the mail service's or the receiving server's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When it is tried again.
    #[serde(default, with = "crate::time::text::option", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schemars(with = "Option<super::DateTime>"))]
    pub next_attempt_at: Option<Timestamp>,
}

impl Message {
    /// Of a mail, with nothing else said.
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
    /// Names this sending of a code; says nothing of the code.
    pub otp_id: Name,
    /// By which way it goes: `email` or `sms`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    /// To which address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// The destination that is verified, or the channel that brought the address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destination_id: Option<String>,
    /// The mail that carries it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_id: Option<String>,
    /// Until when it is good.
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
    /// Why nothing is mailed to it, `bounce` or `complaint`; or what lifted that, `verification` or `api`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What the receiving server or the mail service said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The mail that came back or was called spam.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_id: Option<String>,
    /// The delivery whose mail that was.
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
    /// Which version of it, a number or a name.
    version: Option<Value>,
    /// To whom a test of it went.
    to: Option<String>,
}

/// `data` of an event about a domain that mails are sent from.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[expect(dead_code, reason = "read to be checked, and passed on as it was posted")]
struct Domain {
    /// The domain.
    domain: Name,
    /// Its id, where it has one beside its name.
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
    /// Where it sends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// What it sends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_types: Option<Vec<String>>,
    /// What was changed: `url`, `description`, `eventTypes`, `status`, `secret`; `health` when it sends again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed: Option<Vec<String>>,
    /// Why it sends no more: `disabled` or `deleted` by request, `unhealthy` after failures.
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
    /// That event's type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_type: Option<String>,
    /// Where the delivery stands: `failed` is tried again, `abandoned` is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<DeliveryState>,
    /// Which attempt it was, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt: Option<u64>,
    /// The status of the endpoint's answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_code: Option<u64>,
    /// Why the attempt failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// When it is tried again.
    #[serde(default, with = "crate::time::text::option", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schemars(with = "Option<super::DateTime>"))]
    pub next_attempt_at: Option<Timestamp>,
}

/// Names of the types that we emit.
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

// In the order of a life, which is the order of a timeline's items of one millisecond.
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
