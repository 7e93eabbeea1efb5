//! A new data key for an operator, and everything sealed anew under it.
//!
//! Whatever stops this, invoking it again goes on: the account says that a rotation is under way, and each sealed value
//! says under which data key it is.

use std::{num::NonZeroUsize, time::Duration};

use domain::{
    OperatorId,
    time::{now, rfc3339},
};
use jiff::Timestamp;
use lambda_runtime::Error;
use serde_json::{Value, json};
use store::{
    accounts::Rotation,
    resealing::{Page, Resealing, Work},
};
use tokio::time::Instant;

use crate::{
    App,
    command::{DataKeyOf, invalid},
};

type Result<T, E = Error> = std::result::Result<T, E>;

/// For how long after a rotation has begun something may still be sealed under the old data key: by a request that read
/// the account just before. An HTTP function lives for 30 s at most; the write that begins the rotation may take another
/// 15 s with all its retries.
const OVERLAP: Duration = Duration::from_secs(45);

impl App {
    /// Gives an operator a new data key and seals all its credentials anew under it; goes on with the rotation that is
    /// under way if there is one. Not done when `at_most` or the time is reached before the end.
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

    /// The rotation that is under way, a new one unless there is one: whose, the new data key, when it began.
    async fn begun(&self, operator_id: &str) -> Result<(OperatorId, Vec<u8>, Timestamp)> {
        // A second time if another invocation begins one at this moment: that one is joined.
        for _ in 0..2 {
            let operator = self.operator(operator_id).await?;
            if let Some(Rotation { begun_at, ended_at: None }) = operator.rotation {
                return Ok((operator.id, operator.data_key, begun_at));
            }
            let data_key = self.vault.new_data_key(operator.id).await?;
            let rotation = Rotation { begun_at: now(), ended_at: None };
            if self.accounts.begin_rotation(&operator, &data_key, &rotation).await? {
                tracing::info!(operator_id = %operator.id, "data key replaced");
                return Ok((operator.id, data_key, rotation.begun_at));
            }
        }
        Err(overtaken())
    }

    /// Passes over all rows until one pass has begun when nobody could seal under the old data key any more; whether it
    /// came to that.
    async fn reseal(
        &self,
        resealing: &Resealing<'_>,
        begun_at: Timestamp,
        work: &mut Work,
        end: Instant,
    ) -> Result<bool> {
        loop {
            let wait = left(begun_at, now());
            if !self.pass(resealing, work).await? {
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

    /// One pass over all rows; false when it was cut short.
    async fn pass(&self, resealing: &Resealing<'_>, work: &mut Work) -> Result<bool> {
        let mut after = None;
        loop {
            // Another invocation may have ended this rotation and begun the next, which this one must not undo.
            let operator = self.accounts.operator(resealing.operator).await?;
            if operator.is_none_or(|operator| operator.data_key != resealing.data_key) {
                return Err(overtaken());
            }
            match resealing.page(after, work).await? {
                Page::Next(id) => after = Some(id),
                Page::Last => return Ok(true),
                Page::Cut => return Ok(false),
            }
        }
    }
}

fn overtaken() -> Error {
    invalid("operator_id", "another rotation of this operator's data key has begun; invoke this again to go on with it")
}

/// How much of [`OVERLAP`] is left at `now`, of a rotation that began at `begun_at`.
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
