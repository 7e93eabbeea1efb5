//! When failed deliveries are retried.

use std::{str::FromStr, time::Duration};

use jiff::{SignedDuration, Timestamp};

/// The longest delay of one SQS message. A longer wait takes several hops.
pub const MAX_HOP: Duration = Duration::from_secs(900);

/// An attempt that is due this soon is made now: SQS delays are whole seconds, and messages may arrive a little early.
pub const TOLERANCE: Duration = Duration::from_millis(100);

/// The largest random share added to a wait, so that deliveries that failed together spread out.
pub const MAX_JITTER: f64 = 0.1;

/// The waits between the attempts of one delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule(Vec<Duration>);

/// The text is not a schedule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "a retry schedule is 1 to 20 whole numbers of seconds, each 1 to 86400, with commas between, such as 60,300,1800,10800"
)]
pub struct NotASchedule;

impl FromStr for Schedule {
    type Err = NotASchedule;

    fn from_str(text: &str) -> Result<Self, NotASchedule> {
        let steps: Vec<_> = text
            .split(',')
            .map(|step| step.trim().parse().ok().filter(|s| (1..=86_400).contains(s)).map(Duration::from_secs))
            .collect::<Option<_>>()
            .ok_or(NotASchedule)?;
        if steps.len() > 20 { Err(NotASchedule) } else { Ok(Self(steps)) }
    }
}

impl Default for Schedule {
    /// 1 min, 5 min, 30 min, 3 h, as the STACK API publishes.
    fn default() -> Self {
        Self([60, 300, 1800, 10_800].map(Duration::from_secs).to_vec())
    }
}

impl Schedule {
    /// The wait after a failed attempt; `None` if it was the last one.
    ///
    /// `step` is the attempt's place in its round, counted from 0, and `jitter` is a random number from 0 to 1.
    pub fn wait_after(&self, step: u32, jitter: f64) -> Option<Duration> {
        let wait = *self.0.get(usize::try_from(step).ok()?)?;
        Some(wait.mul_f64(1.0 + MAX_JITTER * jitter.clamp(0.0, 1.0)))
    }

    /// The time from a round's first attempt to its fourth, or to its last if there are fewer.
    pub fn time_to_fourth_attempt(&self) -> SignedDuration {
        let wait: Duration = self.0.iter().take(3).sum();
        SignedDuration::try_from(wait).unwrap_or(SignedDuration::MAX)
    }

    /// How many attempts one round has: one at once, and one after each wait.
    pub fn attempts(&self) -> u32 {
        u32::try_from(self.0.len()).unwrap_or(u32::MAX).saturating_add(1)
    }
}

/// How long to hide a message that cannot be processed now and was received `received` times, this time included. The
/// time doubles with each receipt, up to [`MAX_HOP`]. `random`, a random number from 0 to 1, shortens it by up to half,
/// so that messages that failed together do not return together.
pub fn hand_back_after(received: u32, random: f64) -> Duration {
    const FIRST: Duration = Duration::from_secs(4);
    let full = FIRST.saturating_mul(1 << received.saturating_sub(1).min(12)).min(MAX_HOP);
    full.mul_f64(1.0 - random.clamp(0.0, 1.0) / 2.0)
}

/// The delay, in whole seconds, of the message for an attempt that is `due`; `None` if it is due now.
///
/// The delay is at most [`MAX_HOP`]; when the message returns, it is delayed by the rest. It is rounded up, so that an
/// attempt is less than a second late rather than early.
pub fn next_hop(now: Timestamp, due: Timestamp) -> Option<Duration> {
    let left = Duration::try_from(due.duration_since(now)).unwrap_or_default();
    if left < TOLERANCE {
        return None;
    }
    let whole = left.as_secs() + u64::from(left.subsec_nanos() > 0);
    Some(Duration::from_secs(whole).min(MAX_HOP))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const T0: i64 = 1_700_000_000_000;

    /// Follows the hops of one wait as SQS would, and lists their lengths in seconds.
    fn hops(wait: Duration) -> Vec<u64> {
        let mut now = crate::time::from_millis(T0);
        let due = now + wait;
        let mut hops = vec![];
        while let Some(hop) = next_hop(now, due) {
            hops.push(hop.as_secs());
            now += hop;
        }
        hops
    }

    #[test]
    fn the_published_schedule_is_cut_into_hops_that_sqs_takes() {
        let schedule = Schedule::default();
        let waits: Vec<_> = (0..5).map(|step| schedule.wait_after(step, 0.0).map(|w| w.as_secs())).collect();
        assert_eq!(waits, [Some(60), Some(300), Some(1800), Some(10_800), None]);
        assert_eq!(hops(Duration::from_secs(60)), [60]);
        assert_eq!(hops(Duration::from_secs(300)), [300]);
        assert_eq!(hops(Duration::from_secs(1800)), [900, 900]);
        assert_eq!(hops(Duration::from_secs(10_800)), [900; 12]);
        assert_eq!(schedule.attempts(), 5);
    }

    #[test]
    fn a_message_that_failed_comes_back_within_seconds_and_later_each_time() {
        let longest: Vec<_> = (1..=10).map(|received| hand_back_after(received, 0.0).as_secs()).collect();
        assert_eq!(longest, [4, 8, 16, 32, 64, 128, 256, 512, 900, 900]);
        assert_eq!(hand_back_after(1, 1.0).as_secs(), 2);
        assert_eq!(hand_back_after(0, 0.0), hand_back_after(1, 0.0));
        assert_eq!(hand_back_after(u32::MAX, 0.0), MAX_HOP);
    }

    #[test]
    fn the_fourth_attempt_comes_after_three_waits() {
        assert_eq!(Schedule::default().time_to_fourth_attempt().as_secs(), 60 + 300 + 1800);
        let short: Schedule = "1".parse().expect("a schedule");
        assert_eq!(short.time_to_fourth_attempt().as_secs(), 1);
    }

    #[test]
    fn a_schedule_reads_as_the_template_writes_it() {
        assert_eq!("60,300,1800,10800".parse(), Ok(Schedule::default()));
        for wrong in ["", "0", "60,", "60,x", "-1", "86401", "1.5"] {
            assert_eq!(wrong.parse::<Schedule>(), Err(NotASchedule), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn no_wait_is_ever_asked_of_sqs_that_it_refuses(wait in 100u64..100_000_000) {
            let wait = Duration::from_millis(wait);
            let hops = hops(wait);
            prop_assert!(hops.iter().all(|hop| (1..=900).contains(hop)));
            let total = Duration::from_secs(hops.iter().sum());
            prop_assert!(total + TOLERANCE > wait && total < wait + Duration::from_secs(1));
        }

        #[test]
        fn jitter_adds_a_tenth_at_most(step in 0u32..4, jitter in 0.0..=1.0) {
            let plain = Schedule::default().wait_after(step, 0.0).expect("a wait");
            let wait = Schedule::default().wait_after(step, jitter).expect("a wait");
            prop_assert!(wait >= plain && wait <= plain.mul_f64(1.1));
        }
    }
}
