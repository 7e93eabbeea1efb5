//! What follows from a recorded failure: the destination's health, word to the operator, the next attempt.
//!
//! Every step can be done twice without harm, and is, when a worker dies on its way through them.

use domain::{
    Delivery, DeliveryState, EventId, Unhealthy,
    backoff::next_hop,
    event::PostedEvent,
    event_type::DESTINATION_UNHEALTHY,
    health,
    message::{Ingest, Job},
    time::{now, rfc3339},
};
use serde_json::{json, value::to_raw_value};
use store::{Result, destinations::Marked, queue::Outgoing};

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
        if health::breaks(job.step, &self.schedule, attempt.status) {
            let reason = attempt.error.clone().unwrap_or_default();
            let unhealthy = Unhealthy { since: attempt.at, reason, delivery_id: row.id };
            if let Marked::ByThis(unhealthy) = self.destinations.mark_unhealthy(job.operator_id, unhealthy).await?
                && !self.tell(job, &unhealthy).await?
            {
                return Ok(Next::Again);
            }
        }
        match row.next_attempt_at {
            Some(due) if row.state == DeliveryState::Failed => Ok(Next::Send(later(&job.next(due))?)),
            _ => Ok(Next::Nothing),
        }
    }

    /// Posts the event that says so, under an id of its own that stays the same when this is done again.
    async fn tell(&self, job: &Job, unhealthy: &Unhealthy) -> Result<bool> {
        let destination_id = unhealthy.delivery_id.destination;
        tracing::warn!(operator_id = %job.operator_id, %destination_id, reason = unhealthy.reason, "destination unhealthy");
        metrics::counter!("destinations_unhealthy").increment(1);
        let data = json!({
            "destination_id": destination_id,
            "delivery_id": unhealthy.delivery_id,
            "reason": unhealthy.reason,
            "since": rfc3339(unhealthy.since),
        });
        let ingest = Ingest {
            operator_id: job.operator_id,
            event_id: Some(EventId::derived(unhealthy.since, &[DESTINATION_UNHEALTHY, &destination_id.to_string()])),
            repeat: false,
            event: PostedEvent {
                event_type: DESTINATION_UNHEALTHY.to_owned(),
                severity: None,
                timestamp: Some(rfc3339(unhealthy.since)),
                data: to_raw_value(&data)?,
                id: None,
                resource: None,
                project_id: None,
            },
        };
        Ok(self.events_queue.send(vec![Outgoing::new(&ingest, job.operator_id)?]).await == [true])
    }
}

/// The message of a job that is not due yet, hidden for as much of its wait as SQS can.
pub(crate) fn later(job: &Job) -> Result<Outgoing> {
    let hop = job.due.and_then(|due| next_hop(now(), due)).unwrap_or_default();
    Ok(Outgoing::new(job, job.operator_id)?.delayed(hop))
}
