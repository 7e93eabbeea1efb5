//! `/v1/events` and `/v1/event-types`: accepts events, and returns events and their types.

mod collection;
mod input;
mod item;
#[cfg(test)]
mod tests;
mod types;
mod views;

use std::sync::Arc;

use api::{Keys, auth::HasKeys};
use store::{Aws, Events, Queue};

/// The clients and settings that the routes use.
pub struct App {
    keys: Keys,
    events: Events,
    accepted_queue: Queue,
}

impl App {
    /// Creates the clients.
    ///
    /// # Errors
    /// When the environment lacks a variable.
    pub fn new(aws: &Aws) -> Result<Self, lambda_http::Error> {
        Ok(Self { keys: Keys::from_env(aws)?, events: Events::from_env(aws)?, accepted_queue: Queue::accepted(aws)? })
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
    collection::create, collection::list;
    item::get;
    types::list;
}
