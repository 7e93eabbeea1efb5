//! The function `deliver`: from the queue `deliveries` to the outside world, and the backoff (design, section 3).

mod attempt;
mod batch;
mod follow_up;
mod tell;

use api::{telemetry, worker};
use domain::backoff::Schedule;
use store::{Aws, Deliveries, Destinations, Events, Journal, Queue, Suppressions, aws};
use upkeep::{Health, Sender};

/// What the worker works with.
struct App {
    deliveries: Deliveries,
    destinations: Destinations,
    events: Events,
    suppressions: Suppressions,
    queue: Queue,
    journal: Journal,
    health: Health,
    sender: Sender,
    schedule: Schedule,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let telemetry = telemetry::init();
    let aws = Aws::from_env();
    let app = &App {
        deliveries: Deliveries::from_env(&aws)?,
        destinations: Destinations::from_env(&aws)?,
        events: Events::from_env(&aws)?,
        suppressions: Suppressions::from_env(&aws)?,
        queue: Queue::deliveries(&aws)?,
        journal: Journal::from_env(&aws)?,
        health: Health::from_env(&aws)?,
        sender: Sender::from_env(&aws)?,
        schedule: aws::parsed_variable("RETRY_SCHEDULE")?,
    };
    worker::run(async |records, end| app.deliver(records, end).await, telemetry).await
}
