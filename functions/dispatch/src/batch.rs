//! Plans a batch of events, writes the plans, and sends the jobs.
//!
//! An event and its deliveries cannot get separated, because a single write stores both: the event's row contains the
//! plan. Jobs are sent only for what a row plans. When an event is received again (from SQS after a crash, or from a
//! dead-letter queue at any later time), its row is found and the plan is taken from it, even if the rules have changed
//! since. A job is sent for each planned delivery that has no attempt yet. A crash can therefore repeat work, but never
//! lose it.
//!
//! The index by type ([`type_index`]) does not lose an event either. Its rows are written in the same call as the events
//! that they list. If a row could not be written, the messages of its events are not finished, and an event that is
//! received again is listed again.
//!
//! The plan of an event with more destinations than [`domain::fanout::PART`] is split into parts. Each part has its own
//! row and its own message. The rows of the parts are written before the event's row, so that the event's row never
//! names a part that is missing.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    time::Duration,
};

use domain::{
    Delivery, DeliveryId, DeliveryPlan, Destination, DestinationId, Event, EventId, EventType, Kind, OperatorId,
    PlannedEvent,
    delivery_plan::Unrecorded,
    fanout::Fates,
    lifecycle::{Fate, Reason},
    message::{Job, Part},
    system_events::Mail,
    time::now,
    traffic::Lane,
};
use futures::future::join_all;
use jiff::Timestamp;
use runtime::{
    telemetry::is_verbose,
    worker::{Record, request_id},
};
use store::{Result, partiql::Written, type_index};
use tokio::time::{Instant, timeout_at};
use trace::Span;

use crate::{
    cloud::{Cloud, Key, Row, Source},
    incoming::{Incoming, What},
    plan::{NewPlan, Rules, matching, plan, sources},
};

/// Writes stop this long before the end of a batch, to leave time to send what was written.
const TO_SEND: Duration = Duration::from_secs(4);

/// Dispatches a batch and returns the ids of the messages to receive again.
pub(crate) async fn dispatch(cloud: &impl Cloud, records: Vec<Record>, end: Instant) -> Vec<String> {
    let mut batch = Batch::new(cloud, &records, end);
    if timeout_at(end, batch.run(records)).await.is_err() {
        tracing::error!("batch not dispatched in time");
    }
    batch.unfinished.into_iter().collect()
}

struct Batch<'a, C> {
    cloud: &'a C,
    end: Instant,
    /// The destinations read so far.
    destinations: HashMap<DestinationId, Destination>,
    /// The ids of the messages that are not finished.
    unfinished: HashSet<String>,
}

/// An event, or a part of one, with the id of its message.
#[derive(Debug)]
struct Work {
    message_id: String,
    incoming: Incoming,
    span: Span,
}

impl Work {
    fn key(&self) -> Key {
        (self.incoming.operator_id(), self.incoming.event_id())
    }

    /// Whether the event may already have a row. If not, the row is not read first: the insert detects an existing one.
    fn may_be_known(&self) -> bool {
        self.incoming.again || self.incoming.part().is_some() || self.is_repeat()
    }

    fn is_repeat(&self) -> bool {
        self.incoming.arrival().is_some_and(|arrival| arrival.repeat)
    }

    /// The plan of a known event, if this message has to complete it. Notifications that were sent at once have no plan.
    /// If the first message wrote the plan, that message completes it, and a repeat of the post has nothing to do.
    fn to_complete<'a>(&self, known: &'a PlannedEvent) -> Option<&'a DeliveryPlan> {
        let left_to_others = |plan: &&DeliveryPlan| self.is_repeat() && !self.incoming.again && !plan.by_repeat;
        known.plan.as_ref().filter(|plan| !left_to_others(plan))
    }
}

/// What was written of a batch's events.
#[derive(Default)]
struct Stored {
    /// The new events that have been written.
    written: HashSet<EventId>,
    /// The new events that may already have had a row.
    refused: Vec<Key>,
    /// The events that the index by type may not list.
    unlisted: HashSet<EventId>,
}

