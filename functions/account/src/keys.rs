//! API keys of the account.

use api::{
    Admin, ApiError, Body, Caller, ErrorBody, Id, PageQuery,
    error::Result,
    page::next_cursor,
    path::PathId,
    responses::stack::{Errors, ErrorsOfOne},
};
use axum::{
    Json,
    http::{HeaderName, StatusCode, header::CACHE_CONTROL},
};
use domain::{
    ApiKey, KeyId, ProjectId, Role,
    api_key::{Bearer, KeyKind},
    key_details,
    time::{now, rfc3339},
};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use store::{
    IfExists,
    accounts::{Grant, ListedKey, Operator},
};
use utoipa::ToSchema;

use crate::{App, State};

const LIST: &str = "keys";
/// The longest life that a request can give as a number of seconds: ten years.
const MAX_SECONDS: i64 = 10 * 365 * 24 * 60 * 60;

/// A response that contains a key and must not be cached.
pub(crate) type Uncached<T> = ([(HeaderName, &'static str); 1], Json<T>);

pub(crate) fn uncached<T>(view: T) -> Uncached<T> {
    ([(CACHE_CONTROL, "no-store")], Json(view))
}

/// A new key. At most one of `expires_in_seconds` and `expires_at`; without them, the key does not expire.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewKey {
    /// What the key is for, as the list of keys and the audit log show it.
    #[schema(format = "name", min_length = 1, max_length = 100, example = "CI of the shop")]
    name: Option<String>,
    /// The role of the key.
    role: Role,
    /// Permissions in addition to the role, such as `config:write`.
    #[serde(default)]
    #[schema(max_items = 20)]
    permissions: Vec<String>,
    /// The only project that the key can access. A key that is bound to a project creates keys for that project only.
    project_id: Option<String>,
    /// The number of seconds until the key stops working.
    #[schema(minimum = 60, maximum = 315360000)]
    expires_in_seconds: Option<i64>,
    /// When the key stops working, RFC 3339.
    #[serde(default, with = "domain::time::text::option")]
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
}

/// Whether a key works.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum KeyState {
    Active,
    Expired,
    Revoked,
}

/// An API key, without the key itself.
#[derive(Serialize, ToSchema)]
pub(crate) struct KeyView {
    /// The key's public id.
    #[schema(example = "key_01JRX2Q0Z8K5V3M7N9P4T6W8YA01JRX2Q0Z8K5V3M7N9P4T6W8YB")]
    id: String,
    /// The name that an admin gave the key.
    name: Option<String>,
    /// What the key was created for.
    kind: KeyKind,
    /// Whether the key works.
    state: KeyState,
    /// The key's role.
    role: Role,
    /// Permissions in addition to the role.
    permissions: Vec<String>,
    /// The project that the key is bound to; null if there is none.
    project_id: Option<String>,
    /// When the key was created.
    created_at: String,
    /// When the key stops working; null for never.
    expires_at: Option<String>,
    /// When the key was revoked.
    revoked_at: Option<String>,
    /// The hour of the last use; null if the key was never used.
    last_used_at: Option<String>,
}

impl From<&ListedKey> for KeyView {
    fn from(ListedKey { grant, revoked_at, .. }: &ListedKey) -> Self {
        let state = match revoked_at {
            Some(_) => KeyState::Revoked,
            None if grant.has_expired() => KeyState::Expired,
            None => KeyState::Active,
        };
        Self {
            id: grant.key_id.to_string(),
            name: grant.name.clone(),
            kind: grant.kind,
            state,
            role: grant.role,
            permissions: grant.permissions.clone(),
            project_id: grant.project_id.clone().map(String::from),
            created_at: rfc3339(grant.created_at),
            expires_at: grant.expires_at.map(rfc3339),
            revoked_at: revoked_at.map(rfc3339),
            last_used_at: grant.last_used_at.map(rfc3339),
        }
    }
}

/// A page of keys.
#[derive(Serialize, ToSchema)]
pub(crate) struct KeyPage {
    /// The keys, newest first.
    keys: Vec<KeyView>,
    /// Send it as `cursor` for the next page; null on the last page.
    next_cursor: Option<String>,
}

/// A new key, which only this response shows.
#[derive(Serialize, ToSchema)]
pub(crate) struct CreatedKey {
    #[serde(flatten)]
    key: KeyView,
    /// The key to send as a bearer token.
    #[schema(example = "sk_live_tm_…")]
    api_key: String,
}

/// Lists the keys, including revoked and expired ones.
///
/// Only for admins. The key of an expired portal link is deleted after 30 days.
#[utoipa::path(
    get, path = "/v1/keys", tag = "Account", operation_id = "listKeys", params(PageQuery),
    responses((status = 200, body = KeyPage), Errors)
)]
pub(crate) async fn list(app: State, Admin(caller): Admin, page: PageQuery) -> Result<Json<KeyPage>> {
    let limit = usize::try_from(page.limit()?).unwrap_or_default();
    let listed = app.accounts.key_page(caller.operator_id(), caller.project_id(), limit, page.after(LIST)?);
    let (keys, more) = listed.await?;
    let next_cursor = next_cursor(LIST, keys.last().map(|key| key.grant.key_id), more);
    Ok(Json(KeyPage { keys: keys.iter().map(KeyView::from).collect(), next_cursor }))
}

