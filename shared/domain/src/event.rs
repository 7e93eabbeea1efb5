//! Events, as they are posted and as they are stored.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{
    EventId, EventType, OperatorId, ProjectId, Severity, catalogue,
    fingerprint::canonical,
    packed::{self, Text},
    severity,
    surrogates::repaired,
    time,
};

/// The largest `data` of an event, in bytes.
pub const MAX_DATA: usize = packed::MAX_TEXT;
/// The longest idempotency key, resource name or project id, in bytes.
pub const MAX_NAME: usize = 256;

/// The type of resource of events about mails.
pub const MESSAGE: &str = "message";

/// The subject of an event, such as a message; finds its timeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Resource {
    /// The kind of thing, e.g. `message`; 1 to 256 bytes.
    #[serde(rename = "type")]
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 256))]
    pub kind: String,
    /// Which one, 1 to 256 bytes.
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 256))]
    pub id: String,
}

/// An event as its producer writes it, in the API and on the queue.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PostedEvent {
    /// A type of the catalogue, or `custom.<anything>`.
    #[serde(rename = "type")]
    #[cfg_attr(feature = "openapi", schema(value_type = EventType))]
    pub event_type: String,
    /// `info`, `low`, `medium`, `warning`, `high` or `critical`; by default the type's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<severity::PostedSeverity>, example = "warning"))]
    pub severity: Option<String>,
    /// When it happened, RFC 3339; by default now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(format = DateTime, example = "2026-04-15T10:05:00.000Z"))]
    pub timestamp: Option<String>,
    /// Any JSON object: it is passed on as it is, byte for byte.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub data: Box<RawValue>,
    /// The producer's own id, 1 to 256 bytes: a repeat within 24 h is the same event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 256))]
    pub id: Option<String>,
    /// What it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<Resource>,
    /// The project it belongs to, 1 to 256 bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "openapi",
        schema(
            min_length = 1,
            max_length = 256,
            pattern = r"^[^\x00-\x20\x7f-\xa0]([^\x00-\x1f\x7f-\x9f]*[^\x00-\x20\x7f-\xa0])?$"
        )
    )]
    pub project_id: Option<String>,
}

/// Why a posted event is invalid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{field}`: {problem}")]
pub struct InvalidEvent {
    /// The field's name, as the producer wrote it.
    pub field: Cow<'static, str>,
    /// What is wrong, and what to send instead.
    pub problem: String,
}

fn invalid<T>(field: impl Into<Cow<'static, str>>, problem: impl Into<String>) -> Result<T, InvalidEvent> {
    Err(InvalidEvent { field: field.into(), problem: problem.into() })
}

/// An event as it is stored and delivered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// The id of its operator.
    pub operator_id: OperatorId,
    /// Its id, assigned when it was accepted.
    pub id: EventId,
    /// What happened.
    #[serde(rename = "type")]
    pub event_type: EventType,
    /// How serious it is.
    pub severity: Severity,
    /// When it happened.
    #[serde(with = "crate::time::millis")]
    pub timestamp: Timestamp,
    /// The posted JSON object, byte for byte.
    pub data: Text,
    /// What it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<Resource>,
    /// The project it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project_id: Option<ProjectId>,
}

/// The fields of a posted event that are parsed.
struct Checked {
    event_type: EventType,
    severity: Severity,
    timestamp: Option<Timestamp>,
    project_id: Option<ProjectId>,
}

impl PostedEvent {
    /// The same bytes for every JSON spelling of this event: two posts with the same fingerprint are the same event,
    /// and two posts that differ in anything else have different ones.
    pub fn fingerprint(&self) -> Vec<u8> {
        let Self { event_type, severity, timestamp, data, id, resource, project_id } = self;
        let resource = resource.as_ref().map(|resource| (&resource.kind, &resource.id));
        // `Debug` writes texts and options in exactly one way each.
        format!("{:?}", (event_type, severity, timestamp, id, resource, project_id, canonical(data))).into_bytes()
    }

    /// Checks every field.
    ///
    /// # Errors
    /// The first invalid field, and what to send instead.
    pub fn check(&self) -> Result<(), InvalidEvent> {
        self.checked(self.data.get()).map(drop)
    }

