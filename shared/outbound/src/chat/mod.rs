//! Messages to chat platforms, in each platform's own format and within its limits. Event text is always literal text,
//! never markup or a mention.
//!
//! Each platform is a file with a [`Format`], which writes the message and interprets the platform's answer.

mod discord;
mod google_chat;
mod mattermost;
pub(crate) mod refusal;
mod slack;
mod teams;
pub(crate) mod text;

use std::{borrow::Cow, time::Duration};

use domain::{Notification, Platform, Severity, delivery::Fault};
use jiff::Timestamp;
use serde_json::Value;
use url::Url;

/// The content of a message.
#[derive(Debug, Clone)]
pub struct Card<'a> {
    /// The notification to show.
    pub notification: &'a Notification,
    /// The severity, in the terms of the API that the destination was created with.
    pub severity: &'a str,
    /// When the event happened.
    pub at: Timestamp,
    /// The small print: IDs by which the operator finds the delivery.
    pub footer: &'a str,
}

/// The meaning of a platform's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading {
    /// The platform accepted the message. Holds the platform's ID of the message, if it returns one.
    Taken(Option<String>),
    /// The platform rejected the message.
    Refused {
        /// The reason, as a predicate of the platform: `answered 404 no_service`.
        error: String,
        /// Who is responsible for the failure.
        fault: Fault,
        /// How long the platform asks us to wait.
        retry_after: Option<Duration>,
    },
}

/// A platform's answer to a message.
#[derive(Debug, Clone, Copy)]
pub struct Answered<'a> {
    /// The HTTP status.
    pub status: u16,
    /// The value of `Retry-After`, if present.
    pub retry_after: Option<Duration>,
    /// The body, cut to its first 16 KiB.
    pub body: &'a str,
}

/// How a platform's messages are written and its answers interpreted.
struct Format {
    /// Writes the JSON of a message.
    body: fn(&Card<'_>) -> Value,
    /// Interprets the answer to a message.
    read: fn(Answered<'_>) -> Reading,
    /// Returns the URL that a message is posted to, unless that is the stored one.
    url: Option<fn(Url) -> Option<Url>>,
    /// The number of three-byte characters in a field's value that a message shows in full.
    #[cfg(test)]
    whole_value: usize,
}

/// The format of a platform.
fn format_of(platform: Platform) -> &'static Format {
    match platform {
        Platform::Slack => &slack::FORMAT,
        Platform::Teams => &teams::FORMAT,
        Platform::Discord => &discord::FORMAT,
        Platform::GoogleChat => &google_chat::FORMAT,
        Platform::Mattermost => &mattermost::FORMAT,
    }
}

/// Returns the JSON of a message.
pub fn body(platform: Platform, card: &Card<'_>) -> Value {
    (format_of(platform).body)(card)
}

/// Returns the URL that a message is posted to.
pub fn url(platform: Platform, url: &str) -> Cow<'_, str> {
    let changed = format_of(platform).url.and_then(|change| change(Url::parse(url).ok()?));
    changed.map_or(Cow::Borrowed(url), |url| Cow::Owned(url.into()))
}

/// Interprets the answer to a message that was posted to `url`. A 200 is not always a success.
///
/// Other servers accept messages in a platform's format (Mattermost, Rocket.Chat, Zulip and Discord under `/slack`
/// accept Slack's) and answer in their own ways. For them, a success status counts unless the body reports a failure.
pub fn read(platform: Platform, url: &str, answered: Answered<'_>) -> Reading {
    let reading = (format_of(platform).read)(answered);
    let own = Url::parse(url).is_ok_and(|url| platform.answers_at(&url));
    if own || !matches!(answered.status, 200..300) {
        return reading;
    }
    match (&reading, answered.says_it_failed()) {
        (Reading::Refused { fault: Fault::Receiver, .. }, false) => Reading::Taken(None),
        (Reading::Taken(_), true) => answered.not_a_success(),
        _ => reading,
    }
}

/// The colour of a severity, the same as in mails.
fn colour(severity: Severity) -> u32 {
    match severity {
        Severity::Info | Severity::Low => 0x25_63eb,
        Severity::Medium => 0xf5_9e0b,
        Severity::High => 0xea_580c,
        Severity::Critical => 0xdc_2626,
    }
}

#[cfg(test)]
mod tests {
    use domain::notification::Field;

    use super::*;

