//! Making subscriptions and listing them.

use api::{Body, ErrorBody, PageQuery, Reader, Writer, error::Result, page::next_cursor};
use axum::{Json, http::StatusCode};
use domain::{
    ChannelType, Destination, DestinationId, Face, Rule, RuleId, Severity, WebhookId, WebhookSecret,
    catalogue::mail::name, journal, rule::OnUnhealthy, time::now,
};
use futures::future::try_join_all;
use store::subscriptions::Subscription;

use crate::{
    State,
    input::NewMailWebhook,
    views::{MailWebhook, MailWebhookPage, MailWebhookWithSecret},
};

const LIST: &str = "mail/webhooks";

/// Subscribes an endpoint to event types; the secret that signs its requests is shown this once.
#[utoipa::path(
    post, path = "/mail/webhooks", tag = "Mail webhooks", operation_id = "createMailWebhook",
    request_body = NewMailWebhook,
    responses(
        (status = 201, body = MailWebhookWithSecret), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody),
    )
)]
pub(crate) async fn create(
    app: State,
    Writer(caller): Writer,
    Body(new): Body<NewMailWebhook>,
) -> Result<(StatusCode, Json<MailWebhookWithSecret>)> {
    let (operator_id, created_at) = (caller.operator_id(), now());
    let (url, description, events) = (new.url(app.policy)?, new.description()?, new.event_types()?);
    let webhook = WebhookId::generate();
    let (id, secret) = (DestinationId::of_webhook(webhook), WebhookSecret::generate());
    let endpoint = Destination {
        operator_id,
        id,
        channel_type: ChannelType::Webhook,
        destination: url.as_str().to_owned(),
        uniqueness_key: url.uniqueness_key(),
        secret: Some(app.upkeep.seal(operator_id, id, &secret).await?),
        previous_secret: None,
        // It proves itself with every signature that it checks.
        verified_at: Some(created_at),
        unhealthy: None,
        created_at,
        belongs_to: None,
        face: Face::Mail,
        description,
    };
    let rule = Rule {
        operator_id,
        id: RuleId::of_webhook(webhook),
        destination_ids: vec![id],
        events,
        min_severity: Severity::Info,
        active: true,
        on_unhealthy: OnUnhealthy::Pause,
        created_at,
        face: Face::Mail,
    };
    let made = Subscription { endpoint, rule };
    app.subscriptions().insert(&made).await?;
    let told = journal::subscription(name::WEBHOOK_CREATED, &made.endpoint, Some(&made.rule), &[], None, created_at);
    app.upkeep.journal().note([told]).await;
    let secret = secret.reveal().to_owned();
    let view = MailWebhookWithSecret { webhook: MailWebhook::from(&made), secret, previous_secret_expires_at: None };
    Ok((StatusCode::CREATED, Json(view)))
}

/// Lists the subscriptions.
#[utoipa::path(
    get, path = "/mail/webhooks", tag = "Mail webhooks", operation_id = "listMailWebhooks", params(PageQuery),
    responses((status = 200, body = MailWebhookPage), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody))
)]
pub(crate) async fn list(app: State, Reader(caller): Reader, page: PageQuery) -> Result<Json<MailWebhookPage>> {
    let operator = caller.operator_id();
    let (found, more) = app.destinations.list(operator, Face::Mail, page.limit()?, page.after(LIST)?).await?;
    let next_cursor = next_cursor(LIST, found.last().map(|endpoint| endpoint.id), more);
    let with_rule = found.into_iter().map(async |endpoint| {
        let id = RuleId::of_webhook(WebhookId::of_destination(endpoint.id));
        let rule = app.channels.get(operator, id).await?;
        // None when it was deleted since.
        Ok::<_, store::StoreError>(rule.map(|rule| Subscription { endpoint, rule }))
    });
    let items = try_join_all(with_rule).await?.iter().flatten().map(MailWebhook::from).collect();
    Ok(Json(MailWebhookPage { items, next_cursor }))
}
