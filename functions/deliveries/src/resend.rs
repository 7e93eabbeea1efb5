//! Sends all deliveries again that match a filter.

use std::collections::{BTreeMap, HashMap};

use api::{
    ApiError, Body, Caller, ErrorBody, PageQuery, Writer, error::Result, page::next_cursor, responses::stack::Errors,
};
use axum::{Json, http::StatusCode};
use domain::{DeliveryState, Destination, DestinationId, EventId, EventType, time::rfc3339};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use service::{
    account_scope::{AccountScope, MAX_DESTINATIONS},
    resend::{Bounds, Matching, OfDestination, Place, Step},
};
use store::resendable::Resendable;
use utoipa::ToSchema;

use crate::{App, State};

const DEFAULT_LIMIT: usize = 250;
const MAX_LIMIT: usize = 500;
/// The maximum number of destinations that a filter names: those of one call to DynamoDB.
const MAX_NAMED: usize = 100;

/// A request to send deliveries again.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Resend {
    /// The deliveries to send again.
    #[serde(default)]
    filter: ResendFilter,
    /// Only counts the deliveries that match.
    #[serde(default)]
    dry_run: bool,
    /// Allows the state `succeeded` in the filter. Receivers then get these deliveries again, with the same id.
    #[serde(default)]
    force: bool,
    /// The maximum number of deliveries of this request.
    #[serde(default)]
    #[schema(value_type = Option<i32>, minimum = 1, maximum = 500, default = 250)]
    limit: Option<usize>,
    /// The `next_cursor` of the previous answer; omit it at first.
    #[serde(default)]
    #[schema(format = "cursor")]
    cursor: Option<String>,
}

/// Selects deliveries. They must match all conditions.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ResendFilter {
    /// `held`, `failed`, `abandoned`, and with `force` also `succeeded`. By default, the first three. `failed` includes
    /// deliveries that were planned at least 15 minutes ago and were never attempted.
    #[schema(value_type = Option<Vec<DeliveryState>>, example = json!(["held", "failed"]))]
    states: Option<Vec<String>>,
    /// At most 100 destinations. Destinations of another API are accepted by their id in that API. By default, all.
    #[schema(min_items = 1, max_items = 100)]
    destination_ids: Option<Vec<String>>,
    /// Deliveries of events of this type.
    #[schema(format = "event-type", example = "passport.flagged")]
    event_type: Option<String>,
    /// Deliveries of events accepted at this time or later, RFC 3339.
    #[serde(default, with = "domain::time::text::option")]
    #[schema(value_type = Option<String>, format = DateTime, example = "2026-04-15T10:00:00.000Z")]
    since: Option<Timestamp>,
    /// Deliveries of events accepted before this time, RFC 3339.
    #[serde(default, with = "domain::time::text::option")]
    #[schema(value_type = Option<String>, format = DateTime, example = "2026-04-16T10:00:00.000Z")]
    until: Option<Timestamp>,
}

/// Why deliveries are not sent again.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(
    dead_code,
    clippy::enum_variant_names,
    reason = "the API's text shows it; `service::resend::Skipped` names it"
)]
enum SkipReason {
    /// The destination is not verified.
    DestinationUnverified,
    /// The destination is unhealthy.
    DestinationUnhealthy,
    /// The destination is disabled.
    DestinationDisabled,
    /// The destination is deleted.
    DestinationDeleted,
}

/// The number of deliveries that are not sent again for one reason.
#[derive(Serialize, ToSchema)]
struct SkippedView {
    /// The reason.
    #[schema(value_type = SkipReason)]
    reason: &'static str,
    /// The number of deliveries.
    count: usize,
}

/// The number of deliveries of events of one type.
#[derive(Serialize, ToSchema)]
struct OfEventType {
    /// The type.
    #[schema(example = "passport.flagged")]
    event_type: String,
    /// The number of deliveries.
    count: usize,
}

