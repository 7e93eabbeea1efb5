//! Partial updates of a connection.

use indexmap::IndexMap;
use serde_json::{Map, Value};

use crate::credential::REDACTED;

/// The fields of a connection, in the order in which an API writes them.
pub type Written = IndexMap<String, Value>;

/// Applies `change` to the fields. Fields that it does not name stay, null removes a field, and a value equal to the
/// `shown` one means «unchanged». The same applies to each field of an object such as `headers`, whose names are
/// compared without regard to case.
pub(super) fn merged(mut fields: Written, shown: &Written, change: Map<String, Value>) -> Value {
    for (name, value) in change {
        let as_shown = shown.get(&name) == Some(&value);
        match (value, fields.get_mut(&name)) {
            (_, Some(_)) if as_shown => {}
            (Value::Null, _) => {
                fields.shift_remove(&name);
            }
            (Value::Object(new), Some(Value::Object(old))) => change_object(old, new),
            (value, Some(_)) if value == REDACTED => {}
            (value, _) => {
                fields.insert(name, value);
            }
        }
    }
    Value::Object(fields.into_iter().collect())
}

fn change_object(old: &mut Map<String, Value>, new: Map<String, Value>) {
    for (name, value) in new {
        let known = old.keys().find(|known| known.eq_ignore_ascii_case(&name)).cloned();
        if value == REDACTED && known.is_some() {
            continue;
        }
        known.and_then(|known| old.remove(&known));
        if !value.is_null() {
            old.insert(name, value);
        }
    }
}
