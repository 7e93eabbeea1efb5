//! What a job asks for, and the result of the attempt that it asked for.

use std::time::Duration;

use jiff::Timestamp;

use super::{Attempt, Delivery, DeliveryState, Fault, RATE_LIMITED};
use crate::{backoff::Schedule, message::Job, traffic::MAX_LIMITED};

/// What a worker does for a job, once it has read the delivery's row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// Make the attempt.
    Attempt,
    /// Repeat the follow-up of a recorded attempt, because it may not have been completed.
    FollowUp,
    /// Do nothing: the job is a copy of one that was done.
    Nothing,
    /// Nothing can be done, because the row that recorded the previous attempt is missing.
    Missing,
}

/// Compares a job with the delivery's row, if it has one. `received` is how often SQS has delivered this message.
///
/// A delivery without a row is planned and has not been attempted. If the job's attempt is already recorded, the
/// message came again because a worker died or the dead-letter queue was redriven, and the follow-up is repeated. A job
/// of a different round than the row's newest attempt is left to that round's own jobs, for example a scheduled retry
/// next to a manual one.
pub fn task(job: &Job, row: Option<&Delivery>, received: u32) -> Task {
    let Some(row) = row else {
        return if job.attempt == 1 { Task::Attempt } else { Task::Missing };
    };
    if job.attempt > row.attempt_count {
        return Task::Attempt;
    }
    let newest = job.attempt == row.attempt_count;
    let of_its_round = received > 1 || job.step == row.step;
    let ended = !matches!(row.state, DeliveryState::Pending | DeliveryState::Held);
    if newest && of_its_round && ended { Task::FollowUp } else { Task::Nothing }
}

/// How much later a repeated follow-up job runs than the original.
const GRACE: Duration = Duration::from_secs(30);

/// When the next attempt is due, for a job that finds its own attempt already recorded. On its first receipt the
/// message may be a copy whose original has sent the follow-up job. The copy's job therefore runs later and finds the
/// attempt made, unless the original's was lost.
pub fn due_again(next_attempt_at: Timestamp, received: u32, now: Timestamp) -> Timestamp {
    if received > 1 { next_attempt_at } else { (next_attempt_at + GRACE).max(now) }
}

/// The result of an attempt for its delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The new state of the delivery.
    pub state: DeliveryState,
    /// When the next attempt is due.
    pub next_attempt_at: Option<Timestamp>,
    /// Why the delivery ends, if the attempt itself does not say so.
    pub reason: Option<&'static str>,
}

impl Verdict {
    fn of(state: DeliveryState, next_attempt_at: Option<Timestamp>) -> Self {
        Self { state, next_attempt_at, reason: None }
    }

    /// The verdict on a rate-limited attempt, which may be repeated at `due`. After [`MAX_LIMITED`] the delivery ends.
    pub fn limited(job: &Job, due: Timestamp, now: Timestamp) -> Self {
        match job.limited_since {
            Some(since) if is_limited_too_long(since, now) => {
                Self { reason: Some(RATE_LIMITED), ..Self::of(DeliveryState::Abandoned, None) }
            }
            _ => Self::of(DeliveryState::Failed, Some(due)),
        }
    }

    /// The verdict on a notification that was sent at once, which is not retried automatically.
    pub fn at_once(state: DeliveryState) -> Self {
        Self::of(state, None)
    }
}

/// Whether a delivery has been rate limited for so long that it ends.
pub fn is_limited_too_long(since: Timestamp, now: Timestamp) -> bool {
    Duration::try_from(now.duration_since(since)).is_ok_and(|limited| limited >= MAX_LIMITED)
}

/// Whether the receiver answered `410 Gone`: it wants no more deliveries.
pub(crate) fn is_gone(attempt: &Attempt) -> bool {
    attempt.fault == Fault::Receiver && attempt.status == Some(410)
}

