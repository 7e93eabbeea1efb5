//! The function `events`.

use std::sync::Arc;

use api::{server, telemetry};
use events::App;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let telemetry = telemetry::init();
    let app = Arc::new(App::from_env().await?);
    app.warm().await;
    let (router, _) = events::router().split_for_parts();
    server::run(router.with_state(app), telemetry).await
}
