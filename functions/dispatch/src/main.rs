//! The function `dispatch`: from the queue `events` to deliveries (design, section 3).

mod batch;
mod incoming;
mod plan;

use api::{telemetry, worker};
use store::{Aws, Channels, Deliveries, Destinations, Events, Journal, Queue, Verifications};

/// What the worker works with.
struct App {
    channels: Channels,
    destinations: Destinations,
    events: Events,
    deliveries: Deliveries,
    queue: Queue,
    /// The queue that we are fed from, for parts of large events.
    own_queue: Queue,
    verifications: Verifications,
    journal: Journal,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let telemetry = telemetry::init();
    let aws = Aws::from_env();
    let app = &App {
        channels: Channels::from_env(&aws)?,
        destinations: Destinations::from_env(&aws)?,
        events: Events::from_env(&aws)?,
        deliveries: Deliveries::from_env(&aws)?,
        queue: Queue::deliveries(&aws)?,
        own_queue: Queue::events(&aws)?,
        verifications: Verifications::from_env(&aws)?,
        journal: Journal::from_env(&aws)?,
    };
    worker::run(async |records, end| app.dispatch(records, end).await, telemetry).await
}
