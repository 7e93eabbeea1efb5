//! Lists the deliveries of a subscription, returns one delivery, and retries it manually.

use api::{
    ApiError, Caller, ErrorBody, Id, OptionalBody, Query, Reader, Writer, delivery_query::DeliveryQuery, error::Result,
    input::Retry, page::next_cursor, path::PathId, responses::stack::ErrorsOfOne,
};
use axum::{Json, http::StatusCode};
use domain::{ApiKind, Delivery, DeliveryState, WebhookId};
use store::{account_deliveries::Wanted, deliveries::Summary};

use crate::{
    App, State,
    input::MailDeliveryId,
    views::{MailDelivery, MailDeliveryDetail, MailDeliveryPage},
};

/// Lists the deliveries of a subscription, newest event first.
#[utoipa::path(
    get, path = "/mail/webhooks/{id}/deliveries", tag = "Mail webhooks", operation_id = "listMailDeliveries",
    params(("id" = String, Path), DeliveryQuery),
    responses((status = 200, body = MailDeliveryPage), ErrorsOfOne)
)]
pub(crate) async fn list(
    app: State,
    Reader(caller): Reader,
    Id(id): Id<WebhookId>,
    Query(query): Query<DeliveryQuery>,
) -> Result<Json<MailDeliveryPage>> {
    let status = query.status()?;
    let destination = app.find(&caller, id).await?.endpoint;
    let list = format!("deliveries of {id} {}", status.map_or("", DeliveryState::as_str));
    let page = query.into_page();
    let (limit, after) = (page.limit()?, page.after(&list)?);
    let (rows, next) = match status {
        Some(state) => app.log.in_state(caller.events().shards, &destination, state, limit, after).await?,
        None => {
            let (wanted, limit) =
                (Wanted { after, tests: Some(false), ..Wanted::default() }, usize::try_from(limit).unwrap_or(1));
            let (found, next) = app.log.of_account(caller.events(), &[destination.id], &wanted, limit).await?;
            (found.iter().map(Summary::from).collect(), next)
        }
    };
    let next_cursor = next_cursor(&list, next, next.is_some());
    Ok(Json(MailDeliveryPage { items: rows.into_iter().map(MailDelivery::from).collect(), next_cursor }))
}

/// Returns a delivery with its attempts.
#[utoipa::path(
    get, path = "/mail/webhook-deliveries/{id}", tag = "Mail webhooks", operation_id = "getMailDelivery",
    params(("id" = String, Path)),
    responses((status = 200, body = MailDeliveryDetail), ErrorsOfOne)
)]
pub(crate) async fn get(
    app: State,
    Reader(caller): Reader,
    Id(id): Id<MailDeliveryId>,
) -> Result<Json<MailDeliveryDetail>> {
    Ok(Json(MailDeliveryDetail::from(&app.delivery(&caller, id).await?)))
}

/// Retries a delivery that failed, was abandoned or is held, at once.
///
/// This starts a new round of attempts, regardless of the endpoint's health. With `force`, it also sends a delivery
/// that is in progress or has succeeded.
#[utoipa::path(
    post, path = "/mail/webhook-deliveries/{id}/retry", tag = "Mail webhooks", operation_id = "retryMailDelivery",
    params(("id" = String, Path)), request_body = Option<Retry>,
    responses(
        (status = 202, body = MailDeliveryDetail), ErrorsOfOne,
        (status = 409, body = ErrorBody, description = "On its way, arrived already, or its subscription is deleted"),
        (status = 503, body = ErrorBody),
    )
)]
pub(crate) async fn retry(
    app: State,
    Writer(caller): Writer,
    Id(id): Id<MailDeliveryId>,
    OptionalBody(how): OptionalBody<Retry>,
) -> Result<(StatusCode, Json<MailDeliveryDetail>)> {
    let delivery = app.delivery(&caller, id).await?;
    let delivery = app.service.recovery().retry(delivery, how.force).await?;
    Ok((StatusCode::ACCEPTED, Json(MailDeliveryDetail::from(&delivery))))
}

impl App {
    /// Returns a delivery to one of the caller's subscriptions, or a 404.
    async fn delivery(&self, caller: &Caller, MailDeliveryId(id): MailDeliveryId) -> Result<Delivery> {
        let found = self.log.get(caller.operator_id(), id, &self.destinations).await?;
        found
            .filter(|found| found.api == ApiKind::Mail && found.probe.is_none())
            .ok_or_else(|| ApiError::not_found(MailDeliveryId::NOUN))
    }
}
