//! The kinds of destinations of all APIs.

use std::fmt;

use serde::{Deserialize, Serialize};
use url::Url;

use crate::ChannelType;

/// The kind of a destination, which decides the transport and the format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema, schemars::JsonSchema))]
pub enum Kind {
    /// A mail address, verified by a code.
    Email,
    /// A phone number.
    Sms,
    /// An HTTPS endpoint.
    Webhook,
    /// A Slack channel.
    Slack,
    /// A Microsoft Teams channel.
    Teams,
    /// A Discord channel.
    Discord,
    /// A Google Chat space.
    GoogleChat,
    /// Several mail addresses of a team, which receive one mail together.
    OpsEmail,
}

/// A chat platform, which has its own message format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Platform {
    /// Slack.
    Slack,
    /// Microsoft Teams.
    Teams,
    /// Discord.
    Discord,
    /// Google Chat.
    GoogleChat,
}

impl Kind {
    /// The name in rows, metrics and the APIs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Sms => "sms",
            Self::Webhook => "webhook",
            Self::Slack => "slack",
            Self::Teams => "teams",
            Self::Discord => "discord",
            Self::GoogleChat => "google_chat",
            Self::OpsEmail => "ops_email",
        }
    }

    /// The chat platform whose format the destination needs, if any.
    pub fn platform(self) -> Option<Platform> {
        Some(match self {
            Self::Slack => Platform::Slack,
            Self::Teams => Platform::Teams,
            Self::Discord => Platform::Discord,
            Self::GoogleChat => Platform::GoogleChat,
            Self::Email | Self::Sms | Self::Webhook | Self::OpsEmail => return None,
        })
    }

    /// Whether its deliveries are mails, which have events of their own.
    pub fn is_mail(self) -> bool {
        matches!(self, Self::Email | Self::OpsEmail)
    }

    /// Whether its deliveries are HTTP requests.
    pub fn is_http(self) -> bool {
        !matches!(self, Self::Email | Self::Sms | Self::OpsEmail)
    }

    /// The name for people, with a capital letter.
    pub fn title(self) -> &'static str {
        match self {
            Self::Email | Self::OpsEmail => "Email",
            Self::Sms => "SMS",
            Self::Webhook => "Webhook",
            Self::Slack => Platform::Slack.title(),
            Self::Teams => Platform::Teams.title(),
            Self::Discord => Platform::Discord.title(),
            Self::GoogleChat => Platform::GoogleChat.title(),
        }
    }
}

impl From<ChannelType> for Kind {
    fn from(channel_type: ChannelType) -> Self {
        match channel_type {
            ChannelType::Email => Self::Email,
            ChannelType::Sms => Self::Sms,
            ChannelType::Webhook => Self::Webhook,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The hosts of each platform's webhooks. Subdomains of these hosts belong to the platform too.
const HOSTS: [(Platform, &[&str]); 4] = [
    (Platform::Slack, &["slack.com", "slack-gov.com"]),
    (
        Platform::Teams,
        &["outlook.office.com", "outlook.office365.com", "webhook.office.com", "logic.azure.com", "powerplatform.com"],
    ),
    (Platform::Discord, &["discord.com", "discordapp.com"]),
    (Platform::GoogleChat, &["chat.googleapis.com"]),
];

impl Platform {
    /// The platform's own name.
    pub fn title(self) -> &'static str {
        match self {
            Self::Slack => "Slack",
            Self::Teams => "Microsoft Teams",
            Self::Discord => "Discord",
            Self::GoogleChat => "Google Chat",
        }
    }

    /// The platform that a URL belongs to, judged by its host; `None` if it is not a known one.
    pub fn of_url(url: &Url) -> Option<Self> {
        let host = url.host_str()?.trim_end_matches('.');
        let under = |known: &str| host.strip_suffix(known).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
        HOSTS.iter().find(|(_, known)| known.iter().any(|known| under(known))).map(|(platform, _)| *platform)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_written_as_it_is_stored() {
        for kind in [
            Kind::Email,
            Kind::Sms,
            Kind::Webhook,
            Kind::Slack,
            Kind::Teams,
            Kind::Discord,
            Kind::GoogleChat,
            Kind::OpsEmail,
        ] {
            assert_eq!(serde_json::to_value(kind).expect("JSON"), kind.as_str());
        }
    }

    #[test]
    fn a_platform_is_known_by_its_host() {
        let of = |url: &str| Platform::of_url(&url.parse().expect("a URL"));
        assert_eq!(of("https://hooks.slack.com/services/T/B/X"), Some(Platform::Slack));
        assert_eq!(of("https://outlook.office.com/webhook/x"), Some(Platform::Teams));
        assert_eq!(of("https://contoso.webhook.office.com/webhookb2/x"), Some(Platform::Teams));
        assert_eq!(of("https://prod-1.westeurope.logic.azure.com:443/workflows/x"), Some(Platform::Teams));
        assert_eq!(of("https://discord.com/api/webhooks/1/x"), Some(Platform::Discord));
        assert_eq!(of("https://ptb.discord.com/api/webhooks/1/x"), Some(Platform::Discord));
        assert_eq!(of("https://chat.googleapis.com/v1/spaces/A/messages?key=k"), Some(Platform::GoogleChat));
        assert_eq!(of("https://notslack.com/x"), None);
        assert_eq!(of("https://slack.com.example.net/x"), None);
    }
}
