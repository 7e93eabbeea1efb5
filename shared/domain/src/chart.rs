//! Counts of an account's deliveries by state, over time.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::{DeliveryState, time::from_millis};

/// How many buckets a chart has.
const BUCKETS: i64 = 48;

/// Deliveries by where they stand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Tally {
    /// The receiver took them.
    pub succeeded: u32,
    /// They failed, and will be tried again.
    pub failed: u32,
    /// They are on their way.
    pub pending: u32,
    /// They wait to be recovered.
    pub held: u32,
    /// They ended without success.
    pub abandoned: u32,
}

impl Tally {
    /// Counts one more delivery in this state.
    pub fn add(&mut self, state: DeliveryState) {
        *match state {
            DeliveryState::Pending => &mut self.pending,
            DeliveryState::Succeeded => &mut self.succeeded,
            DeliveryState::Failed => &mut self.failed,
            DeliveryState::Abandoned => &mut self.abandoned,
            DeliveryState::Held => &mut self.held,
        } += 1;
    }

    /// How many deliveries a recovery would send again.
    pub fn waiting(self) -> u32 {
        self.failed + self.held + self.abandoned
    }
}

/// Counts of deliveries over a period, in equal buckets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chart {
    /// When the first bucket begins.
    pub since: Timestamp,
    /// The length of each bucket, in seconds.
    pub step: i64,
    /// The buckets, oldest first.
    pub buckets: Vec<Tally>,
}

impl Chart {
    /// An empty chart of the last `hours` before `now`. Buckets start at whole multiples of their length, so they stay
    /// the same from one request to the next. The last bucket is still in progress.
    pub fn empty(now: Timestamp, hours: u32) -> Self {
        let step = i64::from(hours) * 3600 / BUCKETS;
        let last = now.as_second().div_euclid(step) * step;
        let since = from_millis((last - (BUCKETS - 1) * step) * 1000);
        Self { since, step, buckets: vec![Tally::default(); usize::try_from(BUCKETS).unwrap_or(0)] }
    }

    /// Counts a delivery of an event accepted at `at`, if it is within the period.
    pub fn add(&mut self, at: Timestamp, state: DeliveryState) {
        let seconds = at.duration_since(self.since).as_secs();
        let bucket = usize::try_from(seconds.div_euclid(self.step)).ok().and_then(|i| self.buckets.get_mut(i));
        if let Some(bucket) = bucket {
            bucket.add(state);
        }
    }

    /// When the last bucket ends.
    pub fn until(&self) -> Timestamp {
        self.since + SignedDuration::from_secs(BUCKETS * self.step)
    }

    /// The buckets, each with its start.
    pub fn timed(&self) -> impl Iterator<Item = (Timestamp, Tally)> {
        let begins = (0..).map(|i| self.since + SignedDuration::from_secs(i * self.step));
        begins.zip(self.buckets.iter().copied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chart_counts_by_when_an_event_was_accepted() {
        let until: Timestamp = "2026-04-15T12:00:00Z".parse().expect("a time");
        let mut chart = Chart::empty("2026-04-15T11:47:03.5Z".parse().expect("a time"), 24);
        assert_eq!((chart.step, chart.buckets.len(), chart.until()), (1800, 48, until));
        let before = |seconds| until - SignedDuration::from_secs(seconds);
        for (seconds, state) in [
            (1, DeliveryState::Succeeded),
            (1800, DeliveryState::Failed),
            (1801, DeliveryState::Held),
            (86_400, DeliveryState::Abandoned),
            (86_401, DeliveryState::Pending),
            (-1, DeliveryState::Pending),
        ] {
            chart.add(before(seconds), state);
        }
        assert_eq!(chart.buckets[47], Tally { succeeded: 1, failed: 1, ..Tally::default() });
        assert_eq!(chart.buckets[46], Tally { held: 1, ..Tally::default() });
        assert_eq!(chart.buckets[0], Tally { abandoned: 1, ..Tally::default() });
        assert_eq!(chart.timed().last().expect("a bucket").0, before(1800));
    }
}
