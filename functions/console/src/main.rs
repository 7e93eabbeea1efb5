//! The function `console`.

use api::{server, telemetry};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let telemetry = telemetry::init();
    server::serve_public(console::router(), telemetry).await
}
