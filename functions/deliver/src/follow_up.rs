//! The follow-up of a recorded attempt: the destination's health, the notification of its operator, the next attempt.
//!
//! Every step is safe to repeat, and is repeated when a worker crashes halfway.

use domain::{
    Delivery, DeliveryState, Destination, Unhealthy,
    delivery::{Fault, due_again},
    health,
    message::Job,
    time::now,
    traffic::{Breaker, Slot},
};
use service::health::Completion;
use store::Result;

use crate::{Settings, cloud::Cloud, work::Work};

/// What remains to be done after an attempt.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Nothing: this was the last attempt.
    Nothing,
    /// Send this job, which makes the next attempt.
    Send(Job),
    /// Repeat the follow-up: the queue did not accept the notification of the operator.
    Again,
}

/// A delivery whose newest attempt is recorded.
pub(crate) struct Recorded {
    pub(crate) work: Work,
    pub(crate) row: Delivery,
    /// Whether this worker just made the attempt, rather than an earlier one.
    pub(crate) just_now: bool,
    /// The slot of the next attempt, if this one was rate limited.
    pub(crate) slot: Option<Slot>,
    /// The destination's breaker after the attempt.
    pub(crate) breaker: Option<Breaker>,
}

/// Does the follow-up of the newest attempt, except sending the next job: the caller sends the jobs of a batch
/// together.
pub(crate) async fn follow_up(cloud: &impl Cloud, settings: &Settings, recorded: &Recorded) -> Result<Next> {
    let Recorded { work, row, .. } = recorded;
    let Some(attempt) = row.attempts.last().filter(|attempt| !attempt.succeeded()) else {
        return Ok(Next::Nothing);
    };
    if breaks_health(settings, recorded) {
        let reason = attempt.error.as_deref().unwrap_or_default();
        let unhealthy = Unhealthy::new(attempt.at, reason, Some(row.id));
        let whose = (row.operator_id, row.id.destination);
        if cloud.mark_unhealthy(whose, &unhealthy, Some(attempt)).await? == Completion::Repeat {
            return Ok(Next::Again);
        }
    }
    let Some(due) = row.next_attempt_at.filter(|_| row.state == DeliveryState::Failed) else {
        return Ok(Next::Nothing);
    };
    let limited = attempt.fault == Fault::Throttled;
    Ok(Next::Send(match (recorded.just_now, limited) {
        (_, true) => work.job.next_limited(due, recorded.slot.clone(), attempt.at),
        (true, false) => work.job.next(due),
        (false, false) => work.job.next(due_again(due, work.received, now())),
    }))
}

/// Whether the newest attempt makes the destination unhealthy: because of the attempts of this delivery, or because the
/// destination has not answered any delivery for as long as four attempts would take.
fn breaks_health(settings: &Settings, Recorded { row, breaker, .. }: &Recorded) -> bool {
    let schedule = &settings.schedule;
    health::breaks(schedule, &row.round(row.step))
        || breaker.as_ref().is_some_and(|breaker| breaker.breaks_health(schedule, now()))
}

/// The lane of the next attempt.
pub(crate) fn lane(work: &Work, to: Option<&Destination>) -> domain::traffic::Lane {
    to.map_or(work.lane, |to| to.lane(now()))
}
