//! The chat platforms. The descriptor of a platform is all that shared code knows about it; `outbound` writes its
//! messages.

use url::Url;

use crate::ApiKind;

/// The facts about a chat platform.
#[derive(Debug)]
pub struct Descriptor {
    /// The name in rows, metrics and the APIs.
    pub name: &'static str,
    /// The name for people, as the platform writes it.
    pub title: &'static str,
    /// The hosts of its webhooks. Subdomains of these hosts belong to the platform too.
    pub hosts: &'static [&'static str],
    /// Whether organizations run it on hosts of their own. Then every answer is held to what the platform documents,
    /// whatever the host.
    pub self_hosted: bool,
    /// Other platforms whose messages its webhooks accept.
    pub also_accepts: &'static [Platform],
    /// The APIs that create its destinations. The console uses the first one.
    pub apis: &'static [ApiKind],
    /// The form with which the console creates a destination.
    pub form: Form,
}

/// The texts of a platform's form. Which fields the form has depends on the API.
#[derive(Debug)]
pub struct Form {
    /// What a destination is, in a few words.
    pub summary: &'static str,
    /// An example of a name.
    pub name: &'static str,
    /// The beginning of a webhook URL.
    pub url: &'static str,
    /// Where people find the webhook URL.
    pub hint: &'static str,
}

/// Defines the enum, the list of all platforms, and the descriptor of each.
macro_rules! platforms {
    ($($platform:ident: $descriptor:ident),+ $(,)?) => {
        /// A chat platform, which has its own message format.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Platform {
            $(#[doc = concat!("Described by `", stringify!($descriptor), "`.")] $platform),+
        }

        impl Platform {
            /// All platforms, in the order in which people see them.
            pub const ALL: [Self; [$(stringify!($platform)),+].len()] = [$(Self::$platform),+];

            /// The facts about the platform.
            pub const fn descriptor(self) -> &'static Descriptor {
                match self {
                    $(Self::$platform => &$descriptor),+
                }
            }
        }
    };
}

platforms! {
    Slack: SLACK,
    Teams: TEAMS,
    Discord: DISCORD,
    GoogleChat: GOOGLE_CHAT,
    Mattermost: MATTERMOST,
}

static SLACK: Descriptor = Descriptor {
    name: "slack",
    title: "Slack",
    hosts: &["slack.com", "slack-gov.com"],
    self_hosted: false,
    also_accepts: &[],
    apis: &[ApiKind::Providers, ApiKind::Config],
    form: Form {
        summary: "A channel of a workspace",
        name: "#incidents",
        url: "https://hooks.slack.com/services/…",
        hint: "Create it in your Slack app, under Incoming Webhooks. It is stored encrypted.",
    },
};

static TEAMS: Descriptor = Descriptor {
    name: "teams",
    title: "Microsoft Teams",
    hosts: &[
        "outlook.office.com",
        "outlook.office365.com",
        "webhook.office.com",
        "logic.azure.com",
        "powerplatform.com",
    ],
    self_hosted: false,
    also_accepts: &[],
    apis: &[ApiKind::Providers, ApiKind::Config],
    form: Form {
        summary: "A channel of a team",
        name: "Operations",
        url: "https://…",
        hint: "Create it in the channel’s Workflows, with “When a Teams webhook request is received”. \
               It is stored encrypted.",
    },
};

static DISCORD: Descriptor = Descriptor {
    name: "discord",
    title: "Discord",
    hosts: &["discord.com", "discordapp.com"],
    self_hosted: false,
    also_accepts: &[],
    apis: &[ApiKind::Config],
    form: Form {
        summary: "A channel of a server",
        name: "#alerts",
        url: "https://discord.com/api/webhooks/…",
        hint: "Create it in the channel’s settings, under Integrations. It is stored encrypted.",
    },
};

