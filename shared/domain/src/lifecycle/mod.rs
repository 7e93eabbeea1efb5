//! The lifecycle of a delivery: its states, and everything that leads from one state to another.
//!
//! [`Transition::planned`] decides the first state, [`Transition::attempted`] the state after an attempt, and
//! [`DeliveryState::after`] the state after anything else. Nothing else decides a state. A dash means that the delivery
//! stays as it is.
//!
//! | what happens | `pending` | `failed` | `held` | `succeeded` | `abandoned` |
//! | --- | --- | --- | --- | --- | --- |
//! | an attempt succeeds | `succeeded` | `succeeded` | `succeeded` | `succeeded` | `succeeded` |
//! | an attempt fails, and another follows | `failed` | `failed` | `failed` | `failed` | `failed` |
//! | the last attempt fails, or no other can help | `abandoned` | `abandoned` | `abandoned` | `abandoned` | `abandoned` |
//! | it is rate limited, for less than a day | `failed` | `failed` | `failed` | `failed` | `failed` |
//! | it is rate limited, for a day | `abandoned` | `abandoned` | `abandoned` | `abandoned` | `abandoned` |
//! | its rule is paused, its destination is disabled or not verified | `held` | `held` | `held` | `held` | `held` |
//! | its destination is unhealthy before the first attempt | `held` | – | – | – | – |
//! | it cannot be sent: [`Reason`] | `abandoned` | `abandoned` | `abandoned` | `abandoned` | `abandoned` |
//! | its mail bounced, or was rejected after it was accepted | – | – | – | `abandoned` | – |
//! | it is overdue: planned long ago, never attempted | `failed` | – | – | – | – |
//! | it is sent again, by a recovery or by hand | – | `pending` | `pending` | `pending` | `pending` |
//!
//! `succeeded` and `abandoned` end a delivery: they have no next attempt, so only a request to send it again or a report
//! about its mail leads out of them. The result of an attempt still applies in every state, because a request to send a
//! delivery again queues the job first and then marks the row ([`crate::delivery::task`] ignores jobs that are stale).

mod reason;

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{ApiKind, attempt::Attempt, backoff::Schedule, traffic::MAX_LIMITED};

pub use reason::Reason;

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

/// What happens to an event's delivery to one destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Fate {
    /// The destination was deleted. The delivery is recorded as abandoned, so that the operator sees it.
    Abandon,
    /// The destination is disabled. The delivery is recorded, and sent when the operator recovers it.
    Disabled,
    /// The rule is paused. The delivery is recorded, and sent when the operator recovers it.
    Hold,
    /// The delivery is sent now.
    Send,
}

/// What happens to a delivery, apart from its attempts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trigger {
    /// No attempt is made, or the mail of the newest attempt did not arrive, for this reason.
    Stopped(Reason),
    /// The delivery was planned for this time and has never been attempted.
    Overdue(Timestamp),
    /// A recovery or a manual retry sends it again, in a new round.
    SentAgain,
}

/// What decides whether a failed attempt is followed by another.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Retry<'a> {
    /// The schedule.
    Scheduled {
        /// The waits between attempts.
        schedule: &'a Schedule,
        /// The attempt's place in the schedule, from 0.
        step: u32,
        /// A random number from 0 to 1.
        jitter: f64,
    },
    /// The rate limit that refused the attempt. After [`MAX_LIMITED`] the delivery ends.
    Limited {
        /// When the destination's rate limit first postponed the delivery.
        since: Option<Timestamp>,
        /// When the attempt may be repeated.
        due: Timestamp,
    },
    /// Only a manual retry follows, as for notifications that are sent at once.
    Manual,
}

/// The new state of a delivery, with everything in its row that depends on the state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transition {
    /// The new state.
    pub state: DeliveryState,
    /// Why the delivery is held, or why it ended, if no attempt says so.
    pub reason: Option<Reason>,
    /// When the next attempt is due.
    pub next_attempt_at: Option<Timestamp>,
}

