//! `/v1/notifications/destinations`: the destinations of notifications.

mod collection;
mod deliveries;
mod forms;
mod item;
mod kinds;
mod origin;
mod recover;
mod rotate;
mod schema;
mod verify;

use std::sync::Arc;

use api::{Keys, auth::HasKeys};
use axum::{Router, http::header::CONTENT_TYPE, routing::get};
use domain::guard::TargetPolicy;
use service::DestinationService;
use store::{Accounts, Aws, Changes, DeliveryLog, Destinations, Lanes, aws};

/// The clients and settings that the routes use.
pub struct App {
    keys: Keys,
    changes: Changes,
    destinations: Destinations,
    log: DeliveryLog,
    lanes: Lanes,
    service: DestinationService,
    policy: TargetPolicy,
    /// Whether premium-rate and similar phone numbers are allowed as destinations.
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

/// The routes of destinations, and the OpenAPI document of the whole API.
pub fn router() -> Router<Arc<App>> {
    routes().route("/openapi.json", get(openapi))
}

api::routes! { App;
    collection::create, collection::list;
    item::get, item::update, item::delete;
    verify::send_code;
    verify::verify;
    verify::test;
    rotate::rotate_secret;
    recover::recover;
    deliveries::deliveries;
    kinds::list;
}

/// The committed OpenAPI document of the whole API.
async fn openapi() -> ([(axum::http::HeaderName, &'static str); 1], &'static str) {
    ([(CONTENT_TYPE, "application/json")], include_str!("../../../infra/openapi.json"))
}
