//! The outside world: one module per kind of channel, what is said there, and the guard on where requests may go.

mod answer;
mod carrier;
pub mod chat;
pub mod email;
pub mod mail;
mod resolver;
pub mod sms;
pub mod webhook;

pub use answer::Answer;
pub use email::Mailer;
pub use sms::{SmsSettings, Texter};
pub use webhook::Webhooks;
