//! `/v1/webhooks/endpoints`: the webhook endpoints of Stack Auth, their secrets and their deliveries.

mod access;
mod actions;
mod collection;
mod deliveries;
mod input;
mod item;
mod secret;
#[cfg(test)]
mod tests;
mod views;

use std::sync::Arc;

use api::{ApiError, Caller, Keys, actions::Targets, auth::HasKeys, error::Result, path::PathId};
use domain::{ApiKind, Destination, DestinationId, EndpointId, guard::TargetPolicy};
use service::DestinationService;
use store::{
    Aws, Changes, DeliveryLog,
    subscriptions::{Subscription, Subscriptions},
};

/// The clients and settings that the routes use.
pub struct App {
    keys: Keys,
    changes: Changes,
    endpoints: Subscriptions,
    log: DeliveryLog,
    service: DestinationService,
    policy: TargetPolicy,
}

impl App {
    /// Creates the clients.
    ///
    /// # Errors
    /// When the environment lacks a variable.
    pub fn new(aws: &Aws) -> std::result::Result<Self, lambda_http::Error> {
        let policy = aws.target_policy()?;
        Ok(Self {
            keys: Keys::from_env(aws)?,
            changes: Changes::from_env(aws)?,
            endpoints: Subscriptions::from_env(aws, ApiKind::StackAuth)?,
            log: DeliveryLog::from_env(aws)?,
            service: DestinationService::from_env(aws)?,
            policy,
        })
    }

    /// Returns an endpoint of the caller, or a 404.
    async fn find(&self, caller: &Caller, id: EndpointId) -> Result<Subscription> {
        let found = self.endpoints.get(caller.operator_id(), DestinationId::of_endpoint(id)).await?;
        found.ok_or_else(|| ApiError::not_found(EndpointId::NOUN))
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
    type Id = EndpointId;
    const TEST_HEALS: bool = true;

    async fn destination(&self, caller: &Caller, id: EndpointId) -> Result<Destination> {
        Ok(self.find(caller, id).await?.endpoint)
    }

    fn service(&self) -> &DestinationService {
        &self.service
    }
}

/// The state of the routes.
pub type State = axum::extract::State<Arc<App>>;

api::routes! { App;
    collection::create, collection::list;
    item::get, item::update, item::delete;
    secret::get;
    actions::rotate_secret;
    actions::test;
    actions::verify;
    actions::recover;
    deliveries::list;
}
