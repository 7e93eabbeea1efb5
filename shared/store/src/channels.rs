//! Table `Channels` holds rules.
//!
//! | `operator_id` | `id` | row |
//! | --- | --- | --- |
//! | `op_…` | `nch_…` | a rule, which every event of the operator is checked against |
//! | `op_…` | `project#<sha256>#nch_…` | a rule of a project (Config API), read only for the project's analyses |

use std::collections::HashMap;

use aws_sdk_dynamodb::{
    Client,
    operation::query::builders::QueryFluentBuilder,
    types::{AttributeValue, Put, TransactWriteItem},
};
use data_encoding::HEXLOWER;
use domain::{OperatorId, ProjectId, Rule, RuleId};
use sha2::{Digest, Sha256};

use crate::{
    Aws, Changed, Changes, IfExists, Inserted, Result,
    batch_get::get_rows,
    error::aws,
    filtered,
    item::{Item, from_item, key, s, to_item},
    transact,
};

/// The table `Channels`. Every write of a rule also moves the operator's stamp ([`crate::recent`]) in the same
/// transaction, because workers cache rules for minutes.
#[derive(Clone)]
pub struct Channels {
    client: Client,
    table: String,
    changes: Changes,
}

/// The prefix of the sort keys of all rules outside projects.
const PREFIX: &str = "nch_";

fn row_key(operator: OperatorId, id: impl std::fmt::Display) -> Item {
    key(("operator_id", operator), ("id", id.to_string()))
}

/// The prefix of the sort keys of a project's rules. Hashed, so that no project's prefix starts with another's.
fn project_prefix(project: &ProjectId) -> String {
    format!("project#{}#", HEXLOWER.encode(&Sha256::digest(project.as_str())))
}

fn sort_key(project: Option<&ProjectId>, id: RuleId) -> String {
    format!("{}{id}", project.map(project_prefix).unwrap_or_default())
}

fn to_row(rule: &Rule) -> Result<Item> {
    let mut item = to_item(rule)?;
    item.insert("id".into(), s(sort_key(rule.project_id.as_ref(), rule.id)));
    Ok(item)
}

fn from_row(mut item: Item) -> Result<Rule> {
    if let Some(AttributeValue::S(id)) = item.get("id")
        && let Some((_, own)) = id.rsplit_once('#')
    {
        let own = s(own);
        item.insert("id".into(), own);
    }
    from_item(item)
}

/// The condition that a rule has not changed since it was read.
struct Unchanged {
    condition: String,
    names: HashMap<String, String>,
    values: HashMap<String, AttributeValue>,
}

impl Unchanged {
    fn since(old: &Rule) -> Result<Self> {
        let (mut conditions, mut names, mut values) = (vec![], HashMap::new(), HashMap::new());
        for (i, (name, value)) in to_row(old)?.into_iter().enumerate() {
            conditions.push(format!("#{i} = :{i}"));
            names.insert(format!("#{i}"), name);
            values.insert(format!(":{i}"), value);
        }
        Ok(Self { condition: conditions.join(" AND "), names, values })
    }
}

impl Channels {
    /// Opens the table that `CHANNELS_TABLE` names, and the stamps in the one that `DESTINATIONS_TABLE` names.
    ///
    /// # Errors
    /// When a variable is missing.
    pub fn from_env(aws: &Aws) -> Result<Self> {
        Ok(Self { client: aws.dynamodb(), table: aws.variable("CHANNELS_TABLE")?, changes: Changes::from_env(aws)? })
    }

    /// Stores a new rule.
    ///
    /// # Errors
    /// When the call fails; nothing is written then.
    pub async fn insert(&self, rule: &Rule) -> Result<Inserted> {
        let writes = self.insertion(rule)?.into();
        Ok(Inserted::if_done(transact::all_or_none(&self.client, writes).await?.done()))
    }

