//! The state of an account (`/v1/overview`), the identity of a key (`/v1/whoami`), the keys, portal links and the audit
//! log.

mod audit;
mod keys;
mod overview;
mod portal_links;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_keys;
mod whoami;

use std::sync::Arc;

use api::{Keys, auth::HasKeys};
use store::{Accounts, Audit, Aws, Channels, DeliveryLog, Destinations};

/// The clients that the routes use.
pub struct App {
    keys: Keys,
    accounts: Accounts,
    channels: Channels,
    destinations: Destinations,
    log: DeliveryLog,
    audit: Audit,
    /// The console's URL in portal links. `None` for the host that is called.
    console_url: Option<String>,
    /// The origins that logos may come from.
    logo_origins: Vec<String>,
}

impl App {
    /// Creates the clients.
    ///
    /// # Errors
    /// When the environment lacks a variable.
    pub fn new(aws: &Aws) -> Result<Self, lambda_http::Error> {
        Ok(Self {
            keys: Keys::from_env(aws)?,
            accounts: Accounts::from_env(aws)?,
            channels: Channels::from_env(aws)?,
            destinations: Destinations::from_env(aws)?,
            log: DeliveryLog::from_env(aws)?,
            audit: Audit::from_env(aws)?,
            console_url: aws.optional_variable("CONSOLE_URL"),
            logo_origins: aws
                .optional_variable("LOGO_ORIGINS")
                .map(|origins| origins.split_whitespace().map(str::to_owned).collect())
                .unwrap_or_default(),
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
    keys::create, keys::list;
    keys::revoke;
    portal_links::create;
    audit::list;
}
