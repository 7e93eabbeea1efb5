//! Query strings, with errors that name the parameter.

use axum::{
    extract::{FromRequestParts, Query},
    http::request::Parts,
};
use serde::de::DeserializeOwned;

use crate::error::{ApiError, Result};

/// Reads the query string of a request.
///
/// # Errors
/// A 400 that names what is unknown or wrong.
pub async fn read<T: DeserializeOwned, S: Send + Sync>(parts: &mut Parts, state: &S) -> Result<T> {
    match Query::<T>::from_request_parts(parts, state).await {
        Ok(Query(query)) => Ok(query),
        Err(rejection) => Err(ApiError::bad_request("invalid_query", format!("{}.", rejection.body_text()))),
    }
}
