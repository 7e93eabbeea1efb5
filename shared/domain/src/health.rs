//! When a destination becomes unhealthy (design, section 3).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{DeliveryId, backoff::Schedule};

/// That a destination is unhealthy, since when and why. It is healthy again once it is verified again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unhealthy {
    /// When the attempt that made it so was made.
    #[serde(with = "crate::time::millis")]
    pub since: Timestamp,
    /// What went wrong with that attempt.
    pub reason: String,
    /// The delivery whose attempt that was.
    pub delivery_id: DeliveryId,
}

/// Whether a failed attempt makes its destination unhealthy.
///
/// The fourth of a round does («after four failed attempts» in the STACK API); in a schedule of fewer, the last.
/// `410 Gone` does at once. `step` counts the attempts of the round from 0.
pub fn breaks(step: u32, schedule: &Schedule, status: Option<u16>) -> bool {
    status == Some(410) || step + 1 == schedule.attempts().min(4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fourth_failure_breaks_health_and_gone_does_at_once() {
        let schedule = Schedule::default();
        let broken: Vec<_> = (0..5).map(|step| breaks(step, &schedule, Some(500))).collect();
        assert_eq!(broken, [false, false, false, true, false]);
        assert!(breaks(0, &schedule, Some(410)));
        let short = "1".parse().expect("a schedule");
        assert!(!breaks(0, &short, None) && breaks(1, &short, None));
    }
}