    /// Returns a rule of the operator.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn get(&self, operator: OperatorId, id: RuleId) -> Result<Option<Rule>> {
        let get = self.client.get_item().table_name(&self.table).set_key(Some(row_key(operator, id)));
        let answer = get.consistent_read(true).send().await.map_err(aws("GetItem"))?;
        answer.item.map(from_item).transpose()
    }

    /// Returns the rules of `ids` that the operator has.
    ///
    /// # Errors
    /// When a call fails.
    pub async fn get_many(
        &self,
        operator: OperatorId,
        ids: impl IntoIterator<Item = RuleId>,
    ) -> Result<HashMap<RuleId, Rule>> {
        let keys = ids.into_iter().map(|id| row_key(operator, id)).collect();
        let found: Vec<Rule> = get_rows(&self.client, &self.table, keys).await?;
        Ok(found.into_iter().map(|rule| (rule.id, rule)).collect())
    }

    /// Returns a page of the operator's channels, newest first, starting after `after`, and whether there are more.
    /// Skips rules that belong to another API.
    ///
    /// # Errors
    /// When a call fails.
    pub async fn list(&self, operator: OperatorId, limit: i32, after: Option<RuleId>) -> Result<(Vec<Rule>, bool)> {
        let query =
            self.under(operator, PREFIX).filter_expression("attribute_not_exists(face)").scan_index_forward(false);
        filtered::page(query, limit, after.map(|id| row_key(operator, id))).await
    }

    /// Returns a rule of a project.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn get_of_project(&self, operator: OperatorId, project: &ProjectId, id: RuleId) -> Result<Option<Rule>> {
        let key = row_key(operator, sort_key(Some(project), id));
        let get = self.client.get_item().table_name(&self.table).set_key(Some(key));
        let answer = get.consistent_read(true).send().await.map_err(aws("GetItem"))?;
        answer.item.map(from_row).transpose()
    }

    /// Returns a page of a project's rules, newest first, starting after `after`, and whether there are more.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn list_of_project(
        &self,
        operator: OperatorId,
        project: &ProjectId,
        limit: i32,
        after: Option<RuleId>,
    ) -> Result<(Vec<Rule>, bool)> {
        let start = after.map(|id| row_key(operator, sort_key(Some(project), id)));
        // Ask for one more than the page holds, to know whether there is another page.
        let query = self.under(operator, &project_prefix(project)).scan_index_forward(false).limit(limit + 1);
        let answer = query.set_exclusive_start_key(start).send().await.map_err(aws("Query"))?;
        let rules = answer.items.unwrap_or_default().into_iter().map(from_row);
        let mut rules: Vec<_> = rules.collect::<Result<_>>()?;
        let limit = usize::try_from(limit).unwrap_or(0);
        let more = rules.len() > limit;
        rules.truncate(limit);
        Ok((rules, more))
    }

    /// Returns all rules of a project with a consistent read.
    ///
    /// # Errors
    /// When a call fails.
    pub async fn of_project(&self, operator: OperatorId, project: &ProjectId) -> Result<Vec<Rule>> {
        self.all_under(operator, &project_prefix(project)).await
    }

    /// Returns all rules of the operator outside projects. Reads consistently: a new rule applies to the next event.
    ///
    /// # Errors
    /// When a call fails.
    pub async fn all(&self, operator: OperatorId) -> Result<Vec<Rule>> {
        self.all_under(operator, PREFIX).await
    }

    async fn all_under(&self, operator: OperatorId, prefix: &str) -> Result<Vec<Rule>> {
        let mut pages = self.under(operator, prefix).consistent_read(true).into_paginator().send();
        let mut rules = vec![];
        while let Some(page) = pages.next().await {
            for item in page.map_err(aws("Query"))?.items.unwrap_or_default() {
                rules.push(from_row(item)?);
            }
        }
        Ok(rules)
    }

    /// Queries the operator's rows whose sort key starts with `prefix`.
    fn under(&self, operator: OperatorId, prefix: &str) -> QueryFluentBuilder {
        self.client
            .query()
            .table_name(&self.table)
            .key_condition_expression("operator_id = :operator AND begins_with(id, :prefix)")
            .expression_attribute_values(":operator", s(operator))
            .expression_attribute_values(":prefix", s(prefix))
    }

    /// Replaces `old` with `new`, which has the same ID, unless the rule has changed since `old` was read.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn replace(&self, old: &Rule, new: &Rule) -> Result<Changed> {
        let writes = self.replacement(old, new)?.into();
        Ok(Changed::if_done(transact::all_or_none(&self.client, writes).await?.done()))
    }

    /// The writes that replace a rule and move the stamp, for a transaction. Only the first has a condition.
    pub(crate) fn replacement(&self, old: &Rule, new: &Rule) -> Result<[TransactWriteItem; 2]> {
        let unchanged = Unchanged::since(old)?;
        let put = Put::builder().table_name(&self.table).set_item(Some(to_row(new)?));
        let put = put
            .condition_expression(unchanged.condition)
            .set_expression_attribute_names(Some(unchanged.names))
            .set_expression_attribute_values(Some(unchanged.values));
        self.stamped(new.operator_id, transact::put(put)?)
    }

    /// The writes that insert a rule and move the stamp, for a transaction. Only the first has a condition.
    pub(crate) fn insertion(&self, rule: &Rule) -> Result<[TransactWriteItem; 2]> {
        self.stamped(rule.operator_id, transact::insert(&self.table, to_row(rule)?, "id")?)
    }

    /// The writes that delete a rule, which must exist, and move the stamp, for a transaction. Only the first has a
    /// condition.
    pub(crate) fn deletion(&self, operator: OperatorId, id: RuleId) -> Result<[TransactWriteItem; 2]> {
        self.stamped(operator, transact::delete_existing(&self.table, row_key(operator, id), "id")?)
    }

    /// Like [`Self::deletion`], for a project's rule.
    pub(crate) fn deletion_of(&self, rule: &Rule) -> Result<[TransactWriteItem; 2]> {
        let key = row_key(rule.operator_id, sort_key(rule.project_id.as_ref(), rule.id));
        self.stamped(rule.operator_id, transact::delete_existing(&self.table, key, "id")?)
    }

    fn stamped(&self, operator: OperatorId, write: TransactWriteItem) -> Result<[TransactWriteItem; 2]> {
        Ok([write, self.changes.with_rule(operator)?])
    }

    /// The table's client, for writes that span tables.
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// Deletes a rule.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn delete(&self, operator: OperatorId, id: RuleId) -> Result<IfExists> {
        let writes = self.deletion(operator, id)?.into();
        Ok(IfExists::if_done(transact::all_or_none(&self.client, writes).await?.done()))
    }
}

