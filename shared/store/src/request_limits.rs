//! How many requests per second the keys of an operator may make, each of them: in table `Accounts`, with the operator and
//! for its plan.

use domain::{OperatorId, plan::Plan};
use serde::Deserialize;

use crate::{
    Accounts, Result,
    accounts::done,
    error::aws,
    item::{Item, from_item, n},
};

/// What the row of an operator says of it.
#[derive(Deserialize)]
struct OfOperator {
    plan: Plan,
    requests_per_second: Option<u32>,
}

/// What the row of a plan says of it.
#[derive(Deserialize)]
struct OfPlan {
    requests_per_second: Option<u32>,
}

impl Accounts {
    /// The operator's own limit, or else that of its plan; none when neither has one, and 0 for no limit at all.
    ///
    /// # Errors
    /// When a call fails.
    pub async fn requests_per_second(&self, operator: OperatorId) -> Result<Option<u32>> {
        let Some(own) = self.limit_in::<OfOperator>(Self::operator_key(operator)).await? else { return Ok(None) };
        if own.requests_per_second.is_some() {
            return Ok(own.requests_per_second);
        }
        Ok(self.limit_in::<OfPlan>(Self::plan_key(own.plan)).await?.and_then(|plan| plan.requests_per_second))
    }

    async fn limit_in<T: for<'a> Deserialize<'a>>(&self, key: Item) -> Result<Option<T>> {
        let get = self.client.get_item().table_name(self.table()).set_key(Some(key));
        let get = get.projection_expression("#plan, requests_per_second").expression_attribute_names("#plan", "plan");
        get.send().await.map_err(aws("GetItem"))?.item.map(from_item).transpose()
    }

    /// Gives an operator a limit of its own, or takes it away; false when there is no such operator.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn set_limit(&self, operator: OperatorId, requests_per_second: Option<u32>) -> Result<bool> {
        self.put_limit(Self::operator_key(operator), Some("attribute_exists(pk)"), requests_per_second).await
    }

    /// Gives a plan a limit, or takes it away.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn set_plan_limit(&self, plan: Plan, requests_per_second: Option<u32>) -> Result<()> {
        self.put_limit(Self::plan_key(plan), None, requests_per_second).await.map(drop)
    }

    async fn put_limit(&self, key: Item, condition: Option<&str>, limit: Option<u32>) -> Result<bool> {
        let update = self.client.update_item().table_name(self.table()).set_key(Some(key));
        let update = update.set_condition_expression(condition.map(str::to_owned));
        let update = match limit {
            Some(limit) => update
                .update_expression("SET requests_per_second = :limit")
                .expression_attribute_values(":limit", n(limit)),
            None => update.update_expression("REMOVE requests_per_second"),
        };
        done(update.send().await)
    }
}
