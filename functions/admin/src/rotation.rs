//! Replaces the data key of an operator, and encrypts everything again under the new key.
//!
//! If a rotation is interrupted, invoking the command again continues it: the account records that a rotation is in
//! progress, and each encrypted value records its data key.

use std::{num::NonZeroUsize, time::Duration};

use domain::{
    OperatorId,
    time::{now, rfc3339},
};
use jiff::Timestamp;
use lambda_runtime::Error;
use serde_json::{Value, json};
use store::{
    Changed,
    accounts::Rotation,
    resealing::{Page, Resealing, Work},
};
use tokio::time::Instant;

use crate::{
    App,
    command::{DataKeyOf, invalid},
};

type Result<T, E = Error> = std::result::Result<T, E>;

/// How long after the start of a rotation a value may still be encrypted under the old data key, by a request that read
/// the account just before. An HTTP function runs for at most 30 s, and the write that starts the rotation may take
/// another 15 s with its retries.
const OVERLAP: Duration = Duration::from_secs(45);

/// How far a pass over all rows came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pass {
    Complete,
    /// It stopped early, because a limit was reached.
    Cut,
}

impl App {
    /// Gives an operator a new data key and encrypts all of its credentials again under it. If a rotation is in
    /// progress, continues it. The rotation is not done if `at_most` or the time is reached first.
    pub(crate) async fn rotate_data_key(&self, of: DataKeyOf, end: Instant) -> Result<Value> {
        let (id, data_key, begun_at) = self.begun(&of.operator_id).await?;
        let resealing =
            Resealing { destinations: &self.destinations, vault: &self.vault, operator: id, data_key: &data_key };
        let mut work = Work::new(of.at_most.map_or(usize::MAX, NonZeroUsize::get), end);
        let done = self.reseal(&resealing, begun_at, &mut work, end).await?;
        tracing::info!(
            operator_id = %id, done, resealed = work.resealed, unopened = work.unopened.len(), "data key rotation"
        );
        Ok(json!({
            "operator_id": id,
            "done": done,
            "resealed": work.resealed,
            "unopened": work.unopened,
            "rotated_at": rfc3339(begun_at),
        }))
    }

    /// Returns the rotation in progress, or starts one: the operator's id, the new data key, and when the rotation
    /// began.
    async fn begun(&self, operator_id: &str) -> Result<(OperatorId, Vec<u8>, Timestamp)> {
        // The second try is for a rotation that another invocation starts at the same moment: this one joins it.
        for _ in 0..2 {
            let operator = self.operator(operator_id).await?;
            if let Some(Rotation { begun_at, ended_at: None }) = operator.rotation {
                return Ok((operator.id, operator.data_key, begun_at));
            }
            let data_key = self.vault.new_data_key(operator.id).await?;
            let rotation = Rotation { begun_at: now(), ended_at: None };
            if self.accounts.begin_rotation(&operator, &data_key, &rotation).await? == Changed::Yes {
                tracing::info!(operator_id = %operator.id, "data key replaced");
                return Ok((operator.id, data_key, rotation.begun_at));
            }
        }
        Err(overtaken())
    }

    /// Repeats passes over all rows until one has started at a time when no request could use the old data key any
    /// longer. Returns whether that pass is complete.
    async fn reseal(
        &self,
        resealing: &Resealing<'_>,
        begun_at: Timestamp,
        work: &mut Work,
        end: Instant,
    ) -> Result<bool> {
        loop {
            let wait = left(begun_at, now());
            if self.pass(resealing, work).await? == Pass::Cut {
                return Ok(false);
            }
            if wait.is_zero() {
                self.accounts.end_rotation(resealing.operator, resealing.data_key, now()).await?;
                return Ok(true);
            }
            let settled = Instant::now() + left(begun_at, now());
            if settled >= end {
                return Ok(false);
            }
            tokio::time::sleep_until(settled).await;
        }
    }

    /// Makes one pass over all rows.
    async fn pass(&self, resealing: &Resealing<'_>, work: &mut Work) -> Result<Pass> {
        let mut after = None;
        loop {
            // Another invocation may have finished this rotation and started the next, which this one must not undo.
            let operator = self.accounts.operator(resealing.operator).await?;
            if operator.is_none_or(|operator| operator.data_key != resealing.data_key) {
                return Err(overtaken());
            }
            match resealing.page(after, work).await? {
                Page::Next(id) => after = Some(id),
                Page::Last => return Ok(Pass::Complete),
                Page::Cut => return Ok(Pass::Cut),
            }
        }
    }
}

fn overtaken() -> Error {
    invalid("operator_id", "another rotation of this operator's data key has begun; invoke this again to go on with it")
}

/// The rest of [`OVERLAP`] at `now`, for a rotation that began at `begun_at`.
fn left(begun_at: Timestamp, now: Timestamp) -> Duration {
    (begun_at + OVERLAP).duration_since(now).try_into().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pass_counts_once_no_request_knows_the_old_data_key() {
        let begun_at = now();
        assert_eq!(left(begun_at, begun_at), OVERLAP);
        assert_eq!(left(begun_at, begun_at + Duration::from_secs(44)), Duration::from_secs(1));
        assert_eq!(left(begun_at, begun_at + OVERLAP), Duration::ZERO);
        assert_eq!(left(begun_at, begun_at + Duration::from_secs(3600)), Duration::ZERO);
    }
}