    /// Checks the fields, and returns the ones that are parsed.
    fn checked(&self, data: &str) -> Result<Checked, InvalidEvent> {
        let event_type = EventType::try_from(&*self.event_type)
            .map_err(|e| InvalidEvent { field: "type".into(), problem: e.to_string() })?;
        let severity = match self.severity.as_deref() {
            None => event_type.default_severity(),
            Some(name) => match Severity::from_name(name) {
                Some(severity) => severity,
                None => {
                    return invalid("severity", format!("{name:?} is not one of {}", severity::NAMES.join(", ")));
                }
            },
        };
        let timestamp = match self.timestamp.as_deref().map(time::read) {
            Some(Err(problem)) => return invalid("timestamp", problem),
            Some(Ok(at)) => Some(at),
            None => None,
        };
        if !data.starts_with('{') {
            return invalid("data", "send a JSON object");
        }
        if data.len() > MAX_DATA {
            return invalid("data", format!("has {} bytes; send at most {MAX_DATA}", data.len()));
        }
        if let Some(wrong) = catalogue::find(event_type.as_str()).and_then(|entry| entry.check(data).err()) {
            let field = if wrong.path.is_empty() { "data".to_owned() } else { format!("data.{}", wrong.path) };
            return invalid(field, format!("{}; see the type {event_type} in {}", wrong.problem, catalogue::LISTED_BY));
        }
        let resource_parts = self.resource.iter().flat_map(|r| [("resource.type", &r.kind), ("resource.id", &r.id)]);
        let names = [("id", &self.id), ("project_id", &self.project_id)];
        let names = names.into_iter().filter_map(|(field, name)| Some((field, name.as_ref()?)));
        for (field, name) in names.chain(resource_parts) {
            if name.is_empty() || name.len() > MAX_NAME {
                return invalid(field, format!("send 1 to {MAX_NAME} bytes"));
            }
        }
        let project_id = match self.project_id.as_deref().map(ProjectId::parse) {
            Some(Err(problem)) => return invalid("project_id", problem),
            Some(Ok(id)) => Some(id),
            None => None,
        };
        Ok(Checked { event_type, severity, timestamp, project_id })
    }

    /// Checks every field, and gives the event its operator and its id. A missing `timestamp` becomes the id's time, so
    /// that a repeat with the same id is the same event.
    ///
    /// # Errors
    /// As [`PostedEvent::check`].
    pub fn accept(mut self, operator_id: OperatorId, id: EventId) -> Result<Event, InvalidEvent> {
        let data = std::mem::take(&mut self.data);
        self.with(Box::<str>::from(data).into_string().into(), operator_id, id)
    }

    /// As [`PostedEvent::accept`], for an event from our own queue, whose `data` may be [compressed](Self::packed).
    ///
    /// # Errors
    /// As [`PostedEvent::check`].
    pub fn received(self, operator_id: OperatorId, id: EventId) -> Result<Event, InvalidEvent> {
        match Text::of_packed_json(self.data.get()) {
            Some(data) => self.with(data, operator_id, id),
            None => self.accept(operator_id, id),
        }
    }

    fn with(self, data: Text, operator_id: OperatorId, id: EventId) -> Result<Event, InvalidEvent> {
        let Checked { event_type, severity, timestamp, project_id } = self.checked(&data)?;
        let resource = self.resource.or_else(|| message(&event_type, &data));
        Ok(Event {
            operator_id,
            id,
            event_type,
            severity,
            timestamp: timestamp.unwrap_or_else(|| id.made_at()),
            data,
            resource,
            project_id,
        })
    }

    /// The event for our own queue: long `data` is compressed, so that it is escaped, parsed and compressed only once.
    /// [`PostedEvent::received`] reads it.
    #[must_use]
    pub fn packed(self) -> Self {
        let packed = Text::packed_json(self.data.get()).and_then(|json| RawValue::from_string(json).ok());
        Self { data: packed.unwrap_or(self.data), ..self }
    }
}

