//! Table `Accounts` holds operators, and API keys by their hash.
//!
//! | `pk` | `sk` | row |
//! | --- | --- | --- |
//! | `op_…` | `operator` | the operator |
//! | `op_…` | `key_…` | a key, as the operator lists it |
//! | `op_…` | `project#<id>` | the number of channels in a project: module [`crate::project_channels`] |
//! | `hash#<sha256>` | `grant` | the same key, as a request looks it up |
//! | `plan#<name>` | `limit` | the requests per second that the plan allows: module [`crate::request_limits`] |

use std::time::Duration;

use aws_sdk_dynamodb::{
    Client,
    error::SdkError,
    operation::update_item::{UpdateItemError, UpdateItemOutput, builders::UpdateItemFluentBuilder},
    types::Update,
};
use domain::{
    ApiKey, KeyId, OperatorId, ProjectId, Role, api_key::KeyKind, plan::Plan, portal::Theme, shard::Sharding, time::now,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    Aws, Changed, IfExists, Result, StoreError,
    destinations::condition_failed,
    error::aws,
    item::{Item, b, from_item, from_items, key, n, s, to_item},
    transact,
};

/// The account that owns everything else.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Operator {
    /// The operator's ID.
    pub id: OperatorId,
    /// The registered email address, in normal form.
    pub email: String,
    /// The display name.
    pub name: String,
    /// The plan that sets the operator's limits.
    pub plan: Plan,
    /// The operator's data key, wrapped by KMS.
    #[serde(with = "serde_bytes")]
    pub data_key: Vec<u8>,
    /// When the operator was created.
    #[serde(with = "domain::time::millis")]
    pub created_at: Timestamp,
    /// The last rotation of the data key. `None` while the first key is in use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rotation: Option<Rotation>,
    /// The number of partitions that the operator's events are spread over, if there is more than one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sharding: Option<Sharding>,
}

/// A replacement of the data key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rotation {
    /// A time just before the new key took effect.
    #[serde(with = "domain::time::millis")]
    pub begun_at: Timestamp,
    /// When everything had been resealed under the new key. `None` while the rotation is in progress.
    #[serde(default, with = "domain::time::millis::option", skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
}

/// What the bearer of a key may do, and for which operator.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Grant {
    /// The key's public ID.
    pub key_id: KeyId,
    /// The operator that owns the key.
    pub operator_id: OperatorId,
    /// The role of the key.
    pub role: Role,
    /// Additional permissions, such as `config:write`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub permissions: Vec<String>,
    /// The only project that the key can access, if it is bound to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project_id: Option<ProjectId>,
    /// When the key was created.
    #[serde(with = "domain::time::millis")]
    pub created_at: Timestamp,
    /// A copy of the operator's sharding, which saves a read of the operator's row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sharding: Option<Sharding>,
    /// The name that an admin gave the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What the key was created for.
    #[serde(default)]
    pub kind: KeyKind,
    /// When the key stops working. `None` for never.
    #[serde(default, with = "domain::time::millis::option", skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// The hour of the last use. Only the row for lookups is up to date.
    #[serde(default, with = "domain::time::millis::option", skip_serializing_if = "Option::is_none")]
    pub last_used_at: Option<Timestamp>,
    /// How the console looks to the bearer of a portal link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub theme: Option<Theme>,
}

impl Grant {
    /// A new key of `operator` without a name, permissions, project or expiry.
    pub fn new(operator: &Operator, role: Role) -> Self {
        Self {
            key_id: KeyId::generate(operator.id),
            operator_id: operator.id,
            role,
            permissions: vec![],
            project_id: None,
            created_at: now(),
            sharding: operator.sharding,
            name: None,
            kind: KeyKind::Key,
            expires_at: None,
            last_used_at: None,
            theme: None,
        }
    }

    /// Whether the key has stopped working.
    pub fn has_expired(&self) -> bool {
        // Most keys do not expire, and need no clock.
        self.expires_at.is_some_and(|at| at <= now())
    }
}

