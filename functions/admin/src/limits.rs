//! Limits for the requests per second of an operator's keys, or of all operators on a plan.

use lambda_runtime::Error;
use serde_json::{Value, json};
use store::IfExists;

use crate::{
    App,
    command::{NewLimit, invalid},
    operators::{parse_id, parse_plan, unknown},
};

/// The largest limit, which is more than API Gateway allows for all keys together.
const MAX: u32 = 100_000;

impl App {
    /// Sets the limit of an operator or of a plan. Functions that have a key in their cache apply it within a minute.
    pub(crate) async fn set_limit(&self, new: NewLimit) -> Result<Value, Error> {
        let NewLimit { operator_id, plan, requests_per_second } = new;
        if requests_per_second.is_some_and(|limit| limit > MAX) {
            return Err(invalid("requests_per_second", format!("send 0 to {MAX}, or null")));
        }
        match (operator_id, plan) {
            (Some(operator_id), None) => {
                let id = parse_id(&operator_id)?;
                if self.accounts.set_limit(id, requests_per_second).await? == IfExists::Missing {
                    return Err(unknown());
                }
                tracing::info!(operator_id = %id, requests_per_second, "limit set");
                Ok(json!({ "operator_id": id, "requests_per_second": requests_per_second }))
            }
            (None, Some(plan)) => {
                let plan = parse_plan(&plan)?;
                self.accounts.set_plan_limit(plan, requests_per_second).await?;
                tracing::info!(plan = plan.name(), requests_per_second, "limit set");
                Ok(json!({ "plan": plan, "requests_per_second": requests_per_second }))
            }
            _ => Err(invalid("operator_id", "send either this or `plan`")),
        }
    }
}
