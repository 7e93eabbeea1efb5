//! What a job asks for, and what follows from the attempt that it asked for.

use std::time::Duration;

use jiff::Timestamp;

use super::{Attempt, Delivery, DeliveryState, Fault};
use crate::{backoff::Schedule, message::Job};

/// What a job asks for, once its row has been read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// Make the attempt now.
    Attempt,
    /// The attempt is recorded, but the worker may have died before what follows from it: do that again.
    FollowUp,
    /// Nothing: the job is a copy of one that was done.
    Nothing,
}

/// Reads a job against its row. `received` is how often SQS has handed this very message out: a second time means that
/// a worker died with it, a first time with a recorded attempt that it is a copy.
pub fn task(job: &Job, row: &Delivery, received: u32) -> Task {
    if job.attempt > row.attempt_count {
        return Task::Attempt;
    }
    let newest = job.attempt == row.attempt_count;
    let may_lack_follow_up = !matches!(row.state, DeliveryState::Pending | DeliveryState::Held);
    if newest && received > 1 && may_lack_follow_up { Task::FollowUp } else { Task::Nothing }
}

/// What a failed or successful attempt changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The delivery's state from now on.
    pub state: DeliveryState,
    /// When the next attempt is due.
    pub next_attempt_at: Option<Timestamp>,
}

/// The longest that a platform's rate limit puts the next attempt off, when it asks for more than the schedule has.
const MAX_THROTTLE: Duration = Duration::from_secs(3600);

/// Judges the attempt that `job` asked for. `retry_after` is what the receiver sent with a 429 or 503; `jitter` is a
/// random number from 0 to 1; `now` is the end of the attempt.
///
/// What a receiver asks for lengthens a wait to twice its length at most; what a platform's rate limit asks for, up to
/// [`MAX_THROTTLE`], since whoever tries before that is limited for longer.
pub fn judge(
    job: &Job,
    attempt: &Attempt,
    retry_after: Option<Duration>,
    schedule: &Schedule,
    jitter: f64,
    now: Timestamp,
) -> Verdict {
    if attempt.succeeded() {
        return Verdict { state: DeliveryState::Succeeded, next_attempt_at: None };
    }
    let wait = schedule.wait_after(job.step, retry_after, jitter).filter(|_| attempt.fault.may_pass());
    let limit = retry_after.filter(|_| attempt.fault == Fault::Throttled).unwrap_or_default().min(MAX_THROTTLE);
    let wait = wait.map(|wait| wait.max(limit));
    let next_attempt_at = wait.map(|wait| now + wait);
    let state = if next_attempt_at.is_some() { DeliveryState::Failed } else { DeliveryState::Abandoned };
    Verdict { state, next_attempt_at }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DeliveryId, DestinationId, EventId, Face, OperatorId, delivery::tests::attempt, time::from_millis};

    fn job(attempt: u32, step: u32) -> Job {
        let id = DeliveryId::new(DestinationId::generate(), EventId::generate());
        Job { delivery_id: id, operator_id: OperatorId::generate(), attempt, step, due: None }
    }

    fn row(state: DeliveryState, attempt_count: u32) -> Delivery {
        let job = job(1, 0);
        Delivery {
            id: job.delivery_id,
            operator_id: job.operator_id,
            event_type: "custom.a".try_into().expect("a type"),
            state,
            reason: None,
            attempt_count,
            attempts: vec![],
            next_attempt_at: None,
            created_at: from_millis(0),
            face: Face::Stack,
        }
    }

    /// A webhook's attempt that was answered with this status.
    #[test]
    fn a_copy_of_a_job_is_told_from_one_whose_worker_died() {
        use DeliveryState::*;
        assert_eq!(task(&job(1, 0), &row(Pending, 0), 1), Task::Attempt);
        assert_eq!(task(&job(1, 0), &row(Pending, 0), 3), Task::Attempt);
        assert_eq!(task(&job(1, 0), &row(Succeeded, 1), 1), Task::Nothing);
        assert_eq!(task(&job(1, 0), &row(Succeeded, 1), 2), Task::FollowUp);
        assert_eq!(task(&job(1, 0), &row(Pending, 1), 2), Task::Nothing, "sent again by hand since");
        assert_eq!(task(&job(1, 0), &row(Failed, 1), 1), Task::Nothing);
        assert_eq!(task(&job(1, 0), &row(Failed, 1), 2), Task::FollowUp);
        assert_eq!(task(&job(1, 0), &row(Failed, 2), 2), Task::Nothing);
        assert_eq!(task(&job(2, 0), &row(Succeeded, 1), 1), Task::Attempt, "a retry by hand");
    }

    #[test]
    fn a_delivery_that_always_fails_walks_all_five_attempts() {
        let schedule = Schedule::default();
        let mut job = job(1, 0);
        let mut walk = vec![];
        loop {
            let verdict = judge(&job, &attempt(500), None, &schedule, 0.0, from_millis(0));
            walk.push(verdict.state);
            match verdict.next_attempt_at {
                Some(due) => job = job.next(due),
                None => break,
            }
        }
        use DeliveryState::*;
        assert_eq!(walk, [Failed, Failed, Failed, Failed, Abandoned]);
        assert_eq!((job.attempt, job.step), (5, 4));
    }

    #[test]
    fn what_cannot_pass_ends_it_at_once_and_a_carriers_failure_walks_on() {
        let schedule = Schedule::default();
        let judged = |step, fault| {
            let attempt = Attempt { fault, ..attempt(400) };
            judge(&job(1, step), &attempt, None, &schedule, 0.0, from_millis(0)).state
        };
        use DeliveryState::*;
        assert_eq!([judged(0, Fault::Address), judged(0, Fault::Sender)], [Abandoned; 2]);
        for fault in [Fault::Carrier, Fault::Throttled] {
            assert_eq!([judged(0, fault), judged(3, fault), judged(4, fault)], [Failed, Failed, Abandoned]);
        }
    }

    #[test]
    fn a_rate_limit_is_kept_to_beyond_the_schedule() {
        let waits = |fault, asked| {
            let attempt = Attempt { fault, ..attempt(429) };
            let asked = Some(Duration::from_secs(asked));
            let verdict = judge(&job(1, 0), &attempt, asked, &Schedule::default(), 0.0, from_millis(0));
            verdict.next_attempt_at.map(|at| at.as_second())
        };
        assert_eq!([waits(Fault::Receiver, 600), waits(Fault::Receiver, 5)], [Some(120), Some(60)]);
        assert_eq!([waits(Fault::Throttled, 600), waits(Fault::Throttled, 5)], [Some(600), Some(60)]);
        assert_eq!(waits(Fault::Throttled, 90_000), Some(3600));
    }

    #[test]
    fn a_round_is_its_own_attempts_and_none_of_an_earlier_one() {
        let mut row = row(DeliveryState::Failed, 7);
        row.attempts = (1..=7).map(|number| Attempt { number, ..attempt(500) }).collect();
        let numbers = |step| row.round(step).iter().map(|attempt| attempt.number).collect::<Vec<_>>();
        assert_eq!((numbers(0), numbers(1)), (vec![7], vec![6, 7]));
        assert_eq!(numbers(50).len(), 7, "as many as are kept");
    }

    #[test]
    fn success_ends_it() {
        let verdict = judge(&job(3, 2), &attempt(204), None, &Schedule::default(), 0.5, from_millis(0));
        assert_eq!(verdict, Verdict { state: DeliveryState::Succeeded, next_attempt_at: None });
    }
}
