//! The secret of an endpoint: shown to those who may change the endpoint, and rotated.

use api::{ErrorBody, Writer, error::Result};
use axum::{
    Json,
    extract::Path,
    http::{HeaderName, header::CACHE_CONTROL},
};
use domain::time::rfc3339;

use crate::{
    State,
    views::{Endpoint, EndpointSecret, EndpointWithSecret},
};

/// Keeps a secret out of every cache on its way.
const UNCACHED: [(HeaderName, &str); 1] = [(CACHE_CONTROL, "no-store")];

/// Shows the secret of an endpoint, and the one before it while it signs too. Takes an editor's key.
#[utoipa::path(
    get, path = "/v1/webhooks/endpoints/{id}/secret", tag = "Webhook endpoints", operation_id = "getEndpointSecret",
    params(("id" = String, Path)),
    responses(
        (status = 200, body = EndpointSecret, headers(("Cache-Control" = String, description = "`no-store`"))),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
    )
)]
pub(crate) async fn show(
    app: State,
    Writer(caller): Writer,
    Path(id): Path<String>,
) -> Result<([(HeaderName, &'static str); 1], Json<EndpointSecret>)> {
    let (secret, previous) = app.upkeep.secrets(&app.find(&caller, &id).await?.endpoint).await?;
    let (previous, until) = previous.unzip();
    let view = EndpointSecret {
        secret: secret.reveal().to_owned(),
        previous_secret: previous.map(|secret| secret.reveal().to_owned()),
        previous_secret_expires_at: until.map(rfc3339),
    };
    Ok((UNCACHED, Json(view)))
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
    Writer(caller): Writer,
    Path(id): Path<String>,
) -> Result<Json<EndpointWithSecret>> {
    let found = app.find(&caller, &id).await?;
    let (secret, until) = app.upkeep.rotate_secret(&found.endpoint).await?;
    Ok(Json(EndpointWithSecret {
        endpoint: Endpoint::from(&found),
        secret: secret.reveal().to_owned(),
        previous_secret_expires_at: Some(rfc3339(until)),
    }))
}
