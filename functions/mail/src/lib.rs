//! `/mail`: the log of mail events, timelines of mails, webhook subscriptions and their deliveries, and suppressions.

mod actions;
mod collection;
mod deliveries;
mod events;
mod input;
mod item;
mod suppressions;
#[cfg(test)]
mod tests;
mod views;

use std::sync::Arc;

use api::{ApiError, Caller, Keys, actions::Targets, auth::HasKeys, path::PathId};
use domain::{
    ApiKind, Destination, DestinationId, WebhookId,
    guard::TargetPolicy,
    message::Ingest,
    system_events::{self, SubscriptionChange},
    time::now,
};
use service::DestinationService;
use store::{
    Aws, Changes, DeliveryLog, Destinations, Events,
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
    service: DestinationService,
    policy: TargetPolicy,
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
            events: Events::from_env(aws)?,
            subscriptions: Subscriptions::from_env(aws, ApiKind::Mail)?,
            destinations: Destinations::from_env(aws)?,
            log: DeliveryLog::from_env(aws)?,
            service: DestinationService::from_env(aws)?,
            policy,
        })
    }

    /// Returns a subscription of the caller, or a 404.
    async fn find(&self, caller: &Caller, id: WebhookId) -> api::error::Result<Subscription> {
        let found = self.subscriptions.get(caller.operator_id(), DestinationId::of_webhook(id)).await?;
        found.ok_or_else(|| ApiError::not_found(WebhookId::NOUN))
    }
}

/// The event about a change of a subscription that a request made.
fn subscription_event(change: SubscriptionChange<'_>, of: &Subscription) -> serde_json::Result<Ingest> {
    system_events::subscription(change, &of.endpoint, Some(&of.rule), now())
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
    type Id = WebhookId;
    const TEST_HEALS: bool = true;

    async fn destination(&self, caller: &Caller, id: WebhookId) -> api::error::Result<Destination> {
        Ok(self.find(caller, id).await?.endpoint)
    }

    fn service(&self) -> &DestinationService {
        &self.service
    }
}

/// The state of the routes.
pub type State = axum::extract::State<Arc<App>>;

api::routes! { App;
    events::list;
    events::timeline;
    collection::create, collection::list;
    item::get, item::update, item::delete;
    actions::rotate_secret;
    actions::verify;
    actions::recover;
    deliveries::list;
    deliveries::get;
    deliveries::retry;
    suppressions::list;
    suppressions::delete;
}
