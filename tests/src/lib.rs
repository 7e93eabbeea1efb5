//! What the end-to-end tests share: a client of the deployed API, receivers that are real HTTP servers (chat platforms
//! among them), calls to the local AWS, and waiting for conditions.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

pub mod api_text;
pub mod aws;
pub mod client;
pub mod inbox;
pub mod platform;
pub mod receiver;
mod validators;

use std::time::Duration;

pub use client::{Answer, Operator};
pub use receiver::Receiver;

/// A variable that `make test` exports.
pub fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run the tests by `make test`"))
}

/// Waits until `look` finds something, for at most a minute.
pub async fn eventually<T>(what: &str, look: impl AsyncFnMut() -> Option<T>) -> T {
    within(Duration::from_secs(60), what, look).await
}

/// The same where a look is much work for the local cloud, which all tests share: one a second.
pub async fn eventually_seldom<T>(what: &str, look: impl AsyncFnMut() -> Option<T>) -> T {
    polling(Duration::from_secs(120), Duration::from_secs(1), what, look).await
}

/// Waits until `look` finds something, for at most `limit`.
pub async fn within<T>(limit: Duration, what: &str, look: impl AsyncFnMut() -> Option<T>) -> T {
    polling(limit, Duration::from_millis(50), what, look).await
}

async fn polling<T>(limit: Duration, pause: Duration, what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let end = tokio::time::Instant::now() + limit;
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(tokio::time::Instant::now() < end, "not within {limit:?}: {what}");
        tokio::time::sleep(pause).await;
    }
}
