//! From events to the deliveries that their operators' rules want, as rules and destinations are now; from parts of large
//! events to those that were settled when the event came.

use std::collections::{BTreeSet, HashMap, HashSet};

use domain::{
    Delivery, DeliveryId, Destination, DestinationId, Event, Face, OperatorId, Rule,
    fanout::{Fate, Fates, fan_out, parts},
    journal::Mail,
    message::Part,
    time::now,
};
use futures::future::try_join_all;
use store::{Result, StoreError};

use crate::{
    App,
    incoming::{Arrival, Incoming, What},
};

/// What is to be done for a message.
#[derive(Default)]
pub(crate) struct Plan {
    /// The deliveries to make now.
    pub(crate) now: Vec<Planned>,
    /// The rest of a large event's.
    pub(crate) later: Vec<Part>,
}

/// A delivery to make.
pub(crate) struct Planned {
    pub(crate) delivery: Delivery,
    /// The mail that it is, if it is one.
    pub(crate) mail: Option<Mail>,
}

/// Where rules are read from: the operator's own, or those of one of its projects.
type Source<'a> = (OperatorId, Option<&'a str>);

/// Where the rules are that may match an event.
fn sources(event: &Event) -> impl Iterator<Item = Source<'_>> {
    let of_project = event.project_id.as_deref().filter(|_| event.event_type.is_analysis());
    [None].into_iter().chain(of_project.map(Some)).map(|project| (event.operator_id, project))
}

/// The rules that may match an event, of those that were read.
fn of<'a>(event: &'a Event, rules: &'a HashMap<Source<'a>, Vec<Rule>>) -> impl Iterator<Item = &'a Rule> {
    sources(event).filter_map(|source| rules.get(&source)).flatten()
}

impl App {
    /// What each message asks for, in their order; a delivery that several ask for is the first one's. Two reads per
    /// operator of the batch: its rules, and together with the other operators' the destinations of those that match; for
    /// analyses a third, the project's rules. No rules are read for parts.
    pub(crate) async fn plan(&self, incoming: &[&Incoming]) -> Result<Vec<Plan>> {
        let events = incoming.iter().filter_map(|incoming| incoming.arrival()).filter(|arrival| !arrival.log_only);
        let events: Vec<_> = events.map(|arrival| &arrival.event).collect();
        let distinct: BTreeSet<_> = events.iter().flat_map(|event| sources(event)).collect();
        let read = distinct.into_iter().map(async |source| {
            let rules = match source {
                (operator, None) => self.channels.all(operator).await?,
                (operator, Some(project)) => self.channels.of_project(operator, project).await?,
            };
            Ok::<_, StoreError>((source, rules))
        });
        let rules: HashMap<Source<'_>, Vec<Rule>> = try_join_all(read).await?.into_iter().collect();
        let matching = events.iter().flat_map(|event| of(event, &rules).filter(|rule| rule.matches(event)));
        let mut wanted: BTreeSet<_> =
            matching.flat_map(|rule| rule.destination_ids.iter().map(|id| (rule.operator_id, *id))).collect();
        for part in incoming.iter().filter_map(|incoming| incoming.part()) {
            wanted.extend(part.fates().into_keys().map(|id| (part.operator_id, id)));
        }
        let destinations = self.destinations.get_all(wanted).await?;

        let plan = |incoming: &&Incoming| {
            let (fates, later) = match &incoming.what {
                What::Event(arrival) => cut(arrival, &rules, &destinations),
                What::Part(part) => (part.fates(), vec![]),
            };
            Plan { now: deliveries(incoming, fates, &destinations), later }
        };
        let mut plans: Vec<_> = incoming.iter().map(plan).collect();
        // Parts overlap where an event was planned twice, with other rules the second time.
        let mut taken = HashSet::new();
        for plan in &mut plans {
            plan.now.retain(|planned| taken.insert(planned.delivery.id));
        }
        Ok(plans)
    }
}

/// What becomes of an event's deliveries that are made with it, and the parts that hold the others'.
fn cut(
    arrival: &Arrival,
    rules: &HashMap<Source<'_>, Vec<Rule>>,
    destinations: &HashMap<DestinationId, Destination>,
) -> (Fates, Vec<Part>) {
    let event = &arrival.event;
    if arrival.log_only {
        return Default::default();
    }
    let mut parts = parts(fan_out(event, of(event, rules), |id| destinations.get(&id)));
    let mut first = parts.next().unwrap_or_default();
    if arrival.to_operator {
        first.insert(DestinationId::of_operator(event.operator_id), Fate::Send);
    }
    let part = |(number, fates)| Part::new(event.operator_id, event.id, event.event_type.clone(), number, fates);
    (first, (2..).zip(parts).map(part).collect())
}

/// The deliveries of these fates. A destination that is not found any more is gone; but the operator's own, which no rule
/// names, is not looked up.
fn deliveries(incoming: &Incoming, fates: Fates, destinations: &HashMap<DestinationId, Destination>) -> Vec<Planned> {
    let (operator_id, event_id, event_type) = (incoming.operator_id(), incoming.event_id(), incoming.event_type());
    let (own, now) = (DestinationId::of_operator(operator_id), now());
    let planned = |(id, fate)| {
        let destination = destinations.get(&id);
        let fate = if destination.is_none() && id != own { Fate::Abandon } else { fate };
        let face = destination.map_or(Face::Stack, |destination| destination.face);
        let delivery = Delivery::new(DeliveryId::new(id, event_id), operator_id, event_type, face, fate, now);
        let is_mail = id == own || destination.is_some_and(|to| to.kind.is_mail());
        let mail = is_mail.then(|| Mail::of(delivery.id, event_type, operator_id, destination));
        Planned { delivery, mail }
    };
    fates.into_iter().map(planned).collect()
}
