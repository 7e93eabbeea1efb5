//! Deliveries that wait longer than they should.

use std::time::Duration;

use jiff::Timestamp;

/// How late an attempt must be for its delivery to be overdue.
///
/// A breaker defers deliveries by at most five minutes, and a failed job is received again within minutes. An attempt
/// that is later than this waits for something else: a message in a dead-letter queue, or a long backlog.
pub const OVERDUE_AFTER: Duration = Duration::from_secs(15 * 60);

/// Whether an attempt due at `due` is overdue at `now`.
pub fn is_overdue(due: Timestamp, now: Timestamp) -> bool {
    due < overdue_before(now)
}

/// The time before which an attempt must have been due to be overdue at `now`.
pub fn overdue_before(now: Timestamp) -> Timestamp {
    now - OVERDUE_AFTER
}

/// The overdue deliveries to one destination.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Overdue {
    /// How many deliveries are overdue.
    pub count: u32,
    /// When the first of them was due.
    pub since: Option<Timestamp>,
}

impl Overdue {
    /// Counts a delivery due at `due`, if it is overdue at `now`.
    pub fn add(&mut self, due: Timestamp, now: Timestamp) {
        if is_overdue(due, now) {
            self.merge(Self { count: 1, since: Some(due) });
        }
    }

    /// Adds the counts of `other`.
    pub fn merge(&mut self, other: Self) {
        self.count = self.count.saturating_add(other.count);
        self.since = self.since.into_iter().chain(other.since).min();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::from_millis;

    #[test]
    fn a_delivery_is_overdue_a_quarter_of_an_hour_past_its_time() {
        let due = from_millis(1_000_000);
        let after = |minutes: u64| due + Duration::from_secs(60 * minutes);
        assert!(!is_overdue(due, due));
        assert!(!is_overdue(due, after(15)));
        assert!(is_overdue(due, after(15) + Duration::from_millis(1)));
    }

    #[test]
    fn overdue_deliveries_are_counted_from_the_first() {
        let (now, at) = (from_millis(10_000_000), |seconds: i64| from_millis(10_000_000 - seconds * 1000));
        let mut overdue = Overdue::default();
        for seconds in [0, 899, 1000, 2000, 950] {
            overdue.add(at(seconds), now);
        }
        assert_eq!(overdue, Overdue { count: 3, since: Some(at(2000)) });
        overdue.merge(Overdue { count: 2, since: Some(at(3000)) });
        assert_eq!(overdue, Overdue { count: 5, since: Some(at(3000)) });
    }
}
