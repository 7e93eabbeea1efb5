//! Errors: a status, a sentence that says what to do, a word for programs. What the caller cannot mend is logged and
//! becomes an opaque 500. How an error is written is each API's own: module [`crate::envelope`].

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
    /// A sentence for people: what is wrong and what to do.
    #[schema(example = "A webhook destination with this address already exists; use it, or delete it first.")]
    pub error: String,
    /// A word for programs.
    #[schema(example = "destination_exists")]
    pub code: String,
}

/// An error on its way to the caller.
#[derive(Debug, Clone)]
pub struct ApiError {
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    pub(crate) sentence: String,
    /// What is wrong with each field.
    pub(crate) fields: Vec<Problem>,
    retry_after: Option<Duration>,
}

/// The result of a handler.
pub type Result<T> = std::result::Result<T, ApiError>;

impl ApiError {
    /// An error of any status.
    pub fn new(status: StatusCode, code: &'static str, sentence: impl Into<String>) -> Self {
        Self { status, code, sentence: sentence.into(), fields: vec![], retry_after: None }
    }

    /// 400: the request cannot be understood or carried out as it is.
    pub fn bad_request(code: &'static str, sentence: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, sentence)
    }

    /// 400 for one field: what is wrong with it and what to send.
    pub fn field(field: &str, problem: impl std::fmt::Display) -> Self {
        Self::bad_request("invalid_field", format!("`{field}`: {problem}."))
    }

    /// Several fields at once, each with what is wrong with it.
    pub fn fields(status: StatusCode, fields: Vec<Problem>) -> Self {
        let sentence = |Problem { field, message }: &Problem| match &**field {
            // The body as a whole.
            "" => message.clone(),
            field => format!("`{field}`: {message}"),
        };
        let each: Vec<_> = fields.iter().map(sentence).collect();
        Self { fields, ..Self::new(status, "invalid_field", format!("{}.", each.join("; "))) }
    }

    /// 401: no key, or none that is known.
    pub fn unauthorized() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "unauthorized",
            "Missing or invalid Authorization header; send `Authorization: Bearer sk_live_…` with a key that is not revoked.",
        )
    }

    /// 403: the key is known and may not do this.
    pub fn forbidden(sentence: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", sentence)
    }

    /// 404: the operator has no `what` of that id; another operator's is as if it did not exist.
    pub fn not_found(what: &str) -> Self {
        let sentence = format!("There is no {what} with this id in your account; check the id.");
        Self::new(StatusCode::NOT_FOUND, "not_found", sentence)
    }

    /// 409: the request is right, the state of things is not.
    pub fn conflict(code: &'static str, sentence: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, sentence)
    }

    /// 429: the same is allowed again after `wait`, which `Retry-After` says in whole seconds.
    pub fn too_many(code: &'static str, sentence: impl Into<String>, wait: Duration) -> Self {
        Self { retry_after: Some(wait), ..Self::new(StatusCode::TOO_MANY_REQUESTS, code, sentence) }
    }

    /// 503: try the same again.
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
        // Whoever serves another API than STACK's writes the body anew from this.
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

/// Reads an id from a path. Text that cannot be an id is the id of nothing: 404.
///
/// # Errors
/// [`ApiError::not_found`].
pub fn path_id<T: std::str::FromStr>(text: &str, what: &str) -> Result<T> {
    text.parse().map_err(|_| ApiError::not_found(what))
}
