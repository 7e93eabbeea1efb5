//! From events to the deliveries that their operators' rules want, as rules and destinations are now.

use std::collections::{BTreeSet, HashMap};

use domain::{
    Delivery, DeliveryId, DestinationId, Event, Face, OperatorId, Rule,
    fanout::{Fate, fan_out},
    journal::Mail,
    time::now,
};
use futures::future::try_join_all;
use store::Result;

use crate::{App, incoming::Incoming};

/// A delivery to make.
pub(crate) struct Planned {
    pub(crate) delivery: Delivery,
    /// The mail that it is, if it is one.
    pub(crate) mail: Option<Mail>,
}

impl App {
    /// The deliveries of each event, in the order of the events. Two reads per operator of the batch: its rules, and
    /// together with the other operators' the destinations of those that match.
    pub(crate) async fn plan(&self, incoming: &[&Incoming]) -> Result<Vec<Vec<Planned>>> {
        let events = incoming.iter().filter(|incoming| !incoming.log_only);
        let events: Vec<_> = events.map(|incoming| &incoming.event).collect();
        let operators: BTreeSet<_> = events.iter().map(|event| event.operator_id).collect();
        let read = operators.into_iter().map(async |id| self.channels.all(id).await.map(|rules| (id, rules)));
        let rules: HashMap<OperatorId, Vec<Rule>> = try_join_all(read).await?.into_iter().collect();
        let of = |event: &Event| rules.get(&event.operator_id).map(Vec::as_slice).unwrap_or_default();

        let matching = events.iter().flat_map(|event| {
            let rules = of(event).iter().filter(|rule| rule.matches(event));
            rules.flat_map(|rule| rule.destination_ids.iter().map(|id| (rule.operator_id, *id)))
        });
        let wanted: BTreeSet<_> = matching.collect();
        let destinations = self.destinations.get_all(wanted).await?;

        let now = now();
        let deliveries = |incoming: &Incoming| {
            let event = &incoming.event;
            if incoming.log_only {
                return vec![];
            }
            let mut fates = fan_out(event, of(event), |id| destinations.get(&id));
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
