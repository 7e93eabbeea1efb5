//! The function `console`.

use api::{server, telemetry};
use console::Embedding;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let telemetry = telemetry::init();
    server::serve_public(console::router(&Embedding::from_env())?, telemetry).await
}
