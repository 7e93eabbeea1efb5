//! The audit log: who changed what.
//!
//! Every request that authenticates and may change something leaves an entry, whichever extractor its handler uses:
//! [`crate::Caller`] starts the trail, [`crate::Body`] adds the body, and the server writes the entry. So a new route is
//! audited unless [`NOT_AUDITED`] names it.
//!
//! An entry is written after the change, when its outcome is known, and before the caller gets the response. Written
//! before, entries would tell of changes that were then refused, or would need a second write for the outcome. The
//! price: if a function is stopped between the change and the entry, only the access log of API Gateway shows the
//! request. If the entry cannot be written, it goes to the function's log, as an error, and the response stays as it is:
//! the change was made, and an error would make callers repeat it.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use axum::{
    Extension,
    body::{Body, Bytes, HttpBody, to_bytes},
    http::{Method, Uri},
    response::Response,
};
use domain::{AuditId, hidden::without_people};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use store::{
    Audit,
    accounts::Grant,
    audit::{Entry, FieldChange},
};

/// Routes that change nothing, or that post events and messages: those have logs of their own, and are many.
const NOT_AUDITED: [(Method, &str); 3] = [
    (Method::POST, "/v1/events"),
    (Method::POST, "/api/v1/notifications/send"),
    (Method::POST, "/v1/notifications/channels/preview"),
];

/// The collections in paths, and the name of what they contain. Others are named after their last segment.
const NOUNS: [(&str, &str); 12] = [
    ("/v1/notifications/destinations", "destination"),
    ("/v1/notifications/channels", "rule"),
    ("/v1/webhooks/endpoints", "endpoint"),
    ("/v1/config/notifications", "project_channel"),
    ("/v1/deliveries", "delivery"),
    ("/v1/events", "event"),
    ("/v1/keys", "key"),
    ("/v1/portal-links", "portal_link"),
    ("/api/v1/notifications/providers", "provider"),
    ("/mail/webhooks", "mail_webhook"),
    ("/mail/webhook-deliveries", "delivery"),
    ("/mail/suppressions", "suppression"),
];

/// Operations on a resource, and how the log names them.
const OPERATIONS: [(&str, &str); 6] = [
    ("verify", "verified"),
    ("test", "tested"),
    ("recover", "recovered"),
    ("retry", "retried"),
    ("rotate-secret", "secret_rotated"),
    ("send-code", "code_sent"),
];

/// Fields whose values are kept, because they never contain a secret or an address. Of all others, only the names are.
const SHOWN: [&str; 33] = [
    "active",
    "channel_type",
    "description",
    "destination_id",
    "destination_ids",
    "disabled",
    "enabled",
    "eventTypes",
    "event_types",
    "events",
    "expire_now",
    "expires_at",
    "expires_in_seconds",
    "force",
    "kind",
    "limit",
    "maxPerSecond",
    "max_per_second",
    "minSeverity",
    "min_severity",
    "name",
    "on_unhealthy",
    "permissions",
    "project_id",
    "role",
    "severity",
    "severity_min",
    "since",
    "state",
    "status",
    "type",
    "types",
    "until",
];

/// The maximum number of fields in an entry.
const MAX_FIELDS: usize = 30;
/// The maximum length of a value in an entry, as JSON.
const MAX_VALUE: usize = 500;
/// The maximum length of a resource's ID in an entry.
const MAX_ID: usize = 200;
/// Larger responses are not searched for an ID.
const MAX_RESPONSE: u64 = 256 * 1024;
/// How often a failed write is repeated, in addition to the repetitions of the client.
const TRIES: u32 = 3;

/// The resource before a change. A handler returns it as part of its response, so that the entry has the old values.
#[derive(Clone)]
pub struct Before(Arc<Value>);

impl Before {
    /// Records the old resource as responses show it: with the names that requests use.
    pub fn of(view: &impl Serialize) -> Extension<Self> {
        Extension(Self(Arc::new(serde_json::to_value(view).unwrap_or_default())))
    }
}

/// What an entry needs from a request.
pub(crate) struct Trail {
    audit: Arc<Audit>,
    uri: Uri,
    body: OnceLock<Bytes>,
}

