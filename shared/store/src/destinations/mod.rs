//! Table `Destinations`.
//!
//! | `operator_id` | `id` | row |
//! | --- | --- | --- |
//! | `op_…` | `ndst_…` | a destination |
//! | `op_…` | `unique#<sha256>` | the guard that keeps a second destination of the same address out |
//! | `changes#op_…` | `op_…` | the stamp that moves with every change: module [`crate::recent`] |
//! | `service` | `pace#mails` | when the next mail may go out, at the account's rate |
//! | `op_…` | `suppressed#<sha256>` | that nothing is mailed to an address: module [`crate::suppressions`] |

mod changes;
pub(crate) mod clauses;
mod traffic;

use std::collections::HashMap;

use aws_sdk_dynamodb::{Client, operation::query::builders::QueryFluentBuilder, types::TransactWriteItem};
use domain::{Destination, DestinationId, Face, OperatorId};

use crate::{
    Aws, Result,
    aws::variable,
    batch_get::get_rows,
    error::aws,
    filtered,
    item::{Item, from_item, key, s, to_item},
    transact,
};

pub use changes::Marked;
pub(crate) use changes::condition_failed;
pub use traffic::Counter;

/// The table.
#[derive(Clone)]
pub struct Destinations {
    client: Client,
    table: String,
}

pub(crate) fn row_key(operator: OperatorId, id: DestinationId) -> Item {
    key(("operator_id", operator), ("id", id))
}

fn guard_key(operator: OperatorId, uniqueness_key: &str) -> Item {
    key(("operator_id", operator), ("id", format!("unique#{uniqueness_key}")))
}

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

    /// Those of `ids` that the operator has.
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
        let keys = keys.into_iter().map(|(operator, id)| row_key(operator, id)).collect();
        let found = get_rows(&self.client, &self.table, keys).await?;
        Ok(found.into_iter().map(|destination: Destination| (destination.id, destination)).collect())
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
        let query = self.newest_first(operator);
        let query = match face {
            Face::Stack => query.filter_expression("attribute_not_exists(belongs_to) AND attribute_not_exists(face)"),
            face => query.filter_expression("face = :face").expression_attribute_values(":face", s(face.as_str())),
        };
        filtered::page(query, limit, after.map(|id| row_key(operator, id))).await
    }

    /// A page of all of the operator's destinations, by whichever API they were made and whatever they belong to, newest
    /// first: those before `after`, and whether there are more.
    ///
    /// # Errors
    /// When a call fails.
    pub async fn list_all(
        &self,
        operator: OperatorId,
        limit: i32,
        after: Option<DestinationId>,
    ) -> Result<(Vec<Destination>, bool)> {
        let query = self.newest_first(operator);
        filtered::page(query, limit, after.map(|id| row_key(operator, id))).await
    }

    fn newest_first(&self, operator: OperatorId) -> QueryFluentBuilder {
        let query = self.client.query().table_name(&self.table);
        query
            .key_condition_expression("operator_id = :operator AND begins_with(id, :prefix)")
            .expression_attribute_values(":operator", s(operator))
            .expression_attribute_values(":prefix", s("ndst_"))
            .scan_index_forward(false)
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

    /// The table's name, for reads that span tables.
    pub(crate) fn table(&self) -> &str {
        &self.table
    }

    /// The table's client, for reads that span tables.
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }
}