#[cfg(test)]
mod tests {
    use domain::{Destination, testing};
    use serde_json::json;

    use super::*;
    use crate::{
        Destinations, ProjectChannels, legacy,
        project_channels::{Added, ProjectChannel},
        subscriptions::{Replaced, Subscription, Subscriptions},
        testing::Cloud,
    };

    /// Checks that the last transaction wrote `rule`, and moved the stamp of its operator.
    fn assert_stamped(cloud: &Cloud, rule: &Rule) {
        let last = cloud.calls("TransactWriteItems").pop().expect("a transaction");
        let writes = last.body["TransactItems"].as_array().expect("a list").clone();
        let of = |table: &str| {
            let kinds = |write: &serde_json::Value| ["Put", "Update", "Delete"].map(|kind| write[kind].clone());
            let all: Vec<_> = writes.iter().flat_map(kinds).filter(|write| write["TableName"] == table).collect();
            all
        };
        assert_eq!(of("channels").len(), 1, "one rule");
        let stamp = json!({"S": format!("changes#{}", rule.operator_id)});
        let moves: Vec<_> =
            of("destinations").into_iter().filter(|write| write["Key"]["operator_id"] == stamp).collect();
        assert_eq!(moves.len(), 1, "one stamp");
        assert_eq!(moves[0]["UpdateExpression"], "ADD changes :one SET rules_changed_at = :now");
    }

    #[tokio::test]
    async fn every_write_of_a_rule_moves_the_stamp_in_the_same_transaction() {
        let cloud = Cloud::new();
        let (channels, destinations) =
            (Channels::from_env(&cloud.aws).expect("a table"), Destinations::from_env(&cloud.aws).expect("a table"));
        let to = testing::webhook(cloud.operator.id);
        let old = testing::rule(&[&to]);
        let new = Rule { active: false, ..old.clone() };
        assert_eq!(channels.insert(&old).await.expect("a write"), Inserted::Yes);
        assert_stamped(&cloud, &old);
        assert_eq!(channels.replace(&old, &new).await.expect("a write"), Changed::Yes);
        assert_stamped(&cloud, &old);
        assert_eq!(channels.delete(old.operator_id, old.id).await.expect("a write"), IfExists::Done);
        assert_stamped(&cloud, &old);

        assert_eq!(legacy::insert(&old, &to, &channels, &destinations).await.expect("a write"), Inserted::Yes);
        assert_stamped(&cloud, &old);
        assert_eq!(legacy::convert(&old, &new, &channels, &destinations).await.expect("a write"), Changed::Yes);
        assert_stamped(&cloud, &old);
        assert_eq!(
            legacy::delete(old.operator_id, old.id, &channels, &destinations).await.expect("a write"),
            IfExists::Done
        );
        assert_stamped(&cloud, &old);

        let webhooks = Subscriptions::from_env(&cloud.aws, old.api).expect("tables");
        let subscription = |rule: &Rule| Subscription { endpoint: to.clone(), rule: rule.clone() };
        webhooks.insert(&subscription(&old)).await.expect("a write");
        assert_stamped(&cloud, &old);
        assert_eq!(webhooks.replace(&subscription(&old), &subscription(&new)).await.expect("a write"), Replaced::Yes);
        assert_stamped(&cloud, &old);
        assert_eq!(webhooks.delete(&subscription(&old)).await.expect("a write"), IfExists::Done);
        assert_stamped(&cloud, &old);

        let of_project = ProjectChannels::from_env(&cloud.aws).expect("tables");
        let project = testing::project_id("one");
        let channel = |rule: &Rule, destination: &Destination| ProjectChannel {
            destination: destination.clone(),
            rule: Rule { project_id: Some(project.clone()), ..rule.clone() },
        };
        assert_eq!(of_project.insert(&project, &channel(&old, &to), 9).await.expect("a write"), Added::Yes);
        assert_stamped(&cloud, &old);
        assert_eq!(of_project.replace(&channel(&old, &to), &channel(&new, &to)).await.expect("a write"), Changed::Yes);
        assert_stamped(&cloud, &old);
        assert_eq!(of_project.delete(&project, &channel(&old, &to)).await.expect("a write"), IfExists::Done);
        assert_stamped(&cloud, &old);
    }
}
