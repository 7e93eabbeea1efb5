//! `/mail`: the log of mail events, timelines of mails, webhook subscriptions and their deliveries, and suppressions.

mod deliveries;
mod events;
mod input;
mod item;
mod resume;
mod suppressions;
mod views;
mod webhooks;

use std::sync::Arc;

use api::{ApiError, Caller, Keys, auth::HasKeys, error::path_id};
use domain::{ApiKind, DestinationId, guard::TargetPolicy, message::Ingest, system_events, time::now};
use service::DestinationService;
use store::{
    Accounts, Aws, Changes, DeliveryLog, Destinations, Events, Lanes, aws,
    subscriptions::{Subscription, Subscriptions},
};

/// The clients and settings that the routes use.
pub struct App {
    keys: Keys,
    changes: Changes,
    events: Events,
    subscriptions: Subscriptions,
    destinations: Destinations,
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
    pub fn from_env() -> Result<Self, lambda_http::Error> {
        let aws = Aws::from_env();
        let policy = aws::target_policy()?;
        Ok(Self {
            keys: Keys::new(Accounts::from_env(&aws)?),
            changes: Changes::from_env(&aws)?,
            events: Events::from_env(&aws)?,
            subscriptions: Subscriptions::from_env(&aws, ApiKind::Mail)?,
            destinations: Destinations::from_env(&aws)?,
            log: DeliveryLog::from_env(&aws)?,
            lanes: Lanes::from_env(&aws)?,
            service: DestinationService::from_env(&aws)?,
            policy,
        })
    }

    /// Returns a subscription of the caller, or a 404.
    async fn find(&self, caller: &Caller, id: &str) -> api::error::Result<Subscription> {
        let found = self.subscriptions.get(caller.operator_id(), endpoint_id(id)?).await?;
        found.ok_or_else(|| ApiError::not_found(NOUN))
    }
}

/// The name of a subscription in error messages.
const NOUN: &str = "webhook";

/// Reads the id of a subscription's endpoint from a path.
fn endpoint_id(id: &str) -> api::error::Result<DestinationId> {
    path_id(id, NOUN).map(DestinationId::of_webhook)
}

/// The event about a subscription: its type, the changed fields, and the reason if the subscription was disabled.
fn told(name: &str, of: &Subscription, changed: &[&str], reason: Option<&str>) -> serde_json::Result<Ingest> {
    system_events::subscription(name, &of.endpoint, Some(&of.rule), changed, reason, now())
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
    events::list;
    events::timeline;
    webhooks::create, webhooks::list;
    item::get, item::update, item::delete;
    item::rotate_secret;
    resume::verify;
    resume::recover;
    deliveries::list;
    deliveries::get;
    deliveries::retry;
    suppressions::list;
    suppressions::delete;
}