impl Trail {
    pub(crate) fn new(audit: Arc<Audit>, uri: Uri) -> Self {
        Self { audit, uri, body: OnceLock::new() }
    }

    /// Keeps the body for the entry. It shares the memory with the handler's.
    pub(crate) fn keep(&self, body: &Bytes) {
        let _ = self.body.set(body.clone());
    }
}

/// Whether requests of a route leave an entry.
pub(crate) fn is_audited(method: &Method, route: Option<&str>) -> bool {
    !method.is_safe() && !NOT_AUDITED.iter().any(|(of, path)| of == method && Some(*path) == route)
}

/// The request and its outcome.
pub(crate) struct Made<'a> {
    pub(crate) grant: &'a Grant,
    pub(crate) method: &'a Method,
    pub(crate) route: &'a str,
    pub(crate) request_id: Option<&'a str>,
}

/// Writes the entry of a request that may have changed something.
pub(crate) async fn record(trail: &Trail, made: Made<'_>, response: Response) -> Response {
    let status = response.status();
    // A request that fails on our side may have written something.
    if !status.is_success() && !status.is_server_error() {
        return response;
    }
    let before = response.extensions().get::<Before>().cloned();
    let (response, answer) = read(response).await;
    let fields = trail.body.get().and_then(|body| serde_json::from_slice(crate::body::without_mark(body)).ok());
    let entry = Entry {
        operator_id: made.grant.operator_id,
        id: AuditId::generate(),
        key_id: made.grant.key_id.to_string(),
        key_name: made.grant.name.clone(),
        project_id: made.grant.project_id.clone(),
        action: action(made.method, made.route),
        method: Some(made.method.to_string()),
        route: Some(made.route.to_owned()),
        status: Some(status.as_u16()),
        resource_id: in_path(made.route, trail.uri.path()).or_else(|| created(&answer)),
        changes: changes(&fields.unwrap_or_default(), before.as_ref().map(|Before(fields)| &**fields)),
        request_id: made.request_id.map(str::to_owned),
    };
    write(&trail.audit, &entry).await;
    response
}

/// Writes an entry, or logs it if that fails.
pub(crate) async fn write(audit: &Audit, entry: &Entry) {
    for tried in 1..=TRIES {
        match audit.add(entry).await {
            Ok(()) => return,
            Err(error) if tried == TRIES => {
                let entry = serde_json::to_string(entry).unwrap_or_default();
                tracing::error!(%error, entry, "audit entry not written");
            }
            Err(_) => tokio::time::sleep(Duration::from_millis(100) * tried).await,
        }
    }
}

/// Reads the body of a response, which is in memory, and puts it back.
async fn read(response: Response) -> (Response, Bytes) {
    let size = response.body().size_hint().exact().filter(|size| *size <= MAX_RESPONSE);
    if size.is_none() {
        return (response, Bytes::new());
    }
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, usize::MAX).await.unwrap_or_default();
    (Response::from_parts(parts, Body::from(bytes.clone())), bytes)
}

/// The names of IDs in responses to creations.
#[derive(Deserialize)]
struct Ids {
    id: Option<String>,
    key_id: Option<String>,
    data: Option<Box<Ids>>,
}

fn created(answer: &[u8]) -> Option<String> {
    let ids: Ids = serde_json::from_slice(answer).ok()?;
    ids.id.or(ids.key_id).or_else(|| ids.data.and_then(|data| data.id))
}

/// The last variable of a route in a path.
fn in_path(route: &str, path: &str) -> Option<String> {
    let value = route.split('/').zip(path.split('/')).filter(|(part, _)| part.starts_with('{')).last()?.1;
    // Suppressions are named by mail addresses, which do not belong into a log that is kept for a year.
    Some(without_people(value).chars().take(MAX_ID).collect())
}

