//! Mattermost: incoming webhooks with one message attachment.
//!
//! Clients render the message, the attachment's text and the values of fields as Markdown, and the server expands
//! Slack's markup there. Characters that start markup are escaped with a backslash, or, where some client does not know
//! the escape, written as a character reference. Names of fields, the footer and the fallback are plain text in
//! some clients and may be Markdown in others, so they contain no character that could be markup either way.

use domain::delivery::Fault;
use serde_json::{Value, json};

use super::{
    Answered, Card, Format, Reading, colour,
    refusal::Object,
    text::{Fact, OPEN, fit, with_fields_that_fit},
};

/// The maximum size of a message in bytes, out of the 300,000 of a request: `MaximumPayloadSizeBytes` in Mattermost's
/// configuration settings. Longer messages are not readable.
const MAX_MESSAGE: usize = 60_000;
/// The maximum length of the title, which is the text of the post. Mattermost splits a post after 16,383 characters:
/// Mattermost's developer documentation, Incoming webhooks, Tips and best practices.
const MAX_TITLE: usize = 300;
/// The maximum length of the attachment's text and of a field's name. Mattermost documents no limits.
const MAX_TEXT: usize = 5000;
const MAX_LABEL: usize = 200;
/// The maximum length of the footer. Clients cut longer ones: Mattermost's developer documentation, Message
/// attachments.
const MAX_FOOTER: usize = 300;
/// The maximum number of fields. Longer messages are not readable.
const MAX_FIELDS: usize = 50;

/// An invisible character that keeps its neighbors apart.
const WORD_JOINER: char = '\u{2060}';

pub(super) const FORMAT: Format = Format {
    body,
    read,
    url: None,
    #[cfg(test)]
    whole_value: 8000,
};

fn body(card: &Card<'_>) -> Value {
    with_fields_that_fit(card, MAX_FIELDS, MAX_MESSAGE, field, message)
}

fn message(card: &Card<'_>, mut fields: Vec<Value>, left_out: Option<String>) -> Value {
    let title = card.title().split_whitespace().collect::<Vec<_>>().join(" ");
    fields.extend(left_out.map(|said| json!({"title": "…", "value": said, "short": false})));
    let said = card.body().map(|body| fit(body, MAX_TEXT, markdown()));
    let text: Vec<_> = said.into_iter().chain(card.link().map(link)).collect();
    json!({
        "text": format!("#### {}", fit(&title, MAX_TITLE, markdown())),
        "attachments": [{
            "fallback": fit(&title, MAX_TITLE, no_markup()),
            "color": format!("#{:06x}", colour(card.notification.severity)),
            "text": text.join("\n\n"),
            "fields": fields,
            "footer": fit(&card.small_print(), MAX_FOOTER, no_markup()),
        }],
    })
}

fn field(fact: &Fact<'_>, longest: usize) -> Value {
    let (label, value) = (fit(fact.label, MAX_LABEL, no_markup()), fit(fact.value, longest, markdown()));
    json!({"title": label, "value": value, "short": false})
}

/// The only markup in a message apart from the heading. Only the URL comes from outside, and characters that would
/// end the link are percent-encoded.
fn link(url: &str) -> String {
    let mut to = String::new();
    for c in url.chars() {
        match c {
            '(' | ')' | '<' | '>' | '\\' | '`' | '|' | '*' => to.push_str(&format!("%{:02X}", u32::from(c))),
            '&' => to.push_str("&amp;"),
            c => to.push(c),
        }
    }
    format!("[{OPEN}]({to})")
}

/// The position in a line, for markup that only counts at the start of a line.
#[derive(Clone, Copy, PartialEq)]
enum Line {
    /// Only spaces so far.
    Begins,
    /// Only a number so far, which a parenthesis would turn into a list item.
    Number,
    /// Anything else.
    GoesOn,
}

