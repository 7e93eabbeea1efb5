//! Why and since when a destination is unhealthy.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{DeliveryId, attempt::cut};

/// Why and since when a destination is unhealthy. It becomes healthy when it is verified again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unhealthy {
    /// When the failed attempt, the bounce or the complaint happened.
    #[serde(with = "crate::time::millis")]
    pub since: Timestamp,
    /// What went wrong.
    pub reason: String,
    /// The delivery that failed, if it was a delivery.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery_id: Option<DeliveryId>,
}

/// The longest reason that is stored, in bytes. Receivers and mail servers can send long texts.
const MAX_REASON: usize = 500;

impl Unhealthy {
    /// Records an unhealthy state since `since`, with the reason cut to a short text.
    pub fn new(since: Timestamp, reason: &str, delivery_id: Option<DeliveryId>) -> Self {
        Self { since, reason: cut(reason, MAX_REASON).to_owned(), delivery_id }
    }
}

/// The time from which a destination may have missed events. The event of the delivery that made it unhealthy was
/// accepted before `since`, and a recovery selects events by when they were accepted.
pub(crate) fn missed_since(since: Timestamp, delivery_id: Option<DeliveryId>) -> Timestamp {
    delivery_id.map_or(since, |id| id.event.made_at().min(since))
}

impl Unhealthy {
    /// The time from which to recover missed events.
    pub fn missed_since(&self) -> Timestamp {
        missed_since(self.since, self.delivery_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_cut() {
        let reason = Unhealthy::new(crate::time::now(), &"x".repeat(9000), None).reason;
        assert_eq!(reason.len(), MAX_REASON);
    }
}
