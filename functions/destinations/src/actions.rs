//! What is done with a destination: verify, test, rotate its secret, and recover what it missed.

use api::{
    Body, ErrorBody, Id, OptionalBody, Rotation, Writer, actions,
    error::Result,
    input::{CodeGiven, Since},
    responses::stack::ErrorsOfOne,
    views::{CodeSent, DestinationView, Recovered, TestResult, Verified},
};
use axum::{Json, http::StatusCode};
use domain::{DestinationId, time::rfc3339};

use crate::{State, views::Rotated};

/// Sends a verification code to an email or SMS destination.
///
/// A code has six digits, and is valid for 10 minutes and five guesses. A new code can be requested after a minute, and
/// five times per hour. The deployment also limits the number of codes per account and per country.
#[utoipa::path(
    post, path = "/v1/notifications/destinations/{id}/send-code", tag = "Destinations", operation_id = "sendCode",
    params(("id" = String, Path)),
    responses(
        (status = 200, body = CodeSent), ErrorsOfOne,
        (status = 400, body = ErrorBody, description = "A webhook, verified already, or an address that cannot be reached"),
        (status = 429, body = ErrorBody, description = "Too soon, or too many: see the header Retry-After"),
        (status = 503, body = ErrorBody),
    )
)]
pub(crate) async fn send_code(app: State, Writer(caller): Writer, Id(id): Id<DestinationId>) -> Result<Json<CodeSent>> {
    actions::send_code(&**app, &caller, id).await
}

/// Verifies a destination, which also makes an unhealthy one healthy and resumes its rules.
///
/// An email or SMS destination is verified by the code that was sent to it. A webhook gets a signed request and must
/// answer with a 2xx.
#[utoipa::path(
    post, path = "/v1/notifications/destinations/{id}/verify", tag = "Destinations", operation_id = "verifyDestination",
    params(("id" = String, Path)), request_body = Option<CodeGiven>,
    responses(
        (status = 200, body = Verified), ErrorsOfOne,
        (status = 400, body = ErrorBody, description = "`code_wrong`, `code_spent`, `code_expired` or `code_missing`; or the endpoint did not answer with a 2xx"),
    )
)]
pub(crate) async fn verify(
    app: State,
    Writer(caller): Writer,
    Id(id): Id<DestinationId>,
    OptionalBody(code): OptionalBody<CodeGiven>,
) -> Result<Json<Verified>> {
    actions::verify(&**app, &caller, id, code).await
}

/// Sends a test notification to a verified destination.
#[utoipa::path(
    post, path = "/v1/notifications/destinations/{id}/test", tag = "Destinations", operation_id = "testDestination",
    params(("id" = String, Path)),
    responses(
        (status = 200, body = TestResult), ErrorsOfOne,
        (status = 400, body = ErrorBody, description = "Not verified"),
        (status = 502, body = TestResult, description = "The destination did not accept it"),
    )
)]
pub(crate) async fn test(
    app: State,
    Writer(caller): Writer,
    Id(id): Id<DestinationId>,
) -> Result<(StatusCode, Json<TestResult>)> {
    actions::test(&**app, &caller, id).await
}

/// Rotates the secret of a webhook.
///
/// The new secret is only shown in this response. The previous secret also signs for 24 h, unless the request ends it
/// at once. `webhook-signature` contains the signatures of all current secrets, `X-STACK-Signature-256` the signature
/// of the new one, and `X-STACK-Signature-256-Previous` the signature of the previous one. Up to five earlier secrets
/// can sign at a time: `X-STACK-Signature-256-Previous` then contains their signatures, separated by commas.
#[utoipa::path(
    post, path = "/v1/notifications/destinations/{id}/rotate-secret", tag = "Destinations", operation_id = "rotateSecret",
    params(("id" = String, Path)), request_body = Option<Rotation>,
    responses(
        (status = 200, body = Rotated), ErrorsOfOne,
        (status = 400, body = ErrorBody, description = "Not a webhook"),
        (status = 409, body = ErrorBody, description = "Five earlier secrets still sign, or another request rotates it"),
    )
)]
pub(crate) async fn rotate_secret(
    app: State,
    Writer(caller): Writer,
    Id(id): Id<DestinationId>,
    OptionalBody(how): OptionalBody<Rotation>,
) -> Result<Json<Rotated>> {
    let destination = app.find(&caller, id).await?;
    let (secret, until) = app.service.rotate_secret(&destination, how.expire_now).await?;
    let mut view = DestinationView::of(&destination, true);
    view.webhook_secret = Some(secret.reveal().to_owned());
    // `Rotated` has it.
    view.previous_secret_expires_at = None;
    Ok(Json(Rotated { destination: view, previous_secret_expires_at: rfc3339(until) }))
}

/// Recovers the deliveries that a destination missed, oldest event first.
///
/// This sends the held, failed, abandoned and overdue deliveries of events since the given time. The destination must
/// be healthy: verify it first.
#[utoipa::path(
    post, path = "/v1/notifications/destinations/{id}/recover", tag = "Destinations", operation_id = "recoverDestination",
    params(("id" = String, Path)), request_body = Since,
    responses(
        (status = 202, body = Recovered), ErrorsOfOne,
        (status = 409, body = ErrorBody, description = "Not verified or not healthy"),
        (status = 503, body = ErrorBody),
    )
)]
pub(crate) async fn recover(
    app: State,
    Writer(caller): Writer,
    Id(id): Id<DestinationId>,
    Body(since): Body<Since>,
) -> Result<(StatusCode, Json<Recovered>)> {
    actions::recover(&**app, &caller, id, since).await
}
