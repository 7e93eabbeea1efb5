//! Discord: webhooks with one embed.
//!
//! Titles, descriptions and fields of embeds render Markdown, so every character that starts a Markdown construct is
//! escaped with a backslash. Discord accepts a backslash before any character except letters and digits. Footers do not
//! render Markdown.

use std::time::Duration;

use domain::delivery::Fault;
use serde_json::{Value, json};
use url::Url;

use super::{
    Answered, Card, Format, Reading, colour,
    refusal::Object,
    text::{Fact, first_within, fit, more, plain, units},
};

/// The maximum length of an embed's title. Source for this and the following limits: Discord's developer documentation,
/// Message, embed limits.
const MAX_TITLE: usize = 256;
/// The maximum length of the description.
const MAX_DESCRIPTION: usize = 4096;
/// The maximum number of fields.
const MAX_FIELDS: usize = 25;
/// The maximum length of a field's name.
const MAX_NAME: usize = 256;
/// The maximum length of a field's value.
const MAX_VALUE: usize = 1024;
/// The length that we allow for the footer, out of 2048: small print is short.
const MAX_FOOTER: usize = 500;
/// The maximum length of all text in an embed.
const MAX_TOTAL: usize = 6000;

pub(super) const FORMAT: Format = Format {
    body,
    read,
    url: Some(url),
    #[cfg(test)]
    whole_value: 900,
};

fn body(card: &Card<'_>) -> Value {
    let title = fit(card.title(), MAX_TITLE, markdown());
    let description = card.body().map(|body| fit(body, MAX_DESCRIPTION, markdown()));
    let facts = card.facts();
    // The footer says what was left out, so it is written last, and its space is reserved.
    let rest = units(&title) + description.as_deref().map_or(0, units) + MAX_FOOTER;
    let shown = facts.iter().map(field);
    let shown = first_within(shown, MAX_FIELDS, MAX_TOTAL - rest, |(name, value)| units(name) + units(value));
    let left_out = more(facts.len() - shown.len());
    let footer = [left_out.as_deref(), Some(card.severity()), card.footer()];
    let footer = footer.into_iter().flatten().collect::<Vec<_>>().join(" · ");

    let fields: Vec<_> =
        shown.iter().map(|(name, value)| json!({"name": name, "value": value, "inline": false})).collect();
    let mut embed = json!({
        "title": title,
        "color": colour(card.notification.severity),
        "timestamp": card.timestamp(),
        "footer": {"text": fit(&footer, MAX_FOOTER, plain)},
    });
    if let Some(description) = description {
        embed["description"] = description.into();
    }
    if let Some(url) = card.link() {
        embed["url"] = url.into();
    }
    if !fields.is_empty() {
        embed["fields"] = fields.into();
    }
    json!({"embeds": [embed], "allowed_mentions": {"parse": []}})
}

fn field(fact: &Fact<'_>) -> (String, String) {
    (fit(fact.label, MAX_NAME, markdown()), fit(fact.value, MAX_VALUE, markdown()))
}

/// The position in a line, for markup that only counts at the start of a line.
#[derive(Clone, Copy, PartialEq)]
enum Line {
    /// Only spaces so far.
    Begins,
    /// Only a number so far, which a dot would turn into a list item.
    Number,
    /// Anything else.
    GoesOn,
}

/// Escapes text so that it renders literally: no emphasis, spoilers, code, quotes, headings, lists or masked links. No
/// mentions, custom emoji or timestamps, which all start with `<` or `@`. The colon is escaped as well, which prevents
/// `:emoji:` and links from bare URLs.
fn markdown() -> impl FnMut(&str, &mut String) {
    let mut line = Line::Begins;
    move |grapheme, to| {
        for c in grapheme.chars() {
            let escaped = match c {
                '\\' | '*' | '_' | '~' | '`' | '|' | '[' | ']' | '<' | '>' | '@' | ':' | '#' => true,
                '-' | '+' => line == Line::Begins,
                '.' | ')' => line == Line::Number,
                _ => false,
            };
            if escaped {
                to.push('\\');
            }
            to.push(c);
            line = match c {
                '\n' => Line::Begins,
                c if c.is_whitespace() && line == Line::Begins => Line::Begins,
                c if c.is_ascii_digit() && line != Line::GoesOn => Line::Number,
                _ => Line::GoesOn,
            };
        }
    }
}

/// Asks Discord to wait, because it returns the ID of a message only then.
fn url(mut url: Url) -> Option<Url> {
    if url.query_pairs().any(|(name, _)| name == "wait") {
        return None;
    }
    url.query_pairs_mut().append_pair("wait", "true");
    Some(url)
}

