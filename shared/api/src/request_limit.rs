//! Limits the requests per second of each key, with a token bucket per key in the memory of one function process.
//!
//! A key that several processes serve at once has a bucket in each of them. The limit is therefore for fairness, not a
//! quota: it keeps one caller from taking all of a function's time. API Gateway has its own limit in addition.

use std::{
    collections::BTreeMap,
    num::NonZeroU32,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use domain::KeyId;
use governor::{
    Quota, RateLimiter,
    clock::{Clock, DefaultClock},
    middleware::NoOpMiddleware,
    state::keyed::HashMapStateStore,
};

/// The number of buckets above which full ones are removed.
const MANY: usize = 10_000;

/// The buckets of all keys that have made requests.
pub(crate) struct RequestLimit<C: Clock = DefaultClock> {
    by_default: u32,
    clock: C,
    buckets: Mutex<Buckets<C>>,
}

/// Grouped by rate, because all buckets of a limiter share one.
type Buckets<C> = BTreeMap<NonZeroU32, Limiter<C>>;

type Limiter<C> = RateLimiter<KeyId, HashMapStateStore<KeyId>, C, NoOpMiddleware<<C as Clock>::Instant>>;

impl RequestLimit {
    /// Reads the default limit from `REQUESTS_PER_SECOND`. 0 or a missing variable means no limit.
    pub(crate) fn from_env() -> Self {
        let given = std::env::var("REQUESTS_PER_SECOND").ok().and_then(|rate| rate.parse().ok());
        Self::new(given.unwrap_or(0), DefaultClock::default())
    }
}

impl<C: Clock + Clone> RequestLimit<C> {
    fn new(by_default: u32, clock: C) -> Self {
        Self { by_default, clock, buckets: Mutex::default() }
    }

    /// Counts one request of a key, at its own rate or the default. 0 means no limit.
    ///
    /// # Errors
    /// How long to wait if the key has made too many requests. Rejected requests are not counted.
    pub(crate) fn admit(&self, key: KeyId, own: Option<u32>) -> Result<(), Duration> {
        let Some(rate) = NonZeroU32::new(own.unwrap_or(self.by_default)) else { return Ok(()) };
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.values().map(RateLimiter::len).sum::<usize>() >= MANY {
            buckets.retain(|_, limiter| {
                limiter.retain_recent();
                limiter.shrink_to_fit();
                !limiter.is_empty()
            });
        }
        let limiter = buckets.entry(rate).or_insert_with(|| {
            let quota = Quota::per_second(rate).allow_burst(rate.saturating_add(rate.get()));
            RateLimiter::new(quota, HashMapStateStore::default(), self.clock.clone())
        });
        limiter.check_key(&key).map_err(|until| until.wait_time_from(self.clock.now()))
    }

    #[cfg(test)]
    fn kept(&self) -> usize {
        self.buckets.lock().expect("no panic").values().map(RateLimiter::len).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::OperatorId;
    use governor::clock::FakeRelativeClock;

    fn limit(by_default: u32) -> (RequestLimit<FakeRelativeClock>, FakeRelativeClock) {
        let clock = FakeRelativeClock::default();
        (RequestLimit::new(by_default, clock.clone()), clock)
    }

    fn key() -> KeyId {
        KeyId::generate(OperatorId::generate())
    }

    /// Returns how many of a hundred concurrent requests are admitted.
    fn admitted(limit: &RequestLimit<FakeRelativeClock>, key: KeyId, own: Option<u32>) -> usize {
        (0..100).filter(|_| limit.admit(key, own).is_ok()).count()
    }

    #[test]
    fn a_key_has_a_burst_of_twice_its_rate_and_then_its_rate() {
        let (limit, clock) = limit(10);
        let (one, other) = (key(), key());
        assert_eq!(admitted(&limit, one, None), 20);
        assert_eq!(limit.admit(one, None), Err(Duration::from_millis(100)));
        assert_eq!(admitted(&limit, other, None), 20, "another key has a bucket of its own");
        clock.advance(Duration::from_secs(1));
        assert_eq!(admitted(&limit, one, None), 10);
    }

    #[test]
    fn an_own_rate_takes_the_place_of_the_default() {
        let (limit, _) = limit(10);
        assert_eq!(admitted(&limit, key(), Some(1)), 2);
        assert_eq!(admitted(&limit, key(), Some(0)), 100);
        let (none, _) = self::limit(0);
        assert_eq!(admitted(&none, key(), None), 100);
        assert_eq!(admitted(&none, key(), Some(3)), 6);
        assert_eq!(none.kept(), 1, "nothing is kept of a key without a limit");
    }

    #[test]
    fn memory_is_bounded() {
        let (limit, clock) = limit(10);
        for _ in 0..3 * MANY {
            assert!(limit.admit(key(), None).is_ok());
            clock.advance(Duration::from_millis(1));
        }
        assert!(limit.kept() <= MANY, "{}", limit.kept());
    }
}
