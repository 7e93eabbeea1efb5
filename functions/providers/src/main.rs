//! The function `providers`.

use api::{Envelope, server, telemetry};
use providers::App;
use store::Aws;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let telemetry = telemetry::init();
    server::serve_as(Envelope::Providers, App::new(&Aws::from_env())?, providers::routes(), telemetry).await
}
