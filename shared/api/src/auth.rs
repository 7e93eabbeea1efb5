//! Authentication, authorisation and request limits.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::{Duration, Instant},
};

use axum::{
    extract::{FromRequestParts, MatchedPath},
    http::{header::AUTHORIZATION, request::Parts},
};
use domain::{
    ApiKey, EventId, OperatorId, ProjectId, Role,
    event::PostedEvent,
    shard::{self, EventsOf, Sharding},
    time::now,
};
use store::{Accounts, Audit, Aws, Changes, StoreError, accounts::Grant, key_list::hour_of};

use crate::{
    audit::{self, Trail},
    error::{ApiError, Result},
    request_limit::RequestLimit,
};

/// How long a key lookup is cached. A revoked key stops working within this time. [`shard::TAKES_EFFECT_AFTER`] is
/// longer.
const KEEP: Duration = Duration::from_secs(60);
/// The maximum number of cached keys.
const MAX_KEPT: usize = 10_000;

/// Looks up API keys, each at most once a minute.
pub struct Keys {
    accounts: Accounts,
    audit: Arc<Audit>,
    known: Mutex<HashMap<String, Known>>,
    limit: RequestLimit,
}

/// A cached key.
#[derive(Clone)]
struct Known {
    at: Instant,
    grant: Arc<Grant>,
    /// The requests per second that the operator or its plan allows. `None` for the default.
    requests_per_second: Option<u32>,
}

/// State with API keys, which every HTTP function has.
pub trait HasKeys {
    /// Returns the keys.
    fn keys(&self) -> &Keys;

    /// Where changes are recorded. Functions that change rules or destinations need it, because workers cache those.
    fn changes(&self) -> Option<&Changes> {
        None
    }
}

impl<T: HasKeys> HasKeys for Arc<T> {
    fn keys(&self) -> &Keys {
        self.as_ref().keys()
    }

    fn changes(&self) -> Option<&Changes> {
        self.as_ref().changes()
    }
}

impl Keys {
    /// Creates a cache of the keys in the table, and opens the audit log for their changes.
    ///
    /// # Errors
    /// When the environment lacks a variable.
    pub fn from_env(aws: &Aws) -> std::result::Result<Self, StoreError> {
        let (accounts, audit) = (Accounts::from_env(aws)?, Arc::new(Audit::from_env(aws)?));
        Ok(Self { accounts, audit, known: Mutex::default(), limit: RequestLimit::from_env() })
    }

    /// Opens the connection that the first request needs.
    pub(crate) async fn warm(&self) {
        self.accounts.warm().await;
    }

    async fn known(&self, key: &ApiKey) -> Result<Option<Known>> {
        let hash = key.hash();
        if let Some(known) = self.remembered(&hash) {
            return Ok(Some(known));
        }
        let Some(grant) = self.accounts.grant(key).await?.map(Arc::new) else { return Ok(None) };
        // The default limit for a minute is better than a failed request.
        let limit = self.accounts.requests_per_second(grant.operator_id);
        let (limit, ()) = tokio::join!(limit, self.mark_used(&hash, &grant));
        let requests_per_second = limit.unwrap_or_else(|error| {
            tracing::warn!(%error, operator_id = %grant.operator_id, "limit was not read");
            None
        });
        let found = Known { at: Instant::now(), grant, requests_per_second };
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MAX_KEPT {
            known.clear();
        }
        known.insert(hash, found.clone());
        Ok(Some(found))
    }

    /// Records the hour of the key's last use, at most once an hour, and only when the key is looked up.
    async fn mark_used(&self, hash: &str, grant: &Grant) {
        let hour = hour_of(now());
        if grant.last_used_at.is_some_and(|at| at >= hour) || grant.has_expired() {
            return;
        }
        if let Err(error) = self.accounts.mark_used(hash, hour).await {
            tracing::warn!(%error, key_id = %grant.key_id, "use of the key not recorded");
        }
    }

    fn remembered(&self, hash: &str) -> Option<Known> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(hash).filter(|known| known.at.elapsed() < KEEP).cloned()
    }

    /// Counts a request and refuses it if its key has made too many.
    fn admit(&self, known: &Known) -> Result<()> {
        self.limit.admit(known.grant.key_id, known.requests_per_second).map_err(|wait| {
            let wait = wait.max(Duration::from_secs(1));
            let sentence = "This key exceeds its request limit; send the request again after the number of seconds in \
                            the header Retry-After.";
            ApiError::too_many("rate_limited", sentence, wait)
        })
    }
}

/// The bearer of a valid key, whatever its permissions.
#[derive(Debug, Clone)]
pub struct Caller(Arc<Grant>);

impl Caller {
    /// Returns the operator that the request is for. It comes only from the key: nothing in a request can name another
    /// operator.
    pub fn operator_id(&self) -> OperatorId {
        self.0.operator_id
    }

