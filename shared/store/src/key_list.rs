//! The list of an operator's keys, new keys, and the time at which a key was last used.

use std::{collections::HashMap, time::Duration};

use domain::{ApiKey, KeyId, OperatorId, ProjectId};
use jiff::Timestamp;

use crate::{
    Accounts, Result,
    accounts::{GRANT, Grant, ListedKey, done, grant_key},
    batch_get::get_rows,
    error::aws,
    item::{from_item, from_items, key, n, s},
};

/// The precision of the time of the last use, which bounds the writes: one per key and hour.
pub const HOUR: Duration = Duration::from_secs(3600);

/// The begin of the hour of `at`.
pub fn hour_of(at: Timestamp) -> Timestamp {
    let hour = HOUR.as_millis() as i64;
    domain::time::from_millis(at.as_millisecond().div_euclid(hour) * hour)
}

impl Accounts {
    /// Stores a new key of an operator.
    ///
    /// # Errors
    /// When a call fails.
    pub async fn create_key(&self, api_key: &ApiKey, grant: &Grant) -> Result<()> {
        self.insert_key(api_key, grant).await?;
        // A command may have raised the number of shards in the meantime, for the keys that existed then.
        let sharding = self.operator(grant.operator_id).await?.and_then(|operator| operator.sharding);
        match sharding.filter(|_| sharding != grant.sharding) {
            Some(sharding) => self.set_sharding_of_key(&api_key.hash(), sharding).await,
            None => Ok(()),
        }
    }

    /// Returns a key of an operator, whether it still works or not.
    ///
    /// # Errors
    /// When a call fails.
    pub async fn key(&self, id: KeyId) -> Result<Option<ListedKey>> {
        let get = self.client.get_item().table_name(&self.table).set_key(Some(key(("pk", id.operator), ("sk", id))));
        let row = get.consistent_read(true).send().await.map_err(aws("GetItem"))?.item;
        let row = row.map(from_item).transpose()?;
        Ok(self.with_last_use(row.into_iter().collect()).await?.pop())
    }

    /// Returns a page of an operator's keys, including revoked and expired ones, newest first, starting after the key
    /// `after`, and whether there are more. With a project, only the keys that are bound to it.
    ///
    /// # Errors
    /// When a call fails.
    pub async fn key_page(
        &self,
        operator: OperatorId,
        project: Option<&ProjectId>,
        limit: usize,
        after: Option<KeyId>,
    ) -> Result<(Vec<ListedKey>, bool)> {
        let (mut found, mut after) = (vec![], after);
        let more = loop {
            let (rows, more) = self.key_rows(operator, 100, after).await?;
            after = rows.last().map(|row| row.grant.key_id).or(after);
            let is_seen = |row: &ListedKey| project.is_none() || row.grant.project_id.as_ref() == project;
            found.extend(rows.into_iter().filter(is_seen));
            if found.len() > limit || !more {
                break found.len() > limit;
            }
        };
        found.truncate(limit);
        Ok((self.with_last_use(found).await?, more))
    }

    /// Reads rows of the list, after a key.
    async fn key_rows(&self, operator: OperatorId, limit: i32, after: Option<KeyId>) -> Result<(Vec<ListedKey>, bool)> {
        // A tilde sorts after every character of an id.
        let last = after.map_or_else(|| "key_~".to_owned(), just_before);
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :operator AND sk BETWEEN :first AND :last")
            .expression_attribute_values(":operator", s(operator))
            .expression_attribute_values(":first", s("key_"))
            .expression_attribute_values(":last", s(last))
            // A key that was just revoked must show as revoked.
            .consistent_read(true)
            .scan_index_forward(false)
            .limit(limit);
        let answer = query.send().await.map_err(aws("Query"))?;
        let more = answer.last_evaluated_key.is_some();
        // The scripted AWS of unit tests returns all rows of the partition.
        let rows = answer.items.map(|items| {
            let is_key = |item: &crate::item::Item| item.get("hash").is_some();
            items.into_iter().filter(is_key).collect()
        });
        Ok((from_items(rows)?, more))
    }

    /// Adds the last use of keys that still work. That of revoked keys is in the list.
    async fn with_last_use(&self, mut keys: Vec<ListedKey>) -> Result<Vec<ListedKey>> {
        let working = keys.iter().filter(|row| row.revoked_at.is_none());
        let lookups = working.map(|row| key(("pk", grant_key(&row.hash)), ("sk", GRANT))).collect();
        let grants: Vec<Grant> = get_rows(&self.client, &self.table, lookups).await?;
        let used: HashMap<_, _> = grants.into_iter().map(|grant| (grant.key_id, grant.last_used_at)).collect();
        for row in &mut keys {
            let key_id = row.grant.key_id;
            row.grant.last_used_at = used.get(&key_id).copied().flatten().or(row.grant.last_used_at);
        }
        Ok(keys)
    }

    /// Records that a key was used in an hour, unless another function has. Does nothing if the key has been revoked.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn mark_used(&self, hash: &str, hour: Timestamp) -> Result<()> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key(("pk", grant_key(hash)), ("sk", GRANT))))
            .condition_expression(
                "attribute_exists(pk) AND (attribute_not_exists(last_used_at) OR last_used_at < :hour)",
            )
            .update_expression("SET last_used_at = :hour")
            .expression_attribute_values(":hour", n(hour.as_millisecond()));
        done(update.send().await).map(drop)
    }
}

/// The largest sort key that is below that of `id`. `BETWEEN` includes its bounds.
fn just_before(id: KeyId) -> String {
    let mut text = id.to_string();
    let last = text.pop().unwrap_or('0');
    // The character before the last one, followed by one above all characters of ids.
    let before = char::from(u8::try_from(u32::from(last)).unwrap_or(b'0').saturating_sub(1));
    text.push(before);
    text.push('~');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_goes_on_right_below_its_last_key() {
        let operator = OperatorId::generate();
        let id = KeyId::generate(operator);
        let bound = just_before(id);
        assert!(bound < id.to_string());
        assert!(bound.starts_with(&id.to_string()[..id.to_string().len() - 1]));
    }

    #[test]
    fn the_time_of_the_last_use_is_that_of_an_hour() {
        let at = domain::time::from_millis(7_200_000 + 1_234);
        assert_eq!(hour_of(at).as_millisecond(), 7_200_000);
    }
}