/// A key in the operator's list of keys.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ListedKey {
    /// What the key may do.
    #[serde(flatten)]
    pub grant: Grant,
    /// The hash under which requests look the key up.
    pub hash: String,
    /// When the key was revoked.
    #[serde(default, with = "domain::time::millis::option", skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<Timestamp>,
}

/// The table `Accounts`.
#[derive(Clone)]
pub struct Accounts {
    pub(crate) client: Client,
    pub(crate) table: String,
}

const OPERATOR: &str = "operator";
/// How long an expired key of a portal link stays in the list of keys.
const PORTAL_KEPT: Duration = Duration::from_secs(30 * 24 * 60 * 60);
pub(crate) const GRANT: &str = "grant";

pub(crate) fn grant_key(hash: &str) -> String {
    format!("hash#{hash}")
}

impl Accounts {
    /// Opens the table that `ACCOUNTS_TABLE` names.
    ///
    /// # Errors
    /// When the variable is missing.
    pub fn from_env(aws: &Aws) -> Result<Self> {
        Ok(Self { client: aws.dynamodb(), table: aws.variable("ACCOUNTS_TABLE")? })
    }

    pub(crate) fn project_key(operator: OperatorId, project: &ProjectId) -> Item {
        key(("pk", operator), ("sk", format!("project#{project}")))
    }

    /// The table's name, for writes that span tables.
    pub(crate) fn table(&self) -> &str {
        &self.table
    }

    /// Opens the connection that the first request needs. Costs one small read of a row that does not exist.
    pub async fn warm(&self) {
        let _ = self.operator_row("warm").await;
    }

    /// Registers an operator and its first key. Writes both or neither.
    ///
    /// # Errors
    /// When the call fails; nothing is written then.
    pub async fn insert_operator(&self, operator: &Operator, api_key: &ApiKey, grant: &Grant) -> Result<()> {
        let mut item = to_item(operator)?;
        item.extend(key(("pk", operator.id), ("sk", OPERATOR)));
        let [looked_up, listed] = key_items(api_key, grant)?;
        self.put_new([item, looked_up, listed]).await
    }

