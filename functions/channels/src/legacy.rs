//! Legacy channels: rules with an address of their own, which is verified, tested and deleted through the rule.

use std::collections::HashMap;

use api::{
    ApiError, Body, Caller, ErrorBody, OptionalBody, PageQuery, Reader, Rotation, Writer,
    error::{Result, path_id},
    views::DeliveryPage,
};
use axum::{Json, extract::Path, http::StatusCode};
use domain::{ChannelType, Destination, DestinationId, Rule, WebhookSecret, destination::Owner, time::rfc3339};
use serde::Serialize;
use service::{
    log,
    recovery::{self, Recovered, Since},
    testing::TestResult,
    verification::{CodeGiven, CodeSent, Verified},
};
use store::legacy;
use utoipa::ToSchema;

use crate::{App, State, input::Inline, routes::NOUN, view::RuleView};

/// Sends a verification code to the address of a legacy channel.
#[utoipa::path(
    post, path = "/v1/notifications/channels/{id}/send-code", tag = "Legacy channels", operation_id = "sendChannelCode",
    params(("id" = String, Path)),
    responses(
        (status = 200, body = CodeSent),
        (status = 400, body = ErrorBody, description = "No address of its own, a webhook, or verified already"),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 429, body = ErrorBody, description = "Too soon, or too many: see the header Retry-After"),
        (status = 503, body = ErrorBody),
    )
)]
pub(crate) async fn send_code(app: State, Writer(caller): Writer, Path(id): Path<String>) -> Result<Json<CodeSent>> {
    let inline_destination = app.inline_destination(&caller, &id).await?;
    Ok(Json(app.service.send_code(&inline_destination).await?))
}

/// Verifies the address of a legacy channel by the code that was sent to it, or a webhook by a signed request.
#[utoipa::path(
    post, path = "/v1/notifications/channels/{id}/verify", tag = "Legacy channels", operation_id = "verifyChannel",
    params(("id" = String, Path)), request_body = Option<CodeGiven>,
    responses(
        (status = 200, body = Verified),
        (status = 400, body = ErrorBody,
            description = "`code_wrong`, `code_spent`, `code_expired` or `code_missing`; or the endpoint did not answer with a 2xx"),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
    )
)]
pub(crate) async fn verify(
    app: State,
    Writer(caller): Writer,
    Path(id): Path<String>,
    OptionalBody(code): OptionalBody<CodeGiven>,
) -> Result<Json<Verified>> {
    let inline_destination = app.inline_destination(&caller, &id).await?;
    Ok(Json(app.service.verify(&inline_destination, code).await?))
}

/// A legacy channel with a new secret.
#[derive(Serialize, ToSchema)]
pub(crate) struct RotatedChannel {
    #[serde(flatten)]
    channel: RuleView,
    /// When the previous secret stops signing.
    #[schema(example = "2026-04-16T10:00:00.000Z")]
    previous_secret_expires_at: String,
}

/// Rotates the webhook secret of a legacy channel.
///
/// The new secret is only shown in this response. This works like `POST
/// /v1/notifications/destinations/{id}/rotate-secret` for a destination.
#[utoipa::path(
    post, path = "/v1/notifications/channels/{id}/rotate-secret", tag = "Legacy channels",
    operation_id = "rotateChannelSecret", params(("id" = String, Path)), request_body = Option<Rotation>,
    responses(
        (status = 200, body = RotatedChannel),
        (status = 400, body = ErrorBody, description = "No address of its own, or not a webhook"),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 409, body = ErrorBody, description = "Five earlier secrets still sign, or another request rotates it"),
    )
)]
pub(crate) async fn rotate_secret(
    app: State,
    Writer(caller): Writer,
    Path(id): Path<String>,
    OptionalBody(how): OptionalBody<Rotation>,
) -> Result<Json<RotatedChannel>> {
    let inline_destination = app.inline_destination(&caller, &id).await?;
    let rule = app.find(&caller, path_id(&id, NOUN)?).await?;
    let (secret, until) = app.service.rotate_secret(&inline_destination, how.expire_now).await?;
    let destinations = HashMap::from([(inline_destination.id, inline_destination)]);
    let channel = RuleView::of(&rule, &destinations, true).with_secret(Some(&secret));
    Ok(Json(RotatedChannel { channel, previous_secret_expires_at: rfc3339(until) }))
}

/// Sends a test notification to the verified address of a legacy channel.
#[utoipa::path(
    post, path = "/v1/notifications/channels/{id}/test", tag = "Legacy channels", operation_id = "testChannel",
    params(("id" = String, Path)),
    responses(
        (status = 200, body = TestResult),
        (status = 400, body = ErrorBody, description = "No address of its own, or not verified"),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 502, body = TestResult, description = "The address did not take it"),
    )
)]
pub(crate) async fn test(
    app: State,
    Writer(caller): Writer,
    Path(id): Path<String>,
) -> Result<(StatusCode, Json<TestResult>)> {
    let inline_destination = app.inline_destination(&caller, &id).await?;
    app.service.test(&inline_destination).await
}

