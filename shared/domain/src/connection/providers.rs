//! Connections in the format of the Providers API: the `config` of a provider.

use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use super::{
    Allowed, Connection, Endpoint, Mailing,
    check::{chat, headers, mail_address, recipients, secret, sender, url},
    merge::{self, Written},
};
use crate::{
    ApiKind, Kind, Platform,
    credential::REDACTED,
    fields::{Fields, Problem},
    hidden::shown_url,
};

/// The kinds of providers in the order in which they are listed, each with its name for people.
pub fn kinds() -> impl Iterator<Item = (Kind, &'static str)> {
    let chats = Platform::of_api(ApiKind::Providers).map(|platform| (Kind::Chat(platform), platform.title()));
    chats.chain([(Kind::Webhook, "Outbound Webhook"), (Kind::OpsEmail, "Ops Email (SES)")])
}

/// The kind with this name, if there is one.
pub fn kind(name: &str) -> Option<Kind> {
    kinds().map(|(kind, _)| kind).find(|kind| kind.as_str() == name)
}

/// Parses a `config`.
///
/// # Errors
/// Every wrong field.
pub fn read(kind: Kind, config: Value, allowed: &Allowed) -> Result<Connection, Vec<Problem>> {
    let mut fields = Fields::of(config, "config");
    let connection = match kind {
        Kind::OpsEmail => mailing(&mut fields, allowed).map(Connection::Mail),
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
    let given: Option<String> = fields.optional("secret");
    let secret = given.and_then(|text| fields.checked("secret", secret(&text)));
    let given: IndexMap<String, String> = fields.optional("headers").unwrap_or_default();
    let headers = headers(fields, "headers", given)?;
    Some(Endpoint { url: url?, secret, headers, authorization: None })
}

fn mailing(fields: &mut Fields, allowed: &Allowed) -> Option<Mailing> {
    let given: Option<String> = fields.required("fromEmail");
    let from = given.and_then(|text| fields.checked("fromEmail", sender(&text, allowed)));
    let given: Option<Vec<String>> = fields.required("toEmails");
    let to = given.and_then(|list| recipients(fields, "toEmails", list.iter().map(String::as_str)));
    let given: Option<String> = fields.optional("replyTo");
    let reply_to = given.and_then(|text| fields.checked("replyTo", mail_address(&text)));
    Some(Mailing { from: Some(from?), to: to?, reply_to: reply_to.map(|address| address.as_str().to_owned()) })
}

/// A `config` with its secrets.
fn revealed(connection: &Connection) -> Written {
    let fields: Vec<(&str, Option<Value>)> = match connection {
        Connection::Chat { url } => vec![("webhookUrl", Some(json!(url.reveal())))],
        Connection::Webhook(Endpoint { url, secret, headers, .. }) => {
            let all: Map<_, _> = headers.iter().map(|(name, value)| (name.clone(), json!(value.reveal()))).collect();
            vec![
                ("url", Some(json!(url.reveal()))),
                ("secret", secret.as_ref().map(|secret| json!(secret.reveal()))),
                ("headers", Some(all.into()).filter(|_| !headers.is_empty())),
            ]
        }
        Connection::Mail(Mailing { from, to, reply_to }) => vec![
            ("fromEmail", Some(json!(from))),
            ("toEmails", Some(json!(to))),
            ("replyTo", reply_to.as_ref().map(|reply_to| json!(reply_to))),
        ],
    };
    fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

/// A `config` as the API shows it, with `••••••••` in place of every secret.
pub fn shown(connection: &Connection) -> Written {
    let mut config = revealed(connection);
    for (name, value) in &mut config {
        match (name.as_str(), &mut *value) {
            ("webhookUrl" | "secret", secret) => *secret = json!(REDACTED),
            ("headers", Value::Object(headers)) => headers.values_mut().for_each(|value| *value = json!(REDACTED)),
            ("url", Value::String(url)) => *url = shown_url(url),
            _ => {}
        }
    }
    config
}

/// Applies `change` to a `config`. Fields that it does not name stay, and so do fields with the value that is shown.
/// Null removes a field, and within `headers`, a single header.
pub fn merged(connection: &Connection, change: Map<String, Value>) -> Value {
    merge::merged(revealed(connection), &shown(connection), change)
}

/// A short description of the target: the host, or the first address and how many more there are.
pub fn summary(connection: &Connection) -> String {
    match connection {
        Connection::Mail(Mailing { to, .. }) => match &to[..] {
            [first, rest @ ..] if !rest.is_empty() => format!("{first} and {} more", rest.len()),
            _ => to.concat(),
        },
        _ => connection.shown(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guard::TargetPolicy;

    fn allowed() -> Allowed {
        Allowed { targets: TargetPolicy::Public, senders: vec!["*@example.com".to_owned()] }
    }

    fn of(kind: Kind, config: Value) -> Connection {
        read(kind, config, &allowed()).expect("a connection")
    }

    fn wrong(kind: Kind, config: Value) -> Vec<String> {
        let problems = read(kind, config, &allowed()).expect_err("problems");
        problems.into_iter().map(|problem| problem.field).collect()
    }

    fn webhook() -> Connection {
        of(
            Kind::Webhook,
            json!({"url": "https://alerts.example.com/ingest?key=k", "secret": "shared", "headers": {"X-Token": "abc", "X-B": "b"}}),
        )
    }

    #[test]
    fn the_published_configs_are_read_and_shown_without_secrets() {
        let slack = of(Kind::Chat(Platform::Slack), json!({"webhookUrl": "https://hooks.slack.com/services/T/B/XYZ"}));
        assert_eq!(json!(shown(&slack)), json!({"webhookUrl": REDACTED}));
        assert_eq!(summary(&slack), "hooks.slack.com");
        let teams = of(Kind::Chat(Platform::Teams), json!({"webhookUrl": "https://outlook.office.com/webhook/..."}));
        assert_eq!(summary(&teams), "outlook.office.com");
        let expected = json!({"url": format!("https://alerts.example.com/ingest?{REDACTED}"), "secret": REDACTED,
            "headers": {"X-Token": REDACTED, "X-B": REDACTED}});
        assert_eq!(json!(shown(&webhook())), expected);
        assert_eq!(shown(&webhook()).keys().collect::<Vec<_>>(), ["url", "secret", "headers"]);
        let config = json!({"fromEmail": "ops-alerts@example.com", "toEmails": ["ops@example.com", "oncall@example.com"],
            "replyTo": "support@example.com"});
        let mail = of(Kind::OpsEmail, config.clone());
        assert_eq!(json!(shown(&mail)), config);
        assert_eq!(shown(&mail).keys().collect::<Vec<_>>(), ["fromEmail", "toEmails", "replyTo"]);
        assert_eq!(summary(&mail), "ops@example.com and 1 more");
    }

    #[test]
    fn the_published_kinds_keep_their_order_and_names() {
        let kinds: Vec<_> = kinds().map(|(kind, name)| (kind.as_str(), name)).collect();
        assert_eq!(kinds[..2], [("slack", "Slack"), ("teams", "Microsoft Teams")]);
        assert_eq!(kinds[kinds.len() - 2..], [("webhook", "Outbound Webhook"), ("ops_email", "Ops Email (SES)")]);
    }

    #[test]
    fn each_wrong_field_is_named() {
        assert_eq!(
            wrong(Kind::Chat(Platform::Slack), json!({"webhookUrl": "http://hooks.slack.com/x"})),
            ["config.webhookUrl"]
        );
        assert_eq!(
            wrong(Kind::Chat(Platform::Slack), json!({"url": "https://x.example"})),
            ["config.webhookUrl", "config.url"]
        );
        assert_eq!(wrong(Kind::Chat(Platform::Slack), json!("x")), ["config", "config.webhookUrl"]);
        let config = json!({"url": 7, "secret": "", "headers": {"Host": "x", "X-A": "a\nb"}, "more": 1});
        let named = ["config.url", "config.secret", "config.headers.Host", "config.headers.X-A", "config.more"];
        assert_eq!(wrong(Kind::Webhook, config), named);
        let config =
            json!({"fromEmail": "a@evil.example", "toEmails": ["x", "ok@example.com", "a@b@c"], "replyTo": "y"});
        let named = ["config.fromEmail", "config.toEmails[0]", "config.toEmails[2]", "config.replyTo"];
        assert_eq!(wrong(Kind::OpsEmail, config), named);
        assert_eq!(wrong(Kind::OpsEmail, json!({"fromEmail": "a@example.com", "toEmails": []})), ["config.toEmails"]);
        let many: Vec<_> = (0..51).map(|i| format!("a{i}@example.com")).collect();
        assert_eq!(wrong(Kind::OpsEmail, json!({"fromEmail": "a@example.com", "toEmails": many})), ["config.toEmails"]);
    }

    #[test]
    fn a_change_is_merged_and_what_is_given_as_shown_stays() {
        let old = webhook();
        let change = |value: Value| match value {
            Value::Object(map) => read(Kind::Webhook, merged(&old, map), &allowed()),
            _ => unreachable!("an object"),
        };
        assert_eq!(change(json!({})), Ok(old.clone()));
        assert_eq!(change(json!(shown(&old))), Ok(old.clone()), "what GET shows changes nothing");
        assert_eq!(change(json!({"secret": REDACTED})), Ok(old.clone()));
        let Ok(Connection::Webhook(new)) =
            change(json!({"secret": "other", "headers": {"X-Token": REDACTED, "X-C": "c"}}))
        else {
            panic!("not read")
        };
        assert_eq!(new.secret.as_ref().map(|s| s.reveal()), Some("other"));
        let headers: Vec<_> = new.headers.iter().map(|(name, value)| (&**name, value.reveal())).collect();
        assert_eq!(headers, [("X-B", "b"), ("X-C", "c"), ("X-Token", "abc")]);
        let Ok(Connection::Webhook(new)) = change(json!({"headers": {"x-token": "new", "X-B": null, "X-No": null}}))
        else {
            panic!("not read")
        };
        let headers: Vec<_> = new.headers.iter().map(|(name, value)| (&**name, value.reveal())).collect();
        assert_eq!(headers, [("x-token", "new")]);
        let Ok(Connection::Webhook(new)) = change(json!({"secret": null, "headers": null})) else { panic!("not read") };
        assert_eq!((new.secret, new.headers.len()), (None, 0));
        assert!(change(json!({"headers": {"X-New": REDACTED}})).is_err(), "no secret to keep");
        let elsewhere = json!({"url": format!("https://other.example.com/ingest?{REDACTED}")});
        assert!(change(elsewhere).is_err(), "the token is not taken along");
        assert!(change(json!({"url": null})).is_err() && change(json!({"url": "http://x.example"})).is_err());
    }

    #[test]
    fn a_recipient_that_is_there_twice_gets_one_mail() {
        let config = json!({"fromEmail": "a@example.com", "toEmails": ["ops@example.com", "OPS@Example.com"]});
        assert_eq!(of(Kind::OpsEmail, config).shown(), "ops@example.com");
    }
}
