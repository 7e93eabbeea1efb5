//! Pages of a query whose filter drops rows.

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use serde::de::DeserializeOwned;

use crate::{
    Result,
    error::aws,
    item::{Item, from_items},
};

/// The maximum number of rows that one query reads. With rows of 1 KB, this is all that DynamoDB reads at once.
const MAX_LOOKED_AT: i32 = 1000;

/// Returns up to `limit` rows that pass the query's filter, starting after the row at `start`, and whether there are
/// more.
pub(crate) async fn page<T: DeserializeOwned>(
    query: QueryFluentBuilder,
    limit: i32,
    mut start: Option<Item>,
) -> Result<(Vec<T>, bool)> {
    // Ask for one more than the page holds, to know whether there is another page.
    let mut looked_at = limit.saturating_add(1);
    let limit = usize::try_from(limit).unwrap_or(0);
    let mut found: Vec<T> = vec![];
    loop {
        let query = query.clone().limit(looked_at).set_exclusive_start_key(start);
        let answer = query.send().await.map_err(aws("Query"))?;
        found.extend(from_items(answer.items)?);
        start = answer.last_evaluated_key;
        if found.len() > limit {
            found.truncate(limit);
            return Ok((found, true));
        }
        if start.is_none() {
            return Ok((found, false));
        }
        // Double it each time: matching rows may come after thousands of others, such as those of another API.
        looked_at = looked_at.saturating_mul(2).min(MAX_LOOKED_AT);
    }
}
