//! The plan in an event's row: where the event goes.
//!
//! Dispatch writes it together with the event, so the two cannot come apart. A delivery that is simply to be sent has no
//! row of its own until its first attempt is recorded; until then the plan is all there is of it.

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use ulid::Ulid;

use crate::{
    Delivery, DeliveryId, Destination, DestinationId, Event, EventId, EventType, Face, OperatorId,
    delivery::RETENTION,
    fanout::{Fate, Fates},
};

/// Destination ids as a row keeps them: 16 bytes each, one after the other.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Packed(Vec<DestinationId>);

const ID_BYTES: usize = 16;

impl Packed {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Serialize for Packed {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let bytes: Vec<u8> = self.0.iter().flat_map(|id| id.ulid().to_bytes()).collect();
        to.serialize_bytes(&bytes)
    }
}

impl<'de> Deserialize<'de> for Packed {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let bytes: Vec<u8> = serde_bytes::deserialize(from)?;
        let (ids, rest) = bytes.as_chunks::<ID_BYTES>();
        if !rest.is_empty() {
            return Err(D::Error::custom("a plan is not a whole number of ids"));
        }
        Ok(Self(ids.iter().map(|id| Ulid::from_bytes(*id).into()).collect()))
    }
}

/// Destinations by what becomes of their delivery. Also what the row of a further part of a large plan holds.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Destined {
    #[serde(default, skip_serializing_if = "Packed::is_empty")]
    send: Packed,
    #[serde(default, skip_serializing_if = "Packed::is_empty")]
    hold: Packed,
    #[serde(default, skip_serializing_if = "Packed::is_empty")]
    disabled: Packed,
    #[serde(default, skip_serializing_if = "Packed::is_empty")]
    gone: Packed,
}

impl From<&Fates> for Destined {
    fn from(fates: &Fates) -> Self {
        let of = |wanted| Packed(fates.iter().filter(|(_, fate)| **fate == wanted).map(|(id, _)| *id).collect());
        Self { send: of(Fate::Send), hold: of(Fate::Hold), disabled: of(Fate::Disabled), gone: of(Fate::Abandon) }
    }
}

impl Destined {
    /// What becomes of each delivery.
    pub fn fates(&self) -> Fates {
        let all = [(&self.send, Fate::Send), (&self.hold, Fate::Hold)].into_iter();
        let all = all.chain([(&self.disabled, Fate::Disabled), (&self.gone, Fate::Abandon)]);
        all.flat_map(|(ids, fate)| ids.0.iter().map(move |id| (*id, fate))).collect()
    }

    /// What becomes of the delivery to this destination; none if it is not planned here.
    pub fn fate_of(&self, id: DestinationId) -> Option<Fate> {
        let has = |ids: &Packed| ids.0.contains(&id);
        let all = [(&self.send, Fate::Send), (&self.hold, Fate::Hold), (&self.disabled, Fate::Disabled)];
        all.into_iter().chain([(&self.gone, Fate::Abandon)]).find(|(ids, _)| has(ids)).map(|(_, fate)| fate)
    }
}

/// Names the further parts of a large plan. They are written before the event's row, so that a row never names a part
/// that is missing; the key is that of one planning, so that two workers that plan one event do not mix their parts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parts {
    /// How many there are besides the first, which the event's own row holds.
    pub count: u32,
    /// The planning that they are of.
    pub key: Ulid,
}

impl Parts {
    /// The numbers of the parts, from 2: the event's own row holds the first.
    pub fn numbers(&self) -> impl Iterator<Item = u32> + use<> {
        2..=self.count.saturating_add(1)
    }
}

/// Where an event goes, as its row says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryPlan {
    /// When dispatch made it: the time at which its deliveries were created.
    #[serde(with = "crate::time::millis")]
    pub at: Timestamp,
    /// The first [`crate::fanout::PART`] destinations, or all.
    #[serde(flatten)]
    pub destined: Destined,
    /// Where the others are, if there are more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parts: Option<Parts>,
    /// Whether a repeat of the post wrote it rather than the first message. Then the first may be lost, and every repeat
    /// makes sure that nothing is missing; otherwise that is the first message's task alone, and a repeat does nothing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_repeat: bool,
}

