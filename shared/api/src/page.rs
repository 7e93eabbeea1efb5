//! Paging: `limit` (1–100, default 50) and an opaque `cursor`, newest first.

use std::str::FromStr;

use axum::{extract::FromRequestParts, http::request::Parts};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use crate::{
    error::{ApiError, Result},
    query,
};

const DEFAULT_LIMIT: i32 = 50;
const MAX_LIMIT: i32 = 100;

/// Selects a page of a list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// How many rows at most.
    #[param(value_type = Option<i32>, minimum = 1, maximum = 100, default = 50)]
    limit: Option<String>,
    /// The `next_cursor` of the page before; empty for the first page.
    #[param(format = "cursor")]
    cursor: Option<String>,
}

/// The content of a cursor, which is versioned. It never names the operator, because that comes from the key.
#[derive(Serialize, Deserialize)]
struct Cursor {
    v: u8,
    /// The list that the cursor belongs to.
    list: String,
    /// The last row of the previous page.
    after: String,
}

const VERSION: u8 = 1;

impl PageQuery {
    /// Creates a page query from the parameters of a query with other conditions.
    pub fn new(limit: Option<String>, cursor: Option<String>) -> Self {
        Self { limit, cursor }
    }

    /// Returns the number of rows to read.
    ///
    /// # Errors
    /// A 400 if the limit is not a number from 1 to 100.
    pub fn limit(&self) -> Result<i32> {
        match self.limit.as_deref().map(str::parse) {
            None => Ok(DEFAULT_LIMIT),
            Some(Ok(limit @ 1..=MAX_LIMIT)) => Ok(limit),
            Some(_) => Err(ApiError::field("limit", format!("send a number from 1 to {MAX_LIMIT}"))),
        }
    }

    /// Returns the last row of the previous page of the list `list`.
    ///
    /// # Errors
    /// A 400 if the cursor does not belong to that list.
    pub fn after<T: FromStr>(&self, list: &str) -> Result<Option<T>> {
        let Some(text) = self.cursor.as_deref().filter(|text| !text.is_empty()) else { return Ok(None) };
        let bytes = URL_SAFE_NO_PAD.decode(text).ok();
        let cursor: Option<Cursor> = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let cursor = cursor.filter(|cursor| cursor.v == VERSION && cursor.list == list);
        match cursor.and_then(|cursor| cursor.after.parse().ok()) {
            Some(after) => Ok(Some(after)),
            None => Err(ApiError::field("cursor", "send the `next_cursor` of an answer of this list, unchanged")),
        }
    }
}

/// Returns the cursor of the next page, if there is one. `last` is the ID of this page's last row.
pub fn next_cursor(list: &str, last: Option<impl ToString>, more: bool) -> Option<String> {
    let after = last.filter(|_| more)?.to_string();
    let cursor = Cursor { v: VERSION, list: list.to_owned(), after };
    serde_json::to_vec(&cursor).ok().map(|json| URL_SAFE_NO_PAD.encode(json))
}

impl<S: Send + Sync> FromRequestParts<S> for PageQuery {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        query::read(parts, state).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_back_in_its_own_list_only() {
        let cursor = next_cursor("things", Some("7"), true);
        let query = PageQuery { limit: None, cursor };
        assert_eq!(query.after::<u8>("things").expect("valid"), Some(7));
        assert!(query.after::<u8>("others").is_err());
        assert_eq!(next_cursor("things", Some("7"), false), None);
        let empty = PageQuery { limit: None, cursor: Some(String::new()) };
        assert_eq!(empty.after::<u8>("things").expect("the first page"), None);
        let garbage = PageQuery { limit: None, cursor: Some("garbage".into()) };
        assert!(garbage.after::<u8>("things").is_err());
    }

    #[test]
    fn a_limit_is_from_1_to_100() {
        let limit = |text: &str| PageQuery { limit: Some(text.into()), cursor: None }.limit().ok();
        assert_eq!(
            [limit("1"), limit("100"), limit("0"), limit("101"), limit("x")],
            [Some(1), Some(100), None, None, None]
        );
    }
}
