//! The header `Idempotency-Key`, which identifies repeats of a request.

use axum::http::HeaderMap;
use domain::event::MAX_NAME;

use crate::error::{ApiError, Result};

const HEADER: &str = "idempotency-key";

/// Returns the key of a request, if it has one.
///
/// # Errors
/// A 400 if the key is not 1 to 256 visible ASCII characters.
pub fn key(headers: &HeaderMap) -> Result<Option<&str>> {
    let Some(value) = headers.get(HEADER) else { return Ok(None) };
    let key = value.to_str().unwrap_or_default();
    let good = (1..=MAX_NAME).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic());
    match good {
        true => Ok(Some(key)),
        false => Err(ApiError::field("Idempotency-Key", format!("send 1 to {MAX_NAME} visible ASCII characters"))),
    }
}

/// 409: the key was used for a request with different content. `what` names where the key was given and what it was
/// used for.
pub fn conflict(what: &str) -> ApiError {
    ApiError::conflict("idempotency_conflict", format!("{what} within the last 24 h; send a new one."))
}
