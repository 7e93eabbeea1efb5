//! Events in the life of a mail: queued, sending, sent; deferred, failed, bounced, suppressed.

use std::time::Duration;

use jiff::Timestamp;

use super::own;
use crate::{
    Attempt, DeliveryId, Destination, EventType, MessageId, OperatorId,
    catalogue::mail::{Message, name},
    event::MESSAGE,
    feedback::Feedback,
    message::Ingest,
    shard::Shard,
};

/// A mail whose events are emitted.
#[derive(Debug, Clone)]
pub struct Mail {
    operator_id: OperatorId,
    id: MessageId,
    data: Message,
    log_only: bool,
    /// The shard of the event that the mail is about. Events about the mail go to the same shard.
    shard: Shard,
}

/// What a mail is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailKind {
    /// It tells of an event.
    Notification,
    /// It contains a verification code.
    Verification,
    /// It tests a destination.
    Test,
}

impl MailKind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Notification => "notification",
            Self::Verification => "verification",
            Self::Test => "test",
        }
    }
}

impl Mail {
    /// The mail of a delivery; `to` is its destination, if that is known.
    ///
    /// If the mail is about an event of the Mail API, its own events are only logged, because such an event may itself
    /// be about a mail.
    pub fn of(delivery: DeliveryId, event_type: &EventType, operator_id: OperatorId, to: Option<&Destination>) -> Self {
        let id = MessageId::from(delivery);
        let data = Message {
            to: to.map(|to| to.destination.clone()),
            kind: Some(MailKind::Notification.as_str().to_owned()),
            delivery_id: Some(delivery.to_string()),
            destination_id: to.map(Destination::public_id),
            event_id: Some(delivery.event.to_string()),
            event_type: Some(event_type.to_string()),
            ..Message::of(id)
        };
        Self { operator_id, id, data, log_only: event_type.is_mail(), shard: delivery.event.shard() }
    }

    /// A mail that does not belong to a delivery.
    pub fn other(id: MessageId, to: &Destination, kind: MailKind) -> Self {
        let data = Message {
            to: Some(to.destination.clone()),
            kind: Some(kind.as_str().to_owned()),
            destination_id: Some(to.public_id()),
            ..Message::of(id)
        };
        Self { operator_id: to.operator_id, id, data, log_only: false, shard: Shard::FIRST }
    }

    /// The mail that a report of the mail service is about; `None` if this service did not send it.
    pub fn reported(feedback: &Feedback) -> Option<Self> {
        let (operator_id, id) = (feedback.operator_id?, feedback.mail_id?);
        let data = Message {
            delivery_id: feedback.delivery_id.map(|id| id.to_string()),
            event_id: feedback.delivery_id.map(|id| id.event.to_string()),
            provider_message_id: Some(feedback.message_id.clone()),
            ..Message::of(id)
        };
        let shard = feedback.delivery_id.map_or(Shard::FIRST, |id| id.event.shard());
        Some(Self { operator_id, id, data, log_only: feedback.log_only, shard })
    }

    /// The mail's id.
    pub fn id(&self) -> MessageId {
        self.id
    }

    /// The mail waits to be sent.
    ///
    /// # Errors
    /// As [`own`], here and below.
    pub fn queued(&self, at: Timestamp) -> serde_json::Result<Ingest> {
        self.emit(name::MESSAGE_QUEUED, at, "", self.data.clone())
    }

    /// The start of an attempt to hand the mail to the mail service, and its result. `next_attempt_at` is set if there
    /// will be another attempt.
    pub fn attempted(&self, attempt: &Attempt, next_attempt_at: Option<Timestamp>) -> serde_json::Result<[Ingest; 2]> {
        let number = attempt.number.to_string();
        let begun = Message { attempt: Some(attempt.number.into()), ..self.data.clone() };
        let ended = match (attempt.succeeded(), next_attempt_at) {
            (true, _) => name::MESSAGE_SENT,
            (false, Some(_)) => name::MESSAGE_DEFERRED,
            (false, None) => name::MESSAGE_FAILED,
        };
        let data = Message {
            provider_message_id: attempt.response.clone().filter(|_| attempt.succeeded()),
            reason: attempt.error.clone(),
            next_attempt_at: next_attempt_at.filter(|_| !attempt.succeeded()),
            ..begun.clone()
        };
        Ok([
            self.emit(name::MESSAGE_SENDING, attempt.at, &number, begun)?,
            self.emit(ended, attempt.at + Duration::from_millis(attempt.duration_ms), &number, data)?,
        ])
    }

