//! The content of our mails: HTML and text from the templates in this crate, escaped by the template library.

use askama::Template;
use domain::{
    ApiKind, DeliveryId, Event, Kind, Notification, OperatorId,
    content::Content,
    health::{Notice, Step},
    verification::{Code, LIFETIME},
};
use url::Url;

use crate::chat::text::{fit, plain};

/// A mail's content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The subject, in one line.
    pub subject: String,
    /// The HTML part.
    pub html: String,
    /// The text part.
    pub text: String,
}

/// Puts the severity in front of the subject, so that readers notice it first.
fn subject(severity: &str, what: &str) -> String {
    format!("[{}] {what}", severity.to_uppercase())
}

/// The maximum length of a title in the subject, in UTF-16 units. Mail programs show less.
const MAX_SUBJECT: usize = 200;
/// The maximum length of the preview text, for the mail programs that show most.
const MAX_PREVIEW: usize = 200;
/// The maximum length of one value.
const MAX_VALUE: usize = 20_000;
/// The maximum bytes of HTML for the rows of a mail. Gmail clips messages at 102 KB and hides the rest behind a link.
const MAX_ROWS: usize = 80_000;
/// The maximum bytes of HTML around a row's text.
const ROW: usize = 120;

/// A row of a table.
struct Row {
    name: String,
    /// The severity, in the producer's terms. Empty if the producer gives none.
    mark: String,
    value: String,
}

/// Returns the first rows that fit into a mail, and how many are left out.
fn fitting(rows: impl Iterator<Item = Row>, room: &mut usize) -> (Vec<Row>, usize) {
    let rows = rows.map(|Row { name, mark, value }| Row {
        name: shown(&name, MAX_SUBJECT),
        mark: shown(&mark, MAX_SUBJECT),
        value: shown(&value, MAX_VALUE),
    });
    let (mut kept, mut left_out) = (vec![], 0);
    for row in rows {
        let cost = ROW + escaped(&row.name) + 2 * escaped(&row.mark) + escaped(&row.value);
        if left_out > 0 || cost > *room {
            left_out += 1;
        } else {
            *room -= cost;
            kept.push(row);
        }
    }
    (kept, left_out)
}

/// The length of text in HTML, in bytes. The longest escape sequence has five.
fn escaped(text: &str) -> usize {
    text.len() + 4 * text.bytes().filter(|b| b"&<>\"'".contains(b)).count()
}

fn shown(text: &str, max: usize) -> String {
    fit(text, max, plain)
}

struct EventMail<'a> {
    event_type: &'a str,
    severity: &'static str,
    at: String,
    preview: String,
    summary: String,
    flags: Vec<Row>,
    fields: Vec<Row>,
    omitted: usize,
    operator_id: OperatorId,
    event_id: String,
    delivery_id: Option<DeliveryId>,
}

#[derive(Template)]
#[template(path = "notification.html")]
struct NotificationHtml<'a> {
    mail: &'a EventMail<'a>,
}

#[derive(Template)]
#[template(path = "notification.txt")]
struct NotificationText<'a> {
    mail: &'a EventMail<'a>,
}

/// Builds the mail about an event. A test has no delivery.
///
/// # Errors
/// Does not fail in practice: the templates write into memory.
pub fn notification(event: &Event, delivery_id: Option<DeliveryId>) -> askama::Result<Message> {
    let mut content = Content::of(&event.data);
    let said = content.summary.clone().unwrap_or_default();
    // Avoid repetition: flags already contain the summary, and a field that repeats it is not listed again.
    let summary = if content.flags.is_empty() { shown(&said, MAX_VALUE) } else { String::new() };
    content.drop_summary();
    let mut room = MAX_ROWS.saturating_sub(escaped(&summary));
    let flags = content.flags.into_iter().map(|flag| Row { name: flag.kind, mark: flag.severity, value: flag.message });
    let fields =
        content.fields.into_iter().map(|field| Row { name: field.name, mark: String::new(), value: field.value });
    let (flags, flags_omitted) = fitting(flags, &mut room);
    let (fields, fields_omitted) = fitting(fields, &mut room);
    let mail = &EventMail {
        event_type: event.event_type.as_str(),
        severity: event.severity.stack_name(),
        at: readable(event.timestamp),
        preview: shown(&said, MAX_PREVIEW),
        summary,
        flags,
        fields,
        omitted: flags_omitted + fields_omitted,
        operator_id: event.operator_id,
        event_id: event.id.to_string(),
        delivery_id,
    };
    Ok(Message {
        subject: subject(mail.severity, mail.event_type),
        html: NotificationHtml { mail }.render()?,
        text: NotificationText { mail }.render()?,
    })
}

