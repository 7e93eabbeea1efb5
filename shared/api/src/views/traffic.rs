//! How deliveries to a destination are sent. The names are single words, so that all APIs show the same.

use domain::{
    Destination,
    time::rfc3339,
    traffic::{BreakerState, Rate},
};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// How deliveries go out to a destination: none of this is a failure, it only delays them.
#[derive(Debug, Serialize, ToSchema)]
pub struct TrafficView {
    /// Whether deliveries wait because it does not answer.
    breaker: BreakerView,
    /// Whether it answers slowly: its deliveries use a separate queue.
    slow: bool,
    /// The rate to which deliveries are limited; null when they go out as they come.
    pace: Option<PaceView>,
}

/// Stops deliveries to a destination after several attempts in a row without an answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct BreakerView {
    /// `closed` while deliveries go out, `open` while they wait, `half_open` while one of them tries again.
    state: BreakerState,
    /// Until when deliveries wait, while it is open.
    #[schema(example = "2026-04-15T10:05:00.000Z")]
    until: Option<String>,
}

/// The rate to which deliveries are limited.
#[derive(Debug, Serialize, ToSchema)]
pub struct PaceView {
    /// Deliveries per second.
    #[schema(example = 10)]
    rate: f64,
    /// Who asked for it.
    source: PaceSource,
}

/// Who asked for a rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum PaceSource {
    /// The operator, by the maximum per second.
    Operator,
    /// The receiver, by answering 429, or 503 with `Retry-After`.
    Receiver,
}

impl TrafficView {
    /// Creates the view of a destination's traffic at `now`.
    pub fn of(destination: &Destination, now: Timestamp) -> Self {
        // Until a slow attempt has ended, the breaker is only suspected to open.
        let breaker = destination.traffic.breaker.as_ref().filter(|breaker| !breaker.is_suspicion());
        let state = breaker.map_or(BreakerState::Closed, |breaker| breaker.state(now));
        let open = breaker.filter(|_| state == BreakerState::Open);
        Self {
            breaker: BreakerView { state, until: open.map(|breaker| rfc3339(breaker.until)) },
            slow: destination.is_slow(now),
            pace: destination.rate().map(|rate| PaceView::of(destination, rate)),
        }
    }
}

impl PaceView {
    fn of(destination: &Destination, in_force: Rate) -> Self {
        let own = destination.max_per_second == Some(in_force);
        Self { rate: in_force.a_second(), source: if own { PaceSource::Operator } else { PaceSource::Receiver } }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use domain::{
        OperatorId, testing,
        time::from_millis,
        traffic::{Breaker, Pace, SLOW_FOR, Traffic},
    };
    use serde_json::{Value, json};

    const NOW: i64 = 1_000_000;

    fn webhook() -> Destination {
        Destination { ..testing::webhook(OperatorId::generate()) }
    }

    fn with(traffic: Traffic) -> Destination {
        Destination { traffic, ..webhook() }
    }

    fn with_breaker(breaker: Breaker) -> Destination {
        with(Traffic { breaker: Some(breaker), ..Traffic::default() })
    }

    fn shown(destination: &Destination, at: Timestamp) -> Value {
        serde_json::to_value(TrafficView::of(destination, at)).expect("JSON")
    }

    #[test]
    fn an_undisturbed_destination_is_closed_fast_and_unlimited() {
        let expected = json!({"breaker": {"state": "closed", "until": null}, "slow": false, "pace": null});
        assert_eq!(shown(&webhook(), from_millis(NOW)), expected);
    }

    #[test]
    fn an_open_breaker_says_until_when() {
        let now = from_millis(NOW);
        let open = Breaker::opened(None, now);
        let to = with_breaker(open.clone());
        assert_eq!(shown(&to, now)["breaker"], json!({"state": "open", "until": "1970-01-01T00:17:10.000Z"}));
        let half_open = json!({"state": "half_open", "until": null});
        assert_eq!(shown(&to, open.until)["breaker"], half_open, "due for a probe");
        let probed = with_breaker(open.probing(open.until));
        assert_eq!(shown(&probed, open.until)["breaker"], half_open, "being probed");
    }

    #[test]
    fn a_suspected_breaker_is_closed() {
        let now = from_millis(NOW);
        let to = with_breaker(Breaker::suspected(now));
        assert_eq!(shown(&to, now)["breaker"], json!({"state": "closed", "until": null}));
    }

    #[test]
    fn a_slow_destination_is_slow_until_it_recovers() {
        let now = from_millis(NOW);
        let to = with(Traffic { slow_until: Some(now + SLOW_FOR), ..Traffic::default() });
        assert_eq!(shown(&to, now)["slow"], true);
        assert_eq!(shown(&to, now + SLOW_FOR)["slow"], false);
    }

    #[test]
    fn the_pace_is_the_slower_of_both_with_its_source() {
        let now = from_millis(NOW);
        let pace = Some(Pace::slower(None, None, now, now + Duration::from_millis(1)));
        let paced = || with(Traffic { pace, ..Traffic::default() });
        let own = |per_second| Rate::per_second(per_second);
        let pace_of = |to: Destination| shown(&to, now)["pace"].clone();
        assert_eq!(pace_of(paced()), json!({"rate": 10.0, "source": "receiver"}));
        let max_per_second = own(2.5);
        let slower = Destination { max_per_second, ..paced() };
        assert_eq!(pace_of(slower), json!({"rate": 2.5, "source": "operator"}));
        let max_per_second = own(100.0);
        let faster = Destination { max_per_second, ..paced() };
        assert_eq!(pace_of(faster), json!({"rate": 10.0, "source": "receiver"}));
        let max_per_second = own(10.0);
        let same = Destination { max_per_second, ..paced() };
        assert_eq!(pace_of(same), json!({"rate": 10.0, "source": "operator"}));
    }
}
