//! Verifies and tests destinations.

use api::{ErrorBody, OptionalBody, Writer, error::Result};
use axum::{Json, extract::Path, http::StatusCode};
use service::{
    testing::TestResult,
    verification::{CodeGiven, CodeSent, Verified},
};

use crate::State;

/// Sends a verification code to an email or SMS destination.
///
/// A code has six digits, and is valid for 10 minutes and five guesses. A new code can be requested after a minute, and
/// five times per hour. The deployment also limits the number of codes per account and per country.
#[utoipa::path(
    post, path = "/v1/notifications/destinations/{id}/send-code", tag = "Destinations", operation_id = "sendCode",
    params(("id" = String, Path)),
    responses(
        (status = 200, body = CodeSent),
        (status = 400, body = ErrorBody, description = "A webhook, verified already, or an address that cannot be reached"),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 429, body = ErrorBody, description = "Too soon, or too many: see the header Retry-After"),
        (status = 503, body = ErrorBody),
    )
)]
pub(crate) async fn send_code(app: State, Writer(caller): Writer, Path(id): Path<String>) -> Result<Json<CodeSent>> {
    let destination = app.find(&caller, &id).await?;
    Ok(Json(app.service.send_code(&destination).await?))
}

/// Verifies a destination, which also makes an unhealthy one healthy and resumes its rules.
///
/// An email or SMS destination is verified by the code that was sent to it. A webhook gets a signed request and must
/// answer with a 2xx.
#[utoipa::path(
    post, path = "/v1/notifications/destinations/{id}/verify", tag = "Destinations", operation_id = "verifyDestination",
    params(("id" = String, Path)), request_body = Option<CodeGiven>,
    responses(
        (status = 200, body = Verified),
        (status = 400, body = ErrorBody,
            description = "`code_wrong`, `code_spent`, `code_expired` or `code_missing`; or the endpoint did not answer with a 2xx"),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
    )
)]
pub(crate) async fn verify(
    app: State,
    Writer(caller): Writer,
    Path(id): Path<String>,
    OptionalBody(code): OptionalBody<CodeGiven>,
) -> Result<Json<Verified>> {
    let destination = app.find(&caller, &id).await?;
    Ok(Json(app.service.verify(&destination, code).await?))
}

/// Sends a test notification to a verified destination.
#[utoipa::path(
    post, path = "/v1/notifications/destinations/{id}/test", tag = "Destinations", operation_id = "testDestination",
    params(("id" = String, Path)),
    responses(
        (status = 200, body = TestResult), (status = 400, body = ErrorBody, description = "Not verified"),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 502, body = TestResult, description = "The destination did not take it"),
    )
)]
pub(crate) async fn test(
    app: State,
    Writer(caller): Writer,
    Path(id): Path<String>,
) -> Result<(StatusCode, Json<TestResult>)> {
    let destination = app.find(&caller, &id).await?;
    app.service.test(&destination).await
}
