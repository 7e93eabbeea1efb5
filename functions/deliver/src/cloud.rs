//! Every call that deliver makes to the cloud and to receivers, behind one trait, so that its logic can be tested
//! without them.

use std::sync::{MutexGuard, PoisonError};

use domain::{
    Attempt, Delivery, DeliveryId, Destination, DestinationId, OperatorId, Unhealthy,
    backoff::next_hop,
    lifecycle::Transition,
    message::{Ingest, Job},
    stats::pending::Pending,
    traffic::{Breaker, Lane, Pace, Rate},
};
use futures::future::join_all;
use jiff::Timestamp;
use outbound::{Answer, email::Envelope};
use service::{health::Completion, sender::Attempted};
use store::{
    Changed, Result,
    destinations::{Counter, ProbeClaim},
    partiql::Written,
    queue::Outgoing,
    worklist::{self, Worklist},
};
use tokio::time::Instant;

use crate::{App, triage::Known, triage::Ready};

/// A change of a delivery's row.
#[derive(Debug, Clone)]
pub(crate) enum Change {
    /// An attempt was made: its place in the schedule, the attempt, and what follows.
    Attempted(u32, Attempt, Transition),
    /// The delivery ends or is held without an attempt.
    Stopped(Transition),
}

impl Change {
    /// The row after the change.
    pub(crate) fn of(&self, row: &Delivery) -> Delivery {
        match self {
            Self::Attempted(step, attempt, next) => row.attempted(*step, attempt, next),
            Self::Stopped(next) => row.changed(next),
        }
    }
}

pub(crate) trait Cloud {
    /// Reads the rows that the jobs need.
    async fn read(&self, jobs: &[&Job]) -> Result<Worklist>;

    /// Changes rows, each on the condition that no attempt was recorded since it was read. Failures are retried until
    /// `until`.
    async fn write(&self, changes: &[(&Known, &Change)], until: Instant) -> Result<Vec<Written>>;

    /// Returns the rows that exist.
    async fn rows(&self, ids: Vec<DeliveryId>) -> Result<Vec<Delivery>>;

    /// Makes an attempt. Never fails: any error, including our own, becomes a failed attempt.
    async fn attempt(&self, job: &Job, ready: &Ready<'_>) -> Answer;

    /// Sends each job to its lane, hidden until it is due. Returns, for each, whether the queue accepted it.
    async fn send(&self, jobs: &[(Lane, Job)]) -> Result<Vec<bool>>;

    /// Emits events of our own. Returns, for each, whether the queue accepted it.
    async fn emit(&self, events: &[Ingest]) -> Result<Vec<bool>>;

    /// Marks a destination as unhealthy and notifies its operator.
    async fn mark_unhealthy(
        &self,
        whose: (OperatorId, DestinationId),
        unhealthy: &Unhealthy,
        attempt: Option<&Attempt>,
    ) -> Result<Completion>;

    /// See [`store::Destinations::claim_probe`].
    async fn claim_probe(&self, to: &Destination, seen: &Breaker, now: Timestamp) -> Result<ProbeClaim>;

    /// See [`store::Destinations::set_answered`].
    async fn set_answered(&self, to: &Destination) -> Result<()>;

    /// See [`store::Destinations::add_unreached`], for one attempt.
    async fn add_unreached(
        &self,
        to: &Destination,
        probed: Option<&Breaker>,
        now: Timestamp,
    ) -> Result<Option<Breaker>>;

    /// See [`store::Destinations::set_slow`].
    async fn set_slow(&self, to: &Destination, now: Timestamp) -> Result<Option<Breaker>>;

    /// See [`store::Destinations::set_pace`].
    async fn set_pace(
        &self,
        to: &Destination,
        seen: Option<Pace>,
        new: Option<Pace>,
        from: Option<Timestamp>,
    ) -> Result<Changed>;

    /// See [`store::Destinations::take_slots`].
    async fn take_slots(&self, counter: Counter, rate: Rate, count: usize, now: Timestamp) -> Result<i64>;

    /// See [`store::Destinations::no_slot_before`].
    async fn no_slot_before(&self, counter: Counter, at: Timestamp) -> Result<()>;

    /// Counts an attempt that was recorded and left its delivery as `row`.
    fn count(&self, row: &Delivery, attempt: &Attempt);

    /// Writes the counts of destinations with enough of them ([`domain::stats::pending`]).
    async fn write_counts(&self);
}

impl Cloud for App {
    async fn read(&self, jobs: &[&Job]) -> Result<Worklist> {
        let Self { deliveries, destinations, events, suppressions, recent, .. } = self;
        worklist::read(jobs, deliveries, destinations, events, suppressions, recent).await
    }

