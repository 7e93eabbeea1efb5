//! Returns figures about the traffic to one destination: rates, latencies, and what delays deliveries.

use api::{
    ApiError, Caller, ErrorBody, Id, Query, Reader, error::Result, path::PathId, responses::stack::ErrorsOfOne,
    views::TrafficView,
};
use axum::Json;
use domain::{
    Destination, DestinationId, EventId,
    stats::{Counts, Hourly, LastError, Period, each_attempt},
    time::{from_millis, now, rfc3339},
    traffic::Lane,
};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{App, State};

/// The maximum number of deliveries to read: about 350 KB, or 45 read units.
const MAX_READ: usize = 1000;
/// With this many deliveries in the counters, the rows are not read, because there would be too many.
const CERTAINLY_MORE: u64 = 2 * MAX_READ as u64;
/// How far before the period the events of its attempts may be: retries last four hours by default.
const EARLIER: SignedDuration = SignedDuration::from_hours(6);

/// The id of a destination, in the format of any API.
pub(crate) struct AnyId(DestinationId);

impl PathId for AnyId {
    const NOUN: &'static str = DestinationId::NOUN;

    fn parse(text: &str) -> Option<Self> {
        DestinationId::of_any_api(text).ok().map(Self)
    }
}

/// The period to return figures of.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct StatsQuery {
    /// `24h`, in buckets of an hour, or `7d`, in buckets of six hours.
    #[param(value_type = Option<PeriodName>, inline)]
    period: Option<String>,
}

/// A period of statistics.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes a text")]
enum PeriodName {
    /// The last 24 hours.
    #[schema(rename = "24h")]
    Day,
    /// The last seven days.
    #[schema(rename = "7d")]
    Week,
}

/// Where figures come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Source {
    /// The deliveries of the period. The counts are exact.
    Deliveries,
    /// Counters, because there are more than 1,000 deliveries. The counts are estimates, and latencies are within 13 %.
    Counters,
    /// The newest 1,000 deliveries, because there are more, and the counters do not contain them yet. The figures begin
    /// at `since`.
    NewestDeliveries,
}

/// Figures about the traffic to a destination.
#[derive(Serialize, ToSchema)]
pub(crate) struct Stats {
    /// Where the figures come from.
    source: Source,
    /// When the figures begin. They end now.
    #[schema(example = "2026-04-14T11:00:00.000Z")]
    since: String,
    /// The length of each bucket, in seconds.
    #[schema(example = 3600)]
    step_seconds: i64,
    /// The figures of the whole period.
    totals: Totals,
    /// The figures by the time of the attempts, oldest first. The last bucket is still in progress.
    buckets: Vec<Bucket>,
    /// The most recent failed attempt of the period; null without one.
    last_error: Option<ErrorSeen>,
    /// What delays deliveries.
    #[serde(flatten)]
    traffic: TrafficView,
    /// The queue of its deliveries: `fast`; `slow`, for a destination that is slow, limited or does not answer; or
    /// `mail`.
    lane: LaneName,
    /// With a pace: when a delivery that is accepted now is sent. Null if none waits.
    #[schema(example = "2026-04-15T10:05:00.000Z")]
    backlog_until: Option<String>,
}

/// Figures of a period.
#[derive(Serialize, ToSchema)]
struct Totals {
    /// The number of attempts.
    attempts: u64,
    /// Attempts that the receiver accepted.
    succeeded: u64,
    /// Attempts that failed, without those that were rate limited.
    failed: u64,
    /// Attempts that the receiver or the mail service rate limited. They are not failures.
    throttled: u64,
    /// Deliveries that ended with success.
    deliveries_succeeded: u64,
    /// Deliveries that were abandoned after their last attempt failed.
    deliveries_abandoned: u64,
    /// The share of attempts that succeeded, from 0 to 1, without those that were rate limited; null without any.
    #[schema(example = 0.998)]
    success_rate: Option<f64>,
    /// The median duration of an attempt, in milliseconds; null without any.
    #[schema(example = 84)]
    p50_ms: Option<u64>,
    /// The duration that 95 % of the attempts did not exceed, in milliseconds; null without any.
    #[schema(example = 310)]
    p95_ms: Option<u64>,
}

/// Figures of a part of the period.
#[derive(Serialize, ToSchema)]
struct Bucket {
    /// When it begins.
    #[schema(example = "2026-04-15T10:00:00.000Z")]
    at: String,
    /// The number of attempts.
    attempts: u64,
    /// Attempts that the receiver accepted.
    succeeded: u64,
    /// Attempts that failed, without those that were rate limited.
    failed: u64,
    /// Attempts that were rate limited.
    throttled: u64,
    /// The duration that 95 % of the attempts did not exceed, in milliseconds; null without any.
    p95_ms: Option<u64>,
}

/// A failed attempt.
#[derive(Serialize, ToSchema)]
struct ErrorSeen {
    /// When the attempt began.
    #[schema(example = "2026-04-15T10:00:00.000Z")]
    at: String,
    /// Why it failed, at most 200 bytes.
    #[schema(example = "answered 503")]
    message: String,
    /// The delivery that was attempted.
    #[schema(example = "dlv_01JRX2Q0Z8K5V3M7N9P4T6W8YB01JRX2Q0Z8K5V3M7N9P4T6W8YC")]
    delivery_id: String,
}

/// The queue of a destination's deliveries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum LaneName {
    /// The queue of destinations that answer fast.
    Fast,
    /// The queue of destinations that are slow, limited or do not answer.
    Slow,
    /// The queue of mails, which are sent at the account's rate.
    Mail,
}

