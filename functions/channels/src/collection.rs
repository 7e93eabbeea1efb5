//! Creates and lists rules.

use std::collections::HashMap;

use api::{
    ApiError, Body, Caller, ErrorBody, PageQuery, Reader, Writer, error::Result, page::next_cursor,
    responses::stack::Errors,
};
use axum::{Json, http::StatusCode};
use domain::{Destination, DestinationId, RuleId};
use store::Inserted;

use crate::{
    App, State,
    input::{Inline, NewRule, Target, unknown_destination},
    schema,
    views::{RulePage, RuleView},
};

const LIST: &str = "channels";

/// Creates a rule.
///
/// In the older form, with `channel_type` and `destination` instead of ids, the rule has an address of its own, which
/// is not listed among the destinations. Unless it is a webhook, verify it with the channel's `send-code` and `verify`
/// routes.
#[utoipa::path(
    post, path = "/v1/notifications/channels", tag = "Channels", operation_id = "createChannel",
    request_body = schema::NewRule,
    responses(
        (status = 201, body = RuleView), Errors,
        (status = 400, body = ErrorBody, description = "Missing events, unverified destination, or no destination specified"),
        (status = 404, body = ErrorBody, description = "A destination does not exist or is another operator's"),
    )
)]
pub(crate) async fn create(
    app: State,
    Writer(caller): Writer,
    Body(new): Body<NewRule>,
) -> Result<(StatusCode, Json<RuleView>)> {
    let target = new.target(app.policy, app.premium_numbers)?;
    let id = RuleId::generate();
    let destination_ids = match &target {
        Target::Registered { ids, .. } => ids.clone(),
        Target::Inline(_) => vec![DestinationId::of_channel(id)],
    };
    let rule = new.named(caller.operator_id(), id, destination_ids)?;
    let view = match target {
        Target::Registered { inline, .. } => {
            let destinations = app.verified(&caller, &rule.destination_ids).await?;
            same_address(inline.as_ref(), destinations.values())?;
            if app.channels.insert(&rule).await? == Inserted::Exists {
                return Err(ApiError::internal("a new id was taken"));
            }
            RuleView::of(&rule, &destinations, true)
        }
        Target::Inline(inline) => app.insert_with(&rule, inline).await?,
    };
    Ok((StatusCode::CREATED, Json(view)))
}

/// Rejects an address that differs from the destination's. An older client may send both.
pub(crate) fn same_address<'a>(
    inline: Option<&Inline>,
    destinations: impl IntoIterator<Item = &'a Destination>,
) -> Result<()> {
    let Some(inline) = inline else { return Ok(()) };
    let same = |to: &Destination| to.uniqueness_key == inline.address.uniqueness_key();
    if destinations.into_iter().all(same) {
        return Ok(());
    }
    Err(ApiError::field("destination", "is not the address of `destination_id`; send one of the two"))
}

/// Lists the rules with the details of their destinations.
#[utoipa::path(
    get, path = "/v1/notifications/channels", tag = "Channels", operation_id = "listChannels", params(PageQuery),
    responses((status = 200, body = RulePage), Errors)
)]
pub(crate) async fn list(app: State, Reader(caller): Reader, page: PageQuery) -> Result<Json<RulePage>> {
    let (rules, more) = app.channels.list(caller.operator_id(), page.limit()?, page.after(LIST)?).await?;
    let ids: Vec<_> = rules.iter().flat_map(|rule| rule.destination_ids.clone()).collect();
    let destinations = app.destinations.get_many(caller.operator_id(), ids).await?;
    let next_cursor = next_cursor(LIST, rules.last().map(|rule| rule.id), more);
    let channels = rules.iter().map(|rule| RuleView::enriched(rule, &destinations, caller.may_write())).collect();
    Ok(Json(RulePage { channels, next_cursor }))
}

impl App {
    /// Returns the destinations of a rule if they all belong to the caller and are verified.
    pub(crate) async fn verified(
        &self,
        caller: &Caller,
        ids: &[DestinationId],
    ) -> Result<HashMap<DestinationId, Destination>> {
        let mut found = self.destinations.get_many(caller.operator_id(), ids.iter().copied()).await?;
        // The address of a legacy channel cannot be the target of another rule.
        found.retain(|_, destination| destination.belongs_to.is_none());
        // A key that is bound to a project cannot target channels of other projects.
        if let Some(own) = caller.project_id() {
            found.retain(|_, destination| destination.project_id.as_ref().is_none_or(|project| project == own));
        }
        if let Some(missing) = ids.iter().find(|id| !found.contains_key(id)) {
            return Err(unknown_destination(&missing.to_string()));
        }
        if let Some(unverified) = found.values().find(|destination| !destination.verified()) {
            let sentence =
                format!("Destination {} is not verified; verify it before a rule targets it.", unverified.public_id());
            return Err(ApiError::bad_request("destination_unverified", sentence));
        }
        Ok(found)
    }
}
