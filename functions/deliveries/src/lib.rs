//! `/v1/deliveries`: the deliveries of an account to all of its destinations, and `/v1/search`, which finds them and
//! anything else.

mod collection;
mod input;
mod item;
mod preview;
mod resend;
mod search;
#[cfg(test)]
mod tests;
mod views;

use std::sync::Arc;

use api::{Keys, auth::HasKeys};
use service::Recovery;
use store::{Aws, Channels, DeliveryLog, Destinations, Events, Vault};

/// The clients that the routes use.
pub struct App {
    keys: Keys,
    channels: Channels,
    destinations: Destinations,
    events: Events,
    log: DeliveryLog,
    recovery: Recovery,
    /// The sender of mails, as receivers see it.
    mail_from: String,
    vault: Vault,
}

impl App {
    /// Creates the clients.
    ///
    /// # Errors
    /// When the environment lacks a variable.
    pub fn new(aws: &Aws) -> Result<Self, lambda_http::Error> {
        Ok(Self {
            keys: Keys::from_env(aws)?,
            channels: Channels::from_env(aws)?,
            destinations: Destinations::from_env(aws)?,
            events: Events::from_env(aws)?,
            log: DeliveryLog::from_env(aws)?,
            recovery: Recovery::from_env(aws)?,
            vault: Vault::new(aws),
            mail_from: outbound::email::sender(&aws.variable("MAIL_FROM")?),
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
    collection::list;
    item::get;
    item::retry;
    preview::preview;
    resend::resend;
    search::search;
}
