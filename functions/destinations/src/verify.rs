//! Verifying destinations and testing them.

use api::{ApiError, ErrorBody, OptionalBody, Writer, error::Result};
use axum::{Json, extract::Path, http::StatusCode};
use domain::{ChannelType, time::now};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{State, probe::Purpose};

/// That a destination is verified.
#[derive(Serialize, ToSchema)]
pub(crate) struct Verified {
    /// Always true.
    verified: bool,
}

/// The code that was sent to an email or SMS destination.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Code {
    /// Six digits; a webhook needs none.
    #[serde(default, rename = "code")]
    #[schema(example = "123456")]
    _code: Option<String>,
}

/// What became of a test notification.
#[derive(Serialize, ToSchema)]
pub(crate) struct TestResult {
    /// Whether the destination took it.
    success: bool,
    /// How it answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// Why it did not take it.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// Codes come with email and SMS delivery.
fn not_yet(kind: ChannelType) -> ApiError {
    ApiError::new(
        StatusCode::NOT_IMPLEMENTED,
        "not_implemented",
        format!("Verification and delivery by {kind} are not part of this version; register a webhook."),
    )
}

/// Sends a verification code to an email or SMS destination.
#[utoipa::path(
    post, path = "/v1/notifications/destinations/{id}/send-code", tag = "Destinations", operation_id = "sendCode",
    params(("id" = String, Path)),
    responses(
        (status = 400, body = ErrorBody, description = "A webhook, or verified already"), (status = 401, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 501, body = ErrorBody, description = "Not part of this version"),
    )
)]
pub(crate) async fn send_code(app: State, Writer(caller): Writer, Path(id): Path<String>) -> Result<Json<Verified>> {
    let destination = app.find(&caller, &id).await?;
    if destination.channel_type == ChannelType::Webhook {
        let sentence = "A webhook needs no code; verify it with POST …/verify, which sends it a signed request.";
        return Err(ApiError::bad_request("no_code_needed", sentence));
    }
    if destination.receives() {
        let sentence = "This destination is verified and healthy already; there is nothing to verify.";
        return Err(ApiError::bad_request("already_verified", sentence));
    }
    Err(not_yet(destination.channel_type))
}

/// Verifies a destination, which also makes an unhealthy one healthy and resumes its rules.
///
/// A webhook gets a signed request and must answer with a 2xx.
#[utoipa::path(
    post, path = "/v1/notifications/destinations/{id}/verify", tag = "Destinations", operation_id = "verifyDestination",
    params(("id" = String, Path)), request_body = Option<Code>,
    responses(
        (status = 200, body = Verified),
        (status = 400, body = ErrorBody, description = "The endpoint did not answer with a 2xx, or the code is wrong"),
        (status = 401, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 501, body = ErrorBody, description = "Not part of this version"),
    )
)]
pub(crate) async fn verify(
    app: State,
    Writer(caller): Writer,
    Path(id): Path<String>,
    OptionalBody(_code): OptionalBody<Code>,
) -> Result<Json<Verified>> {
    let destination = app.find(&caller, &id).await?;
    if destination.channel_type != ChannelType::Webhook {
        return Err(not_yet(destination.channel_type));
    }
    let answer = app.probe(&destination, Purpose::Verify).await?;
    if let Some(error) = answer.attempt.error {
        let sentence = format!("The endpoint must answer our signed request with a 2xx; it {}.", predicate(&error));
        return Err(ApiError::bad_request("verification_failed", sentence));
    }
    if !app.destinations.set_verified(caller.operator_id(), destination.id, now()).await? {
        return Err(ApiError::not_found("destination"));
    }
    Ok(Json(Verified { verified: true }))
}

/// An attempt's error as the end of a sentence about the endpoint.
fn predicate(error: &str) -> String {
    if error.starts_with("answered ") { error.to_owned() } else { format!("gave no answer ({error})") }
}

/// Sends a test notification to a verified destination.
#[utoipa::path(
    post, path = "/v1/notifications/destinations/{id}/test", tag = "Destinations", operation_id = "testDestination",
    params(("id" = String, Path)),
    responses(
        (status = 200, body = TestResult), (status = 400, body = ErrorBody, description = "Not verified"),
        (status = 401, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 501, body = ErrorBody, description = "Not part of this version"),
        (status = 502, body = TestResult, description = "The destination did not take it"),
    )
)]
pub(crate) async fn test(
    app: State,
    Writer(caller): Writer,
    Path(id): Path<String>,
) -> Result<(StatusCode, Json<TestResult>)> {
    let destination = app.find(&caller, &id).await?;
    if !destination.verified() {
        let sentence = "This destination is not verified; verify it before you test it.";
        return Err(ApiError::bad_request("destination_unverified", sentence));
    }
    if destination.channel_type != ChannelType::Webhook {
        return Err(not_yet(destination.channel_type));
    }
    let attempt = app.probe(&destination, Purpose::Test).await?.attempt;
    Ok(match (attempt.error, attempt.status) {
        (None, status) => {
            let detail = format!("The endpoint answered {}.", status.unwrap_or_default());
            (StatusCode::OK, Json(TestResult { success: true, detail: Some(detail), error: None }))
        }
        (Some(error), _) => {
            let error = format!("The endpoint {}.", predicate(&error));
            (StatusCode::BAD_GATEWAY, Json(TestResult { success: false, detail: None, error: Some(error) }))
        }
    })
}
