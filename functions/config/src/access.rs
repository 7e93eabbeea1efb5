//! Determines the project of a request, and whether the key has access.

use api::{ApiError, Caller, Reader, auth::HasKeys, error::Result};
use axum::{extract::FromRequestParts, http::request::Parts};
use domain::{OperatorId, ProjectId, shard::Shards};
use utoipa::IntoParams;

/// The header that names the project. Required for keys that are not bound to a project.
const PROJECT: &str = "x-project-id";
/// The permission to change channels. Admins do not need it.
const WRITE: &str = "config:write";

/// The header as the OpenAPI document describes it.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "the API's text shows it; `scope` reads it")]
pub(crate) struct ProjectHeader {
    /// The id of the project. Required for keys that are not bound to a project.
    #[param(
        rename = "X-Project-Id",
        min_length = 1,
        max_length = 256,
        pattern = r"^[^\x00-\x20\x7f-\xa0]([^\x00-\x1f\x7f-\x9f]*[^\x00-\x20\x7f-\xa0])?$"
    )]
    project: Option<String>,
}

/// The project of a request.
pub struct Scope {
    pub(crate) operator_id: OperatorId,
    pub(crate) project: ProjectId,
    /// The shards that can contain events of the operator.
    pub(crate) shards: Shards,
}

impl api::actions::Scope for Scope {
    fn shards(&self) -> Shards {
        self.shards
    }
}

/// A caller who may read the project's channels.
pub(crate) struct Reading(pub(crate) Scope);

/// A caller who may change the project's channels.
pub(crate) struct Writing(pub(crate) Scope);

impl<S: HasKeys + Send + Sync> FromRequestParts<S> for Reading {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let Reader(caller) = Reader::from_request_parts(parts, state).await?;
        scope(&caller, parts).map(Self)
    }
}

impl<S: HasKeys + Send + Sync> FromRequestParts<S> for Writing {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let caller = Caller::from_request_parts(parts, state).await?;
        if !caller.has(WRITE) {
            let sentence = format!("This key lacks the permission {WRITE}; use one that has it, or an admin's.");
            return Err(ApiError::forbidden(sentence));
        }
        scope(&caller, parts).map(Self)
    }
}

/// The project that the key is bound to, or the one in the header if the key is bound to none.
fn scope(caller: &Caller, parts: &Parts) -> Result<Scope> {
    let named = match parts.headers.get(PROJECT) {
        None => None,
        Some(value) => {
            let named = std::str::from_utf8(value.as_bytes()).map_err(|_| "is not UTF-8".to_owned());
            let named = named.and_then(ProjectId::parse);
            Some(named.map_err(|problem| ApiError::field("X-Project-Id", problem))?)
        }
    };
    let project = match (caller.project_id(), named) {
        (Some(own), Some(other)) if *own != other => {
            let sentence = format!("This key is bound to the project {own}; leave X-Project-Id out, or send that.");
            return Err(ApiError::forbidden(sentence));
        }
        (Some(own), _) => own.clone(),
        (None, Some(named)) => named,
        (None, None) => {
            let problem = "is missing; send the project's id in this header, or use a key that is bound to one";
            return Err(ApiError::field("X-Project-Id", problem));
        }
    };
    Ok(Scope { operator_id: caller.operator_id(), project, shards: caller.events().shards })
}
