//! How to reach a destination of the Providers or the Config API: an address with credentials, sealed as a whole.

mod check;
pub mod config;
mod merge;
pub mod providers;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::{
    address::MAIL_SEPARATOR,
    credential::Credential,
    hidden::{Credentials, parts_of},
};

pub use check::Allowed;
pub use merge::Written;

/// A connection in the clear. Its JSON is sealed and never stored otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "via", rename_all = "snake_case")]
pub enum Connection {
    /// The webhook of a chat platform, whose URL is a credential.
    Chat {
        /// The webhook's URL.
        url: Credential,
    },
    /// The endpoint of a webhook.
    Webhook(Endpoint),
    /// Mails to several addresses.
    Mail(Mailing),
}

/// The endpoint of a webhook, with its credentials and headers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    /// The URL, which may hold a token.
    pub url: Credential,
    /// The secret that signs requests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<Credential>,
    /// The operator's own headers.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub headers: IndexMap<String, Credential>,
    /// The whole value of the `Authorization` header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorization: Option<Credential>,
}

/// Mails to several addresses at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mailing {
    /// The sender; the deployment's own sender if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The recipients, each in its normal form.
    pub to: Vec<String>,
    /// The address for replies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<String>,
}

/// The shortest part of a URL that may be a token. Shorter parts are words such as `messages`.
const MIN_TOKEN: usize = 12;

impl Connection {
    /// The part of the address that may be shown: the host, or the mail addresses. It is stored as
    /// [`Destination::destination`](crate::Destination::destination).
    pub fn shown(&self) -> String {
        match self {
            Self::Chat { url } | Self::Webhook(Endpoint { url, .. }) => host(url.reveal()),
            Self::Mail(mailing) => mailing.to.join(MAIL_SEPARATOR),
        }
    }

    /// Removes all credentials from text, because a receiver may repeat them in its response.
    pub fn scrub(&self, text: &str) -> String {
        Credentials::new(self.credentials()).struck_out_of(text)
    }

    /// All secrets, and the parts of them that would reveal the whole.
    fn credentials(&self) -> Vec<String> {
        let mut all = vec![];
        match self {
            Self::Chat { url } => {
                all.push(url.reveal().to_owned());
                all.extend(parts(url.reveal()));
            }
            Self::Webhook(endpoint) => {
                let secrets = endpoint.secret.iter().chain(&endpoint.authorization).chain(endpoint.headers.values());
                // A receiver may repeat only the token of `Bearer <token>`, or what `Basic <base64>` decodes to.
                for secret in secrets.map(Credential::reveal) {
                    all.push(secret.to_owned());
                    if let Some((scheme, token)) = secret.split_once(' ') {
                        all.push(token.to_owned());
                        let decoded = STANDARD.decode(token).ok().filter(|_| scheme.eq_ignore_ascii_case("basic"));
                        let pair = decoded.and_then(|bytes| String::from_utf8(bytes).ok());
                        all.extend(
                            pair.iter().filter_map(|pair| pair.split_once(':')).map(|(_, word)| word.to_owned()),
                        );
                        all.extend(pair);
                    }
                }
                all.extend(parts(endpoint.url.reveal()));
            }
            Self::Mail(_) => {}
        }
        all
    }
}

/// The parts of a URL that may reveal a token: everything after the host, each path segment that is long enough, and
/// all of its userinfo, query and fragment.
fn parts(url: &str) -> Vec<String> {
    let mut parts = parts_of(url);
    let Ok(url) = Url::parse(url) else { return parts };
    let behind = Some(&url[url::Position::BeforePath..]).filter(|behind| behind.len() >= MIN_TOKEN);
    parts.extend(behind.map(str::to_owned));
    let of_path = url.path_segments().into_iter().flatten().map(str::to_owned);
    parts.extend(of_path.filter(|part| part.len() >= MIN_TOKEN));
    parts
}

fn host(url: &str) -> String {
    Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credential::REDACTED;

    fn credential(text: &str) -> Credential {
        Credential::new(text.to_owned())
    }

    #[test]
    fn a_connection_reads_back_and_never_shows_its_credentials() {
        let connection = Connection::Webhook(Endpoint {
            url: credential("https://example.com/hooks?token=planted-1"),
            secret: Some(credential("planted-2")),
            headers: [("X-Token".to_owned(), credential("planted-3"))].into(),
            authorization: Some(credential("Bearer planted-4")),
        });
        let sealed = serde_json::to_string(&connection).expect("JSON");
        assert_eq!(serde_json::from_str::<Connection>(&sealed).expect("a connection"), connection);
        assert!(!format!("{connection:?}").contains("planted"));
        assert_eq!(connection.shown(), "example.com");
        let echoed = "token=planted-1, planted-2; X-Token: planted-3; Authorization: Bearer planted-4; planted-4!";
        let clean = connection.scrub(echoed);
        assert!(!clean.contains("planted") && clean.starts_with(REDACTED), "{clean}");
    }

    #[test]
    fn the_url_of_a_chat_is_a_credential_in_all_its_parts() {
        let of = |url: &str| Connection::Chat { url: credential(url) };
        let slack = of("https://hooks.slack.com/services/T0123/B0123/planted-token-1");
        for echoed in [
            "no hook https://hooks.slack.com/services/T0123/B0123/planted-token-1",
            "/services/T0123/B0123/planted-token-1",
            r#""\/services\/T0123\/B0123\/planted-token-1""#,
            "planted-token-1",
        ] {
            assert!(!slack.scrub(echoed).contains("planted"), "{echoed}");
        }
        assert_eq!(slack.scrub("no_service"), "no_service");
        let google = of("https://chat.googleapis.com/v1/spaces/AAAA/messages?key=planted-key-12&token=planted-token-1");
        assert!(!google.scrub("key planted-key-12 is not known, nor planted-token-1").contains("planted"));
        let words = "Requested entity was not found: spaces/AAAA/messages";
        assert_eq!(google.scrub(words), words);
        let teams = of(
            "https://x.webhook.office.com/webhookb2/planted-guid@planted/IncomingWebhook/planted-hash-1/planted-guid-2",
        );
        assert!(!teams.scrub("planted-hash-1, planted-guid-2").contains("planted"));
    }

    #[test]
    fn the_path_of_an_endpoint_may_be_its_secret() {
        let url = credential("https://hooks.example.com/catch/123/planted-token-1/");
        let endpoint = Endpoint { url, secret: None, headers: IndexMap::new(), authorization: None };
        let connection = Connection::Webhook(endpoint);
        assert!(!connection.scrub("Cannot POST /catch/123/planted-token-1/").contains("planted"));
        assert_eq!(connection.scrub("Cannot POST /other"), "Cannot POST /other");
    }
}
