//! Google Chat: a message with one card.
//!
//! The text of widgets is a subset of HTML, so event text is escaped there. Whether headers decode entities is not
//! documented. Header text therefore contains no character that could be markup either way.

use std::time::Duration;

use domain::delivery::Fault;
use serde_json::{Value, json};

use super::{
    Answered, Card, Format, Reading, colour,
    refusal::Object,
    text::{Fact, OPEN, entities, fit, with_fields_that_fit},
};

/// The maximum size of a message in bytes: Google Chat API, `spaces.messages.create`.
const MAX_MESSAGE: usize = 32_000;
/// The maximum number of fields. A card has at most 100 widgets (Google Chat API, `Card`), and five of ours are not
/// fields.
const MAX_FIELDS: usize = 50;
/// The maximum length of each text in UTF-16 units. Each unit takes at most 3 bytes, so everything except the fields
/// always fits.
const MAX_TITLE: usize = 200;
const MAX_TEXT: usize = 5000;
const MAX_LABEL: usize = 200;
const MAX_SMALL: usize = 300;

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

/// The label is part of the text, because `topLabel` is cut to one line and is not documented to decode entities.
fn field(fact: &Fact<'_>, longest: usize) -> Value {
    let text = format!("<b>{}</b><br>{}", fit(fact.label, MAX_LABEL, html), fit(fact.value, longest, html));
    json!({"decoratedText": {"text": text, "wrapText": true}})
}

fn html(grapheme: &str, to: &mut String) {
    // Character by character: a grapheme may start with a quote and continue with an accent.
    for c in grapheme.split_inclusive(|_| true) {
        match c {
            "\n" => to.push_str("<br>"),
            "\"" => to.push_str("&quot;"),
            c => entities(c, to),
        }
    }
}

/// Replaces characters that start markup, including mentions (`<users/all>`), with look-alikes.
fn no_markup(grapheme: &str, to: &mut String) {
    to.extend(grapheme.chars().map(|c| match c {
        '<' => '‹',
        '>' => '›',
        '&' => '＆',
        c => c,
    }));
}

