//! The plan in an event's row: the destinations of the event.
//!
//! Dispatch writes the plan together with the event, so the two always match. A delivery that is to be sent gets a row
//! only when its first attempt is recorded; until then it exists only in the plan.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use ulid::Ulid;

use crate::{
    ApiKind, Delivery, DeliveryId, Destination, DestinationId, Event, EventId, EventType, OperatorId,
    delivery::RETENTION, fanout::Fates, lifecycle::Fate,
};

/// Destinations grouped by the fate of their delivery. The row of a further part of a large plan has the same fields.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Destined {
    #[serde(default, with = "crate::id::packed", skip_serializing_if = "Vec::is_empty")]
    send: Vec<DestinationId>,
    #[serde(default, with = "crate::id::packed", skip_serializing_if = "Vec::is_empty")]
    hold: Vec<DestinationId>,
    #[serde(default, with = "crate::id::packed", skip_serializing_if = "Vec::is_empty")]
    disabled: Vec<DestinationId>,
    #[serde(default, with = "crate::id::packed", skip_serializing_if = "Vec::is_empty")]
    gone: Vec<DestinationId>,
}

impl From<&Fates> for Destined {
    fn from(fates: &Fates) -> Self {
        let of = |wanted| fates.iter().filter(|(_, fate)| **fate == wanted).map(|(id, _)| *id).collect();
        Self { send: of(Fate::Send), hold: of(Fate::Hold), disabled: of(Fate::Disabled), gone: of(Fate::Abandon) }
    }
}

impl Destined {
    /// The fate of each delivery.
    pub fn fates(&self) -> Fates {
        let all = [(&self.send, Fate::Send), (&self.hold, Fate::Hold)].into_iter();
        let all = all.chain([(&self.disabled, Fate::Disabled), (&self.gone, Fate::Abandon)]);
        all.flat_map(|(ids, fate)| ids.iter().map(move |id| (*id, fate))).collect()
    }

    /// The fate of the delivery to this destination; `None` if the plan does not contain it.
    pub fn fate_of(&self, id: DestinationId) -> Option<Fate> {
        let has = |ids: &[DestinationId]| ids.contains(&id);
        let all = [(&self.send, Fate::Send), (&self.hold, Fate::Hold), (&self.disabled, Fate::Disabled)];
        all.into_iter().chain([(&self.gone, Fate::Abandon)]).find(|(ids, _)| has(ids)).map(|(_, fate)| fate)
    }
}

/// The further parts of a large plan. They are written before the event's row, so a row never refers to a missing part.
/// Each planning has its own key, so two workers that plan the same event do not mix their parts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parts {
    /// How many parts there are after the first, which is in the event's own row.
    pub count: u32,
    /// The key of the planning that wrote the parts.
    pub key: Ulid,
}

impl Parts {
    /// The numbers of the further parts, from 2: the first is in the event's own row.
    pub fn numbers(&self) -> impl Iterator<Item = u32> + use<> {
        2..=self.count.saturating_add(1)
    }
}

/// The destinations of an event, as its row stores them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryPlan {
    /// When dispatch made the plan, which is also when its deliveries were created.
    #[serde(with = "crate::time::millis")]
    pub at: Timestamp,
    /// The first [`crate::fanout::PART`] destinations, or all if there are no more.
    #[serde(flatten)]
    pub destined: Destined,
    /// The parts with the other destinations, if there are more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parts: Option<Parts>,
    /// Whether a repeat of the post wrote the plan, not the first message. In that case the first message may be lost,
    /// so every repeat checks that nothing is missing. Otherwise the first message is responsible, and repeats do
    /// nothing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_repeat: bool,
}

/// An event and its plan. Events sent at once to chosen providers have no plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedEvent {
    /// The event.
    pub event: Event,
    /// The plan of its deliveries.
    pub plan: Option<DeliveryPlan>,
}

/// What a plan says about a delivery that has no row.
#[derive(Debug, Clone, Copy)]
pub struct Unrecorded<'a> {
    /// The id of its operator.
    pub operator_id: OperatorId,
    /// The event.
    pub event_id: EventId,
    /// The event's type.
    pub event_type: &'a EventType,
    /// When the delivery was planned.
    pub at: Timestamp,
}

impl Unrecorded<'_> {
    /// The delivery as the API shows it: `pending` if it is to be sent.
    pub fn delivery(&self, to: DestinationId, api: ApiKind, fate: Fate) -> Delivery {
        let id = DeliveryId::new(to, self.event_id);
        Delivery::new(id, self.operator_id, self.event_type, api, fate, self.at)
    }

    /// The delivery to a destination that may have been deleted. A deleted one counts as a destination of the STACK
    /// API.
    pub fn delivery_to(&self, id: DestinationId, to: Option<&Destination>, fate: Fate) -> Delivery {
        self.delivery(id, to.map_or(ApiKind::Stack, |to| to.api), fate)
    }
}

impl PlannedEvent {
    /// What the event's deliveries without a row have in common; `None` if there is no plan.
    pub fn unrecorded(&self) -> Option<Unrecorded<'_>> {
        let Event { operator_id, id, event_type, .. } = &self.event;
        let at = self.plan.as_ref()?.at;
        Some(Unrecorded { operator_id: *operator_id, event_id: *id, event_type, at })
    }
}

/// Whether DynamoDB may have deleted the event's rows by now, because their time to live has passed.
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
