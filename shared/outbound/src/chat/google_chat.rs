//! Google Chat: a message of one card.
//!
//! Text of widgets is a subset of HTML, so what an event says is escaped there. Whether a header reads entities is not
//! documented: what stands there has no characters that could be markup either way.

use std::time::Duration;

use domain::delivery::Fault;
use serde_json::{Value, json};

use super::{
    Answered, Card, Reading, colour,
    refusal::Object,
    text::{Fact, OPEN, entities, first_within, fit, more},
};

/// A whole message in bytes: Google Chat API, `spaces.messages.create`.
const MAX_MESSAGE: usize = 32_000;
/// Of that, what is kept for the widget that says what was left out.
const FOR_MORE: usize = 200;
/// How many fields are shown. A card has at most 100 widgets (Google Chat API, `Card`), of which five are no fields.
const MAX_FIELDS: usize = 50;
/// How much is shown of each text, in UTF-16 units, of which each takes 3 bytes at most: so all but the fields always
/// fits.
const MAX_TITLE: usize = 200;
const MAX_TEXT: usize = 5000;
const MAX_LABEL: usize = 200;
const MAX_VALUE: usize = 1500;
const MAX_SMALL: usize = 300;

pub(super) fn body(card: &Card<'_>) -> Value {
    let facts = card.facts();
    let rest = size(&message(card, vec![], None)) + FOR_MORE;
    let shown = facts.iter().map(field);
    let shown = first_within(shown, MAX_FIELDS, MAX_MESSAGE.saturating_sub(rest), |field| size(field) + 1);
    let left_out = more(facts.len() - shown.len());
    message(card, shown, left_out)
}

fn message(card: &Card<'_>, fields: Vec<Value>, left_out: Option<String>) -> Value {
    let title = fit(card.title(), MAX_TITLE, no_markup);
    let colour = colour(card.notification.severity);
    let severity = fit(card.severity(), MAX_SMALL, html);
    let mut widgets = vec![paragraph(format!(r##"<font color="#{colour:06x}"><b>{severity}</b></font>"##))];
    widgets.extend(card.body().map(|said| paragraph(fit(said, MAX_TEXT, html))));
    widgets.extend(fields);
    widgets.extend(left_out.map(paragraph));
    widgets.extend(card.footer().map(|footer| paragraph(fit(footer, MAX_SMALL, html))));
    if let Some(url) = card.link() {
        let button = json!({"text": OPEN, "onClick": {"openLink": {"url": url}}});
        widgets.push(json!({"buttonList": {"buttons": [button]}}));
    }
    json!({
        "fallbackText": title,
        "cardsV2": [{
            "cardId": "notification",
            "card": {
                "header": {"title": title, "subtitle": card.time()},
                "sections": [{"widgets": widgets}],
            },
        }],
    })
}

fn paragraph(html: String) -> Value {
    json!({"textParagraph": {"text": html}})
}

/// The label is in the text, since `topLabel` is cut to a line and is not said to read entities.
fn field(fact: &Fact<'_>) -> Value {
    let text = format!("<b>{}</b><br>{}", fit(fact.label, MAX_LABEL, html), fit(fact.value, MAX_VALUE, html));
    json!({"decoratedText": {"text": text, "wrapText": true}})
}

fn html(grapheme: &str, to: &mut String) {
    match grapheme {
        "\n" => to.push_str("<br>"),
        "\"" => to.push_str("&quot;"),
        grapheme => entities(grapheme, to),
    }
}

/// Text with look-alikes of what begins markup, mentions (`<users/all>`) among them.
fn no_markup(grapheme: &str, to: &mut String) {
    to.extend(grapheme.chars().map(|c| match c {
        '<' => '‹',
        '>' => '›',
        '&' => '＆',
        c => c,
    }));
}

fn size(value: &Value) -> usize {
    value.to_string().len()
}

pub(super) fn read(answered: Answered<'_>) -> Reading {
    let object = match (answered.status, answered.object()) {
        (200, Object::BrokenOff) => return Reading::Taken(None),
        (_, Object::Whole(object)) => object,
        (_, Object::BrokenOff | Object::None) => Value::Null,
    };
    if matches!(answered.status, 200..300) {
        let name = object["name"].as_str().map(|name| Reading::Taken(Some(name.to_owned())));
        return name.unwrap_or_else(|| answered.not_a_success());
    }
    let error = &object["error"];
    let status = error["status"].as_str().unwrap_or_default();
    let message = error["message"].as_str().unwrap_or_default();
    let said = if message.is_empty() { status.to_owned() } else { format!("{status}: {message}") };
    let details = error["details"].as_array().map(Vec::as_slice).unwrap_or_default();
    // A key that was revoked is called an invalid argument, too.
    let bad_key = message.starts_with("API key") || details.iter().any(|detail| detail["reason"] == "API_KEY_INVALID");
    let fault = match status {
        _ if answered.is_rate_limit() => Fault::Throttled,
        "RESOURCE_EXHAUSTED" => Fault::Throttled,
        _ if bad_key => Fault::Address,
        "NOT_FOUND" | "PERMISSION_DENIED" | "UNAUTHENTICATED" => Fault::Address,
        "INVALID_ARGUMENT" => Fault::Sender,
        _ if answered.is_too_large() => Fault::Sender,
        _ if answered.status == 410 => Fault::Address,
        _ => Fault::Receiver,
    };
    answered.refused_for(&said, fault, details.iter().find_map(retry_delay))
}

/// `google.rpc.RetryInfo`: seconds as `"1.5s"`.
fn retry_delay(detail: &Value) -> Option<Duration> {
    let seconds: f64 = detail["retryDelay"].as_str()?.strip_suffix('s')?.parse().ok()?;
    Duration::try_from_secs_f64(seconds.ceil()).ok()
}
