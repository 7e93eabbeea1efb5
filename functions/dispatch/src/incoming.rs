//! From a message of whatever producer to an event: the API's, EventBridge's, SNS's, or anybody's whom the queue's
//! policy lets in.

use std::borrow::Cow;

use api::worker::Record;
use domain::{
    Event, EventId, EventType, OperatorId,
    message::{Ingest, LiveOtp, Part},
    time::now,
};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;
use store::{Events, StoreError, Verifications, events::Claim};

/// What a message asks for, and whether it may have been done before.
#[derive(Debug)]
pub(crate) struct Incoming {
    pub(crate) what: What,
    /// This very message was handed out before: a worker died with it, or could not finish it.
    pub(crate) again: bool,
}

#[derive(Debug)]
pub(crate) enum What {
    /// That an event be dispatched.
    Event(Arrival),
    /// That more deliveries be made of one that was.
    Part(Part),
}

/// An event on its way in.
#[derive(Debug)]
pub(crate) struct Arrival {
    pub(crate) event: Event,
    /// An event of this id was accepted before.
    pub(crate) repeat: bool,
    /// The event is for the operator's own address too, whatever its rules say.
    pub(crate) to_operator: bool,
    /// The event is for the log alone.
    pub(crate) log_only: bool,
}

impl Incoming {
    /// Whether both ask for the same.
    pub(crate) fn is_copy_of(&self, other: &Self) -> bool {
        self.event_id() == other.event_id() && self.part() == other.part()
    }

    /// The event, if it is one on its way in.
    pub(crate) fn arrival(&self) -> Option<&Arrival> {
        match &self.what {
            What::Event(arrival) => Some(arrival),
            What::Part(_) => None,
        }
    }

    /// The part, if it is one.
    pub(crate) fn part(&self) -> Option<&Part> {
        match &self.what {
            What::Event(_) => None,
            What::Part(part) => Some(part),
        }
    }

    /// Which event it is about.
    pub(crate) fn event_id(&self) -> EventId {
        match &self.what {
            What::Event(arrival) => arrival.event.id,
            What::Part(part) => part.event_id,
        }
    }

    /// Of which type.
    pub(crate) fn event_type(&self) -> &EventType {
        match &self.what {
            What::Event(arrival) => &arrival.event.event_type,
            What::Part(part) => &part.event_type,
        }
    }

    /// Whose.
    pub(crate) fn operator_id(&self) -> OperatorId {
        match &self.what {
            What::Event(arrival) => arrival.event.operator_id,
            What::Part(part) => part.operator_id,
        }
    }
}

