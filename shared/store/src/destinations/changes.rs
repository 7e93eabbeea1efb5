//! Changes to one destination: its settings, its secret, its health.

use aws_sdk_dynamodb::{
    error::SdkError,
    types::{
        AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
        builders::UpdateBuilder,
    },
};
use domain::{
    Destination, DestinationId, OperatorId, Unhealthy,
    destination::{PreviousSecret, Sealed},
};
use jiff::Timestamp;

use super::{
    Destinations,
    clauses::{Clauses, LIMIT},
    row_key,
};
use crate::{
    Changed, IfExists, Result,
    error::aws,
    item::{from_item, n, s},
    transact,
};

/// The result of marking a destination as unhealthy.
#[derive(Debug, PartialEq, Eq)]
pub enum Marked {
    /// The destination is now unhealthy because of this attempt: notify the operator. Holds the current row.
    ByThis(Box<Destination>),
    /// The destination was already unhealthy, has been verified since, or was deleted: don't notify the operator.
    Not,
}

/// Marks a destination as verified and healthy, and clears what was recorded about slow or missing answers.
const VERIFIED: &str = "SET verified_at = :now REMOVE unhealthy, unreached, breaker, slow_until";
/// The address that was verified is still the destination's.
const SAME_ADDRESS: &str = "attribute_exists(id) AND destination = :address";

impl Destinations {
    /// Replaces the settings of a destination, unless they have changed or the destination was deleted since `old` was
    /// read.
    ///
    /// # Errors
    /// When the call fails; nothing is changed then.
    pub async fn change(&self, old: &Destination, new: &Destination) -> Result<Changed> {
        let write = transact::update(self.changing(old, new)?)?;
        Ok(Changed::if_done(transact::all_or_none(&self.client, vec![write]).await?.done()))
    }

