//! The secrets that sign a webhook's requests.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A secret encrypted under the operator's data key. Only the store's vault can open it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sealed(#[serde(with = "serde_bytes")] pub Vec<u8>);

impl std::fmt::Debug for Sealed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sealed({} bytes)", self.0.len())
    }
}

/// The most earlier secrets that may sign at the same time.
pub const MAX_PREVIOUS_SECRETS: usize = 5;

/// A secret replaced by a rotation that still signs until its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviousSecret {
    /// The old secret.
    pub sealed: Sealed,
    /// When it stops signing.
    #[serde(with = "crate::time::millis")]
    pub until: Timestamp,
}

/// The secrets of a webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signing {
    /// The current secret.
    pub secret: Sealed,
    /// The secrets before it, after rotations, newest first. Some may have stopped signing.
    pub previous: Vec<PreviousSecret>,
}

impl Signing {
    /// A new secret without earlier ones.
    pub fn new(secret: Sealed) -> Self {
        Self { secret, previous: vec![] }
    }

    /// The earlier secrets that still sign at `now`, newest first.
    pub fn previous_at(&self, now: Timestamp) -> impl Iterator<Item = &PreviousSecret> {
        self.previous.iter().filter(move |previous| now < previous.until)
    }

    /// The earlier secrets that sign next to a new one, newest first: those that still sign at `now`, and the current
    /// one if `until` is in the future.
    ///
    /// # Errors
    /// If there would be more than [`MAX_PREVIOUS_SECRETS`], returns the time at which the first of them ends.
    pub fn rotated(&self, until: Timestamp, now: Timestamp) -> Result<Vec<PreviousSecret>, Timestamp> {
        let ending = (now < until).then(|| PreviousSecret { sealed: self.secret.clone(), until });
        let all: Vec<_> = ending.into_iter().chain(self.previous_at(now).cloned()).collect();
        match all.iter().map(|previous| previous.until).min() {
            Some(first) if all.len() > MAX_PREVIOUS_SECRETS => Err(first),
            _ => Ok(all),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_secret_signs_to_its_end_and_no_more_than_five_earlier_ones_do() {
        let at = |hours: i64| crate::time::from_millis(hours * 3_600_000);
        let mut webhook = Signing::new(Sealed(vec![0]));
        let rotate = |webhook: &mut Signing, now, until| {
            let previous = webhook.rotated(until, now)?;
            *webhook = Signing { secret: Sealed(vec![webhook.secret.0[0] + 1]), previous };
            Ok::<(), Timestamp>(())
        };
        let signing = |webhook: &Signing, now| {
            let previous = webhook.previous_at(now).map(|previous| &previous.sealed);
            std::iter::once(&webhook.secret).chain(previous).map(|sealed| sealed.0[0]).collect::<Vec<_>>()
        };
        for hour in 0..5 {
            assert_eq!(rotate(&mut webhook, at(hour), at(hour + 24)), Ok(()));
        }
        assert_eq!(signing(&webhook, at(5)), [5, 4, 3, 2, 1, 0]);
        assert_eq!(rotate(&mut webhook, at(5), at(29)), Err(at(24)), "the first to end");
        assert_eq!(rotate(&mut webhook, at(5), at(5)), Ok(()), "one that ends at once");
        assert_eq!(signing(&webhook, at(5)), [6, 4, 3, 2, 1, 0]);
        assert_eq!(signing(&webhook, at(26)), [6, 4, 3]);
        assert_eq!(rotate(&mut webhook, at(26), at(50)), Ok(()));
        assert_eq!(signing(&webhook, at(26)), [7, 6, 4, 3]);
    }
}
