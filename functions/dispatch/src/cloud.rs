//! Every call that dispatch makes to the cloud, behind one trait, so that its logic can be tested without a cloud.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use domain::{
    Delivery, DeliveryId, DeliveryPlan, Destination, DestinationId, Event, EventId, OperatorId, PlannedEvent,
    ProjectId, RuleIndex,
    delivery_plan::{Destined, Parts},
    message::{Ingest, Job, Part},
    traffic::Lane,
};
use runtime::worker::Record;
use store::{Result, partiql::Written, queue::Outgoing, recent::Cached, type_index::TypeRow};
use tokio::time::Instant;

use crate::{
    App,
    incoming::{self, Incoming, Unreadable},
};

/// Identifies an event by its operator and its id.
pub(crate) type Key = (OperatorId, EventId);

/// Identifies a list of rules: the operator's own, or those of one of its projects.
pub(crate) type Source = (OperatorId, Option<ProjectId>);

/// A row to insert if it does not exist yet.
#[derive(Debug, Clone)]
pub(crate) enum Row<'a> {
    Event(&'a Event, &'a DeliveryPlan),
    /// A row of the index by type.
    Types(&'a TypeRow),
    /// A further part of the event's plan.
    Part(Key, &'a Parts, u32, &'a Destined),
    /// A delivery that is not sent.
    Delivery(&'a Delivery),
}

/// The number of rules that a worker remembers of an operator, to bound its memory: an operator may have many projects,
/// each with a list of its own. A longer list is only remembered alone.
const MAX_RULES: usize = 10_000;

/// Rules and destinations of an operator, remembered for a short time.
#[derive(Debug, Default)]
pub(crate) struct Remembered {
    rules: Rules,
    destinations: HashMap<DestinationId, Destination>,
}

impl Cached for Remembered {
    fn expire(&mut self) {
        self.destinations.clear();
    }
}

#[derive(Debug, Default)]
struct Rules {
    /// The operator's own rules under `None`, and those of each project under its id.
    by_project: HashMap<Option<ProjectId>, Arc<RuleIndex>>,
    /// The number of rules in all lists, plus the number of lists.
    count: usize,
}

impl Rules {
    fn insert(&mut self, project: Option<ProjectId>, rules: Arc<RuleIndex>) {
        self.count += rules.len() + 1;
        if self.count > MAX_RULES {
            self.by_project.clear();
            self.count = rules.len() + 1;
        }
        self.by_project.insert(project, rules);
    }
}

pub(crate) trait Cloud {
    /// Reads the request in a record, or `None` if there is nothing to do.
    async fn read(&self, record: &Record) -> std::result::Result<Option<Incoming>, Unreadable>;

    /// Checks which rules and destinations of these operators have changed since they were read.
    async fn refresh(&self, operators: BTreeSet<OperatorId>) -> Result<()>;

    /// Returns the rules of this source.
    async fn rules(&self, source: &Source) -> Result<Arc<RuleIndex>>;

    /// Returns the destinations that exist.
    async fn destinations(
        &self,
        keys: BTreeSet<(OperatorId, DestinationId)>,
    ) -> Result<HashMap<DestinationId, Destination>>;

    /// Returns the events that have a row, with their plans.
    async fn events(&self, keys: Vec<Key>) -> Result<HashMap<EventId, PlannedEvent>>;

    /// Returns one further part of an event's plan.
    async fn part(&self, event: Key, parts: &Parts, number: u32) -> Result<Vec<Destined>>;

    /// Returns which of these deliveries have a row.
    async fn recorded(&self, ids: Vec<DeliveryId>) -> Result<HashSet<DeliveryId>>;

    /// Inserts rows, and retries failures until `until`.
    async fn insert(&self, rows: Vec<Row<'_>>, until: Instant) -> Result<Vec<Written>>;

    /// Sends parts of large plans to this function's own queue. Returns, for each, whether the queue accepted it.
    async fn send_parts(&self, parts: &[Part]) -> Result<Vec<bool>>;

    /// Sends jobs to the workers with a single try. Returns, for each, whether the queue confirmed it.
    async fn send_once(&self, jobs: &[(Lane, Job)]) -> Result<Vec<bool>>;

    /// Sends jobs to the workers, and retries failures. Returns, for each, whether the queue accepted it.
    async fn send_jobs(&self, jobs: &[(Lane, Job)]) -> Result<Vec<bool>>;

    /// Emits events of our own. Returns, for each, whether the queue accepted it.
    async fn emit(&self, events: &[Ingest]) -> Result<Vec<bool>>;
}

impl Cloud for App {
    async fn read(&self, record: &Record) -> std::result::Result<Option<Incoming>, Unreadable> {
        incoming::read(record, &self.verifications).await
    }

    async fn refresh(&self, operators: BTreeSet<OperatorId>) -> Result<()> {
        self.recent.refresh(operators).await
    }

    async fn rules(&self, (operator, project): &Source) -> Result<Arc<RuleIndex>> {
        let known = self.recent.of(*operator, |known| known.rules.by_project.get(project).cloned());
        if let Some(rules) = known.flatten() {
            return Ok(rules);
        }
        let rules = Arc::new(RuleIndex::new(match project {
            None => self.channels.all(*operator).await?,
            Some(project) => self.channels.of_project(*operator, project).await?,
        }));
        self.recent.of(*operator, |known| known.rules.insert(project.clone(), rules.clone()));
        Ok(rules)
    }

    async fn destinations(
        &self,
        keys: BTreeSet<(OperatorId, DestinationId)>,
    ) -> Result<HashMap<DestinationId, Destination>> {
        let mut found = HashMap::new();
        let mut unknown = BTreeSet::new();
        for (operator, id) in keys {
            match self.recent.of(operator, |known| known.destinations.get(&id).cloned()).flatten() {
                Some(destination) => drop(found.insert(id, destination)),
                None => drop(unknown.insert((operator, id))),
            }
        }
        if unknown.is_empty() {
            return Ok(found);
        }
        for (id, destination) in self.destinations.get_all(unknown).await? {
            let operator = destination.operator_id;
            self.recent.of(operator, |known| known.destinations.insert(id, destination.clone()));
            found.insert(id, destination);
        }
        Ok(found)
    }

    async fn events(&self, keys: Vec<Key>) -> Result<HashMap<EventId, PlannedEvent>> {
        self.events.planned(keys).await
    }

    async fn part(&self, event: Key, parts: &Parts, number: u32) -> Result<Vec<Destined>> {
        self.events.parts(event, parts, [number]).await
    }

    async fn recorded(&self, ids: Vec<DeliveryId>) -> Result<HashSet<DeliveryId>> {
        Ok(self.deliveries.get_many(ids).await?.into_iter().map(|row| row.id).collect())
    }

    async fn insert(&self, rows: Vec<Row<'_>>, until: Instant) -> Result<Vec<Written>> {
        let statement = |row| match row {
            Row::Event(event, plan) => self.events.insert(event, Some(plan)),
            Row::Types(row) => self.events.insert_types(row),
            Row::Part(event, parts, number, destined) => self.events.insert_part(event, (parts, number), destined),
            Row::Delivery(delivery) => self.deliveries.insert(delivery),
        };
        let statements = rows.into_iter().map(statement).collect::<Result<_>>()?;
        Ok(self.deliveries.execute(statements, until).await)
    }

    async fn send_parts(&self, parts: &[Part]) -> Result<Vec<bool>> {
        let message = |part: &Part| Ok(Outgoing::new(part, part.operator_id)?.traced(part.trace));
        let messages = parts.iter().map(message).collect::<Result<_>>()?;
        Ok(self.accepted.send(messages).await)
    }

    async fn send_once(&self, jobs: &[(Lane, Job)]) -> Result<Vec<bool>> {
        Ok(self.lanes_without_retries.send(messages(jobs)?).await)
    }

    async fn send_jobs(&self, jobs: &[(Lane, Job)]) -> Result<Vec<bool>> {
        Ok(self.lanes.send(messages(jobs)?).await)
    }

    async fn emit(&self, events: &[Ingest]) -> Result<Vec<bool>> {
        self.system_events.emit(events).await
    }
}

fn messages(jobs: &[(Lane, Job)]) -> Result<Vec<(Lane, Outgoing)>> {
    let message = |(lane, job): &(Lane, Job)| Ok((*lane, Outgoing::new(job, job.operator_id)?.traced(job.trace)));
    jobs.iter().map(message).collect()
}

#[cfg(test)]
mod tests {
    use domain::testing::{project_id, rule};

    use super::*;

    #[test]
    fn the_rules_of_many_projects_do_not_fill_the_memory() {
        let list = |rules| Arc::new(RuleIndex::new((0..rules).map(|_| rule(&[])).collect()));
        let (mut kept, small, large) = (Rules::default(), list(4), list(MAX_RULES + 1));
        for n in 0..MAX_RULES {
            kept.insert(Some(project_id(&format!("project-{n}"))), small.clone());
            assert!(kept.by_project.len() * 5 <= MAX_RULES);
        }
        kept.insert(None, large.clone());
        assert_eq!(kept.by_project.len(), 1, "a longer list, alone");
        kept.insert(Some(project_id("one")), small);
        assert_eq!((kept.by_project.len(), kept.count), (1, 5));
    }
}
