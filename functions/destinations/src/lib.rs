//! `/v1/notifications/destinations`: the destinations of notifications.

mod actions;
mod collection;
mod deliveries;
mod edit;
mod forms;
mod input;
mod item;
mod kinds;
mod schema;
mod stats;
#[cfg(test)]
mod tests;
mod unused;
mod views;

use std::sync::Arc;

use api::{ApiError, Caller, Keys, actions::Targets, auth::HasKeys};
use axum::{Router, http::header::CONTENT_TYPE, routing::get};
use domain::{Destination, DestinationId, guard::TargetPolicy};
use service::DestinationService;
use store::{Aws, Changes, DeliveryLog, Destinations};

/// The clients and settings that the routes use.
pub struct App {
    keys: Keys,
    changes: Changes,
    destinations: Destinations,
    log: DeliveryLog,
    service: DestinationService,
    policy: TargetPolicy,
    /// Whether premium-rate and similar phone numbers are allowed as destinations.
    premium_numbers: bool,
}

impl App {
    /// Creates the clients.
    ///
    /// # Errors
    /// When the environment lacks a variable.
    pub fn new(aws: &Aws) -> Result<Self, lambda_http::Error> {
        let policy = aws.target_policy()?;
        Ok(Self {
            keys: Keys::from_env(aws)?,
            changes: Changes::from_env(aws)?,
            destinations: Destinations::from_env(aws)?,
            log: DeliveryLog::from_env(aws)?,
            service: DestinationService::from_env(aws)?,
            policy,
            premium_numbers: aws.parsed_variable("ALLOW_PREMIUM_NUMBERS")?,
        })
    }

    /// Returns a destination of the caller, or a 404. Destinations that belong to a channel, or were created by another
    /// API, are only available through that.
    async fn find(&self, caller: &Caller, id: DestinationId) -> api::error::Result<Destination> {
        let found = self.destinations.get(caller.operator_id(), id).await?;
        let own = |destination: &Destination| destination.belongs_to.is_none() && destination.api.is_stack();
        found.filter(own).ok_or_else(|| ApiError::not_found("destination"))
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

impl Targets for App {
    type Scope = Caller;
    type Id = DestinationId;
    const TEST_HEALS: bool = false;

    async fn destination(&self, caller: &Caller, id: DestinationId) -> api::error::Result<Destination> {
        self.find(caller, id).await
    }

    fn service(&self) -> &DestinationService {
        &self.service
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
    item::get, edit::update, item::delete;
    actions::send_code;
    actions::verify;
    actions::test;
    actions::rotate_secret;
    actions::recover;
    deliveries::list;
    stats::get;
    kinds::list;
}

/// The committed OpenAPI document of the whole API.
async fn openapi() -> ([(axum::http::HeaderName, &'static str); 1], &'static str) {
    ([(CONTENT_TYPE, "application/json")], include_str!("../../../infra/openapi.json"))
}
