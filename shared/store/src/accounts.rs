//! Table `Accounts`: operators, and API keys by their hash.
//!
//! | `pk` | `sk` | row |
//! | --- | --- | --- |
//! | `op_…` | `operator` | the operator |
//! | `op_…` | `key_…` | a key as it is listed |
//! | `op_…` | `project#<id>` | how many channels a project has: module [`crate::project_channels`] |
//! | `hash#<sha256>` | `grant` | the same key as it is looked up |
//! | `plan#<name>` | `limit` | how many requests per second the plan allows: module [`crate::request_limits`] |

use aws_sdk_dynamodb::{
    Client,
    error::SdkError,
    operation::update_item::{UpdateItemError, UpdateItemOutput, builders::UpdateItemFluentBuilder},
    types::Update,
};
use domain::{ApiKey, KeyId, OperatorId, Role, plan::Plan, shard::Sharding};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    Aws, Result, StoreError,
    aws::variable,
    destinations::condition_failed,
    error::aws,
    item::{Item, b, from_item, from_items, key, n, s, to_item},
    transact,
};

/// An account that owns all else.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Operator {
    /// Its id.
    pub id: OperatorId,
    /// Its registered address, in normal form.
    pub email: String,
    /// What to call it.
    pub name: String,
    /// What its limits are taken from.
    pub plan: Plan,
    /// Its data key, as KMS has wrapped it.
    #[serde(with = "serde_bytes")]
    pub data_key: Vec<u8>,
    /// When it was made.
    #[serde(with = "domain::time::millis")]
    pub created_at: Timestamp,
    /// How its data key came to be; none while it is the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rotation: Option<Rotation>,
    /// Over how many partitions its events are spread, where that is more than one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sharding: Option<Sharding>,
}

/// That a data key has taken the place of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rotation {
    /// Just before it did.
    #[serde(with = "domain::time::millis")]
    pub begun_at: Timestamp,
    /// When everything had been sealed anew under it; none while that is under way.
    #[serde(default, with = "domain::time::millis::option", skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
}

/// What a key's bearer may do, and for whom.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Grant {
    /// The key's public name.
    pub key_id: KeyId,
    /// Whose key it is.
    pub operator_id: OperatorId,
    /// What it may do.
    pub role: Role,
    /// What it may do besides, such as `config:write`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub permissions: Vec<String>,
    /// The one project it is bound to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project_id: Option<String>,
    /// When it was made.
    #[serde(with = "domain::time::millis")]
    pub created_at: Timestamp,
    /// As its operator has it, so that nobody has to read that row for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sharding: Option<Sharding>,
}

/// A key as its operator lists it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ListedKey {
    /// What it may do.
    #[serde(flatten)]
    pub grant: Grant,
    /// Finds the row by which it is looked up.
    pub hash: String,
    /// When it was revoked.
    #[serde(default, with = "domain::time::millis::option", skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<Timestamp>,
}

/// The table.
#[derive(Clone)]
pub struct Accounts {
    pub(crate) client: Client,
    table: String,
}

const OPERATOR: &str = "operator";
const GRANT: &str = "grant";

fn grant_key(hash: &str) -> String {
    format!("hash#{hash}")
}

impl Accounts {
    /// The table that `ACCOUNTS_TABLE` names.
    ///
    /// # Errors
    /// When the variable is missing.
    pub fn from_env(aws: &Aws) -> Result<Self> {
        Ok(Self { client: aws.dynamodb(), table: variable("ACCOUNTS_TABLE")? })
    }

    /// The key of a project's row.
    pub(crate) fn project_key(operator: OperatorId, project: &str) -> Item {
        key(("pk", operator), ("sk", format!("project#{project}")))
    }

    /// The table's name, for writes that span tables.
    pub(crate) fn table(&self) -> &str {
        &self.table
    }

    /// Opens the connection that the first request will need, at the cost of one small read of no row.
    pub async fn warm(&self) {
        let _ = self.operator_row("warm").await;
    }

