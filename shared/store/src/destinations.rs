//! Table `Destinations`.
//!
//! | `operator_id` | `id` | row |
//! | --- | --- | --- |
//! | `op_…` | `ndst_…` | a destination |
//! | `op_…` | `unique#<sha256>` | the guard that keeps a second destination of the same address out |
//! | `op_…` | `suppressed#<sha256>` | that nothing is mailed to an address: module [`crate::suppressions`] |

use std::collections::HashMap;

use aws_sdk_dynamodb::{
    Client,
    error::SdkError,
    operation::query::builders::QueryFluentBuilder,
    types::{
        AttributeValue, KeysAndAttributes, ReturnValue, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
        builders::UpdateBuilder,
    },
};
use domain::{
    Destination, DestinationId, Face, OperatorId, Unhealthy,
    destination::{PreviousSecret, Sealed},
};
use jiff::Timestamp;

use crate::{
    Aws, Result,
    aws::variable,
    batch_get::batch_get,
    error::aws,
    filtered,
    item::{Item, from_item, key, n, s, to_item},
    transact,
};

/// The table.
#[derive(Clone)]
pub struct Destinations {
    client: Client,
    table: String,
}

/// What became of a try to mark a destination as unhealthy.
#[derive(Debug, PartialEq, Eq)]
pub enum Marked {
    /// It is unhealthy from now on, or this very attempt had made it so: tell the operator. The row as it is.
    ByThis(Box<Destination>),
    /// It was unhealthy already, has been verified since, or is no more: nothing to tell.
    Not,
}

pub(crate) fn row_key(operator: OperatorId, id: DestinationId) -> Item {
    key(("operator_id", operator), ("id", id))
}

fn guard_key(operator: OperatorId, uniqueness_key: &str) -> Item {
    key(("operator_id", operator), ("id", format!("unique#{uniqueness_key}")))
}

/// Makes a destination verified and healthy.
const VERIFIED: &str = "SET verified_at = :now REMOVE unhealthy";

impl Destinations {
    /// The table that `DESTINATIONS_TABLE` names.
    ///
    /// # Errors
    /// When the variable is missing.
    pub fn from_env(aws: &Aws) -> Result<Self> {
        Ok(Self { client: aws.dynamodb(), table: variable("DESTINATIONS_TABLE")? })
    }

    /// Registers a destination; false when one of the same address exists. Row and guard are written together, so
    /// that of two requests at once one is refused.
    ///
    /// # Errors
    /// When the call fails; nothing is written then.
    pub async fn insert(&self, destination: &Destination) -> Result<bool> {
        let mut guard = guard_key(destination.operator_id, &destination.uniqueness_key);
        guard.insert("destination_id".into(), s(destination.id));
        let writes = vec![transact::insert(&self.table, guard, "id")?, self.insertion(destination)?];
        Ok(transact::all_or_none(&self.client, writes).await?.done())
    }

    /// Registers a destination of which there may be several with one address.
    ///
    /// # Errors
    /// When the call fails; nothing is written then.
    pub async fn insert_another(&self, destination: &Destination) -> Result<()> {
        let put = self.client.put_item().table_name(&self.table).set_item(Some(to_item(destination)?));
        put.condition_expression("attribute_not_exists(id)").send().await.map_err(aws("PutItem"))?;
        Ok(())
    }

    /// The write of a new row, without a guard: for a destination that belongs to something else.
    pub(crate) fn insertion(&self, destination: &Destination) -> Result<TransactWriteItem> {
        transact::insert(&self.table, to_item(destination)?, "id")
    }