/// Judges the attempt that `job` asked for, unless it was rate limited. `jitter` is a random number from 0 to 1; `now`
/// is the end of the attempt.
pub fn judge(job: &Job, attempt: &Attempt, schedule: &Schedule, jitter: f64, now: Timestamp) -> Verdict {
    if attempt.succeeded() {
        return Verdict::of(DeliveryState::Succeeded, None);
    }
    let again = attempt.fault.may_pass() && !is_gone(attempt);
    let next_attempt_at = schedule.wait_after(job.step, jitter).filter(|_| again).map(|wait| now + wait);
    let state = if next_attempt_at.is_some() { DeliveryState::Failed } else { DeliveryState::Abandoned };
    Verdict::of(state, next_attempt_at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ApiKind, DeliveryId, DestinationId, EventId, OperatorId, testing::attempt, time::from_millis};

    fn job(attempt: u32, step: u32) -> Job {
        let id = DeliveryId::new(DestinationId::generate(), EventId::generate());
        Job { step, ..Job::at_once(id, OperatorId::generate(), attempt - 1) }
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
            api: ApiKind::Stack,
            step: 0,
        }
    }

    #[test]
    fn what_follows_a_recorded_attempt_is_done_whatever_brings_the_job() {
        use DeliveryState::*;
        let task = |job: &Job, row: Delivery, received| super::task(job, Some(&row), received);
        assert_eq!(task(&job(1, 0), row(Pending, 0), 1), Task::Attempt);
        assert_eq!(task(&job(1, 0), row(Pending, 0), 3), Task::Attempt);
        for state in [Succeeded, Failed, Abandoned] {
            assert_eq!(task(&job(1, 0), row(state, 1), 1), Task::FollowUp, "from the dead-letter queue");
            assert_eq!(task(&job(1, 0), row(state, 1), 2), Task::FollowUp, "from a dead worker");
            assert_eq!(task(&job(1, 3), row(state, 1), 1), Task::Nothing, "of another round");
        }
        assert_eq!(task(&job(1, 0), row(Pending, 1), 2), Task::Nothing, "sent again by hand since");
        assert_eq!(task(&job(1, 0), row(Failed, 2), 2), Task::Nothing);
        assert_eq!(task(&job(2, 0), row(Succeeded, 1), 1), Task::Attempt, "a retry by hand");
    }

    #[test]
    fn a_delivery_without_a_row_is_attempted_for_the_first_time() {
        assert_eq!(task(&job(1, 0), None, 1), Task::Attempt);
        assert_eq!(task(&job(2, 1), None, 1), Task::Missing);
    }

    #[test]
    fn a_job_that_may_be_a_copy_comes_after_its_original() {
        let now = from_millis(1_000_000);
        let due = now + Duration::from_secs(60);
        assert_eq!(due_again(due, 2, now), due);
        assert_eq!(due_again(due, 1, now), due + GRACE);
        assert_eq!(due_again(now - Duration::from_secs(3600), 1, now), now);
    }

    #[test]
    fn a_delivery_that_always_fails_walks_all_five_attempts() {
        let schedule = Schedule::default();
        let mut job = job(1, 0);
        let mut walk = vec![];
        loop {
            let verdict = judge(&job, &attempt(500), &schedule, 0.0, from_millis(0));
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
            judge(&job(1, step), &attempt, &schedule, 0.0, from_millis(0)).state
        };
        use DeliveryState::*;
        assert_eq!([judged(0, Fault::Address), judged(0, Fault::Sender)], [Abandoned; 2]);
        let carrier = Fault::Carrier;
        assert_eq!([judged(0, carrier), judged(3, carrier), judged(4, carrier)], [Failed, Failed, Abandoned]);
    }

    #[test]
    fn gone_ends_it_at_once() {
        let verdict = judge(&job(1, 0), &attempt(410), &Schedule::default(), 0.0, from_millis(0));
        assert_eq!(verdict, Verdict::of(DeliveryState::Abandoned, None));
    }

    #[test]
    fn a_rate_limit_ends_it_after_a_day() {
        let (first, due) = (from_millis(0), from_millis(1000));
        let judged = |limited_since, now| Verdict::limited(&Job { limited_since, ..job(1, 0) }, due, now);
        assert_eq!(judged(None, first), Verdict::of(DeliveryState::Failed, Some(due)));
        assert_eq!(judged(Some(first), first + MAX_LIMITED - Duration::from_millis(1)).state, DeliveryState::Failed);
        let ended = judged(Some(first), first + MAX_LIMITED);
        assert_eq!((ended.state, ended.reason), (DeliveryState::Abandoned, Some(RATE_LIMITED)));
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
        let verdict = judge(&job(3, 2), &attempt(204), &Schedule::default(), 0.5, from_millis(0));
        assert_eq!(verdict, Verdict::of(DeliveryState::Succeeded, None));
    }
}
