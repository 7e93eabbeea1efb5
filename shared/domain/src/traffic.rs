//! Controls the traffic to a destination: a circuit breaker, a lane for slow destinations, and a pace.
//!
//! All of this state is on the destination's row, which workers read for every batch anyway. While all is well, nothing
//! is written and it costs nothing. Nothing here makes a delivery fail: it only postpones the next attempt.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::backoff::Schedule;

/// A destination is slow once an attempt has gone without an answer for this long.
pub const SLOW: Duration = Duration::from_secs(2);
/// How long a destination stays in the slow lane after it was last slow.
pub const SLOW_FOR: Duration = Duration::from_secs(120);
/// How much of [`SLOW_FOR`] must have passed before the worker writes the new end: limits writes to the row.
pub const SLOW_AGAIN: Duration = Duration::from_secs(60);
/// The breaker opens after this many attempts in a row without an answer.
pub const FAILURES_TO_OPEN: u32 = 5;
/// How long the breaker opens: the first wait and the longest one. The wait doubles each time.
const FIRST_OPEN: Duration = Duration::from_secs(30);
const LONGEST_OPEN: Duration = Duration::from_secs(300);
/// How long other workers wait while one probes: longer than an attempt takes.
pub const PROBE: Duration = Duration::from_secs(15);
/// How long a destination is suspected of not answering: the rest of the attempt plus the time to record it.
const SUSPECTED: Duration = Duration::from_secs(10);
/// Deferred deliveries return spread over this time, not all at once.
pub(crate) const SPREAD: Duration = Duration::from_secs(20);
/// The longest `Retry-After` that is honoured. Longer ones are shortened to it.
pub const MAX_RETRY_AFTER: Duration = Duration::from_secs(3600);
/// A delivery that has been rate limited for this long is abandoned.
pub const MAX_LIMITED: Duration = Duration::from_secs(24 * 3600);
/// How far ahead slots are assigned. A delivery without a slot asks again later, when the pace may have changed.
pub const HORIZON: Duration = Duration::from_secs(30);
/// A worker waits for a slot this close itself. Postponing the delivery through the queue would be less exact, because
/// queue delays are whole seconds.
pub const NEAR: Duration = Duration::from_millis(1000);

/// A delivery rate, with a resolution of one delivery per thousand seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Rate {
    per_thousand_seconds: u32,
}

impl Rate {
    /// The slowest and the fastest rate that an operator may set, in deliveries per second.
    pub const RANGE: (f64, f64) = (0.001, 1000.0);
    /// The pace after a destination's first rate limit.
    const FIRST: Self = Self { per_thousand_seconds: 10_000 };
    /// The slowest pace. A destination that needs more time asks for it with `Retry-After`.
    const SLOWEST: Self = Self { per_thousand_seconds: 100 };
    /// A destination that accepts this rate needs no pace.
    const UNPACED: Self = Self { per_thousand_seconds: 200_000 };

    /// The rate of `number` deliveries per second, or `None` if that is outside [`Rate::RANGE`].
    pub fn per_second(number: f64) -> Option<Self> {
        let within = (Self::RANGE.0..=Self::RANGE.1).contains(&number);
        // The product fits, because the number is in range.
        within.then(|| Self { per_thousand_seconds: (number * 1000.0).round() as u32 })
    }

    /// The rate in deliveries per second.
    pub fn a_second(self) -> f64 {
        f64::from(self.per_thousand_seconds) / 1000.0
    }

    /// The time between two deliveries, in microseconds.
    pub fn interval_us(self) -> i64 {
        1_000_000_000 / i64::from(self.per_thousand_seconds.max(1))
    }

    fn times(self, numerator: u32, denominator: u32) -> Self {
        let product = u64::from(self.per_thousand_seconds) * u64::from(numerator) / u64::from(denominator);
        Self { per_thousand_seconds: u32::try_from(product).unwrap_or(u32::MAX) }
    }
}