/// Escapes text so that it renders literally in all clients: no Markdown, mentions (`@all`, `~channel`), hashtags,
/// emoji, formulas, links from bare URLs, or markup of Slack (`<!channel>`).
fn markdown() -> impl FnMut(&str, &mut String) {
    let (mut line, mut before) = (Line::Begins, ' ');
    move |grapheme, to| {
        for c in grapheme.chars() {
            let escaped = match c {
                '*' | '_' | '`' | '[' | ']' | '|' => true,
                '-' | '+' => line == Line::Begins,
                ')' => line == Line::Number,
                // Hosts become links, and numbers list items.
                '.' => !before.is_whitespace(),
                _ => false,
            };
            let referenced = match c {
                '&' | '<' | '>' | '#' | '~' | ':' | ';' | '$' | '\\' => true,
                // The web client takes this character for a line break.
                '\u{2424}' => true,
                '\n' => false,
                '=' => line == Line::Begins,
                // `x-d` is an emoji, and four spaces begin a code block.
                '-' => matches!(before, 'x' | 'X'),
                // The server looks for mentions after it has read character references, but not in the middle of words.
                '@' => before.is_ascii_alphanumeric(),
                c => c.is_whitespace() && line == Line::Begins,
            };
            match c {
                c if escaped => to.extend(['\\', c]),
                c if referenced => to.push_str(&format!("&#{};", u32::from(c))),
                '@' => to.extend(['@', WORD_JOINER]),
                c => to.push(c),
            }
            line = match c {
                '\n' => Line::Begins,
                c if c.is_whitespace() && line == Line::Begins => Line::Begins,
                c if c.is_ascii_digit() && line != Line::GoesOn => Line::Number,
                _ => Line::GoesOn,
            };
            before = c;
        }
    }
}

/// Writes text in one line, with look-alikes in place of characters that start markup.
fn no_markup() -> impl FnMut(&str, &mut String) {
    let mut before = None;
    move |grapheme, to| {
        for c in grapheme.chars() {
            let begins = before.is_none_or(char::is_whitespace);
            let in_word = before.is_some_and(|before| before.is_ascii_alphanumeric());
            match c {
                // Four spaces begin a code block.
                c if c.is_whitespace() && begins => continue,
                '.' if !begins => to.push(WORD_JOINER),
                _ => {}
            }
            to.push(match c {
                '*' => '∗',
                '`' => 'ˋ',
                '[' => '［',
                ']' => '］',
                '<' => '‹',
                '>' => '›',
                '&' => '＆',
                '@' => '＠',
                '#' => '＃',
                '~' => '∼',
                '$' => '＄',
                '\\' => '＼',
                '|' => '∣',
                // In the middle of a word it is not markup.
                '_' if !in_word => '＿',
                '-' if begins => '‐',
                '+' if begins => '＋',
                '=' if begins => '＝',
                ')' if in_word => '）',
                c if c.is_whitespace() || c == '\u{2424}' => ' ',
                c => c,
            });
            if matches!(c, ':' | ';') {
                to.push(WORD_JOINER);
            }
            before = Some(c);
        }
    }
}

fn read(answered: Answered<'_>) -> Reading {
    if answered.status == 200 && answered.body.trim() == "ok" {
        return Reading::Taken(None);
    }
    if matches!(answered.status, 200..300) {
        return answered.not_a_success();
    }
    // The message of an error repeats the secret part of the URL, so only the error's id is shown.
    let error = match answered.object() {
        Object::Whole(object) => object["id"].as_str().unwrap_or_default().to_owned(),
        Object::BrokenOff | Object::None => String::new(),
    };
    let fault = match &*error {
        _ if answered.is_rate_limit() => Fault::Throttled,
        _ if answered.is_too_large() => Fault::Sender,
        // Newer servers say the first, older servers the others.
        "web.incoming_webhook.decode.app_error"
        | "web.incoming_webhook.parse.app_error"
        | "web.incoming_webhook.text.app_error"
        | "web.incoming_webhook.split_props_length.app_error"
        | "model.incoming_hook.parse_data.app_error"
        | "api.webhook.incoming.error" => Fault::Sender,
        _ if answered.status == 410 => Fault::Address,
        // The webhook or its channel is deleted, the webhook may not post there, or the server has disabled webhooks
        // (501). Newer servers say `web.incoming_webhook.general.app_error` for all of these.
        id if is_of_webhook(id) && matches!(answered.status, 400 | 403 | 404 | 501) => Fault::Address,
        _ => Fault::Receiver,
    };
    answered.refused(&error, fault)
}

