//! Access control: keys of any role may read, and admin keys may change and send, in the tenant that the key belongs
//! to.

use api::{Admin, ApiError, Caller, Reader, auth::HasKeys, error::Result};
use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, request::Parts},
};
use utoipa::IntoParams;

/// The header that names the tenant. It is optional, because the key determines the tenant, but it must match.
const TENANT: &str = "x-tenant-id";
/// A header that forms and links in a browser cannot send. Requiring it prevents requests forged by other sites.
const REQUESTED_WITH: &str = "x-requested-with";
const XHR: &str = "XMLHttpRequest";

/// The header as the OpenAPI document describes it.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "the API's text shows it; `Managing` reads it")]
pub(crate) struct FromPage {
    /// `XMLHttpRequest`
    #[param(rename = "X-Requested-With")]
    requested_with: String,
}

/// A caller who may read.
pub(crate) struct Viewing(pub(crate) Caller);

/// A caller who may change providers and send notifications.
pub(crate) struct Managing(pub(crate) Caller);

impl<S: HasKeys + Send + Sync> FromRequestParts<S> for Viewing {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let Reader(caller) = Reader::from_request_parts(parts, state).await?;
        of_tenant(&caller, &parts.headers)?;
        Ok(Self(caller))
    }
}

impl<S: HasKeys + Send + Sync> FromRequestParts<S> for Managing {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let Admin(caller) = Admin::from_request_parts(parts, state).await?;
        of_tenant(&caller, &parts.headers)?;
        let with = parts.headers.get(REQUESTED_WITH).and_then(|value| value.to_str().ok());
        if !with.is_some_and(|with| with.eq_ignore_ascii_case(XHR)) {
            return Err(ApiError::forbidden(format!(
                "Requests that change or send something need the header `X-Requested-With: {XHR}`; add it."
            )));
        }
        Ok(Self(caller))
    }
}

fn of_tenant(caller: &Caller, headers: &HeaderMap) -> Result<()> {
    let own = caller.operator_id().to_string();
    match headers.get(TENANT) {
        Some(other) if other.as_bytes() != own.as_bytes() => {
            Err(ApiError::forbidden("X-Tenant-Id does not match this key. Omit it, or send the key's tenant."))
        }
        _ => Ok(()),
    }
}
