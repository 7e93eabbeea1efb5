//! Creates and lists subscriptions.

use api::{Body, PageQuery, Reader, Writer, error::Result, page::next_cursor, responses::stack::Errors};
use axum::{Json, http::StatusCode};
use domain::system_events::SubscriptionChange;

use crate::{
    State,
    input::NewMailWebhook,
    subscription_event,
    views::{MailWebhook, MailWebhookPage, MailWebhookWithSecret},
};

const LIST: &str = "mail/webhooks";

/// Creates a webhook subscription.
///
/// Its signing secret is only shown in this response.
#[utoipa::path(
    post, path = "/mail/webhooks", tag = "Mail webhooks", operation_id = "createMailWebhook",
    request_body = NewMailWebhook,
    responses((status = 201, body = MailWebhookWithSecret), Errors)
)]
pub(crate) async fn create(
    app: State,
    Writer(caller): Writer,
    Body(new): Body<NewMailWebhook>,
) -> Result<(StatusCode, Json<MailWebhookWithSecret>)> {
    let new = new.read(app.policy)?;
    let (made, secret) = app.service.subscribe(&app.subscriptions, caller.operator_id(), new).await?;
    app.service.system_events().note([subscription_event(SubscriptionChange::Created, &made)]).await;
    let secret = secret.reveal().to_owned();
    let view =
        MailWebhookWithSecret { webhook: MailWebhook::of(&made, true), secret, previous_secret_expires_at: None };
    Ok((StatusCode::CREATED, Json(view)))
}

/// Lists the subscriptions.
#[utoipa::path(
    get, path = "/mail/webhooks", tag = "Mail webhooks", operation_id = "listMailWebhooks", params(PageQuery),
    responses((status = 200, body = MailWebhookPage), Errors)
)]
pub(crate) async fn list(app: State, Reader(caller): Reader, page: PageQuery) -> Result<Json<MailWebhookPage>> {
    let (limit, after) = (page.limit()?, page.after(LIST)?);
    let (found, next) = app.subscriptions.list(caller.operator_id(), limit, after).await?;
    let next_cursor = next_cursor(LIST, next, next.is_some());
    Ok(Json(MailWebhookPage {
        items: found.iter().map(|found| MailWebhook::of(found, caller.may_write())).collect(),
        next_cursor,
    }))
}
