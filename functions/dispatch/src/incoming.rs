//! Messages of the queue `accepted`, which only functions of this project write to.

use domain::{
    Event, EventId, OperatorId,
    message::{Ingest, LiveOtp, Part},
};
use runtime::worker::Record;
use store::{StoreError, Verifications};

/// The request in a message, and whether it may have been handled before.
#[derive(Debug)]
pub(crate) struct Incoming {
    pub(crate) what: What,
    /// SQS has delivered this message before: a worker crashed or could not finish it.
    pub(crate) again: bool,
}

#[derive(Debug)]
pub(crate) enum What {
    /// Dispatch an event.
    Event(Arrival),
    /// Send the deliveries of a further part of an event's plan.
    Part(Part),
}

/// A new event.
#[derive(Debug)]
pub(crate) struct Arrival {
    pub(crate) event: Event,
    /// An event with this id was accepted before.
    pub(crate) repeat: bool,
    /// Also send the event to the operator's own address, regardless of the rules.
    pub(crate) to_operator: bool,
    /// Only log the event.
    pub(crate) log_only: bool,
}

impl Incoming {
    /// Whether both ask for the same work.
    pub(crate) fn is_copy_of(&self, other: &Self) -> bool {
        self.event_id() == other.event_id() && self.part() == other.part()
    }

    /// The event, unless this is a part.
    pub(crate) fn arrival(&self) -> Option<&Arrival> {
        match &self.what {
            What::Event(arrival) => Some(arrival),
            What::Part(_) => None,
        }
    }

    /// The part, unless this is an event.
    pub(crate) fn part(&self) -> Option<&Part> {
        match &self.what {
            What::Event(_) => None,
            What::Part(part) => Some(part),
        }
    }

    /// The id of the event, or of the event that the part belongs to.
    pub(crate) fn event_id(&self) -> EventId {
        match &self.what {
            What::Event(arrival) => arrival.event.id,
            What::Part(part) => part.event_id,
        }
    }

    /// The operator that the event belongs to.
    pub(crate) fn operator_id(&self) -> OperatorId {
        match &self.what {
            What::Event(arrival) => arrival.event.operator_id,
            What::Part(part) => part.operator_id,
        }
    }
}

/// Why a message cannot be read. SQS delivers it again, and finally moves it to the dead-letter queue.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unreadable {
    #[error("the message is not an event: {0}")]
    Shape(#[from] serde_json::Error),
    #[error("the event is not valid: {0}")]
    Invalid(#[from] domain::event::InvalidEvent),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Reads a record. Returns `None` for an event about an expired code if that code did not expire unused.
pub(crate) async fn read(record: &Record, verifications: &Verifications) -> Result<Option<Incoming>, Unreadable> {
    let again = record.received > 1;
    let ingest: Ingest = match serde_json::from_str(&record.body) {
        Ok(ingest) => ingest,
        Err(error) => {
            let part = serde_json::from_str(&record.body).map_err(|_| error)?;
            return Ok(Some(Incoming { what: What::Part(part), again }));
        }
    };
    if let Some(otp) = &ingest.if_unused
        && !expired(otp, verifications).await?
    {
        return Ok(None);
    }
    let Ingest { operator_id, event_id, repeat, to_operator, log_only, event, .. } = ingest;
    let event = event.received(operator_id, event_id)?;
    Ok(Some(Incoming { what: What::Event(Arrival { event, repeat, to_operator, log_only }), again }))
}

/// Whether a code that is now past its time was left unused: not entered, not locked after too many wrong guesses, not
/// replaced and not withdrawn.
async fn expired(otp: &LiveOtp, verifications: &Verifications) -> store::Result<bool> {
    let live = verifications.get(otp.destination_id).await?;
    let live = live.filter(|live| live.otp_id == otp.otp_id && live.expires_at == otp.expires_at);
    Ok(live.is_some_and(|live| !live.used && live.tries_left > 0))
}
