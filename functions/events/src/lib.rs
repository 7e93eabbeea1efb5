//! `/v1/events`, `/v1/deliveries` and `/v1/overview`: accepts events, and returns events, deliveries and statistics.

mod account_scope;
mod deliveries;
mod delivery_list;
mod detail;
mod ingest;
mod log;
mod overview;
mod posted;
mod whoami;

use std::sync::Arc;

use api::{Keys, auth::HasKeys};
use store::{Accounts, Aws, Channels, DeliveryLog, Destinations, Events, Lanes, Queue, SystemEvents};

/// The clients and settings that the routes use.
pub struct App {
    keys: Keys,
    accounts: Accounts,
    channels: Channels,
    events: Events,
    log: DeliveryLog,
    destinations: Destinations,
    accepted_queue: Queue,
    lanes: Lanes,
    system_events: SystemEvents,
}

impl App {
    /// Creates the clients from the environment.
    ///
    /// # Errors
    /// When the environment lacks a variable.
    pub fn from_env() -> Result<Self, lambda_http::Error> {
        let aws = Aws::from_env();
        Ok(Self {
            keys: Keys::new(Accounts::from_env(&aws)?),
            accounts: Accounts::from_env(&aws)?,
            channels: Channels::from_env(&aws)?,
            events: Events::from_env(&aws)?,
            log: DeliveryLog::from_env(&aws)?,
            destinations: Destinations::from_env(&aws)?,
            accepted_queue: Queue::accepted(&aws)?,
            lanes: Lanes::from_env(&aws)?,
            system_events: SystemEvents::from_env(&aws)?,
        })
    }
}

impl HasKeys for App {
    fn keys(&self) -> &Keys {
        &self.keys
    }
}

/// The state of the routes.
pub type State = axum::extract::State<Arc<App>>;

api::routes! { App;
    ingest::post_events, log::list;
    log::get;
    log::types;
    delivery_list::list;
    deliveries::get;
    deliveries::retry;
    overview::overview;
    whoami::whoami;
}
