//! Returns, changes and deletes one subscription, and rotates its secret.

use api::{ApiError, Body, ErrorBody, OptionalBody, Reader, Writer, error::Result, views::Deleted};
use axum::{Json, extract::Path};
use domain::{catalogue::mail::name, time::rfc3339};
use store::subscriptions::Subscription;

use crate::{
    NOUN, State, endpoint_id,
    input::{MailRotation, MailWebhookChange},
    told,
    views::{MailWebhook, MailWebhookWithSecret},
};

/// Returns a subscription.
#[utoipa::path(
    get, path = "/mail/webhooks/{id}", tag = "Mail webhooks", operation_id = "getMailWebhook",
    params(("id" = String, Path)),
    responses((status = 200, body = MailWebhook), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody))
)]
pub(crate) async fn get(app: State, Reader(caller): Reader, Path(id): Path<String>) -> Result<Json<MailWebhook>> {
    Ok(Json(MailWebhook::of(&app.find(&caller, &id).await?, caller.may_write())))
}

/// Changes, enables or disables a subscription.
///
/// Omitted fields stay unchanged; a rejected change has no effect.
#[utoipa::path(
    patch, path = "/mail/webhooks/{id}", tag = "Mail webhooks", operation_id = "updateMailWebhook",
    params(("id" = String, Path)), request_body = MailWebhookChange,
    responses(
        (status = 200, body = MailWebhook), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody),
    )
)]
pub(crate) async fn update(
    app: State,
    Writer(caller): Writer,
    Path(id): Path<String>,
    Body(change): Body<MailWebhookChange>,
) -> Result<Json<MailWebhook>> {
    let change = change.read(app.policy)?;
    let which = (caller.operator_id(), endpoint_id(&id)?, NOUN);
    let (old, new) = change.make(&app.subscriptions, which).await?;
    let changed = changed(&old, &new);
    if !changed.is_empty() {
        let disabled = old.rule.active && !new.rule.active;
        let disabled = disabled.then(|| told(name::WEBHOOK_DISABLED, &new, &[], Some("disabled")));
        let updated = told(name::WEBHOOK_UPDATED, &new, &changed, None);
        app.service.system_events().note([updated].into_iter().chain(disabled)).await;
    }
    Ok(Json(MailWebhook::of(&new, true)))
}

fn changed(old: &Subscription, new: &Subscription) -> Vec<&'static str> {
    let fields = [
        ("url", old.endpoint.destination != new.endpoint.destination),
        ("description", old.endpoint.description != new.endpoint.description),
        ("eventTypes", old.rule.events != new.rule.events),
        ("status", old.rule.active != new.rule.active),
        ("maxPerSecond", old.endpoint.max_per_second != new.endpoint.max_per_second),
    ];
    fields.into_iter().filter_map(|(name, differs)| differs.then_some(name)).collect()
}

/// Deletes a subscription.
///
/// Its pending deliveries are abandoned.
#[utoipa::path(
    delete, path = "/mail/webhooks/{id}", tag = "Mail webhooks", operation_id = "deleteMailWebhook",
    params(("id" = String, Path)),
    responses(
        (status = 200, body = Deleted), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody),
    )
)]
pub(crate) async fn delete(app: State, Writer(caller): Writer, Path(id): Path<String>) -> Result<Json<Deleted>> {
    let old = app.find(&caller, &id).await?;
    if !app.subscriptions.delete(&old).await? {
        return Err(ApiError::not_found(NOUN));
    }
    app.service.system_events().note([told(name::WEBHOOK_DISABLED, &old, &[], Some("deleted"))]).await;
    Ok(Json(Deleted::YES))
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
        (status = 200, body = MailWebhookWithSecret), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 409, body = ErrorBody, description = "Five earlier secrets still sign, or another request rotates it"),
    )
)]
pub(crate) async fn rotate_secret(
    app: State,
    Writer(caller): Writer,
    Path(id): Path<String>,
    OptionalBody(how): OptionalBody<MailRotation>,
) -> Result<Json<MailWebhookWithSecret>> {
    let found = app.find(&caller, &id).await?;
    let (secret, until) = app.service.rotate_secret(&found.endpoint, how.expire_now).await?;
    app.service.system_events().note([told(name::WEBHOOK_UPDATED, &found, &["secret"], None)]).await;
    Ok(Json(MailWebhookWithSecret {
        webhook: MailWebhook::of(&found, true),
        secret: secret.reveal().to_owned(),
        previous_secret_expires_at: Some(rfc3339(until)),
    }))
}
