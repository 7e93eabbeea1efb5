//! Chat platforms in tests, of this crate and of others with the feature `testing`: how each behaves, messages with
//! hostile text, and checks of messages by code of the platforms.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

pub mod played;
pub mod untrusted;
pub mod validators;

pub use played::{PLAYED, Played};
pub use validators::Validators;
