//! Sends again what a destination missed, and single deliveries by hand.

use domain::{
    Delivery, DeliveryId, DeliveryState, Destination,
    lifecycle::{NoRetry, Trigger},
    message::Job,
    shard::Shards,
    system_events::Mail,
    time::now,
};
use jiff::Timestamp;
use store::{Aws, DeliveryLog, Destinations, Events, Lanes, SystemEvents, deliveries::Summary, queue::Outgoing};

use crate::error::{Error, Result};

/// The maximum number of deliveries that one request sends again. They fit well into the 30 s of an HTTP API.
const MAX_RECOVERED: usize = 1000;
const PAGE: usize = 100;

/// How many deliveries were queued again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recovered {
    /// The number of deliveries.
    pub count: usize,
    /// Whether more may follow.
    pub more: bool,
}

/// Sends deliveries again.
pub struct Recovery {
    log: DeliveryLog,
    events: Events,
    destinations: Destinations,
    lanes: Lanes,
    system_events: SystemEvents,
}

impl Recovery {
    /// Opens the tables and the queues that the environment names.
    ///
    /// # Errors
    /// When the environment does not name one of them.
    pub fn from_env(aws: &Aws) -> store::Result<Self> {
        Ok(Self {
            log: DeliveryLog::from_env(aws)?,
            events: Events::from_env(aws)?,
            destinations: Destinations::from_env(aws)?,
            lanes: Lanes::from_env(aws)?,
            system_events: SystemEvents::from_env(aws)?,
        })
    }

    /// Sends held, failed and abandoned deliveries of events since then again, oldest first. After them, sends
    /// deliveries that were planned at least 15 minutes ago and have no row, from the first 10,000 events since then
    /// ([`DeliveryLog::overdue`]). For later events, repeat the request with a later time.
    ///
    /// # Errors
    /// When the destination does not receive, or the queue does not accept all deliveries.
    pub async fn recover(&self, destination: &Destination, shards: Shards, since: Timestamp) -> Result<Recovered> {
        if !destination.receives() {
            return Err(Error::NotReceiving(destination.api));
        }
        let mut after = DeliveryId::lower_bound(destination.id, since);
        let mut count = 0;
        while count < MAX_RECOVERED {
            let rows = self.log.rows().attention(destination.id, &after, PAGE).await?;
            let Some(last) = rows.last() else { return self.recover_overdue(destination, shards, since, count).await };
            after = last.id.to_string();
            count += rows.len();
            self.queue(destination, rows).await?;
        }
        Ok(Recovered { count, more: true })
    }

    /// Sends overdue deliveries without a row again, after `count` others. Writes their rows first, so that a repeat of
    /// the request does not send them again.
    async fn recover_overdue(
        &self,
        destination: &Destination,
        shards: Shards,
        since: Timestamp,
        mut count: usize,
    ) -> Result<Recovered> {
        let overdue = self.log.overdue(shards, destination, since, now()).await?;
        let (now, later) = overdue.split_at(overdue.len().min(MAX_RECOVERED.saturating_sub(count)));
        for page in now.chunks(PAGE) {
            let rows = self.log.record(page, destination).await?;
            count += rows.len();
            self.queue(destination, rows).await?;
        }
        Ok(Recovered { count, more: !later.is_empty() })
    }

    /// Makes a new attempt immediately, in a new round, regardless of the destination's health, breaker and pace. With
    /// `force`, also sends a delivery that is in progress or has succeeded.
    ///
    /// # Errors
    /// When the delivery is in progress or has succeeded, its destination was deleted or is not verified, or the queue
    /// does not accept the message.
    pub async fn retry(&self, mut delivery: Delivery, force: bool) -> Result<Delivery> {
        if delivery.probe.is_some() {
            return Err(Error::NotRetryable(NoRetry::Test));
        }
        if !force {
            delivery.state.may_retry().map_err(Error::NotRetryable)?;
        }
        let destination = self.destinations.get(delivery.operator_id, delivery.id.destination).await?;
        let destination = destination.ok_or(Error::DestinationDeleted)?;
        // The worker would only hold it again.
        if !destination.verified() {
            return Err(Error::NotReceiving(destination.api));
        }
        let row = [Summary::from(&delivery)];
        self.emit_queued(&row, &destination).await;
        // Message first, then the row: after a crash in between, a delivery is sent twice rather than never.
        let message = Outgoing::new(&Job { by_hand: true, ..delivery.job_at_once() }, delivery.operator_id)?;
        if self.lanes.to(&destination).send(vec![message]).await != [true] {
            return Err(Error::DeliveryNotQueued);
        }
        // A pending delivery stays as it is, and may have no row yet.
        if let Some(next) = delivery.state.after(&Trigger::SentAgain) {
            self.log.rows().mark_sent_again(&row).await?;
            delivery.state = next.state;
        }
        Ok(delivery)
    }

    pub(crate) fn log(&self) -> &DeliveryLog {
        &self.log
    }

    pub(crate) fn events(&self) -> &Events {
        &self.events
    }

    /// Messages first, then rows: after a crash in between, a delivery is sent twice rather than never.
    pub(crate) async fn queue(&self, destination: &Destination, rows: Vec<Summary>) -> Result<()> {
        self.emit_queued(&rows, destination).await;
        let job = |row: &Summary| Job::at_once(row.id, row.operator_id, row.attempt_count);
        let messages: Vec<_> =
            rows.iter().map(|row| Outgoing::new(&job(row), row.operator_id)).collect::<store::Result<_>>()?;
        let sent = self.lanes.to(destination).send(messages).await;
        let accepted: Vec<_> = rows.into_iter().zip(&sent).filter(|(_, sent)| **sent).map(|(row, _)| row).collect();
        self.log.rows().mark_sent_again(&accepted).await?;
        if accepted.len() < sent.len() { Err(Error::DeliveriesNotQueued) } else { Ok(()) }
    }

    /// Emits an event for each mail that was held and is now queued.
    async fn emit_queued(&self, rows: &[Summary], destination: &Destination) {
        if !destination.kind.is_mail() {
            return;
        }
        let held = rows.iter().filter(|row| row.attempt_count == 0 && row.state == DeliveryState::Held);
        let queued =
            |row: &Summary| Mail::of(row.id, &row.event_type, row.operator_id, Some(destination)).queued(now());
        self.system_events.note(held.map(queued)).await;
    }
}
