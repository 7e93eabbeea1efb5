//! A delivery, its attempts, and every change of its state.

mod verdict;

use std::{collections::BTreeMap, time::Duration};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{DeliveryId, EventType, Face, OperatorId, fanout::Fate, message::Job};

pub(crate) use verdict::is_gone;
pub use verdict::{Task, Verdict, due_again, is_limited_too_long, judge, task};

/// The most attempts that a row keeps, the newest; the count goes on. Keeps a row far below DynamoDB's 400 KB.
pub const MAX_KEPT_ATTEMPTS: usize = 50;
/// How much of an answer's body an attempt keeps, in bytes.
pub const MAX_KEPT_RESPONSE: usize = 1024;
/// For how long deliveries and events are kept.
pub const RETENTION: Duration = Duration::from_secs(30 * 24 * 3600);

/// Where a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema, schemars::JsonSchema))]
pub enum DeliveryState {
    /// On its way; no attempt of this round has ended yet.
    Pending,
    /// The receiver took it.
    Succeeded,
    /// An attempt failed, and there will be another.
    Failed,
    /// The last attempt failed, or none can be made.
    Abandoned,
    /// Its rule was paused; waits to be recovered.
    Held,
}

impl DeliveryState {
    /// As the row and the API write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Abandoned => "abandoned",
            Self::Held => "held",
        }
    }

    /// All of them.
    pub const ALL: [Self; 5] = [Self::Pending, Self::Succeeded, Self::Failed, Self::Abandoned, Self::Held];

    /// The state of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }

    /// Whether an operator should look at it, and `recover` sends it again.
    pub fn needs_attention(self) -> bool {
        matches!(self, Self::Failed | Self::Abandoned | Self::Held)
    }

    /// Whether the index by state holds deliveries in this state. It is sparse for all but the Mail API's webhook
    /// subscriptions, whose lists by any state read it: what succeeds at once writes nothing there.
    pub fn indexed(self, face: Face) -> bool {
        face == Face::Mail || self.needs_attention()
    }
}

/// One try of a delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// Which one, from 1.
    pub number: u32,
    /// When it began, in milliseconds since the Unix epoch.
    #[serde(with = "crate::time::millis")]
    pub at: Timestamp,
    /// How long it took.
    pub duration_ms: u64,
    /// The status of the answer, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Why it failed; absent when it succeeded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Whose failure it was, and with that whether another attempt can help.
    #[serde(default, skip_serializing_if = "Fault::is_receivers")]
    pub fault: Fault,
    /// The first 1 KiB of the answer's body, where there was one; the mail or text service's id of the message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response: Option<String>,
    /// What is odd about an answer that was taken all the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The signature headers of a webhook's request, as they were sent: the log shows them after the secret is rotated,
    /// too. Its other headers follow from the delivery and from `at` ([`crate::signature::identity`]).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub signatures: BTreeMap<String, String>,
}

/// Whose failure a failed attempt is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Fault {
    /// The receiver's own, as of every webhook: it may pass, and counts against the destination's health.
    #[default]
    Receiver,
    /// Of what lies between, the mail or text service or ourselves: it may pass, and the destination cannot help it.
    Carrier,
    /// The receiver's or the carrier's rate limit (of a webhook, a 429, or a 503 with `Retry-After`): it passes, and counts
    /// neither against the destination's health nor for the schedule.
    Throttled,
    /// Of the address, for good: it does not exist, or its owner has opted out. The delivery ends.
    Address,
    /// Of the sender, for good: the service does not take our messages. The delivery ends.
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
    /// Whether the receiver took the delivery.
    pub fn succeeded(&self) -> bool {
        self.error.is_none()
    }
}

/// One event to one destination.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// Its id, which holds the destination's and the event's.
    pub id: DeliveryId,
    /// Whose it is.
    pub operator_id: OperatorId,
    /// The type of its event, for the log.
    pub event_type: EventType,
    /// Where it stands.
    pub state: DeliveryState,
    /// Why it is held, or why it was abandoned without an attempt: a word such as `destination_deleted`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// How many attempts were made in all.
    pub attempt_count: u32,
    /// The newest of them, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attempts: Vec<Attempt>,
    /// When the next one is due.
    #[serde(default, with = "crate::time::millis::option", skip_serializing_if = "Option::is_none")]
    pub next_attempt_at: Option<Timestamp>,
    /// When it was dispatched.
    #[serde(with = "crate::time::millis")]
    pub created_at: Timestamp,
    /// The API by which its destination was made.
    #[serde(default, skip_serializing_if = "Face::is_stack")]
    pub face: Face,
    /// The place of the newest attempt in the retry schedule, from 0.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub step: u32,
}

