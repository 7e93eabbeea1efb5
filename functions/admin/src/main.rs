//! The function `admin`: manages operators, their keys and their plans. It has no route: callers that IAM allows invoke
//! it directly.

mod audited;
mod command;
mod keys;
mod limits;
mod operators;
mod rotation;
mod shards;

use std::time::{Duration, SystemTime};

use command::Command;
use lambda_runtime::{Diagnostic, Error, LambdaEvent, service_fn};
use runtime::{cold_start, telemetry};
use serde_json::Value;
use store::{Accounts, Audit, Aws, Destinations, Vault};
use tokio::time::Instant;

/// Time reserved before the deadline of an invocation, to finish the current row and answer.
const RESERVE: Duration = Duration::from_secs(10);

struct App {
    accounts: Accounts,
    destinations: Destinations,
    vault: Vault,
    audit: Audit,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let telemetry = telemetry::init();
    let aws = Aws::from_env();
    let app = &App {
        accounts: Accounts::from_env(&aws)?,
        destinations: Destinations::from_env(&aws)?,
        vault: Vault::new(&aws),
        audit: Audit::from_env(&aws)?,
    };
    cold_start::report();
    lambda_runtime::run(service_fn(async |event: LambdaEvent<Value>| {
        let left = event.context.deadline().duration_since(SystemTime::now()).unwrap_or_default();
        let end = Instant::now() + left.saturating_sub(RESERVE);
        let entry = audited::Begun::of(&event.payload, &event.context.request_id);
        let answer = handle(app, event.payload, end).await;
        if let Ok(answer) = &answer {
            entry.record(&app.audit, answer).await;
        }
        telemetry.flush();
        answer.map_err(|error| Diagnostic { error_type: "Refused".into(), error_message: error.to_string() })
    }))
    .await
}

/// Executes a command. A command that can be done in parts stops at `end`.
async fn handle(app: &App, payload: Value, end: Instant) -> Result<Value, Error> {
    match Command::parse(payload)? {
        Command::CreateOperator(new) => app.create_operator(new).await,
        Command::CreateKey(new) => app.create_key(new).await,
        Command::RevokeKey(key) => app.revoke_key(key).await,
        Command::ListKeys(of) => app.list_keys(of).await,
        Command::SetPlan(new) => app.set_plan(new).await,
        Command::SetShards(new) => app.set_shards(new).await,
        Command::SetLimit(new) => app.set_limit(new).await,
        Command::RotateDataKey(of) => app.rotate_data_key(of, end).await,
    }
}
