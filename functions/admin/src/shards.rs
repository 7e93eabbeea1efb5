//! Raises an operator's number of shards, for more than a thousand events per second.

use domain::{
    shard::{MAX_SHARDS, Sharding, Shards},
    time::{now, rfc3339},
};
use futures::{StreamExt, TryStreamExt, stream};
use lambda_runtime::Error;
use serde_json::{Value, json};
use store::Changed;

use crate::{
    App,
    command::{NewShards, invalid},
};

/// How many keys are updated concurrently.
const AT_ONCE: usize = 16;

impl App {
    /// Sets an operator's number of shards and updates all of its keys. To finish an interrupted update, set the same
    /// number again.
    pub(crate) async fn set_shards(&self, NewShards { operator_id, shards }: NewShards) -> Result<Value, Error> {
        let shards = parse_shards(shards)?;
        let operator = self.operator(&operator_id).await?;
        let before = operator.sharding.map_or(Shards::ONE, |sharding| sharding.shards);
        if shards < before {
            let problem =
                format!("the operator has {}; events may be in each of them, so that they stay", before.count());
            return Err(invalid("shards", problem));
        }
        let sharding = match operator.sharding {
            Some(same) if same.shards == shards => same,
            before => Sharding::raised(before, shards, now()),
        };
        if operator.sharding != Some(sharding)
            && self.accounts.set_sharding(&operator, sharding).await? == Changed::Meanwhile
        {
            return Err(invalid("shards", "somebody else has just changed them; send the command again"));
        }
        let keys = self.accounts.keys(operator.id).await?.into_iter().filter(|key| key.revoked_at.is_none());
        let updates = keys.map(|key| async move { self.accounts.set_sharding_of_key(&key.hash, sharding).await });
        stream::iter(updates).buffer_unordered(AT_ONCE).try_collect::<()>().await?;
        tracing::info!(operator_id = %operator.id, shards = shards.count(), since = %sharding.since, "shards set");
        Ok(json!({
            "operator_id": operator.id,
            "shards": shards,
            "since": rfc3339(sharding.since),
        }))
    }
}

/// Reads a number of shards.
pub(crate) fn parse_shards(number: u8) -> Result<Shards, Error> {
    Shards::new(number).ok_or_else(|| invalid("shards", format!("send a number from 1 to {MAX_SHARDS}")))
}
