//! Rotates the secret of a webhook.

use api::{ErrorBody, OptionalBody, Rotation, Writer, error::Result, views::DestinationView};
use axum::{Json, extract::Path};
use domain::time::rfc3339;
use serde::Serialize;
use utoipa::ToSchema;

use crate::State;

/// A destination with its new secret.
#[derive(Serialize, ToSchema)]
pub(crate) struct Rotated {
    #[serde(flatten)]
    destination: DestinationView,
    /// When the previous secret stops signing.
    #[schema(example = "2026-04-16T10:00:00.000Z")]
    previous_secret_expires_at: String,
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
        (status = 200, body = Rotated), (status = 400, body = ErrorBody, description = "Not a webhook"),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 409, body = ErrorBody, description = "Five earlier secrets still sign, or another request rotates it"),
    )
)]
pub(crate) async fn rotate_secret(
    app: State,
    Writer(caller): Writer,
    Path(id): Path<String>,
    OptionalBody(how): OptionalBody<Rotation>,
) -> Result<Json<Rotated>> {
    let destination = app.find(&caller, &id).await?;
    let (secret, until) = app.service.rotate_secret(&destination, how.expire_now).await?;
    let mut view = DestinationView::of(&destination, true);
    view.webhook_secret = Some(secret.reveal().to_owned());
    Ok(Json(Rotated { destination: view, previous_secret_expires_at: rfc3339(until) }))
}
