//! The function `deliver`: makes the attempts of deliveries and schedules their retries.
//!
//! Three queues feed it, one for each lane ([`domain::traffic::Lane`]), each with its own concurrency.

mod attempt;
mod batch;
mod cloud;
mod emitted;
mod follow_up;
mod group;
mod record;
#[cfg(test)]
mod tests;
mod triage;
mod work;

use std::sync::Mutex;

use domain::{backoff::Schedule, stats::pending::Pending, traffic::Rate};
use runtime::{telemetry, worker};
use service::{Health, Sender};
use store::{
    Aws, Deliveries, Destinations, Events, Lanes, Recent, StoreError, Suppressions, SystemEvents, worklist::Remembered,
};

/// The clients that the function uses.
struct App {
    deliveries: Deliveries,
    destinations: Destinations,
    events: Events,
    suppressions: Suppressions,
    /// Destinations of operators that send many events.
    recent: Recent<Remembered>,
    lanes: Lanes,
    system_events: SystemEvents,
    health: Health,
    sender: Sender,
    settings: Settings,
    /// The attempts that are not in the counters of their destinations yet.
    counted: Mutex<Pending>,
}

/// The settings of the deployment.
#[derive(Debug, Clone)]
struct Settings {
    /// The waits between the attempts of a delivery.
    schedule: Schedule,
    /// How many mails per second the account may send.
    mails: Rate,
}

impl Settings {
    fn from_env(aws: &Aws) -> store::Result<Self> {
        const MAILS: &str = "MAILS_PER_SECOND";
        let problem = || format!("send a number from {} to {}", Rate::RANGE.0, Rate::RANGE.1);
        let mails = Rate::per_second(aws.parsed_variable(MAILS)?);
        let mails = mails.ok_or_else(|| StoreError::Environment { name: MAILS, problem: problem() })?;
        Ok(Self { schedule: aws.parsed_variable("RETRY_SCHEDULE")?, mails })
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let telemetry = telemetry::init();
    let aws = Aws::from_env();
    let lanes = Lanes::from_env(&aws)?;
    let app = &App {
        deliveries: Deliveries::from_env(&aws)?,
        destinations: Destinations::from_env(&aws)?,
        events: Events::from_env(&aws)?,
        suppressions: Suppressions::from_env(&aws)?,
        recent: Recent::from_env(&aws)?,
        lanes: lanes.clone(),
        system_events: SystemEvents::from_env(&aws)?,
        health: Health::from_env(&aws)?,
        sender: Sender::from_env(&aws)?,
        settings: Settings::from_env(&aws)?,
        // The stream's name is different for each worker.
        counted: Mutex::new(Pending::new(&std::env::var("AWS_LAMBDA_LOG_STREAM_NAME").unwrap_or_default())),
    };
    let queue = lanes.of(domain::traffic::Lane::Fast).clone();
    let work = async |records, end| batch::deliver(app, &app.settings, &app.lanes, records, end).await;
    worker::run(work, queue, telemetry).await
}
