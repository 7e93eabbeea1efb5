//! `/api/v1/notifications`: a tenant's providers, and notifications sent to chosen providers.

mod access;
mod actions;
mod attempt;
mod collection;
mod deliveries;
mod input;
mod item;
mod notification;
mod results;
mod schema;
mod send;
#[cfg(test)]
mod tests;
mod views;

use std::sync::Arc;

use api::{ApiError, Caller, Keys, actions::Targets, auth::HasKeys, path::PathId};
use domain::{ApiKind, Destination, connection::Allowed};
use service::{DestinationService, Health, allowed};
use store::{Aws, Changes, Deliveries, DeliveryLog, Destinations, Events};

use crate::input::ProviderId;

/// The clients and settings that the routes use.
pub struct App {
    keys: Keys,
    changes: Changes,
    destinations: Destinations,
    deliveries: Deliveries,
    log: DeliveryLog,
    events: Events,
    service: DestinationService,
    health: Health,
    allowed: Allowed,
}

impl App {
    /// Creates the clients.
    ///
    /// # Errors
    /// When the environment lacks a variable.
    pub fn new(aws: &Aws) -> Result<Self, lambda_http::Error> {
        Ok(Self {
            keys: Keys::from_env(aws)?,
            changes: Changes::from_env(aws)?,
            destinations: Destinations::from_env(aws)?,
            deliveries: Deliveries::from_env(aws)?,
            log: DeliveryLog::from_env(aws)?,
            events: Events::from_env(aws)?,
            service: DestinationService::from_env(aws)?,
            health: Health::from_env(aws)?,
            allowed: allowed::from_env(aws)?,
        })
    }

    /// Returns a provider of the caller, or a 404.
    async fn find(&self, caller: &Caller, ProviderId(id): ProviderId) -> api::error::Result<Destination> {
        let found = self.destinations.get(caller.operator_id(), id).await?;
        found.filter(|found| found.api == ApiKind::Providers).ok_or_else(|| ApiError::not_found(ProviderId::NOUN))
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
    type Id = ProviderId;
    const TEST_HEALS: bool = true;

    async fn destination(&self, caller: &Caller, id: ProviderId) -> api::error::Result<Destination> {
        self.find(caller, id).await
    }

    fn service(&self) -> &DestinationService {
        &self.service
    }
}

/// The state of the routes.
pub type State = axum::extract::State<Arc<App>>;

api::routes! { App;
    collection::list, collection::create;
    item::get, item::update, item::delete;
    actions::test;
    actions::recover;
    deliveries::list;
    send::send;
}
