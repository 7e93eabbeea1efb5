//! Who calls, what they may do, and how often.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::{Duration, Instant},
};

use axum::{
    extract::FromRequestParts,
    http::{header::AUTHORIZATION, request::Parts},
};
use domain::{
    ApiKey, EventId, OperatorId, Role,
    event::PostedEvent,
    shard::{self, EventsOf, Sharding},
    time::now,
};
use store::{Accounts, Changes, accounts::Grant};

use crate::{
    error::{ApiError, Result},
    request_limit::RequestLimit,
};

/// For how long a key that was looked up is believed: a revoked key dies within this time, and
/// [`shard::TAKES_EFFECT_AFTER`] is longer.
const KEEP: Duration = Duration::from_secs(60);
/// How many keys are remembered at most.
const MAX_KEPT: usize = 10_000;

/// Looks keys up, each at most once a minute.
pub struct Keys {
    accounts: Accounts,
    known: Mutex<HashMap<String, Known>>,
    limit: RequestLimit,
}

/// A key that was looked up.
#[derive(Clone)]
struct Known {
    at: Instant,
    grant: Arc<Grant>,
    /// How many requests per second its operator or the operator's plan allows; none for the default.
    requests_per_second: Option<u32>,
}

/// State that has keys: every HTTP function's.
pub trait HasKeys {
    /// The keys.
    fn keys(&self) -> &Keys;

    /// Where a change is noted, for functions that change rules or destinations: workers remember those.
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
    /// Keys as the table has them.
    pub fn new(accounts: Accounts) -> Self {
        Self { accounts, known: Mutex::default(), limit: RequestLimit::from_env() }
    }

    /// Opens the connection that the first request will need.
    pub(crate) async fn warm(&self) {
        self.accounts.warm().await;
    }

    async fn known(&self, key: &ApiKey) -> Result<Option<Known>> {
        let hash = key.hash();
        if let Some(known) = self.remembered(&hash) {
            return Ok(Some(known));
        }
        let Some(grant) = self.accounts.grant(key).await?.map(Arc::new) else { return Ok(None) };
        // The default for a minute is better than no answer.
        let limit = self.accounts.requests_per_second(grant.operator_id).await;
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

    fn remembered(&self, hash: &str) -> Option<Known> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(hash).filter(|known| known.at.elapsed() < KEEP).cloned()
    }

    /// Counts a request, and refuses it when its key has made too many.
    fn admit(&self, known: &Known) -> Result<()> {
        self.limit.admit(known.grant.key_id, known.requests_per_second).map_err(|wait| {
            let wait = wait.max(Duration::from_secs(1));
            let sentence = "This key makes more requests than it may; send the same again after the seconds that the header \
                            Retry-After says.";
            ApiError::too_many("rate_limited", sentence, wait)
        })
    }
}

/// The bearer of a valid key, whatever it may do.
#[derive(Debug, Clone)]
pub struct Caller(Arc<Grant>);

impl Caller {
    /// Whose account this is about. From the key alone: nothing in a request names another.
    pub fn operator_id(&self) -> OperatorId {
        self.0.operator_id
    }

    /// Its events: where they are in the table.
    pub fn events(&self) -> EventsOf {
        EventsOf::new(self.operator_id(), self.0.sharding)
    }

    /// A new id for an event of the account.
    pub fn new_event_id(&self) -> EventId {
        EventId::generate_in(shard::over(self.0.sharding, now()))
    }

    /// Whose idempotency keys are claimed, and where the marks of them are.
    pub fn claims(&self) -> (OperatorId, Option<Sharding>) {
        (self.operator_id(), self.0.sharding)
    }

    /// The project that the key is bound to.
    pub fn project_id(&self) -> Option<&str> {
        self.0.project_id.as_deref()
    }

    /// Whether the bearer may see what belongs to this project, or to none: by a key that is bound to a project nothing of
    /// another one.
    pub fn may_see(&self, project_id: Option<&str>) -> bool {
        self.project_id().is_none() || project_id.is_none() || self.project_id() == project_id
    }

    /// Makes an event one of the project that the key is bound to, if it is bound to one.
    ///
    /// # Errors
    /// A 403 when the event names another.
    pub fn bind_to_project(&self, event: &mut PostedEvent) -> Result<()> {
        let Some(project) = self.project_id() else { return Ok(()) };
        if event.project_id.as_deref().is_some_and(|other| other != project) {
            let sentence = format!("This key is bound to the project {project}; leave `project_id` out or send that.");
            return Err(ApiError::forbidden(sentence));
        }
        event.project_id = Some(project.to_owned());
        Ok(())
    }

    /// Whether the bearer may write destinations, rules and events, and so see the credentials in an address.
    pub fn may_write(&self) -> bool {
        self.0.role >= Role::Editor
    }

    /// Whether the bearer may do what takes this permission: an admin may do all.
    pub fn has(&self, permission: &str) -> bool {
        self.0.role == Role::Admin || self.0.permissions.iter().any(|given| given == permission)
    }

    /// What the key was made with.
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

/// Where the request's log line learns who called.
#[derive(Clone, Default)]
pub(crate) struct Who(Arc<OnceLock<Arc<Grant>>>);

impl Who {
    pub(crate) fn grant(&self) -> Option<&Grant> {
        self.0.get().map(AsRef::as_ref)
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
        // A handler may ask twice who calls, which is one request all the same.
        let first = parts.extensions.get::<Who>().is_none_or(|who| who.0.set(known.grant.clone()).is_ok());
        if first {
            state.keys().admit(&known)?;
        }
        Ok(Self(known.grant))
    }
}

/// A caller who may read: any role.
pub struct Reader(pub Caller);

/// A caller who may write destinations, rules and events: editor or admin.
pub struct Writer(pub Caller);

/// A caller who may do all.
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
