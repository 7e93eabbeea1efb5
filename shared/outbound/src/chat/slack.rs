//! Slack: incoming webhooks with Block Kit.
//!
//! What an event says stands in `plain_text` only, where nothing is markup or a mention. The title is a block above the
//! coloured bar: a message with blocks shows its `text` in notifications only, and not once more above the attachment.

use domain::delivery::Fault;
use serde_json::{Value, json};

use super::{
    Answered, Card, Reading, colour,
    refusal::Object,
    text::{Fact, OPEN, entities, first_within, fit, more, units},
};

/// A header's text: docs.slack.dev, Block Kit, header block.
const MAX_HEADER: usize = 150;
/// A section's text: docs.slack.dev, Block Kit, section block.
const MAX_SECTION: usize = 3000;
/// How many fields a section has: the same.
const MAX_FIELDS_OF_SECTION: usize = 10;
/// A field's text, of 2000 by the same; a label takes some of it.
const MAX_LABEL: usize = 200;
const MAX_VALUE: usize = 2000 - MAX_LABEL - 1;
/// How many fields are shown, in three sections: more is no message that people read.
const MAX_FIELDS: usize = 30;
/// All blocks of a message as JSON. Slack counts "12,000 text characters with a buffer for block containers"
/// (slackapi/bolt-js, issue 2509), was seen to refuse 11,341 (issue 2867), and answers `msg_blocks_too_long`.
const MAX_BLOCKS: usize = 10_000;
/// The severity and the footer in small print, and `text` of notifications.
const MAX_LINE: usize = 300;

pub(super) fn body(card: &Card<'_>) -> Value {
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
    let text = format!("{}\n{}", fit(fact.label, MAX_LABEL, entities), fit(fact.value, MAX_VALUE, entities));
    json!({"type": "plain_text", "text": text, "emoji": false})
}

fn fields(fields: &[Value]) -> Value {
    json!({"type": "section", "fields": fields})
}

fn context_of(text: &Option<String>) -> Value {
    json!({"type": "context", "elements": text.iter().map(|text| plain_text(text, MAX_LINE)).collect::<Vec<_>>()})
}

/// The one markup of a message, in which the URL is all that is not ours. What would end the link is percent-encoded.
fn link(url: &str) -> Value {
    let url = url.replace('|', "%7C").replace('<', "%3C").replace('>', "%3E").replace('&', "&amp;");
    json!({"type": "mrkdwn", "text": format!("<{url}|{OPEN}>"), "verbatim": true})
}

pub(super) fn read(answered: Answered<'_>) -> Reading {
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
        // 410 is by its meaning for good: RFC 9110, 15.5.11.
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

/// The word of an answer: it is the body, or in an object, `error`. Pages of proxies have none.
fn said(answered: &Answered<'_>) -> String {
    if let Object::Whole(object) = answered.object() {
        return object["error"].as_str().unwrap_or_default().to_owned();
    }
    let word = answered.body.trim();
    let is_word = word.len() <= 100 && word.chars().all(|c| c.is_ascii_alphanumeric() || "_ .,'-".contains(c));
    if is_word { word.to_owned() } else { String::new() }
}
