//! The function `channels`.

use api::{server, telemetry};
use channels::App;
use store::Aws;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let telemetry = telemetry::init();
    server::serve(App::new(&Aws::from_env())?, channels::routes(), telemetry).await
}
