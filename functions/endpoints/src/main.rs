//! The function `endpoints`.

use api::{server, telemetry};
use endpoints::App;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let telemetry = telemetry::init();
    server::serve(App::from_env()?, endpoints::routes(), telemetry).await
}
