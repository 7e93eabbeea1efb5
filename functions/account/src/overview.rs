//! An overview of the account's state.

use std::collections::HashMap;

use api::{ApiError, Caller, Query, Reader, error::Result, responses::stack::Errors};
use axum::Json;
use domain::{
    DeliveryState, DestinationId, EventId, ProjectId,
    attention::{Attention, Concern, attention},
    chart::{Chart, Tally},
    overdue::Overdue,
    time::{now, rfc3339},
};
use serde::{Deserialize, Serialize};
use service::account_scope::AccountScope;
use store::{counts::Counted, unrecorded::Planned};
use utoipa::{IntoParams, ToSchema};

use crate::{App, State};

/// The longest time span of an overview: a week.
const MAX_HOURS: u32 = 168;
/// The maximum number of deliveries that an overview counts. At 500 bytes each, it reads 10 MB.
const MAX_COUNTED: usize = 20_000;
/// The maximum number of held deliveries counted per destination, and of failed ones searched for overdue ones.
const MAX_WAITING: i32 = 1000;

/// The time span of an overview.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct OverviewQuery {
    /// The number of hours before now.
    #[param(value_type = Option<i32>, minimum = 1, maximum = 168, default = 24)]
    hours: Option<String>,
}

impl OverviewQuery {
    fn hours(&self) -> Result<u32> {
        match self.hours.as_deref().map(str::parse) {
            None => Ok(24),
            Some(Ok(hours @ 1..=MAX_HOURS)) => Ok(hours),
            Some(_) => Err(ApiError::field("hours", format!("send a number from 1 to {MAX_HOURS}"))),
        }
    }
}

/// The deliveries of one interval.
#[derive(Serialize, ToSchema)]
struct BucketView {
    /// When the interval begins.
    #[schema(example = "2026-04-15T10:00:00.000Z")]
    at: String,
    #[serde(flatten)]
    tally: Tally,
}

/// The number of destinations.
#[derive(Serialize, ToSchema)]
struct DestinationCounts {
    /// All destinations, of every API.
    total: usize,
    /// Unverified destinations.
    unverified: usize,
    /// Unhealthy destinations.
    unhealthy: usize,
}

/// The number of rules.
#[derive(Serialize, ToSchema)]
struct RuleCounts {
    /// All rules outside of projects, including those that other APIs create.
    total: usize,
    /// Active rules.
    active: usize,
    /// Rules paused by a destination.
    paused: usize,
}

/// An item that needs attention.
#[derive(Serialize, ToSchema)]
struct AttentionView {
    /// The kind of item.
    kind: Concern,
    /// A title.
    #[schema(example = "https://example.com/hooks/stack is unhealthy")]
    title: String,
    /// The problem and the fix.
    detail: String,
    /// Since when the item needs attention.
    since: Option<String>,
    /// The destination concerned.
    destination_id: Option<String>,
    /// The rule concerned.
    rule_id: Option<String>,
    /// The number of deliveries concerned.
    count: Option<u32>,
}

impl From<Attention> for AttentionView {
    fn from(of: Attention) -> Self {
        Self {
            kind: of.concern,
            title: of.title,
            detail: of.detail,
            since: of.since.map(rfc3339),
            destination_id: of.destination_id.map(|id| id.to_string()),
            rule_id: of.rule_id.map(|id| id.to_string()),
            count: of.count,
        }
    }
}

/// The state of an account.
#[derive(Serialize, ToSchema)]
pub(crate) struct Overview {
    /// When the first interval begins.
    since: String,
    /// When the last interval ends. It is still in progress.
    until: String,
    /// The length of each interval, in seconds.
    step_seconds: i64,
    /// Whether all deliveries of the time span were counted. At most 20,000 deliveries to 1,000 destinations are
    /// counted, and deliveries without an attempt only for the newest 4,000 events.
    complete: bool,
    /// The deliveries by the time when their event was accepted, oldest first.
    buckets: Vec<BucketView>,
    /// The sum of all intervals.
    totals: Tally,
    /// The number of destinations.
    destinations: DestinationCounts,
    /// The number of rules.
    rules: RuleCounts,
    /// Items that need attention, most urgent first.
    attention: Vec<AttentionView>,
}

