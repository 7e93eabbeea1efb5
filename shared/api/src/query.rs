//! Query strings, with errors that name the parameter.

use std::borrow::Cow;

use axum::{
    extract::{self, FromRequestParts},
    http::request::Parts,
};
use domain::{DeliveryState, wording};
use jiff::Timestamp;
use serde::de::DeserializeOwned;

use crate::error::{ApiError, Result};

/// The query string of a request.
pub struct Query<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        read(parts, state).await.map(Self)
    }
}

/// Reads the query string of a request.
///
/// # Errors
/// A 400 that names the parameter that is unknown or invalid.
pub async fn read<T: DeserializeOwned, S: Send + Sync>(parts: &mut Parts, state: &S) -> Result<T> {
    match extract::Query::<T>::from_request_parts(parts, state).await {
        Ok(extract::Query(query)) => Ok(query),
        Err(rejection) => {
            let text = rejection.body_text();
            Err(ApiError::bad_request("invalid_query", sentence(&text)))
        }
    }
}

/// Extracts the problem with a parameter from axum's message: `Failed to deserialize query string: <name>: <serde's
/// problem>`.
fn sentence(text: &str) -> String {
    let text = text.strip_prefix("Failed to deserialize query string: ").unwrap_or(text);
    let Some((name, problem)) = text.split_once(": ").filter(|(name, _)| !name.contains(' ')) else {
        return format!("The query of the URL cannot be read: {text}.");
    };
    match problem.strip_prefix("unknown field ").and_then(|unknown| unknown.split_once(", expected ")) {
        Some((_, known)) => {
            let known = known.strip_prefix("one of ").unwrap_or(known);
            format!("`{name}`: unknown parameter; use {known}.")
        }
        None => format!("`{name}`: {}.", wording::problem(problem)),
    }
}

/// Reads a time.
///
/// # Errors
/// A 400 if the text is not an RFC 3339 time.
pub fn time(field: &str, text: Option<&str>) -> Result<Option<Timestamp>> {
    // An unescaped plus sign arrives as a space. Nothing else in such a time can be a space.
    let text = text.map(|text| if text.contains('T') { Cow::Owned(text.replace(' ', "+")) } else { text.into() });
    text.map(|text| domain::time::read(&text).map_err(|problem| ApiError::field(field, problem))).transpose()
}

/// Reads the delivery state to filter by.
///
/// # Errors
/// A 400 for an unknown state.
pub fn delivery_state(field: &str, name: Option<&str>) -> Result<Option<DeliveryState>> {
    let Some(name) = name else { return Ok(None) };
    let names = DeliveryState::ALL.map(DeliveryState::as_str).join(", ");
    let known = DeliveryState::from_name(name);
    known.map(Some).ok_or_else(|| ApiError::field(field, format!("{name:?} is not one of {names}")))
}
