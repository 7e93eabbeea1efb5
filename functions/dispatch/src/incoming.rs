//! Messages of the queue `accepted`, which only functions of this project write.

use api::worker::Record;
use domain::{
    Event, EventId, OperatorId,
    message::{Ingest, LiveOtp, Part},
};
use store::{StoreError, Verifications};

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
    /// That the deliveries of a further part of its plan be sent.
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

    /// Whose.
    pub(crate) fn operator_id(&self) -> OperatorId {
        match &self.what {
            What::Event(arrival) => arrival.event.operator_id,
            What::Part(part) => part.operator_id,
        }
    }
}

/// Why a message cannot be read. It is handed out again, and goes to the dead-letter queue in the end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unreadable {
    #[error("the message is not an event: {0}")]
    Shape(#[from] serde_json::Error),
    #[error("the event is not valid: {0}")]
    Invalid(#[from] domain::event::InvalidEvent),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Reads a record; none when the event was to tell of something that has not happened.
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
    let event = event.accept(operator_id, event_id)?;
    Ok(Some(Incoming { what: What::Event(Arrival { event, repeat, to_operator, log_only }), again }))
}

/// Whether a code, whose time has come, has not been used: neither typed, nor guessed at too often, nor replaced or taken
/// back.
async fn expired(otp: &LiveOtp, verifications: &Verifications) -> store::Result<bool> {
    let live = verifications.get(otp.destination_id).await?;
    let live = live.filter(|live| live.otp_id == otp.otp_id && live.expires_at == otp.expires_at);
    Ok(live.is_some_and(|live| !live.used && live.tries_left > 0))
}
