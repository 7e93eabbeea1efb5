//! A new secret for a webhook.

use api::{ApiError, ErrorBody, Writer, error::Result, views::DestinationView};
use axum::{Json, extract::Path};
use domain::{
    WebhookSecret,
    destination::PreviousSecret,
    secret::ROTATION_HOURS,
    time::{now, rfc3339},
};
use jiff::ToSpan;
use serde::Serialize;
use store::Vault;
use utoipa::ToSchema;

use crate::State;

/// A destination with its new secret.
#[derive(Serialize, ToSchema)]
pub(crate) struct Rotated {
    #[serde(flatten)]
    destination: DestinationView,
    /// Until when the old secret signs too.
    #[schema(example = "2026-04-16T10:00:00.000Z")]
    previous_secret_expires_at: String,
}

/// Gives a webhook a new secret, shown this once.
///
/// For 24 h the old one signs too: `webhook-signature` carries both signatures, `X-STACK-Signature-256` the new
/// secret's and `X-STACK-Signature-256-Previous` the old one's.
#[utoipa::path(
    post, path = "/v1/notifications/destinations/{id}/rotate-secret", tag = "Destinations", operation_id = "rotateSecret",
    params(("id" = String, Path)),
    responses(
        (status = 200, body = Rotated), (status = 400, body = ErrorBody, description = "Not a webhook"),
        (status = 401, body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody),
    )
)]
pub(crate) async fn rotate_secret(app: State, Writer(caller): Writer, Path(id): Path<String>) -> Result<Json<Rotated>> {
    let destination = app.find(&caller, &id).await?;
    let Some(old) = destination.secret.clone() else {
        let sentence =
            format!("This destination is of the kind {}; only a webhook has a secret.", destination.channel_type);
        return Err(ApiError::bad_request("no_secret", sentence));
    };
    let data_key = Vault::data_key_of(&old).ok_or_else(|| ApiError::internal("a sealed secret has no data key"))?;
    let secret = WebhookSecret::generate();
    let new = app.upkeep.vault().seal(data_key, destination.operator_id, destination.id, secret.reveal()).await?;
    let until = now() + ROTATION_HOURS.hours();
    let previous = PreviousSecret { sealed: old.clone(), until };
    if !app.destinations.rotate_secret(destination.operator_id, destination.id, &new, &previous).await? {
        let sentence = "This destination was changed by another request at the same time; look at it and try again.";
        return Err(ApiError::conflict("changed_meanwhile", sentence));
    }
    let mut view = DestinationView::of(&destination);
    view.webhook_secret = Some(secret.reveal().to_owned());
    Ok(Json(Rotated { destination: view, previous_secret_expires_at: rfc3339(until) }))
}
