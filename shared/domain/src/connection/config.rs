//! Connections in the format of the Config API: the `credentials` of a project's channel. They are never shown.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    Allowed, Connection, Endpoint, Mailing,
    check::{chat, header_value, recipients, secret, url},
    merge::{self, Written},
};
use crate::{
    ApiKind, Kind, Platform,
    fields::{Fields, Problem},
};

/// The kinds of channels in this API, in the published order of their types.
pub fn kinds() -> impl Iterator<Item = Kind> {
    Platform::of_api(ApiKind::Config).map(Kind::Chat).chain([Kind::Webhook, Kind::OpsEmail])
}

/// The types of channels, in the published order.
pub fn types() -> impl Iterator<Item = &'static str> {
    kinds().map(type_name)
}

/// The kind of a channel type, if it exists.
pub fn kind(name: &str) -> Option<Kind> {
    kinds().find(|kind| type_name(*kind) == name)
}

/// The channel type of a kind.
pub fn type_name(kind: Kind) -> &'static str {
    match kind {
        Kind::OpsEmail => "email",
        kind => kind.as_str(),
    }
}

/// Mail addresses: a list, or text separated by commas.
#[derive(Deserialize)]
#[serde(untagged)]
enum Recipients {
    Text(String),
    List(Vec<String>),
}

/// Parses `credentials`.
///
/// # Errors
/// Every wrong field.
pub fn read(kind: Kind, credentials: Value, allowed: &Allowed) -> Result<Connection, Vec<Problem>> {
    let mut fields = Fields::of(credentials, "credentials");
    let connection = match kind {
        Kind::OpsEmail => mailing(&mut fields).map(Connection::Mail),
        Kind::Webhook => endpoint(&mut fields, allowed).map(Connection::Webhook),
        _ => chat(&mut fields, kind, allowed),
    };
    fields.finish()?;
    // If nothing is wrong, no part is missing.
    connection.ok_or_else(Vec::new)
}

fn endpoint(fields: &mut Fields, allowed: &Allowed) -> Option<Endpoint> {
    let given: Option<String> = fields.required("url");
    let url = given.and_then(|text| fields.checked("url", url(&text, None, allowed)));
    let given: Option<String> = fields.optional("authHeader");
    let authorization = given.and_then(|text| fields.checked("authHeader", header_value(&text)));
    let given: Option<String> = fields.optional("hmacSecret");
    let secret = given.and_then(|text| fields.checked("hmacSecret", secret(&text)));
    Some(Endpoint { url: url?, secret, headers: Default::default(), authorization })
}

fn mailing(fields: &mut Fields) -> Option<Mailing> {
    let to = match fields.required("recipients")? {
        Recipients::List(list) => recipients(fields, "recipients", list.iter().map(String::as_str)),
        Recipients::Text(text) => {
            // A trailing comma does not add an address.
            let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
            recipients(fields, "recipients", parts)
        }
    };
    Some(Mailing { from: None, to: to?, reply_to: None })
}

