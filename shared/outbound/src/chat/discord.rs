//! Discord: webhooks with one embed.
//!
//! Titles, descriptions and fields of embeds render Markdown, so all that begins a construct of it is escaped by a
//! backslash, which Discord takes before any other than letters and figures. A footer renders none.

use std::time::Duration;

use domain::delivery::Fault;
use serde_json::{Value, json};

use super::{
    Answered, Card, Reading, colour,
    refusal::Object,
    text::{Fact, first_within, fit, more, plain, units},
};

/// An embed's title: Discord's developer documentation, Message, embed limits; so are those that follow.
const MAX_TITLE: usize = 256;
/// Its description.
const MAX_DESCRIPTION: usize = 4096;
/// How many fields it has.
const MAX_FIELDS: usize = 25;
/// A field's name.
const MAX_NAME: usize = 256;
/// A field's value.
const MAX_VALUE: usize = 1024;
/// Its footer, of 2048: small print is short.
const MAX_FOOTER: usize = 500;
/// All of its text.
const MAX_TOTAL: usize = 6000;

pub(super) fn body(card: &Card<'_>) -> Value {
    let title = fit(card.title(), MAX_TITLE, markdown());
    let description = card.body().map(|body| fit(body, MAX_DESCRIPTION, markdown()));
    let facts = card.facts();
    // The footer is written last, as it says what was left out: its room is kept.
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

/// Where a line stands, for what is markup at its beginning only.
#[derive(Clone, Copy, PartialEq)]
enum Line {
    /// Nothing but spaces yet.
    Begins,
    /// Nothing but a number yet, which a dot would make a list's.
    Number,
    /// Anything else.
    GoesOn,
}

/// Writes text so that it renders as itself: no emphasis, spoilers, code, quotes, headings, lists, masked links;
/// no mentions, custom emoji or timestamps, all of which begin with `<` or `@`; and by the colon, no `:emoji:` and no
/// links of bare URLs.
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

pub(super) fn read(answered: Answered<'_>) -> Reading {
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
    // Numbers: discord-api-types, RESTJSONErrorCodes.
    let fault = match code {
        _ if answered.is_rate_limit() => Fault::Throttled,
        // Slowmode, and the limits of an announcement channel and of a channel.
        Some(20_016 | 20_022 | 20_028) => Fault::Throttled,
        _ if answered.is_too_large() => Fault::Sender,
        // Explicit, too large, empty, of invalid form, no JSON, blocked by AutoMod or as a harmful link.
        Some(20_009 | 40_005 | 50_006 | 50_035 | 50_109 | 200_000 | 200_001 | 240_000) => Fault::Sender,
        // Unknown channel, guild, webhook, webhook service; no access, no permission, an invalid token; and a forum,
        // where a webhook must name a thread.
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
