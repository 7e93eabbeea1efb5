//! One subscription.

use api::{ApiError, Body, ErrorBody, Reader, Writer, error::Result, views::Deleted};
use axum::{Json, extract::Path};
use domain::{catalogue::mail::name, time::rfc3339};
use store::subscriptions::{Changed, Subscription};

use crate::{
    State,
    input::MailWebhookChange,
    told,
    views::{MailWebhook, MailWebhookStatus, MailWebhookWithSecret},
};

/// How often a change is tried against others at the same time.
const TRIES: u32 = 3;

/// Shows a subscription.
#[utoipa::path(
    get, path = "/mail/webhooks/{id}", tag = "Mail webhooks", operation_id = "getMailWebhook",
    params(("id" = String, Path)),
    responses((status = 200, body = MailWebhook), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody))
)]
pub(crate) async fn get(app: State, Reader(caller): Reader, Path(id): Path<String>) -> Result<Json<MailWebhook>> {
    Ok(Json(MailWebhook::from(&app.find(&caller, &id).await?)))
}

/// Changes a subscription, or switches it off and on. What is left out stays as it is; a change that is refused changes
/// nothing.
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
    let (url, description, events) = (change.url(app.policy)?, change.description()?, change.event_types()?);
    for _ in 0..TRIES {
        let old = app.find(&caller, &id).await?;
        let mut new = old.clone();
        if let Some(url) = &url {
            new.endpoint.destination = url.as_str().to_owned();
            new.endpoint.uniqueness_key = url.uniqueness_key();
        }
        if let Some(description) = &description {
            new.endpoint.description.clone_from(description);
        }
        if let Some(events) = &events {
            new.rule.events.clone_from(events);
        }
        if let Some(status) = change.status {
            new.rule.active = status == MailWebhookStatus::Enabled;
        }
        let changed = changed(&old, &new);
        if changed.is_empty() {
            return Ok(Json(MailWebhook::from(&old)));
        }
        match app.subscriptions.replace(&old, &new).await? {
            Changed::Meanwhile => continue,
            Changed::Gone => return Err(ApiError::not_found("webhook")),
            Changed::Yes => {}
        }
        let disabled = old.rule.active && !new.rule.active;
        let disabled = disabled.then(|| told(name::WEBHOOK_DISABLED, &new, &[], Some("disabled")));
        let updated = told(name::WEBHOOK_UPDATED, &new, &changed, None);
        app.upkeep.journal().note([updated].into_iter().chain(disabled)).await;
        return Ok(Json(MailWebhook::from(&new)));
    }
    let sentence = "This webhook is being changed by other requests; look at it and try again.";
    Err(ApiError::conflict("changed_meanwhile", sentence))
}

fn changed(old: &Subscription, new: &Subscription) -> Vec<&'static str> {
    let fields = [
        ("url", old.endpoint.destination != new.endpoint.destination),
        ("description", old.endpoint.description != new.endpoint.description),
        ("eventTypes", old.rule.events != new.rule.events),
        ("status", old.rule.active != new.rule.active),
    ];
    fields.into_iter().filter_map(|(name, differs)| differs.then_some(name)).collect()
}

/// Deletes a subscription. What was on its way to it is abandoned.
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
        return Err(ApiError::not_found("webhook"));
    }
    app.upkeep.journal().note([told(name::WEBHOOK_DISABLED, &old, &[], Some("deleted"))]).await;
    Ok(Json(Deleted::YES))
}

/// Gives a subscription a new secret, shown this once.
///
/// For 24 h the old one signs too: `StackShift-Signature` has both signatures, and so has `webhook-signature`.
#[utoipa::path(
    post, path = "/mail/webhooks/{id}/rotate-secret", tag = "Mail webhooks", operation_id = "rotateMailWebhookSecret",
    params(("id" = String, Path)),
    responses(
        (status = 200, body = MailWebhookWithSecret), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 409, body = ErrorBody),
    )
)]
pub(crate) async fn rotate_secret(
    app: State,
    Writer(caller): Writer,
    Path(id): Path<String>,
) -> Result<Json<MailWebhookWithSecret>> {
    let found = app.find(&caller, &id).await?;
    let (secret, until) = app.upkeep.rotate_secret(&found.endpoint).await?;
    app.upkeep.journal().note([told(name::WEBHOOK_UPDATED, &found, &["secret"], None)]).await;
    Ok(Json(MailWebhookWithSecret {
        webhook: MailWebhook::from(&found),
        secret: secret.reveal().to_owned(),
        previous_secret_expires_at: Some(rfc3339(until)),
    }))
}