/// The deliveries of one message that remain to be handled.
struct Step {
    work: Work,
    event_type: EventType,
    at: Timestamp,
    fates: Fates,
    /// Whether the plan was read from an existing row, so that some of its deliveries may already be done.
    found: bool,
    /// The other parts of the plan, to send to the queue.
    parts: Vec<Part>,
}

impl Step {
    fn ids(&self) -> impl Iterator<Item = DeliveryId> {
        let event = self.work.incoming.event_id();
        self.fates.keys().map(move |to| DeliveryId::new(*to, event))
    }

    fn operator_id(&self) -> OperatorId {
        self.work.incoming.operator_id()
    }

    /// The delivery in its initial state.
    fn delivery(&self, id: DestinationId, fate: Fate, destinations: &HashMap<DestinationId, Destination>) -> Delivery {
        let (operator_id, event_id) = self.work.key();
        let unrecorded = Unrecorded { operator_id, event_id, event_type: &self.event_type, at: self.at };
        unrecorded.delivery_to(id, destinations.get(&id), fate)
    }
}

impl<'a, C: Cloud> Batch<'a, C> {
    fn new(cloud: &'a C, records: &[Record], end: Instant) -> Self {
        let unfinished = records.iter().map(|record| record.message_id.clone()).collect();
        Self { cloud, end, destinations: HashMap::new(), unfinished }
    }

    async fn run(&mut self, records: Vec<Record>) {
        let works = self.read(records).await;
        let mut steps = match self.steps(works).await {
            Ok(steps) => steps,
            Err(error) => {
                tracing::error!(%error, "batch not dispatched");
                return;
            }
        };
        if steps.is_empty() {
            return;
        }
        if let Err(error) = self.send_on(&mut steps).await {
            tracing::error!(%error, "events not sent on");
        }
        steps.iter().for_each(|step| log(step, !self.unfinished.contains(&step.work.message_id)));
    }

    fn done(&mut self, work: &Work) {
        self.unfinished.remove(&work.message_id);
        work.span.end();
    }

    /// Reads the messages. If a batch contains two copies of a message, one of them does the work for both.
    async fn read(&mut self, records: Vec<Record>) -> Vec<Work> {
        let read = join_all(records.iter().map(|record| self.cloud.read(record))).await;
        let mut works: Vec<Work> = vec![];
        for (record, result) in records.into_iter().zip(read) {
            let Record { message_id, received, span, .. } = record;
            match result {
                Ok(None) => {
                    self.unfinished.remove(&message_id);
                }
                Ok(Some(incoming)) => match works.iter_mut().find(|work| work.incoming.is_copy_of(&incoming)) {
                    Some(work) => {
                        work.incoming.again |= incoming.again;
                        self.unfinished.remove(&message_id);
                    }
                    None => {
                        span.set("stack.event_id", incoming.event_id());
                        span.set("stack.operator_id", incoming.operator_id());
                        works.push(Work { message_id, incoming, span });
                    }
                },
                Err(error) => tracing::error!(message_id, received, %error, "event not read"),
            }
        }
        works
    }

