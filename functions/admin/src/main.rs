//! The function `admin`: operators and their keys. It has no route: it is invoked directly, by whom IAM allows to.

mod command;
mod keys;
mod operators;

use api::telemetry;
use command::Command;
use lambda_runtime::{Diagnostic, Error, LambdaEvent, service_fn};
use serde_json::Value;
use store::{Accounts, Aws, Vault};

struct App {
    accounts: Accounts,
    vault: Vault,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let telemetry = telemetry::init();
    let aws = Aws::from_env().await;
    let app = &App { accounts: Accounts::from_env(&aws)?, vault: Vault::new(&aws) };
    lambda_runtime::run(service_fn(async |event: LambdaEvent<Value>| {
        let answer = handle(app, event.payload).await;
        telemetry.flush();
        answer.map_err(|error| Diagnostic { error_type: "Refused".into(), error_message: error.to_string() })
    }))
    .await
}

async fn handle(app: &App, payload: Value) -> Result<Value, Error> {
    match Command::parse(payload)? {
        Command::CreateOperator(new) => app.create_operator(new).await,
        Command::CreateKey(new) => app.create_key(new).await,
        Command::RevokeKey(key) => app.revoke_key(key).await,
        Command::ListKeys(of) => app.list_keys(of).await,
    }
}
