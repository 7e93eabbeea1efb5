//! From events to the deliveries that their operators' rules want, as rules and destinations are now.

use std::collections::{BTreeSet, HashMap};

use domain::{Delivery, DeliveryId, Event, OperatorId, Rule, fanout::fan_out, time::now};
use futures::future::try_join_all;
use store::Result;

use crate::App;

impl App {
    /// The deliveries of each event, in the order of the events. Two reads per operator of the batch: its rules, and
    /// together with the other operators' the destinations of those that match.
    pub(crate) async fn plan(&self, events: &[&Event]) -> Result<Vec<Vec<Delivery>>> {
        let operators: BTreeSet<_> = events.iter().map(|event| event.operator_id).collect();
        let read = operators.into_iter().map(async |id| self.channels.all(id).await.map(|rules| (id, rules)));
        let rules: HashMap<OperatorId, Vec<Rule>> = try_join_all(read).await?.into_iter().collect();
        let of = |event: &Event| rules.get(&event.operator_id).map(Vec::as_slice).unwrap_or_default();

        let matching = events.iter().flat_map(|event| {
            let rules = of(event).iter().filter(|rule| rule.matches(&event.event_type, event.severity));
            rules.flat_map(|rule| rule.destination_ids.iter().map(|id| (rule.operator_id, *id)))
        });
        let wanted: BTreeSet<_> = matching.collect();
        let destinations = self.destinations.get_all(wanted).await?;

        let now = now();
        let deliveries = |event: &Event| {
            let fates = fan_out(event, of(event), |id| destinations.get(&id));
            let new = |(id, fate)| Delivery::new(event, DeliveryId::new(id, event.id), fate, now);
            fates.into_iter().map(new).collect()
        };
        Ok(events.iter().map(|event| deliveries(event)).collect())
    }
}