    /// Returns the remaining steps: for new events after writing their plans, for known events from the plans in their
    /// rows.
    async fn steps(&mut self, works: Vec<Work>) -> Result<Vec<Step>> {
        let asked: Vec<_> = works.iter().filter(|work| work.may_be_known()).map(Work::key).collect();
        let mut known = if asked.is_empty() { HashMap::new() } else { self.cloud.events(asked).await? };
        let is_new = |work: &&Work| work.incoming.arrival().is_some() && !known.contains_key(&work.incoming.event_id());
        let new: Vec<_> = works.iter().filter(is_new).collect();
        let plans = self.plan(&new).await?;
        let resumed = works.iter().filter(|work| work.incoming.arrival().is_some()).filter_map(|work| {
            let known = known.get(&work.incoming.event_id())?;
            work.to_complete(known).map(|_| &known.event)
        });
        let Stored { written, refused, unlisted } = self.write(&new, &plans, resumed.collect()).await?;
        metrics::counter!("events").increment(written.len() as u64);
        if !refused.is_empty() {
            known.extend(self.cloud.events(refused).await?);
        }
        let mut steps = vec![];
        for work in works {
            let id = work.incoming.event_id();
            if work.incoming.arrival().is_some() && unlisted.contains(&id) {
                continue;
            }
            let event_type = work.incoming.arrival().map(|arrival| arrival.event.event_type.clone());
            let new = plans.get(&id).filter(|_| written.contains(&id));
            if let (Some(new), Some(event_type)) = (new, event_type) {
                steps.push(planned_now(work, event_type, &new.plan));
            } else if let Some(event) = known.get(&id) {
                match self.resumed(work, event).await {
                    Ok(step) => steps.extend(step),
                    Err(error) => tracing::error!(event_id = %id, %error, "event not resumed"),
                }
            } else if work.incoming.part().is_some() {
                tracing::error!(event_id = %id, "the event of a part is not found");
            }
        }
        Ok(steps)
    }

    /// Plans new events.
    ///
    /// Per operator, this reads the rules and, for all operators together, the destinations of the rules that match.
    /// Analyses also need the rules of their project. For operators that send events in batch after batch, one read
    /// replaces these reads: see [`store::recent`].
    async fn plan(&mut self, new: &[&Work]) -> Result<HashMap<EventId, NewPlan>> {
        let arrivals: Vec<_> = new.iter().filter_map(|work| work.incoming.arrival()).collect();
        let asked = arrivals.iter().filter(|arrival| !arrival.log_only);
        let distinct: BTreeSet<Source> = asked.flat_map(|arrival| sources(&arrival.event)).collect();
        if let Err(error) = self.cloud.refresh(distinct.iter().map(|(operator, _)| *operator).collect()).await {
            // Without the stamps nothing is remembered, and everything is read.
            tracing::warn!(%error, "stamps not read");
        }
        let read = distinct.into_iter().map(async |source| (self.cloud.rules(&source).await, source));
        let mut rules = Rules::new();
        let mut failed = HashSet::new();
        for (read, source) in join_all(read).await {
            match read {
                Ok(found) => drop(rules.insert(source, found)),
                // A failure for one operator does not stop the events of the others.
                Err(error) => {
                    tracing::error!(operator_id = %source.0, %error, "rules not read");
                    failed.insert(source.0);
                }
            }
        }
        let wanted = arrivals.iter().flat_map(|arrival| matching(arrival, &rules));
        let wanted: BTreeSet<_> =
            wanted.flat_map(|rule| rule.destination_ids.iter().map(|id| (rule.operator_id, *id))).collect();
        if !wanted.is_empty() {
            self.destinations.extend(self.cloud.destinations(wanted).await?);
        }
        let readable = arrivals.into_iter().filter(|arrival| !failed.contains(&arrival.event.operator_id));
        let now = now();
        Ok(readable.map(|arrival| (arrival.event.id, plan(arrival, &rules, &self.destinations, now))).collect())
    }

