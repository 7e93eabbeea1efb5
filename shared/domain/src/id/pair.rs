//! Ids that hold two: of what belongs to a thing that has an id itself.

use std::{fmt, str::FromStr};

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use ulid::{ULID_LEN, Ulid};

use super::{DestinationId, EventId, NotAnId, OperatorId};

/// Two ids in one, `<prefix><first ULID><second ULID>`: a row is found from it alone, with no index.
fn pair(prefix: &'static str, text: &str) -> Result<(Ulid, Ulid), NotAnId> {
    let error = NotAnId { prefix };
    let both = text.strip_prefix(prefix).ok_or(error.clone())?;
    let (first, second) = both.split_at_checked(ULID_LEN).ok_or(error.clone())?;
    match (Ulid::from_string(first), Ulid::from_string(second)) {
        (Ok(first), Ok(second)) => Ok((first, second)),
        _ => Err(error),
    }
}

/// Serde as text, by `Display` and `FromStr`.
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

/// `dlv_…`: one event to one destination. A function of the two, so that dispatching an event twice finds the same row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeliveryId {
    /// Where it goes: the partition of its row.
    pub destination: DestinationId,
    /// What is sent; its time orders the deliveries of a destination.
    pub event: EventId,
}

impl DeliveryId {
    const PREFIX: &'static str = "dlv_";

    /// The delivery of `event` to `destination`.
    pub fn new(destination: DestinationId, event: EventId) -> Self {
        Self { destination, event }
    }

    /// The text that every delivery to `destination` of an event made at `at` or later sorts at or after.
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

/// `msg_…`: one mail. That of a delivery has the delivery's two ULIDs, over all of its attempts; a code's or a test's has
/// the destination's and one of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct MessageId {
    destination: DestinationId,
    sending: Ulid,
}

impl MessageId {
    const PREFIX: &'static str = "msg_";

    /// A new mail to `destination` that is no delivery's.
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
    /// Whose key it is.
    pub operator: OperatorId,
    key: Ulid,
}

impl KeyId {
    const PREFIX: &'static str = "key_";

    /// A new key id of `operator`.
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
