//! Changes the settings and the address of a destination of the STACK API.

use aws_sdk_dynamodb::types::{TransactWriteItem, Update};
use domain::Destination;

use super::{
    Destinations,
    clauses::{Clauses, LIMIT},
    guard_key, row_key,
};
use crate::{
    Result,
    item::{n, s},
    transact::{self, Outcome},
};

/// The result of an edit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edited {
    /// The change was made.
    Yes,
    /// The operator has another destination with this address.
    Exists,
    /// The destination was deleted, or its address was changed, since it was read.
    Meanwhile,
}

impl Destinations {
    /// Writes the differences between `old` and `new`, which has the same ID: name, limit and address. A new address
    /// takes its guard along in the same transaction, and clears what deliveries recorded about the old one. The
    /// destination stays marked as unhealthy until its new address is verified, so that it is known what it missed.
    ///
    /// # Errors
    /// When the call fails; nothing is changed then.
    pub async fn edit(&self, old: &Destination, new: &Destination) -> Result<Edited> {
        let moves = old.uniqueness_key != new.uniqueness_key;
        let mut writes = vec![];
        if moves {
            let mut guard = guard_key(new.operator_id, &new.uniqueness_key);
            guard.insert("destination_id".into(), s(new.id));
            writes.push(transact::insert(&self.table, guard, "id")?);
            let old_guard = guard_key(old.operator_id, &old.uniqueness_key);
            writes.push(transact::delete_existing(&self.table, old_guard, "id")?);
        }
        writes.push(self.edited_row(old, new)?);
        Ok(match transact::all_or_none(&self.client, writes).await? {
            Outcome::Done => Edited::Yes,
            Outcome::Refused(0) if moves => Edited::Exists,
            Outcome::Refused(_) => Edited::Meanwhile,
        })
    }

    /// Writes only the differences, because a concurrent change may be to another field.
    fn edited_row(&self, old: &Destination, new: &Destination) -> Result<TransactWriteItem> {
        let mut clauses = Clauses::setting(&["updated_at = :updated"]);
        let mut update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(row_key(new.operator_id, new.id)))
            .condition_expression("attribute_exists(id) AND destination = :old")
            .expression_attribute_values(":old", s(&old.destination))
            .expression_attribute_values(":updated", n(new.updated_at.unwrap_or(new.created_at).as_millisecond()));
        if old.name != new.name {
            // `name` is a reserved word of DynamoDB.
            update = update.expression_attribute_names("#name", "name");
            match &new.name {
                Some(name) => {
                    clauses.set(&["#name = :name"]);
                    update = update.expression_attribute_values(":name", s(name));
                }
                None => clauses.remove("#name"),
            }
        }
        if old.destination != new.destination {
            clauses.set(&["destination = :address", "uniqueness_key = :key"]);
            clauses.forget_traffic();
            update = update
                .expression_attribute_values(":address", s(&new.destination))
                .expression_attribute_values(":key", s(&new.uniqueness_key));
            match new.verified_at {
                Some(at) => {
                    clauses.set(&["verified_at = :verified"]);
                    clauses.remove("unhealthy");
                    update = update.expression_attribute_values(":verified", n(at.as_millisecond()));
                }
                None => clauses.remove("verified_at"),
            }
        }
        if old.max_per_second != new.max_per_second
            && let Some(limit) = clauses.limit(new.max_per_second)?
        {
            update = update.expression_attribute_values(LIMIT, limit);
        }
        transact::update(update.update_expression(clauses.expression()))
    }
}
