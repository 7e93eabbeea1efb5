//! Limits how often a change is repeated that conflicts with changes by other requests.

use crate::error::{Error, Result};

/// The maximum number of tries.
const MAX_TRIES: u32 = 3;

/// Counts the tries of a change: read, compute, and write on the condition that nobody else wrote in between.
pub struct Tries {
    noun: &'static str,
    left: u32,
}

impl Tries {
    /// Starts with the first try. `noun` is what is changed, for the error message.
    pub fn of(noun: &'static str) -> Self {
        Self { noun, left: MAX_TRIES }
    }

    /// Ends a try that conflicted with another request.
    ///
    /// # Errors
    /// [`Error::ChangedMeanwhile`] if it was the last one.
    pub fn again(&mut self) -> Result<()> {
        self.left = self.left.saturating_sub(1);
        if self.left == 0 { Err(Error::ChangedMeanwhile(self.noun)) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conflicting_change_is_tried_three_times() {
        let mut tries = Tries::of("channel");
        assert!(tries.again().is_ok() && tries.again().is_ok());
        assert!(matches!(tries.again(), Err(Error::ChangedMeanwhile("channel"))));
    }
}
