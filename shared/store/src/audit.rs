//! Table `Audit` holds who changed what: one row per change, kept for a year.
//!
//! It is a table of its own, so that the functions behind the API may add entries without access to anything else: in
//! `Accounts`, beside the grants of keys, a permission to put rows would be a permission to create keys.

use std::time::Duration;

use aws_sdk_dynamodb::{Client, operation::query::builders::QueryFluentBuilder};
use domain::{AuditId, OperatorId, ProjectId, time::now};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    Aws, Result,
    error::aws,
    item::{from_items, n, s, to_item},
};

/// How long entries are kept.
const KEPT: Duration = Duration::from_secs(365 * 24 * 60 * 60);
/// The maximum number of entries that one call filters. At 500 bytes each, it reads 250 KB.
const PER_CALL: i32 = 500;
/// The maximum number of calls for one page. A page that needs more is returned with the entries found so far.
const MAX_CALLS: usize = 20;

/// The actor of changes that were made with the function `admin`.
pub const ADMIN: &str = "admin";

/// A change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The operator whose data was changed.
    pub operator_id: OperatorId,
    /// The entry's ID, which contains its time.
    pub id: AuditId,
    /// The ID of the key that made the change, or [`ADMIN`].
    pub key_id: String,
    /// The key's name at that time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_name: Option<String>,
    /// The project that the key is bound to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project_id: Option<ProjectId>,
    /// What was done, such as `destination.updated`.
    pub action: String,
    /// The HTTP method. `None` for the function `admin`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// The pattern of the route.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub route: Option<String>,
    /// The HTTP status of the response. With a 5xx, the change may have been made or not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The ID of what was changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource_id: Option<String>,
    /// The fields that were set.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<FieldChange>,
    /// Lambda's request ID.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

/// A field that a change set. Values are kept only for fields that never contain a secret.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FieldChange {
    /// The name of the field.
    pub field: String,
    /// The value before, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old: Option<Value>,
    /// The new value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new: Option<Value>,
}

/// Conditions on entries. All must apply.
#[derive(Debug, Default)]
pub struct Filter {
    /// The ID of the key, or [`ADMIN`].
    pub key_id: Option<String>,
    /// An action, or its beginning, such as `destination`.
    pub action: Option<String>,
    /// The ID of what was changed.
    pub resource_id: Option<String>,
    /// The project of the key.
    pub project_id: Option<ProjectId>,
    /// The earliest time.
    pub since: Option<Timestamp>,
    /// The latest time, exclusive.
    pub until: Option<Timestamp>,
}

/// A page of entries.
#[derive(Debug)]
pub struct Page {
    /// The entries, newest first.
    pub entries: Vec<Entry>,
    /// Where the next page starts, if there is one.
    pub next: Option<AuditId>,
}

/// The table `Audit`.
#[derive(Clone)]
pub struct Audit {
    client: Client,
    table: String,
}

impl Audit {
    /// Opens the table that `AUDIT_TABLE` names.
    ///
    /// # Errors
    /// When the variable is missing.
    pub fn from_env(aws: &Aws) -> Result<Self> {
        Ok(Self { client: aws.dynamodb(), table: aws.variable("AUDIT_TABLE")? })
    }

    /// Adds an entry. Adding the same entry again has no effect.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn add(&self, entry: &Entry) -> Result<()> {
        let mut item = to_item(entry)?;
        item.insert("ttl".into(), n(now().as_second() + KEPT.as_secs().cast_signed()));
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
        put.send().await.map(drop).map_err(aws("PutItem"))
    }

    /// Returns a page of an operator's entries, newest first, starting before the entry `before`.
    ///
    /// # Errors
    /// When a call fails.
    pub async fn page(
        &self,
        operator: OperatorId,
        filter: &Filter,
        limit: usize,
        before: Option<AuditId>,
    ) -> Result<Page> {
        let first = filter.since.map_or_else(AuditId::first, AuditId::first_at);
        let last = filter.until.map_or_else(AuditId::last, |until| AuditId::first_at(until).before());
        let mut last = before.map_or(last, |before| before.before().min(last));
        let mut entries = vec![];
        for _ in 0..MAX_CALLS {
            if last < first {
                return Ok(Page { entries, next: None });
            }
            let query = filtered(self.client.query().table_name(&self.table), filter)
                .key_condition_expression("operator_id = :operator AND id BETWEEN :first AND :last")
                .expression_attribute_values(":operator", s(operator))
                .expression_attribute_values(":first", s(first))
                .expression_attribute_values(":last", s(last))
                .scan_index_forward(false)
                .limit(PER_CALL);
            let answer = query.send().await.map_err(aws("Query"))?;
            let read_to = answer.last_evaluated_key.as_ref().and_then(|key| key.get("id")?.as_s().ok()?.parse().ok());
            entries.extend(from_items::<Entry>(answer.items)?);
            if entries.len() > limit {
                entries.truncate(limit);
                let next = entries.last().map(|entry| entry.id);
                return Ok(Page { entries, next });
            }
            let Some(read_to) = read_to else { return Ok(Page { entries, next: None }) };
            last = AuditId::before(read_to);
        }
        // The last one that was read, whether it matched or not.
        Ok(Page { entries, next: Some(AuditId::from(last.ulid().increment().unwrap_or(last.ulid()))) })
    }
}

fn filtered(mut query: QueryFluentBuilder, filter: &Filter) -> QueryFluentBuilder {
    let conditions = [
        ("key_id = :key", ":key", filter.key_id.clone()),
        ("begins_with(#action, :action)", ":action", filter.action.clone()),
        ("resource_id = :resource", ":resource", filter.resource_id.clone()),
        ("project_id = :project", ":project", filter.project_id.as_ref().map(ToString::to_string)),
    ];
    let mut expressions = vec![];
    for (expression, name, value) in conditions {
        let Some(value) = value else { continue };
        query = query.expression_attribute_values(name, s(value));
        expressions.push(expression);
    }
    if filter.action.is_some() {
        query = query.expression_attribute_names("#action", "action");
    }
    if expressions.is_empty() { query } else { query.filter_expression(expressions.join(" AND ")) }
}