struct Team<'a> {
    title: &'a str,
    body: String,
    preview: String,
    fields: Vec<Row>,
    omitted: usize,
    source_url: Option<&'a Url>,
    severity: &'static str,
    /// The severity that selects the colour.
    tone: &'static str,
    at: String,
    name: &'a str,
    operator_id: OperatorId,
    event_id: String,
    delivery_id: Option<DeliveryId>,
}

#[derive(Template)]
#[template(path = "team.html")]
struct TeamHtml<'a> {
    mail: &'a Team<'a>,
}

#[derive(Template)]
#[template(path = "team.txt")]
struct TeamText<'a> {
    mail: &'a Team<'a>,
}

/// Builds the mail about an event to a team, in which the destination is called `name`. A test has no delivery.
///
/// # Errors
/// As [`notification`].
pub fn team(event: &Event, api: ApiKind, name: &str, delivery_id: Option<DeliveryId>) -> askama::Result<Message> {
    let Notification { title, body, fields, source_url, .. } = &Notification::of(event);
    let body = shown(body, MAX_VALUE);
    let fields =
        fields.iter().map(|field| Row { name: field.label.clone(), mark: String::new(), value: field.value.clone() });
    let (fields, omitted) = fitting(fields, &mut MAX_ROWS.saturating_sub(escaped(&body)));
    let title = &*shown(title, MAX_SUBJECT);
    let mail = &Team {
        title,
        preview: shown(&body, MAX_PREVIEW),
        body,
        fields,
        omitted,
        source_url: source_url.as_ref(),
        severity: event.severity.name(api),
        tone: event.severity.stack_name(),
        at: readable(event.timestamp),
        name,
        operator_id: event.operator_id,
        event_id: event.id.to_string(),
        delivery_id,
    };
    Ok(Message {
        subject: subject(mail.severity, title),
        html: TeamHtml { mail }.render()?,
        text: TeamText { mail }.render()?,
    })
}

struct CodeMail<'a> {
    code: &'a str,
    minutes: u64,
    operator: &'a str,
    address: &'a str,
}

#[derive(Template)]
#[template(path = "code.html")]
struct CodeHtml<'a> {
    mail: &'a CodeMail<'a>,
}

#[derive(Template)]
#[template(path = "code.txt")]
struct CodeText<'a> {
    mail: &'a CodeMail<'a>,
}

/// Builds the mail with a verification code for `address`. `operator` is the name of the operator that requested it.
///
/// # Errors
/// As [`notification`].
pub fn verification(code: &Code, address: &str, operator: &str) -> askama::Result<Message> {
    let mail = &CodeMail { code: code.reveal(), minutes: LIFETIME.as_secs() / 60, operator, address };
    Ok(Message {
        subject: format!("{} is your verification code", mail.code),
        html: CodeHtml { mail }.render()?,
        text: CodeText { mail }.render()?,
    })
}

struct UnhealthyMail<'a> {
    notice: &'a Notice,
    at: String,
    steps: Vec<(&'static str, String)>,
    operator_id: OperatorId,
    event_id: String,
}

#[derive(Template)]
#[template(path = "unhealthy.html")]
struct UnhealthyHtml<'a> {
    mail: &'a UnhealthyMail<'a>,
}

#[derive(Template)]
#[template(path = "unhealthy.txt")]
struct UnhealthyText<'a> {
    mail: &'a UnhealthyMail<'a>,
}

