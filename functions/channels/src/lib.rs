//! `/v1/notifications/channels`: rules, which the STACK API calls channels.

mod input;
mod legacy;
mod preview;
mod routes;
mod schema;
mod view;

use std::sync::Arc;

use api::{Keys, auth::HasKeys};
use domain::guard::TargetPolicy;
use service::DestinationService;
use store::{Accounts, Aws, Changes, Channels, DeliveryLog, Destinations, Lanes, aws};

/// The clients and settings that the routes use.
pub struct App {
    keys: Keys,
    changes: Changes,
    channels: Channels,
    destinations: Destinations,
    log: DeliveryLog,
    lanes: Lanes,
    service: DestinationService,
    policy: TargetPolicy,
    /// Whether premium-rate and similar phone numbers are allowed as addresses.
    premium_numbers: bool,
}

impl App {
    /// Creates the clients from the environment.
    ///
    /// # Errors
    /// When the environment lacks a variable.
    pub fn from_env() -> Result<Self, lambda_http::Error> {
        let aws = Aws::from_env();
        let policy = aws::target_policy()?;
        Ok(Self {
            keys: Keys::new(Accounts::from_env(&aws)?),
            changes: Changes::from_env(&aws)?,
            channels: Channels::from_env(&aws)?,
            destinations: Destinations::from_env(&aws)?,
            log: DeliveryLog::from_env(&aws)?,
            lanes: Lanes::from_env(&aws)?,
            service: DestinationService::from_env(&aws)?,
            policy,
            premium_numbers: aws::parsed_variable("ALLOW_PREMIUM_NUMBERS")?,
        })
    }
}

impl HasKeys for App {
    fn keys(&self) -> &Keys {
        &self.keys
    }

    fn changes(&self) -> Option<&Changes> {
        Some(&self.changes)
    }
}

/// The state of the routes.
pub type State = axum::extract::State<Arc<App>>;

api::routes! { App;
    routes::create, routes::list;
    preview::preview;
    routes::get, routes::update, routes::delete;
    legacy::send_code;
    legacy::verify;
    legacy::test;
    legacy::rotate_secret;
    legacy::deliveries;
    legacy::recover;
}