    /// The write that changes the name, the limit and whether the destination is switched off, for a transaction. If
    /// the connection differs, it also replaces the connection and its displayed parts, and marks the destination as
    /// healthy. An unchanged connection is not written: it may have been resealed under another data key in the
    /// meantime.
    pub(crate) fn changing(&self, old: &Destination, new: &Destination) -> Result<UpdateBuilder> {
        let updated = serde_dynamo::to_attribute_value(new.updated_at.map(|at| at.as_millisecond()))?;
        let mut clauses = Clauses::setting(&["#name = :name", "disabled = :disabled", "updated_at = :updated"]);
        // `name` and `connection` are reserved words of DynamoDB.
        let mut update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(row_key(new.operator_id, new.id)))
            .expression_attribute_names("#name", "name")
            .expression_attribute_values(":name", serde_dynamo::to_attribute_value(&new.name)?)
            .expression_attribute_values(":disabled", AttributeValue::Bool(new.disabled))
            .expression_attribute_values(":updated", updated);
        if old.connection != new.connection {
            clauses.set(&["#connection = :connection", "destination = :destination", "verified_at = :updated"]);
            clauses.remove("unhealthy");
            clauses.forget_traffic();
            update = update
                .expression_attribute_names("#connection", "connection")
                .expression_attribute_values(":connection", serde_dynamo::to_attribute_value(&new.connection)?)
                .expression_attribute_values(":destination", s(&new.destination));
        }
        if old.max_per_second != new.max_per_second
            && let Some(limit) = clauses.limit(new.max_per_second)?
        {
            update = update.expression_attribute_values(LIMIT, limit);
        }
        let update = update.update_expression(clauses.expression());
        Ok(match old.updated_at {
            Some(at) => update
                .condition_expression("updated_at = :old")
                .expression_attribute_values(":old", n(at.as_millisecond())),
            None => update.condition_expression("attribute_exists(id) AND attribute_not_exists(updated_at)"),
        })
    }

    /// Marks a destination as verified and healthy, unless its address has changed since `verified` was read.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn set_verified(&self, verified: &Destination, now: Timestamp) -> Result<IfExists> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(row_key(verified.operator_id, verified.id)))
            .condition_expression(SAME_ADDRESS)
            .update_expression(VERIFIED)
            .expression_attribute_values(":address", s(&verified.destination))
            .expression_attribute_values(":now", n(now.as_millisecond()));
        match update.send().await {
            Ok(_) => Ok(IfExists::Done),
            Err(error) if condition_failed(&error) => Ok(IfExists::Missing),
            Err(error) => Err(aws("UpdateItem")(error)),
        }
    }

    /// The write of [`Self::set_verified`], for a transaction.
    pub(crate) fn verification(&self, verified: &Destination, now: Timestamp) -> Result<TransactWriteItem> {
        let update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(row_key(verified.operator_id, verified.id)))
            .condition_expression(SAME_ADDRESS)
            .update_expression(VERIFIED)
            .expression_attribute_values(":address", s(&verified.destination))
            .expression_attribute_values(":now", n(now.as_millisecond()));
        transact::update(update)
    }

    /// Replaces the `old` secret of a webhook with the `new` one. The `previous` secrets continue to sign. Refused if
    /// `old` is not the current secret: two concurrent rotations would lose a secret that was already shown.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn rotate_secret(
        &self,
        operator: OperatorId,
        id: DestinationId,
        (old, new): (&Sealed, &Sealed),
        previous: &[PreviousSecret],
    ) -> Result<Changed> {
        let value = |sealed: &Sealed| AttributeValue::B(sealed.0.clone().into());
        let mut clauses = Clauses::setting(&["secret = :new"]);
        let mut update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(row_key(operator, id)))
            .condition_expression("secret = :old")
            .expression_attribute_values(":old", value(old))
            .expression_attribute_values(":new", value(new));
        if let [first, older @ ..] = previous {
            clauses.set(&["previous_secret = :previous", "older_secrets = :older"]);
            update = update
                .expression_attribute_values(":previous", serde_dynamo::to_attribute_value(first)?)
                .expression_attribute_values(":older", serde_dynamo::to_attribute_value(older)?);
        } else {
            clauses.remove("previous_secret");
            clauses.remove("older_secrets");
        }
        match update.update_expression(clauses.expression()).send().await {
            Ok(_) => Ok(Changed::Yes),
            Err(error) if condition_failed(&error) => Ok(Changed::Meanwhile),
            Err(error) => Err(aws("UpdateItem")(error)),
        }
    }

    /// Marks a destination as unhealthy, unless it already is, was never verified, or was verified after the failure.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn mark_unhealthy(
        &self,
        operator: OperatorId,
        id: DestinationId,
        unhealthy: &Unhealthy,
    ) -> Result<Marked> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(row_key(operator, id)))
            .condition_expression("attribute_exists(id) AND attribute_not_exists(unhealthy) AND verified_at < :since")
            .update_expression("SET unhealthy = :unhealthy")
            .expression_attribute_values(":since", n(unhealthy.since.as_millisecond()))
            .expression_attribute_values(":unhealthy", serde_dynamo::to_attribute_value(unhealthy)?)
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let error = match update.send().await {
            Ok(answer) => return Ok(Marked::ByThis(Box::new(from_item(answer.attributes.unwrap_or_default())?))),
            Err(error) if condition_failed(&error) => error,
            Err(error) => return Err(aws("UpdateItem")(error)),
        };
        use aws_sdk_dynamodb::operation::update_item::UpdateItemError::ConditionalCheckFailedException;
        let Some(ConditionalCheckFailedException(refused)) = error.as_service_error() else { return Ok(Marked::Not) };
        let Some(item) = refused.item.clone() else { return Ok(Marked::Not) };
        let destination: Destination = from_item(item)?;
        let by_this = destination.unhealthy.as_ref() == Some(unhealthy);
        Ok(if by_this { Marked::ByThis(Box::new(destination)) } else { Marked::Not })
    }
}

/// Whether an update failed because of its condition.
pub(crate) fn condition_failed(error: &SdkError<aws_sdk_dynamodb::operation::update_item::UpdateItemError>) -> bool {
    error.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception())
}
