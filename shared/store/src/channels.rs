//! Table `Channels`: rules, by `operator_id` and `id`.

use aws_sdk_dynamodb::Client;
use domain::{OperatorId, Rule, RuleId};

use crate::{
    Aws, Result,
    aws::variable,
    error::aws,
    item::{Item, from_item, from_items, key, s, to_item},
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

    /// A page of the operator's rules, newest first: those before `after`, and whether there are more.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn list(&self, operator: OperatorId, limit: i32, after: Option<RuleId>) -> Result<(Vec<Rule>, bool)> {
        let answer = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("operator_id = :operator")
            .expression_attribute_values(":operator", s(operator))
            .scan_index_forward(false)
            .limit(limit)
            .set_exclusive_start_key(after.map(|id| row_key(operator, id)))
            .send()
            .await
            .map_err(aws("Query"))?;
        let more = answer.last_evaluated_key.is_some();
        Ok((from_items(answer.items)?, more))
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
        let mut put = self.client.put_item().table_name(&self.table).set_item(Some(to_item(new)?));
        let mut conditions = vec![];
        for (i, (name, value)) in to_item(old)?.into_iter().enumerate() {
            conditions.push(format!("#{i} = :{i}"));
            put = put
                .expression_attribute_names(format!("#{i}"), name)
                .expression_attribute_values(format!(":{i}"), value);
        }
        match put.condition_expression(conditions.join(" AND ")).send().await {
            Ok(_) => Ok(true),
            Err(e) if e.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) => Ok(false),
            Err(error) => Err(aws("PutItem")(error)),
        }
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
