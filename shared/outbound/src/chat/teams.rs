//! Microsoft Teams: an Adaptive Card in the envelope that Workflows and Office 365 connectors accept.
//!
//! Event text is only used in text runs. Unlike text blocks and fact sets, text runs do not render Markdown.

use domain::{Severity, delivery::Fault};
use serde_json::{Value, json};

use super::{
    Answered, Card, Format, Reading,
    refusal::Object,
    text::{Fact, OPEN, fit, plain, with_fields_that_fit},
};

/// The maximum size of a message in bytes, out of 28 KB: Microsoft's "Create and send messages with connectors and
/// Workflows".
const MAX_MESSAGE: usize = 28_000;
/// The maximum length of each text in UTF-16 units. Each unit takes at most 3 bytes, so a title, a text, a link and the
/// small print always fit.
const MAX_TITLE: usize = 300;
const MAX_TEXT: usize = 5000;
const MAX_LABEL: usize = 200;
const MAX_SMALL: usize = 500;
/// The maximum number of fields. Longer messages are not readable.
const MAX_FIELDS: usize = 50;

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
    let title = json!({
        "type": "Container",
        "style": style(card.notification.severity),
        "bleed": true,
        "items": [text([json!({"text": run(card.title(), MAX_TITLE), "weight": "Bolder", "size": "Large"})])],
    });
    let mut body = vec![title];
    body.extend(card.body().map(|said| text([json!({"text": run(said, MAX_TEXT)})])));
    body.extend(fields);
    body.extend(left_out.map(|said| text([json!({"text": said, "isSubtle": true})])));
    body.push(text([json!({"text": run(&card.small_print(), MAX_SMALL), "size": "Small", "isSubtle": true})]));
    let mut content = json!({
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "msteams": {"width": "Full"},
        "body": body,
    });
    if let Some(url) = card.link() {
        content["actions"] = json!([{"type": "Action.OpenUrl", "title": OPEN, "url": url}]);
    }
    json!({
        "type": "message",
        "attachments": [{
            "contentType": "application/vnd.microsoft.card.adaptive",
            "contentUrl": null,
            "content": content,
        }],
    })
}

fn text<const N: usize>(runs: [Value; N]) -> Value {
    let inlines = runs.map(|mut run| {
        run["type"] = "TextRun".into();
        run
    });
    json!({"type": "RichTextBlock", "inlines": Vec::from(inlines)})
}

fn field(fact: &Fact<'_>, longest: usize) -> Value {
    let label = json!({"text": format!("{}\n", run(fact.label, MAX_LABEL)), "weight": "Bolder"});
    text([label, json!({"text": run(fact.value, longest)})])
}

/// Text that a card shows literally. Text runs only interpret `{{DATE(…)}}` and `{{TIME(…)}}`, which a zero-width
/// character in between prevents.
fn run(text: &str, max: usize) -> String {
    let text = text.replace("{{DATE(", "{{\u{2060}DATE(").replace("{{TIME(", "{{\u{2060}TIME(");
    fit(&text, max, plain)
}

/// The style of a container, which sets its colour.
fn style(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "emphasis",
        Severity::Low => "accent",
        Severity::Medium => "warning",
        Severity::High | Severity::Critical => "attention",
    }
}

fn read(answered: Answered<'_>) -> Reading {
    if let Object::Whole(object) = answered.object() {
        return read_workflow(&answered, &object["error"]);
    }
    let said = answered.body.trim();
    match (answered.status, said) {
        (200..300, "") | (200, "1") | (202, _) => Reading::Taken(None),
        (200, _) => read_hidden(&answered, said),
        (200..300, _) => answered.not_a_success(),
        _ if answered.is_rate_limit() => answered.refused("", Fault::Throttled),
        (413, _) => answered.refused("", Fault::Sender),
        (410, _) => answered.refused("", Fault::Address),
        (400 | 404, _) => read_connector(&answered, said),
        _ => answered.refused("", Fault::Receiver),
    }
}

/// A connector may accept a message that Teams then rejects. It reports that in the body of a 200
/// (MicrosoftDocs/msteams-docs, issues 4145 and 7425): `Webhook message delivery failed with error: Microsoft Teams
/// endpoint returned HTTP error 429 with ContextId …`.
fn read_hidden(answered: &Answered<'_>, said: &str) -> Reading {
    const BEFORE: &str = "returned HTTP error ";
    let rest = said.split_once(BEFORE).map(|(_, rest)| rest).unwrap_or_default();
    let digits = rest.find(|c: char| !c.is_ascii_digit()).map_or(rest, |end| &rest[..end]);
    let Ok(status) = digits.parse::<u16>() else {
        return match said.starts_with("Webhook message delivery failed") {
            true => answered.refused("Webhook message delivery failed", Fault::Receiver),
            false => answered.not_a_success(),
        };
    };
    let fault = match status {
        429 => Fault::Throttled,
        400 | 413 => Fault::Sender,
        403 | 404 | 410 => Fault::Address,
        _ => Fault::Receiver,
    };
    answered.refused(&format!("with HTTP error {status}"), fault)
}

