//! Entries of the audit log for commands. An entry is written after the command, for the reasons in `api::audit`.

use std::time::Duration;

use domain::{AuditId, KeyId, OperatorId};
use serde_json::{Map, Value};
use store::{
    Audit,
    audit::{ADMIN, Entry, FieldChange},
};

/// Commands and the actions that the log shows for them. Others change nothing that belongs to one operator.
const ACTIONS: [(&str, &str); 7] = [
    ("create_operator", "operator.created"),
    ("create_key", "key.created"),
    ("revoke_key", "key.revoked"),
    ("set_plan", "operator.plan_set"),
    ("set_shards", "operator.shards_set"),
    ("set_limit", "operator.limit_set"),
    ("rotate_data_key", "operator.data_key_rotated"),
];
/// Fields that name people or the resource itself.
const HIDDEN: [&str; 4] = ["email", "operator_id", "key_id", "at_most"];
/// How often a write is tried, in addition to the repetitions of the client.
const TRIES: u32 = 3;

/// A command that was read, before it is executed.
pub(crate) struct Begun {
    command: String,
    fields: Map<String, Value>,
    request_id: String,
}

impl Begun {
    pub(crate) fn of(payload: &Value, request_id: &str) -> Self {
        let (command, fields) = payload.as_object().and_then(|all| all.iter().next()).unzip();
        Self {
            command: command.cloned().unwrap_or_default(),
            fields: fields.and_then(Value::as_object).cloned().unwrap_or_default(),
            request_id: request_id.to_owned(),
        }
    }

    /// Writes the entry of a command that succeeded, or logs it if that fails.
    pub(crate) async fn record(self, audit: &Audit, answer: &Value) {
        let Some(entry) = self.entry(answer) else { return };
        for tried in 1..=TRIES {
            match audit.add(&entry).await {
                Ok(()) => return,
                Err(error) if tried == TRIES => {
                    let entry = serde_json::to_string(&entry).unwrap_or_default();
                    tracing::error!(%error, entry, "audit entry not written");
                }
                Err(_) => tokio::time::sleep(Duration::from_millis(100) * tried).await,
            }
        }
    }

    fn entry(self, answer: &Value) -> Option<Entry> {
        let (_, action) = ACTIONS.iter().find(|(command, _)| *command == self.command)?;
        let text = |name: &str| answer.get(name).or_else(|| self.fields.get(name)).and_then(Value::as_str);
        let key_id: Option<KeyId> = text("key_id").and_then(|id| id.parse().ok());
        let operator_id: Option<OperatorId> = text("operator_id").and_then(|id| id.parse().ok());
        // A limit of a plan belongs to no operator.
        let operator_id = operator_id.or(key_id.map(|id| id.operator))?;
        let resource_id = key_id.map_or_else(|| operator_id.to_string(), |id| id.to_string());
        let changes = self.fields.iter().filter(|(name, _)| !HIDDEN.contains(&name.as_str()));
        let changes = changes.map(|(name, value)| FieldChange {
            field: name.clone(),
            old: None,
            new: Some(value.clone()).filter(|value| !value.is_null()),
        });
        Some(Entry {
            operator_id,
            id: AuditId::generate(),
            key_id: ADMIN.to_owned(),
            key_name: None,
            project_id: None,
            action: (*action).to_owned(),
            method: None,
            route: None,
            status: None,
            resource_id: Some(resource_id),
            changes: changes.collect(),
            request_id: Some(self.request_id),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn entry(payload: &Value, answer: &Value) -> Option<Entry> {
        Begun::of(payload, "r1").entry(answer)
    }

    #[test]
    fn a_command_leaves_an_entry_without_addresses_and_keys() {
        let operator = OperatorId::generate();
        let key_id = KeyId::generate(operator);
        let payload = json!({"create_operator": {"email": "ann@example.com", "name": "Example"}});
        let made = entry(&payload, &json!({"operator_id": operator, "api_key": "sk_live_op_x"})).expect("an entry");
        let text = serde_json::to_string(&made).expect("JSON");
        assert!(!text.contains("ann@") && !text.contains("sk_live"), "{text}");
        assert_eq!((&*made.action, &*made.key_id), ("operator.created", ADMIN));
        let made = entry(&json!({"revoke_key": {"key_id": key_id}}), &json!({"key_id": key_id})).expect("an entry");
        assert_eq!((made.operator_id, made.resource_id), (operator, Some(key_id.to_string())));
    }

    #[test]
    fn a_command_that_changes_nothing_of_an_operator_leaves_none() {
        assert!(entry(&json!({"list_keys": {"operator_id": OperatorId::generate()}}), &json!({})).is_none());
        assert!(entry(&json!({"set_limit": {"plan": "free", "requests_per_second": 1}}), &json!({})).is_none());
        assert!(entry(&json!(7), &json!({})).is_none());
    }
}