/// The circuit breaker of a destination that did not answer too many attempts in a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Breaker {
    /// When it first opened. The destination has not answered since.
    #[serde(with = "crate::time::millis")]
    pub opened_at: Timestamp,
    /// No delivery is attempted before this time; after it, one worker probes. During a probe, this is when the probe's
    /// turn ends.
    #[serde(with = "crate::time::millis")]
    pub until: Timestamp,
    /// How many times in a row it has opened.
    pub times: u32,
    /// Whether a probe has been sent since it last opened.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub probing: bool,
}

/// The state of a circuit breaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum BreakerState {
    /// Deliveries are sent.
    Closed,
    /// Deliveries are postponed.
    Open,
    /// One delivery tests whether the destination answers again; the others are postponed.
    HalfOpen,
}

impl Breaker {
    /// The breaker after [`FAILURES_TO_OPEN`] failures in a row, or after a failed probe of `before`.
    pub fn opened(before: Option<&Self>, now: Timestamp) -> Self {
        let times = before.map_or(0, |before| before.times);
        let wait = FIRST_OPEN.saturating_mul(1 << times.min(8)).min(LONGEST_OPEN);
        let opened_at = before.map_or(now, |before| before.opened_at);
        Self { opened_at, until: now + wait, times: times.saturating_add(1), probing: false }
    }

    /// The breaker of a destination that has not answered an attempt for [`SLOW`] and was not known to be slow. Other
    /// attempts wait until that one ends, so a destination that is down costs few requests before its breaker opens.
    pub fn suspected(now: Timestamp) -> Self {
        Self { opened_at: now, until: now + SUSPECTED, times: 0, probing: true }
    }

    /// Whether it is only a suspicion: the breaker has not opened, and an attempt is still running.
    pub fn is_suspicion(&self) -> bool {
        self.times == 0
    }

    /// The breaker while a worker probes, starting at `now`.
    pub fn probing(&self, now: Timestamp) -> Self {
        Self { until: now + PROBE, probing: true, ..self.clone() }
    }

    /// The state of the breaker at `now`.
    pub fn state(&self, now: Timestamp) -> BreakerState {
        if self.probing || self.until <= now { BreakerState::HalfOpen } else { BreakerState::Open }
    }

    /// Whether a probe may be sent now.
    pub fn may_probe(&self, now: Timestamp) -> bool {
        self.until <= now
    }

    /// Whether the breaker has been open long enough to make its destination unhealthy: the time in which a delivery
    /// would have failed for the fourth time. A single delivery rarely fails that often, because few are attempted
    /// while the breaker is open.
    pub fn breaks_health(&self, schedule: &Schedule, now: Timestamp) -> bool {
        !self.is_suspicion() && now.duration_since(self.opened_at) >= schedule.time_to_fourth_attempt()
    }
}

/// The pace at which a destination accepts deliveries, learned from its rate limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pace {
    /// How fast deliveries are sent.
    pub rate: Rate,
    /// When the pace began. Identifies the pace.
    #[serde(with = "crate::time::millis")]
    pub since: Timestamp,
    /// Whether the destination has rate limited us since the pace began. If so, the pace grows in small steps.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub found: bool,
}

/// How long a pace must hold before it grows.
const GROWS_AFTER: Duration = Duration::from_secs(2);

impl Pace {
    /// The pace after a delivery attempted at `at` was rate limited: half of `before`. A pace that began after `at`
    /// stays as it is, because many deliveries can hit the same limit at once.
    pub fn slower(before: Option<Self>, max: Option<Rate>, at: Timestamp, now: Timestamp) -> Self {
        match before {
            None => {
                let first = max.map_or(Rate::FIRST, |max| max.times(1, 2).min(Rate::FIRST));
                Self { rate: first.max(Rate::SLOWEST), since: now, found: false }
            }
            Some(pace) if pace.since > at => pace,
            Some(pace) => Self { rate: pace.rate.times(1, 2).max(Rate::SLOWEST), since: now, found: true },
        }
    }

