//! Checks of the parts of a connection.

use http::{HeaderName, HeaderValue};
use indexmap::IndexMap;
use url::Url;

use super::{Connection, Credential};
use crate::{Address, ChannelType, Kind, Platform, credential::REDACTED, fields::Fields, guard::TargetPolicy};

/// The most recipients of one mail, which is a limit of SES.
const MAX_RECIPIENTS: usize = 50;
/// The most custom headers, and the largest sizes of their names and values in bytes.
const MAX_HEADERS: usize = 20;
const MAX_HEADER_NAME: usize = 64;
const MAX_HEADER_VALUE: usize = 2048;
/// The longest signing secret, in characters.
const MAX_SECRET: usize = 256;

/// What the deployment allows in connections.
#[derive(Debug, Clone)]
pub struct Allowed {
    /// Where requests may be sent.
    pub targets: TargetPolicy,
    /// The allowed sender addresses: single addresses, or a whole domain as `*@example.com`.
    pub senders: Vec<String>,
}

/// Checks a URL that receives requests. `platform` is the chat platform that it must belong to, if any.
pub(super) fn url(text: &str, platform: Option<Platform>, allowed: &Allowed) -> Result<Credential, String> {
    if text.contains(REDACTED) {
        return Err(placeholder());
    }
    let address =
        Address::parse(ChannelType::Webhook, text, allowed.targets).map_err(|problem| hidden(problem, text))?;
    let url = Url::parse(address.as_str()).map_err(|_| "is not a URL".to_owned())?;
    match (platform, Platform::of_url(&url)) {
        (Some(platform), Some(other)) if !other.accepts(platform) => {
            Err(format!("is a URL of {}; send one of {}", other.title(), platform.title()))
        }
        // Even if the deployment allows plain http, the platforms only accept https.
        (_, Some(_)) if url.scheme() != "https" => Err("send a URL that begins with https".to_owned()),
        _ => Ok(Credential::new(address.as_str().to_owned())),
    }
}

/// Reads the connection of a chat platform, which both APIs write in the same way.
pub(super) fn chat(fields: &mut Fields, kind: Kind, allowed: &Allowed) -> Option<Connection> {
    const NAME: &str = "webhookUrl";
    let given: String = fields.required(NAME)?;
    fields.checked(NAME, url(&given, kind.platform(), allowed)).map(|url| Connection::Chat { url })
}

/// Describes a problem with a URL without repeating the URL.
fn hidden(problem: impl ToString, text: &str) -> String {
    let shown: String = text.trim().chars().take(200).collect();
    problem.to_string().replace(&format!("{shown:?}"), "it")
}

/// Checks a secret that the operator chose.
pub(super) fn secret(text: &str) -> Result<Credential, String> {
    match text.chars().count() {
        0 => Err("is empty; send a secret, or omit it".to_owned()),
        // A receiver that trims the secret would reject every signature.
        _ if text.trim() != text => Err("has white space at its ends; send it without".to_owned()),
        _ if text == REDACTED => Err(placeholder()),
        1..=MAX_SECRET => Ok(Credential::new(text.to_owned())),
        length => Err(format!("has {length} characters; send at most {MAX_SECRET}")),
    }
}

/// Checks the value of a header.
pub(super) fn header_value(text: &str) -> Result<Credential, String> {
    if text == REDACTED {
        return Err(placeholder());
    }
    let visible = text.bytes().all(|b| b.is_ascii_graphic() || b == b' ');
    if text.is_empty() || text.len() > MAX_HEADER_VALUE || !visible || HeaderValue::from_str(text).is_err() {
        return Err(format!("send 1 to {MAX_HEADER_VALUE} visible ASCII characters"));
    }
    Ok(Credential::new(text.trim().to_owned()))
}

fn placeholder() -> String {
    "is the placeholder for a secret, and no secret is stored; send the secret".to_owned()
}

/// Headers that requests already have, or that control the connection.
const TAKEN: [&str; 9] =
    ["connection", "expect", "host", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "user-agent"];
/// Prefixes of other reserved headers: those of the body, of proxies and of signatures.
const TAKEN_FAMILIES: [&str; 8] =
    ["content-", "proxy-", "webhook-", "svix-", "stackshift-", "x-stack-signature", "x-kaireon-", "x-sigsentry-"];

/// Reads custom headers from the field `name`.
pub(super) fn headers(
    fields: &mut Fields,
    name: &str,
    given: IndexMap<String, String>,
) -> Option<IndexMap<String, Credential>> {
    let mut headers = IndexMap::new();
    if given.len() > MAX_HEADERS {
        fields.wrong(name, format!("has {} headers; send at most {MAX_HEADERS}", given.len()));
        return None;
    }
    for (header, value) in given {
        let shown: String = header.chars().filter(|c| !c.is_control()).take(MAX_HEADER_NAME).collect();
        let at = format!("{name}.{shown}");
        let Some(parsed) = fields.checked(&at, header_name(&header)) else { continue };
        let Some(value) = fields.checked(&at, header_value(&value)) else { continue };
        let again = headers.keys().any(|known: &String| known.eq_ignore_ascii_case(parsed.as_str()));
        if again {
            fields.wrong(&at, "is there twice; send it once");
        }
        headers.insert(header, value);
    }
    Some(headers)
}

fn header_name(name: &str) -> Result<HeaderName, String> {
    let parsed = HeaderName::from_bytes(name.as_bytes()).ok().filter(|_| name.len() <= MAX_HEADER_NAME);
    let Some(parsed) = parsed else {
        return Err(format!("is not a header name; send 1 to {MAX_HEADER_NAME} letters, digits and '-'"));
    };
    let text = parsed.as_str();
    if TAKEN.contains(&text) || TAKEN_FAMILIES.iter().any(|family| text.starts_with(family)) {
        return Err("is a reserved header; choose another".to_owned());
    }
    Ok(parsed)
}

