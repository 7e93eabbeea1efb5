//! Pages of a query whose filter leaves rows out.

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use serde::de::DeserializeOwned;

use crate::{
    Result,
    error::aws,
    item::{Item, from_items},
};

/// Up to `limit` rows that pass the query's filter, from behind the row at `start`, and whether there are more.
pub(crate) async fn page<T: DeserializeOwned>(
    query: QueryFluentBuilder,
    limit: i32,
    mut start: Option<Item>,
) -> Result<(Vec<T>, bool)> {
    let limit = usize::try_from(limit).unwrap_or(0);
    let mut found: Vec<T> = vec![];
    loop {
        // One more than is left to find, so that a full page knows whether there is another.
        let wanted = i32::try_from(limit + 1 - found.len()).unwrap_or(i32::MAX);
        let query = query.clone().limit(wanted).set_exclusive_start_key(start);
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
    }
}
