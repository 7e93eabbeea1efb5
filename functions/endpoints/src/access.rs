//! Access control for endpoints, and responses that contain secrets.

use api::{ApiError, Caller, Writer, auth::HasKeys, error::Result};
use axum::{
    Json,
    extract::FromRequestParts,
    http::{HeaderName, header::CACHE_CONTROL, request::Parts},
};

/// A caller who may write, with a key that is not bound to a project, because an endpoint gets the events of all
/// projects.
pub(crate) struct Owner(pub(crate) Caller);

impl<S: HasKeys + Send + Sync> FromRequestParts<S> for Owner {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let Writer(caller) = Writer::from_request_parts(parts, state).await?;
        match caller.project_id() {
            None => Ok(Self(caller)),
            Some(project) => Err(ApiError::forbidden(format!(
                "This key is bound to the project {project}, and endpoints are sent the events of all; use another key."
            ))),
        }
    }
}

/// A response that must not be cached.
pub(crate) type Uncached<T> = ([(HeaderName, &'static str); 1], Json<T>);

/// Marks a response with a secret as not to be cached.
pub(crate) fn uncached<T>(view: T) -> Uncached<T> {
    ([(CACHE_CONTROL, "no-store")], Json(view))
}
