//! Counts by the hour, over a period.

use std::{collections::BTreeMap, time::Duration};

use jiff::{SignedDuration, Timestamp};

use super::Counts;
use crate::time::from_millis;

const HOUR: i64 = 3600;

/// A period of statistics. It ends now and consists of whole buckets, the last of which is still in progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Period {
    /// 24 buckets of one hour.
    Day,
    /// 28 buckets of six hours.
    Week,
}

impl Period {
    /// How long counters are kept: the longest period, and a day to spare.
    pub const RETENTION: Duration = Duration::from_secs(8 * 24 * 3600);

    /// The period with this name in the API.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Day, Self::Week].into_iter().find(|period| period.as_str() == name)
    }

    /// The name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Day => "24h",
            Self::Week => "7d",
        }
    }

    /// The length of a bucket in seconds.
    pub fn step(self) -> i64 {
        match self {
            Self::Day => HOUR,
            Self::Week => 6 * HOUR,
        }
    }

    fn buckets(self) -> i64 {
        match self {
            Self::Day => 24,
            Self::Week => 28,
        }
    }

    /// When the period that contains `now` in its last bucket begins.
    pub fn since(self, now: Timestamp) -> Timestamp {
        let last = now.as_second().div_euclid(self.step()) * self.step();
        from_millis((last - (self.buckets() - 1) * self.step()) * 1000)
    }
}

/// Counts by the hour in which attempts were made, or their counts written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hourly(BTreeMap<i64, Counts>);

impl Hourly {
    /// The hour of a time: full hours since the Unix epoch.
    pub fn hour(at: Timestamp) -> i64 {
        at.as_second().div_euclid(HOUR)
    }

    /// The counts of the hour that contains `at`.
    pub fn at(&mut self, at: Timestamp) -> &mut Counts {
        self.of_hour(Self::hour(at))
    }

    /// The counts of an [hour](Self::hour).
    pub fn of_hour(&mut self, hour: i64) -> &mut Counts {
        self.0.entry(hour).or_default()
    }

    /// The sum of all counts.
    pub fn total(&self) -> Counts {
        Self::sum(self.0.values())
    }

    /// The buckets of `period`, oldest first, each with its start.
    pub fn buckets(&self, period: Period, now: Timestamp) -> Vec<(Timestamp, Counts)> {
        let since = period.since(now);
        let starts = (0..period.buckets()).map(|n| since + SignedDuration::from_secs(n * period.step()));
        let hours = period.step() / HOUR;
        starts
            .map(|start| {
                let first = Self::hour(start);
                (start, Self::sum(self.0.range(first..first + hours).map(|(_, counts)| counts)))
            })
            .collect()
    }

    fn sum<'a>(all: impl Iterator<Item = &'a Counts>) -> Counts {
        all.fold(Counts::default(), |mut sum, counts| {
            sum.merge(counts);
            sum
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    #[test]
    fn a_period_ends_with_the_bucket_in_progress() {
        let now = at("2026-04-15T10:47:03Z");
        assert_eq!(Period::Day.since(now), at("2026-04-14T11:00:00Z"));
        assert_eq!(Period::Week.since(now), at("2026-04-08T12:00:00Z"));
        assert_eq!(["24h", "7d", "1d"].map(Period::named), [Some(Period::Day), Some(Period::Week), None]);
    }

    #[test]
    fn buckets_of_a_week_sum_six_hours() {
        let now = at("2026-04-15T10:47:03Z");
        let mut hourly = Hourly::default();
        for (time, count) in [("06:00:00", 1), ("10:59:59", 2), ("05:59:59", 4)] {
            hourly.at(at(&format!("2026-04-15T{time}Z"))).succeeded += count;
        }
        let week: Vec<_> = hourly.buckets(Period::Week, now).into_iter().map(|(_, counts)| counts.succeeded).collect();
        assert_eq!((week.len(), &week[25..]), (28, &[0, 4, 3][..]));
        let day = hourly.buckets(Period::Day, now);
        assert_eq!((day.len(), day[23].1.succeeded, day[23].0), (24, 2, at("2026-04-15T10:00:00Z")));
        assert_eq!(hourly.total().succeeded, 7);
    }
}
