//! A delivery, and what its row says about the next attempt.

mod probe;
mod task;

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    ApiKind, DeliveryId, EventType, OperatorId,
    lifecycle::{Fate, Reason, Transition, Trigger},
    message::Job,
};

pub use crate::{
    attempt::{AnswerHeaders, Attempt, Fault, KeptHeaders, MAX_KEPT_HEADERS, MAX_KEPT_RESPONSE, cut},
    lifecycle::DeliveryState,
};
pub use probe::Probe;
pub use task::{Task, due_again, may_have_row, task};

/// A row keeps this many attempts, the newest ones, but counts all. Keeps the row well below DynamoDB's limit of 400
/// KB.
const MAX_KEPT_ATTEMPTS: usize = 50;
/// How long deliveries and events are kept.
pub const RETENTION: Duration = Duration::from_secs(30 * 24 * 3600);

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
    /// Why it is held, or why it was abandoned without an attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
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
    /// What it checked, if it was a test or a verification rather than the delivery of an event of the log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probe: Option<Probe>,
}

fn is_zero(n: &u32) -> bool {
    *n == 0
}

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
        let Transition { state, reason, next_attempt_at } = Transition::planned(fate);
        Self {
            id,
            operator_id,
            event_type: event_type.clone(),
            state,
            reason,
            attempt_count: 0,
            attempts: vec![],
            next_attempt_at,
            created_at: now,
            api,
            step: 0,
            probe: None,
        }
    }

    /// Its next state after `trigger`, which is the present one if that changes nothing.
    pub fn after(&self, trigger: &Trigger) -> Transition {
        let same =
            || Transition { state: self.state, reason: self.reason.clone(), next_attempt_at: self.next_attempt_at };
        self.state.after(trigger).unwrap_or_else(same)
    }

    /// The delivery in its next state.
    #[must_use]
    pub fn changed(&self, next: &Transition) -> Self {
        let Transition { state, reason, next_attempt_at } = next.clone();
        Self { state, reason, next_attempt_at, ..self.clone() }
    }

    /// The delivery with one more attempt, at this `step` of the schedule, in its next state.
    #[must_use]
    pub fn attempted(&self, step: u32, attempt: &Attempt, next: &Transition) -> Self {
        let mut attempts = self.attempts.clone();
        attempts.push(attempt.clone());
        attempts.drain(..attempts.len().saturating_sub(MAX_KEPT_ATTEMPTS));
        Self { attempt_count: attempt.number, attempts, step, ..self.changed(next) }
    }

    /// The job for the next attempt, due at once, in a new round.
    pub fn job_at_once(&self) -> Job {
        Job::at_once(self.id, self.operator_id, self.attempt_count)
    }

    /// The attempts of the newest round, oldest first, without those that were rate limited. `step` is the newest
    /// attempt's place in the schedule, so the round has `step + 1` attempts.
    pub fn round(&self, step: u32) -> Vec<&Attempt> {
        let length = usize::try_from(step).unwrap_or(usize::MAX).saturating_add(1);
        let counted: Vec<_> = self.attempts.iter().filter(|attempt| attempt.fault != Fault::Throttled).collect();
        counted[counted.len().saturating_sub(length)..].to_vec()
    }
}

#[cfg(test)]
mod tests;
