//! What the two queues carry.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    DeliveryId, DestinationId, EventId, EventType, OperatorId, OtpId,
    event::PostedEvent,
    fanout::{Fate, Fates},
};

/// On the queue `events`: an event on its way in.
///
/// The API writes it with an id that it has already answered with. Other producers (EventBridge, SNS, SQS) leave the
/// id out, and are trusted, by the queue's policy, to name the operator.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ingest {
    /// Whose event it is.
    pub operator_id: OperatorId,
    /// The id it was given when it was accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_id: Option<EventId>,
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
        let event_id = Some(event_id);
        Self { operator_id, event_id, repeat: false, to_operator: false, log_only: false, if_unused: None, event }
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

/// On the queue `events` as well: more deliveries of an event whose row is written and which has too many for once
/// ([`crate::fanout::PART`]). Only dispatch writes it. Its fates are settled, since they hang on the health of all
/// destinations of a rule: no rule is read for it again. Nor does it carry the event's content, which no delivery holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// Whose event it is.
    pub operator_id: OperatorId,
    /// Which.
    pub event_id: EventId,
    /// Of which type.
    pub event_type: EventType,
    /// Which part this is: from 2, since the event itself is the first.
    pub part: u32,
    /// The destinations by their fate: so each is little more than its id.
    destinations: BTreeMap<Fate, Vec<DestinationId>>,
}

impl Part {
    /// The part of this number.
    pub fn new(operator_id: OperatorId, event_id: EventId, event_type: EventType, part: u32, fates: Fates) -> Self {
        let mut destinations = BTreeMap::<_, Vec<_>>::new();
        for (id, fate) in fates {
            destinations.entry(fate).or_default().push(id);
        }
        Self { operator_id, event_id, event_type, part, destinations }
    }

    /// What becomes of its deliveries.
    pub fn fates(&self) -> Fates {
        let of = |(fate, ids): (&Fate, &Vec<DestinationId>)| ids.iter().map(|id| (*id, *fate)).collect::<Vec<_>>();
        self.destinations.iter().flat_map(of).collect()
    }
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
}

impl Job {
    /// The first attempt of a round, at once: of a new delivery, of a retry by hand, of a recovery.
    pub fn at_once(delivery_id: DeliveryId, operator_id: OperatorId, attempts_so_far: u32) -> Self {
        Self { delivery_id, operator_id, attempt: attempts_so_far + 1, step: 0, due: None }
    }

    /// Whether two jobs ask for one attempt, whichever round and time they have.
    pub fn names_same_attempt(&self, other: &Self) -> bool {
        (self.delivery_id, self.attempt) == (other.delivery_id, other.attempt)
    }

    /// The attempt after this one, at `due`.
    pub fn next(&self, due: Timestamp) -> Self {
        Self { attempt: self.attempt + 1, step: self.step + 1, due: Some(due), ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fanout::PART;

    #[test]
    fn a_part_keeps_its_fates_and_a_full_one_is_one_request_to_sqs() {
        let all = [Fate::Abandon, Fate::Disabled, Fate::Hold, Fate::Send];
        let fates: Fates = all.into_iter().cycle().take(PART).map(|fate| (DestinationId::generate(), fate)).collect();
        let event_type: EventType = format!("custom.{}", "x".repeat(100)).try_into().expect("a type");
        let part = Part::new(OperatorId::generate(), EventId::generate(), event_type, 2, fates.clone());
        let text = serde_json::to_string(&part).expect("JSON");
        assert!(text.len() < 64 * 1024, "SQS charges each 64 KiB as a request: {}", text.len());
        let read: Part = serde_json::from_str(&text).expect("a part");
        assert_eq!((&read, read.fates()), (&part, fates));
        serde_json::from_str::<Ingest>(&text).expect_err("no event");
    }
}
