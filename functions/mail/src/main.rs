//! The function `mail`.

use api::{server, telemetry};
use mail::App;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let telemetry = telemetry::init();
    server::serve(App::from_env()?, mail::routes(), telemetry).await
}
