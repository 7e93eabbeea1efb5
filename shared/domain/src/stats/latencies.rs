//! A histogram of latencies, whose buckets grow by a constant factor.

use std::collections::BTreeMap;

/// Buckets for each doubling of the latency.
const PER_DOUBLING: f64 = 3.0;
/// The last bucket, which also takes everything longer than 26 s: more than an attempt can take.
const LAST: u8 = 44;

/// How long attempts took. A percentile differs from the exact one by at most 13 % and half a millisecond.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Latencies {
    /// The number of attempts in each bucket. Buckets without any are left out.
    buckets: BTreeMap<u8, u64>,
}

fn bucket_of(ms: u64) -> u8 {
    // At most `LAST`, and not negative.
    ((ms.max(1) as f64).log2() * PER_DOUBLING).floor().min(f64::from(LAST)) as u8
}

/// The middle of a bucket, in milliseconds.
fn middle(bucket: u8) -> u64 {
    ((f64::from(bucket) + 0.5) / PER_DOUBLING).exp2().round() as u64
}

impl Latencies {
    /// Counts an attempt.
    pub fn add(&mut self, ms: u64) {
        self.add_to(bucket_of(ms), 1);
    }

    /// Counts `count` attempts of a bucket. A bucket that does not exist counts as the last one.
    pub fn add_to(&mut self, bucket: u8, count: u64) {
        if count > 0 {
            *self.buckets.entry(bucket.min(LAST)).or_default() += count;
        }
    }

    /// Adds other latencies.
    pub fn merge(&mut self, other: &Self) {
        other.buckets().for_each(|(bucket, count)| self.add_to(bucket, count));
    }

    /// The buckets with any attempts, each with their number.
    pub fn buckets(&self) -> impl Iterator<Item = (u8, u64)> {
        self.buckets.iter().map(|(bucket, count)| (*bucket, *count))
    }

    /// All buckets.
    pub fn all() -> impl Iterator<Item = u8> {
        0..=LAST
    }

    /// The number of attempts.
    pub fn count(&self) -> u64 {
        self.buckets.values().sum()
    }

    /// The latency in milliseconds that this percentage of the attempts did not exceed. `None` without attempts.
    pub fn percentile(&self, percent: u64) -> Option<u64> {
        let rank = (self.count() * percent).div_ceil(100).max(1);
        let mut seen = 0;
        let found = self.buckets().find(|(_, count)| {
            seen += count;
            seen >= rank
        });
        found.map(|(bucket, _)| middle(bucket))
    }

    pub(super) fn scaled(self, scale: impl Fn(u64) -> u64) -> Self {
        let mut scaled = Self::default();
        self.buckets().for_each(|(bucket, count)| scaled.add_to(bucket, scale(count)));
        scaled
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nothing_has_no_percentile_and_the_longest_attempt_has_a_bucket() {
        assert_eq!(Latencies::default().percentile(95), None);
        let mut all = Latencies::default();
        [0, u64::MAX].into_iter().for_each(|ms| all.add(ms));
        assert_eq!(all.buckets().collect::<Vec<_>>(), [(0, 1), (LAST, 1)]);
        assert_eq!((all.percentile(50), all.percentile(95)), (Some(1), Some(29_193)));
    }

    proptest! {
        #[test]
        fn a_percentile_is_near_the_exact_one(
            mut all in prop::collection::vec(1_u64..25_000, 1..300),
            percent in 1_u64..=100,
        ) {
            let mut counted = Latencies::default();
            all.iter().for_each(|ms| counted.add(*ms));
            all.sort_unstable();
            let rank = (all.len() as u64 * percent).div_ceil(100).max(1);
            let exact = all[rank as usize - 1] as f64;
            let found = counted.percentile(percent).expect("a percentile") as f64;
            prop_assert!((found - exact).abs() <= exact * 0.13 + 0.5, "{found} instead of {exact}");
        }
    }
}
