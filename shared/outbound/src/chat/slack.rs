//! Slack: incoming webhooks with Block Kit.
//!
//! Event text is only used in `plain_text`, which has no markup or mentions. The title is a block above the coloured
//! bar. In a message with blocks, Slack uses `text` only for notifications and does not repeat it above the attachment.

use domain::delivery::Fault;
use serde_json::{Value, json};

use super::{
    Answered, Card, Format, Reading, colour,
    refusal::Object,
    text::{Fact, OPEN, entities, first_within, fit, more, units},
};

/// The maximum length of a header's text: docs.slack.dev, Block Kit, header block.
const MAX_HEADER: usize = 150;
/// The maximum length of a section's text: docs.slack.dev, Block Kit, section block.
const MAX_SECTION: usize = 3000;
/// The maximum number of fields in a section, from the same page.
const MAX_FIELDS_OF_SECTION: usize = 10;
/// The maximum length of a field's text, from the same page. The text is a label, a line break and a value.
const MAX_FIELD: usize = 2000;
const MAX_LABEL: usize = 200;
/// The maximum number of fields, in three sections. Longer messages are not readable.
const MAX_FIELDS: usize = 30;
/// The maximum size of all blocks of a message as JSON. Slack counts "12,000 text characters with a buffer for block
/// containers" (slackapi/bolt-js, issue 2509), was seen to reject 11,341 (issue 2867), and answers
/// `msg_blocks_too_long`.
const MAX_BLOCKS: usize = 10_000;
/// The maximum length of the severity and the footer in small print, and of the notification `text`.
const MAX_LINE: usize = 300;

pub(super) const FORMAT: Format = Format {
    body,
    read,
    url: None,
    #[cfg(test)]
    whole_value: 900,
};

fn body(card: &Card<'_>) -> Value {
    let title = plain_text(card.title(), MAX_HEADER);
    let text = fit(card.title(), MAX_LINE, entities);
    let facts = card.facts();

    let said = card.body().map(|body| json!({"type": "section", "text": plain_text(body, MAX_SECTION)}));
    let link = card.link().map(|url| json!({"type": "section", "text": link(url)}));
    let small = json!({"type": "context", "elements": [plain_text(&card.small_print(), MAX_LINE)]});
    let header = json!({"type": "header", "text": title});

    let rest = units(&json!([header, said, link, small, fields(&[]), context_of(&more(usize::MAX))]).to_string());
    let shown = facts.iter().map(field);
    let shown = first_within(shown, MAX_FIELDS, MAX_BLOCKS.saturating_sub(rest), |field| units(&field.to_string()) + 1);
    let left_out = more(facts.len() - shown.len());

    let mut blocks: Vec<Value> = said.into_iter().collect();
    blocks.extend(shown.chunks(MAX_FIELDS_OF_SECTION).map(fields));
    blocks.extend(left_out.is_some().then(|| context_of(&left_out)));
    blocks.extend(link);
    blocks.push(small);
    json!({
        "text": text,
        "mrkdwn": false,
        "parse": "none",
        "unfurl_links": false,
        "unfurl_media": false,
        "blocks": [header],
        "attachments": [{
            "color": format!("#{:06x}", colour(card.notification.severity)),
            "fallback": text,
            "blocks": blocks,
        }],
    })
}

fn plain_text(text: &str, max: usize) -> Value {
    json!({"type": "plain_text", "text": fit(text, max, entities), "emoji": false})
}

fn field(fact: &Fact<'_>) -> Value {
    let label = fit(fact.label, MAX_LABEL, entities);
    let value = fit(fact.value, MAX_FIELD - units(&label) - 1, entities);
    let text = format!("{label}\n{value}");
    json!({"type": "plain_text", "text": text, "emoji": false})
}

fn fields(fields: &[Value]) -> Value {
    json!({"type": "section", "fields": fields})
}

fn context_of(text: &Option<String>) -> Value {
    json!({"type": "context", "elements": text.iter().map(|text| plain_text(text, MAX_LINE)).collect::<Vec<_>>()})
}

/// The only markup in a message. Only the URL comes from outside, and characters that would end the link are
/// percent-encoded.
fn link(url: &str) -> Value {
    let url = url.replace('|', "%7C").replace('<', "%3C").replace('>', "%3E").replace('&', "&amp;");
    json!({"type": "mrkdwn", "text": format!("<{url}|{OPEN}>"), "verbatim": true})
}