fn action(method: &Method, route: &str) -> String {
    let known = NOUNS.iter().filter(|(path, _)| is_below(route, path)).max_by_key(|(path, _)| path.len());
    let (rest, noun) = match known {
        Some((path, noun)) => (&route[path.len()..], (*noun).to_owned()),
        None => {
            let collection = route.split("/{").next().unwrap_or(route);
            let name = collection.rsplit('/').next().unwrap_or_default();
            (&route[collection.len()..], name.trim_end_matches('s').replace('-', "_"))
        }
    };
    let operation = rest.split('/').rfind(|part| !part.is_empty() && !part.starts_with('{'));
    let done = match (operation, method) {
        (Some(operation), _) => {
            let known = OPERATIONS.iter().find(|(name, _)| *name == operation);
            return format!("{noun}.{}", known.map_or_else(|| operation.replace('-', "_"), |(_, done)| (*done).into()));
        }
        (None, &Method::DELETE) if noun == "key" => "revoked",
        (None, &Method::DELETE) => "deleted",
        (None, &Method::POST) => "created",
        (None, _) => "updated",
    };
    format!("{noun}.{done}")
}

fn is_below(route: &str, path: &str) -> bool {
    route.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn changes(fields: &Map<String, Value>, before: Option<&Value>) -> Vec<FieldChange> {
    let shown = |name: &str, value: Option<&Value>| {
        let value = value.filter(|value| SHOWN.contains(&name) && value.to_string().len() <= MAX_VALUE)?;
        (!value.is_object()).then(|| value.clone())
    };
    let change = |(name, value): (&String, &Value)| FieldChange {
        field: name.chars().take(64).collect(),
        old: shown(name, before.and_then(|before| before.get(name))),
        new: shown(name, Some(value)),
    };
    fields.iter().take(MAX_FIELDS).map(change).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_action_names_the_resource_and_what_was_done() {
        for (method, route, expected) in [
            (Method::POST, "/v1/notifications/destinations", "destination.created"),
            (Method::PATCH, "/v1/notifications/channels/{id}", "rule.updated"),
            (Method::PUT, "/v1/config/notifications/{id}", "project_channel.updated"),
            (Method::POST, "/v1/webhooks/endpoints/{id}/rotate-secret", "endpoint.secret_rotated"),
            (Method::POST, "/mail/webhook-deliveries/{id}/retry", "delivery.retried"),
            (Method::POST, "/v1/deliveries/recover", "delivery.recovered"),
            (Method::DELETE, "/v1/keys/{id}", "key.revoked"),
            (Method::DELETE, "/mail/suppressions/{email}", "suppression.deleted"),
            (Method::POST, "/v2/saved-views", "saved_view.created"),
            (Method::POST, "/v2/saved-views/{id}/share", "saved_view.share"),
        ] {
            assert_eq!(action(&method, route), expected, "{method} {route}");
        }
    }

    #[test]
    fn only_the_hot_path_and_reads_leave_no_entry() {
        assert!(!is_audited(&Method::GET, Some("/v1/keys")));
        assert!(!is_audited(&Method::POST, Some("/v1/events")));
        assert!(is_audited(&Method::POST, Some("/v1/events/{id}/replay")));
        assert!(is_audited(&Method::POST, Some("/v9/anything")) && is_audited(&Method::PATCH, None));
    }

    #[test]
    fn values_are_kept_only_for_fields_without_secrets() {
        let body = json!({"name": "x", "url": "https://a:secret@example.com", "secret": "whsec_1", "config": {"a": 1}});
        let before = json!({"name": "w", "secret": "whsec_0"});
        let all = changes(body.as_object().expect("an object"), Some(&before));
        let text = serde_json::to_string(&all).expect("JSON");
        assert!(!text.contains("whsec") && !text.contains("example.com"), "{text}");
        let name = all.iter().find(|change| change.field == "name").expect("the name");
        assert_eq!((&name.old, &name.new), (&Some(json!("w")), &Some(json!("x"))));
        assert_eq!(all.len(), 4);
    }

    #[test]
    fn a_resource_is_named_by_the_path_or_by_the_response() {
        assert_eq!(in_path("/v1/keys/{id}", "/v1/keys/key_1").as_deref(), Some("key_1"));
        assert_eq!(in_path("/v1/keys", "/v1/keys"), None);
        let hidden = in_path("/mail/suppressions/{email}", "/mail/suppressions/ann@example.com").expect("a resource");
        assert!(!hidden.contains("ann"), "{hidden}");
        assert_eq!(created(br#"{"id": "ndst_1", "x": 2}"#).as_deref(), Some("ndst_1"));
        assert_eq!(created(br#"{"data": {"id": "u"}}"#).as_deref(), Some("u"));
        assert_eq!(created(b""), None);
    }
}
