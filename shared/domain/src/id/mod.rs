//! Ids: a prefix that names the kind of object, and a ULID, so that ids sort by creation time.

use std::{fmt, marker::PhantomData, str::FromStr, time::Duration};

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest, Sha256};
use ulid::Ulid;
use uuid::Uuid;

pub mod packed;
mod pair;

pub use pair::{DeliveryId, KeyId, MessageId};

/// A kind of object that has ids of its own.
pub trait Noun {
    /// The prefix of its ids, including the underscore.
    const PREFIX: &'static str;
}

/// The id of an `N`: its prefix, then a ULID.
pub struct Id<N> {
    ulid: Ulid,
    noun: PhantomData<fn() -> N>,
}

/// An account, which owns everything else.
pub enum OperatorNoun {}
/// An address or endpoint.
pub enum DestinationNoun {}
/// A rule, which the STACK API calls a channel.
pub enum RuleNoun {}
/// Something that happened.
pub enum EventNoun {}
/// A webhook subscription of the Mail API.
pub enum WebhookNoun {}
/// A webhook endpoint of Stack Auth.
pub enum EndpointNoun {}
/// One sending of a verification code.
pub enum OtpNoun {}
/// An entry of the audit log.
pub enum AuditNoun {}

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
impl Noun for EndpointNoun {
    const PREFIX: &'static str = "ep_";
}
impl Noun for OtpNoun {
    const PREFIX: &'static str = "otp_";
}
impl Noun for AuditNoun {
    const PREFIX: &'static str = "aud_";
}

/// The id of an operator: `op_…`.
pub type OperatorId = Id<OperatorNoun>;
/// The id of a destination: `ndst_…` in the STACK API.
pub type DestinationId = Id<DestinationNoun>;
/// The id of a rule: `nch_…`.
pub type RuleId = Id<RuleNoun>;
/// The id of an event: `evt_…`.
pub type EventId = Id<EventNoun>;
/// The id of a webhook subscription: `whk_…`.
pub type WebhookId = Id<WebhookNoun>;
/// The id of a Stack Auth endpoint: `ep_…`.
pub type EndpointId = Id<EndpointNoun>;
/// The id of one sending of a verification code: `otp_…`.
pub type OtpId = Id<OtpNoun>;
/// The id of an entry of the audit log: `aud_…`.
pub type AuditId = Id<AuditNoun>;

/// The text is not an id of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected an id that begins with {prefix}")]
pub struct NotAnId {
    prefix: &'static str,
}

impl DestinationId {
    /// The destination of a legacy channel, which has the channel's ULID.
    pub fn of_channel(channel: RuleId) -> Self {
        channel.ulid.into()
    }

    /// The destination of a webhook subscription, which has the subscription's ULID.
    pub fn of_webhook(webhook: WebhookId) -> Self {
        webhook.ulid.into()
    }

    /// The destination of a Stack Auth endpoint, which has the endpoint's ULID.
    pub fn of_endpoint(endpoint: EndpointId) -> Self {
        endpoint.ulid.into()
    }

    /// Parses the id of a destination in the format of any API: `ndst_…`, `whk_…`, `ep_…` or a UUID.
    ///
    /// # Errors
    /// If the text has none of these formats.
    pub fn of_any_api(text: &str) -> Result<Self, NotAnId> {
        let of_webhook = || text.parse().ok().map(Self::of_webhook);
        let of_endpoint = || text.parse().ok().map(Self::of_endpoint);
        text.parse().or_else(|not| of_webhook().or_else(of_endpoint).or_else(|| Self::of_uuid(text)).ok_or(not))
    }

    /// Generates an id that is shown as a UUID of version 7 (RFC 9562), which starts with the time, as a ULID does.
    pub fn generate_uuid() -> Self {
        let ulid = Ulid::generate();
        let [.., a, b, c, d, e, f, g, h, i, j] = u128::from(ulid).to_be_bytes();
        let uuid = uuid::Builder::from_unix_timestamp_millis(ulid.timestamp_ms(), &[a, b, c, d, e, f, g, h, i, j]);
        Ulid::from(uuid.into_uuid().as_u128()).into()
    }

    /// Parses an id that is written as a UUID, with hyphens.
    pub fn of_uuid(text: &str) -> Option<Self> {
        let uuid = Uuid::try_parse(text).ok().filter(|_| text.len() == uuid::fmt::Hyphenated::LENGTH)?;
        Some(Ulid::from(uuid.as_u128()).into())
    }

    /// The id as a UUID.
    pub fn uuid(self) -> Uuid {
        Uuid::from_u128(self.ulid.into())
    }

    /// The operator's own address, to which this service writes. It has the operator's ULID.
    pub fn of_operator(operator: OperatorId) -> Self {
        operator.ulid.into()
    }
}

impl RuleId {
    /// The rule of a webhook subscription, an endpoint or a project's channel, which has the same ULID as its
    /// destination.
    pub fn of_destination(destination: DestinationId) -> Self {
        destination.ulid.into()
    }
}

impl WebhookId {
    /// The webhook subscription with this destination.
    pub fn of_destination(destination: DestinationId) -> Self {
        destination.ulid.into()
    }