/// Returns figures about the traffic to a destination: success rate, latencies, attempts over time and the last error.
///
/// Accepts a destination of any API, by its `destination_id` or by its id in that API. Up to 1,000 deliveries are
/// counted exactly; beyond that, the figures come from counters that workers write for about every hundredth delivery:
/// see `source`.
#[utoipa::path(
    get, path = "/v1/notifications/destinations/{id}/stats", tag = "Destinations",
    operation_id = "getDestinationStats", params(("id" = String, Path), StatsQuery),
    responses(
        (status = 200, body = Stats), ErrorsOfOne,
        (status = 400, body = ErrorBody, description = "An unknown period"),
        (status = 403, body = ErrorBody, description = "The key is bound to a project, and the destination is not"),
    )
)]
pub(crate) async fn get(
    app: State,
    Reader(caller): Reader,
    Id(AnyId(id)): Id<AnyId>,
    Query(query): Query<StatsQuery>,
) -> Result<Json<Stats>> {
    let period = period(query.period.as_deref())?;
    let destination = app.find_of_any_api(&caller, id).await?;
    let now = now();
    let (figures, source, since) = app.figures(&destination, period, now).await?;
    Ok(Json(Stats::of(&destination, period, now, &figures, (source, since))))
}

fn period(name: Option<&str>) -> Result<Period> {
    let problem = |name| ApiError::field("period", format!("{name:?} is not a period; send 24h or 7d"));
    name.map_or(Ok(Period::Day), |name| Period::named(name).ok_or_else(|| problem(name)))
}

impl App {
    /// Returns a destination whose traffic the caller may see. A key that is bound to a project sees only that of the
    /// project's own destinations: other destinations get events of all projects.
    async fn find_of_any_api(&self, caller: &Caller, id: DestinationId) -> Result<Destination> {
        let found = self.destinations.get(caller.operator_id(), id).await?;
        let found = found.filter(|to| caller.may_see(to.project_id.as_ref()));
        let found = found.ok_or_else(|| ApiError::not_found("destination"))?;
        if caller.project_id().is_some() && found.project_id.is_none() {
            let sentence = "This destination gets events of all projects, and the key is bound to one of them. Use a \
                            key that is not bound to a project.";
            return Err(ApiError::forbidden(sentence));
        }
        Ok(found)
    }

    /// Returns the figures of a period, their source, and when they begin.
    async fn figures(&self, to: &Destination, period: Period, now: Timestamp) -> Result<(Hourly, Source, Timestamp)> {
        let since = period.since(now);
        let rows = self.log.rows();
        let counters = rows.counts_since(to.id, since).await?;
        let counted = counters.total().deliveries;
        if counted >= CERTAINLY_MORE {
            return Ok((counters, Source::Counters, since));
        }
        let oldest = EventId::first_at(since.checked_sub(EARLIER).unwrap_or(since));
        let (read, complete) = rows.newest(to.id, oldest, MAX_READ).await?;
        let begins = if complete { since } else { read.last().map_or(since, |row| row.id.event.made_at().max(since)) };
        let mut exact = Hourly::default();
        for row in &read {
            each_attempt(row, |attempt, after| {
                if attempt.at >= begins {
                    exact.at(attempt.at).add(row.id, attempt, after);
                }
            });
        }
        Ok(match complete {
            true => (exact, Source::Deliveries, since),
            false if counted >= exact.total().deliveries => (counters, Source::Counters, since),
            false => (exact, Source::NewestDeliveries, begins),
        })
    }
}

impl Stats {
    fn of(
        to: &Destination,
        period: Period,
        now: Timestamp,
        figures: &Hourly,
        (source, since): (Source, Timestamp),
    ) -> Self {
        let total = figures.total();
        let backlog = to.rate().and(to.traffic.next_slot).map(|next| from_millis(next / 1000));
        Self {
            source,
            since: rfc3339(since),
            step_seconds: period.step(),
            buckets: figures.buckets(period, now).iter().map(|(at, counts)| Bucket::of(*at, counts)).collect(),
            last_error: total.last_error.as_ref().map(ErrorSeen::of),
            totals: Totals::of(&total),
            traffic: TrafficView::of(to, now),
            lane: match to.lane(now) {
                Lane::Fast => LaneName::Fast,
                Lane::Slow => LaneName::Slow,
                Lane::Mail => LaneName::Mail,
            },
            backlog_until: backlog.filter(|until| *until > now).map(rfc3339),
        }
    }
}

impl Totals {
    fn of(counts: &Counts) -> Self {
        Self {
            attempts: counts.attempts(),
            succeeded: counts.succeeded,
            failed: counts.failed,
            throttled: counts.throttled,
            deliveries_succeeded: counts.arrived,
            deliveries_abandoned: counts.abandoned,
            success_rate: counts.success_rate(),
            p50_ms: counts.latencies.percentile(50),
            p95_ms: counts.latencies.percentile(95),
        }
    }
}

impl Bucket {
    fn of(at: Timestamp, counts: &Counts) -> Self {
        Self {
            at: rfc3339(at),
            attempts: counts.attempts(),
            succeeded: counts.succeeded,
            failed: counts.failed,
            throttled: counts.throttled,
            p95_ms: counts.latencies.percentile(95),
        }
    }
}

impl ErrorSeen {
    fn of(error: &LastError) -> Self {
        let LastError { at, message, delivery_id } = error;
        Self { at: rfc3339(*at), message: message.clone(), delivery_id: delivery_id.to_string() }
    }
}