/// Why a delivery cannot be retried manually, unless forced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoRetry {
    /// It is on its way.
    InProgress,
    /// The receiver already has it.
    Succeeded,
    /// It is a test or a verification, which has no event.
    Test,
}

impl DeliveryState {
    /// The state after `trigger`; `None` if that changes nothing in this state.
    pub fn after(self, trigger: &Trigger) -> Option<Transition> {
        match (self, trigger) {
            (_, Trigger::Stopped(reason)) => Some(Transition::stopped(self.stopped_for(reason)?, reason)),
            (Self::Pending, Trigger::Overdue(planned_at)) => Some(Transition::due(*planned_at)),
            (Self::Pending, Trigger::SentAgain) | (_, Trigger::Overdue(_)) => None,
            (_, Trigger::SentAgain) => Some(Transition::to(Self::Pending)),
        }
    }

    fn stopped_for(self, reason: &Reason) -> Option<Self> {
        match reason {
            Reason::RulePaused | Reason::DestinationDisabled | Reason::DestinationUnverified => Some(Self::Held),
            Reason::DestinationUnhealthy => (self == Self::Pending).then_some(Self::Held),
            Reason::DestinationDeleted
            | Reason::Suppressed
            | Reason::RateLimited
            | Reason::NotSent
            | Reason::Interrupted => Some(Self::Abandoned),
            Reason::Bounced | Reason::Rejected => (self == Self::Succeeded).then_some(Self::Abandoned),
            Reason::Other(_) => None,
        }
    }

    /// Checks whether a delivery in this state may be retried manually: it failed, was abandoned or is held.
    ///
    /// # Errors
    /// The reason, if it may not.
    pub fn may_retry(self) -> Result<(), NoRetry> {
        match self {
            Self::Failed | Self::Abandoned | Self::Held => Ok(()),
            Self::Pending => Err(NoRetry::InProgress),
            Self::Succeeded => Err(NoRetry::Succeeded),
        }
    }

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

impl Transition {
    /// The first state of a delivery, as its event plans it.
    pub fn planned(fate: Fate) -> Self {
        match fate {
            Fate::Send => Self::to(DeliveryState::Pending),
            Fate::Hold => Self::stopped(DeliveryState::Held, &Reason::RulePaused),
            Fate::Disabled => Self::stopped(DeliveryState::Held, &Reason::DestinationDisabled),
            Fate::Abandon => Self::stopped(DeliveryState::Abandoned, &Reason::DestinationDeleted),
        }
    }

    /// The state after an attempt that ended at `now`, whatever the state before.
    pub fn attempted(attempt: &Attempt, retry: Retry<'_>, now: Timestamp) -> Self {
        if attempt.succeeded() {
            return Self::to(DeliveryState::Succeeded);
        }
        match retry {
            Retry::Scheduled { schedule, step, jitter } => {
                let wait = schedule.wait_after(step, jitter).filter(|_| attempt.may_be_repeated());
                wait.map_or_else(|| Self::to(DeliveryState::Abandoned), |wait| Self::due(now + wait))
            }
            Retry::Limited { since: Some(since), .. } if is_limited_too_long(since, now) => {
                Self::stopped(DeliveryState::Abandoned, &Reason::RateLimited)
            }
            Retry::Limited { due, .. } => Self::due(due),
            Retry::Manual => Self::to(DeliveryState::Abandoned),
        }
    }

    fn to(state: DeliveryState) -> Self {
        Self { state, reason: None, next_attempt_at: None }
    }

    fn stopped(state: DeliveryState, reason: &Reason) -> Self {
        Self { reason: Some(reason.clone()), ..Self::to(state) }
    }

    fn due(at: Timestamp) -> Self {
        Self { next_attempt_at: Some(at), ..Self::to(DeliveryState::Failed) }
    }
}

/// Whether a delivery has been rate limited for so long that it ends.
pub fn is_limited_too_long(since: Timestamp, now: Timestamp) -> bool {
    Duration::try_from(now.duration_since(since)).is_ok_and(|limited| limited >= MAX_LIMITED)
}

#[cfg(test)]
mod tests;
