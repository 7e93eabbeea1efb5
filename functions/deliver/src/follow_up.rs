//! What follows from a recorded failure: the destination's health, word to the operator, the next attempt.
//!
//! Every step can be done twice without harm, and is, when a worker dies on its way through them.

use domain::{Delivery, DeliveryState, Unhealthy, backoff::next_hop, health, message::Job, time::now};
use store::{Result, queue::Outgoing};

use crate::App;

/// What is left to do after an attempt that failed.
pub(crate) enum Next {
    /// Nothing: it was the last.
    Nothing,
    /// This message, which makes the next attempt.
    Send(Outgoing),
    /// All of it again: the queue did not take the word to the operator.
    Again,
}

impl App {
    /// Does what follows from the newest attempt of `row`, which `job` asked for and which failed, but for the message
    /// of the next attempt: the caller sends those of a batch together.
    pub(crate) async fn follow_up(&self, job: &Job, row: &Delivery) -> Result<Next> {
        let Some(attempt) = row.attempts.last().filter(|attempt| !attempt.succeeded()) else {
            return Ok(Next::Nothing);
        };
        if health::breaks(&self.schedule, row.round(job.step)) {
            let reason = attempt.error.as_deref().unwrap_or_default();
            let unhealthy = Unhealthy::new(attempt.at, reason, Some(row.id));
            if !self.health.mark(job.operator_id, row.id.destination, &unhealthy, Some(attempt)).await? {
                return Ok(Next::Again);
            }
        }
        match row.next_attempt_at {
            Some(due) if row.state == DeliveryState::Failed => Ok(Next::Send(later(&job.next(due))?)),
            _ => Ok(Next::Nothing),
        }
    }
}

/// The message of a job that is not due yet, hidden for as much of its wait as SQS can.
pub(crate) fn later(job: &Job) -> Result<Outgoing> {
    let hop = job.due.and_then(|due| next_hop(now(), due)).unwrap_or_default();
    Ok(Outgoing::new(job, job.operator_id)?.delayed(hop))
}
