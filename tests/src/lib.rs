//! What the end-to-end tests share: a client of the deployed API, receivers that are real HTTP servers (chat platforms
//! among them), calls to the local AWS, faults on the way to it, and waiting for conditions.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

pub mod aws;
pub mod client;
pub mod crowd;
pub mod faults;
pub mod inbox;
pub mod operations;
pub mod platform;
pub mod receiver;
mod validators;

use std::time::Duration;

pub use client::{Answer, Operator};
pub use crowd::Crowd;
pub use receiver::Receiver;

/// A variable that `make test` exports.
pub fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run the tests by `make test`"))
}

/// For how long something is waited for: all tests share one local cloud, on two processors.
const PATIENCE: Duration = Duration::from_secs(120);
/// The longest pause between two looks at most things, and at those where a look is much work for the local cloud.
const OFTEN: Duration = Duration::from_millis(400);
const SELDOM: Duration = Duration::from_secs(1);

/// Waits until `look` finds something, for at most two minutes.
pub async fn eventually<T>(what: &str, look: impl AsyncFnMut() -> Option<T>) -> T {
    polling(PATIENCE, OFTEN, what, look).await
}

/// The same where a look is much work for the local cloud: one a second.
pub async fn eventually_seldom<T>(what: &str, look: impl AsyncFnMut() -> Option<T>) -> T {
    polling(PATIENCE, SELDOM, what, look).await
}

/// Waits until `look` finds something, for at most `limit`.
pub async fn within<T>(limit: Duration, what: &str, look: impl AsyncFnMut() -> Option<T>) -> T {
    polling(limit, OFTEN, what, look).await
}

/// Looks again and again: at first after moments, for most is there at once, and then with pauses of up to `longest`.
async fn polling<T>(limit: Duration, longest: Duration, what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let mut pause = Duration::from_millis(50);
    let end = tokio::time::Instant::now() + limit;
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(tokio::time::Instant::now() < end, "not within {limit:?}: {what}");
        tokio::time::sleep(pause).await;
        pause = pause.mul_f32(1.5).min(longest);
    }
}
