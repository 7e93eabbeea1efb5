//! Lists the deliveries of an account to all destinations.

use std::cmp::Reverse;

use api::{
    ApiError, Caller, ErrorBody, PageQuery, Query, Reader,
    error::Result,
    page::next_cursor,
    query,
    views::{DeliveryPage, DeliveryView},
};
use axum::Json;
use domain::{Delivery, DeliveryId, DeliveryState, DestinationId, EventId, EventType};
use serde::Deserialize;
use store::account_deliveries::Wanted;
use utoipa::IntoParams;

use crate::{App, State};

/// The filters of a list of deliveries. They can be combined, and a delivery must match all of them.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct DeliveryQuery {
    /// Deliveries in this state.
    #[param(value_type = Option<DeliveryState>, example = "failed")]
    state: Option<String>,
    /// Deliveries to this destination. Destinations of another API are accepted by their id in that API.
    destination_id: Option<String>,
    /// Deliveries of this event.
    #[param(pattern = "^evt_[0-7][0-9A-HJKMNP-TV-Z]{25}$", example = "evt_01JRX2Q0Z8K5V3M7N9P4T6W8YB")]
    event_id: Option<String>,
    /// Deliveries of events of this type.
    #[param(format = "event-type", example = "passport.flagged")]
    event_type: Option<String>,
    /// Deliveries of events accepted at this time or later, RFC 3339.
    #[param(format = DateTime, example = "2026-04-15T10:00:00.000Z")]
    since: Option<String>,
    /// Deliveries of events accepted before this time, RFC 3339.
    #[param(format = DateTime, example = "2026-04-16T10:00:00.000Z")]
    until: Option<String>,
    /// The maximum number of deliveries. A page can have fewer while the next page has more: use the cursor.
    #[param(value_type = Option<i32>, minimum = 1, maximum = 100, default = 50)]
    limit: Option<String>,
    /// The `next_cursor` of the previous page; empty for the first page.
    #[param(format = "cursor")]
    cursor: Option<String>,
}

/// Lists the deliveries of the account, newest event first.
///
/// Deliveries to a deleted destination are listed as long as a rule targets it. A key that is bound to a project sees
/// only the deliveries of that project's events.
#[utoipa::path(
    get, path = "/v1/deliveries", tag = "Deliveries", operation_id = "listAllDeliveries", params(DeliveryQuery),
    responses(
        (status = 200, body = DeliveryPage),
        (status = 400, body = ErrorBody, description = "A wrong condition, or an account of more than 1,000 destinations and none named"),
        (status = 401, body = ErrorBody), (status = 404, body = ErrorBody),
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
        None => app.log.of_account(caller.events(), &ids, &wanted, limit).await?,
    };
    let rows = app.visible(&caller, rows).await?;
    let next_cursor = next_cursor(&list, next, next.is_some());
    Ok(Json(DeliveryPage { deliveries: rows.iter().map(DeliveryView::from).collect(), next_cursor }))
}

impl DeliveryQuery {
    /// Identifies the list that a cursor belongs to: a cursor is only valid with the same filters.
    fn name(&self) -> String {
        let Self { state, destination_id, event_id, event_type, since, until, .. } = self;
        let conditions = [state, destination_id, event_id, event_type, since, until];
        let conditions: Vec<_> = conditions.map(|condition| condition.as_deref().unwrap_or_default()).into();
        format!("deliveries?{}", conditions.join("&"))
    }

    fn event(&self) -> Result<Option<EventId>> {
        let problem = |_| ApiError::field("event_id", "send the id of an event, evt_…");
        self.event_id.as_deref().map(|id| id.parse().map_err(problem)).transpose()
    }

    fn wanted(&self) -> Result<Wanted> {
        let event_type = self.event_type.as_deref().map(EventType::try_from).transpose();
        let until = query::time("until", self.until.as_deref())?.map(EventId::first_at);
        Ok(Wanted {
            state: query::delivery_state("state", self.state.as_deref())?,
            event_type: event_type.map_err(|problem| ApiError::field("event_type", problem))?,
            oldest: query::time("since", self.since.as_deref())?.map(EventId::first_at),
            // No event is older than the first id.
            newest: until.map(|until| until.before().unwrap_or_else(EventId::first)),
            after: None,
        })
    }
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
    /// events.
    async fn visible(&self, caller: &Caller, mut rows: Vec<Delivery>) -> Result<Vec<Delivery>> {
        rows.retain(|row| row.operator_id == caller.operator_id());
        let Some(own) = caller.project_id() else { return Ok(rows) };
        let events = rows.iter().map(|row| row.id.event);
        let events = self.events.of_project(caller.operator_id(), own, events).await?;
        rows.retain(|row| events.contains(&row.id.event));
        Ok(rows)
    }
}
