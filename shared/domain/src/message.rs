//! What the queues carry.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    DeliveryId, DestinationId, EventId, OperatorId, OtpId, TraceContext, event::PostedEvent, shard::Shard,
    traffic::Slot,
};

/// On the queue `events`: an event as another service sends it, by EventBridge, SNS or SQS.
///
/// The queue's policy says who may send; they are trusted to name the operator, and nothing else.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Offered {
    /// Whose event it is.
    pub operator_id: OperatorId,
    /// The event.
    pub event: PostedEvent,
}

/// On the queue `accepted`: an event that has its id. Only functions of this project write to that queue.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ingest {
    /// Whose event it is.
    pub operator_id: OperatorId,
    /// The id it was given when it was accepted.
    pub event_id: EventId,
    /// That an event with this id was accepted before: dispatch looks whether it has been done.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub repeat: bool,
    /// That the event is ours and goes to the operator's own address too, whatever its rules say.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub to_operator: bool,
    /// That the event is for the log alone, whatever the rules say: it tells of a delivery of an event that tells of
    /// such things itself, and would have the like made for ever.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub log_only: bool,
    /// That the event happens only if this code has not been used up by then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub if_unused: Option<LiveOtp>,
    /// The event.
    pub event: PostedEvent,
}

impl Ingest {
    /// An event under the id that it was given, for whom the rules say.
    pub fn new(operator_id: OperatorId, event_id: EventId, event: PostedEvent) -> Self {
        Self { operator_id, event_id, repeat: false, to_operator: false, log_only: false, if_unused: None, event }
    }

    /// The same event in that shard of its operator.
    #[must_use]
    pub fn in_shard(self, shard: Shard) -> Self {
        Self { event_id: self.event_id.in_shard(shard), ..self }
    }
}

/// A code on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LiveOtp {
    /// The destination that it is to verify.
    pub destination_id: DestinationId,
    /// Which sending of a code.
    pub otp_id: OtpId,
    /// Until when it is good; one that could not be sent has another time by then.
    #[serde(with = "crate::time::millis")]
    pub expires_at: Timestamp,
}

/// On the queue `accepted` as well: a further part of an event of many destinations ([`crate::fanout::PART`]), whose row is
/// written. Only dispatch sends it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// Whose event it is.
    pub operator_id: OperatorId,
    /// Which.
    pub event_id: EventId,
    /// Which part this is: from 2, since the event itself is the first.
    pub part: u32,
    /// The trace that it belongs to, which travels beside the message.
    #[serde(skip)]
    pub trace: Option<TraceContext>,
}

/// On the queue `deliveries`: «look at this delivery now». The row is the truth; doing a job twice does no harm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// Which delivery.
    pub delivery_id: DeliveryId,
    /// Whose, which is the partition of its event and its destination.
    pub operator_id: OperatorId,
    /// The number of the attempt to make, from 1. Stale once the row has counted it.
    pub attempt: u32,
    /// Which attempt of the round this is, from 0: the place in the retry schedule. A retry by hand begins a new round.
    pub step: u32,
    /// When to make it; at once when absent.
    #[serde(default, with = "crate::time::millis::option", skip_serializing_if = "Option::is_none")]
    pub due: Option<Timestamp>,
    /// Whether somebody asked for it: then it is made whatever the destination's health, breaker and pace.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_hand: bool,
    /// The slot that it got of its destination's pace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slot: Option<Slot>,
    /// Since when the destination's rate limit has put it off.
    #[serde(default, with = "crate::time::millis::option", skip_serializing_if = "Option::is_none")]
    pub limited_since: Option<Timestamp>,
    /// The trace that it belongs to, which travels beside the message.
    #[serde(skip)]
    pub trace: Option<TraceContext>,
}

impl Job {
    /// The first attempt of a round, at once: of a new delivery, of a retry by hand, of a recovery.
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
            trace: None,
        }
    }

    /// Whether two jobs ask for one attempt, whichever round and time they have.
    pub fn names_same_attempt(&self, other: &Self) -> bool {
        (self.delivery_id, self.attempt) == (other.delivery_id, other.attempt)
    }

    /// The attempt after this one, at `due`.
    pub fn next(&self, due: Timestamp) -> Self {
        let again = Self { attempt: self.attempt + 1, step: self.step + 1, due: Some(due), ..self.clone() };
        Self { by_hand: false, slot: None, limited_since: None, ..again }
    }

    /// The attempt after this one, which the destination's rate limit refused at `at`: no step of the schedule is used up.
    pub fn next_limited(&self, due: Timestamp, slot: Option<Slot>, at: Timestamp) -> Self {
        let limited_since = Some(self.limited_since.unwrap_or(at));
        let attempt = self.attempt + 1;
        Self { attempt, due: Some(due), by_hand: false, slot, limited_since, ..self.clone() }
    }

    /// The same attempt, put off until `due`.
    pub fn put_off(&self, due: Timestamp, slot: Option<Slot>) -> Self {
        Self { due: Some(due), slot, ..self.clone() }
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
    fn a_rate_limit_uses_up_no_step() {
        let job =
            Job::at_once(DeliveryId::new(DestinationId::generate(), EventId::generate()), OperatorId::generate(), 0);
        let (first, second) = (crate::time::from_millis(1000), crate::time::from_millis(2000));
        let limited = job.next_limited(second, None, first).next_limited(second, None, second);
        assert_eq!((limited.attempt, limited.step, limited.limited_since), (3, 0, Some(first)));
        assert_eq!(limited.next(second).limited_since, None);
    }
}
