//! Who may change endpoints, and how their secrets are answered with.

use api::{ApiError, Caller, Writer, auth::HasKeys, error::Result};
use axum::{
    Json,
    extract::FromRequestParts,
    http::{HeaderName, header::CACHE_CONTROL, request::Parts},
};

/// A caller who may write, by a key that is bound to no project: an endpoint is sent the events of all.
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

/// An answer that no cache on its way may keep.
pub(crate) type Uncached<T> = ([(HeaderName, &'static str); 1], Json<T>);

/// Answers with a secret.
pub(crate) fn uncached<T>(view: T) -> Uncached<T> {
    ([(CACHE_CONTROL, "no-store")], Json(view))
}
