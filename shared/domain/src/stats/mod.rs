//! Statistics of the attempts to one destination: counts, latencies and the last error.
//!
//! The rows of deliveries are exact, but a busy destination has too many of them to read for a page. For those, workers
//! also keep counters ([`pending`]), which cost one write for a hundred deliveries.

mod latencies;
pub mod pending;
mod period;

use jiff::Timestamp;

use crate::{Attempt, Delivery, DeliveryId, DeliveryState, attempt::cut, delivery::Fault};

pub use latencies::Latencies;
pub use period::{Hourly, Period};

/// How much of an error is kept, in bytes. The row of an hour must stay below 1 KB, which costs one write unit.
const MAX_ERROR: usize = 200;

/// The most recent failure of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastError {
    /// When the attempt began.
    pub at: Timestamp,
    /// Why it failed, at most 200 bytes.
    pub message: String,
    /// The delivery that was attempted.
    pub delivery_id: DeliveryId,
}

/// The attempts to a destination in some period.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// Deliveries that were attempted for the first time.
    pub deliveries: u64,
    /// Attempts that the receiver accepted.
    pub succeeded: u64,
    /// Attempts that failed, without those that were rate limited.
    pub failed: u64,
    /// Attempts that were rate limited. They are not failures.
    pub throttled: u64,
    /// Deliveries that ended with success.
    pub arrived: u64,
    /// Deliveries whose last attempt failed, and that are not retried any more.
    pub abandoned: u64,
    /// How long the attempts took.
    pub latencies: Latencies,
    /// The most recent failure.
    pub last_error: Option<LastError>,
}

impl Counts {
    /// Counts an attempt, which left its delivery in the state `after`.
    pub fn add(&mut self, delivery_id: DeliveryId, attempt: &Attempt, after: DeliveryState) {
        self.deliveries += u64::from(attempt.number == 1);
        self.latencies.add(attempt.duration_ms);
        match &attempt.error {
            None => self.succeeded += 1,
            Some(_) if attempt.fault == Fault::Throttled => self.throttled += 1,
            Some(message) => {
                self.failed += 1;
                let message = cut(message, MAX_ERROR).to_owned();
                self.note_error(LastError { at: attempt.at, message, delivery_id });
            }
        }
        match after {
            DeliveryState::Succeeded => self.arrived += 1,
            DeliveryState::Abandoned => self.abandoned += 1,
            DeliveryState::Pending | DeliveryState::Failed | DeliveryState::Held => {}
        }
    }

    /// Adds other counts.
    pub fn merge(&mut self, other: &Self) {
        self.deliveries += other.deliveries;
        self.succeeded += other.succeeded;
        self.failed += other.failed;
        self.throttled += other.throttled;
        self.arrived += other.arrived;
        self.abandoned += other.abandoned;
        self.latencies.merge(&other.latencies);
        other.last_error.iter().for_each(|error| self.note_error(error.clone()));
    }

    fn note_error(&mut self, error: LastError) {
        if self.last_error.as_ref().is_none_or(|known| known.at <= error.at) {
            self.last_error = Some(error);
        }
    }

    /// The number of attempts.
    pub fn attempts(&self) -> u64 {
        self.succeeded + self.failed + self.throttled
    }

    /// The share of attempts that succeeded, from 0 to 1, without those that were rate limited. `None` without any.
    pub fn success_rate(&self) -> Option<f64> {
        let judged = self.succeeded + self.failed;
        (judged > 0).then(|| self.succeeded as f64 / judged as f64)
    }

    /// Whether nothing is counted.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Multiplies all counts by `numerator / denominator`. `random` is a random number from 0 to 1. Each count is
    /// rounded up with a probability equal to its fraction, so that the expected count is exact.
    fn scaled(self, numerator: u64, denominator: u64, random: f64) -> Self {
        let scale = |count: u64| {
            let exact = count as f64 * numerator as f64 / denominator.max(1) as f64;
            (exact + random.clamp(0.0, 0.999_999)).floor() as u64
        };
        Self {
            deliveries: scale(self.deliveries),
            succeeded: scale(self.succeeded),
            failed: scale(self.failed),
            throttled: scale(self.throttled),
            arrived: scale(self.arrived),
            abandoned: scale(self.abandoned),
            latencies: self.latencies.scaled(scale),
            last_error: self.last_error,
        }
    }
}

