//! What a job asks for, and what prevents it.

use std::time::Duration;

use jiff::Timestamp;

use super::Delivery;
use crate::{
    DeliveryState,
    destination::Standing,
    lifecycle::{Reason, Transition, Trigger, is_limited_too_long},
    message::Job,
    overdue::is_overdue,
};

/// What a worker does for a job, by the delivery's row.
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
/// A delivery without a row is planned, and no attempt is recorded. If the job's attempt is already recorded, the
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

/// Whether a worker must read the delivery's row for this job. `received` is how often SQS has delivered this message.
///
/// The first job that dispatch sends finds no row, unless its message is a copy, or somebody has forced a retry of the
/// pending delivery in the meantime. The worker notices either when it inserts the row; the receiver may then get the
/// webhook twice, with the same ID. After [`crate::overdue::OVERDUE_AFTER`], a recovery may have sent the delivery
/// again, or the message may come from a dead-letter queue and look new: reading the row prevents a second request.
pub fn may_have_row(job: &Job, received: u32, now: Timestamp) -> bool {
    !job.fresh || received > 1 || is_overdue(job.delivery_id.event.made_at(), now)
}

/// How much later a repeated follow-up job runs than the original.
pub(super) const GRACE: Duration = Duration::from_secs(30);

/// When the next attempt is due, for a job that finds its own attempt already recorded. On its first receipt the
/// message may be a copy whose original has sent the follow-up job. The copy's job therefore runs later and finds the
/// attempt made, unless the original's was lost.
pub fn due_again(next_attempt_at: Timestamp, received: u32, now: Timestamp) -> Timestamp {
    if received > 1 { next_attempt_at } else { (next_attempt_at + GRACE).max(now) }
}

impl Delivery {
    /// The state that the delivery enters because the attempt that `job` asks for is not made; `None` if it is made.
    ///
    /// An unhealthy destination only stops the first attempt, unless somebody requested it. An address that is not
    /// verified gets nothing, because it may be somebody else's.
    pub fn obstacle(&self, job: &Job, to: Standing, now: Timestamp) -> Option<Transition> {
        let by_destination = match to {
            Standing::Deleted => Some(Reason::DestinationDeleted),
            Standing::Disabled => Some(Reason::DestinationDisabled),
            Standing::Unverified => Some(Reason::DestinationUnverified),
            Standing::Suppressed => Some(Reason::Suppressed),
            Standing::Unhealthy if self.attempt_count == 0 && !job.by_hand => Some(Reason::DestinationUnhealthy),
            Standing::Unhealthy | Standing::Ready => None,
        };
        let limited = job.limited_since.is_some_and(|since| is_limited_too_long(since, now));
        let reasons = by_destination.into_iter().chain(limited.then_some(Reason::RateLimited));
        reasons.map(Trigger::Stopped).find_map(|stopped| self.state.after(&stopped))
    }
}
