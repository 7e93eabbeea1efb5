//! Lists and removes suppressed addresses, which get no mail.

use api::{
    ApiError, PageQuery, Reader, Writer,
    error::Result,
    page::next_cursor,
    responses::stack::{Errors, ErrorsOfOne},
    views::Deleted,
};
use axum::{Json, extract::Path};
use domain::{
    Address, destination,
    system_events::{self, SuppressionEnd},
    time::{now, rfc3339},
};
use serde::Serialize;
use store::suppressions::time_key;
use utoipa::ToSchema;

use crate::State;

const LIST: &str = "mail/suppressions";

/// A suppressed email address.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct MailSuppression {
    /// The address.
    #[schema(example = "alerts@example.com")]
    email: String,
    /// Why the address is suppressed: `bounce` or `complaint`.
    #[schema(value_type = String, example = "bounce")]
    reason: destination::SuppressionReason,
    /// The response of the receiving server or the email service.
    detail: String,
    /// When the address was suppressed.
    #[schema(example = "2026-04-15T10:05:00.000Z")]
    created_at: String,
    /// The delivery that the email belongs to, if any.
    delivery_id: Option<String>,
    /// The email that caused the suppression.
    message_id: Option<String>,
}

/// A page of suppressed addresses, newest first.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MailSuppressionPage {
    /// The suppressed addresses.
    items: Vec<MailSuppression>,
    /// The `cursor` of the next page; null on the last page.
    next_cursor: Option<String>,
}

impl From<&destination::Suppression> for MailSuppression {
    fn from(row: &destination::Suppression) -> Self {
        Self {
            email: row.address.clone(),
            reason: row.reason,
            detail: row.detail.clone(),
            created_at: rfc3339(row.since),
            delivery_id: row.delivery_id.map(|id| id.to_string()),
            message_id: row.message_id.map(|id| id.to_string()),
        }
    }
}

/// Lists suppressed addresses, newest first.
#[utoipa::path(
    get, path = "/mail/suppressions", tag = "Mail", operation_id = "listMailSuppressions", params(PageQuery),
    responses((status = 200, body = MailSuppressionPage), Errors)
)]
pub(crate) async fn list(app: State, Reader(caller): Reader, page: PageQuery) -> Result<Json<MailSuppressionPage>> {
    let (limit, after) = (page.limit()?, page.after::<String>(LIST)?);
    let (rows, more) = app.service.suppressions().list(caller.operator_id(), limit, after).await?;
    let last = rows.last().map(|row| time_key(row.since, &row.uniqueness_key));
    let next_cursor = next_cursor(LIST, last, more);
    Ok(Json(MailSuppressionPage { items: rows.iter().map(MailSuppression::from).collect(), next_cursor }))
}

/// Removes the suppression of an address, so that it gets mail again.
///
/// To resume an unhealthy destination with that address, verify it. This also removes the suppression.
#[utoipa::path(
    delete, path = "/mail/suppressions/{email}", tag = "Mail", operation_id = "deleteMailSuppression",
    params(("email" = String, Path, format = Email, description = "The address, in any spelling")),
    responses((status = 200, body = Deleted), ErrorsOfOne)
)]
pub(crate) async fn delete(app: State, Writer(caller): Writer, Path(email): Path<String>) -> Result<Json<Deleted>> {
    let address = Address::parse_email(&email);
    let address = address.map_err(|problem| ApiError::field("email", problem))?;
    let lifted = app.service.suppressions().delete(caller.operator_id(), &address.uniqueness_key()).await?;
    let Some(lifted) = lifted else {
        let sentence = "Mail to this address is not suppressed in your account; GET /mail/suppressions lists what is.";
        return Err(ApiError::new(axum::http::StatusCode::NOT_FOUND, "not_found", sentence));
    };
    app.service.system_events().note([system_events::unsuppressed(&lifted, SuppressionEnd::Api, now())]).await;
    Ok(Json(Deleted::YES))
}