    /// The pace after a delivery sent at this pace has succeeded: `Some(None)` if the destination needs no pace any
    /// more, `None` if the pace does not change.
    ///
    /// The rate doubles until the destination rate limits us again; from then on it grows by an eighth.
    pub fn faster(self, slot: Option<&Slot>, now: Timestamp) -> Option<Option<Self>> {
        let by_this_pace = slot.is_none_or(|slot| slot.pace == Some(self.since));
        if !by_this_pace || now.duration_since(self.since) < signed(GROWS_AFTER) {
            return None;
        }
        let rate = if self.found { self.rate.times(9, 8) } else { self.rate.times(2, 1) };
        Some((rate < Rate::UNPACED).then_some(Self { rate, since: now, ..self }))
    }
}

/// What deliveries have learned about a destination.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Traffic {
    /// How many of the newest attempts in a row got no answer. Workers stop counting when the breaker opens.
    pub unreached: u32,
    /// Present while attempts are postponed because the destination does not answer.
    pub breaker: Option<Breaker>,
    /// When it stops counting as slow; workers extend this while it is slow.
    pub slow_until: Option<Timestamp>,
    /// The pace learned from its rate limits.
    pub pace: Option<Pace>,
    /// The first free slot, in microseconds since the Unix epoch, if it has a pace.
    pub next_slot: Option<i64>,
}

/// The time at which a delivery may be sent to a destination that has a pace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slot {
    /// The earliest time to send.
    #[serde(with = "crate::time::millis")]
    pub at: Timestamp,
    /// The pace that assigned the slot ([`Pace::since`]); `None` if the operator's own rate did.
    #[serde(default, with = "crate::time::millis::option", skip_serializing_if = "Option::is_none")]
    pub pace: Option<Timestamp>,
}

/// The queue through which deliveries go to a destination. Each has its own concurrency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Lane {
    /// Most deliveries.
    Fast,
    /// Deliveries to destinations that are slow, paced or not answering, so that no other delivery waits behind them.
    Slow,
    /// Mails, which are sent at the rate of the account's SES quota.
    Mail,
}

/// Whether a delivery may be attempted now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signal {
    /// The attempt may start.
    Go,
    /// The attempt must wait until this time.
    Wait(Timestamp),
    /// The attempt may start as a probe, if the worker can claim the probe first.
    Probe,
}

/// The slots of `count` deliveries. `counter_us` is the value of the counter, in microseconds, after they were taken
/// from it.
pub fn slots(rate: Rate, count: usize, counter_us: i64) -> impl Iterator<Item = Timestamp> {
    let interval = rate.interval_us();
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    // The counter is the time of the first free slot.
    (0..count).map(move |i| crate::time::from_millis((counter_us - (count - i) * interval) / 1000))
}

/// When a delivery that got no slot within the horizon asks again. `random` is a random number from 0 to 1.
pub fn ask_again(now: Timestamp, random: f64) -> Timestamp {
    now + HORIZON.mul_f64(0.5 + random / 2.0)
}

