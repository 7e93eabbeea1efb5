//! Returns, changes and deletes one rule.

use api::{
    ApiError, Body, ErrorBody, Id, Reader, Writer, audit::Before, error::Result, path::PathId,
    responses::stack::ErrorsOfOne, views::Deleted,
};
use axum::{Extension, Json};
use domain::RuleId;
use service::retrying::Tries;
use store::{Changed, IfExists};

use crate::{State, input::RuleChange, views::RuleView};

/// Returns a rule with the details of its destinations.
#[utoipa::path(
    get, path = "/v1/notifications/channels/{id}", tag = "Channels", operation_id = "getChannel",
    params(("id" = String, Path)),
    responses((status = 200, body = RuleView), ErrorsOfOne)
)]
pub(crate) async fn get(app: State, Reader(caller): Reader, Id(id): Id<RuleId>) -> Result<Json<RuleView>> {
    let rule = app.find(&caller, id).await?;
    let ids = rule.destination_ids.iter().copied();
    let destinations = app.destinations.get_many(caller.operator_id(), ids).await?;
    Ok(Json(RuleView::enriched(&rule, &destinations, caller.may_write())))
}

/// Changes a rule.
///
/// Omitted fields stay unchanged; a rejected change has no effect. A legacy channel that gets destinations loses its
/// own address.
#[utoipa::path(
    patch, path = "/v1/notifications/channels/{id}", tag = "Channels", operation_id = "updateChannel",
    params(("id" = String, Path)), request_body = RuleChange,
    responses((status = 200, body = RuleView), ErrorsOfOne, (status = 409, body = ErrorBody))
)]
pub(crate) async fn update(
    app: State,
    Writer(caller): Writer,
    Id(id): Id<RuleId>,
    Body(change): Body<RuleChange>,
) -> Result<(Extension<Before>, Json<RuleView>)> {
    let mut tries = Tries::of(RuleId::NOUN);
    loop {
        let old = app.find(&caller, id).await?;
        let new = change.applied_to(&old)?;
        let destinations = match change.destinations()? {
            Some(ids) => app.verified(&caller, &ids).await?,
            None => app.destinations.get_many(caller.operator_id(), new.destination_ids.iter().copied()).await?,
        };
        if app.replace(&old, &new).await? == Changed::Yes {
            let before = Before::of(&RuleView::of(&old, &destinations, true));
            return Ok((before, Json(RuleView::of(&new, &destinations, true))));
        }
        tries.again()?;
    }
}

/// Deletes a rule.
///
/// A legacy channel's own address is deleted with it.
#[utoipa::path(
    delete, path = "/v1/notifications/channels/{id}", tag = "Channels", operation_id = "deleteChannel",
    params(("id" = String, Path)),
    responses((status = 200, body = Deleted), ErrorsOfOne)
)]
pub(crate) async fn delete(app: State, Writer(caller): Writer, Id(id): Id<RuleId>) -> Result<Json<Deleted>> {
    let rule = app.find(&caller, id).await?;
    match app.delete(&rule).await? {
        IfExists::Done => Ok(Json(Deleted::YES)),
        IfExists::Missing => Err(ApiError::not_found(RuleId::NOUN)),
    }
}