fn read(answered: Answered<'_>) -> Reading {
    let said = said(&answered);
    if answered.status == 200 && said == "ok" {
        return Reading::Taken(None);
    }
    let fault = match &*said {
        _ if answered.is_rate_limit() => Fault::Throttled,
        "rate_limited" | "ratelimited" | "message_limit_exceeded" => Fault::Throttled,
        _ if answered.is_too_large() => Fault::Sender,
        "invalid_payload"
        | "invalid_blocks"
        | "invalid_blocks_format"
        | "invalid_attachments"
        | "no_text"
        | "too_many_attachments"
        | "missing_text_or_fallback_or_attachments"
        | "msg_too_long"
        | "msg_blocks_too_long"
        | "attachment_payload_limit_exceeded"
        | "block_mismatch" => Fault::Sender,
        // 410 means permanently gone: RFC 9110, 15.5.11.
        _ if answered.status == 410 => Fault::Address,
        "action_prohibited"
        | "posting_to_general_channel_denied"
        | "invalid_token"
        | "no_service"
        | "no_service_id"
        | "no_team"
        | "no_active_hooks"
        | "team_disabled"
        | "channel_not_found"
        | "channel_is_archived"
        | "user_not_found" => Fault::Address,
        _ => Fault::Receiver,
    };
    match (answered.status, &*said) {
        (200..300, "") => answered.not_a_success(),
        _ => answered.refused(&said, fault),
    }
}

