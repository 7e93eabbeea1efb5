//! The id of a resource in a path.

use axum::{
    extract::{FromRequestParts, Path},
    http::request::Parts,
};
use domain::{DeliveryId, DestinationId, EndpointId, EventId, KeyId, RuleId, WebhookId};

use crate::error::{ApiError, Result};

/// An id that can be the last variable of a path.
pub trait PathId: Sized {
    /// What the id names, in error messages.
    const NOUN: &'static str;

    /// Parses the id. `None` if the text is not an id.
    fn parse(text: &str) -> Option<Self>;
}

/// The id in the path of a request. Text that is not an id is a 404, like an id that does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Id<T>(pub T);

impl<S: Send + Sync, T: PathId> FromRequestParts<S> for Id<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let Path(text) = Path::<String>::from_request_parts(parts, state).await.map_err(ApiError::internal)?;
        T::parse(&text).map(Self).ok_or_else(|| ApiError::not_found(T::NOUN))
    }
}

/// Ids whose text is their own, each with its noun.
macro_rules! path_ids {
    ($($id:ty: $noun:literal;)+) => {$(
        impl PathId for $id {
            const NOUN: &'static str = $noun;

            fn parse(text: &str) -> Option<Self> {
                text.parse().ok()
            }
        }
    )+};
}

path_ids! {
    DeliveryId: "delivery";
    DestinationId: "destination";
    EndpointId: "endpoint";
    EventId: "event";
    KeyId: "key";
    RuleId: "channel";
    WebhookId: "webhook";
}