/// Lists the deliveries of a legacy channel with their attempts, newest event first.
#[utoipa::path(
    get, path = "/v1/notifications/channels/{id}/deliveries", tag = "Legacy channels",
    operation_id = "listChannelDeliveries", params(("id" = String, Path), PageQuery),
    responses(
        (status = 200, body = DeliveryPage), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 404, body = ErrorBody),
    )
)]
pub(crate) async fn deliveries(
    app: State,
    Reader(caller): Reader,
    Path(id): Path<String>,
    page: PageQuery,
) -> Result<Json<DeliveryPage>> {
    let inline_destination = app.inline_destination(&caller, &id).await?;
    Ok(Json(log::deliveries(&app.log, caller.events().shards, &inline_destination, &page).await?))
}

/// Recovers the deliveries that a legacy channel missed, oldest event first.
///
/// This sends the held, failed, abandoned and overdue deliveries of events since the given time.
#[utoipa::path(
    post, path = "/v1/notifications/channels/{id}/recover", tag = "Legacy channels", operation_id = "recoverChannel",
    params(("id" = String, Path)), request_body = Since,
    responses(
        (status = 202, body = Recovered), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 409, body = ErrorBody, description = "Not verified or not healthy"),
        (status = 503, body = ErrorBody),
    )
)]
pub(crate) async fn recover(
    app: State,
    Writer(caller): Writer,
    Path(id): Path<String>,
    Body(Since { since }): Body<Since>,
) -> Result<(StatusCode, Json<Recovered>)> {
    let inline_destination = app.inline_destination(&caller, &id).await?;
    let recovered = recovery::recover(
        (&app.log, &app.lanes, app.service.system_events()),
        (&inline_destination, caller.events().shards),
        since,
    )
    .await?;
    Ok((StatusCode::ACCEPTED, Json(recovered)))
}

impl App {
    /// The destination that holds the address of one of the caller's legacy channels.
    async fn inline_destination(&self, caller: &Caller, id: &str) -> Result<Destination> {
        let rule = self.find(caller, path_id(id, NOUN)?).await?;
        let Some(own) = rule.inline_destination() else {
            let first = rule.destination_ids.first().map(ToString::to_string).unwrap_or_default();
            let sentence = format!(
                "This channel has no address of its own; do this with its destinations, such as \
                 /v1/notifications/destinations/{first}."
            );
            return Err(ApiError::bad_request("no_own_address", sentence));
        };
        self.destinations.get(rule.operator_id, own).await?.ok_or_else(|| ApiError::not_found(NOUN))
    }

    /// Stores a rule with an address of its own. A webhook is verified at once, because the receiver checks every
    /// signature.
    pub(crate) async fn insert_with(&self, rule: &Rule, inline: Inline) -> Result<RuleView> {
        let id = DestinationId::of_channel(rule.id);
        let secret = (inline.channel_type == ChannelType::Webhook).then(WebhookSecret::generate);
        let sealed = match &secret {
            Some(secret) => Some(self.service.seal(rule.operator_id, id, secret).await?),
            None => None,
        };
        let inline_destination = Destination {
            verified_at: secret.is_some().then_some(rule.created_at),
            secret: sealed,
            created_at: rule.created_at,
            belongs_to: Some(Owner::Channel(rule.id)),
            ..Destination::at(rule.operator_id, id, &inline.address)
        };
        if !legacy::insert(rule, &inline_destination, &self.channels, &self.destinations).await? {
            return Err(ApiError::internal("a new id was taken"));
        }
        let destinations = HashMap::from([(id, inline_destination)]);
        Ok(RuleView::of(rule, &destinations, true).with_secret(secret.as_ref()))
    }

    /// Replaces a rule's own address with destinations. Returns false if the rule is no longer equal to `old`.
    pub(crate) async fn convert(&self, old: &Rule, new: &Rule) -> Result<bool> {
        let own = self.destinations.get(old.operator_id, DestinationId::of_channel(old.id)).await?;
        let converted = legacy::convert(old, new, &self.channels, &self.destinations).await?;
        self.forget_code(own.filter(|_| converted)).await?;
        Ok(converted)
    }

    /// Deletes a rule with its own address and code. Returns false if the rule does not exist.
    pub(crate) async fn delete_with(&self, rule: &Rule) -> Result<bool> {
        let own = self.destinations.get(rule.operator_id, DestinationId::of_channel(rule.id)).await?;
        let deleted = legacy::delete(rule.operator_id, rule.id, &self.channels, &self.destinations).await?;
        self.forget_code(own.filter(|_| deleted)).await?;
        Ok(deleted)
    }

    async fn forget_code(&self, of: Option<Destination>) -> Result<()> {
        match of {
            Some(destination) => self.service.cancel_code(&destination).await,
            None => Ok(()),
        }
    }
}
