//! Events from other services: EventBridge, SNS, or any SQS producer that the queue's policy allows.
//!
//! This step only checks an event and gives it an id. The event then goes to the queue `accepted`, like the events of
//! the API. From there on the id is part of the message, and stays the same however often the message is delivered.

use std::{borrow::Cow, collections::HashMap};

use domain::{
    EventId, OperatorId,
    hidden::without_people,
    message::{Ingest, Offered},
    objects,
    shard::{self, Sharding},
    time::{now, rfc3339},
};
use jiff::Timestamp;
use runtime::worker::{Record, request_id};
use serde::Deserialize;
use serde_json::value::RawValue;
use store::{StoreError, events::Claim, queue::Outgoing};
use tokio::time::{Instant, timeout_at};

use crate::App;

/// The operators looked up for a batch, each with its shards, or `None` if the operator does not exist.
type Known = HashMap<OperatorId, Option<Option<Sharding>>>;

/// Why an event is refused.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("the message is not an event: {0}")]
    Shape(#[from] serde_json::Error),
    #[error("the event is not valid: {0}")]
    Invalid(#[from] domain::event::InvalidEvent),
    #[error("operator {0} does not exist")]
    UnknownOperator(OperatorId),
    #[error("its id was used for another event within 24 h")]
    OtherContent,
    /// A temporary failure: the event may be accepted later.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The envelopes that SNS and EventBridge put around a message. They have no field in common with each other, or with
/// an event.
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
}

/// An event without its envelope.
struct Unwrapped {
    offered: Offered,
    /// When the event happened according to the service that sent it. This is the event's time unless the event has its
    /// own. It is never the time in the event's id, by which the log is sorted.
    stated_at: Option<Timestamp>,
    /// The service's own id of the message, which is the same when the service delivers the message twice.
    name: Option<String>,
}

fn unwrap(body: &str) -> Result<Unwrapped, serde_json::Error> {
    let envelope: Envelope<'_> = objects::from_str(body)?;
    Ok(match (envelope.message, envelope.detail) {
        (Some(message), _) => Unwrapped {
            offered: objects::from_str(&message)?,
            stated_at: envelope.timestamp,
            name: envelope.message_id.map(|id| format!("sns:{id}")),
        },
        (None, Some(detail)) => Unwrapped {
            offered: objects::from_str(detail.get())?,
            stated_at: envelope.time,
            name: envelope.id.map(|id| format!("eventbridge:{id}")),
        },
        (None, None) => Unwrapped { offered: objects::from_str(body)?, stated_at: None, name: None },
    })
}

impl App {
    /// Accepts events, or moves invalid ones to the dead-letter queue. Returns the ids of the messages to receive
    /// again.
    pub(crate) async fn take_in(&self, records: Vec<Record>, end: Instant) -> Vec<String> {
        let mut known = Known::new();
        let mut failed = vec![];
        for record in records {
            let taking = trace::within(record.span.context(), self.take_one(&record, &mut known));
            let taken = timeout_at(end, taking).await;
            match taken.map_err(|_| Refusal::Store(StoreError::Unprocessed("the batch"))).flatten() {
                Ok(true) => record.span.end(),
                Ok(false) => failed.push(record.message_id),
                Err(Refusal::Store(error)) => {
                    tracing::error!(message_id = record.message_id, %error, "event not taken in");
                    failed.push(record.message_id);
                }
                Err(refusal) => {
                    let reason = refusal.to_string();
                    tracing::error!(
                        message_id = record.message_id,
                        reason = &*without_people(&reason),
                        "event refused"
                    );
                    record.span.fail("refused");
                    metrics::counter!("events_refused").increment(1);
                    if !self.refuse(&record).await {
                        failed.push(record.message_id);
                    }
                }
            }
        }
        failed
    }

    /// Returns whether the queue `accepted` has the event.
    async fn take_one(&self, record: &Record, known: &mut Known) -> Result<bool, Refusal> {
        let Unwrapped { offered: Offered { operator_id, mut event }, stated_at, name } = unwrap(&record.body)?;
        event.check()?;
        let Some(sharding) = self.operator(operator_id, known).await? else {
            return Err(Refusal::UnknownOperator(operator_id));
        };
        if event.timestamp.is_none() {
            event.timestamp = stated_at.map(rfc3339);
        }
        // Use the time when SQS received the message: a producer's time may be anything. The time stays the same when
        // SQS delivers the message again.
        let offered = EventId::derived(record.sent_at, &[&operator_id.to_string(), &record.message_id]);
        let offered = offered.spread_over(shard::over(sharding, record.sent_at));
        let key = event.id.as_ref().map(|id| format!("id:{id}")).or(name);
        let (event_id, repeat) = match key {
            None => (offered, false),
            Some(key) => {
                match self.events.claim((operator_id, sharding), &key, offered, &event.fingerprint(), now()).await? {
                    Claim::New => (offered, false),
                    Claim::Repeat(first) => (first, first != offered),
                    Claim::OtherContent => return Err(Refusal::OtherContent),
                }
            }
        };
        let ingest = Ingest { repeat, ..Ingest::new(operator_id, event_id, event.packed()) };
        let sent = self.accepted.send(vec![Outgoing::new(&ingest, operator_id)?]).await;
        if sent == [true] {
            record.span.set("stack.event_id", event_id);
            record.span.set("stack.operator_id", operator_id);
            tracing::info!(
                request_id = request_id(),
                trace_id = record.span.trace_id().map(tracing::field::display),
                %event_id,
                %operator_id,
                message_id = record.message_id,
                repeat,
                "event taken in"
            );
        }
        Ok(sent == [true])
    }

    /// An operator's shards, or `None` if the operator does not exist.
    async fn operator(&self, id: OperatorId, known: &mut Known) -> Result<Option<Option<Sharding>>, Refusal> {
        if let Some(known) = known.get(&id) {
            return Ok(*known);
        }
        let found = self.accounts.operator(id).await?.map(|operator| operator.sharding);
        known.insert(id, found);
        Ok(found)
    }

    /// Moves a message unchanged to the dead-letter queue. Returns whether the queue accepted it.
    async fn refuse(&self, record: &Record) -> bool {
        // Messages that belong to no operator share this group.
        let message = Outgoing::of_text(record.body.clone(), OperatorId::first());
        self.refused.send(vec![message]).await == [true]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{DestinationId, OtpId, message::Part};
    use serde_json::{Value, json};

    fn offered() -> Value {
        json!({"operator_id": OperatorId::generate(), "event": {"type": "custom.a", "data": {"x": 1}}})
    }

    fn of(body: &Value) -> Result<Unwrapped, serde_json::Error> {
        unwrap(&body.to_string())
    }

    #[test]
    fn each_producers_envelope_is_taken_off() {
        let sns = json!({
            "Type": "Notification", "MessageId": "s-1", "TopicArn": "arn", "Message": offered().to_string(),
            "Timestamp": "2026-04-15T10:00:00.000Z"
        });
        let bridge = json!({
            "version": "0", "id": "e-1", "detail-type": "x", "source": "my.app", "time": "2026-04-15T10:00:00Z",
            "resources": [], "detail": offered()
        });
        let at = Some("2026-04-15T10:00:00Z".parse().expect("a time"));
        for (body, name, stated_at) in
            [(sns, Some("sns:s-1"), at), (bridge, Some("eventbridge:e-1"), at), (offered(), None, None)]
        {
            let unwrapped = of(&body).expect("an event");
            assert_eq!((unwrapped.name.as_deref(), unwrapped.stated_at), (name, stated_at));
            assert_eq!(unwrapped.offered.event.event_type, "custom.a");
        }
    }

    #[test]
    fn no_producer_can_use_a_field_of_ours() {
        let otp = json!({"destination_id": DestinationId::generate(), "otp_id": OtpId::generate(), "expires_at": 0});
        for (name, value) in [
            ("event_id", json!(EventId::generate())),
            ("repeat", json!(true)),
            ("to_operator", json!(true)),
            ("log_only", json!(true)),
            ("part", json!(2)),
            ("if_unused", otp),
        ] {
            let mut body = offered();
            body[name] = value;
            assert!(of(&body).is_err(), "{name}");
            assert!(of(&json!({"Message": body.to_string(), "MessageId": "s-1"})).is_err(), "{name}");
            assert!(of(&json!({"detail": body})).is_err(), "{name}");
        }
        let part = Part { operator_id: OperatorId::generate(), event_id: EventId::generate(), part: 2, trace: None };
        assert!(of(&serde_json::to_value(part).expect("JSON")).is_err());
    }

    #[test]
    fn what_is_not_an_event_is_refused() {
        for body in [json!({}), json!([]), json!({"detail": {"state": "ALARM"}}), json!({"Message": "hello"})] {
            assert!(of(&body).is_err());
        }
    }
}
