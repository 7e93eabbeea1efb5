//! `/v1/config/notifications`: the notification channels of a project.

mod access;
mod actions;
mod collection;
mod deliveries;
mod input;
mod item;
mod schema;
#[cfg(test)]
mod tests;
mod views;

use std::sync::Arc;

use api::{ApiError, Keys, actions::Targets, auth::HasKeys, path::PathId};
use domain::{Destination, connection::Allowed};
use service::{DestinationService, allowed};
use store::{Aws, Changes, DeliveryLog, ProjectChannels, project_channels::ProjectChannel};

use crate::{access::Scope, input::ProjectChannelId};

/// The clients and settings that the routes use.
pub struct App {
    keys: Keys,
    changes: Changes,
    channels: ProjectChannels,
    log: DeliveryLog,
    service: DestinationService,
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
            channels: ProjectChannels::from_env(aws)?,
            log: DeliveryLog::from_env(aws)?,
            service: DestinationService::from_env(aws)?,
            allowed: allowed::from_env(aws)?,
        })
    }

    /// Returns a channel of the project, or a 404.
    async fn find(&self, scope: &Scope, ProjectChannelId(id): ProjectChannelId) -> api::error::Result<ProjectChannel> {
        let found = self.channels.get(scope.operator_id, &scope.project, id).await?;
        found.ok_or_else(not_found)
    }
}

fn not_found() -> ApiError {
    ApiError::not_found(ProjectChannelId::NOUN)
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
    type Scope = Scope;
    type Id = ProjectChannelId;
    const TEST_HEALS: bool = true;

    async fn destination(&self, scope: &Scope, id: ProjectChannelId) -> api::error::Result<Destination> {
        Ok(self.find(scope, id).await?.destination)
    }

    fn service(&self) -> &DestinationService {
        &self.service
    }
}

/// The state of the routes.
pub type State = axum::extract::State<Arc<App>>;

api::routes! { App;
    collection::create, collection::list;
    item::get, item::replace, item::delete;
    actions::test;
    actions::recover;
    deliveries::list;
}
