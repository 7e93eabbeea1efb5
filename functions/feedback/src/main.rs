//! The function `feedback`: applies the mail service's reports to the health of destinations and to the log of
//! deliveries.

mod outcome;
#[cfg(test)]
mod tests;

use std::collections::HashSet;

use domain::feedback::{self, Feedback};
use futures::{StreamExt, stream};
use runtime::{
    telemetry,
    worker::{self, Record},
};
use service::{Health, health::Completion};
use store::{Aws, Deliveries, Destinations, Queue, Suppressions, SystemEvents};
use tokio::time::{Instant, timeout_at};

/// The clients that the function uses.
struct App {
    deliveries: Deliveries,
    destinations: Destinations,
    suppressions: Suppressions,
    health: Health,
    system_events: SystemEvents,
}

/// The maximum number of reports processed concurrently.
const AT_ONCE: usize = 10;

impl App {
    /// Creates the clients.
    fn new(aws: &Aws) -> store::Result<Self> {
        Ok(Self {
            deliveries: Deliveries::from_env(aws)?,
            destinations: Destinations::from_env(aws)?,
            suppressions: Suppressions::from_env(aws)?,
            health: Health::from_env(aws)?,
            system_events: SystemEvents::from_env(aws)?,
        })
    }

    /// Works on a batch and returns the ids of the messages to receive again.
    async fn take_in(&self, records: Vec<Record>, end: Instant) -> Vec<String> {
        let mut unfinished: HashSet<_> = records.iter().map(|record| record.message_id.clone()).collect();
        let works = stream::iter(&records).map(async |record| (record, self.take_one(record).await));
        let done = works.buffer_unordered(AT_ONCE).filter_map(async |(record, done)| done.then_some(record));
        let mut done = std::pin::pin!(done);
        while let Ok(Some(record)) = timeout_at(end, done.next()).await {
            unfinished.remove(&record.message_id);
        }
        unfinished.into_iter().collect()
    }

    /// Returns whether the report is done.
    async fn take_one(&self, record: &Record) -> bool {
        if feedback::is_notice(&record.body) {
            tracing::info!(message_id = record.message_id, "the mail service has confirmed where it reports to");
            return true;
        }
        let feedback = match Feedback::parse(&record.body) {
            Ok(feedback) => feedback,
            Err(error) => {
                // SQS moves the message to the dead-letter queue, where it can be examined.
                tracing::error!(message_id = record.message_id, %error, "not a report of the mail service");
                return false;
            }
        };
        match self.apply(&feedback).await {
            Ok(done) => done == Completion::Complete,
            Err(error) => {
                tracing::error!(mail_id = feedback.message_id, %error, "a report was not taken in");
                false
            }
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let telemetry = telemetry::init();
    let aws = Aws::from_env();
    let app = &App::new(&aws)?;
    worker::run(async |records, end| app.take_in(records, end).await, Queue::accepted(&aws)?, telemetry).await
}
