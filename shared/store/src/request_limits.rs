//! The requests per second that each key of an operator may make. Stored in table `Accounts`, with the operator and for
//! each plan.

use domain::{OperatorId, plan::Plan};
use serde::Deserialize;

use crate::{
    Accounts, IfExists, Result,
    accounts::done,
    error::aws,
    item::{Item, from_item, n},
};

#[derive(Deserialize)]
struct OfOperator {
    plan: Plan,
    requests_per_second: Option<u32>,
}

#[derive(Deserialize)]
struct OfPlan {
    requests_per_second: Option<u32>,
}

impl Accounts {
    /// Returns the operator's own limit, or else its plan's. `None` if neither has a limit set; 0 means unlimited.
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

    /// Sets or removes an operator's own limit.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn set_limit(&self, operator: OperatorId, requests_per_second: Option<u32>) -> Result<IfExists> {
        self.put_limit(Self::operator_key(operator), Some("attribute_exists(pk)"), requests_per_second).await
    }

    /// Sets or removes a plan's limit.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn set_plan_limit(&self, plan: Plan, requests_per_second: Option<u32>) -> Result<()> {
        self.put_limit(Self::plan_key(plan), None, requests_per_second).await.map(drop)
    }

    async fn put_limit(&self, key: Item, condition: Option<&str>, limit: Option<u32>) -> Result<IfExists> {
        let update = self.client.update_item().table_name(self.table()).set_key(Some(key));
        let update = update.set_condition_expression(condition.map(str::to_owned));
        let update = match limit {
            Some(limit) => update
                .update_expression("SET requests_per_second = :limit")
                .expression_attribute_values(":limit", n(limit)),
            None => update.update_expression("REMOVE requests_per_second"),
        };
        done(update.send().await).map(IfExists::if_done)
    }
}
