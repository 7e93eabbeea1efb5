//! How the account stands.

use std::collections::HashMap;

use api::{ApiError, Caller, ErrorBody, Query, Reader, error::Result};
use axum::Json;
use domain::{
    DeliveryState, DestinationId, EventId,
    attention::{Attention, Concern, attention},
    chart::{Chart, Tally},
    overdue::Overdue,
    time::{now, rfc3339},
};
use serde::{Deserialize, Serialize};
use store::{counts::Counted, unrecorded::Planned};
use utoipa::{IntoParams, ToSchema};

use crate::{App, State, known::Known};

/// The longest span of an overview: a week.
const MAX_HOURS: u32 = 168;
/// How many deliveries an overview counts: where each is 500 bytes, 10 MB are read for it.
const MAX_COUNTED: usize = 20_000;
/// How many held deliveries of one destination it counts, and among how many failed ones it looks for overdue ones.
const MAX_WAITING: i32 = 1000;

/// Of which time an overview is wanted.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct OverviewQuery {
    /// Of how many hours before now.
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

/// Deliveries of a span of time.
#[derive(Serialize, ToSchema)]
struct BucketView {
    /// When it begins.
    #[schema(example = "2026-04-15T10:00:00.000Z")]
    at: String,
    #[serde(flatten)]
    tally: Tally,
}

/// How many destinations there are.
#[derive(Serialize, ToSchema)]
struct DestinationCounts {
    /// All of them, of every API.
    total: usize,
    /// Unverified destinations.
    unverified: usize,
    /// Unhealthy destinations.
    unhealthy: usize,
}

/// How many rules there are.
#[derive(Serialize, ToSchema)]
struct RuleCounts {
    /// All that are no project's, those included that other APIs imply; by a key of a project, the project's.
    total: usize,
    /// Active rules.
    active: usize,
    /// Rules that a destination has paused.
    paused: usize,
}

/// Something that needs attention.
#[derive(Serialize, ToSchema)]
struct AttentionView {
    /// What kind of thing.
    kind: Concern,
    /// What it is.
    #[schema(example = "https://example.com/hooks/stack is unhealthy")]
    title: String,
    /// The problem and the fix.
    detail: String,
    /// Since when.
    since: Option<String>,
    /// Which destination.
    destination_id: Option<String>,
    /// Which rule.
    rule_id: Option<String>,
    /// How many deliveries.
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

/// How an account stands.
#[derive(Serialize, ToSchema)]
pub(crate) struct Overview {
    /// When the first bucket begins.
    since: String,
    /// When the last one ends: it is under way.
    until: String,
    /// How long each bucket is, in seconds.
    step_seconds: i64,
    /// Whether all deliveries of the time were counted: 20,000 are, to 1,000 destinations. Of those that nobody has
    /// attempted yet, those of the newest 4,000 events are.
    complete: bool,
    /// Deliveries by when their event was accepted, oldest first.
    buckets: Vec<BucketView>,
    /// All of them.
    totals: Tally,
    /// The destinations.
    destinations: DestinationCounts,
    /// The rules.
    rules: RuleCounts,
    /// Items that need attention, most urgent first.
    attention: Vec<AttentionView>,
}

/// Shows the state of the account: its deliveries over time, and items that need attention.
///
/// A key that is bound to a project sees the project's own channels, and all that they were sent.
#[utoipa::path(
    get, path = "/v1/overview", tag = "Account", operation_id = "getOverview", params(OverviewQuery),
    responses((status = 200, body = Overview), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody))
)]
pub(crate) async fn overview(
    app: State,
    Reader(caller): Reader,
    Query(query): Query<OverviewQuery>,
) -> Result<Json<Overview>> {
    let hours = query.hours()?;
    let known = match caller.project_id() {
        None => app.known(caller.operator_id()).await?,
        Some(own) => app.known_of(caller.operator_id(), own).await?,
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

/// How the deliveries of a span of time stand.
struct Counts {
    chart: Chart,
    totals: Tally,
    tallies: HashMap<DestinationId, Tally>,
    /// The failed ones of any time among them.
    overdue: HashMap<DestinationId, Overdue>,
    complete: bool,
}

impl App {
    async fn counts(&self, caller: &Caller, known: &Known, hours: u32) -> Result<Counts> {
        let (rows, ids, now) = (self.log.rows(), known.ids(), now());
        let chart = Chart::empty(now, hours);
        let oldest = EventId::first_at(chart.since);
        // What is held or overdue waits for its operator, however old it is.
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

fn destinations(known: &Known) -> DestinationCounts {
    let all = &known.destinations;
    DestinationCounts {
        total: all.len(),
        unverified: all.iter().filter(|destination| !destination.verified()).count(),
        unhealthy: all.iter().filter(|destination| destination.unhealthy.is_some()).count(),
    }
}

fn rules(known: &Known) -> RuleCounts {
    let by_id: HashMap<_, _> = known.destinations.iter().map(|destination| (destination.id, destination)).collect();
    let on: Vec<_> = known.rules.iter().filter(|rule| rule.active).collect();
    let paused = on.iter().filter(|rule| !rule.paused_by(|id| by_id.get(&id).copied()).is_empty()).count();
    RuleCounts { total: known.rules.len(), active: on.len() - paused, paused }
}
