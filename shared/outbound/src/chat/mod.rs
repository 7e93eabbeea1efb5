//! Messages to chat platforms, in each platform's own format and within its limits. Event text is always literal text,
//! never markup or a mention.
//!
//! Each platform is a file with two functions: `body` writes the message, and `read` interprets the platform's answer.

mod discord;
mod google_chat;
pub(crate) mod refusal;
mod slack;
mod teams;
pub(crate) mod text;
#[cfg(test)]
mod untrusted;

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

/// Returns the JSON of a message.
pub fn body(platform: Platform, card: &Card<'_>) -> Value {
    match platform {
        Platform::Slack => slack::body(card),
        Platform::Teams => teams::body(card),
        Platform::Discord => discord::body(card),
        Platform::GoogleChat => google_chat::body(card),
    }
}

/// Returns the URL that a message is posted to. Discord returns the ID of a message only if the request asks it to
/// wait.
pub fn url(platform: Platform, url: &str) -> Cow<'_, str> {
    match (platform, Url::parse(url)) {
        (Platform::Discord, Ok(mut url)) if url.query_pairs().all(|(name, _)| name != "wait") => {
            url.query_pairs_mut().append_pair("wait", "true");
            Cow::Owned(url.into())
        }
        _ => Cow::Borrowed(url),
    }
}

/// Interprets the answer to a message that was posted to `url`. A 200 is not always a success.
///
/// Other servers accept messages in a platform's format (Mattermost, Rocket.Chat, Zulip and Discord under `/slack`
/// accept Slack's) and answer in their own ways. For them, a success status counts unless the body reports a failure.
pub fn read(platform: Platform, url: &str, answered: Answered<'_>) -> Reading {
    let reading = match platform {
        Platform::Slack => slack::read(answered),
        Platform::Teams => teams::read(answered),
        Platform::Discord => discord::read(answered),
        Platform::GoogleChat => google_chat::read(answered),
    };
    let own = Url::parse(url).is_ok_and(|url| Platform::of_url(&url) == Some(platform));
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

    const ALL: [Platform; 4] = [Platform::Slack, Platform::Teams, Platform::Discord, Platform::GoogleChat];

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
        for platform in ALL {
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
        for platform in ALL {
            let value = "語".repeat(900);
            assert!(message(platform, &with_fields(1, &value)).contains(&value), "{platform:?}");
        }
        for platform in [Platform::Teams, Platform::GoogleChat] {
            let value = "語".repeat(8000);
            assert!(message(platform, &with_fields(1, &value)).contains(&value), "{platform:?}");
        }
    }

    #[test]
    fn another_server_takes_a_message_in_its_own_way() {
        let read = |platform, url: &str, status, body: &str| {
            let reading = read(platform, url, Answered { status, retry_after: None, body });
            matches!(reading, Reading::Taken(_))
        };
        let elsewhere = "https://chat.example.com/hooks/x";
        for platform in ALL {
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
        for (platform, url) in [
            (Platform::Slack, "https://hooks.slack.com/services/T/B/x"),
            (Platform::Discord, "https://discord.com/api/webhooks/1/x"),
            (Platform::GoogleChat, "https://chat.googleapis.com/v1/spaces/A/messages?key=k"),
        ] {
            assert!(!read(platform, url, 200, "{}"), "{platform:?}");
        }
    }
}