    /// Writes new events with their plans, and lists these and the resumed events in the index by type.
    async fn write(&self, new: &[&Work], plans: &HashMap<EventId, NewPlan>, resumed: Vec<&Event>) -> Result<Stored> {
        let until = self.end.checked_sub(TO_SEND).unwrap_or(self.end);
        let without_parts = self.write_parts(new, plans, until).await?;
        let (mut keys, mut rows, mut listed) = (vec![], vec![], resumed);
        for work in new {
            let id = work.incoming.event_id();
            let plan = plans.get(&id).filter(|_| !without_parts.contains(&id));
            if let (Some(arrival), Some(new)) = (work.incoming.arrival(), plan) {
                keys.push(work.key());
                rows.push(Row::Event(&arrival.event, &new.plan));
                listed.push(&arrival.event);
            }
        }
        let type_rows = type_index::rows(listed);
        if type_rows.is_empty() {
            return Ok(Stored::default());
        }
        // With the events in one call: it takes 25 rows, and ten events have at most ten rows of the index.
        rows.extend(type_rows.iter().map(Row::Types));
        let mut outcomes = self.cloud.insert(rows, until).await?.into_iter();
        let mut stored = Stored::default();
        for (key, outcome) in keys.into_iter().zip(outcomes.by_ref()) {
            match outcome {
                Written::Yes => drop(stored.written.insert(key.1)),
                // It does not matter who wrote the row: it contains the plan.
                Written::Refused | Written::Unsure => stored.refused.push(key),
                Written::Failed(error) => tracing::error!(event_id = %key.1, error, "event not written"),
            }
        }
        for (row, outcome) in type_rows.iter().zip(outcomes) {
            // A refused row exists: its key depends on the events that it lists.
            let Some(error) = outcome.failure() else { continue };
            row.ids().for_each(|id| tracing::error!(event_id = %id, error, "event not listed by type"));
            stored.unlisted.extend(row.ids());
        }
        Ok(stored)
    }

    /// Writes the other parts of large plans. Returns the events with a part that could not be written.
    async fn write_parts(
        &self,
        new: &[&Work],
        plans: &HashMap<EventId, NewPlan>,
        until: Instant,
    ) -> Result<HashSet<EventId>> {
        let mut rows = vec![];
        for work in new {
            let Some(NewPlan { plan, further }) = plans.get(&work.incoming.event_id()) else { continue };
            for (parts, (number, destined)) in
                plan.parts.iter().flat_map(|p| p.numbers().zip(further).map(move |n| (p, n)))
            {
                rows.push((work.key(), Row::Part(work.key(), parts, number, destined)));
            }
        }
        if rows.is_empty() {
            return Ok(HashSet::new());
        }
        let (keys, rows): (Vec<_>, Vec<_>) = rows.into_iter().unzip();
        let written = self.cloud.insert(rows, until).await?;
        let failed = keys.into_iter().zip(written).filter(|(_, written)| matches!(written, Written::Failed(_)));
        Ok(failed.map(|((_, id), _)| id).collect())
    }

    /// Returns the work that remains for an event whose plan is in its row.
    async fn resumed(&mut self, work: Work, known: &PlannedEvent) -> Result<Option<Step>> {
        let Some(plan) = work.to_complete(known) else {
            self.done(&work);
            return Ok(None);
        };
        let key = work.key();
        let (fates, parts) = match &work.incoming.what {
            What::Event(_) => (plan.destined.fates(), further(key, plan)),
            What::Part(part) => {
                let Some(parts) = &plan.parts else {
                    self.done(&work);
                    return Ok(None);
                };
                let found = self.cloud.part(key, parts, part.part).await?;
                (found.iter().flat_map(|destined| destined.fates()).collect(), vec![])
            }
        };
        let event_type = known.event.event_type.clone();
        Ok(Some(Step { work, event_type, at: plan.at, fates, found: true, parts }))
    }

    /// Handles the deliveries of all steps: inserts those that are not sent, and sends jobs for the others.
    async fn send_on(&mut self, steps: &mut [Step]) -> Result<()> {
        let done: Vec<_> = steps.iter().filter(|step| step.found).flat_map(Step::ids).collect();
        if !done.is_empty() {
            let recorded = self.cloud.recorded(done).await?;
            for step in steps.iter_mut().filter(|step| step.found) {
                let event = step.work.incoming.event_id();
                step.fates.retain(|to, _| !recorded.contains(&DeliveryId::new(*to, event)));
            }
            self.read_destinations(steps).await?;
        }
        let mut failed = self.insert_unsent(steps).await?;
        let parts: Vec<_> =
            steps.iter().enumerate().flat_map(|(i, step)| step.parts.iter().map(move |p| (i, p))).collect();
        if !parts.is_empty() {
            let traced = |(i, part): (usize, &Part)| {
                let trace = steps.get(i).and_then(|step| step.work.span.context());
                (i, Part { trace, ..part.clone() })
            };
            let (places, parts): (Vec<_>, Vec<_>) = parts.into_iter().map(traced).unzip();
            failed.extend(refused(places, self.cloud.send_parts(&parts).await?));
        }
        failed.extend(self.send(steps).await?);
        for (_, step) in steps.iter().enumerate().filter(|(place, _)| !failed.contains(place)) {
            self.done(&step.work);
        }
        Ok(())
    }

