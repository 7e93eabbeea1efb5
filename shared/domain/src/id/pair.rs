//! Ids made of two ids: one of an object, and one of something that belongs to it.

use std::{fmt, str::FromStr};

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use ulid::{ULID_LEN, Ulid};

use super::{DestinationId, EventId, NotAnId, OperatorId};

/// Parses `<prefix><first ULID><second ULID>`. A row can be found from such an id alone, without an index.
fn pair(prefix: &'static str, text: &str) -> Result<(Ulid, Ulid), NotAnId> {
    let error = NotAnId { prefix };
    let both = text.strip_prefix(prefix).ok_or(error.clone())?;
    let (first, second) = both.split_at_checked(ULID_LEN).ok_or(error.clone())?;
    match (Ulid::from_string(first), Ulid::from_string(second)) {
        (Ok(first), Ok(second)) => Ok((first, second)),
        _ => Err(error),
    }
}

/// Implements serde as text, with `Display` and `FromStr`.
macro_rules! as_text {
    ($id:ty) => {
        impl Serialize for $id {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $id {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                String::deserialize(from)?.parse().map_err(de::Error::custom)
            }
        }
    };
}

as_text!(DeliveryId);
as_text!(MessageId);
as_text!(KeyId);

/// `dlv_…`: the delivery of one event to one destination. The id is computed from both ids, so dispatching an event
/// twice finds the same row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeliveryId {
    /// The destination, which is the partition of the delivery's row.
    pub destination: DestinationId,
    /// The event. Its time orders the deliveries of a destination.
    pub event: EventId,
}

impl DeliveryId {
    const PREFIX: &'static str = "dlv_";

    /// The id of the delivery of `event` to `destination`.
    pub fn new(destination: DestinationId, event: EventId) -> Self {
        Self { destination, event }
    }

    /// A lower bound for the ids of all deliveries to `destination` whose events were created at or after `at`.
    pub fn lower_bound(destination: DestinationId, at: Timestamp) -> String {
        let ms = u64::try_from(at.as_millisecond()).unwrap_or(0);
        Self::new(destination, Ulid::from_parts(ms, 0).into()).to_string()
    }
}

impl fmt::Display for DeliveryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}{}", Self::PREFIX, self.destination.ulid, self.event.ulid)
    }
}

impl FromStr for DeliveryId {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        pair(Self::PREFIX, text).map(|(first, second)| Self::new(first.into(), second.into()))
    }
}

/// `msg_…`: one mail. The mail of a delivery has the delivery's two ULIDs and keeps them over all attempts. A mail with
/// a code or a test has the destination's ULID and one of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct MessageId {
    destination: DestinationId,
    sending: Ulid,
}

impl MessageId {
    const PREFIX: &'static str = "msg_";

    /// Generates an id for a mail to `destination` that does not belong to a delivery.
    pub fn generate(destination: DestinationId) -> Self {
        Self { destination, sending: Ulid::generate() }
    }
}

impl From<DeliveryId> for MessageId {
    fn from(id: DeliveryId) -> Self {
        Self { destination: id.destination, sending: id.event.ulid }
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}{}", Self::PREFIX, self.destination.ulid, self.sending)
    }
}

impl FromStr for MessageId {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        pair(Self::PREFIX, text).map(|(destination, sending)| Self { destination: destination.into(), sending })
    }
}

/// `key_…`: the public name of an API key, by which it is listed and revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyId {
    /// The operator that owns the key.
    pub operator: OperatorId,
    key: Ulid,
}

impl KeyId {
    const PREFIX: &'static str = "key_";

    /// Generates an id for a key of `operator`.
    pub fn generate(operator: OperatorId) -> Self {
        Self { operator, key: Ulid::generate() }
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}{}", Self::PREFIX, self.operator.ulid, self.key)
    }
}

impl FromStr for KeyId {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        pair(Self::PREFIX, text).map(|(operator, key)| Self { operator: operator.into(), key })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delivery_id_holds_its_destination_and_sorts_by_its_event() {
        let destination = DestinationId::generate();
        let at = crate::time::from_millis(1_700_000_000_000);
        let later = crate::time::from_millis(1_700_000_000_001);
        let first = DeliveryId::new(destination, EventId::derived(at, &["x"]));
        let second = DeliveryId::new(destination, EventId::derived(later, &["x"]));
        assert_eq!(first.to_string().parse(), Ok(first));
        assert!(first.to_string() < second.to_string());
        assert!(DeliveryId::lower_bound(destination, at) <= first.to_string());
        assert!(DeliveryId::lower_bound(destination, later) > first.to_string());
        assert!("dlv_é".repeat(30).parse::<DeliveryId>().is_err());
    }
}