fn read(answered: Answered<'_>) -> Reading {
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
    // A revoked key is reported as an invalid argument, too.
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

/// Reads `google.rpc.RetryInfo`, in seconds such as `"1.5s"`.
fn retry_delay(detail: &Value) -> Option<Duration> {
    let seconds: f64 = detail["retryDelay"].as_str()?.strip_suffix('s')?.parse().ok()?;
    Duration::try_from_secs_f64(seconds.ceil()).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::untrusted::{self, Said};

    fn of((notification, severity, at, footer): &Said) -> Value {
        body(&Card { notification, severity, at: *at, footer })
    }

    fn card(message: &Value) -> &Value {
        &message["cardsV2"][0]["card"]
    }

    fn widgets(message: &Value) -> &[Value] {
        card(message)["sections"][0]["widgets"].as_array().expect("widgets")
    }

    #[test]
    fn a_message() {
        let title = "Acceptance rate ‹ 5% ＆ ‹!channel›";
        let widgets = json!([
            {"textParagraph": {"text": "<font color=\"#dc2626\"><b>critical</b></font>"}},
            {"textParagraph": {"text": "observed *0.04*<br>- now"}},
            {"decoratedText": {"text": "<b>Observed</b><br>0.04", "wrapText": true}},
            {"decoratedText": {"text": "<b>Since</b><br>–", "wrapText": true}},
            {"textParagraph": {"text": "evt_1"}},
            {"buttonList": {"buttons": [
                {"text": "Open", "onClick": {"openLink": {"url": "https://app.example.com/ops?a=1&b=x|y"}}},
            ]}},
        ]);
        let header = json!({"title": title, "subtitle": "2026-04-15 10:00:00 UTC"});
        let card = json!({"header": header, "sections": [{"widgets": widgets}]});
        let message = json!({"fallbackText": title, "cardsV2": [{"cardId": "notification", "card": card}]});
        assert_eq!(of(&untrusted::example()), message);
    }

    #[test]
    fn what_is_empty_is_left_out() {
        let message = of(&untrusted::empty());
        let severity = paragraph("<font color=\"#2563eb\"><b>info</b></font>".into());
        assert_eq!(widgets(&message), [severity]);
    }

    #[test]
    fn what_is_left_out_is_said() {
        let mut said = untrusted::empty();
        said.0.fields = vec![domain::notification::Field { label: "a".into(), value: "b".into() }; 57];
        assert_eq!(widgets(&of(&said))[51], paragraph("And 7 more".into()));
    }

    fn reading(status: u16, body: &str) -> Reading {
        read(Answered { status, retry_after: None, body })
    }

    #[test]
    fn a_message_has_a_name() {
        let name = "spaces/AAA/messages/BBB.CCC";
        let body = json!({"name": name, "thread": {}}).to_string();
        assert_eq!(reading(200, &body), Reading::Taken(Some(name.into())));
        assert_eq!(reading(200, &body[..40]), Reading::Taken(None), "longer than is read");
        for (status, body) in [(200, ""), (200, "ok"), (200, "{}"), (204, "")] {
            let error = format!("answered {status}, but not as it does when it takes a message");
            assert_eq!(reading(status, body), Reading::Refused { error, fault: Fault::Receiver, retry_after: None });
        }
    }

    #[test]
    fn each_error_is_someones() {
        use Fault::*;
        for (code, status, message, fault) in [
            (429, "RESOURCE_EXHAUSTED", "Resource has been exhausted (e.g. check quota).", Throttled),
            (404, "NOT_FOUND", "Requested entity was not found.", Address),
            (403, "PERMISSION_DENIED", "The caller does not have permission", Address),
            (401, "UNAUTHENTICATED", "Request had invalid authentication credentials.", Address),
            (400, "INVALID_ARGUMENT", "Invalid JSON payload received.", Sender),
            (400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.", Address),
            (400, "FAILED_PRECONDITION", "Not now.", Receiver),
            (500, "INTERNAL", "Internal error encountered.", Receiver),
            (503, "UNAVAILABLE", "The service is currently unavailable.", Receiver),
        ] {
            let body = json!({"error": {"code": code, "message": message, "status": status}}).to_string();
            let error = format!("answered {code} {status}: {message}");
            assert_eq!(reading(code, &body), Reading::Refused { error, fault, retry_after: None });
        }
        let page = "<p>The requested URL <code>/v1/spaces/A/messages?key=k&token=t</code> was not found.";
        for (status, body, error, fault) in [
            (404, page, "answered 404 Not Found", Receiver),
            (429, "", "answered 429 Too Many Requests", Throttled),
            (413, "", "answered 413 Payload Too Large", Sender),
        ] {
            assert_eq!(reading(status, body), Reading::Refused { error: error.into(), fault, retry_after: None });
        }
    }

    #[test]
    fn a_rate_limit_may_say_how_long() {
        let info = json!({"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "29.5s"});
        let error = json!({"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "details": [{}, info]}});
        let Reading::Refused { retry_after, .. } = reading(429, &error.to_string()) else { panic!("refused") };
        assert_eq!(retry_after, Some(Duration::from_secs(30)));
    }

    /// Checks that our tags occur once, where we put them, and that nothing else is markup.
    fn check(message: &Value) {
        assert!(message.to_string().len() <= 32_000);
        assert_eq!(message.get("text"), None);
        for plain in [&message["fallbackText"], &card(message)["header"]["title"]] {
            assert!(plain.as_str().is_some_and(|text| !text.is_empty() && !text.contains(['<', '>', '&'])), "{plain}");
        }
        let widgets = widgets(message);
        assert!((1..=100).contains(&widgets.len()));
        for (index, widget) in widgets.iter().enumerate() {
            let (text, tags): (_, &[&str]) = if let Some(text) = widget["decoratedText"]["text"].as_str() {
                (text, &["<b>", "</b>"])
            } else if let Some(text) = widget["textParagraph"]["text"].as_str() {
                (text, &[])
            } else {
                continue;
            };
            let mut text = text.to_owned();
            if index == 0 {
                assert!(text.starts_with("<font color=\"#") && text.ends_with("</b></font>"), "{text}");
                text = text["<font color=\"#123456\"><b>".len()..text.len() - "</b></font>".len()].to_owned();
            }
            for tag in tags {
                assert_eq!(text.matches(tag).count(), 1, "{text}");
                text = text.replace(tag, "");
            }
            let text = text.replace("<br>", "");
            assert!(!text.contains(['<', '>', '"']), "{text}");
            let mut entities = text.split('&').skip(1);
            let known = ["amp;", "lt;", "gt;", "quot;"];
            assert!(entities.all(|rest| known.iter().any(|name| rest.starts_with(name))), "{text}");
        }
    }

    #[test]
    fn as_much_as_there_may_be_fits() {
        for piece in ["a", "\"", "\\", "<", "語", "👩\u{200d}👧", "\n"] {
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