/// Why a message is no event. It goes back to the queue, and after five times to the dead-letter queue, where it waits
/// to be mended: it is not lost.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unreadable {
    #[error("the message is no event: {0}")]
    Shape(#[from] serde_json::Error),
    #[error("the event is not valid: {0}")]
    Invalid(#[from] domain::event::InvalidEvent),
    #[error("the id was used for another event within 24 h")]
    OtherContent,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The envelopes that SNS and EventBridge put around a message, and what tells a part from an event. None of them has the
/// fields of another, nor an event any of these.
#[derive(Deserialize)]
struct Envelope<'a> {
    // SNS
    #[serde(borrow, rename = "Message")]
    message: Option<Cow<'a, str>>,
    #[serde(rename = "MessageId")]
    message_id: Option<Cow<'a, str>>,
    #[serde(rename = "Timestamp")]
    timestamp: Option<Timestamp>,
    // EventBridge
    #[serde(borrow)]
    detail: Option<&'a RawValue>,
    id: Option<Cow<'a, str>>,
    time: Option<Timestamp>,
    // Dispatch itself
    part: Option<u32>,
}

/// A message without its envelope.
enum Unwrapped {
    Event(Box<Posted>),
    Part(Part),
}

/// An event as its producer wrote it: when and under which name the producer's service took it, which stay the same when
/// the service delivers it twice.
struct Posted {
    ingest: Ingest,
    sent_at: Timestamp,
    name: String,
}

fn unwrap(record: &Record) -> Result<Unwrapped, serde_json::Error> {
    let envelope: Envelope<'_> = serde_json::from_str(&record.body)?;
    if envelope.part.is_some() {
        return serde_json::from_str(&record.body).map(Unwrapped::Part);
    }
    let posted = match (envelope.message, envelope.detail) {
        (Some(message), _) => Posted {
            ingest: serde_json::from_str(&message)?,
            sent_at: envelope.timestamp.unwrap_or(record.sent_at),
            name: format!("sns:{}", envelope.message_id.unwrap_or(Cow::Borrowed(&record.message_id))),
        },
        (None, Some(detail)) => Posted {
            ingest: serde_json::from_str(detail.get())?,
            sent_at: envelope.time.unwrap_or(record.sent_at),
            name: format!("eventbridge:{}", envelope.id.unwrap_or(Cow::Borrowed(&record.message_id))),
        },
        (None, None) => Posted {
            ingest: serde_json::from_str(&record.body)?,
            sent_at: record.sent_at,
            name: format!("sqs:{}", record.message_id),
        },
    };
    Ok(Unwrapped::Event(Box::new(posted)))
}

/// Reads a record; none when what it was to tell of has not come to pass.
pub(crate) async fn read(
    record: &Record,
    events: &Events,
    verifications: &Verifications,
) -> Result<Option<Incoming>, Unreadable> {
    let what = match unwrap(record)? {
        Unwrapped::Event(posted) => arrival(*posted, events, verifications).await?.map(What::Event),
        Unwrapped::Part(part) => Some(What::Part(part)),
    };
    Ok(what.map(|what| Incoming { what, again: record.received > 1 }))
}

/// The event, unless what it was to tell of has not come to pass. One that has no id yet gets one: of its own `id` where
/// it has one, else of its message's.
async fn arrival(
    Posted { ingest, sent_at, name }: Posted,
    events: &Events,
    verifications: &Verifications,
) -> Result<Option<Arrival>, Unreadable> {
    if let Some(otp) = &ingest.if_unused
        && !expired(otp, verifications).await?
    {
        return Ok(None);
    }
    let (operator_id, to_operator, log_only) = (ingest.operator_id, ingest.to_operator, ingest.log_only);
    // Of what the producer's service took, so that a message that comes twice is one event.
    let offered = EventId::derived(sent_at, &[&operator_id.to_string(), &name]);
    let (id, repeat) = match (ingest.event_id, &ingest.event.id) {
        (Some(id), _) => (id, ingest.repeat),
        (None, None) => (offered, false),
        (None, Some(key)) => {
            let key = format!("id:{key}");
            match events.claim(operator_id, &key, offered, &ingest.event.fingerprint(), now()).await? {
                Claim::New => (offered, false),
                Claim::Repeat(first) => (first, first != offered),
                Claim::OtherContent => return Err(Unreadable::OtherContent),
            }
        }
    };
    let event = ingest.event.accept(operator_id, id)?;
    Ok(Some(Arrival { event, repeat, to_operator, log_only }))
}

/// Whether a code, whose time has come, has not been used: neither typed, nor guessed at too often, nor replaced or taken
/// back.
async fn expired(otp: &LiveOtp, verifications: &Verifications) -> store::Result<bool> {
    let live = verifications.get(otp.destination_id).await?;
    let live = live.filter(|live| live.otp_id == otp.otp_id && live.expires_at == otp.expires_at);
    Ok(live.is_some_and(|live| !live.used && live.tries_left > 0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{
        DestinationId,
        fanout::{Fate, Fates},
    };
    use serde_json::json;

    fn record(body: serde_json::Value) -> Record {
        Record { message_id: "m-1".into(), body: body.to_string(), received: 1, sent_at: now() }
    }

    fn ingest() -> serde_json::Value {
        json!({"operator_id": OperatorId::generate(), "event": {"type": "custom.a", "data": {"x": 1}}})
    }

    #[test]
    fn each_producers_envelope_is_taken_off() {
        let sns = json!({
            "Type": "Notification", "MessageId": "s-1", "TopicArn": "arn", "Message": ingest().to_string(),
            "Timestamp": "2026-04-15T10:00:00.000Z"
        });
        let bridge = json!({
            "version": "0", "id": "e-1", "detail-type": "x", "source": "my.app", "time": "2026-04-15T10:00:00Z",
            "resources": [], "detail": ingest()
        });
        for (body, name, at) in [
            (sns, "sns:s-1", Some("2026-04-15T10:00:00Z")),
            (bridge, "eventbridge:e-1", Some("2026-04-15T10:00:00Z")),
            (ingest(), "sqs:m-1", None),
        ] {
            let record = record(body);
            let Ok(Unwrapped::Event(posted)) = unwrap(&record) else { panic!("no event: {}", record.body) };
            assert_eq!(posted.name, name);
            assert_eq!(posted.ingest.event.event_type, "custom.a");
            let at = at.map_or(record.sent_at, |at| at.parse().expect("a time"));
            assert_eq!(posted.sent_at, at);
        }
    }

    #[test]
    fn a_part_is_read_where_dispatch_puts_it_and_in_no_envelope() {
        let fates = Fates::from([(DestinationId::generate(), Fate::Hold)]);
        let event_type = "custom.a".try_into().expect("a type");
        let part = Part::new(OperatorId::generate(), EventId::generate(), event_type, 2, fates);
        let body = serde_json::to_value(&part).expect("JSON");
        assert!(matches!(unwrap(&record(body.clone())), Ok(Unwrapped::Part(read)) if read == part));
        for body in [json!({"Message": body.to_string()}), json!({ "detail": body })] {
            assert!(unwrap(&record(body)).is_err());
        }
        // An event that says it is a part is neither.
        let mut both = ingest();
        both["part"] = json!(2);
        assert!(unwrap(&record(both)).is_err());
    }

    #[test]
    fn what_is_no_event_is_refused() {
        for body in [json!({}), json!([]), json!({"detail": {"state": "ALARM"}}), json!({"Message": "hello"})] {
            assert!(unwrap(&record(body)).is_err());
        }
    }
}
