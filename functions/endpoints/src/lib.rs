//! `/v1/webhooks/endpoints`: the webhook endpoints of Stack Auth, their secrets and their deliveries.

mod access;
mod collection;
mod deliveries;
mod input;
mod item;
mod resume;
mod secret;
mod views;

use std::sync::Arc;

use api::{
    ApiError, Caller, Keys,
    auth::HasKeys,
    error::{Result, path_id},
};
use domain::{ApiKind, DestinationId, guard::TargetPolicy};
use service::DestinationService;
use store::{
    Accounts, Aws, Changes, DeliveryLog, Lanes, aws,
    subscriptions::{Subscription, Subscriptions},
};

/// The clients and settings that the routes use.
pub struct App {
    keys: Keys,
    changes: Changes,
    endpoints: Subscriptions,
    log: DeliveryLog,
    lanes: Lanes,
    service: DestinationService,
    policy: TargetPolicy,
}

impl App {
    /// Creates the clients from the environment.
    ///
    /// # Errors
    /// When the environment lacks a variable.
    pub fn from_env() -> std::result::Result<Self, lambda_http::Error> {
        let aws = Aws::from_env();
        let policy = aws::target_policy()?;
        Ok(Self {
            keys: Keys::new(Accounts::from_env(&aws)?),
            changes: Changes::from_env(&aws)?,
            endpoints: Subscriptions::from_env(&aws, ApiKind::StackAuth)?,
            log: DeliveryLog::from_env(&aws)?,
            lanes: Lanes::from_env(&aws)?,
            service: DestinationService::from_env(&aws)?,
            policy,
        })
    }

    /// Returns an endpoint of the caller, or a 404.
    async fn find(&self, caller: &Caller, id: &str) -> Result<Subscription> {
        let found = self.endpoints.get(caller.operator_id(), destination_id(id)?).await?;
        found.ok_or_else(|| ApiError::not_found(NOUN))
    }
}

/// The name of an endpoint in error messages.
const NOUN: &str = "endpoint";

/// Reads the id of an endpoint's destination from a path.
fn destination_id(id: &str) -> Result<DestinationId> {
    path_id(id, NOUN).map(DestinationId::of_endpoint)
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
    collection::create, collection::list;
    item::get, item::update, item::delete;
    secret::show;
    secret::rotate;
    resume::test;
    resume::verify;
    resume::recover;
    deliveries::list;
}
