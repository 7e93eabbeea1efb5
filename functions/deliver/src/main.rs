//! The function `deliver`: from the queue `deliveries` to the outside world, and the backoff (design, section 3).

mod attempt;
mod batch;
mod follow_up;

use api::{telemetry, worker};
use domain::backoff::Schedule;
use outbound::Webhooks;
use store::{Aws, Deliveries, Destinations, Events, Queue, Vault, aws};

/// What the worker works with.
struct App {
    deliveries: Deliveries,
    destinations: Destinations,
    events: Events,
    events_queue: Queue,
    queue: Queue,
    vault: Vault,
    webhooks: Webhooks,
    schedule: Schedule,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let telemetry = telemetry::init();
    let aws = Aws::from_env().await;
    let app = &App {
        deliveries: Deliveries::from_env(&aws)?,
        destinations: Destinations::from_env(&aws)?,
        events: Events::from_env(&aws)?,
        events_queue: Queue::events(&aws)?,
        queue: Queue::deliveries(&aws)?,
        vault: Vault::new(&aws),
        webhooks: Webhooks::new(aws::target_policy()?)?,
        schedule: aws::parsed_variable("RETRY_SCHEDULE")?,
    };
    worker::run(async |records, end| app.deliver(records, end).await, telemetry).await
}
