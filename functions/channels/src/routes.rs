//! Creates, lists, changes and deletes rules.

use std::collections::HashMap;

use api::{
    ApiError, Body, Caller, ErrorBody, PageQuery, Reader, Writer,
    error::{Result, path_id},
    page::next_cursor,
    views::Deleted,
};
use axum::{Json, extract::Path, http::StatusCode};
use domain::{Destination, DestinationId, Rule, RuleId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    App, State,
    input::{Inline, NewRule, RuleChange, Target, unknown_destination},
    schema,
    view::RuleView,
};

const LIST: &str = "channels";
pub(crate) const NOUN: &str = "channel";
/// How often a change is tried when other requests change the rule at the same time.
const TRIES: u32 = 3;

/// A page of rules, newest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct RulePage {
    /// The rules.
    channels: Vec<RuleView>,
    /// The `cursor` of the next page; null on the last page.
    next_cursor: Option<String>,
}

/// Creates a rule.
///
/// In the older form, with `channel_type` and `destination` instead of ids, the rule has an address of its own, which
/// is not listed among the destinations. Unless it is a webhook, verify it with the channel's `send-code` and `verify`
/// routes.
#[utoipa::path(
    post, path = "/v1/notifications/channels", tag = "Channels", operation_id = "createChannel",
    request_body = schema::NewRule,
    responses(
        (status = 201, body = RuleView),
        (status = 400, body = ErrorBody, description = "Missing events, unverified destination, or no destination specified"),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
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
            app.channels.insert(&rule).await?;
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
    responses((status = 200, body = RulePage), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody))
)]
pub(crate) async fn list(app: State, Reader(caller): Reader, page: PageQuery) -> Result<Json<RulePage>> {
    let (rules, more) = app.channels.list(caller.operator_id(), page.limit()?, page.after(LIST)?).await?;
    let ids: Vec<_> = rules.iter().flat_map(|rule| rule.destination_ids.clone()).collect();
    let destinations = app.destinations.get_many(caller.operator_id(), ids).await?;
    let next_cursor = next_cursor(LIST, rules.last().map(|rule| rule.id), more);
    let channels = rules.iter().map(|rule| RuleView::enriched(rule, &destinations, caller.may_write())).collect();
    Ok(Json(RulePage { channels, next_cursor }))
}

/// Returns a rule with the details of its destinations.
#[utoipa::path(
    get, path = "/v1/notifications/channels/{id}", tag = "Channels", operation_id = "getChannel",
    params(("id" = String, Path)),
    responses((status = 200, body = RuleView), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody))
)]
pub(crate) async fn get(app: State, Reader(caller): Reader, Path(id): Path<String>) -> Result<Json<RuleView>> {
    let rule = app.find(&caller, path_id(&id, NOUN)?).await?;
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
    responses(
        (status = 200, body = RuleView), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody),
    )
)]
pub(crate) async fn update(
    app: State,
    Writer(caller): Writer,
    Path(id): Path<String>,
    Body(change): Body<RuleChange>,
) -> Result<Json<RuleView>> {
    let id = path_id(&id, NOUN)?;
    for _ in 0..TRIES {
        let old = app.find(&caller, id).await?;
        let new_destinations = change.destinations()?;
        let new = Rule {
            destination_ids: new_destinations.clone().unwrap_or_else(|| old.destination_ids.clone()),
            events: change.events()?.unwrap_or_else(|| old.events.clone()),
            min_severity: change.min_severity()?.unwrap_or(old.min_severity),
            active: change.active.unwrap_or(old.active),
            on_unhealthy: change.on_unhealthy.unwrap_or(old.on_unhealthy),
            ..old.clone()
        };
        let destinations = match &new_destinations {
            Some(ids) => app.verified(&caller, ids).await?,
            None => app.destinations.get_many(caller.operator_id(), new.destination_ids.iter().copied()).await?,
        };
        let replaced = match old.inline_destination() {
            Some(_) if new_destinations.is_some() => app.convert(&old, &new).await?,
            _ => app.channels.replace(&old, &new).await?,
        };
        if replaced {
            return Ok(Json(RuleView::of(&new, &destinations, true)));
        }
    }
    let sentence = "This channel is being changed by other requests; look at it and try again.";
    Err(ApiError::conflict("changed_meanwhile", sentence))
}

/// Deletes a rule.
///
/// A legacy channel's own address is deleted with it.
#[utoipa::path(
    delete, path = "/v1/notifications/channels/{id}", tag = "Channels", operation_id = "deleteChannel",
    params(("id" = String, Path)),
    responses(
        (status = 200, body = Deleted), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody),
    )
)]
pub(crate) async fn delete(app: State, Writer(caller): Writer, Path(id): Path<String>) -> Result<Json<Deleted>> {
    let rule = app.find(&caller, path_id(&id, NOUN)?).await?;
    let deleted = match rule.inline_destination() {
        Some(_) => app.delete_with(&rule).await?,
        None => app.channels.delete(rule.operator_id, rule.id).await?,
    };
    if deleted { Ok(Json(Deleted::YES)) } else { Err(ApiError::not_found(NOUN)) }
}

impl App {
    pub(crate) async fn find(&self, caller: &Caller, id: RuleId) -> Result<Rule> {
        let found = self.channels.get(caller.operator_id(), id).await?;
        // Rules created by another API are only available through that API.
        found.filter(|rule| rule.api.is_stack()).ok_or_else(|| ApiError::not_found(NOUN))
    }

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
            found.retain(|_, destination| destination.project_id.as_deref().is_none_or(|project| project == own));
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