fn is_zero(n: &u32) -> bool {
    *n == 0
}

/// Why a delivery is held.
pub const RULE_PAUSED: &str = "rule_paused";
/// Why a delivery is held whose destination became unhealthy before its first attempt.
pub const DESTINATION_UNHEALTHY: &str = "destination_unhealthy";
/// Why a delivery is abandoned that its destination has rate limited for too long.
pub const RATE_LIMITED: &str = "rate_limited";
/// Why a delivery is held whose destination is switched off.
pub const DESTINATION_DISABLED: &str = "destination_disabled";
/// Why a delivery is abandoned that could not be sent, for a reason on our side.
pub const NOT_SENT: &str = "not_sent";
/// Why a delivery is abandoned whose sender did not live to tell how it ended.
pub const INTERRUPTED: &str = "interrupted";
/// Why a delivery to a destination that is no more is abandoned.
pub const DESTINATION_DELETED: &str = "destination_deleted";
/// Why a mail to an address that bounced or complained is abandoned.
pub const SUPPRESSED: &str = "suppressed";
/// Why a delivery is abandoned whose mail was sent and came back.
pub const BOUNCED: &str = "bounced";
/// Why a delivery is abandoned whose mail the mail service took and then would not send on.
pub const REJECTED: &str = "rejected";

impl Delivery {
    /// The new delivery of an event of this operator and type that [`crate::fanout::fan_out`] has planned.
    pub fn new(
        id: DeliveryId,
        operator_id: OperatorId,
        event_type: &EventType,
        face: Face,
        fate: Fate,
        now: Timestamp,
    ) -> Self {
        let (state, reason) = match fate {
            Fate::Send => (DeliveryState::Pending, None),
            Fate::Hold => (DeliveryState::Held, Some(RULE_PAUSED)),
            Fate::Disabled => (DeliveryState::Held, Some(DESTINATION_DISABLED)),
            Fate::Abandon => (DeliveryState::Abandoned, Some(DESTINATION_DELETED)),
        };
        Self {
            id,
            operator_id,
            event_type: event_type.clone(),
            state,
            reason: reason.map(str::to_owned),
            attempt_count: 0,
            attempts: vec![],
            next_attempt_at: None,
            created_at: now,
            face,
            step: 0,
        }
    }

    /// The job that makes the next attempt at once, in a new round.
    pub fn job_at_once(&self) -> Job {
        Job::at_once(self.id, self.operator_id, self.attempt_count)
    }
}

/// Why a delivery is not sent again by hand, unless it is forced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoRetry {
    /// It is on its way.
    InProgress,
    /// The receiver has it.
    Succeeded,
}

impl Delivery {
    /// The attempts of the newest round that used up a step of the schedule, oldest first, of which `step` more came
    /// before the newest.
    pub fn round(&self, step: u32) -> Vec<&Attempt> {
        let length = usize::try_from(step).unwrap_or(usize::MAX).saturating_add(1);
        let counted: Vec<_> = self.attempts.iter().filter(|attempt| attempt.fault != Fault::Throttled).collect();
        counted[counted.len().saturating_sub(length)..].to_vec()
    }

    /// Whether it may be sent again by hand: when it failed, was abandoned or is held.
    ///
    /// # Errors
    /// Why not.
    pub fn may_retry(&self) -> Result<(), NoRetry> {
        match self.state {
            DeliveryState::Failed | DeliveryState::Abandoned | DeliveryState::Held => Ok(()),
            DeliveryState::Pending => Err(NoRetry::InProgress),
            DeliveryState::Succeeded => Err(NoRetry::Succeeded),
        }
    }
}

/// Cuts text to at most `max` bytes, at a character.
pub fn cut(text: &str, max: usize) -> &str {
    &text[..text.floor_char_boundary(max)]
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::time::from_millis;

    pub(crate) fn attempt(status: u16) -> Attempt {
        let error = (status >= 300).then(|| format!("answered {status}"));
        let fault = Fault::Receiver;
        let (status, signatures) = (Some(status), BTreeMap::new());
        Attempt {
            number: 1,
            at: from_millis(0),
            duration_ms: 5,
            status,
            error,
            fault,
            response: None,
            note: None,
            signatures,
        }
    }

    #[test]
    fn text_is_cut_at_a_character() {
        assert_eq!(cut("aé", 2), "a");
        assert_eq!(cut("aé", 9), "aé");
    }
}
