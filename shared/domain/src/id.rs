//! Identifiers: a prefix that names the noun, and a ULID, so that ids sort by the time they were made.

use std::{fmt, marker::PhantomData, str::FromStr};

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest, Sha256};
use ulid::{ULID_LEN, Ulid};

/// A noun that has ids of its own.
pub trait Noun {
    /// What stands before the ULID, with its underscore.
    const PREFIX: &'static str;
}

/// The id of a `N`: its prefix, then a ULID.
pub struct Id<N> {
    ulid: Ulid,
    noun: PhantomData<fn() -> N>,
}

/// An account that owns all else.
pub enum OperatorNoun {}
/// An address or endpoint.
pub enum DestinationNoun {}
/// A rule, which the STACK API calls a channel.
pub enum RuleNoun {}
/// Something that happened.
pub enum EventNoun {}
/// A webhook subscription of the Mail API.
pub enum WebhookNoun {}
/// One sending of a verification code.
pub enum OtpNoun {}

impl Noun for OperatorNoun {
    const PREFIX: &'static str = "op_";
}
impl Noun for DestinationNoun {
    const PREFIX: &'static str = "ndst_";
}
impl Noun for RuleNoun {
    const PREFIX: &'static str = "nch_";
}
impl Noun for EventNoun {
    const PREFIX: &'static str = "evt_";
}
impl Noun for WebhookNoun {
    const PREFIX: &'static str = "whk_";
}
impl Noun for OtpNoun {
    const PREFIX: &'static str = "otp_";
}

/// `op_…`
pub type OperatorId = Id<OperatorNoun>;
/// `ndst_…`
pub type DestinationId = Id<DestinationNoun>;
/// `nch_…`
pub type RuleId = Id<RuleNoun>;
/// `evt_…`
pub type EventId = Id<EventNoun>;
/// `whk_…`
pub type WebhookId = Id<WebhookNoun>;
/// `otp_…`
pub type OtpId = Id<OtpNoun>;

/// Text that is not an id of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected an id that begins with {prefix}")]
pub struct NotAnId {
    prefix: &'static str,
}

impl DestinationId {
    /// The destination that a legacy channel brings along: it has the channel's ULID.
    pub fn of_channel(channel: RuleId) -> Self {
        channel.ulid.into()
    }

    /// The destination of a webhook subscription: it has the subscription's ULID.
    pub fn of_webhook(webhook: WebhookId) -> Self {
        webhook.ulid.into()
    }

    /// Reads the id of a destination as any of the APIs writes it: `ndst_…`, `whk_…`.
    ///
    /// # Errors
    /// When it is none of these.
    pub fn of_any_face(text: &str) -> Result<Self, NotAnId> {
        text.parse().or_else(|not| text.parse().map(Self::of_webhook).map_err(|_| not))
    }

    /// The operator's own address, where we write to it: it has the operator's ULID.
    pub fn of_operator(operator: OperatorId) -> Self {
        operator.ulid.into()
    }
}

impl RuleId {
    /// The rule of a webhook subscription: it has the subscription's ULID.
    pub fn of_webhook(webhook: WebhookId) -> Self {
        webhook.ulid.into()
    }
}

impl WebhookId {
    /// The subscription whose destination this is.
    pub fn of_destination(destination: DestinationId) -> Self {
        destination.ulid.into()
    }

    /// The subscription whose rule this is.
    pub fn of_rule(rule: RuleId) -> Self {
        rule.ulid.into()
    }
}

impl EventId {
    /// The first id that an event accepted at `at` can have.
    pub fn first_at(at: Timestamp) -> Self {
        Ulid::from_parts(u64::try_from(at.as_millisecond()).unwrap_or(0), 0).into()
    }

    /// The last id that an event can have.
    pub fn last() -> Self {
        Ulid::from(u128::MAX).into()
    }

    /// The id that sorts just before this one, if there is one.
    pub fn before(self) -> Option<Self> {
        Some(Ulid::from(u128::from(self.ulid).checked_sub(1)?).into())
    }
}

impl<N: Noun> Id<N> {
    /// A new id of this moment.
    pub fn generate() -> Self {
        Self::from(Ulid::generate())
    }

    /// The id that `what` always has when it happened `at` that time: doing a thing twice yields one id.
    pub fn derived(at: Timestamp, what: &[&str]) -> Self {
        let mut hash = Sha256::new();
        for part in what {
            // The length first, so that ("ab", "c") and ("a", "bc") differ.
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part.as_bytes());
        }
        let mut random = [0; 16];
        random.copy_from_slice(&hash.finalize()[..16]);
        let ms = u64::try_from(at.as_millisecond()).unwrap_or(0);
        Self::from(Ulid::from_parts(ms, u128::from_be_bytes(random)))
    }

    /// When the id was made, to the millisecond.
    pub fn made_at(self) -> Timestamp {
        crate::time::from_millis(i64::try_from(self.ulid.timestamp_ms()).unwrap_or(i64::MAX))
    }

    /// The ULID without its prefix.
    pub fn ulid(self) -> Ulid {
        self.ulid
    }
}

impl<N> From<Ulid> for Id<N> {
    fn from(ulid: Ulid) -> Self {
        Self { ulid, noun: PhantomData }
    }
}

impl<N: Noun> FromStr for Id<N> {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        text.strip_prefix(N::PREFIX)
            .and_then(|rest| Ulid::from_string(rest).ok())
            .map(Self::from)
            .ok_or(NotAnId { prefix: N::PREFIX })
    }
}

impl<N: Noun> fmt::Display for Id<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", N::PREFIX, self.ulid)
    }
}

impl<N: Noun> fmt::Debug for Id<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

// By hand, because a derive would ask the same of `N`, which is never a value.
impl<N> Clone for Id<N> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<N> Copy for Id<N> {}
impl<N> PartialEq for Id<N> {
    fn eq(&self, other: &Self) -> bool {
        self.ulid == other.ulid
    }
}
impl<N> Eq for Id<N> {}
impl<N> PartialOrd for Id<N> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<N> Ord for Id<N> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.ulid.cmp(&other.ulid)
    }
}
impl<N> std::hash::Hash for Id<N> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.ulid.hash(state);
    }
}

impl<N: Noun> Serialize for Id<N> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de, N: Noun> Deserialize<'de> for Id<N> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(de::Error::custom)
    }
}

/// Two ids in one, `<prefix><first ULID><second ULID>`: a row is found from it alone, with no index (design, section 4).
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
    fn an_id_reads_back_and_no_other_noun_reads_it() {
        let id = DestinationId::generate();
        assert_eq!(id.to_string().parse(), Ok(id));
        assert!(id.to_string().parse::<RuleId>().is_err());
        for wrong in ["", "ndst_", "ndst_xyz", "01ARZ3NDEKTSV4RRFFQ69G5FAV"] {
            assert!(wrong.parse::<DestinationId>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_derived_id_depends_on_every_part_and_on_the_time() {
        let at = crate::time::from_millis(1_700_000_000_000);
        let id = EventId::derived(at, &["ab", "c"]);
        assert_eq!(id, EventId::derived(at, &["ab", "c"]));
        assert_ne!(id, EventId::derived(at, &["a", "bc"]));
        assert_eq!(id.made_at(), at);
    }

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