    /// The mail was not sent because its address is suppressed. `number` is the attempt that was skipped.
    pub fn suppressed(&self, at: Timestamp, number: u32, reason: String) -> serde_json::Result<Ingest> {
        let data = Message { attempt: Some(number.into()), reason: Some(reason), ..self.data.clone() };
        self.emit(name::MESSAGE_SUPPRESSED, at, &number.to_string(), data)
    }

    /// The receiving server does not accept the mail at the moment; the mail service keeps trying.
    pub fn delayed(&self, at: Timestamp, reason: &str) -> serde_json::Result<Ingest> {
        self.report(name::MESSAGE_DEFERRED, at, reason)
    }

    /// The mail bounced.
    pub fn bounced(&self, at: Timestamp, reason: &str) -> serde_json::Result<Ingest> {
        self.report(name::MESSAGE_BOUNCED, at, reason)
    }

    /// The mail service accepted the mail and then refused to send it.
    pub fn rejected(&self, at: Timestamp, reason: &str) -> serde_json::Result<Ingest> {
        self.report(name::MESSAGE_FAILED, at, reason)
    }

    fn report(&self, name: &str, at: Timestamp, reason: &str) -> serde_json::Result<Ingest> {
        let provider_message_id = self.data.provider_message_id.clone().unwrap_or_default();
        let data = Message { reason: Some(reason.to_owned()), ..self.data.clone() };
        self.emit(name, at, &provider_message_id, data)
    }

    fn emit(&self, name: &str, at: Timestamp, which: &str, data: Message) -> serde_json::Result<Ingest> {
        let id = self.id.to_string();
        let event = own(self.operator_id, name, at, &[&id, which], Some((MESSAGE, id.clone())), &data)?;
        Ok(Ingest { log_only: self.log_only, ..event.in_shard(self.shard) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        ApiKind, Delivery, DestinationId, Severity, delivery::Fault, lifecycle::Fate, testing::event, time::now,
    };

    fn delivery(event_type: &str) -> Delivery {
        let event = event(event_type, Severity::Info);
        let id = DeliveryId::new(DestinationId::generate(), event.id);
        Delivery::new(id, event.operator_id, &event.event_type, ApiKind::Stack, Fate::Send, now())
    }

    fn mail(delivery: &Delivery) -> Mail {
        Mail::of(delivery.id, &delivery.event_type, delivery.operator_id, None)
    }

    fn attempt(number: u32, error: Option<&str>) -> Attempt {
        let (error, fault) = (error.map(str::to_owned), Fault::Carrier);
        let (response, signatures) = (Some("ses-1".into()), Default::default());
        Attempt {
            number,
            at: now(),
            duration_ms: 5,
            status: None,
            error,
            fault,
            response,
            note: None,
            signatures,
            response_headers: None,
        }
    }

    #[test]
    fn an_attempt_event_contains_the_outcome() {
        let delivery = delivery("custom.a");
        let mail = mail(&delivery);
        let ended = |attempt: &Attempt, next| {
            let [begun, ended] = mail.attempted(attempt, next).expect("JSON");
            begun.event.check().and(ended.event.check()).expect("of the types' shapes");
            assert_eq!(begun.event.event_type, "mail.message.sending");
            (ended.event.event_type, ended.event.data.get().to_owned())
        };
        let (sent, data) = ended(&attempt(1, None), None);
        assert_eq!(sent, "mail.message.sent");
        assert!(data.contains(r#""providerMessageId":"ses-1""#), "{data}");
        let (deferred, data) = ended(&attempt(2, Some("throttled")), Some(now()));
        assert_eq!(deferred, "mail.message.deferred");
        assert!(data.contains("nextAttemptAt") && data.contains("throttled"), "{data}");
        assert_eq!(ended(&attempt(3, Some("gone")), None).0, "mail.message.failed");
    }

    #[test]
    fn each_step_has_one_id_however_often_it_is_reported() {
        let delivery = delivery("custom.a");
        let mail = mail(&delivery);
        let first = attempt(1, Some("throttled"));
        let emitted = mail.attempted(&first, Some(now())).expect("JSON").map(|event| event.event_id);
        assert_eq!(emitted, mail.attempted(&first, Some(now())).expect("JSON").map(|event| event.event_id));
        let second = Attempt { number: 2, ..first };
        assert_ne!(emitted, mail.attempted(&second, Some(now())).expect("JSON").map(|event| event.event_id));
    }

    #[test]
    fn a_mail_about_a_mail_event_is_only_logged() {
        for (event_type, log_only) in
            [("custom.a", false), ("mail.message.sent", true), ("destination.unhealthy", false)]
        {
            let mail = mail(&delivery(event_type));
            assert_eq!(mail.queued(now()).expect("JSON").log_only, log_only, "{event_type}");
        }
    }
}