/// The error word of an answer: the body itself, or `error` in an object; Zulip uses `msg`. Proxy error pages have
/// none.
fn said(answered: &Answered<'_>) -> String {
    if let Object::Whole(object) = answered.object() {
        let word = ["error", "msg"].iter().find_map(|name| object[*name].as_str());
        return word.unwrap_or_default().to_owned();
    }
    let word = answered.body.trim();
    let is_word = word.len() <= 100 && word.chars().all(|c| c.is_ascii_alphanumeric() || "_ .,'-".contains(c));
    if is_word { word.to_owned() } else { String::new() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::untrusted::{self, Said};

    fn of((notification, severity, at, footer): &Said) -> Value {
        body(&Card { notification, severity, at: *at, footer })
    }

    fn reading(status: u16, body: &str) -> Reading {
        read(Answered { status, retry_after: None, body })
    }

    #[test]
    fn a_message() {
        let plain = |text: &str| json!({"type": "plain_text", "text": text, "emoji": false});
        let title = "Acceptance rate &lt; 5% &amp; &lt;!channel&gt;";
        let url = "https://app.example.com/ops?a=1&amp;b=x%7Cy";
        let blocks = json!([
            {"type": "section", "text": plain("observed *0.04*\n- now")},
            {"type": "section", "fields": [plain("Observed\n0.04"), plain("Since\n–")]},
            {"type": "section", "text": {"type": "mrkdwn", "text": format!("<{url}|Open>"), "verbatim": true}},
            {"type": "context", "elements": [plain("critical · 2026-04-15 10:00:00 UTC · evt_1")]},
        ]);
        let message = json!({
            "text": title,
            "mrkdwn": false,
            "parse": "none",
            "unfurl_links": false,
            "unfurl_media": false,
            "blocks": [{"type": "header", "text": plain(title)}],
            "attachments": [{"color": "#dc2626", "fallback": title, "blocks": blocks}],
        });
        assert_eq!(of(&untrusted::example()), message);
    }

    #[test]
    fn what_is_empty_is_left_out() {
        let message = of(&untrusted::empty());
        let context = json!([{"type": "context", "elements": [plain_text("info · 2026-04-15 10:00:00 UTC", 99)]}]);
        assert_eq!(message["attachments"][0]["blocks"], context);
        assert_eq!(message["text"], "Notification");
    }

    #[test]
    fn what_is_left_out_is_said() {
        let mut said = untrusted::empty();
        said.0.fields = vec![domain::notification::Field { label: "a".into(), value: "b".into() }; 37];
        let message = of(&said);
        let blocks = message["attachments"][0]["blocks"].as_array().expect("blocks");
        assert_eq!(blocks.len(), 5);
        assert_eq!(blocks[3]["elements"][0]["text"], "And 7 more");
    }

    #[test]
    fn only_ok_is_success() {
        assert_eq!(reading(200, "ok"), Reading::Taken(None));
        for (body, error) in [
            ("", "answered 200, but not as it does when it takes a message"),
            ("invalid_blocks", "answered 200 invalid_blocks"),
            ("<html>ok</html>", "answered 200, but not as it does when it takes a message"),
        ] {
            let Reading::Refused { error: said, .. } = reading(200, body) else { panic!("{body} is no success") };
            assert_eq!(said, error);
        }
    }

    #[test]
    fn each_error_is_someones() {
        use Fault::*;
        for (status, body, error, fault) in [
            (400, "invalid_payload", "answered 400 invalid_payload", Sender),
            (400, "invalid_blocks", "answered 400 invalid_blocks", Sender),
            (400, "invalid_attachments", "answered 400 invalid_attachments", Sender),
            (400, "no_text\n", "answered 400 no_text", Sender),
            (400, "too_many_attachments", "answered 400 too_many_attachments", Sender),
            (400, "user_not_found", "answered 400 user_not_found", Address),
            (400, "hm", "answered 400 hm", Receiver),
            (403, "action_prohibited", "answered 403 action_prohibited", Address),
            (403, "invalid_token", "answered 403 invalid_token", Address),
            (403, "posting_to_general_channel_denied", "answered 403 posting_to_general_channel_denied", Address),
            (404, "channel_not_found", "answered 404 channel_not_found", Address),
            (404, "no_service", "answered 404 no_service", Address),
            (404, "no_team", "answered 404 no_team", Address),
            (404, "no_active_hooks", "answered 404 no_active_hooks", Address),
            (404, "<html>/services/T0/B0/x</html>", "answered 404 Not Found", Receiver),
            (410, "channel_is_archived", "answered 410 channel_is_archived", Address),
            (413, "", "answered 413 Payload Too Large", Sender),
            (429, "rate_limited", "answered 429 rate_limited", Throttled),
            (429, "", "answered 429 Too Many Requests", Throttled),
            (200, "rate_limited", "answered 200 rate_limited", Throttled),
            (200, r#"{"ok":false,"error":"ratelimited"}"#, "answered 200 ratelimited", Throttled),
            (500, "rollup_error", "answered 500 rollup_error", Receiver),
            (302, "", "answered 302 Found", Receiver),
        ] {
            assert_eq!(reading(status, body), Reading::Refused { error: error.into(), fault, retry_after: None });
        }
    }

    /// Checks every text object of a message and counts each kind of block.
    fn check(message: &Value) {
        let mut blocks: Vec<&Value> = message["blocks"].as_array().expect("blocks").iter().collect();
        blocks.extend(message["attachments"][0]["blocks"].as_array().expect("blocks"));
        assert!(blocks.len() <= 50 && message.to_string().encode_utf16().count() < 12_000);
        let mut texts = vec![];
        for block in blocks {
            let most = match block["type"].as_str().expect("a type") {
                "header" => MAX_HEADER,
                _ if block["fields"].is_array() => 2000,
                _ => MAX_SECTION,
            };
            for list in ["fields", "elements"] {
                let list = block[list].as_array();
                assert!(list.is_none_or(|list| (1..=10).contains(&list.len())));
                texts.extend(list.into_iter().flatten().map(|text| (text, most)));
            }
            texts.extend(block.get("text").map(|text| (text, most)));
        }
        for (object, most) in texts {
            let text = object["text"].as_str().expect("text");
            assert!((1..=most).contains(&units(text)));
            if object["type"] == "mrkdwn" {
                let url = text.strip_prefix("<http").and_then(|rest| rest.strip_suffix("|Open>")).expect("a link");
                assert!(!url.contains(['<', '>', '|']));
            } else {
                check_escaped(text);
                assert_eq!(object["emoji"], false);
            }
        }
        check_escaped(message["text"].as_str().expect("text"));
    }

    fn check_escaped(text: &str) {
        assert!(!text.contains(['<', '>']), "{text}");
        let mut entities = text.split('&').skip(1);
        assert!(entities.all(|rest| ["amp;", "lt;", "gt;"].iter().any(|name| rest.starts_with(name))), "{text}");
    }

    #[test]
    fn as_much_as_there_may_be_fits() {
        for piece in ["a", "&", "\"", "\\", "é", "語", "👩\u{200d}👧", "\n"] {
            check(&of(&untrusted::huge(piece)));
        }
    }

    proptest! {
        #[test]
        fn nothing_breaks_a_limit_or_becomes_markup(said in untrusted::said()) {
            check(&of(&said));
        }
    }
}
