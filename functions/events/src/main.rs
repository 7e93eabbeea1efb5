//! The function `events`.

use api::{server, telemetry};
use events::App;
use store::Aws;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let telemetry = telemetry::init();
    server::serve(App::new(&Aws::from_env())?, events::routes(), telemetry).await
}
