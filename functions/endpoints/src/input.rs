//! Reads and validates the requests that create and change endpoints.

use api::{
    ApiError, MaxPerSecond,
    error::Result,
    event_types,
    subscription::{self, SubscriptionStatus},
};
use domain::{EventType, catalogue::stack_auth, guard::TargetPolicy};
use serde::Deserialize;
use service::subscription::{Change, New};
use utoipa::ToSchema;

/// A webhook endpoint to create.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewEndpoint {
    /// The URL that receives the requests.
    #[schema(format = "uri", example = "https://example.com/api/webhooks/stack")]
    url: String,
    /// A description of up to 500 characters.
    #[schema(max_length = 500, format = "description")]
    description: Option<String>,
    /// The event types to send; default the ten event types of Stack Auth.
    #[schema(value_type = Option<Vec<EventType>>, min_items = 1, max_items = 100,
        example = json!(["user.created", "team.created"]))]
    event_types: Option<Vec<String>>,
    /// The maximum number of deliveries per second, 0.001 to 1000. Without it, there is no limit.
    #[schema(value_type = Option<f64>, minimum = 0.001, maximum = 1000, example = 10)]
    max_per_second: Option<MaxPerSecond>,
}

/// The changes of an endpoint; omitted fields stay unchanged.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EndpointChange {
    /// The URL that receives the requests.
    #[schema(format = "uri")]
    url: Option<String>,
    /// A description of up to 500 characters; null removes it.
    #[serde(default, deserialize_with = "subscription::given")]
    #[schema(value_type = Option<String>, max_length = 500, format = "description")]
    description: Option<Option<String>>,
    /// The event types to send; at least one.
    #[schema(value_type = Option<Vec<EventType>>, min_items = 1, max_items = 100)]
    event_types: Option<Vec<String>>,
    /// Whether the endpoint is enabled.
    status: Option<SubscriptionStatus>,
    /// The maximum number of deliveries per second, 0.001 to 1000; null removes the limit.
    #[serde(default, deserialize_with = "subscription::given")]
    #[schema(value_type = Option<f64>, minimum = 0.001, maximum = 1000, example = 10)]
    max_per_second: Option<Option<MaxPerSecond>>,
}

impl NewEndpoint {
    pub(crate) fn read(&self, policy: TargetPolicy) -> Result<New> {
        Ok(New {
            url: subscription::url(&self.url, policy)?,
            description: self.description.as_deref().map_or(Ok(None), subscription::description)?,
            events: self.event_types.as_deref().map_or_else(all_types, event_types)?,
            max_per_second: self.max_per_second.map(MaxPerSecond::rate),
        })
    }
}

impl EndpointChange {
    pub(crate) fn read(&self, policy: TargetPolicy) -> Result<Change> {
        Ok(Change {
            url: self.url.as_deref().map(|text| subscription::url(text, policy)).transpose()?,
            description: subscription::new_description(self.description.as_ref())?,
            events: self.event_types.as_deref().map(event_types).transpose()?,
            active: self.status.map(SubscriptionStatus::is_enabled),
            max_per_second: self.max_per_second.map(|new| new.map(MaxPerSecond::rate)),
        })
    }
}

fn event_types(names: &[String]) -> Result<Vec<EventType>> {
    event_types::read("event_types", names)
}

fn all_types() -> Result<Vec<EventType>> {
    stack_auth::names().map(|name| EventType::try_from(name).map_err(ApiError::internal)).collect()
}
