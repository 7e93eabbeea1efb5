//! The function `config`.

use api::{Envelope, server, telemetry};
use config::App;
use store::Aws;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let telemetry = telemetry::init();
    server::serve_as(Envelope::Config, App::new(&Aws::from_env())?, config::routes(), telemetry).await
}
