//! The function `dispatch`: turns events into deliveries.
//!
//! Two queues feed it. Other services put their events on `events`. The function checks each one, gives it an id and
//! sends it to `accepted` ([`outside`]). The queue `accepted` holds events that have an id (from the API, from this
//! project itself, and from other services) and the further parts of large events. The function plans them, writes the
//! plans, and sends the jobs ([`batch`]).

mod batch;
mod cloud;
mod incoming;
mod outside;
mod plan;
#[cfg(test)]
mod tests;

use cloud::Remembered;
use runtime::{
    telemetry,
    worker::{self, Record},
};
use store::{
    Accounts, Aws, Channels, Deliveries, Destinations, Events, Lanes, Queue, Recent, SystemEvents, Verifications,
};
use tokio::time::Instant;

/// The clients that the function uses.
struct App {
    accounts: Accounts,
    channels: Channels,
    destinations: Destinations,
    /// Rules and destinations of operators that send many events.
    recent: Recent<Remembered>,
    events: Events,
    deliveries: Deliveries,
    lanes: Lanes,
    /// For jobs that are not fresh any more when they are sent again.
    lanes_without_retries: Lanes,
    /// Events that have an id, and parts of large events.
    accepted: Queue,
    /// The dead-letter queue for messages that are not valid events.
    refused: Queue,
    verifications: Verifications,
    system_events: SystemEvents,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let telemetry = telemetry::init();
    let aws = Aws::from_env();
    let lanes = Lanes::from_env(&aws)?;
    let app = &App {
        accounts: Accounts::from_env(&aws)?,
        channels: Channels::from_env(&aws)?,
        destinations: Destinations::from_env(&aws)?,
        recent: Recent::from_env(&aws)?,
        events: Events::from_env(&aws)?,
        deliveries: Deliveries::from_env(&aws)?,
        lanes_without_retries: lanes.without_retries(),
        lanes,
        accepted: Queue::accepted(&aws)?,
        refused: Queue::refused_events(&aws)?,
        verifications: Verifications::from_env(&aws)?,
        system_events: SystemEvents::from_env(&aws)?,
    };
    worker::run(async |records, end| app.work(records, end).await, app.accepted.clone(), telemetry).await
}

impl App {
    /// Works on a batch and returns the ids of the messages to receive again.
    ///
    /// The queue decides how a message is read, not its content, so that nothing written by other services can pass as
    /// one of our own messages. A record without a queue comes from an administrator who invoked the function directly.
    async fn work(&self, records: Vec<Record>, end: Instant) -> Vec<String> {
        let is_ours = |record: &Record| record.queue.is_empty() || record.queue == self.accepted.name();
        let (accepted, outside): (Vec<_>, Vec<_>) = records.into_iter().partition(is_ours);
        let mut failed = self.take_in(outside, end).await;
        failed.extend(batch::dispatch(self, accepted, end).await);
        failed
    }
}
