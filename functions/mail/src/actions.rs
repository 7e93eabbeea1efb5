//! What is done with a subscription: verify its endpoint, recover what it missed, and rotate its secret.

use api::{
    Body, ErrorBody, Id, OptionalBody, Writer, actions,
    error::Result,
    input::Since,
    responses::stack::ErrorsOfOne,
    views::{Recovered, Verified},
};
use axum::{Json, http::StatusCode};
use domain::{WebhookId, system_events::SubscriptionChange::Updated, time::rfc3339};

use crate::{
    State,
    input::MailRotation,
    subscription_event,
    views::{MailWebhook, MailWebhookWithSecret},
};

/// Verifies an endpoint, which makes an unhealthy one healthy.
///
/// The endpoint gets a signed request and must answer with a 2xx.
#[utoipa::path(
    post, path = "/mail/webhooks/{id}/verify", tag = "Mail webhooks", operation_id = "verifyMailWebhook",
    params(("id" = String, Path)),
    responses(
        (status = 200, body = Verified), ErrorsOfOne,
        (status = 400, body = ErrorBody, description = "The endpoint did not answer with a 2xx"),
    )
)]
pub(crate) async fn verify(app: State, Writer(caller): Writer, Id(id): Id<WebhookId>) -> Result<Json<Verified>> {
    let found = app.find(&caller, id).await?;
    app.service.verify(&found.endpoint, None).await?;
    if found.endpoint.unhealthy.is_some() {
        app.service.system_events().note([subscription_event(Updated(&["health"]), &found)]).await;
    }
    Ok(Json(Verified::YES))
}

/// Recovers the deliveries that an endpoint missed, oldest event first.
///
/// This sends the held, failed, abandoned and overdue deliveries of events since the given time. The endpoint must be
/// healthy: verify it first.
#[utoipa::path(
    post, path = "/mail/webhooks/{id}/recover", tag = "Mail webhooks", operation_id = "recoverMailWebhook",
    params(("id" = String, Path)), request_body = Since,
    responses(
        (status = 202, body = Recovered), ErrorsOfOne,
        (status = 409, body = ErrorBody, description = "Not healthy"),
        (status = 503, body = ErrorBody),
    )
)]
pub(crate) async fn recover(
    app: State,
    Writer(caller): Writer,
    Id(id): Id<WebhookId>,
    Body(since): Body<Since>,
) -> Result<(StatusCode, Json<Recovered>)> {
    actions::recover(&**app, &caller, id, since).await
}

/// Rotates the secret of a subscription.
///
/// The new secret is only shown in this response. The previous secret also signs for 24 h, unless the request ends it
/// at once. `StackShift-Signature` and `webhook-signature` contain the signatures of all current secrets. Up to five
/// earlier secrets can sign at a time.
#[utoipa::path(
    post, path = "/mail/webhooks/{id}/rotate-secret", tag = "Mail webhooks", operation_id = "rotateMailWebhookSecret",
    params(("id" = String, Path)), request_body = Option<MailRotation>,
    responses(
        (status = 200, body = MailWebhookWithSecret), ErrorsOfOne,
        (status = 409, body = ErrorBody, description = "Five earlier secrets still sign, or another request rotates it"),
    )
)]
pub(crate) async fn rotate_secret(
    app: State,
    Writer(caller): Writer,
    Id(id): Id<WebhookId>,
    OptionalBody(how): OptionalBody<MailRotation>,
) -> Result<Json<MailWebhookWithSecret>> {
    let found = app.find(&caller, id).await?;
    let (secret, until) = app.service.rotate_secret(&found.endpoint, how.expire_now).await?;
    app.service.system_events().note([subscription_event(Updated(&["secret"]), &found)]).await;
    Ok(Json(MailWebhookWithSecret {
        webhook: MailWebhook::of(&found, true),
        secret: secret.reveal().to_owned(),
        previous_secret_expires_at: Some(rfc3339(until)),
    }))
}