/// Returns the state of the account: its deliveries over time, and items that need attention.
///
/// A key that is bound to a project sees what its lists show: the deliveries of the project's events, and the
/// destinations of the project and of none.
#[utoipa::path(
    get, path = "/v1/overview", tag = "Account", operation_id = "getOverview", params(OverviewQuery),
    responses((status = 200, body = Overview), Errors)
)]
pub(crate) async fn get(
    app: State,
    Reader(caller): Reader,
    Query(query): Query<OverviewQuery>,
) -> Result<Json<Overview>> {
    let hours = query.hours()?;
    let tables = (&app.destinations, &app.channels);
    let known = match caller.project_id() {
        None => AccountScope::of_operator(tables, caller.operator_id()).await?,
        Some(own) => AccountScope::of_project(tables, caller.operator_id(), own).await?,
    };
    let Counts { chart, totals, tallies, overdue, complete } = app.counts(&caller, &known, hours).await?;
    let attention = attention(&known.destinations, &known.rules, &tallies, &overdue);
    Ok(Json(Overview {
        since: rfc3339(chart.since),
        until: rfc3339(chart.until()),
        step_seconds: chart.step,
        complete: complete && known.complete,
        buckets: chart.timed().map(|(at, tally)| BucketView { at: rfc3339(at), tally }).collect(),
        totals,
        destinations: destinations(&known),
        rules: rules(&known),
        attention: attention.into_iter().map(Into::into).collect(),
    }))
}

/// The deliveries of a time span, counted by state.
struct Counts {
    chart: Chart,
    totals: Tally,
    tallies: HashMap<DestinationId, Tally>,
    /// Overdue deliveries by destination, of any age.
    overdue: HashMap<DestinationId, Overdue>,
    complete: bool,
}

impl App {
    async fn counts(&self, caller: &Caller, known: &AccountScope, hours: u32) -> Result<Counts> {
        let (rows, ids, now) = (self.log.rows(), known.ids(), now());
        let chart = Chart::empty(now, hours);
        let oldest = EventId::first_at(chart.since);
        if let Some(own) = caller.project_id() {
            return self.counts_of_project(caller, (own, &ids), (chart, oldest)).await;
        }
        // Held and overdue deliveries need their operator's attention, regardless of their age.
        let waiting = (rows.held(&ids, MAX_WAITING), rows.overdue(&ids, now, MAX_WAITING));
        let counted = rows.count(&ids, oldest, MAX_COUNTED);
        let ((counted, complete), held, overdue) = futures::try_join!(counted, waiting.0, waiting.1)?;
        let planned = self.log.not_counted(caller.events(), &ids, oldest, (&counted, complete)).await?;
        let (tallies, totals) = (HashMap::new(), Tally::default());
        let mut counts = Counts { chart, totals, tallies, overdue, complete };
        for one in planned.iter().filter(|one| one.state() == DeliveryState::Pending) {
            counts.overdue.entry(one.id.destination).or_default().add(one.at, now);
        }
        counts.add(counted, &planned);
        for (id, held) in held {
            counts.tallies.entry(id).or_default().held = held;
        }
        Ok(counts)
    }

    /// Counts the deliveries of a project's events. Held deliveries count like others, by the time of their event: the
    /// index by state does not know the project.
    async fn counts_of_project(
        &self,
        caller: &Caller,
        (project, ids): (&ProjectId, &[DestinationId]),
        (chart, oldest): (Chart, EventId),
    ) -> Result<Counts> {
        let counted = self.log.rows().count(ids, oldest, MAX_COUNTED).await?;
        let found = self.log.counted_of_project(caller.events(), project, ids, oldest, counted).await?;
        let (counted, planned, complete) = found;
        let (tallies, totals, overdue) = (HashMap::new(), Tally::default(), HashMap::new());
        let mut counts = Counts { chart, totals, tallies, overdue, complete };
        counts.add(counted, &planned);
        Ok(counts)
    }
}

impl Counts {
    fn add(&mut self, counted: Vec<Counted>, planned: &[Planned]) {
        let unrecorded = planned.iter().map(|one| Counted { id: one.id, state: one.state() });
        for one in counted.into_iter().chain(unrecorded) {
            self.chart.add(one.id.event.made_at(), one.state);
            self.tallies.entry(one.id.destination).or_default().add(one.state);
            self.totals.add(one.state);
        }
    }
}

fn destinations(known: &AccountScope) -> DestinationCounts {
    let all = &known.destinations;
    DestinationCounts {
        total: all.len(),
        unverified: all.iter().filter(|destination| !destination.verified()).count(),
        unhealthy: all.iter().filter(|destination| destination.unhealthy.is_some()).count(),
    }
}

fn rules(known: &AccountScope) -> RuleCounts {
    let by_id: HashMap<_, _> = known.destinations.iter().map(|destination| (destination.id, destination)).collect();
    let on: Vec<_> = known.rules.iter().filter(|rule| rule.active).collect();
    let paused = on.iter().filter(|rule| !rule.paused_by(|id| by_id.get(&id).copied()).is_empty()).count();
    RuleCounts { total: known.rules.len(), active: on.len() - paused, paused }
}
