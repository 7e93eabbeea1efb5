//! `/v1/notifications/destinations`: where notifications go.

mod collection;
mod deliveries;
mod item;
mod origin;
mod recover;
mod rotate;
mod verify;

use std::sync::Arc;

use api::{Keys, auth::HasKeys};
use axum::{http::header::CONTENT_TYPE, routing::get};
use domain::guard::TargetPolicy;
use store::{Accounts, Aws, Deliveries, Destinations, Queue, aws};
use upkeep::Upkeep;
use utoipa_axum::{router::OpenApiRouter, routes};

/// What the routes work with.
pub struct App {
    keys: Keys,
    destinations: Destinations,
    deliveries: Deliveries,
    queue: Queue,
    upkeep: Upkeep,
    policy: TargetPolicy,
}

impl App {
    /// Everything that the environment names.
    ///
    /// # Errors
    /// When the environment lacks something.
    pub fn from_env() -> Result<Self, lambda_http::Error> {
        let aws = Aws::from_env();
        let policy = aws::target_policy()?;
        Ok(Self {
            keys: Keys::new(Accounts::from_env(&aws)?),
            destinations: Destinations::from_env(&aws)?,
            deliveries: Deliveries::from_env(&aws)?,
            queue: Queue::deliveries(&aws)?,
            upkeep: Upkeep::from_env(&aws)?,
            policy,
        })
    }
}

impl HasKeys for App {
    fn keys(&self) -> &Keys {
        &self.keys
    }
}

/// The state of the routes.
pub type State = axum::extract::State<Arc<App>>;

/// The routes, and the API's text of them.
pub fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(collection::create, collection::list))
        .routes(routes!(item::get, item::delete))
        .routes(routes!(verify::send_code))
        .routes(routes!(verify::verify))
        .routes(routes!(verify::test))
        .routes(routes!(rotate::rotate_secret))
        .routes(routes!(recover::recover))
        .routes(routes!(deliveries::deliveries))
        .route("/openapi.json", get(openapi))
}

/// The text of the whole API, as it was generated and committed.
async fn openapi() -> ([(axum::http::HeaderName, &'static str); 1], &'static str) {
    ([(CONTENT_TYPE, "application/json")], include_str!("../../../infra/openapi.json"))
}