    /// Reads the destinations of plans that were read from existing rows.
    async fn read_destinations(&mut self, steps: &[Step]) -> Result<()> {
        let found = steps.iter().filter(|step| step.found);
        let ids = found.flat_map(|step| step.fates.keys().map(|id| (step.operator_id(), *id)));
        let missing: BTreeSet<_> = ids.filter(|(_, id)| !self.destinations.contains_key(id)).collect();
        if !missing.is_empty() {
            self.destinations.extend(self.cloud.destinations(missing).await?);
        }
        Ok(())
    }

    /// Inserts the deliveries that start as held or abandoned: without a row they would not be visible. Returns the
    /// indexes of the steps with a delivery that could not be inserted.
    async fn insert_unsent(&self, steps: &[Step]) -> Result<HashSet<usize>> {
        let unsent = steps.iter().enumerate().flat_map(|(place, step)| {
            let unsent = step.fates.iter().filter(|(_, fate)| **fate != Fate::Send);
            unsent.map(move |(id, fate)| (place, step.delivery(*id, *fate, &self.destinations)))
        });
        let (places, rows): (Vec<_>, Vec<_>) = unsent.unzip();
        if rows.is_empty() {
            return Ok(HashSet::new());
        }
        let until = self.end.checked_sub(TO_SEND).unwrap_or(self.end);
        let written = self.cloud.insert(rows.iter().map(Row::Delivery).collect(), until).await?;
        let failed = places.into_iter().zip(written).filter(|(_, written)| matches!(written, Written::Failed(_)));
        Ok(failed.map(|(place, _)| place).collect())
    }

    /// Emits an event for each queued mail, and sends the first job of each delivery. Returns the indexes of the steps
    /// that the queues did not accept in full.
    async fn send(&self, steps: &[Step]) -> Result<HashSet<usize>> {
        let sent = steps.iter().enumerate().flat_map(|(place, step)| {
            let sent = step.fates.iter().filter(|(_, fate)| **fate == Fate::Send);
            sent.map(move |(id, fate)| (place, step.delivery(*id, *fate, &self.destinations)))
        });
        let (mut places, mut jobs) = (vec![], vec![]);
        let (mut mail_places, mut queued) = (vec![], vec![]);
        for (place, delivery) in sent {
            let (to, own) = (self.destinations.get(&delivery.id.destination), is_operators_own(&delivery));
            if own || to.is_some_and(|to| to.kind.is_mail()) {
                let mail = Mail::of(delivery.id, &delivery.event_type, delivery.operator_id, to.filter(|_| !own));
                mail_places.push(place);
                queued.push(mail.queued(delivery.id.event.made_at())?);
            }
            let lane = to.map_or(if own { Lane::Mail } else { Lane::Fast }, |to| to.lane(now()));
            places.push(place);
            let trace = steps.get(place).and_then(|step| step.work.span.context());
            // A plan that was found in a row may have sent the job before. Only the receiver of a webhook can recognize
            // a repeat, so other jobs always read the row.
            let fresh =
                steps.get(place).is_some_and(|step| !step.found) && to.is_some_and(|to| to.kind == Kind::Webhook);
            jobs.push((lane, Job { trace, fresh, ..delivery.job_at_once() }));
        }
        let mut failed = refused(mail_places, self.cloud.emit(&queued).await?);
        if !jobs.is_empty() {
            failed.extend(refused(places, self.send_jobs(&jobs).await?));
        }
        Ok(failed)
    }