    async fn write(&self, changes: &[(&Known, &Change)], until: Instant) -> Result<Vec<Written>> {
        let statement = |(known, change): &(&Known, &Change)| {
            let (row, table) = (&known.row, &self.deliveries);
            match change {
                // The insert is conditional, in case another worker has recorded the delivery since.
                change if !known.recorded => table.insert(&change.of(row)),
                Change::Attempted(step, attempt, next) => table.record(row, *step, attempt, next),
                Change::Stopped(next) => Ok(table.change(row, next)),
            }
        };
        let statements = changes.iter().map(statement).collect::<Result<_>>()?;
        Ok(self.deliveries.execute(statements, until).await)
    }

    async fn rows(&self, ids: Vec<DeliveryId>) -> Result<Vec<Delivery>> {
        self.deliveries.get_many(ids).await
    }

    async fn attempt(&self, job: &Job, ready: &Ready<'_>) -> Answer {
        let event = &ready.event.event;
        let envelope = Envelope::from((job.delivery_id, &event.event_type));
        let (to, held_back, number) = (ready.to, &ready.held_back, job.attempt);
        trace::within(job.trace, self.sender.send(Attempted { to, event, envelope, held_back, number })).await
    }

    async fn send(&self, jobs: &[(Lane, Job)]) -> Result<Vec<bool>> {
        let message = |(lane, job): &(Lane, Job)| {
            let hop = job.due.and_then(|due| next_hop(domain::time::now(), due)).unwrap_or_default();
            Ok((*lane, Outgoing::new(job, job.operator_id)?.traced(job.trace).delayed(hop)))
        };
        Ok(self.lanes.send(jobs.iter().map(message).collect::<Result<_>>()?).await)
    }

    async fn emit(&self, events: &[Ingest]) -> Result<Vec<bool>> {
        self.system_events.emit(events).await
    }

    async fn mark_unhealthy(
        &self,
        (operator, id): (OperatorId, DestinationId),
        unhealthy: &Unhealthy,
        attempt: Option<&Attempt>,
    ) -> Result<Completion> {
        self.health.mark(operator, id, unhealthy, attempt).await
    }

    async fn claim_probe(&self, to: &Destination, seen: &Breaker, now: Timestamp) -> Result<ProbeClaim> {
        self.destinations.claim_probe(to, seen, now).await
    }

    async fn set_answered(&self, to: &Destination) -> Result<()> {
        self.destinations.set_answered(to).await
    }

    async fn add_unreached(
        &self,
        to: &Destination,
        probed: Option<&Breaker>,
        now: Timestamp,
    ) -> Result<Option<Breaker>> {
        let breaker = self.destinations.add_unreached(to, 1, probed, now).await?;
        self.tell_others(to).await;
        Ok(breaker)
    }

    async fn set_slow(&self, to: &Destination, now: Timestamp) -> Result<Option<Breaker>> {
        let breaker = self.destinations.set_slow(to, now).await?;
        self.tell_others(to).await;
        Ok(breaker)
    }

    async fn set_pace(
        &self,
        to: &Destination,
        seen: Option<Pace>,
        new: Option<Pace>,
        from: Option<Timestamp>,
    ) -> Result<Changed> {
        let set = self.destinations.set_pace(to, seen, new, from).await?;
        self.tell_others(to).await;
        Ok(set)
    }

    async fn take_slots(&self, counter: Counter, rate: Rate, count: usize, now: Timestamp) -> Result<i64> {
        self.destinations.take_slots(counter, rate, count, now).await
    }

    async fn no_slot_before(&self, counter: Counter, at: Timestamp) -> Result<()> {
        self.destinations.no_slot_before(counter, at).await
    }

    fn count(&self, row: &Delivery, attempt: &Attempt) {
        self.counted().add(row.id, attempt, row.state);
    }

    async fn write_counts(&self) {
        let due = self.counted().take_due(rand::random());
        join_all(due.into_iter().map(async |(destination, counts)| {
            if let Err(error) = self.deliveries.add_counts(destination, &counts).await {
                tracing::warn!(destination_id = %destination, %error, "counters not written");
                self.counted().put_back(destination, &counts);
            }
        }))
        .await;
    }
}

impl App {
    fn counted(&self) -> MutexGuard<'_, Pending> {
        self.counted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes the other workers read a destination again, in case they remember it without its new traffic state.
    async fn tell_others(&self, to: &Destination) {
        if to.is_plain(domain::time::now())
            && let Err(error) = self.recent.changes().note(to.operator_id).await
        {
            tracing::warn!(destination_id = %to.id, %error, "change not noted");
        }
    }
}
