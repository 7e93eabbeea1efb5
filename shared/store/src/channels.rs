//! Table `Channels`: rules, by `operator_id` and `id`.

use std::collections::HashMap;

use aws_sdk_dynamodb::{
    Client,
    types::{AttributeValue, KeysAndAttributes, Put, TransactWriteItem},
};
use domain::{OperatorId, Rule, RuleId};

use crate::{
    Aws, Result,
    aws::variable,
    batch_get::batch_get,
    error::aws,
    filtered,
    item::{Item, from_item, from_items, key, s, to_item},
    transact,
};

/// The table.
#[derive(Clone)]
pub struct Channels {
    client: Client,
    table: String,
}

fn row_key(operator: OperatorId, id: RuleId) -> Item {
    key(("operator_id", operator), ("id", id))
}

/// The condition that a rule is still as it was read.
struct Unchanged {
    condition: String,
    names: HashMap<String, String>,
    values: HashMap<String, AttributeValue>,
}

impl Unchanged {
    fn since(old: &Rule) -> Result<Self> {
        let (mut conditions, mut names, mut values) = (vec![], HashMap::new(), HashMap::new());
        for (i, (name, value)) in to_item(old)?.into_iter().enumerate() {
            conditions.push(format!("#{i} = :{i}"));
            names.insert(format!("#{i}"), name);
            values.insert(format!(":{i}"), value);
        }
        Ok(Self { condition: conditions.join(" AND "), names, values })
    }
}

impl Channels {
    /// The table that `CHANNELS_TABLE` names.
    ///
    /// # Errors
    /// When the variable is missing.
    pub fn from_env(aws: &Aws) -> Result<Self> {
        Ok(Self { client: aws.dynamodb(), table: variable("CHANNELS_TABLE")? })
    }

    /// Stores a new rule.
    ///
    /// # Errors
    /// When the call fails; nothing is written then.
    pub async fn insert(&self, rule: &Rule) -> Result<()> {
        let put = self.client.put_item().table_name(&self.table).set_item(Some(to_item(rule)?));
        put.condition_expression("attribute_not_exists(id)").send().await.map_err(aws("PutItem"))?;
        Ok(())
    }

    /// A rule of the operator.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn get(&self, operator: OperatorId, id: RuleId) -> Result<Option<Rule>> {
        let get = self.client.get_item().table_name(&self.table).set_key(Some(row_key(operator, id)));
        let answer = get.consistent_read(true).send().await.map_err(aws("GetItem"))?;
        answer.item.map(from_item).transpose()
    }

    /// Those of up to 100 rules that the operator has.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn get_many(
        &self,
        operator: OperatorId,
        ids: impl IntoIterator<Item = RuleId>,
    ) -> Result<HashMap<RuleId, Rule>> {
        let keys: Vec<_> = ids.into_iter().map(|id| row_key(operator, id)).collect();
        if keys.is_empty() {
            return Ok(HashMap::new());
        }
        let request = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true);
        let request = request.build().map_err(aws("BatchGetItem"))?;
        let mut rows = batch_get(&self.client, HashMap::from([(self.table.clone(), request)])).await?;
        let found: Vec<Rule> = from_items(rows.remove(&self.table))?;
        Ok(found.into_iter().map(|rule| (rule.id, rule)).collect())
    }

    /// A page of the operator's channels, newest first: those before `after`, and whether there are more. Rules that
    /// another API implies are read over.
    ///
    /// # Errors
    /// When a call fails.
    pub async fn list(&self, operator: OperatorId, limit: i32, after: Option<RuleId>) -> Result<(Vec<Rule>, bool)> {
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("operator_id = :operator")
            .filter_expression("attribute_not_exists(face)")
            .expression_attribute_values(":operator", s(operator))
            .scan_index_forward(false);
        filtered::page(query, limit, after.map(|id| row_key(operator, id))).await
    }

    /// All rules of the operator, as they are now: a rule takes effect with the next event.
    ///
    /// # Errors
    /// When a call fails.
    pub async fn all(&self, operator: OperatorId) -> Result<Vec<Rule>> {
        let mut pages = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("operator_id = :operator")
            .expression_attribute_values(":operator", s(operator))
            .consistent_read(true)
            .into_paginator()
            .send();
        let mut rules = vec![];
        while let Some(page) = pages.next().await {
            rules.extend(from_items::<Rule>(page.map_err(aws("Query"))?.items)?);
        }
        Ok(rules)
    }

    /// Replaces `old` by `new`, which has the same id; false when the rule is not `old` any more.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn replace(&self, old: &Rule, new: &Rule) -> Result<bool> {
        let unchanged = Unchanged::since(old)?;
        let put = self.client.put_item().table_name(&self.table).set_item(Some(to_item(new)?));
        let put = put
            .condition_expression(unchanged.condition)
            .set_expression_attribute_names(Some(unchanged.names))
            .set_expression_attribute_values(Some(unchanged.values));
        match put.send().await {
            Ok(_) => Ok(true),
            Err(e) if e.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) => Ok(false),
            Err(error) => Err(aws("PutItem")(error)),
        }
    }

    /// The write that does the same beside others.
    pub(crate) fn replacement(&self, old: &Rule, new: &Rule) -> Result<TransactWriteItem> {
        let unchanged = Unchanged::since(old)?;
        let put = Put::builder().table_name(&self.table).set_item(Some(to_item(new)?));
        transact::put(
            put.condition_expression(unchanged.condition)
                .set_expression_attribute_names(Some(unchanged.names))
                .set_expression_attribute_values(Some(unchanged.values)),
        )
    }

    /// The write of a new rule, beside others.
    pub(crate) fn insertion(&self, rule: &Rule) -> Result<TransactWriteItem> {
        transact::insert(&self.table, to_item(rule)?, "id")
    }

    /// The deletion of a rule that must exist, beside others.
    pub(crate) fn deletion(&self, operator: OperatorId, id: RuleId) -> Result<TransactWriteItem> {
        transact::delete_existing(&self.table, row_key(operator, id), "id")
    }

    /// The table's client, for writes that span tables.
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// Deletes a rule; false when there was none.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn delete(&self, operator: OperatorId, id: RuleId) -> Result<bool> {
        let delete = self.client.delete_item().table_name(&self.table).set_key(Some(row_key(operator, id)));
        match delete.condition_expression("attribute_exists(id)").send().await {
            Ok(_) => Ok(true),
            Err(e) if e.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) => Ok(false),
            Err(error) => Err(aws("DeleteItem")(error)),
        }
    }
}