fn signed(duration: Duration) -> jiff::SignedDuration {
    jiff::SignedDuration::try_from(duration).unwrap_or(jiff::SignedDuration::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::from_millis;

    #[test]
    fn a_breaker_opens_for_thirty_seconds_and_twice_as_long_each_time_up_to_five_minutes() {
        let now = from_millis(1_000_000);
        let mut breaker = Breaker::opened(None, now);
        let mut waits = vec![];
        for _ in 0..6 {
            waits.push(breaker.until.duration_since(now).as_secs());
            breaker = Breaker::opened(Some(&breaker), now);
        }
        assert_eq!(waits, [30, 60, 120, 240, 300, 300]);
        assert_eq!(breaker.opened_at, now);
    }

    #[test]
    fn a_suspicion_opens_like_any_breaker_once_it_is_confirmed() {
        let now = from_millis(1_000_000);
        let suspected = Breaker::suspected(now);
        assert!(suspected.is_suspicion() && !suspected.may_probe(now));
        assert_eq!(suspected.state(now), BreakerState::HalfOpen);
        let later = now + SUSPECTED;
        assert!(suspected.may_probe(later));
        let opened = Breaker::opened(Some(&suspected), later);
        assert_eq!((opened.times, opened.opened_at, opened.until), (1, now, later + FIRST_OPEN));
        assert!(!opened.is_suspicion());
    }

    #[test]
    fn a_breaker_breaks_health_when_a_fourth_attempt_would_have() {
        let now = from_millis(1_000_000);
        let breaker = Breaker::opened(None, now);
        let schedule = Schedule::default();
        assert!(!breaker.breaks_health(&schedule, now + Duration::from_secs(60 + 300 + 1800 - 1)));
        assert!(breaker.breaks_health(&schedule, now + Duration::from_secs(60 + 300 + 1800)));
    }

    #[test]
    fn many_deliveries_that_meet_one_limit_halve_the_pace_once() {
        let now = from_millis(1_000_000);
        let first = Pace::slower(None, None, now, now);
        assert_eq!(first.rate.a_second(), 10.0);
        assert_eq!(Pace::slower(Some(first), None, now - Duration::from_millis(1), now), first, "the same limit");
        let later = now + Duration::from_secs(5);
        let second = Pace::slower(Some(first), None, later, later);
        assert_eq!((second.rate.a_second(), second.since, second.found), (5.0, later, true));
        let own = Rate::per_second(4.0);
        assert_eq!(Pace::slower(None, own, now, now).rate.a_second(), 2.0);
        let slowest = (0..20u64).fold(second, |pace, n| {
            let at = later + Duration::from_secs(n + 1);
            Pace::slower(Some(pace), None, at, at)
        });
        assert_eq!(slowest.rate, Rate::SLOWEST);
    }

    #[test]
    fn a_pace_grows_only_by_what_went_out_by_it() {
        let now = from_millis(1_000_000);
        let pace = Pace::slower(None, None, now, now);
        let slot = |pace: Option<Timestamp>| Slot { at: now, pace };
        let later = now + GROWS_AFTER;
        assert_eq!(pace.faster(Some(&slot(Some(now))), now), None, "too early to tell");
        assert_eq!(pace.faster(Some(&slot(None)), later), None, "of an earlier pace");
        let faster = pace.faster(Some(&slot(Some(now))), later).flatten().expect("a pace");
        assert_eq!((faster.rate.a_second(), faster.since), (20.0, later));
        let found = Pace { found: true, ..faster };
        let grown = found.faster(None, later + GROWS_AFTER).flatten().expect("a pace");
        assert_eq!(grown.rate.a_second(), 22.5);
        let fast = Pace { rate: Rate::UNPACED, ..pace };
        assert_eq!(fast.faster(None, later), Some(None), "it needs none");
    }

    #[test]
    fn slots_follow_one_another_at_the_rate() {
        let rate = Rate::per_second(4.0).expect("a rate");
        let at: Vec<_> = slots(rate, 4, 2_000_000).map(Timestamp::as_millisecond).collect();
        assert_eq!(at, [1000, 1250, 1500, 1750]);
        assert_eq!((Rate::per_second(0.0), Rate::per_second(1e9), Rate::per_second(f64::NAN)), (None, None, None));
        assert_eq!(Rate::per_second(0.001).map(Rate::interval_us), Some(1_000_000_000));
    }

    #[test]
    fn what_found_no_slot_asks_again_within_the_horizon() {
        let now = from_millis(0);
        assert_eq!(ask_again(now, 0.0), now + HORIZON / 2);
        assert_eq!(ask_again(now, 1.0), now + HORIZON);
    }
}
