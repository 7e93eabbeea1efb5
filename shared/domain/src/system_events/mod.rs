//! The events that this service emits about its own work, ready for the queue.
//!
//! Each id is derived from the content of the event, so an event that is emitted again after a worker died is the same
//! event.

mod message;
mod otp;
mod webhook;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::value::to_raw_value;

use crate::{
    EventId, OperatorId,
    catalogue::mail::{self, name},
    destination::Suppression,
    event::{PostedEvent, Resource},
    message::Ingest,
    time::rfc3339,
};

pub use message::{Mail, MailKind};
pub use otp::{Otp, OtpCancellation, OtpFailure};
pub use webhook::{Disabling, SubscriptionChange, delivery, subscription};

/// What ended the suppression of an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SuppressionEnd {
    /// The address was verified again.
    Verification,
    /// A request of the API.
    Api,
}

impl SuppressionEnd {
    fn as_str(self) -> &'static str {
        match self {
            Self::Verification => "verification",
            Self::Api => "api",
        }
    }
}

/// Creates an event about something that happened at `at`. `what` distinguishes it from other events of its type at the
/// same time.
///
/// # Errors
/// When `data` cannot be written as JSON, which our types rule out.
pub fn own(
    operator_id: OperatorId,
    name: &str,
    at: Timestamp,
    what: &[&str],
    resource: Option<(&str, String)>,
    data: &impl Serialize,
) -> serde_json::Result<Ingest> {
    let parts: Vec<_> = std::iter::once(name).chain(what.iter().copied()).collect();
    let event = PostedEvent {
        event_type: name.to_owned(),
        severity: None,
        timestamp: Some(rfc3339(at)),
        data: to_raw_value(data)?,
        id: None,
        resource: resource.map(|(kind, id)| Resource { kind: kind.to_owned(), id }),
        project_id: None,
    };
    Ok(Ingest::new(operator_id, EventId::derived(at, &parts), event))
}

/// Mail to an address was suppressed.
///
/// # Errors
/// As [`own`].
pub fn suppressed(suppression: &Suppression) -> serde_json::Result<Ingest> {
    let data = suppression_data(suppression, suppression.reason.to_string());
    suppression_event(suppression, name::SUPPRESSION_CREATED, suppression.since, &data)
}

/// The suppression of an address ended.
///
/// # Errors
/// As [`own`].
pub fn unsuppressed(suppression: &Suppression, by: SuppressionEnd, at: Timestamp) -> serde_json::Result<Ingest> {
    let data = suppression_data(suppression, by.as_str().to_owned());
    suppression_event(suppression, name::SUPPRESSION_DELETED, at, &data)
}

fn suppression_data(suppression: &Suppression, reason: String) -> mail::Suppression {
    mail::Suppression {
        email: crate::catalogue::Name::of(&suppression.address),
        reason: Some(reason),
        detail: Some(suppression.detail.clone()).filter(|detail| !detail.is_empty()),
        message_id: suppression.message_id.map(|id| id.to_string()),
        delivery_id: suppression.delivery_id.map(|id| id.to_string()),
    }
}

fn suppression_event(
    suppression: &Suppression,
    name: &str,
    at: Timestamp,
    data: &mail::Suppression,
) -> serde_json::Result<Ingest> {
    let resource = ("suppression", suppression.address.clone());
    own(suppression.operator_id, name, at, &[&suppression.uniqueness_key], Some(resource), data)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::destination::SuppressionReason;

    #[test]
    fn what_we_emit_is_what_the_catalogue_says() {
        let suppression = Suppression {
            operator_id: OperatorId::generate(),
            address: "a@example.com".into(),
            uniqueness_key: "k".into(),
            reason: SuppressionReason::Bounce,
            detail: "550 no such user".into(),
            since: crate::time::from_millis(1_700_000_000_000),
            delivery_id: None,
            message_id: None,
        };
        let emitted = suppressed(&suppression).expect("JSON");
        emitted.event.check().expect("of the type's shape");
        assert_eq!(
            emitted.event_id,
            suppressed(&suppression).expect("JSON").event_id,
            "emitted again, it is the same event"
        );
        assert_eq!(emitted.event_id.made_at(), suppression.since);
        let lifted = unsuppressed(&suppression, SuppressionEnd::Api, suppression.since).expect("JSON");
        lifted.event.check().expect("of the type's shape");
        assert_ne!(emitted.event_id, lifted.event_id);
        assert_eq!(lifted.event.resource.expect("a resource").id, "a@example.com");
    }
}