/// Parses one mail address into its normal form.
pub(super) fn mail_address(text: &str) -> Result<Address, String> {
    Address::parse_email(text).map_err(|problem| problem.to_string())
}

/// Checks the address that mails are sent from.
pub(super) fn sender(text: &str, allowed: &Allowed) -> Result<String, String> {
    let address = mail_address(text)?;
    let address = address.as_str();
    let domain = address.rsplit_once('@').map(|(_, domain)| domain).unwrap_or_default();
    // The IAM policy lists the same addresses and compares them exactly, so a listed address is sent exactly as it is
    // listed.
    let of = |pattern: &String| match pattern.strip_prefix("*@") {
        Some(all_of) => domain.eq_ignore_ascii_case(all_of).then(|| address.to_owned()),
        None => address.eq_ignore_ascii_case(pattern).then(|| pattern.clone()),
    };
    if let Some(sender) = allowed.senders.iter().find_map(of) {
        return Ok(sender);
    }
    Err(format!("this deployment sends mails from {} only; send one of these", allowed.senders.join(", ")))
}

/// Reads the addresses of a team from the field `name`, without duplicates.
pub(super) fn recipients<'a>(
    fields: &mut Fields,
    name: &str,
    given: impl Iterator<Item = &'a str>,
) -> Option<Vec<String>> {
    let mut found: Vec<Address> = vec![];
    let mut good = true;
    for (i, text) in given.enumerate() {
        match fields.checked(&format!("{name}[{i}]"), mail_address(text)) {
            Some(address) if found.iter().any(|known| known.uniqueness_key() == address.uniqueness_key()) => {}
            Some(address) => found.push(address),
            None => good = false,
        }
    }
    if good && !(1..=MAX_RECIPIENTS).contains(&found.len()) {
        fields.wrong(name, format!("has {} addresses; send 1 to {MAX_RECIPIENTS}", found.len()));
        return None;
    }
    good.then(|| found.iter().map(|address| address.as_str().to_owned()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(senders: &[&str]) -> Allowed {
        Allowed { targets: TargetPolicy::Public, senders: senders.iter().map(|s| (*s).to_owned()).collect() }
    }

    #[test]
    fn a_url_of_another_platform_is_rejected() {
        let check = |text: &str, platform| url(text, platform, &allowed(&[]));
        assert!(check("https://hooks.slack.com/services/T/B/X", Some(Platform::Slack)).is_ok());
        assert!(
            check("https://chat.example.com/hooks/1", Some(Platform::Slack)).is_ok(),
            "a server that speaks Slack's"
        );
        let wrong = check("https://discord.com/api/webhooks/1/x", Some(Platform::Slack)).expect_err("another's");
        assert!(wrong.contains("Discord") && wrong.contains("Slack"), "{wrong}");
        assert!(check("https://discord.com/api/webhooks/1/x", None).is_ok());
        let private = Allowed { targets: TargetPolicy::Loopback, senders: vec![] };
        assert!(url("http://127.0.0.1:8080/x", Some(Platform::Slack), &private).is_ok());
        assert!(url("http://hooks.slack.com/x", Some(Platform::Slack), &private).is_err());
        for wrong in
            ["http://hooks.slack.com/x", "https://10.0.0.1/planted", "planted", "https://u:planted@example.com"]
        {
            assert!(!check(wrong, Some(Platform::Slack)).expect_err(wrong).contains("planted"), "{wrong}");
        }
    }

    #[test]
    fn a_url_of_a_platform_is_accepted_for_the_formats_that_it_takes() {
        for of_url in Platform::ALL {
            for host in of_url.descriptor().hosts {
                let text = format!("https://{host}/hooks/x");
                for platform in Platform::ALL {
                    let checked = url(&text, Some(platform), &allowed(&[]));
                    assert_eq!(checked.is_ok(), of_url.accepts(platform), "{text} as {platform:?}");
                }
            }
        }
    }

    #[test]
    fn headers_that_are_not_the_operators_are_refused() {
        for name in ["X-Token", "x-request-source", "Accept", "Authorization"] {
            assert!(header_name(name).is_ok(), "{name}");
        }
        for name in ["Host", "CONTENT-TYPE", "Content-Length", "Transfer-Encoding", "Webhook-Signature", "svix-id"] {
            assert!(header_name(name).is_err(), "{name}");
        }
        for name in ["", "a b", "x:y", "é", "X-Kaireon-Signature", "X-SigSentry-Signature", "Connection", "Proxy-Auth"]
        {
            assert!(header_name(name).is_err(), "{name}");
        }
        for value in ["", "a\r\nX: y", "é", REDACTED] {
            assert!(header_value(value).is_err(), "{value}");
        }
    }

    #[test]
    fn mails_come_from_where_the_deployment_allows() {
        let allowed = allowed(&["notifications@example.com", "*@alerts.example.net"]);
        assert_eq!(sender("Ops@Alerts.example.net", &allowed).as_deref(), Ok("Ops@alerts.example.net"));
        assert_eq!(sender("NOTIFICATIONS@EXAMPLE.com", &allowed).as_deref(), Ok("notifications@example.com"));
        for wrong in ["ops@example.com", "a@b.alerts.example.net", "a@evil.example", "no address"] {
            assert!(sender(wrong, &allowed).is_err(), "{wrong}");
        }
    }
}
