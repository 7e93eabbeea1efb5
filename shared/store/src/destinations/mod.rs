//! Table `Destinations`.
//!
//! | `operator_id` | `id` | row |
//! | --- | --- | --- |
//! | `op_…` | `ndst_…` | a destination |
//! | `op_…` | `unique#<sha256>` | the guard that prevents a second destination with the same address |
//! | `changes#op_…` | `op_…` | the stamp that moves with every change: module [`crate::recent`] |
//! | `service` | `pace#mails` | when the next mail may be sent, at the account's rate |
//! | `op_…` | `suppressed#<sha256>` | the suppression of a mail address: module [`crate::suppressions`] |

mod changes;
pub(crate) mod clauses;
mod edit;
mod traffic;

use std::collections::HashMap;

use aws_sdk_dynamodb::{Client, operation::query::builders::QueryFluentBuilder, types::TransactWriteItem};
use domain::{ApiKind, Destination, DestinationId, OperatorId};

use crate::{
    Aws, IfExists, Inserted, Result,
    batch_get::get_rows,
    error::aws,
    filtered,
    item::{Item, from_item, key, s, to_item},
    transact,
};

pub use changes::Marked;
pub(crate) use changes::condition_failed;
pub use edit::Edited;
pub use traffic::{Counter, ProbeClaim};

/// The table `Destinations`.
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
    /// Opens the table that `DESTINATIONS_TABLE` names.
    ///
    /// # Errors
    /// When the variable is missing.
    pub fn from_env(aws: &Aws) -> Result<Self> {
        Ok(Self { client: aws.dynamodb(), table: aws.variable("DESTINATIONS_TABLE")? })
    }

    /// Registers a destination, unless one with the same address exists. Writes the row and its guard together, so that
    /// only one of two concurrent requests succeeds.
    ///
    /// # Errors
    /// When the call fails; nothing is written then.
    pub async fn insert(&self, destination: &Destination) -> Result<Inserted> {
        let mut guard = guard_key(destination.operator_id, &destination.uniqueness_key);
        guard.insert("destination_id".into(), s(destination.id));
        let writes = vec![transact::insert(&self.table, guard, "id")?, self.insertion(destination)?];
        Ok(Inserted::if_done(transact::all_or_none(&self.client, writes).await?.done()))
    }

    /// Registers a destination whose address need not be unique.
    ///
    /// # Errors
    /// When the call fails; nothing is written then.
    pub async fn insert_another(&self, destination: &Destination) -> Result<()> {
        let put = self.client.put_item().table_name(&self.table).set_item(Some(to_item(destination)?));
        put.condition_expression("attribute_not_exists(id)").send().await.map_err(aws("PutItem"))?;
        Ok(())
    }

    /// The write that inserts a row without a guard, for a destination that belongs to another resource.
    pub(crate) fn insertion(&self, destination: &Destination) -> Result<TransactWriteItem> {
        transact::insert(&self.table, to_item(destination)?, "id")
    }

    /// Writes a destination that belongs to the service itself, in place of an earlier row.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn put_own(&self, destination: &Destination) -> Result<()> {
        let put = self.client.put_item().table_name(&self.table).set_item(Some(to_item(destination)?));
        put.send().await.map_err(aws("PutItem"))?;
        Ok(())
    }

    /// Returns a destination of the operator, including those that belong to another resource.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn get(&self, operator: OperatorId, id: DestinationId) -> Result<Option<Destination>> {
        let get = self.client.get_item().table_name(&self.table).set_key(Some(row_key(operator, id)));
        let answer = get.consistent_read(true).send().await.map_err(aws("GetItem"))?;
        answer.item.map(from_item).transpose()
    }

    /// Returns the destinations of `ids` that the operator has.
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

    /// Like [`Self::get_many`], for destinations of several operators.
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

    /// Returns a page of the operator's own destinations that were created with one API, newest first, starting after
    /// `after`, and whether there are more. Skips all others.
    ///
    /// # Errors
    /// When a call fails.
    pub async fn list(
        &self,
        operator: OperatorId,
        api: ApiKind,
        limit: i32,
        after: Option<DestinationId>,
    ) -> Result<(Vec<Destination>, bool)> {
        let query = self.newest_first(operator);
        let query = match api {
            ApiKind::Stack => {
                query.filter_expression("attribute_not_exists(belongs_to) AND attribute_not_exists(face)")
            }
            api => query.filter_expression("face = :face").expression_attribute_values(":face", s(api.as_str())),
        };
        filtered::page(query, limit, after.map(|id| row_key(operator, id))).await
    }

    /// Returns a page of all of the operator's destinations, from every API and including those that belong to another
    /// resource, newest first, starting after `after`, and whether there are more.
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

    /// Deletes a destination without a guard that was created with this API.
    ///
    /// # Errors
    /// When the call fails; nothing is deleted then.
    pub async fn delete_of(&self, api: ApiKind, operator: OperatorId, id: DestinationId) -> Result<IfExists> {
        let delete = self.client.delete_item().table_name(&self.table).set_key(Some(row_key(operator, id)));
        let delete = delete.condition_expression("face = :face");
        match delete.expression_attribute_values(":face", s(api.as_str())).send().await {
            Ok(_) => Ok(IfExists::Done),
            Err(e) if e.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) => {
                Ok(IfExists::Missing)
            }
            Err(error) => Err(aws("DeleteItem")(error)),
        }
    }

    /// Deletes a destination and its guard. Returns the deleted row, if there was one.
    ///
    /// # Errors
    /// When a call fails; nothing is written then.
    pub async fn delete(&self, operator: OperatorId, id: DestinationId) -> Result<Option<Destination>> {
        let Some(destination) = self.get(operator, id).await? else { return Ok(None) };
        if destination.belongs_to.is_some() || !destination.api.is_stack() {
            return Ok(None);
        }
        let keys = [row_key(operator, id), guard_key(operator, &destination.uniqueness_key)];
        let delete = |key| transact::delete_existing(&self.table, key, "id");
        let writes = keys.into_iter().map(delete).collect::<Result<_>>()?;
        // Refused if a concurrent request deleted it first.
        Ok(transact::all_or_none(&self.client, writes).await?.done().then_some(destination))
    }

    /// The write that deletes a row without a guard.
    pub(crate) fn deletion(&self, operator: OperatorId, id: DestinationId) -> Result<TransactWriteItem> {
        transact::delete(&self.table, row_key(operator, id))
    }

    pub(crate) fn table(&self) -> &str {
        &self.table
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }
}
