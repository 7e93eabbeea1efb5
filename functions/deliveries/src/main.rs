//! The function `deliveries`.

use api::{server, telemetry};
use deliveries::App;
use store::Aws;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let telemetry = telemetry::init();
    server::serve(App::new(&Aws::from_env())?, deliveries::routes(), telemetry).await
}
