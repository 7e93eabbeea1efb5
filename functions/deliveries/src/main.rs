//! The function `deliveries`.

use api::{server, telemetry};
use deliveries::App;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let telemetry = telemetry::init();
    server::serve(App::from_env()?, deliveries::routes(), telemetry).await
}
