//! The outside world: one module per kind of channel, and the guard on where requests may go.

mod resolver;
pub mod webhook;

pub use webhook::{Answer, Webhooks};
