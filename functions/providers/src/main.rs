//! The function `providers`.

use api::{Envelope, server, telemetry};
use providers::App;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let telemetry = telemetry::init();
    server::serve_as(Envelope::Providers, App::from_env()?, providers::routes(), telemetry).await
}