/// Builds the mail that notifies the operator of an unhealthy destination. `event` is the event that reports it, and
/// `call` writes the API call of a step.
///
/// # Errors
/// As [`notification`].
pub fn unhealthy(event: &Event, notice: &Notice, call: impl Fn(Step) -> String) -> askama::Result<Message> {
    let mail = &UnhealthyMail {
        notice,
        at: readable(notice.since),
        steps: notice.steps().into_iter().map(|step| (description(step), call(step))).collect(),
        operator_id: event.operator_id,
        event_id: event.id.to_string(),
    };
    Ok(Message {
        subject: match notice.kind {
            Kind::Email | Kind::OpsEmail => "An email destination is unhealthy".to_owned(),
            Kind::Sms => "An SMS destination is unhealthy".to_owned(),
            Kind::Webhook => "A webhook destination is unhealthy".to_owned(),
            kind => format!("A {} destination is unhealthy", kind.title()),
        },
        html: UnhealthyHtml { mail }.render()?,
        text: UnhealthyText { mail }.render()?,
    })
}

fn description(step: Step) -> &'static str {
    match step {
        Step::Verify => "Fix the endpoint, then verify it",
        Step::AskForCode => "Ask for a code",
        Step::EnterCode => "Verify with it",
        Step::Test => "Fix it, then test it",
        Step::Recover { .. } => "Send what it missed",
    }
}

