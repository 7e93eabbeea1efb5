//! Messages to chat platforms: each in the platform's own format, and within its limits. What an event says is text there,
//! and never markup or a mention.
//!
//! A platform is a file with two functions: `body` writes the message, `read` says what the platform's answer means.

mod discord;
mod google_chat;
#[cfg(test)]
mod hostile;
pub(crate) mod refusal;
mod slack;
mod teams;
mod text;

use std::{borrow::Cow, time::Duration};

use domain::{Notification, Platform, Severity, delivery::Fault};
use jiff::Timestamp;
use serde_json::Value;
use url::Url;

/// What a message shows.
#[derive(Debug, Clone)]
pub struct Card<'a> {
    /// What there is to say.
    pub notification: &'a Notification,
    /// How serious it is, in the word of the API by which the destination was made.
    pub severity: &'a str,
    /// When it happened.
    pub at: Timestamp,
    /// What it belongs to, in small print: ids by which the operator finds it.
    pub footer: &'a str,
}

/// What a platform's answer means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading {
    /// It took the message; its id of it, where it gives one.
    Taken(Option<String>),
    /// It did not.
    Refused {
        /// Why, as a predicate of the platform: `answered 404 no_service`.
        error: String,
        /// Whose failure it is.
        fault: Fault,
        /// How long it asks to be left alone.
        retry_after: Option<Duration>,
    },
}

/// A platform's answer to a message.
#[derive(Debug, Clone, Copy)]
pub struct Answered<'a> {
    /// The status.
    pub status: u16,
    /// `Retry-After`, where there is one.
    pub retry_after: Option<Duration>,
    /// The body, cut to its first 16 KiB.
    pub body: &'a str,
}

/// The JSON of a message.
pub fn body(platform: Platform, card: &Card<'_>) -> Value {
    match platform {
        Platform::Slack => slack::body(card),
        Platform::Teams => teams::body(card),
        Platform::Discord => discord::body(card),
        Platform::GoogleChat => google_chat::body(card),
    }
}

/// Where a message is posted. Discord gives its id of a message only to who waits for it.
pub fn url(platform: Platform, url: &str) -> Cow<'_, str> {
    match (platform, Url::parse(url)) {
        (Platform::Discord, Ok(mut url)) if url.query_pairs().all(|(name, _)| name != "wait") => {
            url.query_pairs_mut().append_pair("wait", "true");
            Cow::Owned(url.into())
        }
        _ => Cow::Borrowed(url),
    }
}

/// Says what a platform's answer means: a 200 is not always one.
pub fn read(platform: Platform, answered: Answered<'_>) -> Reading {
    match platform {
        Platform::Slack => slack::read(answered),
        Platform::Teams => teams::read(answered),
        Platform::Discord => discord::read(answered),
        Platform::GoogleChat => google_chat::read(answered),
    }
}

/// A severity's colour, of those that the mails have, too.
fn colour(severity: Severity) -> u32 {
    match severity {
        Severity::Info | Severity::Low => 0x25_63eb,
        Severity::Medium => 0xf5_9e0b,
        Severity::High => 0xea_580c,
        Severity::Critical => 0xdc_2626,
    }
}
