//! Lists the deliveries of an account to all destinations.

use std::cmp::Reverse;

use api::{
    ApiError, Caller, ErrorBody, PageQuery, Query, Reader,
    error::Result,
    page::next_cursor,
    responses::stack::Errors,
    views::{DeliveryPage, DeliveryView},
};
use axum::Json;
use domain::{Delivery, DeliveryId, DestinationId, EventId};
use service::account_scope::{AccountScope, MAX_DESTINATIONS};
use store::account_deliveries::Wanted;

use crate::{App, State, input::DeliveryQuery};

/// Lists the deliveries of the account, newest event first.
///
/// Deliveries to a deleted destination are listed as long as a rule targets it. A key that is bound to a project sees
/// only the deliveries of that project's events. A page of such a key searches up to 4,000 events, so it can be short or
/// empty although more follow: use the cursor.
#[utoipa::path(
    get, path = "/v1/deliveries", tag = "Deliveries", operation_id = "listAllDeliveries", params(DeliveryQuery),
    responses(
        (status = 200, body = DeliveryPage), Errors,
        (status = 400, body = ErrorBody, description = "A wrong condition, or an account of more than 1,000 destinations and none named"),
        (status = 404, body = ErrorBody, description = "The destination does not exist or is another operator's"),
    )
)]
pub(crate) async fn list(
    app: State,
    Reader(caller): Reader,
    Query(query): Query<DeliveryQuery>,
) -> Result<Json<DeliveryPage>> {
    let (list, event) = (query.name(), query.event()?);
    let page = PageQuery::new(query.limit.clone(), query.cursor.clone());
    let limit = usize::try_from(page.limit()?).unwrap_or(1);
    let wanted = Wanted { after: page.after(&list)?, ..query.wanted()? };
    let ids = app.ids_of(&caller, query.destination_id.as_deref()).await?;
    let (rows, next) = match event {
        Some(event) => app.of_event(&caller, &ids, event, &wanted, limit).await?,
        // Tests have no events, so their destinations decide.
        None => match caller.project_id().filter(|_| wanted.tests != Some(true)) {
            Some(own) => app.log.of_project(caller.events(), own, &ids, &wanted, limit).await?,
            None => app.log.of_account(caller.events(), &ids, &wanted, limit).await?,
        },
    };
    let rows = app.visible(&caller, event, rows).await?;
    let next_cursor = next_cursor(&list, next, next.is_some());
    Ok(Json(DeliveryPage { deliveries: rows.iter().map(DeliveryView::from).collect(), next_cursor }))
}

impl App {
    /// The deliveries of one event to these destinations, read by their ids, which consist of the two.
    async fn of_event(
        &self,
        caller: &Caller,
        ids: &[DestinationId],
        event: EventId,
        wanted: &Wanted,
        limit: usize,
    ) -> Result<(Vec<Delivery>, Option<DeliveryId>)> {
        let mut rows = self.log.of_event(caller.operator_id(), event, ids).await?;
        rows.retain(|row| wanted.takes(row));
        rows.sort_unstable_by_key(|row| Reverse(row.id));
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().map(|row| row.id).filter(|_| more);
        Ok((rows, next))
    }

    /// Filters deliveries by what the caller may see. With a key bound to a project, these are the deliveries of its
    /// events. Only a list of one `event` still needs a check.
    async fn visible(&self, caller: &Caller, event: Option<EventId>, mut rows: Vec<Delivery>) -> Result<Vec<Delivery>> {
        rows.retain(|row| row.operator_id == caller.operator_id());
        let Some(own) = caller.project_id() else { return Ok(rows) };
        let is_own = match event {
            Some(event) => !self.events.of_project(caller.operator_id(), own, [event]).await?.is_empty(),
            None => true,
        };
        // A test has no event, but its destination may belong to the project.
        let tested: Vec<_> = rows.iter().filter(|row| row.probe.is_some()).map(|row| row.id.destination).collect();
        let tested = self.destinations.get_many(caller.operator_id(), tested).await?;
        rows.retain(|row| match row.probe {
            None => is_own,
            Some(_) => tested.get(&row.id.destination).is_some_and(|to| to.project_id.as_ref() == Some(own)),
        });
        Ok(rows)
    }

    /// The ids of the destinations to list the deliveries of: the one in the query, or all of the operator's.
    pub(crate) async fn ids_of(&self, caller: &Caller, wanted: Option<&str>) -> Result<Vec<DestinationId>> {
        let (operator, not_found) = (caller.operator_id(), || ApiError::not_found("destination"));
        let Some(text) = wanted else {
            let known = AccountScope::of_operator((&self.destinations, &self.channels), operator).await?;
            if !known.complete {
                let problem = format!("name one: the account has more than {MAX_DESTINATIONS} destinations");
                return Err(ApiError::field("destination_id", problem));
            }
            return Ok(known.ids());
        };
        let id = DestinationId::of_any_api(text).map_err(|_| not_found())?;
        let known = match self.destinations.get(operator, id).await? {
            Some(found) => caller.may_see(found.project_id.as_ref()),
            // A deleted destination still counts while a rule targets it.
            None => self.channels.all(operator).await?.iter().any(|rule| rule.destination_ids.contains(&id)),
        };
        if known { Ok(vec![id]) } else { Err(not_found()) }
    }
}
