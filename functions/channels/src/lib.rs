//! `/v1/notifications/channels`: rules, which the STACK API calls channels.

mod actions;
mod collection;
mod deliveries;
mod inline;
mod input;
mod item;
mod preview;
mod schema;
#[cfg(test)]
mod tests;
mod views;

use std::sync::Arc;

use api::{ApiError, Caller, Keys, actions::Targets, auth::HasKeys, path::PathId};
use domain::{Destination, Rule, RuleId, guard::TargetPolicy};
use service::DestinationService;
use store::{Aws, Changes, Channels, DeliveryLog, Destinations};

/// The clients and settings that the routes use.
pub struct App {
    keys: Keys,
    changes: Changes,
    channels: Channels,
    destinations: Destinations,
    log: DeliveryLog,
    service: DestinationService,
    policy: TargetPolicy,
    /// Whether premium-rate and similar phone numbers are allowed as addresses.
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
            channels: Channels::from_env(aws)?,
            destinations: Destinations::from_env(aws)?,
            log: DeliveryLog::from_env(aws)?,
            service: DestinationService::from_env(aws)?,
            policy,
            premium_numbers: aws.parsed_variable("ALLOW_PREMIUM_NUMBERS")?,
        })
    }

    /// Returns a rule of the caller, or a 404. Rules created by another API are only available through that API.
    async fn find(&self, caller: &Caller, id: RuleId) -> api::error::Result<Rule> {
        let found = self.channels.get(caller.operator_id(), id).await?;
        found.filter(|rule| rule.api.is_stack()).ok_or_else(|| ApiError::not_found(RuleId::NOUN))
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
    type Id = RuleId;
    const TEST_HEALS: bool = false;

    async fn destination(&self, caller: &Caller, id: RuleId) -> api::error::Result<Destination> {
        self.inline_destination(caller, id).await
    }

    fn service(&self) -> &DestinationService {
        &self.service
    }
}

/// The state of the routes.
pub type State = axum::extract::State<Arc<App>>;

api::routes! { App;
    collection::create, collection::list;
    preview::preview;
    item::get, item::update, item::delete;
    actions::send_code;
    actions::verify;
    actions::test;
    actions::rotate_secret;
    actions::recover;
    deliveries::list;
}
