//! The function `channels`.

use api::{server, telemetry};
use channels::App;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let telemetry = telemetry::init();
    server::serve(App::from_env()?, channels::routes(), telemetry).await
}