    /// Registers an operator with its first key: both or neither.
    ///
    /// # Errors
    /// When the call fails; nothing is written then.
    pub async fn insert_operator(&self, operator: &Operator, api_key: &ApiKey, grant: &Grant) -> Result<()> {
        let mut item = to_item(operator)?;
        item.extend(key(("pk", operator.id), ("sk", OPERATOR)));
        let [looked_up, listed] = key_items(api_key, grant)?;
        self.put_new([item, looked_up, listed]).await
    }

    /// The operator, if there is one.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn operator(&self, id: OperatorId) -> Result<Option<Operator>> {
        self.operator_row(&id.to_string()).await
    }

    /// The row of a plan's limit.
    pub(crate) fn plan_key(plan: Plan) -> Item {
        key(("pk", format!("plan#{}", plan.name())), ("sk", "limit"))
    }

    /// The row of an operator.
    pub(crate) fn operator_key(id: OperatorId) -> Item {
        key(("pk", id), ("sk", OPERATOR))
    }

    async fn operator_row(&self, pk: &str) -> Result<Option<Operator>> {
        let get = self.client.get_item().table_name(&self.table).set_key(Some(key(("pk", pk), ("sk", OPERATOR))));
        // From when a data key is replaced, nobody who asks is told the old one.
        let get = get.consistent_read(true);
        get.send().await.map_err(aws("GetItem"))?.item.map(from_item).transpose()
    }

    /// Gives an operator another plan; false when there is no such operator.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn set_plan(&self, id: OperatorId, plan: Plan) -> Result<bool> {
        let update = self
            .update_operator(id)
            .condition_expression("attribute_exists(pk)")
            .update_expression("SET #plan = :plan")
            .expression_attribute_names("#plan", "plan")
            .expression_attribute_values(":plan", s(plan.name()));
        done(update.send().await)
    }

    /// Gives an operator more shards; false when it has not those any more that it was read with.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn set_sharding(&self, of: &Operator, sharding: Sharding) -> Result<bool> {
        let update = self
            .update_operator(of.id)
            .update_expression("SET sharding = :new")
            .expression_attribute_values(":new", serde_dynamo::to_attribute_value(sharding)?);
        let update = match of.sharding {
            None => update.condition_expression("attribute_exists(pk) AND attribute_not_exists(sharding)"),
            Some(before) => update
                .condition_expression("sharding = :before")
                .expression_attribute_values(":before", serde_dynamo::to_attribute_value(before)?),
        };
        done(update.send().await)
    }

    /// Tells a key of its operator's shards; nothing if it has been revoked.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn set_sharding_of_key(&self, hash: &str, sharding: Sharding) -> Result<()> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key(("pk", grant_key(hash)), ("sk", GRANT))))
            .condition_expression("attribute_exists(pk)")
            .update_expression("SET sharding = :sharding")
            .expression_attribute_values(":sharding", serde_dynamo::to_attribute_value(sharding)?);
        done(update.send().await).map(drop)
    }

    /// Gives an operator a new data key, under which all is sealed from now on; what is sealed under the old one has to
    /// be sealed anew ([`crate::resealing`]). False when the operator has not the data key any more that it was read
    /// with: another rotation has begun.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn begin_rotation(&self, of: &Operator, data_key: &[u8], rotation: &Rotation) -> Result<bool> {
        let update = self
            .update_operator(of.id)
            .condition_expression("data_key = :old")
            .update_expression("SET data_key = :new, rotation = :rotation")
            .expression_attribute_values(":old", b(&of.data_key))
            .expression_attribute_values(":new", b(data_key))
            .expression_attribute_values(":rotation", serde_dynamo::to_attribute_value(rotation)?);
        done(update.send().await)
    }

    /// Notes that everything is sealed under this data key. Noted twice, the first time stays; when there is another data
    /// key by now, nothing is noted.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn end_rotation(&self, id: OperatorId, data_key: &[u8], now: Timestamp) -> Result<()> {
        let update = self
            .update_operator(id)
            .condition_expression("data_key = :data_key")
            .update_expression("SET rotation.ended_at = if_not_exists(rotation.ended_at, :now)")
            .expression_attribute_values(":data_key", b(data_key))
            .expression_attribute_values(":now", n(now.as_millisecond()));
        done(update.send().await).map(drop)
    }

    fn update_operator(&self, id: OperatorId) -> UpdateItemFluentBuilder {
        self.client.update_item().table_name(&self.table).set_key(Some(key(("pk", id), ("sk", OPERATOR))))
    }

    /// Stores a new key: what is listed and what is looked up, or neither.
    ///
    /// # Errors
    /// When the call fails; nothing is written then.
    pub async fn insert_key(&self, api_key: &ApiKey, grant: &Grant) -> Result<()> {
        self.put_new(key_items(api_key, grant)?).await
    }

    /// Writes rows that must not exist yet: all or none.
    async fn put_new(&self, items: impl IntoIterator<Item = Item>) -> Result<()> {
        let writes = items.into_iter().map(|item| transact::insert(&self.table, item, "pk")).collect::<Result<_>>()?;
        if transact::all_or_none(&self.client, writes).await?.done() {
            return Ok(());
        }
        Err(StoreError::Unprocessed("TransactWriteItems"))
    }

    /// What a key grants, if it is one and is not revoked.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn grant(&self, api_key: &ApiKey) -> Result<Option<Grant>> {
        let key = key(("pk", grant_key(&api_key.hash())), ("sk", GRANT));
        let get = self.client.get_item().table_name(&self.table).set_key(Some(key));
        get.send().await.map_err(aws("GetItem"))?.item.map(from_item).transpose()
    }

    /// The keys of an operator, revoked ones included, oldest first.
    ///
    /// # Errors
    /// When a call fails.
    pub async fn keys(&self, operator: OperatorId) -> Result<Vec<ListedKey>> {
        let mut pages = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :operator AND begins_with(sk, :key)")
            .expression_attribute_values(":operator", s(operator))
            .expression_attribute_values(":key", s("key_"))
            .into_paginator()
            .send();
        let mut keys = vec![];
        while let Some(page) = pages.next().await {
            keys.extend(from_items::<ListedKey>(page.map_err(aws("Query"))?.items)?);
        }
        Ok(keys)
    }

    /// Revokes a key; false when there is none of that id. Revoking twice keeps the first time.
    ///
    /// # Errors
    /// When a call fails; nothing is written then.
    pub async fn revoke(&self, id: KeyId, now: Timestamp) -> Result<bool> {
        let listed_key = key(("pk", id.operator), ("sk", id));
        let get = self.client.get_item().table_name(&self.table).set_key(Some(listed_key.clone()));
        let Some(item) = get.consistent_read(true).send().await.map_err(aws("GetItem"))?.item else {
            return Ok(false);
        };
        let listed: ListedKey = from_item(item)?;
        let delete = transact::delete(&self.table, key(("pk", grant_key(&listed.hash)), ("sk", GRANT)))?;
        let mark = Update::builder()
            .table_name(&self.table)
            .set_key(Some(listed_key))
            .update_expression("SET revoked_at = if_not_exists(revoked_at, :now)")
            .expression_attribute_values(":now", n(now.as_millisecond()));
        transact::all_or_none(&self.client, vec![delete, transact::update(mark)?]).await?;
        Ok(true)
    }
}

/// Whether an update was made, or refused by its condition.
pub(crate) fn done(answer: std::result::Result<UpdateItemOutput, SdkError<UpdateItemError>>) -> Result<bool> {
    match answer {
        Ok(_) => Ok(true),
        Err(error) if condition_failed(&error) => Ok(false),
        Err(error) => Err(aws("UpdateItem")(error)),
    }
}

/// The rows of a key: as it is looked up, and as it is listed.
fn key_items(api_key: &ApiKey, grant: &Grant) -> Result<[Item; 2]> {
    let hash = api_key.hash();
    let mut looked_up = to_item(grant)?;
    looked_up.extend(key(("pk", grant_key(&hash)), ("sk", GRANT)));
    let mut listed = to_item(&ListedKey { grant: grant.clone(), hash, revoked_at: None })?;
    listed.extend(key(("pk", grant.operator_id), ("sk", grant.key_id)));
    Ok([looked_up, listed])
}