    /// Writes a destination that belongs to us, in place of what it was before.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn put_own(&self, destination: &Destination) -> Result<()> {
        let put = self.client.put_item().table_name(&self.table).set_item(Some(to_item(destination)?));
        put.send().await.map_err(aws("PutItem"))?;
        Ok(())
    }

    /// A destination of the operator, whatever it belongs to.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn get(&self, operator: OperatorId, id: DestinationId) -> Result<Option<Destination>> {
        let get = self.client.get_item().table_name(&self.table).set_key(Some(row_key(operator, id)));
        let answer = get.consistent_read(true).send().await.map_err(aws("GetItem"))?;
        answer.item.map(from_item).transpose()
    }

    /// Those of `ids` that the operator has. At most 100 a call to DynamoDB.
    ///
    /// # Errors
    /// When a call fails.
    pub async fn get_many(
        &self,
        operator: OperatorId,
        ids: impl IntoIterator<Item = DestinationId>,
    ) -> Result<HashMap<DestinationId, Destination>> {
        self.get_all(ids.into_iter().map(|id| (operator, id))).await
    }

    /// The same for destinations of several operators.
    ///
    /// # Errors
    /// When a call fails.
    pub async fn get_all(
        &self,
        keys: impl IntoIterator<Item = (OperatorId, DestinationId)>,
    ) -> Result<HashMap<DestinationId, Destination>> {
        let mut keys: Vec<_> = keys.into_iter().collect();
        keys.sort_unstable();
        keys.dedup();
        let mut found = HashMap::new();
        for chunk in keys.chunks(100) {
            let keys = chunk.iter().map(|(operator, id)| row_key(*operator, *id)).collect();
            let request = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true);
            let request = request.build().map_err(aws("BatchGetItem"))?;
            let mut rows = batch_get(&self.client, HashMap::from([(self.table.clone(), request)])).await?;
            for item in rows.remove(&self.table).unwrap_or_default() {
                let destination: Destination = from_item(item)?;
                found.insert(destination.id, destination);
            }
        }
        Ok(found)
    }

    /// A page of the operator's own destinations that were made by one API, newest first: those before `after`, and
    /// whether there are more. Others are read over.
    ///
    /// # Errors
    /// When a call fails.
    pub async fn list(
        &self,
        operator: OperatorId,
        face: Face,
        limit: i32,
        after: Option<DestinationId>,
    ) -> Result<(Vec<Destination>, bool)> {
        let query = self.client.query().table_name(&self.table);
        let query = match face {
            Face::Stack => query.filter_expression("attribute_not_exists(belongs_to) AND attribute_not_exists(face)"),
            face => query.filter_expression("face = :face").expression_attribute_values(":face", s(face.as_str())),
        };
        self.page(query, operator, limit, after).await
    }

    /// A page of the channels of a project, newest first: those before `after`, and whether there are more.
    ///
    /// # Errors
    /// When a call fails.
    pub async fn list_of_project(
        &self,
        operator: OperatorId,
        project: &str,
        limit: i32,
        after: Option<DestinationId>,
    ) -> Result<(Vec<Destination>, bool)> {
        let query = self.client.query().table_name(&self.table);
        let query = query
            .filter_expression("face = :face AND project_id = :project")
            .expression_attribute_values(":face", s(Face::Config.as_str()))
            .expression_attribute_values(":project", s(project));
        self.page(query, operator, limit, after).await
    }

    async fn page(
        &self,
        query: QueryFluentBuilder,
        operator: OperatorId,
        limit: i32,
        after: Option<DestinationId>,
    ) -> Result<(Vec<Destination>, bool)> {
        let query = query
            .key_condition_expression("operator_id = :operator AND begins_with(id, :prefix)")
            .expression_attribute_values(":operator", s(operator))
            .expression_attribute_values(":prefix", s("ndst_"))
            .scan_index_forward(false);
        filtered::page(query, limit, after.map(|id| row_key(operator, id))).await
    }

    /// Replaces what an operator changes of a destination, unless it has been changed since `old` was read: false then,
    /// and when it is no more.
    ///
    /// # Errors
    /// When the call fails; nothing is changed then.
    pub async fn change(&self, old: &Destination, new: &Destination) -> Result<bool> {
        let write = transact::update(self.changing(old, new)?)?;
        Ok(transact::all_or_none(&self.client, vec![write]).await?.done())
    }

    /// The write that does so beside others: name, and whether it is switched off. Where the connection is another, that
    /// and what is shown of it, too; it is as good as new then, and healthy. Where it is not, it is left alone: it may have
    /// been sealed anew meanwhile, under another data key.
    pub(crate) fn changing(&self, old: &Destination, new: &Destination) -> Result<UpdateBuilder> {
        let updated = serde_dynamo::to_attribute_value(new.updated_at.map(|at| at.as_millisecond()))?;
        let mut set = "SET #name = :name, disabled = :disabled, updated_at = :updated".to_owned();
        // Both `name` and `connection` are words of DynamoDB's own.
        let mut update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(row_key(new.operator_id, new.id)))
            .expression_attribute_names("#name", "name")
            .expression_attribute_values(":name", serde_dynamo::to_attribute_value(&new.name)?)
            .expression_attribute_values(":disabled", AttributeValue::Bool(new.disabled))
            .expression_attribute_values(":updated", updated);
        if old.connection != new.connection {
            set.push_str(
                ", #connection = :connection, destination = :destination, verified_at = :updated REMOVE unhealthy",
            );
            update = update
                .expression_attribute_names("#connection", "connection")
                .expression_attribute_values(":connection", serde_dynamo::to_attribute_value(&new.connection)?)
                .expression_attribute_values(":destination", s(&new.destination));
        }
        let update = update.update_expression(set);
        Ok(match old.updated_at {
            Some(at) => update
                .condition_expression("updated_at = :old")
                .expression_attribute_values(":old", n(at.as_millisecond())),
            None => update.condition_expression("attribute_exists(id) AND attribute_not_exists(updated_at)"),
        })
    }

    /// Deletes a destination that was made by this API, and has no guard; false when there is none.
    ///
    /// # Errors
    /// When the call fails; nothing is deleted then.
    pub async fn delete_of(&self, face: Face, operator: OperatorId, id: DestinationId) -> Result<bool> {
        let delete = self.client.delete_item().table_name(&self.table).set_key(Some(row_key(operator, id)));
        let delete = delete.condition_expression("face = :face");
        match delete.expression_attribute_values(":face", s(face.as_str())).send().await {
            Ok(_) => Ok(true),
            Err(e) if e.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) => Ok(false),
            Err(error) => Err(aws("DeleteItem")(error)),
        }
    }

    /// Deletes a destination and its guard; the row as it was, if there was one.
    ///
    /// # Errors
    /// When a call fails; nothing is written then.
    pub async fn delete(&self, operator: OperatorId, id: DestinationId) -> Result<Option<Destination>> {
        let Some(destination) = self.get(operator, id).await? else { return Ok(None) };
        if destination.belongs_to.is_some() || !destination.face.is_stack() {
            return Ok(None);
        }
        let keys = [row_key(operator, id), guard_key(operator, &destination.uniqueness_key)];
        let delete = |key| transact::delete_existing(&self.table, key, "id");
        let writes = keys.into_iter().map(delete).collect::<Result<_>>()?;
        // Refused when somebody else deleted it in between.
        Ok(transact::all_or_none(&self.client, writes).await?.done().then_some(destination))
    }

    /// The deletion of a row that has no guard.
    pub(crate) fn deletion(&self, operator: OperatorId, id: DestinationId) -> Result<TransactWriteItem> {
        transact::delete(&self.table, row_key(operator, id))
    }

    /// Makes a destination verified and healthy; false when it is no more.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn set_verified(&self, operator: OperatorId, id: DestinationId, now: Timestamp) -> Result<bool> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(row_key(operator, id)))
            .condition_expression("attribute_exists(id)")
            .update_expression(VERIFIED)
            .expression_attribute_values(":now", n(now.as_millisecond()));
        match update.send().await {
            Ok(_) => Ok(true),
            Err(error) if condition_failed(&error) => Ok(false),
            Err(error) => Err(aws("UpdateItem")(error)),
        }
    }

    /// The write that does the same beside others.
    pub(crate) fn verification(
        &self,
        operator: OperatorId,
        id: DestinationId,
        now: Timestamp,
    ) -> Result<TransactWriteItem> {
        let update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(row_key(operator, id)))
            .condition_expression("attribute_exists(id)")
            .update_expression(VERIFIED)
            .expression_attribute_values(":now", n(now.as_millisecond()));
        transact::update(update)
    }

    /// Replaces a webhook's secret, keeping the old one until `previous.until`; false when `previous` is not the
    /// current one any more, since two rotations at once would lose a secret that was shown.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn rotate_secret(
        &self,
        operator: OperatorId,
        id: DestinationId,
        new: &Sealed,
        previous: &PreviousSecret,
    ) -> Result<bool> {
        let value = |sealed: &Sealed| AttributeValue::B(sealed.0.clone().into());
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(row_key(operator, id)))
            .condition_expression("secret = :old")
            .update_expression("SET secret = :new, previous_secret = :previous")
            .expression_attribute_values(":old", value(&previous.sealed))
            .expression_attribute_values(":new", value(new))
            .expression_attribute_values(":previous", serde_dynamo::to_attribute_value(previous)?);
        match update.send().await {
            Ok(_) => Ok(true),
            Err(error) if condition_failed(&error) => Ok(false),
            Err(error) => Err(aws("UpdateItem")(error)),
        }
    }

    /// Marks a destination as unhealthy, unless it is already, was never verified, or was verified after what happened.
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

    /// The table's name, for reads that span tables.
    pub(crate) fn table(&self) -> &str {
        &self.table
    }

    /// The table's client, for reads that span tables.
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }
}

/// Whether an update was refused by its condition.
pub(crate) fn condition_failed(error: &SdkError<aws_sdk_dynamodb::operation::update_item::UpdateItemError>) -> bool {
    error.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception())
}
