//! Plans an event: selects its deliveries by the operator's current rules and destinations.

use std::{collections::HashMap, sync::Arc};

use domain::{
    DeliveryPlan, Destination, DestinationId, Event, Rule, RuleIndex,
    delivery_plan::{Destined, Parts},
    fanout::{fan_out, parts},
    lifecycle::Fate,
};
use jiff::Timestamp;
use ulid::Ulid;

use crate::{cloud::Source, incoming::Arrival};

/// A plan to write, with the parts that do not fit into the event's row.
#[derive(Debug)]
pub(crate) struct NewPlan {
    pub(crate) plan: DeliveryPlan,
    pub(crate) further: Vec<Destined>,
}

/// Rules by their source.
pub(crate) type Rules = HashMap<Source, Arc<RuleIndex>>;

/// The sources of the rules that can match an event.
pub(crate) fn sources(event: &Event) -> impl Iterator<Item = Source> + use<> {
    let of_project = event.project_id.clone().filter(|_| event.event_type.is_analysis());
    let operator = event.operator_id;
    [None].into_iter().chain(of_project.map(Some)).map(move |project| (operator, project))
}

/// The rules that match an event, among those that were read.
pub(crate) fn matching<'a>(arrival: &'a Arrival, rules: &'a Rules) -> impl Iterator<Item = &'a Rule> {
    let event = Some(&arrival.event).filter(|_| !arrival.log_only);
    event.into_iter().flat_map(|event| {
        let of_source = sources(event).filter_map(|source| rules.get(&source));
        of_source.flat_map(move |rules| rules.matching(event))
    })
}

pub(crate) fn plan(
    arrival: &Arrival,
    rules: &Rules,
    destinations: &HashMap<DestinationId, Destination>,
    now: Timestamp,
) -> NewPlan {
    let event = &arrival.event;
    let fates = fan_out(event, matching(arrival, rules), |id| destinations.get(&id));
    let mut parts = parts(fates);
    let mut first = parts.next().unwrap_or_default();
    if arrival.to_operator {
        first.insert(DestinationId::of_operator(event.operator_id), Fate::Send);
    }
    let further: Vec<_> = parts.map(|fates| Destined::from(&fates)).collect();
    let count = u32::try_from(further.len()).unwrap_or(u32::MAX);
    let plan = DeliveryPlan {
        at: now,
        destined: Destined::from(&first),
        parts: (count > 0).then(|| Parts { count, key: Ulid::generate() }),
        by_repeat: arrival.repeat,
    };
    NewPlan { plan, further }
}