/// Calls `with` for each attempt of a delivery, with the state in which the attempt left it.
pub fn each_attempt(row: &Delivery, mut with: impl FnMut(&Attempt, DeliveryState)) {
    let last = row.attempts.len().saturating_sub(1);
    for (place, attempt) in row.attempts.iter().enumerate() {
        // A reason belongs to a delivery that was held or abandoned later, without an attempt.
        let after = if place == last && row.reason.is_none() { row.state } else { DeliveryState::Failed };
        with(attempt, after);
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{DestinationId, EventId, time::from_millis};

    pub(crate) fn made(number: u32, ms: u64, at: i64, error: Option<(&str, Fault)>) -> Attempt {
        Attempt {
            number,
            at: from_millis(at),
            duration_ms: ms,
            status: None,
            error: error.map(|(message, _)| message.to_owned()),
            fault: error.map(|(_, fault)| fault).unwrap_or_default(),
            response: None,
            response_headers: None,
            note: None,
            signatures: Default::default(),
        }
    }

    fn id() -> DeliveryId {
        DeliveryId::new(DestinationId::generate(), EventId::generate())
    }

    #[test]
    fn a_rate_limited_attempt_is_neither_a_success_nor_a_failure() {
        let mut counts = Counts::default();
        counts.add(id(), &made(1, 20, 1, Some(("answered 429", Fault::Throttled))), DeliveryState::Failed);
        assert_eq!((counts.attempts(), counts.throttled, counts.success_rate()), (1, 1, None));
        assert_eq!(counts.last_error, None);
        counts.add(id(), &made(2, 20, 2, None), DeliveryState::Succeeded);
        assert_eq!((counts.deliveries, counts.arrived, counts.success_rate()), (1, 1, Some(1.0)));
    }

    #[test]
    fn the_newest_error_is_kept_and_cut() {
        let mut counts = Counts::default();
        let long = "é".repeat(200);
        counts.add(id(), &made(1, 1, 5, Some((&long, Fault::Receiver))), DeliveryState::Failed);
        counts.add(id(), &made(1, 1, 3, Some(("older", Fault::Receiver))), DeliveryState::Abandoned);
        assert_eq!(counts.last_error.as_ref().map(|error| error.message.len()), Some(200));
        assert_eq!((counts.failed, counts.abandoned), (2, 1));
    }

    proptest! {
        #[test]
        fn the_order_of_merges_does_not_matter(
            all in prop::collection::vec((1_u32..4, 0_u64..30_000, 0_u8..4), 0..60),
            at in 0_usize..60,
        ) {
            let outcome = |n: u8| match n {
                0 => (None, DeliveryState::Succeeded),
                1 => (Some(("refused", Fault::Receiver)), DeliveryState::Failed),
                2 => (Some(("refused", Fault::Receiver)), DeliveryState::Abandoned),
                _ => (Some(("limited", Fault::Throttled)), DeliveryState::Failed),
            };
            let id = id();
            let count = |all: &[(usize, &(u32, u64, u8))]| {
                let mut counts = Counts::default();
                for (place, (number, ms, n)) in all {
                    let (error, after) = outcome(*n);
                    counts.add(id, &made(*number, *ms, *place as i64, error), after);
                }
                counts
            };
            let placed: Vec<_> = all.iter().enumerate().collect();
            let (left, right) = placed.split_at(at.min(placed.len()));
            let (whole, left, right) = (count(&placed), count(left), count(right));
            let (mut one, mut other) = (left.clone(), right.clone());
            one.merge(&right);
            other.merge(&left);
            prop_assert_eq!(&one, &whole);
            prop_assert_eq!(&other, &whole);
            prop_assert_eq!(whole.attempts(), whole.latencies.count());
        }
    }
}