fn is_of_webhook(id: &str) -> bool {
    id.starts_with("web.incoming_webhook.")
        || matches!(id, "app.channel.get.existing.app_error" | "api.context.404.app_error")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::chat::text::units;
    use crate::testing::untrusted::{self, Said};

    fn of((notification, severity, at, footer): &Said) -> Value {
        body(&Card { notification, severity, at: *at, footer })
    }

    #[test]
    fn a_message() {
        let attachment = json!({
            "fallback": "Acceptance rate ‹ 5% ＆ ‹!channel›",
            "color": "#dc2626",
            "text": "observed \\*0\\.04\\*\n\\- now\n\n[Open](https://app.example.com/ops?a=1&amp;b=x%7Cy)",
            "fields": [
                {"title": "Observed", "value": "0\\.04", "short": false},
                {"title": "Since", "value": "–", "short": false},
            ],
            "footer": "critical · 2026-04-15 10:\u{2060}00:\u{2060}00 UTC · evt_1",
        });
        let text = "#### Acceptance rate &#60; 5% &#38; &#60;!channel&#62;";
        assert_eq!(of(&untrusted::example()), json!({"text": text, "attachments": [attachment]}));
    }

    #[test]
    fn what_is_empty_is_left_out() {
        let message = of(&untrusted::empty());
        assert_eq!(message["text"], "#### Notification");
        let attachment = &message["attachments"][0];
        assert_eq!((&attachment["text"], &attachment["fields"]), (&json!(""), &json!([])));
    }

    #[test]
    fn what_is_left_out_is_said() {
        let mut said = untrusted::empty();
        said.0.fields = vec![domain::notification::Field { label: "a".into(), value: "b".into() }; 57];
        let more = json!({"title": "…", "value": "And 7 more", "short": false});
        assert_eq!(of(&said)["attachments"][0]["fields"][50], more);
    }

    #[test]
    fn markup_renders_as_itself() {
        for (text, written) in [
            ("@all a@b.example (@x)", "@\u{2060}all a&#64;b\\.example (@\u{2060}x)"),
            (
                "<!channel> <@u1> <https://a.example|b>",
                "&#60;!channel&#62; &#60;@\u{2060}u1&#62; &#60;https&#58;//a\\.example\\|b&#62;",
            ),
            // The sign before the second mention is alphabetic, but not a letter.
            ("a@all \u{93e}@all a-.example/", "a&#64;all \u{93e}@\u{2060}all a-\\.example/"),
            ("~town-square #tag :smile: $x$", "&#126;town-square &#35;tag &#58;smile&#58; &#36;x&#36;"),
            ("# a\n  - b\n12. c\n1) d\n> e\n===", "&#35; a\n&#32;&#32;\\- b\n12\\. c\n1\\) d\n&#62; e\n&#61;=="),
            ("a\n    b\n\tc", "a\n&#32;&#32;&#32;&#32;b\n&#32;c"),
            (r"C:\x \* &amp; 1.2 x-d well-known", r"C&#58;&#92;x &#92;\* &#38;amp&#59; 1\.2 x&#45;d well-known"),
            ("|a|b|\n|-|-|", "\\|a\\|b\\|\n\\|-\\|-\\|"),
        ] {
            assert_eq!(fit(text, 999, markdown()), written);
        }
        assert_eq!(
            fit("- _a_b *c*\n@all :x: 1) [d] e.f", 999, no_markup()),
            "‐ ＿a_b ∗c∗ ＠all :\u{2060}x:\u{2060} 1） ［d］ e\u{2060}.f"
        );
    }

    fn reading(status: u16, body: &str) -> Reading {
        read(Answered { status, retry_after: None, body })
    }

    #[test]
    fn only_ok_is_success() {
        assert_eq!(reading(200, "ok"), Reading::Taken(None));
        for (status, body) in [(200, ""), (200, "<html>sign in</html>"), (200, "{}"), (204, ""), (201, "ok")] {
            assert!(
                matches!(reading(status, body), Reading::Refused { fault: Fault::Receiver, .. }),
                "{status} {body}"
            );
        }
    }

    #[test]
    fn each_error_is_someones() {
        use Fault::*;
        for (status, id, fault) in [
            (400, "web.incoming_webhook.general.app_error", Address),
            (404, "web.incoming_webhook.general.app_error", Address),
            (500, "web.incoming_webhook.general.app_error", Receiver),
            (501, "web.incoming_webhook.general.app_error", Address),
            (400, "web.incoming_webhook.invalid.app_error", Address),
            (403, "web.incoming_webhook.channel_locked.app_error", Address),
            (404, "app.channel.get.existing.app_error", Address),
            (501, "web.incoming_webhook.disabled.app_error", Address),
            (400, "web.incoming_webhook.decode.app_error", Sender),
            (400, "web.incoming_webhook.text.app_error", Sender),
            (413, "api.context.request_body_too_large.app_error", Sender),
            (500, "api.post.create_webhook_post.creating.app_error", Receiver),
            (503, "api.context.server_busy.app_error", Receiver),
        ] {
            let message = "Failed to handle the payload for incoming webhook k8hrsecrethookidabcdefghij.";
            let body = json!({"id": id, "message": message, "detailed_error": "", "status_code": status}).to_string();
            let error = format!("answered {status} {id}");
            assert_eq!(reading(status, &body), Reading::Refused { error, fault, retry_after: None });
        }
        for (status, body, error, fault) in [
            (429, "limit exceeded\n", "answered 429 Too Many Requests", Throttled),
            (404, "<html>/hooks/x</html>", "answered 404 Not Found", Receiver),
            (410, "", "answered 410 Gone", Address),
            (502, "", "answered 502 Bad Gateway", Receiver),
        ] {
            assert_eq!(reading(status, body), Reading::Refused { error: error.into(), fault, retry_after: None });
        }
    }

    /// Checks that Markdown contains nothing that any client or the server could interpret.
    fn check_escaped(text: &str) {
        assert!(!text.contains(['<', '>', '#', '~', ':', '$', '\t', '\u{2424}']) || text.contains("&#"), "{text}");
        for line in text.split('\n') {
            assert!(!line.starts_with(['-', '+', '=']) && !line.starts_with(char::is_whitespace), "{line}");
            let mut chars = line.chars().peekable();
            while let Some(c) = chars.next() {
                match c {
                    '\\' => assert!(chars.next().is_some_and(|c| "*_`[]|.-+)".contains(c)), "{line}"),
                    '@' => assert_eq!(chars.peek(), Some(&WORD_JOINER), "{line}"),
                    '&' => {
                        let reference: String = chars.by_ref().take_while(|c| *c != ';').collect();
                        let number = reference.strip_prefix('#').is_some_and(|digits| digits.parse::<u32>().is_ok());
                        assert!(number, "{line}");
                    }
                    c => assert!(!r"*_`[]|<>#~:;$".contains(c), "{line}"),
                }
            }
        }
    }

    fn check(message: &Value) {
        assert!(message.to_string().len() <= MAX_MESSAGE);
        let text = |text: &Value| text.as_str().expect("text").to_owned();
        let title = text(&message["text"]);
        assert!(units(&title) <= 16_383);
        check_escaped(title.strip_prefix("#### ").expect("a heading"));
        let attachment = &message["attachments"][0];
        let said = text(&attachment["text"]);
        let (said, link) = said.rsplit_once("[Open](").unwrap_or((&said, ")"));
        check_escaped(said);
        assert!(link.ends_with(')') && !link.trim_end_matches(')').contains(['(', ')', '<', '>', '\\']), "{link}");
        let footer = text(&attachment["footer"]);
        assert!((1..=MAX_FOOTER).contains(&units(&footer)));
        let mut unformatted = vec![footer, text(&attachment["fallback"])];
        for field in attachment["fields"].as_array().expect("fields") {
            let value = text(&field["value"]);
            assert!(!value.is_empty() && field["short"] == false);
            check_escaped(&value);
            unformatted.push(text(&field["title"]));
        }
        for text in unformatted {
            assert!(
                !text.is_empty() && !text.contains(['*', '`', '[', ']', '<', '>', '&', '@', '#', '~', '$', '\\', '\n'])
            );
        }
    }

    #[test]
    fn as_much_as_there_may_be_fits() {
        for piece in ["a", "*", "&", ":", "語", "👩\u{200d}👧", "\n-", "1. "] {
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
                match c {
                    '\\' => read.extend(chars.next()),
                    '&' => {
                        let reference: String = chars.by_ref().take_while(|c| *c != ';').collect();
                        read.extend(reference[1..].parse().ok().and_then(char::from_u32));
                    }
                    c => read.push(c),
                }
            }
            let said = domain::notification::readable(&said.0.body).replace(WORD_JOINER, "");
            prop_assert_eq!(read.replace(WORD_JOINER, ""), said);
        }
    }
}
