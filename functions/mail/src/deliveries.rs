//! Lists the deliveries of a subscription, returns one delivery, and retries it manually.

use api::{
    ApiError, Caller, ErrorBody, OptionalBody, Query, Reader, Writer,
    delivery_query::DeliveryQuery,
    error::{Result, path_id},
    page::next_cursor,
};
use axum::{Json, extract::Path, http::StatusCode};
use domain::{ApiKind, Delivery, DeliveryState};
use service::retry::{self, Retry};
use store::{account_deliveries::Wanted, deliveries::Summary};

use crate::{
    App, State,
    views::{MailDelivery, MailDeliveryDetail, MailDeliveryPage},
};

/// Lists the deliveries of a subscription, newest event first.
#[utoipa::path(
    get, path = "/mail/webhooks/{id}/deliveries", tag = "Mail webhooks", operation_id = "listMailDeliveries",
    params(("id" = String, Path), DeliveryQuery),
    responses(
        (status = 200, body = MailDeliveryPage), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 404, body = ErrorBody),
    )
)]
pub(crate) async fn list(
    app: State,
    Reader(caller): Reader,
    Path(id): Path<String>,
    Query(query): Query<DeliveryQuery>,
) -> Result<Json<MailDeliveryPage>> {
    let status = query.status()?;
    let destination = app.find(&caller, &id).await?.endpoint;
    let list = format!("deliveries of {id} {}", status.map_or("", DeliveryState::as_str));
    let page = query.into_page();
    let (limit, after) = (page.limit()?, page.after(&list)?);
    let (rows, next) = match status {
        Some(state) => app.log.in_state(caller.events().shards, &destination, state, limit, after).await?,
        None => {
            let (wanted, limit) = (Wanted { after, ..Wanted::default() }, usize::try_from(limit).unwrap_or(1));
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
    responses((status = 200, body = MailDeliveryDetail), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody))
)]
pub(crate) async fn get(
    app: State,
    Reader(caller): Reader,
    Path(id): Path<String>,
) -> Result<Json<MailDeliveryDetail>> {
    Ok(Json(MailDeliveryDetail::from(&app.delivery(&caller, &id).await?)))
}

/// Retries a delivery that failed, was abandoned or is held, at once.
///
/// This starts a new round of attempts, regardless of the endpoint's health. With `force`, it also sends a delivery
/// that is in progress or has succeeded.
#[utoipa::path(
    post, path = "/mail/webhook-deliveries/{id}/retry", tag = "Mail webhooks", operation_id = "retryMailDelivery",
    params(("id" = String, Path)), request_body = Option<Retry>,
    responses(
        (status = 202, body = MailDeliveryDetail), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody),
        (status = 409, body = ErrorBody, description = "On its way, arrived already, or its subscription is deleted"),
        (status = 503, body = ErrorBody),
    )
)]
pub(crate) async fn retry(
    app: State,
    Writer(caller): Writer,
    Path(id): Path<String>,
    OptionalBody(how): OptionalBody<Retry>,
) -> Result<(StatusCode, Json<MailDeliveryDetail>)> {
    let delivery = app.delivery(&caller, &id).await?;
    let with = (app.log.rows(), &app.destinations, &app.lanes, app.service.system_events());
    let delivery = retry::retry(delivery, how, with).await?;
    Ok((StatusCode::ACCEPTED, Json(MailDeliveryDetail::from(&delivery))))
}

impl App {
    /// Returns a delivery to one of the caller's subscriptions, or a 404.
    async fn delivery(&self, caller: &Caller, id: &str) -> Result<Delivery> {
        let found = self.log.get(caller.operator_id(), path_id(id, "webhook delivery")?, &self.destinations).await?;
        found.filter(|found| found.api == ApiKind::Mail).ok_or_else(|| ApiError::not_found("webhook delivery"))
    }
}
