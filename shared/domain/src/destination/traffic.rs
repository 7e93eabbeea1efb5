//! When and through which queue deliveries go to a destination.

use jiff::Timestamp;

use super::Destination;
use crate::traffic::{BreakerState, Lane, Rate, SPREAD, Signal, Slot, Traffic};

impl Destination {
    /// The queue for deliveries to this destination.
    pub fn lane(&self, now: Timestamp) -> Lane {
        let slow = self.is_slow(now);
        match self.kind.is_mail() {
            true => Lane::Mail,
            false if slow || self.traffic.breaker.is_some() || self.rate().is_some() => Lane::Slow,
            false => Lane::Fast,
        }
    }

    /// Whether the breaker lets a delivery through. `random` is a random number from 0 to 1.
    pub fn signal(&self, now: Timestamp, random: f64) -> Signal {
        match &self.traffic.breaker {
            None => Signal::Go,
            Some(breaker) if breaker.may_probe(now) => Signal::Probe,
            Some(breaker) => Signal::Wait(breaker.until + SPREAD.mul_f64(random)),
        }
    }

    /// The rate at which deliveries are sent: the slower of the operator's limit and the learned pace. `None` if there
    /// is no limit.
    pub fn rate(&self) -> Option<Rate> {
        let found = self.traffic.pace.map(|pace| pace.rate);
        found.into_iter().chain(self.max_per_second).min()
    }

    /// Whether deliveries wait because the destination has rate limited us.
    pub fn is_limited(&self) -> bool {
        self.traffic.pace.is_some()
    }

    /// Whether a slot is still valid: the pace has not become slower since the slot was assigned.
    pub fn keeps(&self, slot: &Slot) -> bool {
        self.traffic.pace.is_none_or(|pace| !pace.found || slot.pace.is_some_and(|of| of >= pace.since))
    }

    /// Whether workers need nothing but the address: the destination receives deliveries and has no failures, breaker,
    /// pace or slowness.
    pub fn is_plain(&self, now: Timestamp) -> bool {
        self.receives()
            && self.traffic.unreached == 0
            && self.traffic.breaker.is_none()
            && self.rate().is_none()
            && !self.is_slow(now)
    }

    /// Whether deliveries use the slow queue because the destination answers slowly.
    pub fn is_slow(&self, now: Timestamp) -> bool {
        self.traffic.slow_until.is_some_and(|until| now < until)
    }

    /// Clears everything that deliveries have learned, because it does not apply to a new address.
    pub fn forget_traffic(&mut self) {
        self.traffic = Traffic::default();
    }

    /// The state of its breaker at `now`.
    pub fn breaker_state(&self, now: Timestamp) -> BreakerState {
        self.traffic.breaker.as_ref().map_or(BreakerState::Closed, |breaker| breaker.state(now))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{
        Kind,
        testing::email,
        time::from_millis,
        traffic::{Breaker, PROBE, Pace, SLOW_FOR},
    };

    fn with(traffic: Traffic) -> Destination {
        Destination { traffic, ..webhook() }
    }

    fn webhook() -> Destination {
        Destination { kind: Kind::Webhook, ..email("https://example.com") }
    }

    #[test]
    fn one_worker_probes_and_the_others_wait_for_the_end_of_its_turn() {
        let now = from_millis(1_000_000);
        let open = Breaker::opened(None, now);
        let mut to = with(Traffic { breaker: Some(open.clone()), ..Traffic::default() });
        assert!(matches!(to.signal(now, 0.5), Signal::Wait(at) if at == open.until + Duration::from_secs(10)));
        assert_eq!((to.breaker_state(now), to.lane(now)), (BreakerState::Open, Lane::Slow));
        assert_eq!(to.signal(open.until, 0.5), Signal::Probe);
        to.traffic.breaker = Some(open.probing(open.until));
        assert!(matches!(to.signal(open.until, 0.0), Signal::Wait(at) if at == open.until + PROBE));
        assert_eq!(to.breaker_state(open.until), BreakerState::HalfOpen);
        // The worker may have died.
        assert_eq!(to.signal(open.until + PROBE, 0.0), Signal::Probe);
        assert_eq!(webhook().signal(now, 0.5), Signal::Go);
    }

    #[test]
    fn a_destination_is_slow_until_it_has_not_been_for_a_while() {
        let now = from_millis(1_000_000);
        let to = with(Traffic { slow_until: Some(now + SLOW_FOR), ..Traffic::default() });
        assert_eq!((to.lane(now), to.lane(now + SLOW_FOR)), (Lane::Slow, Lane::Fast));
        assert_eq!(Destination { kind: Kind::Email, ..to }.lane(now), Lane::Mail);
        assert_eq!(webhook().lane(now), Lane::Fast);
    }

    #[test]
    fn slots_given_out_at_a_faster_pace_do_not_hold() {
        let now = from_millis(1_000_000);
        let first = Pace::slower(None, None, now, now);
        let slot = Slot { at: now, pace: Some(first.since) };
        let later = now + Duration::from_secs(5);
        let with = |pace| with(Traffic { pace, ..Traffic::default() });
        assert!(with(Some(first)).keeps(&slot) && with(None).keeps(&slot));
        assert!(with(first.faster(Some(&slot), later).flatten()).keeps(&slot), "a slower one does");
        assert!(!with(Some(Pace::slower(Some(first), None, later, later))).keeps(&slot));
        assert!(!with(Some(Pace::slower(Some(first), None, later, later))).keeps(&Slot { pace: None, ..slot }));
    }

    #[test]
    fn the_slower_of_two_paces_counts() {
        let now = from_millis(1_000_000);
        let own = Rate::per_second(2.0);
        let paced = Traffic { pace: Some(Pace::slower(None, None, now, now)), ..Traffic::default() };
        assert_eq!(webhook().rate(), None);
        assert_eq!(Destination { max_per_second: own, ..with(paced.clone()) }.rate(), own);
        assert_eq!(with(paced).rate().map(Rate::a_second), Some(10.0));
        assert_eq!(Destination { max_per_second: own, ..webhook() }.lane(now), Lane::Slow);
    }
}
