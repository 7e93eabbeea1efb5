//! Operators.

use domain::{
    Address, ApiKey, OperatorId, Role,
    api_key::Bearer,
    naming,
    plan::{self, Plan},
    shard::{Sharding, Shards},
    time::now,
};
use lambda_runtime::Error;
use serde_json::{Value, json};
use store::{
    IfExists,
    accounts::{Grant, Operator},
};

use crate::{
    App,
    command::{NewOperator, NewPlan, invalid},
    shards::parse_shards,
};

const MAX_NAME: usize = 120;

impl App {
    /// Creates an operator with a data key and a first API key, which is only shown in this response.
    pub(crate) async fn create_operator(&self, new: NewOperator) -> Result<Value, Error> {
        let email = Address::parse_email(&new.email);
        let email = email.map_err(|problem| invalid("email", problem))?;
        let name = naming::name(&new.name, MAX_NAME).map_err(|problem| invalid("name", problem))?;
        let plan = new.plan.as_deref().map_or(Ok(Plan::Free), parse_plan)?;
        let sharding = new.shards.map(parse_shards).transpose()?.filter(|shards| *shards != Shards::ONE);
        let sharding = sharding.map(|shards| Sharding::from_the_start(shards, now()));
        let id = OperatorId::generate();
        let operator = Operator {
            id,
            email: email.as_str().to_owned(),
            name,
            plan,
            data_key: self.vault.new_data_key(id).await?,
            created_at: now(),
            rotation: None,
            sharding,
        };
        let api_key = ApiKey::generate(Bearer::Operator);
        let grant = Grant::new(&operator, Role::Admin);
        self.accounts.insert_operator(&operator, &api_key, &grant).await?;
        tracing::info!(operator_id = %id, key_id = %grant.key_id, "operator created");
        Ok(json!({ "operator_id": id, "api_key": api_key.reveal() }))
    }

    /// Changes the plan of an operator.
    pub(crate) async fn set_plan(&self, NewPlan { operator_id, plan }: NewPlan) -> Result<Value, Error> {
        let id = parse_id(&operator_id)?;
        let plan = parse_plan(&plan)?;
        if self.accounts.set_plan(id, plan).await? == IfExists::Missing {
            return Err(unknown());
        }
        tracing::info!(operator_id = %id, plan = plan.name(), "plan set");
        Ok(json!({ "operator_id": id, "plan": plan }))
    }

    /// Returns the operator with this id.
    pub(crate) async fn operator(&self, operator_id: &str) -> Result<Operator, Error> {
        self.accounts.operator(parse_id(operator_id)?).await?.ok_or_else(unknown)
    }
}

pub(crate) fn parse_id(operator_id: &str) -> Result<OperatorId, Error> {
    operator_id.parse().map_err(|problem| invalid("operator_id", problem))
}

pub(crate) fn unknown() -> Error {
    invalid("operator_id", "no operator has this id")
}

pub(crate) fn parse_plan(name: &str) -> Result<Plan, Error> {
    Plan::from_name(name).ok_or_else(|| invalid("plan", format!("send one of {}", plan::NAMES.join(", "))))
}
