//! The JSON of endpoints.

use api::{subscription::SubscriptionStatus, views::HealthView};
use domain::{time::rfc3339, traffic::Rate};
use serde::Serialize;
use store::subscriptions::Subscription;
use utoipa::ToSchema;

/// A webhook endpoint.
#[derive(Serialize, ToSchema)]
pub(crate) struct Endpoint {
    /// The id.
    #[schema(example = "ep_01JRX2Q0Z8K5V3M7N9P4T6W8YB")]
    id: String,
    /// The URL that receives the requests.
    #[schema(example = "https://example.com/api/webhooks/stack")]
    url: String,
    /// A description.
    description: Option<String>,
    /// The event types that the endpoint receives.
    #[schema(example = json!(["user.created", "team.created"]))]
    event_types: Vec<String>,
    /// Whether the endpoint is enabled.
    status: SubscriptionStatus,
    /// The health of the endpoint. After failures, deliveries are held until a test or a verification succeeds.
    health: HealthView,
    /// When the endpoint was created.
    #[schema(example = "2026-04-15T10:05:00.000Z")]
    created_at: String,
    /// The maximum number of deliveries per second; null if there is no limit.
    #[schema(example = 10)]
    max_per_second: Option<f64>,
}

impl Endpoint {
    /// The view of an endpoint. Only a `writer` sees credentials in the URL.
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

/// An endpoint with its signing secret.
#[derive(Serialize, ToSchema)]
pub(crate) struct EndpointWithSecret {
    #[serde(flatten)]
    pub(crate) endpoint: Endpoint,
    /// The signing secret.
    #[schema(example = "whsec_…")]
    pub(crate) secret: String,
    /// After a rotation, when the previous secret stops signing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) previous_secret_expires_at: Option<String>,
}

/// A page of endpoints, newest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct EndpointPage {
    /// The endpoints.
    pub(crate) endpoints: Vec<Endpoint>,
    /// The `cursor` of the next page; null on the last page.
    pub(crate) next_cursor: Option<String>,
}

/// The signing secrets of an endpoint.
#[derive(Serialize, ToSchema)]
pub(crate) struct EndpointSecret {
    /// The current secret.
    #[schema(example = "whsec_…")]
    pub(crate) secret: String,
    /// The previous secret, while it still signs.
    pub(crate) previous_secret: Option<String>,
    /// When the previous secret stops signing.
    #[schema(example = "2026-04-16T10:05:00.000Z")]
    pub(crate) previous_secret_expires_at: Option<String>,
    /// Earlier secrets that still sign, newest first. Omitted if there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) older_secrets: Vec<EarlierSecret>,
}

/// An earlier secret that still signs.
#[derive(Serialize, ToSchema)]
pub(crate) struct EarlierSecret {
    /// The secret.
    #[schema(example = "whsec_…")]
    pub(crate) secret: String,
    /// When the secret stops signing.
    pub(crate) expires_at: String,
}
