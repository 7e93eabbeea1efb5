//! The secret of an endpoint: shown to those who may change the endpoint, and rotated.

use api::{ErrorBody, error::Result};
use axum::extract::Path;
use domain::time::rfc3339;

use crate::{
    State,
    access::{Owner, Uncached, uncached},
    views::{Endpoint, EndpointSecret, EndpointWithSecret},
};

/// Shows the secret of an endpoint, and the one before it while it signs too. Takes an editor's key.
#[utoipa::path(
    get, path = "/v1/webhooks/endpoints/{id}/secret", tag = "Webhook endpoints", operation_id = "getEndpointSecret",
    params(("id" = String, Path)),
    responses(
        (status = 200, body = EndpointSecret, headers(("Cache-Control" = String, description = "`no-store`"))),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
    )
)]
pub(crate) async fn show(app: State, Owner(caller): Owner, Path(id): Path<String>) -> Result<Uncached<EndpointSecret>> {
    let (secret, previous) = app.upkeep.secrets(&app.find(&caller, &id).await?.endpoint).await?;
    let (previous, until) = previous.unzip();
    let view = EndpointSecret {
        secret: secret.reveal().to_owned(),
        previous_secret: previous.map(|secret| secret.reveal().to_owned()),
        previous_secret_expires_at: until.map(rfc3339),
    };
    Ok(uncached(view))
}

/// Gives an endpoint a new secret. For 24 h the old one signs too: `svix-signature` has both signatures.
#[utoipa::path(
    post, path = "/v1/webhooks/endpoints/{id}/rotate-secret", tag = "Webhook endpoints",
    operation_id = "rotateEndpointSecret", params(("id" = String, Path)),
    responses(
        (status = 200, body = EndpointWithSecret), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 409, body = ErrorBody),
    )
)]
pub(crate) async fn rotate(
    app: State,
    Owner(caller): Owner,
    Path(id): Path<String>,
) -> Result<Uncached<EndpointWithSecret>> {
    let found = app.find(&caller, &id).await?;
    let (secret, until) = app.upkeep.rotate_secret(&found.endpoint).await?;
    Ok(uncached(EndpointWithSecret {
        endpoint: Endpoint::from(&found),
        secret: secret.reveal().to_owned(),
        previous_secret_expires_at: Some(rfc3339(until)),
    }))
}
