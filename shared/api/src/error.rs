//! Errors: a status, a sentence that says what to do, and a code for programs. Errors that the caller cannot fix are
//! logged and become an opaque 500. Each API has its own error format: module [`crate::envelope`].

use std::time::Duration;

use axum::{
    Json,
    http::{
        StatusCode,
        header::{RETRY_AFTER, WWW_AUTHENTICATE},
    },
    response::{IntoResponse, Response},
};
use domain::fields::Problem;
use serde::Serialize;
use store::StoreError;
use utoipa::ToSchema;

/// The body of every error.
#[derive(Debug, Serialize, ToSchema)]
pub struct ErrorBody {
    /// The problem and the fix, as a sentence.
    #[schema(example = "A webhook destination with this address already exists; use it, or delete it first.")]
    pub error: String,
    /// A word for programs.
    #[schema(example = "destination_exists")]
    pub code: String,
}

/// An error to return to the caller.
#[derive(Debug, Clone)]
pub struct ApiError {
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    pub(crate) sentence: String,
    /// The problem of each field.
    pub(crate) fields: Vec<Problem>,
    retry_after: Option<Duration>,
}

/// The result of a handler.
pub type Result<T> = std::result::Result<T, ApiError>;

impl ApiError {
    /// An error with any status.
    pub fn new(status: StatusCode, code: &'static str, sentence: impl Into<String>) -> Self {
        Self { status, code, sentence: sentence.into(), fields: vec![], retry_after: None }
    }

    /// 400: the request is invalid as it is.
    pub fn bad_request(code: &'static str, sentence: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, sentence)
    }

    /// 400 for one field: what is wrong with it and what to send.
    pub fn field(field: &str, problem: impl std::fmt::Display) -> Self {
        Self::bad_request("invalid_field", format!("`{field}`: {problem}."))
    }

    /// An error for several fields, each with its problem.
    pub fn fields(status: StatusCode, fields: Vec<Problem>) -> Self {
        let sentence = |Problem { field, message }: &Problem| match &**field {
            // The body as a whole.
            "" => message.clone(),
            field => format!("`{field}`: {message}"),
        };
        let each: Vec<_> = fields.iter().map(sentence).collect();
        Self { fields, ..Self::new(status, "invalid_field", format!("{}.", each.join("; "))) }
    }

    /// 401: the key is missing or unknown.
    pub fn unauthorized() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "unauthorized",
            "Missing or invalid Authorization header; send `Authorization: Bearer sk_live_…` with a key that is not revoked.",
        )
    }

    /// 401: the key has expired.
    pub fn expired() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", "This key has expired; use another one.")
    }

    /// 403: the key does not have the permission.
    pub fn forbidden(sentence: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", sentence)
    }

    /// 404: the operator has no `what` with that ID. Another operator's resource is treated as if it did not exist.
    pub fn not_found(what: &str) -> Self {
        let sentence = format!("There is no {what} with this id in your account; check the id.");
        Self::new(StatusCode::NOT_FOUND, "not_found", sentence)
    }

    /// Whether it is a 404.
    pub fn is_not_found(&self) -> bool {
        self.status == StatusCode::NOT_FOUND
    }

    /// 409: the request is valid but conflicts with the current state.
    pub fn conflict(code: &'static str, sentence: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, sentence)
    }

    /// 429: the same request is allowed again after `wait`, which is sent as `Retry-After` in whole seconds.
    pub fn too_many(code: &'static str, sentence: impl Into<String>, wait: Duration) -> Self {
        Self { retry_after: Some(wait), ..Self::new(StatusCode::TOO_MANY_REQUESTS, code, sentence) }
    }

    /// 503: the same request may succeed later.
    pub fn unavailable(sentence: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", sentence)
    }

    /// 500: logged here, opaque to the caller.
    pub fn internal(error: impl std::fmt::Display) -> Self {
        tracing::error!(%error, "a request failed");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Something went wrong on our side; try again.")
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unprocessed(call) => {
                tracing::warn!(call, "a request has to be sent again");
                Self::unavailable("Too much is being changed at this moment; send the same request again.")
            }
            error => Self::internal(error),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = Json(ErrorBody { error: self.sentence.clone(), code: self.code.to_owned() });
        let mut response = (self.status, body).into_response();
        // APIs with another error format rewrite the body from this.
        response.extensions_mut().insert(self.clone());
        if self.status == StatusCode::UNAUTHORIZED {
            // RFC 9110, 11.6.1: a 401 names its scheme.
            response.headers_mut().insert(WWW_AUTHENTICATE, axum::http::HeaderValue::from_static("Bearer"));
        }
        if let Some(wait) = self.retry_after {
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            response.headers_mut().insert(RETRY_AFTER, axum::http::HeaderValue::from(seconds));
        }
        response
    }
}
