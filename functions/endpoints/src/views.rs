//! JSON of endpoints.

use api::{subscription::SubscriptionStatus, views::HealthView};
use domain::{time::rfc3339, traffic::Rate};
use serde::Serialize;
use store::subscriptions::Subscription;
use utoipa::ToSchema;

/// A webhook endpoint.
#[derive(Serialize, ToSchema)]
pub(crate) struct Endpoint {
    /// Its id.
    #[schema(example = "ep_01JRX2Q0Z8K5V3M7N9P4T6W8YB")]
    id: String,
    /// The URL that receives the requests.
    #[schema(example = "https://example.com/api/webhooks/stack")]
    url: String,
    /// A description.
    description: Option<String>,
    /// The event types that it receives.
    #[schema(example = json!(["user.created", "team.created"]))]
    event_types: Vec<String>,
    /// Whether it receives events.
    status: SubscriptionStatus,
    /// Its health. After failures, deliveries are held until a test or a verification succeeds.
    health: HealthView,
    /// When it was made.
    #[schema(example = "2026-04-15T10:05:00.000Z")]
    created_at: String,
    /// The most deliveries per second; null without a limit.
    #[schema(example = 10)]
    max_per_second: Option<f64>,
}

impl Endpoint {
    /// A subscription as this reader may see it: only a `writer` sees the credentials in its address.
    pub(crate) fn of(Subscription { endpoint, rule }: &Subscription, writer: bool) -> Self {
        Self {
            id: endpoint.public_id(),
            url: endpoint.shown_to(writer).into_owned(),
            description: endpoint.description.clone(),
            event_types: rule.events.iter().map(ToString::to_string).collect(),
            status: SubscriptionStatus::of(rule.active),
            health: HealthView::of(endpoint),
            created_at: rfc3339(endpoint.created_at),
            max_per_second: endpoint.max_per_second.map(Rate::a_second),
        }
    }
}

/// An endpoint with a new secret.
#[derive(Serialize, ToSchema)]
pub(crate) struct EndpointWithSecret {
    #[serde(flatten)]
    pub(crate) endpoint: Endpoint,
    /// The signing secret.
    #[schema(example = "whsec_…")]
    pub(crate) secret: String,
    /// After a rotation, until when the old secret signs too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) previous_secret_expires_at: Option<String>,
}

/// A page of endpoints, newest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct EndpointPage {
    /// The endpoints.
    pub(crate) endpoints: Vec<Endpoint>,
    /// The `cursor` of the next page; null at the end.
    pub(crate) next_cursor: Option<String>,
}

/// The signing secret of an endpoint.
#[derive(Serialize, ToSchema)]
pub(crate) struct EndpointSecret {
    /// The secret.
    #[schema(example = "whsec_…")]
    pub(crate) secret: String,
    /// The one before it, while it signs too.
    pub(crate) previous_secret: Option<String>,
    /// Until when that is.
    #[schema(example = "2026-04-16T10:05:00.000Z")]
    pub(crate) previous_secret_expires_at: Option<String>,
    /// Earlier secrets that still sign, newest first. Omitted when there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) older_secrets: Vec<EarlierSecret>,
}

/// A secret that signs for a while yet.
#[derive(Serialize, ToSchema)]
pub(crate) struct EarlierSecret {
    /// The secret.
    #[schema(example = "whsec_…")]
    pub(crate) secret: String,
    /// Until when it signs.
    pub(crate) expires_at: String,
}
