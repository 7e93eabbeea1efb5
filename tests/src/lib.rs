//! Shared code of the end-to-end tests: a client of the deployed API, receivers as real HTTP servers (including chat
//! platforms), calls to the local AWS, fault injection, and waiting for conditions.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test that cannot continue panics")]

pub mod aws;
pub mod client;
pub mod crowd;
pub mod faults;
pub mod inbox;
pub mod operations;
pub mod platform;
pub mod receiver;

use std::time::Duration;

pub use client::{Answer, Operator};
pub use crowd::Crowd;
pub use receiver::Receiver;

/// The value of a variable that `make test` exports.
pub fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run the tests with `make test`"))
}

/// How long to wait for most conditions: all tests share one local cloud on two processors.
const PATIENCE: Duration = Duration::from_secs(120);
/// The longest pause between two checks of a condition, for most conditions and for those that are expensive to check.
const OFTEN: Duration = Duration::from_millis(400);
const SELDOM: Duration = Duration::from_secs(1);

/// Waits until `look` returns a value, for at most two minutes.
pub async fn eventually<T>(what: &str, look: impl AsyncFnMut() -> Option<T>) -> T {
    polling(PATIENCE, OFTEN, what, look).await
}

/// The same for a `look` that is expensive for the local cloud: checks at most once a second.
pub async fn eventually_seldom<T>(what: &str, look: impl AsyncFnMut() -> Option<T>) -> T {
    polling(PATIENCE, SELDOM, what, look).await
}

/// Waits until `look` returns a value, for at most `limit`.
pub async fn within<T>(limit: Duration, what: &str, look: impl AsyncFnMut() -> Option<T>) -> T {
    polling(limit, OFTEN, what, look).await
}

/// Polls with growing pauses of up to `longest`; the first are short, because most conditions are met quickly.
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
