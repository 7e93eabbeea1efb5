//! Returns, changes and deletes one subscription.

use api::{
    ApiError, Body, ErrorBody, Id, Reader, Writer, audit::Before, error::Result, path::PathId,
    responses::stack::ErrorsOfOne, views::Deleted,
};
use axum::{Extension, Json};
use domain::{
    DestinationId, WebhookId,
    system_events::{
        Disabling,
        SubscriptionChange::{Disabled, Updated},
    },
};
use store::{IfExists, subscriptions::Subscription};

use crate::{State, input::MailWebhookChange, subscription_event, views::MailWebhook};

/// Returns a subscription.
#[utoipa::path(
    get, path = "/mail/webhooks/{id}", tag = "Mail webhooks", operation_id = "getMailWebhook",
    params(("id" = String, Path)),
    responses((status = 200, body = MailWebhook), ErrorsOfOne)
)]
pub(crate) async fn get(app: State, Reader(caller): Reader, Id(id): Id<WebhookId>) -> Result<Json<MailWebhook>> {
    Ok(Json(MailWebhook::of(&app.find(&caller, id).await?, caller.may_write())))
}

/// Changes, enables or disables a subscription.
///
/// Omitted fields stay unchanged; a rejected change has no effect.
#[utoipa::path(
    patch, path = "/mail/webhooks/{id}", tag = "Mail webhooks", operation_id = "updateMailWebhook",
    params(("id" = String, Path)), request_body = MailWebhookChange,
    responses((status = 200, body = MailWebhook), ErrorsOfOne, (status = 409, body = ErrorBody))
)]
pub(crate) async fn update(
    app: State,
    Writer(caller): Writer,
    Id(id): Id<WebhookId>,
    Body(change): Body<MailWebhookChange>,
) -> Result<(Extension<Before>, Json<MailWebhook>)> {
    let change = change.read(app.policy)?;
    let which = (caller.operator_id(), DestinationId::of_webhook(id), WebhookId::NOUN);
    let (old, new) = change.make(&app.subscriptions, which).await?;
    let changed = changed(&old, &new);
    if !changed.is_empty() {
        let disabled = old.rule.active && !new.rule.active;
        let disabled = disabled.then(|| subscription_event(Disabled(Disabling::Disabled), &new));
        let updated = subscription_event(Updated(&changed), &new);
        app.service.system_events().note([updated].into_iter().chain(disabled)).await;
    }
    Ok((Before::of(&MailWebhook::of(&old, true)), Json(MailWebhook::of(&new, true))))
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
    responses((status = 200, body = Deleted), ErrorsOfOne)
)]
pub(crate) async fn delete(app: State, Writer(caller): Writer, Id(id): Id<WebhookId>) -> Result<Json<Deleted>> {
    let old = app.find(&caller, id).await?;
    if app.subscriptions.delete(&old).await? == IfExists::Missing {
        return Err(ApiError::not_found(WebhookId::NOUN));
    }
    app.service.system_events().note([subscription_event(Disabled(Disabling::Deleted), &old)]).await;
    Ok(Json(Deleted::YES))
}
