//! A delivery, its attempts, and every change of its state.

mod verdict;

use std::{collections::BTreeMap, time::Duration};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{ApiKind, DeliveryId, EventType, OperatorId, fanout::Fate, message::Job};

pub(crate) use verdict::is_gone;
pub use verdict::{Task, Verdict, due_again, is_limited_too_long, judge, task};

/// A row keeps this many attempts, the newest ones, but counts all. Keeps the row well below DynamoDB's limit of 400
/// KB.
pub const MAX_KEPT_ATTEMPTS: usize = 50;
/// How much of a response body an attempt keeps, in bytes.
pub const MAX_KEPT_RESPONSE: usize = 1024;
/// How long deliveries and events are kept.
pub const RETENTION: Duration = Duration::from_secs(30 * 24 * 3600);

/// The state of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema, schemars::JsonSchema))]
pub enum DeliveryState {
    /// On its way: no attempt of this round has ended.
    Pending,
    /// The receiver accepted it.
    Succeeded,
    /// An attempt failed, and there will be another.
    Failed,
    /// The last attempt failed, or no attempt can be made.
    Abandoned,
    /// Its rule was paused. It waits to be recovered.
    Held,
}

impl DeliveryState {
    /// The name in rows and in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Abandoned => "abandoned",
            Self::Held => "held",
        }
    }

    /// All states.
    pub const ALL: [Self; 5] = [Self::Pending, Self::Succeeded, Self::Failed, Self::Abandoned, Self::Held];

    /// The state with this name, if there is one.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }

    /// Whether an operator should look at the delivery. `recover` sends such deliveries again.
    pub fn needs_attention(self) -> bool {
        matches!(self, Self::Failed | Self::Abandoned | Self::Held)
    }

    /// Whether the index by state contains deliveries in this state. For most APIs it only holds those that need
    /// attention, so a delivery that succeeds at once writes nothing there. The Mail API lists the deliveries of a
    /// webhook subscription by any state, so its deliveries are always indexed.
    pub fn indexed(self, api: ApiKind) -> bool {
        api == ApiKind::Mail || self.needs_attention()
    }
}

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
}

/// The delivery of one event to one destination.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// Its id, which contains the ids of the destination and the event.
    pub id: DeliveryId,
    /// The id of its operator.
    pub operator_id: OperatorId,
    /// The type of its event, shown in the log.
    pub event_type: EventType,
    /// The current status.
    pub state: DeliveryState,
    /// Why it is held, or why it was abandoned without an attempt: a code such as `destination_deleted`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// How many attempts were made in total.
    pub attempt_count: u32,
    /// The newest attempts, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attempts: Vec<Attempt>,
    /// When the next attempt is due.
    #[serde(default, with = "crate::time::millis::option", skip_serializing_if = "Option::is_none")]
    pub next_attempt_at: Option<Timestamp>,
    /// When it was dispatched.
    #[serde(with = "crate::time::millis")]
    pub created_at: Timestamp,
    /// The API that created its destination.
    #[serde(default, rename = "face", skip_serializing_if = "ApiKind::is_stack")]
    pub api: ApiKind,
    /// The newest attempt's place in the retry schedule, from 0.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub step: u32,
}

fn is_zero(n: &u32) -> bool {
    *n == 0
}

/// Reason of a held delivery: its rule is paused.
pub const RULE_PAUSED: &str = "rule_paused";
/// Reason of a held delivery: its destination became unhealthy before the first attempt.
pub const DESTINATION_UNHEALTHY: &str = "destination_unhealthy";
/// Reason of an abandoned delivery: its destination rate limited it for too long.
pub const RATE_LIMITED: &str = "rate_limited";
/// Reason of a held delivery: its destination is disabled.
pub const DESTINATION_DISABLED: &str = "destination_disabled";
/// Reason of an abandoned delivery: it could not be sent because of a problem on our side.
pub const NOT_SENT: &str = "not_sent";
/// Reason of an abandoned delivery: the function that sent it stopped before it recorded the result.
pub const INTERRUPTED: &str = "interrupted";
/// Reason of an abandoned delivery: its destination was deleted.
pub const DESTINATION_DELETED: &str = "destination_deleted";
/// Reason of an abandoned delivery: its mail address bounced or complained.
pub const SUPPRESSED: &str = "suppressed";
/// Reason of an abandoned delivery: its mail was sent and bounced.
pub const BOUNCED: &str = "bounced";
/// Reason of an abandoned delivery: the mail service accepted its mail and then refused to send it.
pub const REJECTED: &str = "rejected";

impl Delivery {
    /// Creates a delivery that [`crate::fanout::fan_out`] has planned for an event of this operator and type.
    pub fn new(
        id: DeliveryId,
        operator_id: OperatorId,
        event_type: &EventType,
        api: ApiKind,
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
            api,
            step: 0,
        }
    }

    /// The job for the next attempt, due at once, in a new round.
    pub fn job_at_once(&self) -> Job {
        Job::at_once(self.id, self.operator_id, self.attempt_count)
    }
}

/// Why a delivery cannot be retried manually, unless forced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoRetry {
    /// It is on its way.
    InProgress,
    /// The receiver already has it.
    Succeeded,
}

impl Delivery {
    /// The attempts of the newest round, oldest first, without those that were rate limited. `step` is the newest
    /// attempt's place in the schedule, so the round has `step + 1` attempts.
    pub fn round(&self, step: u32) -> Vec<&Attempt> {
        let length = usize::try_from(step).unwrap_or(usize::MAX).saturating_add(1);
        let counted: Vec<_> = self.attempts.iter().filter(|attempt| attempt.fault != Fault::Throttled).collect();
        counted[counted.len().saturating_sub(length)..].to_vec()
    }

    /// Checks whether the delivery may be retried manually: it failed, was abandoned or is held.
    ///
    /// # Errors
    /// The reason, if it may not.
    pub fn may_retry(&self) -> Result<(), NoRetry> {
        match self.state {
            DeliveryState::Failed | DeliveryState::Abandoned | DeliveryState::Held => Ok(()),
            DeliveryState::Pending => Err(NoRetry::InProgress),
            DeliveryState::Succeeded => Err(NoRetry::Succeeded),
        }
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
