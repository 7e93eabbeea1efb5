use serde_json::Value;

use super::{Answered, Card, Reading};

pub(super) fn body(_card: &Card<'_>) -> Value {
    Value::Null
}

pub(super) fn read(_answered: Answered<'_>) -> Reading {
    Reading::Taken(None)
}