/// The deliveries to one destination.
#[derive(Serialize, ToSchema)]
struct OfDestinationView {
    /// The destination, as deliveries name it.
    #[schema(example = "ndst_01JRX2Q0Z8K5V3M7N9P4T6W8YB")]
    destination_id: String,
    /// The number of deliveries that match.
    count: usize,
    /// Why they are not sent again; null if they are.
    #[schema(value_type = Option<SkipReason>)]
    skipped: Option<&'static str>,
    /// The deliveries by event type.
    event_types: Vec<OfEventType>,
}

/// What one request has done. Add up the numbers of all requests.
#[derive(Serialize, ToSchema)]
pub(crate) struct Resent {
    /// The number of deliveries that match.
    matched: usize,
    /// The number of deliveries that are on their way again; 0 for a dry run.
    queued: usize,
    /// The deliveries that are not sent again, by reason.
    skipped: Vec<SkippedView>,
    /// The deliveries by destination.
    by_destination: Vec<OfDestinationView>,
    /// The `cursor` of the next request; null when all deliveries were looked at.
    next_cursor: Option<String>,
}

impl From<(DestinationId, OfDestination)> for OfDestinationView {
    fn from((id, of): (DestinationId, OfDestination)) -> Self {
        let count = of.matched();
        let event_types = of.event_types.into_iter().map(|(event_type, count)| OfEventType { event_type, count });
        Self {
            destination_id: id.to_string(),
            count,
            skipped: of.skipped.map(|reason| reason.as_str()),
            event_types: event_types.collect(),
        }
    }
}

impl Resent {
    fn of(step: Step, list: &str) -> Self {
        let mut skipped: BTreeMap<_, usize> = BTreeMap::new();
        for of in step.destinations.values() {
            if let Some(reason) = of.skipped {
                *skipped.entry(reason).or_default() += of.matched();
            }
        }
        Self {
            matched: step.destinations.values().map(OfDestination::matched).sum(),
            queued: step.destinations.values().map(|of| of.queued).sum(),
            skipped: skipped
                .into_iter()
                .map(|(reason, count)| SkippedView { reason: reason.as_str(), count })
                .collect(),
            by_destination: step.destinations.into_iter().map(Into::into).collect(),
            next_cursor: next_cursor(list, step.next, step.next.is_some()),
        }
    }
}

/// Sends all deliveries again that match a filter.
///
/// One request sends at most `limit` deliveries. Repeat it with the `next_cursor` of its answer until that is null; to
/// stop, send no further request. Repeating a request is harmless, except for the state `succeeded`: deliveries that are
/// on their way are not sent again. Deliveries to destinations that do not receive are counted as skipped. Count the
/// deliveries with `dry_run` first. A key that is bound to a project sends only the deliveries of that project's events.
///
/// Deliveries that were never attempted are found in the first 10,000 events since `since`, by default since 24 hours
/// ago.
#[utoipa::path(
    post, path = "/v1/deliveries/resend", tag = "Deliveries", operation_id = "resendDeliveries", request_body = Resend,
    responses(
        (status = 200, body = Resent, description = "What a dry run has counted"),
        (status = 202, body = Resent, description = "What this request has sent"), Errors,
        (status = 400, body = ErrorBody, description = "A wrong condition, or an account of more than 1,000 destinations and none named"),
        (status = 404, body = ErrorBody, description = "A destination does not exist or is another operator's"),
        (status = 503, body = ErrorBody, description = "Not all deliveries were queued: send the same request again"),
    )
)]
pub(crate) async fn resend(
    app: State,
    Writer(caller): Writer,
    Body(request): Body<Resend>,
) -> Result<(StatusCode, Json<Resent>)> {
    let rows = request.filter.rows(request.force)?;
    let limit = match request.limit {
        None => DEFAULT_LIMIT,
        Some(limit @ 1..=MAX_LIMIT) => limit,
        Some(_) => return Err(ApiError::field("limit", format!("send a number from 1 to {MAX_LIMIT}"))),
    };
    let list = request.filter.name(&rows.states);
    let from = PageQuery::new(None, request.cursor).after::<Place>(&list)?;
    let (destinations, known) = app.targets(&caller, request.filter.destination_ids.as_deref()).await?;
    let since = request.filter.since.is_some();
    let project = caller.project_id().cloned();
    let matching = Matching { of: caller.events(), destinations, rows, since, project };
    let bounds = Bounds { limit, dry_run: request.dry_run };
    let step = app.recovery.resend(&matching, &known, from, bounds).await?;
    let status = if request.dry_run { StatusCode::OK } else { StatusCode::ACCEPTED };
    Ok((status, Json(Resent::of(step, &list))))
}