/// Applies `change` to the credentials. Fields that it does not name stay, and null removes a field.
pub fn merged(connection: &Connection, change: Map<String, Value>) -> Value {
    let fields: Vec<(&str, Option<Value>)> = match connection {
        Connection::Chat { url } => vec![("webhookUrl", Some(json!(url.reveal())))],
        Connection::Webhook(Endpoint { url, secret, authorization, .. }) => vec![
            ("url", Some(json!(url.reveal()))),
            ("authHeader", authorization.as_ref().map(|value| json!(value.reveal()))),
            ("hmacSecret", secret.as_ref().map(|secret| json!(secret.reveal()))),
        ],
        Connection::Mail(Mailing { to, .. }) => vec![("recipients", Some(json!(to)))],
    };
    let fields = fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect();
    // Credentials are never shown, so no value can mean «unchanged».
    merge::merged(fields, &Written::new(), change)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guard::TargetPolicy;

    fn check(kind: Kind, credentials: Value) -> Result<Connection, Vec<String>> {
        let allowed = Allowed { targets: TargetPolicy::Public, senders: vec![] };
        let named = |problems: Vec<Problem>| problems.into_iter().map(|problem| problem.field).collect();
        read(kind, credentials, &allowed).map_err(named)
    }

    #[test]
    fn the_published_credentials_are_read() {
        for (name, url) in [
            ("slack", "https://hooks.slack.com/services/T.../B.../..."),
            ("teams", "https://outlook.office.com/webhook/..."),
            ("discord", "https://discord.com/api/webhooks/..."),
            ("google_chat", "https://chat.googleapis.com/v1/spaces/.../messages?key=..."),
        ] {
            let kind = kind(name).expect("a type");
            assert!(check(kind, json!({ "webhookUrl": url })).is_ok(), "{name}");
            assert_eq!(type_name(kind), name);
        }
        for platform in Platform::of_api(ApiKind::Config) {
            let of_platform = kind(platform.descriptor().name).expect("a type");
            assert!(check(of_platform, json!({"webhookUrl": "https://chat.example.com/hooks/x"})).is_ok());
        }
        let credentials = json!({"url": "https://example.com/sigsentry", "authHeader": "Bearer abc123",
            "hmacSecret": "your-32-byte-secret"});
        let Ok(Connection::Webhook(endpoint)) = check(Kind::Webhook, credentials) else { panic!("not read") };
        assert_eq!(endpoint.authorization.map(|value| value.reveal().to_owned()).as_deref(), Some("Bearer abc123"));
        let mail =
            |recipients: Value| check(Kind::OpsEmail, json!({ "recipients": recipients })).expect("read").shown();
        assert_eq!(mail(json!("alice@example.com, bob@example.com")), "alice@example.com, bob@example.com");
        assert_eq!(mail(json!(["alice@example.com", "bob@example.com"])), "alice@example.com, bob@example.com");
        assert_eq!(mail(json!("alice@example.com,")), "alice@example.com");
    }

    #[test]
    fn the_published_types_keep_their_order() {
        let types: Vec<_> = types().collect();
        assert_eq!(types[..4], ["slack", "teams", "discord", "google_chat"]);
        assert_eq!(types[types.len() - 2..], ["webhook", "email"]);
    }

    #[test]
    fn a_change_keeps_what_it_does_not_name() {
        let credentials = json!({"url": "https://example.com/a", "authHeader": "Bearer abc123", "hmacSecret": "old"});
        let Ok(old) = check(Kind::Webhook, credentials) else { panic!("not read") };
        let change = |value: Value| match value {
            Value::Object(map) => merged(&old, map),
            _ => unreachable!("an object"),
        };
        let expected = json!({"url": "https://example.com/a", "authHeader": "Bearer abc123", "hmacSecret": "new"});
        assert_eq!(change(json!({"hmacSecret": "new"})), expected);
        assert_eq!(change(json!({"authHeader": null, "hmacSecret": null})), json!({"url": "https://example.com/a"}));
    }

    #[test]
    fn each_wrong_field_is_named() {
        let wrong = |kind, credentials| check(kind, credentials).expect_err("problems");
        assert_eq!(wrong(Kind::Chat(Platform::Discord), json!({})), ["credentials.webhookUrl"]);
        let several = json!({"url": "ftp://x.example", "authHeader": "a\r\nb", "hmacSecret": 7, "headers": {}});
        let named = ["credentials.url", "credentials.authHeader", "credentials.hmacSecret", "credentials.headers"];
        assert_eq!(wrong(Kind::Webhook, several), named);
        assert_eq!(wrong(Kind::OpsEmail, json!({"recipients": "a@example.com, x"})), ["credentials.recipients[1]"]);
        for nothing in [json!(""), json!([]), json!(7)] {
            assert_eq!(wrong(Kind::OpsEmail, json!({ "recipients": nothing })), ["credentials.recipients"]);
        }
    }
}
