//! The function `dispatch`: from events to deliveries.
//!
//! It is fed by two queues. On `events` other services put what they offer: that is checked, gets its id, and goes on to
//! `accepted` ([`outside`]). On `accepted` are events that have their id: those of the API, our own, and what came from
//! outside; and the further parts of large ones. They are planned, written and sent on ([`batch`]).

mod batch;
mod cloud;
mod incoming;
mod outside;
mod plan;
#[cfg(test)]
mod tests;

use api::{
    telemetry,
    worker::{self, Record},
};
use cloud::Remembered;
use store::{Accounts, Aws, Channels, Deliveries, Destinations, Events, Journal, Lanes, Queue, Recent, Verifications};
use tokio::time::Instant;

/// What the worker works with.
struct App {
    accounts: Accounts,
    channels: Channels,
    destinations: Destinations,
    /// What was read of the operators that keep it busy.
    recent: Recent<Remembered>,
    events: Events,
    deliveries: Deliveries,
    lanes: Lanes,
    /// Events that have their id, and parts of large ones.
    accepted: Queue,
    /// Where what is no event waits to be fixed.
    refused: Queue,
    verifications: Verifications,
    journal: Journal,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let telemetry = telemetry::init();
    let aws = Aws::from_env();
    let app = &App {
        accounts: Accounts::from_env(&aws)?,
        channels: Channels::from_env(&aws)?,
        destinations: Destinations::from_env(&aws)?,
        recent: Recent::from_env(&aws)?,
        events: Events::from_env(&aws)?,
        deliveries: Deliveries::from_env(&aws)?,
        lanes: Lanes::from_env(&aws)?,
        accepted: Queue::accepted(&aws)?,
        refused: Queue::refused_events(&aws)?,
        verifications: Verifications::from_env(&aws)?,
        journal: Journal::from_env(&aws)?,
    };
    worker::run(async |records, end| app.work(records, end).await, app.accepted.clone(), telemetry).await
}

impl App {
    /// Works on a batch; the ids of the messages to be handed out again. What outsiders can write is never read as one of
    /// our own messages: the queue tells, not the message. A record without a queue is an administrator's, who has invoked
    /// the function directly.
    async fn work(&self, records: Vec<Record>, end: Instant) -> Vec<String> {
        let is_ours = |record: &Record| record.queue.is_empty() || record.queue == self.accepted.name();
        let (accepted, outside): (Vec<_>, Vec<_>) = records.into_iter().partition(is_ours);
        let mut failed = self.take_in(outside, end).await;
        failed.extend(batch::dispatch(self, accepted, end).await);
        failed
    }
}