    fn with_fields(count: usize, value: &str) -> Notification {
        let field = |i: usize| Field { label: format!("label-{i}-end"), value: value.to_owned() };
        Notification {
            title: "Down".into(),
            body: String::new(),
            severity: Severity::Info,
            fields: (0..count).map(field).collect(),
            source_url: None,
        }
    }

    fn message(platform: Platform, notification: &Notification) -> String {
        let at = "2026-04-15T10:00:00Z".parse().expect("a time");
        body(platform, &Card { notification, severity: "info", at, footer: "evt_1" }).to_string()
    }

    #[test]
    fn shown_and_omitted_fields_add_up_to_the_posted_ones() {
        for platform in Platform::ALL {
            for (count, value) in
                [(45, "x"), (60, "x"), (100, "x"), (100, &*"語".repeat(400)), (3, &*"x".repeat(40_000))]
            {
                let message = message(platform, &with_fields(count, value));
                let shown = (0..count).filter(|i| message.contains(&format!("label-{i}-end"))).count();
                let said = format!("And {} more", count - shown);
                assert_eq!(shown < count, message.contains(&said), "{platform:?}: {shown} of {count}");
                assert!(shown > 0);
            }
        }
    }

    #[test]
    fn a_value_is_cut_by_the_platforms_own_limit() {
        for platform in Platform::ALL {
            let length = format_of(platform).whole_value;
            let value = "語".repeat(length);
            assert!(length >= 900 && message(platform, &with_fields(1, &value)).contains(&value), "{platform:?}");
        }
    }

    #[test]
    fn another_server_takes_a_message_in_its_own_way() {
        let read = |platform, url: &str, status, body: &str| {
            let reading = read(platform, url, Answered { status, retry_after: None, body });
            matches!(reading, Reading::Taken(_))
        };
        let elsewhere = "https://chat.example.com/hooks/x";
        for platform in Platform::ALL.into_iter().filter(|platform| !platform.descriptor().self_hosted) {
            let bodies = [
                "",
                "ok",
                "Message received.",
                "{}",
                r#"{"ok":true}"#,
                r#"{"success":true}"#,
                r#"{"result":"success"}"#,
            ];
            for body in bodies {
                for status in [200, 201, 202, 204] {
                    assert!(read(platform, elsewhere, status, body), "{platform:?} {status} {body}");
                }
            }
            let failures = [
                r#"{"ok":false}"#,
                r#"{"success":false,"error":"invalid"}"#,
                r#"{"result":"error","msg":"Stream does not exist"}"#,
                r#"{"status":"error"}"#,
                r#"{"error":{"code":"x"}}"#,
                r#"{"errors":["x"]}"#,
            ];
            for body in failures {
                assert!(!read(platform, elsewhere, 200, body), "{platform:?} {body}");
            }
            assert!(!read(platform, elsewhere, 302, "") && !read(platform, elsewhere, 500, "ok"));
        }
        assert!(!read(Platform::Slack, elsewhere, 200, "invalid_payload"));
        let hidden = "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 502";
        assert!(!read(Platform::Teams, elsewhere, 200, hidden));
        // For messages in Slack's format, Discord's own host is one of the other servers.
        assert!(read(Platform::Slack, "https://discord.com/api/webhooks/1/x/slack", 200, "{}"));
    }

    #[test]
    fn a_platforms_own_servers_accept_a_message_only_in_the_documented_way() {
        for platform in Platform::ALL {
            let descriptor = platform.descriptor();
            let anywhere = descriptor.self_hosted.then_some("chat.example.com");
            for host in descriptor.hosts.iter().copied().chain(anywhere) {
                let url = format!("https://eu.{host}/x");
                let taken = |status, body: &str| {
                    let reading = super::read(platform, &url, Answered { status, retry_after: None, body });
                    matches!(reading, Reading::Taken(_))
                };
                assert!(!taken(200, "<html>ok</html>"), "{url}");
                // A workflow of Teams may end with any object.
                assert_eq!(taken(200, "{}"), platform == Platform::Teams, "{url}");
                assert!(!taken(302, "") && !taken(500, "ok"), "{url}");
            }
        }
    }

    #[test]
    fn discord_is_asked_to_wait() {
        let asked = "https://discord.com/api/webhooks/1/x?wait=true";
        assert_eq!(url(Platform::Discord, "https://discord.com/api/webhooks/1/x"), asked);
        for given in [asked, "https://discord.com/api/webhooks/1/x?wait=false", "no URL"] {
            assert_eq!(url(Platform::Discord, given), given);
        }
        assert_eq!(url(Platform::Slack, "https://hooks.slack.com/x"), "https://hooks.slack.com/x");
    }
}
