//! The messages on the queues.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    DeliveryId, DestinationId, EventId, OperatorId, OtpId, TraceContext, event::PostedEvent, shard::Shard,
    traffic::Slot,
};

/// A message on the queue `events`: an event from another service, sent through EventBridge, SNS or SQS.
///
/// The queue's policy decides who may send. Senders are trusted to name the operator, and with nothing else.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Offered {
    /// The operator that the event belongs to.
    pub operator_id: OperatorId,
    /// The event.
    pub event: PostedEvent,
}

/// A message on the queue `accepted`: an event that already has its id. Only functions of this project write to that
/// queue.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ingest {
    /// The operator that the event belongs to.
    pub operator_id: OperatorId,
    /// The id that the event got when it was accepted.
    pub event_id: EventId,
    /// Whether an event with this id was accepted before. If so, dispatch checks whether it has been processed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub repeat: bool,
    /// Whether this service emitted the event and it also goes to the operator's own address, whatever the rules say.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub to_operator: bool,
    /// Whether the event is only logged, whatever the rules say. Used for events about deliveries of such events:
    /// delivering them would create more of them without end.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub log_only: bool,
    /// The event only happens if this code has not been used when the message is processed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub if_unused: Option<LiveOtp>,
    /// The event.
    pub event: PostedEvent,
}

impl Ingest {
    /// An event with its id, for the destinations that the rules select.
    pub fn new(operator_id: OperatorId, event_id: EventId, event: PostedEvent) -> Self {
        Self { operator_id, event_id, repeat: false, to_operator: false, log_only: false, if_unused: None, event }
    }

    /// The same event with its id moved to this shard of the operator.
    #[must_use]
    pub fn in_shard(self, shard: Shard) -> Self {
        Self { event_id: self.event_id.in_shard(shard), ..self }
    }
}

/// A verification code that has not been used yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LiveOtp {
    /// The destination to verify.
    pub destination_id: DestinationId,
    /// Identifies this sending of the code.
    pub otp_id: OtpId,
    /// When the code expires. A code that could not be sent gets an earlier time, which then differs from this one.
    #[serde(with = "crate::time::millis")]
    pub expires_at: Timestamp,
}

/// Another message on the queue `accepted`: a further part of an event with many destinations ([`crate::fanout::PART`])
/// whose row has been written. Only dispatch sends it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// The operator that the event belongs to.
    pub operator_id: OperatorId,
    /// The event.
    pub event_id: EventId,
    /// The number of the part, from 2: the event itself is the first.
    pub part: u32,
    /// The trace of the message. It travels as a message attribute, not in the body.
    #[serde(skip)]
    pub trace: Option<TraceContext>,
}

/// A message on the queue `deliveries`: «check this delivery now». The row is the source of truth, so doing a job twice
/// is harmless.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// The delivery.
    pub delivery_id: DeliveryId,
    /// The operator, which is the partition of the event and the destination.
    pub operator_id: OperatorId,
    /// The number of the attempt to make, from 1. The job is stale once the row has counted that attempt.
    pub attempt: u32,
    /// The place of the attempt in the retry schedule, from 0. A manual retry starts a new round.
    pub step: u32,
    /// When to make the attempt; at once if absent.
    #[serde(default, with = "crate::time::millis::option", skip_serializing_if = "Option::is_none")]
    pub due: Option<Timestamp>,
    /// Whether somebody requested the attempt. If so, it ignores the destination's health, breaker and pace.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_hand: bool,
    /// The slot that the job got from the destination's pace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slot: Option<Slot>,
    /// When the destination's rate limit first postponed the delivery.
    #[serde(default, with = "crate::time::millis::option", skip_serializing_if = "Option::is_none")]
    pub limited_since: Option<Timestamp>,
    /// Whether dispatch sent the job together with writing the plan. The delivery had no row at that time:
    /// [`crate::delivery::may_have_row`].
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub fresh: bool,
    /// The trace of the message. It travels as a message attribute, not in the body.
    #[serde(skip)]
    pub trace: Option<TraceContext>,
}

impl Job {
    /// The first attempt of a round, due at once: for a new delivery, a manual retry or a recovery.
    pub fn at_once(delivery_id: DeliveryId, operator_id: OperatorId, attempts_so_far: u32) -> Self {
        let attempt = attempts_so_far.saturating_add(1);
        Self {
            delivery_id,
            operator_id,
            attempt,
            step: 0,
            due: None,
            by_hand: false,
            slot: None,
            limited_since: None,
            fresh: false,
            trace: None,
        }
    }

    /// Whether two jobs ask for the same attempt, even if their rounds or times differ.
    pub fn names_same_attempt(&self, other: &Self) -> bool {
        (self.delivery_id, self.attempt) == (other.delivery_id, other.attempt)
    }

    /// The next attempt in the schedule, due at `due`.
    pub fn next(&self, due: Timestamp) -> Self {
        let again = Self { attempt: self.attempt + 1, step: self.step + 1, limited_since: None, ..self.clone() };
        Self { by_hand: false, ..again.put_off(due, None) }
    }

    /// The next attempt after the destination's rate limit refused this one at `at`. It does not use up a step of the
    /// schedule.
    pub fn next_limited(&self, due: Timestamp, slot: Option<Slot>, at: Timestamp) -> Self {
        let limited_since = Some(self.limited_since.unwrap_or(at));
        let attempt = self.attempt + 1;
        Self { attempt, by_hand: false, limited_since, ..self.put_off(due, slot) }
    }

    /// The same attempt, postponed until `due`.
    pub fn put_off(&self, due: Timestamp, slot: Option<Slot>) -> Self {
        Self { due: Some(due), slot, fresh: false, ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_and_an_event_are_not_taken_for_each_other() {
        let part = Part { operator_id: OperatorId::generate(), event_id: EventId::generate(), part: 2, trace: None };
        let text = serde_json::to_string(&part).expect("JSON");
        assert_eq!(serde_json::from_str::<Part>(&text).expect("a part"), part);
        serde_json::from_str::<Ingest>(&text).expect_err("no event");
    }

    #[test]
    fn a_job_of_an_earlier_version_is_read() {
        let job =
            Job::at_once(DeliveryId::new(DestinationId::generate(), EventId::generate()), OperatorId::generate(), 0);
        let text = serde_json::to_value(&job).expect("JSON");
        assert_eq!(text.as_object().expect("an object").len(), 4, "{text}");
        assert_eq!(serde_json::from_value::<Job>(text).expect("a job"), job);
    }

    #[test]
    fn only_a_job_for_the_first_attempt_at_once_is_fresh() {
        let id = DeliveryId::new(DestinationId::generate(), EventId::generate());
        let job = Job { fresh: true, ..Job::at_once(id, OperatorId::generate(), 0) };
        let text = serde_json::to_string(&job).expect("JSON");
        assert_eq!(serde_json::from_str::<Job>(&text).expect("a job"), job);
        let due = crate::time::from_millis(1000);
        for later in [job.next(due), job.next_limited(due, None, due), job.put_off(due, None)] {
            assert!(!later.fresh, "{later:?}");
        }
    }

    #[test]
    fn a_rate_limit_uses_up_no_step() {
        let job =
            Job::at_once(DeliveryId::new(DestinationId::generate(), EventId::generate()), OperatorId::generate(), 0);
        let (first, second) = (crate::time::from_millis(1000), crate::time::from_millis(2000));
        let limited = job.next_limited(second, None, first).next_limited(second, None, second);
        assert_eq!((limited.attempt, limited.step, limited.limited_since), (3, 0, Some(first)));
        assert_eq!(limited.next(second).limited_since, None);
    }
}