    /// Returns where the operator's events are in the table.
    pub fn events(&self) -> EventsOf {
        EventsOf::new(self.operator_id(), self.0.sharding)
    }

    /// Creates an ID for a new event of the operator.
    pub fn new_event_id(&self) -> EventId {
        EventId::generate_in(shard::over(self.0.sharding, now()))
    }

    /// Returns the operator whose idempotency keys are claimed, and where they are stored.
    pub fn claims(&self) -> (OperatorId, Option<Sharding>) {
        (self.operator_id(), self.0.sharding)
    }

    /// Returns the project that the key is bound to.
    pub fn project_id(&self) -> Option<&ProjectId> {
        self.0.project_id.as_ref()
    }

    /// Whether the bearer may see a resource of this project, or of none. A key that is bound to a project cannot see
    /// other projects.
    pub fn may_see(&self, project_id: Option<&ProjectId>) -> bool {
        self.project_id().is_none() || project_id.is_none() || self.project_id() == project_id
    }

    /// Assigns an event to the project that the key is bound to, if any.
    ///
    /// # Errors
    /// A 403 if the event names another project.
    pub fn bind_to_project(&self, event: &mut PostedEvent) -> Result<()> {
        let Some(project) = self.project_id() else { return Ok(()) };
        if event.project_id.as_deref().is_some_and(|other| other != project.as_str()) {
            let sentence =
                format!("This key is bound to the project {project}; omit `project_id` or send that project.");
            return Err(ApiError::forbidden(sentence));
        }
        event.project_id = Some(project.to_string());
        Ok(())
    }

    /// Whether the bearer may write destinations, rules and events, and may therefore see the credentials in an
    /// address.
    pub fn may_write(&self) -> bool {
        self.0.role >= Role::Editor
    }

    /// Whether the bearer has this permission. An admin has all of them.
    pub fn has(&self, permission: &str) -> bool {
        self.0.role == Role::Admin || self.0.permissions.iter().any(|given| given == permission)
    }

    /// Returns the key's grant.
    pub fn grant(&self) -> &Grant {
        &self.0
    }

    fn at_least(self, role: Role) -> Result<Self> {
        if self.0.role >= role {
            return Ok(self);
        }
        let sentence =
            format!("This key has the role {}, and this needs the role {role}; use a key with that role.", self.0.role);
        Err(ApiError::forbidden(sentence))
    }
}

/// Passes the caller to the request's log line.
#[derive(Clone, Default)]
pub(crate) struct Who(Arc<Identified>);

#[derive(Default)]
struct Identified {
    grant: OnceLock<Arc<Grant>>,
    /// Set if the request leaves an entry in the audit log.
    trail: OnceLock<Trail>,
}

impl Who {
    pub(crate) fn grant(&self) -> Option<&Grant> {
        self.0.grant.get().map(AsRef::as_ref)
    }

    pub(crate) fn trail(&self) -> Option<&Trail> {
        self.0.trail.get()
    }
}

impl<S: HasKeys + Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let header = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let (scheme, token) = header.and_then(|value| value.split_once(' ')).ok_or_else(ApiError::unauthorized)?;
        let key = Some(token.trim()).filter(|_| scheme.eq_ignore_ascii_case("bearer")).and_then(ApiKey::parse);
        let key = key.ok_or_else(ApiError::unauthorized)?;
        let known = state.keys().known(&key).await?.ok_or_else(ApiError::unauthorized)?;
        if known.grant.has_expired() {
            return Err(ApiError::expired());
        }
        // A handler may extract the caller twice, but it is only one request.
        let who = parts.extensions.get::<Who>();
        let first = who.is_none_or(|who| who.0.grant.set(known.grant.clone()).is_ok());
        if first {
            state.keys().admit(&known)?;
        }
        let route = parts.extensions.get::<MatchedPath>().map(MatchedPath::as_str);
        if let Some(who) = who.filter(|_| first && audit::is_audited(&parts.method, route)) {
            let _ = who.0.trail.set(Trail::new(state.keys().audit.clone(), parts.uri.clone()));
        }
        Ok(Self(known.grant))
    }
}

/// A caller who may read: any role.
pub struct Reader(pub Caller);

/// A caller who may write destinations, rules and events: editor or admin.
pub struct Writer(pub Caller);

/// A caller who may do everything.
pub struct Admin(pub Caller);

impl<S: HasKeys + Send + Sync> FromRequestParts<S> for Admin {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        Caller::from_request_parts(parts, state).await?.at_least(Role::Admin).map(Self)
    }
}

impl<S: HasKeys + Send + Sync> FromRequestParts<S> for Reader {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        Caller::from_request_parts(parts, state).await?.at_least(Role::Viewer).map(Self)
    }
}

impl<S: HasKeys + Send + Sync> FromRequestParts<S> for Writer {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        Caller::from_request_parts(parts, state).await?.at_least(Role::Editor).map(Self)
    }
}
