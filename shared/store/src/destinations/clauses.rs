//! Builds the update expression for a destination's row.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::traffic::Rate;

use crate::Result;

/// The placeholder for the limit in an expression.
pub(crate) const LIMIT: &str = ":limit";

/// The attributes that an update sets and removes.
pub(crate) struct Clauses {
    set: Vec<&'static str>,
    // A set, because DynamoDB rejects an expression that names an attribute twice.
    remove: BTreeSet<&'static str>,
}

impl Clauses {
    pub(crate) fn setting(set: &[&'static str]) -> Self {
        Self { set: set.to_vec(), remove: BTreeSet::new() }
    }

    pub(crate) fn set(&mut self, assignments: &[&'static str]) {
        self.set.extend(assignments);
    }

    pub(crate) fn remove(&mut self, attribute: &'static str) {
        self.remove.insert(attribute);
    }

    /// Clears what deliveries recorded about the old address.
    pub(crate) fn forget_traffic(&mut self) {
        self.remove.extend(["unreached", "breaker", "slow_until", "pace", "next_slot"]);
    }

    /// Sets or removes the operator's limit. Returns the value of [`LIMIT`], if there is one. Also removes the next
    /// free slot: under a low limit it may be hours ahead.
    pub(crate) fn limit(&mut self, new: Option<Rate>) -> Result<Option<AttributeValue>> {
        self.remove("next_slot");
        match new {
            Some(rate) => {
                self.set(&["max_per_second = :limit"]);
                Ok(Some(serde_dynamo::to_attribute_value(rate)?))
            }
            None => {
                self.remove("max_per_second");
                Ok(None)
            }
        }
    }

    pub(crate) fn expression(self) -> String {
        let clause = |keyword, parts: Vec<_>| (!parts.is_empty()).then(|| format!("{keyword} {}", parts.join(", ")));
        let clauses = [clause("SET", self.set), clause("REMOVE", self.remove.into_iter().collect())];
        clauses.into_iter().flatten().collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_limit_drops_the_next_slot() {
        let mut clauses = Clauses::setting(&[]);
        let value = clauses.limit(Rate::per_second(10.0)).expect("a value");
        assert_eq!(value, Some(AttributeValue::N("10000".into())));
        assert_eq!(clauses.expression(), "SET max_per_second = :limit REMOVE next_slot");
        let mut clauses = Clauses::setting(&[]);
        assert_eq!(clauses.limit(None).expect("none"), None);
        assert_eq!(clauses.expression(), "REMOVE max_per_second, next_slot");
    }

    #[test]
    fn no_attribute_is_removed_twice() {
        let mut clauses = Clauses::setting(&["destination = :url"]);
        clauses.forget_traffic();
        clauses.limit(None).expect("none");
        let removed = "breaker, max_per_second, next_slot, pace, slow_until, unreached";
        assert_eq!(clauses.expression(), format!("SET destination = :url REMOVE {removed}"));
    }
}
