//! What is done with the address of a legacy channel: verify, test, rotate its secret, and recover what it missed.

use std::collections::HashMap;

use api::{
    Body, ErrorBody, Id, OptionalBody, Rotation, Writer, actions,
    error::Result,
    input::{CodeGiven, Since},
    responses::stack::ErrorsOfOne,
    views::{CodeSent, Recovered, TestResult, Verified},
};
use axum::{Json, http::StatusCode};
use domain::{RuleId, time::rfc3339};

use crate::{
    State,
    views::{RotatedChannel, RuleView},
};

/// Sends a verification code to the address of a legacy channel.
#[utoipa::path(
    post, path = "/v1/notifications/channels/{id}/send-code", tag = "Legacy channels", operation_id = "sendChannelCode",
    params(("id" = String, Path)),
    responses(
        (status = 200, body = CodeSent), ErrorsOfOne,
        (status = 400, body = ErrorBody, description = "No address of its own, a webhook, or verified already"),
        (status = 429, body = ErrorBody, description = "Too soon, or too many: see the header Retry-After"),
        (status = 503, body = ErrorBody),
    )
)]
pub(crate) async fn send_code(app: State, Writer(caller): Writer, Id(id): Id<RuleId>) -> Result<Json<CodeSent>> {
    actions::send_code(&**app, &caller, id).await
}

/// Verifies the address of a legacy channel by the code that was sent to it, or a webhook by a signed request.
#[utoipa::path(
    post, path = "/v1/notifications/channels/{id}/verify", tag = "Legacy channels", operation_id = "verifyChannel",
    params(("id" = String, Path)), request_body = Option<CodeGiven>,
    responses(
        (status = 200, body = Verified), ErrorsOfOne,
        (status = 400, body = ErrorBody, description = "`code_wrong`, `code_spent`, `code_expired` or `code_missing`; or the endpoint did not answer with a 2xx"),
    )
)]
pub(crate) async fn verify(
    app: State,
    Writer(caller): Writer,
    Id(id): Id<RuleId>,
    OptionalBody(code): OptionalBody<CodeGiven>,
) -> Result<Json<Verified>> {
    actions::verify(&**app, &caller, id, code).await
}

/// Rotates the webhook secret of a legacy channel.
///
/// The new secret is only shown in this response. This works like `POST
/// /v1/notifications/destinations/{id}/rotate-secret` for a destination.
#[utoipa::path(
    post, path = "/v1/notifications/channels/{id}/rotate-secret", tag = "Legacy channels",
    operation_id = "rotateChannelSecret", params(("id" = String, Path)), request_body = Option<Rotation>,
    responses(
        (status = 200, body = RotatedChannel), ErrorsOfOne,
        (status = 400, body = ErrorBody, description = "No address of its own, or not a webhook"),
        (status = 409, body = ErrorBody, description = "Five earlier secrets still sign, or another request rotates it"),
    )
)]
pub(crate) async fn rotate_secret(
    app: State,
    Writer(caller): Writer,
    Id(id): Id<RuleId>,
    OptionalBody(how): OptionalBody<Rotation>,
) -> Result<Json<RotatedChannel>> {
    let inline_destination = app.inline_destination(&caller, id).await?;
    let rule = app.find(&caller, id).await?;
    let (secret, until) = app.service.rotate_secret(&inline_destination, how.expire_now).await?;
    let destinations = HashMap::from([(inline_destination.id, inline_destination)]);
    let channel = RuleView::of(&rule, &destinations, true).with_secret(Some(&secret));
    Ok(Json(RotatedChannel { channel, previous_secret_expires_at: rfc3339(until) }))
}

/// Sends a test notification to the verified address of a legacy channel.
#[utoipa::path(
    post, path = "/v1/notifications/channels/{id}/test", tag = "Legacy channels", operation_id = "testChannel",
    params(("id" = String, Path)),
    responses(
        (status = 200, body = TestResult), ErrorsOfOne,
        (status = 400, body = ErrorBody, description = "No address of its own, or not verified"),
        (status = 502, body = TestResult, description = "The address did not accept it"),
    )
)]
pub(crate) async fn test(
    app: State,
    Writer(caller): Writer,
    Id(id): Id<RuleId>,
) -> Result<(StatusCode, Json<TestResult>)> {
    actions::test(&**app, &caller, id).await
}

/// Recovers the deliveries that a legacy channel missed, oldest event first.
///
/// This sends the held, failed, abandoned and overdue deliveries of events since the given time.
#[utoipa::path(
    post, path = "/v1/notifications/channels/{id}/recover", tag = "Legacy channels", operation_id = "recoverChannel",
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
    Id(id): Id<RuleId>,
    Body(since): Body<Since>,
) -> Result<(StatusCode, Json<Recovered>)> {
    actions::recover(&**app, &caller, id, since).await
}