    /// Sends jobs, and sends those again that the queue did not confirm. It may have taken them, so they are not fresh
    /// any more: a worker that receives both reads the row for the second one.
    async fn send_jobs(&self, jobs: &[(Lane, Job)]) -> Result<Vec<bool>> {
        let mut sent = self.cloud.send_once(jobs).await?;
        let unconfirmed = jobs.iter().zip(&mut sent).filter(|(_, sent)| !**sent);
        let (again, sent_again): (Vec<_>, Vec<_>) =
            unconfirmed.map(|((lane, job), sent)| ((*lane, Job { fresh: false, ..job.clone() }), sent)).unzip();
        if !again.is_empty() {
            let taken = self.cloud.send_jobs(&again).await?;
            sent_again.into_iter().zip(taken).for_each(|(sent, taken)| *sent = taken);
        }
        Ok(sent)
    }
}

/// Whether the delivery goes to the operator's own address, which no rule names.
fn is_operators_own(delivery: &Delivery) -> bool {
    delivery.id.destination == DestinationId::of_operator(delivery.operator_id)
}

/// The step of an event whose plan was just written.
fn planned_now(work: Work, event_type: EventType, plan: &DeliveryPlan) -> Step {
    let parts = further(work.key(), plan);
    Step { work, event_type, at: plan.at, fates: plan.destined.fates(), found: false, parts }
}

/// The messages for the other parts of a plan.
fn further((operator_id, event_id): Key, plan: &DeliveryPlan) -> Vec<Part> {
    let numbers = plan.parts.iter().flat_map(|parts| parts.numbers());
    numbers.map(|part| Part { operator_id, event_id, part, trace: None }).collect()
}

/// The indexes of the entries that a queue did not accept.
fn refused(places: Vec<usize>, sent: Vec<bool>) -> HashSet<usize> {
    places.into_iter().zip(sent).filter(|(_, sent)| !sent).map(|(place, _)| place).collect()
}

/// Logs an event or a part of it. If all its deliveries are on their way, their lines say the rest.
fn log(step: &Step, done: bool) {
    let Step { work: Work { incoming, span, .. }, event_type, fates, found, parts, .. } = step;
    let event_id = incoming.event_id();
    let count = |wanted| fates.values().filter(|fate| **fate == wanted).count();
    let held = count(Fate::Hold) + count(Fate::Disabled);
    let (pending, abandoned, part) = (count(Fate::Send), count(Fate::Abandon), incoming.part().map(|part| part.part));
    let as_usual = pending > 0 && held + abandoned == 0 && part.is_none() && parts.is_empty() && !found && done;
    let in_full = !as_usual || is_verbose();
    tracing::info!(
        %event_id,
        operator_id = %incoming.operator_id(),
        // Only for large events: the part that this line is about, or the number of parts.
        part,
        parts = Some(parts.len() + 1).filter(|parts| *parts > 1),
        pending,
        trace_id = span.trace_id().map(display),
        event_type = in_full.then(|| display(event_type)),
        held = in_full.then_some(held),
        abandoned = in_full.then_some(abandoned),
        age_ms = in_full.then(|| now().duration_since(event_id.made_at()).as_millis() as i64),
        repeat = in_full.then_some(*found),
        done = in_full.then_some(done),
        request_id = request_id().filter(|_| in_full),
    );
    for (to, _) in fates.iter().filter(|(_, fate)| **fate == Fate::Abandon) {
        let (id, reason) = (DeliveryId::new(*to, event_id), Reason::DestinationDeleted.as_str());
        tracing::warn!(delivery_id = %id, destination_id = %to, %event_id, reason, "delivery_failed");
    }
    metrics::counter!("deliveries_held").increment(held as u64);
}