/// Formats a time for people.
fn readable(at: jiff::Timestamp) -> String {
    at.strftime("%-d %B %Y, %H:%M:%S UTC").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{
        DestinationId, Severity,
        health::{PausedRule, Subject},
        testing,
        time::now,
    };

    fn event(data: &str) -> Event {
        let timestamp = "2026-04-15T10:05:00Z".parse().expect("a time");
        Event { timestamp, data: data.into(), ..testing::event("passport.flagged", Severity::Medium) }
    }

    #[test]
    fn a_notification_says_how_serious_what_and_all_of_it() {
        let event = event(
            r#"{"jti": "ppt_abc123", "flags": [
                {"type": "undeclared_service", "severity": "warning", "message": "Agent accessed slack"}]}"#,
        );
        let delivery_id = DeliveryId::new(DestinationId::generate(), event.id);
        let message = notification(&event, Some(delivery_id)).expect("a mail");
        assert_eq!(message.subject, "[WARNING] passport.flagged");
        let id = delivery_id.to_string();
        for part in [&message.html, &message.text] {
            for words in ["jti", "ppt_abc123", "Agent accessed slack", "undeclared_service", "15 April 2026", &id] {
                assert!(part.contains(words), "{words} is missing: {part}");
            }
        }
        assert_eq!(message.text.matches("Agent accessed slack").count(), 1);
    }

    #[test]
    fn what_an_event_says_is_text_and_never_markup() {
        let message = notification(
            &event(
                r#"{"<b>name</b>": "<script>alert(1)</script>", "message": "a < b & \"c\"", "flags": [
                {"type": "<i>", "severity": "x", "message": "<img src=x onerror=alert(1)>"}]}"#,
            ),
            None,
        )
        .expect("a mail");
        for markup in ["<script", "<b>name", "<img", "<i>"] {
            assert!(!message.html.contains(markup), "{markup}");
        }
        assert!(message.text.contains("<script>alert(1)</script>"), "as it is in the text part");
    }

    #[test]
    fn a_mail_to_a_team_has_title_text_facts_and_link_as_text() {
        let data = r#"{"title": "Drop <b>x</b>", "body": "a < b\nc", "fields": [{"label": "<i>", "value": "0.04"}],
            "sourceUrl": "https://app.example.com/ops?a=1&b=2"}"#;
        let message = team(&event(data), ApiKind::Providers, "#ops <alerts>", None).expect("a mail");
        assert_eq!(message.subject, "[WARNING] Drop <b>x</b>");
        for words in ["Drop <b>x</b>", "a < b\nc", "<i>: 0.04", "https://app.example.com/ops?a=1&b=2", "#ops <alerts>"]
        {
            assert!(message.text.contains(words), "{words} is missing: {}", message.text);
        }
        for markup in ["<b>x", "<i>", "<alerts>"] {
            assert!(!message.html.contains(markup), "{markup}");
        }
        assert!(
            message.html.contains("0.04") && message.html.contains("href=\"https://app.example.com/ops?a=1&#38;b=2\"")
        );
        let long = team(&event(&format!(r#"{{"title": "{}"}}"#, "é".repeat(400))), ApiKind::Config, "x", None);
        assert!(long.expect("a mail").subject.chars().count() < 220);
    }

    #[test]
    fn shown_and_omitted_fields_add_up_to_the_posted_ones() {
        let posted = |count: usize, value: &str| {
            let fields: Vec<_> = (0..count).map(|i| format!(r#""f{i}": {{"a": "{value}"}}"#)).collect();
            event(&format!(r#"{{"message": "{value}", "copy": "{value}", {}}}"#, fields.join(",")))
        };
        for (count, value) in [(45, "x"), (60, "x"), (100, "x"), (100, &*"語".repeat(900)), (60, &*"&".repeat(2000))] {
            let event = posted(count, value);
            for message in
                [notification(&event, None).expect("a mail"), team(&event, ApiKind::Config, "x", None).expect("a mail")]
            {
                let shown = (0..count).filter(|i| message.text.contains(&format!("\nf{i}.a: {value}\n"))).count();
                let copied = usize::from(message.text.contains(&format!("\ncopy: {value}\n")));
                let left_out = 1 + count - shown - copied;
                let said = format!("And {left_out} more");
                assert_eq!(left_out > 0, message.text.contains(&said), "{count} of {}: {left_out}", value.len());
                assert_eq!(left_out > 0, message.html.contains(&said));
                assert!(value.len() > 1 || left_out == 0);
                assert!(message.html.len() < 100_000, "{}", message.html.len());
            }
        }
    }

    #[test]
    fn nothing_that_is_mailed_loads_anything_from_elsewhere() {
        let html = notification(&event("{}"), None).expect("a mail").html;
        for outside in ["http:", "https:", "<img", "<link", "<script", "url("] {
            assert!(!html.contains(outside), "{outside}");
        }
    }

    #[test]
    fn a_code_is_in_both_parts() {
        let code = Code::generate();
        let message = verification(&code, "a@example.com", "Ann & Co <x>").expect("a mail");
        assert!(message.html.contains(code.reveal()) && message.text.contains(code.reveal()));
        assert!(message.html.contains("Ann &#38; Co &#60;x&#62;"), "{}", message.html);
        assert!(message.text.contains("Ann & Co <x>") && message.text.contains("10 minutes"));
    }

    #[test]
    fn an_unhealthy_destination_is_reported_with_next_steps() {
        let destination_id = DestinationId::generate();
        let rule = PausedRule {
            id: domain::RuleId::generate().to_string(),
            events: vec!["agent.blocked".try_into().expect("")],
        };
        let notice = Notice {
            subject: Some(Subject::Destination(destination_id.to_string())),
            name: None,
            kind: Kind::Webhook,
            destination: "https://example.com/hooks".into(),
            delivery_id: None,
            reason: "answered 500 Internal Server Error".into(),
            last_answer: Some("<h1>down</h1>".into()),
            since: now(),
            paused_rules: vec![rule.clone()],
            more_paused: 0,
            console_url: Some("https://api.example.com/console/#/destinations/x".into()),
        };
        let call = |step| format!("POST /{destination_id}/{}", if step == Step::Verify { "verify" } else { "recover" });
        let message = unhealthy(&event("{}"), &notice, call).expect("a mail");
        let verify = format!("1. Fix the endpoint, then verify it: POST /{destination_id}/verify\n");
        let recover = format!("2. Send what it missed: POST /{destination_id}/recover\n");
        assert!(message.text.contains(&verify) && message.text.contains(&recover), "{}", message.text);
        let verify = format!("POST /{destination_id}/verify");
        for words in ["https://example.com/hooks", "answered 500", "agent.blocked", &rule.id.to_string(), &verify] {
            assert!(message.html.contains(words) && message.text.contains(words), "{words}");
        }
        assert!(!message.html.contains("<h1>down"));
        assert!(message.html.contains("href=\"https://api.example.com/console/#/destinations/x\""), "{}", message.html);
        assert!(message.text.contains("\nhttps://api.example.com/console/#/destinations/x\n"), "{}", message.text);
    }
}
