//! What dispatch asks of the cloud: all of it, so that its rules can be tested without one.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use api::worker::Record;
use domain::{
    Delivery, DeliveryId, DeliveryPlan, Destination, DestinationId, Event, EventId, OperatorId, PlannedEvent, Rule,
    delivery_plan::{Destined, Parts},
    message::{Ingest, Job, Part},
    traffic::Lane,
};
use store::{Result, partiql::Written, queue::Outgoing};
use tokio::time::Instant;

use crate::{
    App,
    incoming::{self, Incoming, Unreadable},
};

/// Which event, and whose.
pub(crate) type Key = (OperatorId, EventId);

/// Where rules are read from: the operator's own, or those of one of its projects.
pub(crate) type Source = (OperatorId, Option<String>);

/// A row to insert, unless it is there.
#[derive(Debug, Clone)]
pub(crate) enum Row<'a> {
    /// An event with its plan.
    Event(&'a Event, &'a DeliveryPlan),
    /// A further part of the plan.
    Part(Key, &'a Parts, u32, &'a Destined),
    /// A delivery that is not sent.
    Delivery(&'a Delivery),
}

/// What is remembered of an operator for a moment.
#[derive(Debug, Default)]
pub(crate) struct Remembered {
    /// Its own rules, and those of its projects.
    rules: HashMap<Option<String>, Arc<Vec<Rule>>>,
    destinations: HashMap<DestinationId, Destination>,
}

pub(crate) trait Cloud {
    /// What a record asks for; none when there is nothing to do.
    async fn read(&self, record: &Record) -> std::result::Result<Option<Incoming>, Unreadable>;

    /// Finds out what has changed of these operators' rules and destinations since they were read.
    async fn refresh(&self, operators: BTreeSet<OperatorId>) -> Result<()>;

    /// The rules of these sources.
    async fn rules(&self, source: &Source) -> Result<Arc<Vec<Rule>>>;

    /// Those of the destinations that exist.
    async fn destinations(
        &self,
        keys: BTreeSet<(OperatorId, DestinationId)>,
    ) -> Result<HashMap<DestinationId, Destination>>;

    /// Those of the events that are known, with their plans.
    async fn events(&self, keys: Vec<Key>) -> Result<HashMap<EventId, PlannedEvent>>;

    /// A further part of an event's plan.
    async fn part(&self, event: Key, parts: &Parts, number: u32) -> Result<Vec<Destined>>;

    /// Which of these deliveries have a row.
    async fn recorded(&self, ids: Vec<DeliveryId>) -> Result<HashSet<DeliveryId>>;

    /// Inserts rows; what fails is tried again until `until`.
    async fn insert(&self, rows: Vec<Row<'_>>, until: Instant) -> Result<Vec<Written>>;

    /// Sends parts of large plans to ourselves; for each, whether the queue has it.
    async fn send_parts(&self, parts: &[Part]) -> Result<Vec<bool>>;

    /// Sends jobs to the workers; for each, whether the queue has it.
    async fn send_jobs(&self, jobs: &[(Lane, Job)]) -> Result<Vec<bool>>;

    /// Emits events of our own; for each, whether the queue has it.
    async fn emit(&self, events: &[Ingest]) -> Result<Vec<bool>>;
}

impl Cloud for App {
    async fn read(&self, record: &Record) -> std::result::Result<Option<Incoming>, Unreadable> {
        incoming::read(record, &self.verifications).await
    }

    async fn refresh(&self, operators: BTreeSet<OperatorId>) -> Result<()> {
        self.recent.refresh(operators).await
    }

    async fn rules(&self, (operator, project): &Source) -> Result<Arc<Vec<Rule>>> {
        let known = self.recent.of(*operator, |known| known.rules.get(project).cloned());
        if let Some(rules) = known.flatten() {
            return Ok(rules);
        }
        let rules = Arc::new(match project {
            None => self.channels.all(*operator).await?,
            Some(project) => self.channels.of_project(*operator, project).await?,
        });
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

    async fn send_jobs(&self, jobs: &[(Lane, Job)]) -> Result<Vec<bool>> {
        let message = |(lane, job): &(Lane, Job)| Ok((*lane, Outgoing::new(job, job.operator_id)?.traced(job.trace)));
        Ok(self.lanes.send(jobs.iter().map(message).collect::<Result<_>>()?).await)
    }

    async fn emit(&self, events: &[Ingest]) -> Result<Vec<bool>> {
        self.journal.tell(events).await
    }
}
