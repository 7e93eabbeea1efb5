//! `/v1/overview` and `/v1/whoami`: the state of an account, and the identity of a key.

mod overview;
#[cfg(test)]
mod tests;
mod whoami;

use std::sync::Arc;

use api::{Keys, auth::HasKeys};
use store::{Accounts, Aws, Channels, DeliveryLog, Destinations};

/// The clients that the routes use.
pub struct App {
    keys: Keys,
    accounts: Accounts,
    channels: Channels,
    destinations: Destinations,
    log: DeliveryLog,
}

impl App {
    /// Creates the clients.
    ///
    /// # Errors
    /// When the environment lacks a variable.
    pub fn new(aws: &Aws) -> Result<Self, lambda_http::Error> {
        Ok(Self {
            keys: Keys::new(Accounts::from_env(aws)?),
            accounts: Accounts::from_env(aws)?,
            channels: Channels::from_env(aws)?,
            destinations: Destinations::from_env(aws)?,
            log: DeliveryLog::from_env(aws)?,
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
    overview::get;
    whoami::get;
}