fn read(answered: Answered<'_>) -> Reading {
    let object = match (answered.status, answered.object()) {
        (204, _) | (200, Object::BrokenOff) => return Reading::Taken(None),
        (_, Object::Whole(object)) => object,
        (_, Object::BrokenOff | Object::None) => Value::Null,
    };
    if answered.status == 200 {
        let id = object["id"].as_str().map(|id| Reading::Taken(Some(id.to_owned())));
        return id.unwrap_or_else(|| answered.not_a_success());
    }
    let message = object["message"].as_str().unwrap_or_default();
    // 0 is a general error.
    let code = object["code"].as_u64().filter(|code| *code != 0);
    let said = code.map_or_else(|| message.to_owned(), |code| format!("{message} ({code})"));
    // The codes are listed in discord-api-types, RESTJSONErrorCodes.
    let fault = match code {
        _ if answered.is_rate_limit() => Fault::Throttled,
        // Slow mode, and the limits of an announcement channel and of a channel.
        Some(20_016 | 20_022 | 20_028) => Fault::Throttled,
        _ if answered.is_too_large() => Fault::Sender,
        // Explicit, too large, empty, an invalid form, invalid JSON, or blocked by AutoMod or as a harmful link.
        Some(20_009 | 40_005 | 50_006 | 50_035 | 50_109 | 200_000 | 200_001 | 240_000) => Fault::Sender,
        // Unknown channel, guild, webhook or webhook service; no access, no permission or an invalid token; and a forum
        // channel, where a webhook must name a thread.
        Some(10_003 | 10_004 | 10_015 | 10_016 | 50_001 | 50_013 | 50_027 | 220_001) => Fault::Address,
        _ if answered.status == 410 => Fault::Address,
        _ => Fault::Receiver,
    };
    let wait = object["retry_after"].as_f64().and_then(|seconds| Duration::try_from_secs_f64(seconds.ceil()).ok());
    match answered.status {
        200..300 => answered.not_a_success(),
        _ => answered.refused_for(&said, fault, wait),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::untrusted::{self, Said};

    fn of((notification, severity, at, footer): &Said) -> Value {
        body(&Card { notification, severity, at: *at, footer })
    }

    #[test]
    fn a_message() {
        let embed = json!({
            "title": r"Acceptance rate \< 5% & \<!channel\>",
            "description": "observed \\*0.04\\*\n\\- now",
            "url": "https://app.example.com/ops?a=1&b=x|y",
            "color": 0xdc_2626,
            "timestamp": "2026-04-15T10:00:00.250Z",
            "fields": [
                {"name": "Observed", "value": "0\\.04", "inline": false},
                {"name": "Since", "value": "–", "inline": false},
            ],
            "footer": {"text": "critical · evt_1"},
        });
        assert_eq!(of(&untrusted::example()), json!({"embeds": [embed], "allowed_mentions": {"parse": []}}));
    }

    #[test]
    fn what_is_empty_is_left_out() {
        let message = of(&untrusted::empty());
        let embed = json!({
            "title": "Notification",
            "color": 0x25_63eb,
            "timestamp": "2026-04-15T10:00:00.000Z",
            "footer": {"text": "info"},
        });
        assert_eq!(message["embeds"], json!([embed]));
    }

    #[test]
    fn what_is_left_out_is_said() {
        let mut said = untrusted::example();
        said.0.fields = vec![said.0.fields[0].clone(); 32];
        assert_eq!(of(&said)["embeds"][0]["footer"]["text"], "And 7 more · critical · evt_1");
    }

    #[test]
    fn markdown_renders_as_itself() {
        for (text, written) in [
            ("a*b*_c_~~d~~", r"a\*b\*\_c\_\~\~d\~\~"),
            ("[x](https://a.example)", r"\[x\](https\://a.example)"),
            ("<@1> @everyone <t:1:R> <:e:1> :x:", r"\<\@1\> \@everyone \<t\:1\:R\> \<\:e\:1\> \:x\:"),
            ("# a\n  - b\n12. c\n1) d\n-# e\n> f", "\\# a\n  \\- b\n12\\. c\n1\\) d\n\\-\\# e\n\\> f"),
            ("well-known v1.2 -1 at 9. (x)", "well-known v1.2 -1 at 9. (x)"),
            (r"||s|| `c` \", r"\|\|s\|\| \`c\` \\"),
        ] {
            assert_eq!(fit(text, 999, markdown()), written);
        }
        assert_eq!(fit("a**", 4, markdown()), "a\\*…");
        assert_eq!(fit("a**", 3, markdown()), "a…");
    }

    fn reading(status: u16, body: &str) -> Reading {
        read(Answered { status, retry_after: None, body })
    }

    #[test]
    fn a_message_has_an_id_when_it_was_waited_for() {
        assert_eq!(reading(204, ""), Reading::Taken(None));
        assert_eq!(reading(200, r#"{"type":0,"id":"123"}"#), Reading::Taken(Some("123".into())));
        assert_eq!(reading(200, r#"{"type":0,"embeds":[{"desc"#), Reading::Taken(None), "longer than is read");
        for (status, body) in [(200, ""), (200, "ok"), (200, "{}"), (202, r#"{"id":"1"}"#)] {
            assert!(matches!(reading(status, body), Reading::Refused { fault: Fault::Receiver, .. }), "{body}");
        }
    }

    #[test]
    fn each_error_is_someones() {
        use Fault::*;
        for (status, body, error, fault) in [
            (404, r#"{"message":"Unknown Webhook","code":10015}"#, "answered 404 Unknown Webhook (10015)", Address),
            (404, r#"{"message":"Unknown Channel","code":10003}"#, "answered 404 Unknown Channel (10003)", Address),
            (
                401,
                r#"{"message":"Invalid Webhook Token","code":50027}"#,
                "answered 401 Invalid Webhook Token (50027)",
                Address,
            ),
            (
                400,
                r#"{"message":"Invalid Form Body","code":50035,"errors":{}}"#,
                "answered 400 Invalid Form Body (50035)",
                Sender,
            ),
            (
                400,
                r#"{"message":"Cannot send an empty message","code":50006}"#,
                "answered 400 Cannot send an empty message (50006)",
                Sender,
            ),
            (404, r#"{"message":"404: Not Found","code":0}"#, "answered 404 404: Not Found", Receiver),
            (403, "<html>/api/webhooks/1/x</html>", "answered 403 Forbidden", Receiver),
            (500, "", "answered 500 Internal Server Error", Receiver),
            (429, "<html>", "answered 429 Too Many Requests", Throttled),
        ] {
            assert_eq!(reading(status, body), Reading::Refused { error: error.into(), fault, retry_after: None });
        }
    }

    #[test]
    fn a_rate_limit_says_how_long_in_two_places() {
        let waits = |header: Option<u64>, body: &str| {
            let retry_after = header.map(Duration::from_secs);
            match read(Answered { status: 429, retry_after, body }) {
                Reading::Refused { fault: Fault::Throttled, retry_after, .. } => retry_after.map(|wait| wait.as_secs()),
                other => panic!("{other:?}"),
            }
        };
        let limited = r#"{"message":"You are being rate limited.","retry_after":1.337,"global":false}"#;
        assert_eq!(waits(None, limited), Some(2));
        assert_eq!(waits(Some(1), limited), Some(2));
        assert_eq!(waits(Some(65), limited), Some(65));
        assert_eq!(waits(None, r#"{"retry_after":1e300}"#), None);
        assert_eq!(waits(None, r#"{"retry_after":-1}"#), None);
    }

    /// Checks that Markdown contains no construct. Every backslash must escape one character.
    fn check_escaped(text: &str) {
        for line in text.split('\n') {
            let start = line.trim_start();
            assert!(!start.starts_with(['-', '+']), "{line}");
            assert!(
                !start.trim_start_matches(|c: char| c.is_ascii_digit()).starts_with(". ") || start.starts_with('.')
            );
            let mut chars = line.chars();
            while let Some(c) = chars.next() {
                match c {
                    '\\' => assert!(chars.next().is_some_and(|c| c.is_ascii_punctuation()), "{line}"),
                    c => assert!(!r"*_~`|[]<>@:#".contains(c), "{line}"),
                }
            }
        }
    }

    fn check(message: &Value) {
        let embed = &message["embeds"][0];
        let mut total = 0;
        let mut text = |text: &Value, most: usize| {
            let length = units(text.as_str().expect("text"));
            assert!((1..=most).contains(&length), "{length} of {most}");
            total += length;
        };
        text(&embed["title"], 256);
        check_escaped(embed["title"].as_str().expect("text"));
        if let Some(description) = embed.get("description") {
            text(description, 4096);
            check_escaped(description.as_str().expect("text"));
        }
        let fields = embed["fields"].as_array().map(Vec::as_slice).unwrap_or_default();
        assert!(fields.len() <= 25);
        for field in fields {
            text(&field["name"], 256);
            text(&field["value"], 1024);
            check_escaped(field["name"].as_str().expect("text"));
            check_escaped(field["value"].as_str().expect("text"));
        }
        text(&embed["footer"]["text"], 2048);
        assert!(total <= 6000, "{total}");
        let url = embed["url"].as_str();
        assert!(url.is_none_or(|url| url.starts_with("http") && url.len() <= 2048));
        assert_eq!(message["allowed_mentions"], json!({"parse": []}));
    }

    #[test]
    fn as_much_as_there_may_be_fits() {
        for piece in ["a", "*", "é", "👩\u{200d}👧", "\n-", "1. "] {
            check(&of(&untrusted::huge(piece)));
        }
    }

    proptest! {
        #[test]
        fn nothing_breaks_a_limit_or_becomes_markup(said in untrusted::said()) {
            check(&of(&said));
        }

        #[test]
        fn what_is_written_reads_as_it_was(said in untrusted::said()) {
            let written = fit(&said.0.body, usize::MAX, markdown());
            let mut chars = written.chars();
            let mut read = String::new();
            while let Some(c) = chars.next() {
                read.extend(if c == '\\' { chars.next() } else { Some(c) });
            }
            prop_assert_eq!(read, domain::notification::readable(&said.0.body));
        }
    }
}
