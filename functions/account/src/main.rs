//! The function `account`.

use account::App;
use api::{server, telemetry};
use store::Aws;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let telemetry = telemetry::init();
    server::serve(App::new(&Aws::from_env())?, account::routes(), telemetry).await
}
