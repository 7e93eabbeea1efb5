//! From events to the deliveries that their operators' rules want, as rules and destinations are now.

use std::collections::{BTreeSet, HashMap};

use domain::{
    Delivery, DeliveryId, DestinationId, Event, Face, OperatorId, Rule,
    fanout::{Fate, fan_out},
    journal::Mail,
    time::now,
};
use futures::future::try_join_all;
use store::{Result, StoreError};

use crate::{App, incoming::Incoming};

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
    /// The deliveries of each event, in the order of the events. Two reads per operator of the batch: its rules, and
    /// together with the other operators' the destinations of those that match; for analyses a third, the project's rules.
    pub(crate) async fn plan(&self, incoming: &[&Incoming]) -> Result<Vec<Vec<Planned>>> {
        let events = incoming.iter().filter(|incoming| !incoming.log_only);
        let events: Vec<_> = events.map(|incoming| &incoming.event).collect();
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
        let wanted = matching.flat_map(|rule| rule.destination_ids.iter().map(|id| (rule.operator_id, *id)));
        let wanted: BTreeSet<_> = wanted.collect();
        let destinations = self.destinations.get_all(wanted).await?;

        let now = now();
        let deliveries = |incoming: &Incoming| {
            let event = &incoming.event;
            if incoming.log_only {
                return vec![];
            }
            let mut fates = fan_out(event, of(event, &rules), |id| destinations.get(&id));
            let own = DestinationId::of_operator(event.operator_id);
            if incoming.to_operator {
                fates.insert(own, Fate::Send);
            }
            let planned = |(id, fate)| {
                let destination = destinations.get(&id);
                let face = destination.map_or(Face::Stack, |destination| destination.face);
                let delivery = Delivery::new(event, DeliveryId::new(id, event.id), face, fate, now);
                let is_mail = id == own || destination.is_some_and(|to| to.kind.is_mail());
                let mail = is_mail.then(|| Mail::of(delivery.id, &event.event_type, event.operator_id, destination));
                Planned { delivery, mail }
            };
            fates.into_iter().map(planned).collect()
        };
        Ok(incoming.iter().map(|incoming| deliveries(incoming)).collect())
    }
}