impl ResendFilter {
    fn states(&self, force: bool) -> Result<Vec<DeliveryState>> {
        let problem = |problem: String| ApiError::field("filter.states", problem);
        let Some(names) = &self.states else {
            return Ok(DeliveryState::ALL.into_iter().filter(|state| state.needs_attention()).collect());
        };
        let mut states = vec![];
        for name in names {
            let state = match DeliveryState::from_name(name) {
                Some(DeliveryState::Succeeded) if !force => {
                    return Err(problem("to send succeeded deliveries again, set `force` to true".to_owned()));
                }
                Some(DeliveryState::Pending) | None => {
                    return Err(problem(format!("{name:?} is not one of held, failed, abandoned, succeeded")));
                }
                Some(state) => state,
            };
            if !states.contains(&state) {
                states.push(state);
            }
        }
        if states.is_empty() { Err(problem("name at least one state, or omit it".to_owned())) } else { Ok(states) }
    }

    fn rows(&self, force: bool) -> Result<Resendable> {
        let event_type = self.event_type.as_deref().map(EventType::try_from).transpose();
        let until = self.until.map(|until| EventId::first_at(until).before().unwrap_or_else(EventId::first));
        Ok(Resendable {
            states: self.states(force)?,
            event_type: event_type.map_err(|problem| ApiError::field("filter.event_type", problem))?,
            oldest: self.since.map_or_else(EventId::first, EventId::first_at),
            newest: until.unwrap_or_else(EventId::last),
        })
    }

    /// Identifies the list that a cursor belongs to.
    fn name(&self, states: &[DeliveryState]) -> String {
        let states: Vec<_> = states.iter().map(|state| state.as_str()).collect();
        let ids = self.destination_ids.as_deref().unwrap_or_default().join(",");
        let event_type = self.event_type.as_deref().unwrap_or_default();
        let time = |time: Option<Timestamp>| time.map(rfc3339).unwrap_or_default();
        format!("resend?{}&{ids}&{event_type}&{}&{}", states.join(","), time(self.since), time(self.until))
    }
}

impl App {
    /// The ids of the destinations in order, and those that exist.
    async fn targets(
        &self,
        caller: &Caller,
        named: Option<&[String]>,
    ) -> Result<(Vec<DestinationId>, HashMap<DestinationId, Destination>)> {
        let operator = caller.operator_id();
        let Some(named) = named else {
            let scope = AccountScope::of_operator((&self.destinations, &self.channels), operator).await?;
            if !scope.complete {
                let problem = format!("name some: the account has more than {MAX_DESTINATIONS} destinations");
                return Err(ApiError::field("filter.destination_ids", problem));
            }
            let ids = scope.ids();
            return Ok((ids, scope.destinations.into_iter().map(|to| (to.id, to)).collect()));
        };
        if named.is_empty() || named.len() > MAX_NAMED {
            return Err(ApiError::field("filter.destination_ids", format!("name 1 to {MAX_NAMED} destinations")));
        }
        let not_found = || ApiError::not_found("destination");
        let ids = named.iter().map(|text| DestinationId::of_any_api(text).map_err(|_| not_found()));
        let mut ids = ids.collect::<Result<Vec<_>>>()?;
        ids.sort_unstable();
        ids.dedup();
        let known = self.destinations.get_many(operator, ids.iter().copied()).await?;
        if known.values().any(|to| !caller.may_see(to.project_id.as_ref())) {
            return Err(not_found());
        }
        if known.len() < ids.len() {
            // A deleted destination still counts while a rule targets it.
            let rules = self.channels.all(operator).await?;
            let targeted = |id: &DestinationId| rules.iter().any(|rule| rule.destination_ids.contains(id));
            if !ids.iter().all(|id| known.contains_key(id) || targeted(id)) {
                return Err(not_found());
            }
        }
        Ok((ids, known))
    }
}
