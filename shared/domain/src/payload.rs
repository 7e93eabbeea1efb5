//! The bodies of webhook requests, in the format of each API. In each, `data` is the last field, and is the posted JSON
//! byte for byte.

use jiff::Timestamp;
use serde::Serialize;

use crate::{ApiKind, Event, EventId, EventType, OperatorId};

/// The body of a webhook of the STACK API.
#[derive(Serialize)]
struct Stack<'a> {
    event_type: &'a str,
    #[serde(with = "crate::time::text")]
    timestamp: Timestamp,
    operator_id: OperatorId,
    severity: &'static str,
}

/// Writes a body: the fields of `head`, and then `data`. It is copied rather than parsed, because it was parsed when the
/// event was accepted.
fn written(head: &impl Serialize, event: &Event) -> serde_json::Result<Vec<u8>> {
    /// Room for the other fields, so that the body is allocated once.
    const HEAD: usize = 256;
    let mut body = Vec::with_capacity(event.data.len() + HEAD);
    serde_json::to_writer(&mut body, head)?;
    // The closing brace, which follows `data` instead.
    body.pop();
    body.extend_from_slice(b",\"data\":");
    body.extend_from_slice(event.data.as_bytes());
    body.push(b'}');
    Ok(body)
}

/// Writes the body of a STACK API webhook about `event`. The bytes are the same at every attempt.
///
/// # Errors
/// When a field cannot be written as JSON.
pub fn stack(event: &Event) -> serde_json::Result<Vec<u8>> {
    let head = Stack {
        event_type: event.event_type.as_str(),
        timestamp: event.timestamp,
        operator_id: event.operator_id,
        severity: event.severity.stack_name(),
    };
    written(&head, event)
}

/// The body of a webhook of the Mail API.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Mail<'a> {
    id: EventId,
    #[serde(rename = "type")]
    event_type: &'a str,
    #[serde(with = "crate::time::text")]
    created_at: Timestamp,
}

/// The body of a webhook of the Providers or the Config API about an event.
#[derive(Serialize)]
struct Whole<'a> {
    id: EventId,
    #[serde(rename = "type")]
    event_type: &'a str,
    severity: &'static str,
    #[serde(with = "crate::time::text")]
    timestamp: Timestamp,
}

/// The body of a webhook of Stack Auth: the type and the data only.
#[derive(Serialize)]
struct StackAuth<'a> {
    #[serde(rename = "type")]
    event_type: &'a str,
}

/// Writes the body of a webhook about `event`, in the format of the API that created the webhook. The bytes are the
/// same at every attempt.
///
/// # Errors
/// As [`stack`].
pub fn of(api: ApiKind, event: &Event) -> serde_json::Result<Vec<u8>> {
    match api {
        ApiKind::Stack => stack(event),
        // An event that was posted as a notification is sent as it was posted.
        ApiKind::Providers if event.event_type == EventType::notification() => Ok(event.data.as_bytes().to_vec()),
        // A program reads this body, so it contains the posted data, not the readable form.
        ApiKind::Providers | ApiKind::Config => {
            let head = Whole {
                id: event.id,
                event_type: event.event_type.as_str(),
                severity: event.severity.name(api),
                timestamp: event.timestamp,
            };
            written(&head, event)
        }
        ApiKind::StackAuth => written(&StackAuth { event_type: event.event_type.as_str() }, event),
        ApiKind::Mail => {
            let head = Mail { id: event.id, event_type: event.event_type.as_str(), created_at: event.id.made_at() };
            written(&head, event)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Severity, testing};

    fn event(event_type: &str, data: &str) -> Event {
        let timestamp = "2026-04-15T10:05:00Z".parse().expect("a time");
        Event { timestamp, data: data.into(), ..testing::event(event_type, Severity::Medium) }
    }

    #[test]
    fn stack_auth_gets_the_type_and_the_data_byte_for_byte() {
        let event = event("user.created", r#"{"id": "u-1",  "display_name":"Zoë \u00e9", "n": 1.50}"#);
        let body = of(ApiKind::StackAuth, &event).expect("a body");
        let expected = r#"{"type":"user.created","data":{"id": "u-1",  "display_name":"Zoë \u00e9", "n": 1.50}}"#;
        assert_eq!(String::from_utf8(body).expect("text"), expected);
    }

    #[test]
    fn a_provider_gets_the_event_whole_and_what_was_sent_to_it_as_it_was_written() {
        let data = r#"{"title":"Down", "status":"Down",  "half": "\ud83d", "n": 1e400}"#;
        let posted = event("alert.fired", data);
        let expected = format!(
            r#"{{"id":"{}","type":"alert.fired","severity":"warning","timestamp":"2026-04-15T10:05:00.000Z","data":{data}}}"#,
            posted.id
        );
        assert_eq!(String::from_utf8(of(ApiKind::Providers, &posted).expect("a body")).expect("text"), expected);
        let sent = event(EventType::notification().as_str(), data);
        assert_eq!(of(ApiKind::Providers, &sent).expect("a body"), data.as_bytes());
    }

    #[test]
    fn the_body_has_the_published_fields_in_their_order() {
        let event = event("passport.flagged", r#"{"jti": "ppt_abc123"}"#);
        let body = String::from_utf8(stack(&event).expect("a body")).expect("text");
        let expected = format!(
            r#"{{"event_type":"passport.flagged","timestamp":"2026-04-15T10:05:00.000Z","operator_id":"{}","severity":"warning","data":{{"jti": "ppt_abc123"}}}}"#,
            event.operator_id
        );
        assert_eq!(body, expected);
    }
}