    /// The webhook subscription with this rule.
    pub fn of_rule(rule: RuleId) -> Self {
        rule.ulid.into()
    }
}

impl EndpointId {
    /// The Stack Auth endpoint with this destination.
    pub fn of_destination(destination: DestinationId) -> Self {
        destination.ulid.into()
    }

    /// The Stack Auth endpoint with this rule.
    pub fn of_rule(rule: RuleId) -> Self {
        rule.ulid.into()
    }
}

impl EventId {
    /// The lowest id of an event accepted at `at`.
    pub fn first_at(at: Timestamp) -> Self {
        Ulid::from_parts(u64::try_from(at.as_millisecond()).unwrap_or(0), 0).into()
    }

    /// The highest possible id of an event.
    pub fn last() -> Self {
        Ulid::from(u128::MAX).into()
    }

    /// The next id in sort order, if there is one.
    pub fn after(self) -> Option<Self> {
        Some(Ulid::from(u128::from(self.ulid).checked_add(1)?).into())
    }

    /// The previous id in sort order, if there is one.
    pub fn before(self) -> Option<Self> {
        Some(Ulid::from(u128::from(self.ulid).checked_sub(1)?).into())
    }

    /// The id `by` later with the same random bits, or the last id if there is none. Keeps the order of ids.
    pub fn later(self, by: Duration) -> Self {
        let by = by.as_millis().saturating_mul(1 << Ulid::RAND_BITS);
        Ulid::from(u128::from(self.ulid).saturating_add(by)).into()
    }
}

impl AuditId {
    /// The lowest id of an entry made at `at`.
    pub fn first_at(at: Timestamp) -> Self {
        Ulid::from_parts(u64::try_from(at.as_millisecond()).unwrap_or(0), 0).into()
    }

    /// The highest possible id of an entry.
    pub fn last() -> Self {
        Ulid::from(u128::MAX).into()
    }

    /// The previous id in sort order, or this one if there is none.
    #[must_use]
    pub fn before(self) -> Self {
        Ulid::from(u128::from(self.ulid).saturating_sub(1)).into()
    }
}

impl<N: Noun> Id<N> {
    /// Generates an id with the current time.
    pub fn generate() -> Self {
        Self::from(Ulid::generate())
    }

    /// The id that sorts before all others.
    pub fn first() -> Self {
        Ulid::nil().into()
    }

    /// Derives an id from a time and from `what` happened. The same input always gives the same id, so doing a thing
    /// twice has the effect of doing it once.
    pub fn derived(at: Timestamp, what: &[&str]) -> Self {
        let mut hash = Sha256::new();
        for part in what {
            // The length comes first, so that ("ab", "c") and ("a", "bc") differ.
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part.as_bytes());
        }
        let mut random = [0; 16];
        random.copy_from_slice(&hash.finalize()[..16]);
        let ms = u64::try_from(at.as_millisecond()).unwrap_or(0);
        Self::from(Ulid::from_parts(ms, u128::from_be_bytes(random)))
    }

    /// The creation time in the id, to the millisecond.
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

// Implemented manually, because a derive would require the same traits of `N`, which is only a marker.
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
    fn every_api_writes_the_id_of_a_destination_in_its_own_way() {
        let id = DestinationId::generate();
        let webhook = WebhookId::of_destination(id).to_string();
        let endpoint = EndpointId::of_destination(id).to_string();
        assert!(webhook.starts_with("whk_") && endpoint.starts_with("ep_"));
        for text in [id.to_string(), webhook, endpoint, id.uuid().to_string()] {
            assert_eq!(DestinationId::of_any_api(&text), Ok(id), "{text}");
        }
        for wrong in ["", "ep_", "nch_01ARZ3NDEKTSV4RRFFQ69G5FAV"] {
            assert!(DestinationId::of_any_api(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_uuid_is_the_same_id_and_sorts_by_its_time() {
        let id = DestinationId::generate_uuid();
        let text = id.uuid().to_string();
        assert_eq!((DestinationId::of_uuid(&text), DestinationId::of_any_api(&text)), (Some(id), Ok(id)));
        assert_eq!(DestinationId::of_uuid(&text.to_uppercase()), Some(id));
        assert_eq!((id.uuid().get_version_num(), &text[19..20] >= "8"), (7, true));
        let age = crate::time::now().as_millisecond() - id.made_at().as_millisecond();
        assert!((0..60_000).contains(&age), "{age} ms");
        assert_ne!(DestinationId::generate_uuid(), DestinationId::generate_uuid());
        for wrong in ["", "9b7a3b2c", &text.replace('-', ""), &format!("{{{text}}}"), &format!("urn:uuid:{text}")] {
            assert_eq!(DestinationId::of_uuid(wrong), None, "{wrong}");
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
    fn a_later_id_differs_only_in_its_time() {
        let id = EventId::derived(crate::time::from_millis(1_700_000_000_000), &["a"]);
        let later = id.later(Duration::from_secs(10));
        assert_eq!(later, EventId::derived(crate::time::from_millis(1_700_000_010_000), &["a"]));
        assert_eq!(EventId::last().later(Duration::from_millis(1)), EventId::last());
    }
}