/// Reads the plain-text answer of a connector.
fn read_connector(answered: &Answered<'_>, said: &str) -> Reading {
    const CONTENT: [&str; 4] = [
        "Bad payload received by generic incoming webhook",
        "Summary or Text is required",
        "Webhook Bad Request",
        "Invalid or missing payload",
    ];
    const GONE: [&str; 3] = ["Invalid webhook URL", "Connector configuration not found", "Webhook not found"];
    let known = |words: &[&'static str]| words.iter().copied().find(|word| said.contains(word));
    match (known(&CONTENT), known(&GONE)) {
        (Some(word), _) => answered.refused(word, Fault::Sender),
        (None, Some(word)) => answered.refused(word, Fault::Address),
        (None, None) => answered.refused("", Fault::Receiver),
    }
}

/// Reads the answer of a workflow: 202 when it has started, otherwise an object `{"error": {"code", "message"}}`.
fn read_workflow(answered: &Answered<'_>, error: &Value) -> Reading {
    let code = error["code"].as_str().unwrap_or_default();
    let message = error["message"].as_str().unwrap_or_default();
    let said = if message.is_empty() { code.to_owned() } else { format!("{code}: {message}") };
    let no_more = ["NotFound", "NotEnabled", "Disabled", "Suspended"].iter().any(|end| code.ends_with(end));
    let fault = match code {
        // A workflow may end with an answer that its author defined.
        "" if matches!(answered.status, 200..300) && error.is_null() => return Reading::Taken(None),
        "" if matches!(answered.status, 200..300) => return answered.not_a_success(),
        _ if answered.is_rate_limit() || code.contains("Throttl") || code == "TooManyRequests" => Fault::Throttled,
        "TriggerInputSchemaMismatch" | "InvalidRequestContent" | "RequestEntityTooLarge" => Fault::Sender,
        _ if answered.is_too_large() => Fault::Sender,
        // The URL contains its own permission, so a missing permission is permanent.
        _ if no_more || answered.status == 410 => Fault::Address,
        code if !code.is_empty() && matches!(answered.status, 401 | 403) => Fault::Address,
        _ => Fault::Receiver,
    };
    answered.refused(&said, fault)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::untrusted::{self, Said};

    fn of((notification, severity, at, footer): &Said) -> Value {
        body(&Card { notification, severity, at: *at, footer })
    }

    fn content(message: &Value) -> &Value {
        &message["attachments"][0]["content"]
    }

    #[test]
    fn a_message() {
        let title = "Acceptance rate < 5% & <!channel>";
        let small = "critical · 2026-04-15 10:00:00 UTC · evt_1";
        let card = json!({
            "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
            "type": "AdaptiveCard",
            "version": "1.4",
            "msteams": {"width": "Full"},
            "body": [
                {"type": "Container", "style": "attention", "bleed": true, "items": [{"type": "RichTextBlock", "inlines": [
                    {"type": "TextRun", "text": title, "weight": "Bolder", "size": "Large"},
                ]}]},
                {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": "observed *0.04*\n- now"}]},
                {"type": "RichTextBlock", "inlines": [
                    {"type": "TextRun", "text": "Observed\n", "weight": "Bolder"},
                    {"type": "TextRun", "text": "0.04"},
                ]},
                {"type": "RichTextBlock", "inlines": [
                    {"type": "TextRun", "text": "Since\n", "weight": "Bolder"},
                    {"type": "TextRun", "text": "–"},
                ]},
                {"type": "RichTextBlock", "inlines": [
                    {"type": "TextRun", "text": small, "size": "Small", "isSubtle": true},
                ]},
            ],
            "actions": [
                {"type": "Action.OpenUrl", "title": "Open", "url": "https://app.example.com/ops?a=1&b=x|y"},
            ],
        });
        let attachment = json!({
            "contentType": "application/vnd.microsoft.card.adaptive",
            "contentUrl": null,
            "content": card,
        });
        assert_eq!(of(&untrusted::example()), json!({"type": "message", "attachments": [attachment]}));
    }

    #[test]
    fn what_is_empty_is_left_out() {
        let message = of(&untrusted::empty());
        assert_eq!(content(&message)["body"].as_array().map(Vec::len), Some(2));
        assert_eq!(content(&message).get("actions"), None);
    }

    #[test]
    fn what_is_left_out_is_said() {
        let mut said = untrusted::empty();
        said.0.fields = vec![domain::notification::Field { label: "a".into(), value: "b".into() }; 57];
        let message = of(&said);
        assert_eq!(content(&message)["body"][51]["inlines"][0]["text"], "And 7 more");
        let message = of(&untrusted::huge("a"));
        let body = content(&message)["body"].as_array().expect("a body");
        let fields =
            body.iter().filter(|block| block["inlines"].as_array().is_some_and(|runs| runs.len() == 2)).count();
        let last = &body[body.len() - 2]["inlines"][0]["text"];
        assert_eq!((fields > 5, last), (true, &json!(format!("And {} more", 60 - fields))));
    }

    fn reading(status: u16, body: &str) -> Reading {
        read(Answered { status, retry_after: None, body })
    }

    #[test]
    fn connectors_and_workflows_take_in_their_own_ways() {
        for (status, body) in
            [(200, "1"), (200, ""), (200, r#"{"done": true}"#), (202, ""), (202, "{}"), (202, "accepted")]
        {
            assert_eq!(reading(status, body), Reading::Taken(None), "{status} {body}");
        }
        for body in
            ["<html>", "0", r#"{"error": {}}"#, "System.Net.Http.HttpRequestException: Error while copying content"]
        {
            let error = "answered 200, but not as it does when it takes a message".to_owned();
            let refused = Reading::Refused { error, fault: Fault::Receiver, retry_after: None };
            assert_eq!(reading(200, body), refused);
        }
    }

    #[test]
    fn what_a_200_hides_is_found() {
        use Fault::*;
        for (status, fault) in [
            (429, Throttled),
            (400, Sender),
            (413, Sender),
            (403, Address),
            (404, Address),
            (410, Address),
            (500, Receiver),
            (503, Receiver),
        ] {
            let body = format!(
                "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error {status} with \
                 ContextId tcid=0,server=msgapi-production-1,cv=abc.0.."
            );
            let error = format!("answered 200 with HTTP error {status}");
            assert_eq!(reading(200, &body), Reading::Refused { error, fault, retry_after: None });
        }
        let body = "Webhook message delivery failed with error: Error contacting Microsoft Teams endpoint";
        let error = "answered 200 Webhook message delivery failed".to_owned();
        assert_eq!(reading(200, body), Reading::Refused { error, fault: Receiver, retry_after: None });
    }

    #[test]
    fn each_error_is_someones() {
        use Fault::*;
        let workflow = |code: &str| json!({"error": {"code": code, "message": "The …."}}).to_string();
        for (status, code, fault) in [
            (404, "WorkflowNotFound", Address),
            (400, "WorkflowTriggerIsNotEnabled", Address),
            (400, "WorkflowDisabled", Address),
            (401, "DirectApiAuthorizationRequired", Address),
            (403, "InvalidSignature", Address),
            (400, "TriggerInputSchemaMismatch", Sender),
            (413, "X", Sender),
            (429, "WorkflowTriggerThrottled", Throttled),
            (503, "ServerTimeout", Receiver),
            (400, "Other", Receiver),
        ] {
            let error = format!("answered {status} {code}: The ….");
            assert_eq!(reading(status, &workflow(code)), Reading::Refused { error, fault, retry_after: None });
        }
        for (status, body, error, fault) in [
            (
                400,
                "Bad payload received by generic incoming webhook.",
                "answered 400 Bad payload received by generic incoming webhook",
                Sender,
            ),
            (400, "Summary or Text is required.", "answered 400 Summary or Text is required", Sender),
            (400, "Invalid webhook URL", "answered 400 Invalid webhook URL", Address),
            (404, "<html>/webhookb2/x</html>", "answered 404 Not Found", Receiver),
            (403, "", "answered 403 Forbidden", Receiver),
            (410, "", "answered 410 Gone", Address),
            (429, "", "answered 429 Too Many Requests", Throttled),
            (204, "x", "answered 204, but not as it does when it takes a message", Receiver),
            (502, "", "answered 502 Bad Gateway", Receiver),
        ] {
            assert_eq!(reading(status, body), Reading::Refused { error: error.into(), fault, retry_after: None });
        }
    }

    /// Checks that all text is in text runs and that the message is small enough.
    fn check(message: &Value) {
        assert!(message.to_string().len() <= 28_000);
        let blocks = content(message)["body"].as_array().expect("a body").iter();
        let blocks = blocks.flat_map(|block| block["items"].as_array().cloned().unwrap_or_else(|| vec![block.clone()]));
        for block in blocks {
            assert_eq!(block["type"], "RichTextBlock");
            for run in block["inlines"].as_array().expect("runs") {
                let text = run["text"].as_str().expect("text");
                assert!(run["type"] == "TextRun" && !text.is_empty());
                assert!(!text.contains("{{DATE(") && !text.contains("{{TIME("), "{text}");
            }
        }
    }

    #[test]
    fn as_much_as_there_may_be_fits() {
        for piece in ["a", "\"", "\\", "語", "👩\u{200d}👧", "\n", "{{DATE(2026-01-01T00:00:00Z,SHORT)}}"] {
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
