//! The function `destinations`.

use api::{server, telemetry};
use destinations::App;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let telemetry = telemetry::init();
    server::serve(App::from_env()?, destinations::router(), telemetry).await
}
