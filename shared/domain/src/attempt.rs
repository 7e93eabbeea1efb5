//! One attempt to deliver, and who caused its failure.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How much of a response body an attempt keeps, in bytes.
pub const MAX_KEPT_RESPONSE: usize = 1024;

/// One try of a delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// The number of the attempt, from 1.
    pub number: u32,
    /// When it began. Rows store milliseconds since the Unix epoch.
    #[serde(with = "crate::time::millis")]
    pub at: Timestamp,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// The HTTP status of the response, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Why it failed; absent if it succeeded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Who caused the failure, which decides whether another attempt can help.
    #[serde(default, skip_serializing_if = "Fault::is_receivers")]
    pub fault: Fault,
    /// The first [`MAX_KEPT_RESPONSE`] bytes of the response body, if there was one; for mails and text messages, the
    /// service's id of the message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response: Option<String>,
    /// A problem with a response that was accepted anyway.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The signature headers of a webhook request as sent, so the log can show them even after the secret is rotated.
    /// Its other headers follow from the delivery and from `at` ([`crate::signature::identity`]).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub signatures: BTreeMap<String, String>,
}

/// Who caused a failed attempt.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Fault {
    /// The receiver, as for every webhook. The failure may be temporary and counts against the destination's health.
    #[default]
    Receiver,
    /// The carrier: the mail or text service, or this service. The failure may be temporary and is not the
    /// destination's fault.
    Carrier,
    /// A rate limit of the receiver or the carrier (for a webhook, a 429, or a 503 with `Retry-After`). It is
    /// temporary, and counts neither against the destination's health nor as a step of the schedule.
    Throttled,
    /// The address, permanently: it does not exist, or its owner has opted out. The delivery ends.
    Address,
    /// The sender, permanently: the service does not accept our messages. The delivery ends.
    Sender,
}

impl Fault {
    /// Whether another attempt may succeed.
    pub fn may_pass(self) -> bool {
        matches!(self, Self::Receiver | Self::Carrier | Self::Throttled)
    }

    fn is_receivers(&self) -> bool {
        *self == Self::Receiver
    }
}

impl Attempt {
    /// Whether the receiver accepted the delivery.
    pub fn succeeded(&self) -> bool {
        self.error.is_none()
    }

    /// Whether the receiver answered `410 Gone`: it wants no more deliveries.
    pub fn is_gone(&self) -> bool {
        self.fault == Fault::Receiver && self.status == Some(410)
    }

    /// Whether another attempt may succeed after this one failed.
    pub fn may_be_repeated(&self) -> bool {
        self.fault.may_pass() && !self.is_gone()
    }
}

/// Cuts text to at most `max` bytes, at a character boundary.
pub fn cut(text: &str, max: usize) -> &str {
    &text[..text.floor_char_boundary(max)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_at_a_character() {
        assert_eq!(cut("aé", 2), "a");
        assert_eq!(cut("aé", 9), "aé");
    }
}
