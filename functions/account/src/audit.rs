//! The audit log of the account.

use api::{Admin, ApiError, PageQuery, Query, error::Result, page::next_cursor, query, responses::stack::Errors};
use axum::Json;
use domain::time::rfc3339;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::audit::{Entry, FieldChange, Filter};
use utoipa::{IntoParams, ToSchema};

use crate::State;

const LIST: &str = "audit";
/// The longest value to filter by.
const MAX_TEXT: usize = 200;

/// Conditions on entries. All must apply.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AuditQuery {
    /// The id of the key that made the change; `admin` for changes by the function `admin`.
    #[param(min_length = 1, max_length = 200)]
    key_id: Option<String>,
    /// An action such as `destination.updated`, or its beginning, such as `destination`.
    #[param(min_length = 1, max_length = 200)]
    action: Option<String>,
    /// The id of what was changed.
    #[param(min_length = 1, max_length = 200)]
    resource: Option<String>,
    /// The earliest time, RFC 3339.
    #[param(format = DateTime)]
    since: Option<String>,
    /// The latest time, exclusive, RFC 3339.
    #[param(format = DateTime)]
    until: Option<String>,
    /// How many rows at most.
    #[param(value_type = Option<i32>, minimum = 1, maximum = 100, default = 50)]
    limit: Option<String>,
    /// The `next_cursor` of the page before; empty for the first page.
    #[param(format = "cursor")]
    cursor: Option<String>,
}

/// A change.
#[derive(Serialize, ToSchema)]
pub(crate) struct AuditEntry {
    /// The id of the entry.
    #[schema(example = "aud_01JRX2Q0Z8K5V3M7N9P4T6W8YA")]
    id: String,
    /// When the change was made.
    #[schema(example = "2026-04-15T10:00:00.000Z")]
    at: String,
    /// The id of the key that made the change; `admin` for changes by the function `admin`.
    key_id: String,
    /// The name of that key.
    key_name: Option<String>,
    /// What was done.
    #[schema(example = "destination.updated")]
    action: String,
    /// The HTTP method; null for changes by the function `admin`.
    method: Option<String>,
    /// The route.
    #[schema(example = "/v1/notifications/destinations/{id}")]
    route: Option<String>,
    /// The HTTP status of the response. With a 5xx, it is unknown whether the change was made.
    status: Option<u16>,
    /// The id of what was changed.
    resource_id: Option<String>,
    /// The fields that the request set.
    changes: Vec<AuditChange>,
    /// The id of the request in the logs.
    request_id: Option<String>,
}

/// A field that a request set.
#[derive(Serialize, ToSchema)]
pub(crate) struct AuditChange {
    /// The name of the field.
    #[schema(example = "max_per_second")]
    field: String,
    /// The value before, if it is known.
    old: Option<Value>,
    /// The new value; null for fields that may contain secrets or addresses.
    new: Option<Value>,
}

impl From<Entry> for AuditEntry {
    fn from(of: Entry) -> Self {
        let change = |FieldChange { field, old, new }| AuditChange { field, old, new };
        Self {
            id: of.id.to_string(),
            at: rfc3339(of.id.made_at()),
            key_id: of.key_id,
            key_name: of.key_name,
            action: of.action,
            method: of.method,
            route: of.route,
            status: of.status,
            resource_id: of.resource_id,
            changes: of.changes.into_iter().map(change).collect(),
            request_id: of.request_id,
        }
    }
}

/// A page of the audit log.
#[derive(Serialize, ToSchema)]
pub(crate) struct AuditPage {
    /// The entries, newest first.
    entries: Vec<AuditEntry>,
    /// Send it as `cursor` for the next page; null on the last page. A page can have fewer entries than `limit`, or
    /// none, before the last one if few of very many entries match.
    next_cursor: Option<String>,
}

/// Lists who changed what.
///
/// Only for admins. Entries are kept for a year. Posted events and sent notifications are not part of this log: they
/// have their own.
#[utoipa::path(
    get, path = "/v1/audit", tag = "Account", operation_id = "listAudit", params(AuditQuery),
    responses((status = 200, body = AuditPage), Errors)
)]
pub(crate) async fn list(app: State, Admin(caller): Admin, Query(of): Query<AuditQuery>) -> Result<Json<AuditPage>> {
    let text = |field: &str, text: Option<String>| match text {
        Some(text) if text.is_empty() || text.len() > MAX_TEXT => {
            Err(ApiError::field(field, format!("send 1 to {MAX_TEXT} characters")))
        }
        text => Ok(text),
    };
    let filter = Filter {
        key_id: text("key_id", of.key_id)?,
        action: text("action", of.action)?,
        resource_id: text("resource", of.resource)?,
        project_id: caller.project_id().cloned(),
        since: query::time("since", of.since.as_deref())?,
        until: query::time("until", of.until.as_deref())?,
    };
    let page = PageQuery::new(of.limit, of.cursor);
    let (limit, before) = (usize::try_from(page.limit()?).unwrap_or_default(), page.after(LIST)?);
    let page = app.audit.page(caller.operator_id(), &filter, limit, before).await?;
    let next_cursor = next_cursor(LIST, page.next, true);
    Ok(Json(AuditPage { entries: page.entries.into_iter().map(AuditEntry::from).collect(), next_cursor }))
}