    /// Returns the operator, if it exists.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn operator(&self, id: OperatorId) -> Result<Option<Operator>> {
        self.operator_row(&id.to_string()).await
    }

    pub(crate) fn plan_key(plan: Plan) -> Item {
        key(("pk", format!("plan#{}", plan.name())), ("sk", "limit"))
    }

    pub(crate) fn operator_key(id: OperatorId) -> Item {
        key(("pk", id), ("sk", OPERATOR))
    }

    async fn operator_row(&self, pk: &str) -> Result<Option<Operator>> {
        let get = self.client.get_item().table_name(&self.table).set_key(Some(key(("pk", pk), ("sk", OPERATOR))));
        // Once a data key has been replaced, no read may return the old one.
        let get = get.consistent_read(true);
        get.send().await.map_err(aws("GetItem"))?.item.map(from_item).transpose()
    }

    /// Changes an operator's plan.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn set_plan(&self, id: OperatorId, plan: Plan) -> Result<IfExists> {
        let update = self
            .update_operator(id)
            .condition_expression("attribute_exists(pk)")
            .update_expression("SET #plan = :plan")
            .expression_attribute_names("#plan", "plan")
            .expression_attribute_values(":plan", s(plan.name()));
        done(update.send().await).map(IfExists::if_done)
    }

    /// Gives an operator more shards, unless they have changed since `of` was read.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn set_sharding(&self, of: &Operator, sharding: Sharding) -> Result<Changed> {
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
        done(update.send().await).map(Changed::if_done)
    }

    /// Copies the operator's sharding to one of its keys. Does nothing if the key has been revoked.
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

    /// Gives an operator a new data key, which seals everything from now on. Whatever the old key sealed has to be
    /// resealed ([`crate::resealing`]). Refused if the data key has changed since `of` was read: another rotation has
    /// begun.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn begin_rotation(&self, of: &Operator, data_key: &[u8], rotation: &Rotation) -> Result<Changed> {
        let update = self
            .update_operator(of.id)
            .condition_expression("data_key = :old")
            .update_expression("SET data_key = :new, rotation = :rotation")
            .expression_attribute_values(":old", b(&of.data_key))
            .expression_attribute_values(":new", b(data_key))
            .expression_attribute_values(":rotation", serde_dynamo::to_attribute_value(rotation)?);
        done(update.send().await).map(Changed::if_done)
    }

    /// Records that everything is sealed under this data key. A second call keeps the first time. Does nothing if the
    /// data key has been replaced since.
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

    /// Stores a new key: the row for lists and the row for lookups, or neither.
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

    /// Returns the grant of a key that exists and is not revoked.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn grant(&self, api_key: &ApiKey) -> Result<Option<Grant>> {
        let key = key(("pk", grant_key(&api_key.hash())), ("sk", GRANT));
        let get = self.client.get_item().table_name(&self.table).set_key(Some(key));
        get.send().await.map_err(aws("GetItem"))?.item.map(from_item).transpose()
    }

    /// Returns an operator's keys, including revoked ones, oldest first. The times of their last use may be outdated.
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

    /// Revokes a key. Revoking a key again keeps the first time.
    ///
    /// # Errors
    /// When a call fails; nothing is written then.
    pub async fn revoke(&self, id: KeyId, now: Timestamp) -> Result<IfExists> {
        let listed_key = key(("pk", id.operator), ("sk", id));
        let get = self.client.get_item().table_name(&self.table).set_key(Some(listed_key.clone()));
        let Some(item) = get.consistent_read(true).send().await.map_err(aws("GetItem"))?.item else {
            return Ok(IfExists::Missing);
        };
        let listed: ListedKey = from_item(item)?;
        let grant_key = key(("pk", grant_key(&listed.hash)), ("sk", GRANT));
        let mut mark = Update::builder()
            .table_name(&self.table)
            .set_key(Some(listed_key))
            .update_expression("SET revoked_at = if_not_exists(revoked_at, :now)")
            .expression_attribute_values(":now", n(now.as_millisecond()));
        // The row for lookups goes, and with it the time of the last use.
        let get = self.client.get_item().table_name(&self.table).set_key(Some(grant_key.clone())).send();
        let looked_up: Option<Grant> = get.await.map_err(aws("GetItem"))?.item.map(from_item).transpose()?;
        if let Some(used) = looked_up.and_then(|grant| grant.last_used_at) {
            mark = mark
                .update_expression("SET revoked_at = if_not_exists(revoked_at, :now), last_used_at = :used")
                .expression_attribute_values(":used", n(used.as_millisecond()));
        }
        let delete = transact::delete(&self.table, grant_key)?;
        transact::all_or_none(&self.client, vec![delete, transact::update(mark)?]).await?;
        Ok(IfExists::Done)
    }
}

/// Returns `true` if the update was made, `false` if its condition failed.
pub(crate) fn done(answer: std::result::Result<UpdateItemOutput, SdkError<UpdateItemError>>) -> Result<bool> {
    match answer {
        Ok(_) => Ok(true),
        Err(error) if condition_failed(&error) => Ok(false),
        Err(error) => Err(aws("UpdateItem")(error)),
    }
}

/// The two rows of a key: one for lookups, one for lists.
pub(crate) fn key_items(api_key: &ApiKey, grant: &Grant) -> Result<[Item; 2]> {
    let hash = api_key.hash();
    let mut looked_up = to_item(grant)?;
    looked_up.extend(key(("pk", grant_key(&hash)), ("sk", GRANT)));
    let mut listed = to_item(&ListedKey { grant: grant.clone(), hash, revoked_at: None })?;
    listed.extend(key(("pk", grant.operator_id), ("sk", grant.key_id)));
    let mut items = [looked_up, listed];
    // Only the keys of portal links are deleted by DynamoDB, because there may be very many.
    if let Some(expires_at) = grant.expires_at.filter(|_| grant.kind == KeyKind::Portal) {
        let ttl = n(expires_at.as_second() + PORTAL_KEPT.as_secs().cast_signed());
        items.iter_mut().for_each(|item| drop(item.insert("ttl".into(), ttl.clone())));
    }
    Ok(items)
}
