//! Returns the secret of an endpoint to callers who may change the endpoint, and rotates it.

use api::{ErrorBody, OptionalBody, Rotation, error::Result};
use axum::extract::Path;
use domain::{WebhookSecret, time::rfc3339};

use crate::{
    State,
    access::{Owner, Uncached, uncached},
    views::{EarlierSecret, Endpoint, EndpointSecret, EndpointWithSecret},
};

/// Returns the secret of an endpoint, and earlier secrets that still sign.
///
/// Requires an editor's key.
#[utoipa::path(
    get, path = "/v1/webhooks/endpoints/{id}/secret", tag = "Webhook endpoints", operation_id = "getEndpointSecret",
    params(("id" = String, Path)),
    responses(
        (status = 200, body = EndpointSecret, headers(("Cache-Control" = String, description = "`no-store`"))),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
    )
)]
pub(crate) async fn show(app: State, Owner(caller): Owner, Path(id): Path<String>) -> Result<Uncached<EndpointSecret>> {
    let (secret, previous) = app.service.secrets(&app.find(&caller, &id).await?.endpoint).await?;
    let mut previous = previous.into_iter();
    let (newest, until) = previous.next().unzip();
    let older = |(secret, until): (WebhookSecret, _)| EarlierSecret {
        secret: secret.reveal().to_owned(),
        expires_at: rfc3339(until),
    };
    let view = EndpointSecret {
        secret: secret.reveal().to_owned(),
        previous_secret: newest.map(|secret| secret.reveal().to_owned()),
        previous_secret_expires_at: until.map(rfc3339),
        older_secrets: previous.map(older).collect(),
    };
    Ok(uncached(view))
}

/// Rotates the secret of an endpoint.
///
/// The previous secret also signs for 24 h, unless the request ends it at once. `svix-signature` contains the
/// signatures of all current secrets. Up to five earlier secrets can sign at a time.
#[utoipa::path(
    post, path = "/v1/webhooks/endpoints/{id}/rotate-secret", tag = "Webhook endpoints",
    operation_id = "rotateEndpointSecret", params(("id" = String, Path)), request_body = Option<Rotation>,
    responses(
        (status = 200, body = EndpointWithSecret), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 409, body = ErrorBody, description = "Five earlier secrets still sign, or another request rotates it"),
    )
)]
pub(crate) async fn rotate(
    app: State,
    Owner(caller): Owner,
    Path(id): Path<String>,
    OptionalBody(how): OptionalBody<Rotation>,
) -> Result<Uncached<EndpointWithSecret>> {
    let found = app.find(&caller, &id).await?;
    let (secret, until) = app.service.rotate_secret(&found.endpoint, how.expire_now).await?;
    Ok(uncached(EndpointWithSecret {
        endpoint: Endpoint::of(&found, true),
        secret: secret.reveal().to_owned(),
        previous_secret_expires_at: Some(rfc3339(until)),
    }))
}