/// The message named in `data`, for an event about mail that has no `resource`.
fn message(event_type: &EventType, data: &str) -> Option<Resource> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct About {
        message_id: String,
    }
    if !event_type.is_mail() {
        return None;
    }
    let About { message_id: id } = serde_json::from_str(&repaired(data)).ok()?;
    let fits = !id.is_empty() && id.len() <= MAX_NAME;
    fits.then(|| Resource { kind: MESSAGE.to_owned(), id })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accept(json: &str) -> Result<Event, InvalidEvent> {
        let posted: PostedEvent = serde_json::from_str(json).expect("JSON of the right shape");
        posted.accept(OperatorId::generate(), EventId::generate())
    }

    #[test]
    fn defaults_come_from_the_type_and_the_id() {
        let event = accept(r#"{"type": "passport.blocked", "data": {"b": 1, "a":  2}}"#).expect("valid");
        assert_eq!(event.severity, Severity::Critical);
        assert_eq!(event.timestamp, event.id.made_at());
        assert_eq!(&*event.data, r#"{"b": 1, "a":  2}"#, "byte for byte");
    }

    #[test]
    fn long_data_goes_through_the_queue_in_compressed_form() {
        for length in [10, 10_000] {
            let data = format!(r#"{{"x": "{}", "a":  "\u00e9\\"}}"#, "ab".repeat(length / 2));
            let json = format!(r#"{{"type": "custom.a", "data": {data}, "id": "1"}}"#);
            let posted: PostedEvent = serde_json::from_str(&json).expect("JSON of the right shape");
            let message = serde_json::to_string(&posted.clone().packed()).expect("JSON");
            assert!(message.len() < 500, "{}", message.len());
            let read: PostedEvent = serde_json::from_str(&message).expect("JSON of the right shape");
            let (operator, id) = (OperatorId::generate(), EventId::generate());
            let received = read.clone().received(operator, id).expect("valid");
            assert_eq!(received, posted.accept(operator, id).expect("valid"));
            assert_eq!(&*received.data, data);
            // Others cannot post the compressed form.
            assert_eq!(read.check().is_err(), length > 1000);
        }
    }

    #[test]
    fn a_fingerprint_is_of_the_content_and_not_of_its_spelling() {
        let of = |json: &str| serde_json::from_str::<PostedEvent>(json).expect("JSON of the right shape").fingerprint();
        let first = of(r#"{"type": "custom.a", "data": {"a": 1, "b": 2}}"#);
        assert_eq!(first, of(r#"{"data": {"b":2,"a":1}, "type":"custom.a"}"#));
        assert_ne!(first, of(r#"{"type": "custom.a", "data": {"a": 1, "b": 3}}"#));
        // Text that a JSON value cannot represent must still differ.
        let half = |half: &str| format!(r#"{{"type":"custom.a","data":{{"a":"{half}"}}}}"#);
        assert_ne!(of(&half(r"\ud83d")), of(&half(r"\ud83e")));
    }

    #[test]
    fn the_message_of_an_event_about_mail_is_what_it_is_about() {
        let resource = |json: &str| accept(json).expect("valid").resource.map(|about| (about.kind, about.id));
        let about = |kind: &str, id: &str| Some((kind.to_owned(), id.to_owned()));
        let sent = r#"{"type": "mail.message.sent", "data": {"messageId": "m-1"}}"#;
        assert_eq!(resource(sent), about("message", "m-1"));
        let with_another = r#"{"type": "mail.message.sent", "data": {"messageId": "m-1"}, "resource": {"type": "order", "id": "o-1"}}"#;
        assert_eq!(resource(with_another), about("order", "o-1"), "what its producer says");
        assert_eq!(resource(r#"{"type": "custom.a", "data": {"messageId": "m-1"}}"#), None);
    }

    #[test]
    fn each_bad_field_is_named() {
        for (field, json) in [
            ("type", r#"{"type": "nonsense", "data": {}}"#),
            ("severity", r#"{"type": "custom.a", "severity": "loud", "data": {}}"#),
            ("timestamp", r#"{"type": "custom.a", "timestamp": "yesterday", "data": {}}"#),
            ("data", r#"{"type": "custom.a", "data": []}"#),
            ("id", r#"{"type": "custom.a", "id": "", "data": {}}"#),
            ("data", r#"{"type": "mail.message.sent", "data": {}}"#),
            ("data.flags[0].type", r#"{"type": "agent.blocked", "data": {"flags": [{"type": 1}]}}"#),
            ("project_id", r#"{"type": "custom.a", "project_id": " web", "data": {}}"#),
            ("project_id", r#"{"type": "custom.a", "project_id": "we\u0000b", "data": {}}"#),
            ("resource.id", r#"{"type": "custom.a", "resource": {"type": "message", "id": ""}, "data": {}}"#),
        ] {
            assert_eq!(accept(json).expect_err(json).field, field);
        }
        let large = format!(r#"{{"type": "custom.a", "data": {{"x": "{}"}}}}"#, "x".repeat(MAX_DATA));
        assert_eq!(accept(&large).expect_err("too large").field, "data");
    }
}