/// Creates a key.
///
/// Only for admins. The key is only shown in this response. It never has more rights than the caller's: the key of an
/// admin that is bound to a project creates keys for that project.
#[utoipa::path(
    post, path = "/v1/keys", tag = "Account", operation_id = "createKey", request_body = NewKey,
    responses(
        (status = 201, body = CreatedKey, headers(("Cache-Control" = String, description = "`no-store`"))), Errors,
    )
)]
pub(crate) async fn create(
    app: State,
    Admin(caller): Admin,
    Body(new): Body<NewKey>,
) -> Result<(StatusCode, Uncached<CreatedKey>)> {
    let name = new.name.as_deref().map(key_details::name).transpose();
    let name = name.map_err(|problem| ApiError::field("name", problem))?;
    key_details::permissions(&new.permissions).map_err(|problem| ApiError::field("permissions", problem))?;
    let project_id = project(&caller, new.project_id.as_deref())?;
    let expires_at = expiry(new.expires_in_seconds, new.expires_at)?;
    let operator = app.operator(&caller).await?;
    // Only admins get here: no role is above theirs, and they have all permissions.
    let grant = Grant { name, permissions: new.permissions, project_id, expires_at, ..Grant::new(&operator, new.role) };
    let (key, api_key) = app.insert(grant, Bearer::TeamMember).await?;
    Ok((StatusCode::CREATED, uncached(CreatedKey { key, api_key: api_key.reveal().to_owned() })))
}

/// Revokes a key.
///
/// Only for admins. The key stops working within a minute, when the last function has dropped it from its cache. A key
/// cannot revoke itself.
#[utoipa::path(
    delete, path = "/v1/keys/{id}", tag = "Account", operation_id = "revokeKey", params(("id" = String, Path)),
    responses((status = 200, body = KeyView), ErrorsOfOne, (status = 409, body = ErrorBody, description = "The key is the caller's"))
)]
pub(crate) async fn revoke(app: State, Admin(caller): Admin, Id(id): Id<KeyId>) -> Result<Json<KeyView>> {
    let missing = || ApiError::not_found(KeyId::NOUN);
    // Another operator's key does not exist for this caller, nor does one outside of its project.
    let is_own = id.operator == caller.operator_id();
    let key = if is_own { app.accounts.key(id).await? } else { None };
    let seen = |key: &ListedKey| caller.project_id().is_none() || key.grant.project_id.as_ref() == caller.project_id();
    let mut key = key.filter(seen).ok_or_else(missing)?;
    if caller.grant().key_id == id {
        let sentence = "A key cannot revoke itself, so that an account always has a key that works; use another \
                        admin's key.";
        return Err(ApiError::conflict("own_key", sentence));
    }
    let at = now();
    if app.accounts.revoke(id, at).await? == IfExists::Missing {
        return Err(missing());
    }
    tracing::info!(operator_id = %caller.operator_id(), key_id = %id, "key revoked");
    key.revoked_at = key.revoked_at.or(Some(at));
    Ok(Json(KeyView::from(&key)))
}

/// The project of a new key: the one that the request names, unless the caller's key is bound to another.
pub(crate) fn project(caller: &Caller, named: Option<&str>) -> Result<Option<ProjectId>> {
    let named = named.map(ProjectId::parse).transpose();
    let named = named.map_err(|problem| ApiError::field("project_id", problem))?;
    match (caller.project_id(), named) {
        (Some(own), Some(other)) if *own != other => {
            let sentence = format!("This key is bound to the project {own}; omit `project_id` or send that project.");
            Err(ApiError::forbidden(sentence))
        }
        (Some(own), _) => Ok(Some(own.clone())),
        (None, named) => Ok(named),
    }
}

fn expiry(seconds: Option<i64>, at: Option<Timestamp>) -> Result<Option<Timestamp>> {
    match (seconds, at) {
        (Some(_), Some(_)) => Err(ApiError::field("expires_at", "send either this or `expires_in_seconds`")),
        (Some(seconds @ 60..=MAX_SECONDS), None) => Ok(Some(now() + SignedDuration::from_secs(seconds))),
        (Some(_), None) => {
            Err(ApiError::field("expires_in_seconds", format!("send a number from 60 to {MAX_SECONDS}")))
        }
        (None, Some(at)) if at <= now() => Err(ApiError::field("expires_at", "is in the past; send a later time")),
        (None, at) => Ok(at),
    }
}

impl App {
    pub(crate) async fn operator(&self, caller: &Caller) -> Result<Operator> {
        let operator = self.accounts.operator(caller.operator_id()).await?;
        operator.ok_or_else(|| ApiError::internal("account missing although its keys exist"))
    }

    pub(crate) async fn insert(&self, grant: Grant, bearer: Bearer) -> Result<(KeyView, ApiKey)> {
        let api_key = ApiKey::generate(bearer);
        self.accounts.create_key(&api_key, &grant).await?;
        tracing::info!(operator_id = %grant.operator_id, key_id = %grant.key_id, role = %grant.role, "key created");
        Ok((KeyView::from(&ListedKey { grant, hash: String::new(), revoked_at: None }), api_key))
    }
}
