//! The function `mail`.

use api::{server, telemetry};
use mail::App;
use store::Aws;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let telemetry = telemetry::init();
    server::serve(App::new(&Aws::from_env())?, mail::routes(), telemetry).await
}
