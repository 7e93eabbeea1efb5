//! Everything sent to the outside: one module per kind of channel, the content of messages, and the guard that
//! restricts where requests may go.

mod answer;
mod carrier;
pub mod chat;
pub mod email;
pub mod mail;
mod resolver;
pub mod sms;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod webhook;

pub use answer::Answer;
pub use email::Mailer;
pub use sms::{SmsSettings, Texter};
pub use webhook::Webhooks;