static GOOGLE_CHAT: Descriptor = Descriptor {
    name: "google_chat",
    title: "Google Chat",
    hosts: &["chat.googleapis.com"],
    self_hosted: false,
    also_accepts: &[],
    apis: &[ApiKind::Config],
    form: Form {
        summary: "A space of your team",
        name: "On-call space",
        url: "https://chat.googleapis.com/v1/spaces/…",
        hint: "Create it in the space’s Apps & integrations, under Webhooks. It is stored encrypted.",
    },
};

static MATTERMOST: Descriptor = Descriptor {
    name: "mattermost",
    title: "Mattermost",
    hosts: &["cloud.mattermost.com"],
    self_hosted: true,
    // Its incoming webhooks are compatible with Slack's.
    also_accepts: &[Platform::Slack],
    apis: &[ApiKind::Config],
    form: Form {
        summary: "A channel of a team",
        name: "#alerts",
        url: "https://mattermost.example.com/hooks/…",
        hint: "Create it in the product menu, under Integrations, Incoming Webhooks. It is stored encrypted.",
    },
};

impl Platform {
    /// The name for people, as the platform writes it.
    pub fn title(self) -> &'static str {
        self.descriptor().title
    }

    /// The platforms whose destinations this API creates.
    pub fn of_api(api: ApiKind) -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(move |platform| platform.descriptor().apis.contains(&api))
    }

    /// The platform that a URL belongs to, judged by its host; `None` if it is not a known one.
    pub fn of_url(url: &Url) -> Option<Self> {
        let host = url.host_str()?.trim_end_matches('.');
        let under = |known: &&str| host.strip_suffix(known).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
        Self::ALL.into_iter().find(|platform| platform.descriptor().hosts.iter().any(under))
    }

    /// Whether this platform itself answers at `url`, not another server that accepts its messages.
    pub fn answers_at(self, url: &Url) -> bool {
        match Self::of_url(url) {
            Some(platform) => platform == self,
            None => self.descriptor().self_hosted,
        }
    }

    /// Whether webhooks of this platform accept messages in the format of `other`.
    pub fn accepts(self, other: Self) -> bool {
        self == other || self.descriptor().also_accepts.contains(&other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        text.parse().expect("a URL")
    }

    #[test]
    fn a_platform_is_known_by_its_host() {
        let of = |text: &str| Platform::of_url(&url(text));
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

    #[test]
    fn every_host_of_a_platform_and_its_subdomains_belong_to_it_alone() {
        for platform in Platform::ALL {
            for host in platform.descriptor().hosts {
                for text in [format!("https://{host}/x"), format!("https://eu.{host}/x")] {
                    assert_eq!(Platform::of_url(&url(&text)), Some(platform), "{text}");
                    let there = Platform::ALL.into_iter().filter(|other| other.answers_at(&url(&text)));
                    assert_eq!(there.collect::<Vec<_>>(), [platform], "{text}");
                }
                assert_eq!(Platform::of_url(&url(&format!("https://not{host}/x"))), None);
            }
        }
    }

    #[test]
    fn every_descriptor_is_complete_and_has_a_name_of_its_own() {
        for platform in Platform::ALL {
            let Descriptor { name, title, hosts, self_hosted, apis, form, .. } = platform.descriptor();
            let snake_case = name.chars().all(|c| c.is_ascii_lowercase() || c == '_');
            assert!(snake_case && !name.is_empty() && !title.is_empty(), "{platform:?}");
            assert!(!hosts.is_empty() || *self_hosted, "{name} has no host");
            assert!(!apis.is_empty(), "no API creates {name}");
            assert!(apis.iter().all(|api| matches!(api, ApiKind::Providers | ApiKind::Config)), "{name}");
            for text in [form.summary, form.name, form.hint] {
                assert!(!text.is_empty(), "{name} has an empty text");
            }
            assert!(form.url.starts_with("https://"), "{name}");
            let same_name = Platform::ALL.into_iter().filter(|other| other.descriptor().name == *name);
            assert_eq!(same_name.count(), 1, "{name}");
        }
    }
}
