//! A change of a connection, which names only what is to change.

use indexmap::IndexMap;
use serde_json::{Map, Value};

use crate::secret::REDACTED;

/// The fields of a connection, in the order in which an API writes them.
pub type Written = IndexMap<String, Value>;

/// What `change` makes of the fields: what it does not name stays, and null takes a field away. What it gives as it is
/// `shown` stays as well. Of an object, such as headers, the same goes for each of its fields; names of headers are the same
/// in upper and in lower case.
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