/// An event with its plan. Events that were sent at once to chosen providers have none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedEvent {
    /// The event.
    pub event: Event,
    /// Where it goes.
    pub plan: Option<DeliveryPlan>,
}

/// What is known of a planned delivery that has no row.
#[derive(Debug, Clone, Copy)]
pub struct Unrecorded<'a> {
    /// Whose it is.
    pub operator_id: OperatorId,
    /// The event.
    pub event_id: EventId,
    /// Its type.
    pub event_type: &'a EventType,
    /// When it was planned.
    pub at: Timestamp,
}

impl Unrecorded<'_> {
    /// The delivery as it reads: `pending` where it is to be sent.
    pub fn delivery(&self, to: DestinationId, face: Face, fate: Fate) -> Delivery {
        let id = DeliveryId::new(to, self.event_id);
        Delivery::new(id, self.operator_id, self.event_type, face, fate, self.at)
    }

    /// The same for a destination as far as it is known: one that has been deleted is read as one of the STACK API.
    pub fn delivery_to(&self, id: DestinationId, to: Option<&Destination>, fate: Fate) -> Delivery {
        self.delivery(id, to.map_or(Face::Stack, |to| to.face), fate)
    }
}

impl PlannedEvent {
    /// What its deliveries without a row have in common; none without a plan.
    pub fn unrecorded(&self) -> Option<Unrecorded<'_>> {
        let Event { operator_id, id, event_type, .. } = &self.event;
        let at = self.plan.as_ref()?.at;
        Some(Unrecorded { operator_id: *operator_id, event_id: *id, event_type, at })
    }
}

/// Whether the rows of an event may have been deleted by now: DynamoDB does so once their time to live is over.
pub fn is_past_retention(id: EventId, now: Timestamp) -> bool {
    now.duration_since(id.made_at()) > jiff::SignedDuration::try_from(RETENTION).unwrap_or(jiff::SignedDuration::MAX)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::{fanout::PART, time::now};
    use serde_dynamo::AttributeValue;

    fn fates(count: usize) -> Fates {
        let all = [Fate::Abandon, Fate::Disabled, Fate::Hold, Fate::Send];
        all.into_iter().cycle().take(count).map(|fate| (DestinationId::generate(), fate)).collect()
    }

    fn plan(fates: &Fates) -> DeliveryPlan {
        DeliveryPlan { at: now(), destined: fates.into(), parts: None, by_repeat: false }
    }

    #[test]
    fn a_row_keeps_each_destination_with_its_fate() {
        let fates = fates(10);
        let plan = DeliveryPlan { parts: Some(Parts { count: 3, key: Ulid::generate() }), ..plan(&fates) };
        let item: HashMap<String, AttributeValue> = serde_dynamo::to_item(&plan).expect("an item");
        let read: DeliveryPlan = serde_dynamo::from_item(item).expect("a plan");
        assert_eq!((&read, read.destined.fates()), (&plan, fates.clone()));
        assert!(fates.iter().all(|(id, fate)| read.destined.fate_of(*id) == Some(*fate)));
        assert_eq!(read.destined.fate_of(DestinationId::generate()), None);
        assert_eq!(read.parts.expect("parts").numbers().collect::<Vec<_>>(), [2, 3, 4]);
    }

    #[test]
    fn a_destination_takes_sixteen_bytes() {
        let fates: Fates = (0..PART).map(|_| (DestinationId::generate(), Fate::Send)).collect();
        let item: HashMap<String, AttributeValue> = serde_dynamo::to_item(plan(&fates)).expect("an item");
        let Some(AttributeValue::B(bytes)) = item.get("send") else { panic!("no bytes: {item:?}") };
        assert_eq!(bytes.len(), 16 * PART);
        assert_eq!(item.keys().collect::<std::collections::BTreeSet<_>>().len(), 2, "{item:?}");
    }

    #[test]
    fn a_broken_plan_is_an_error_and_not_a_shorter_plan() {
        let mut item: HashMap<String, AttributeValue> = serde_dynamo::to_item(plan(&fates(4))).expect("an item");
        item.insert("send".into(), AttributeValue::B(vec![0; 17]));
        serde_dynamo::from_item::<_, DeliveryPlan>(item).expect_err("refused");
    }
}
