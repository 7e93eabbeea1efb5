//! Dispatch without a cloud: what it writes and sends when calls fail, and when messages are received again.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use domain::{
    ApiKind, Delivery, DeliveryId, DeliveryPlan, DeliveryState, Destination, DestinationId, Event, EventId, Kind,
    OperatorId, PlannedEvent, Rule, RuleIndex, Unhealthy,
    delivery_plan::{Destined, Parts},
    event::PostedEvent,
    fanout::PART,
    message::{Ingest, Job, Part},
    rule::OnUnhealthy,
    testing::{self, event_types},
    time::now,
    traffic::{Breaker, Lane},
};
use runtime::worker::Record;
use store::{Result, StoreError, partiql::Written, type_index::TypeRow};
use tokio::time::Instant;

use crate::{
    batch::dispatch,
    cloud::{Cloud, Key, Row, Source},
    incoming::{Arrival, Incoming, Unreadable, What},
};

/// A cloud in memory that can fail single calls.
#[derive(Default)]
struct Memory {
    rules: RefCell<Vec<Rule>>,
    destinations: RefCell<HashMap<DestinationId, Destination>>,
    events: RefCell<HashMap<EventId, (Event, DeliveryPlan)>>,
    /// The index by type.
    types: RefCell<Vec<TypeRow>>,
    parts: RefCell<BTreeMap<(EventId, String, u32), Destined>>,
    deliveries: RefCell<HashMap<DeliveryId, Delivery>>,
    jobs: RefCell<Vec<(Lane, Job)>>,
    sent_parts: RefCell<Vec<Part>>,
    /// The failures to inject next.
    faults: RefCell<Faults>,
    /// How many calls and writes to carry out until the worker crashes, if it does.
    until_crash: Cell<Option<usize>>,
    /// Whether calls that insert several rows begin with the last.
    last_row_first: Cell<bool>,
}

#[derive(Default)]
struct Faults {
    /// How many inserts of events to reject.
    throttle_events: usize,
    /// How many inserts of events to carry out without returning their answer.
    lose_events: usize,
    /// How many rows of the index by type to reject.
    throttle_types: usize,
    /// How many jobs the queue refuses, starting with the first.
    refuse_jobs: usize,
    /// How many jobs the queue takes without confirming them.
    lose_jobs: usize,
    /// How many parts the queue refuses.
    refuse_parts: usize,
}

fn take(count: &mut usize) -> bool {
    let any = *count > 0;
    *count = count.saturating_sub(1);
    any
}

impl Cloud for Memory {
    async fn read(&self, record: &Record) -> std::result::Result<Option<Incoming>, Unreadable> {
        self.step()?;
        if let Ok(part) = serde_json::from_str::<Part>(&record.body) {
            return Ok(Some(Incoming { what: What::Part(part), again: record.received > 1 }));
        }
        let Ingest { operator_id, event_id, repeat, to_operator, log_only, event, .. } =
            serde_json::from_str(&record.body)?;
        let event = event.received(operator_id, event_id)?;
        let what = What::Event(Arrival { event, repeat, to_operator, log_only });
        Ok(Some(Incoming { what, again: record.received > 1 }))
    }

    async fn refresh(&self, _: BTreeSet<OperatorId>) -> Result<()> {
        self.step()?;
        Ok(())
    }

    async fn rules(&self, (operator, project): &Source) -> Result<Arc<RuleIndex>> {
        self.step()?;
        let rules = self.rules.borrow();
        let of = rules.iter().filter(|rule| rule.operator_id == *operator && rule.project_id == *project);
        Ok(Arc::new(RuleIndex::new(of.cloned().collect())))
    }

    async fn destinations(
        &self,
        keys: BTreeSet<(OperatorId, DestinationId)>,
    ) -> Result<HashMap<DestinationId, Destination>> {
        self.step()?;
        let known = self.destinations.borrow();
        Ok(keys.into_iter().filter_map(|(_, id)| Some((id, known.get(&id)?.clone()))).collect())
    }

    async fn events(&self, keys: Vec<Key>) -> Result<HashMap<EventId, PlannedEvent>> {
        self.step()?;
        let known = self.events.borrow();
        let of =
            |(event, plan): &(Event, DeliveryPlan)| PlannedEvent { event: event.clone(), plan: Some(plan.clone()) };
        Ok(keys.into_iter().filter_map(|(_, id)| Some((id, of(known.get(&id)?)))).collect())
    }

    async fn part(&self, (_, event): Key, parts: &Parts, number: u32) -> Result<Vec<Destined>> {
        self.step()?;
        let found = self.parts.borrow().get(&(event, parts.key.to_string(), number)).cloned();
        found.map(|part| vec![part]).ok_or(StoreError::Unprocessed("a part that an event's row names"))
    }

    async fn recorded(&self, ids: Vec<DeliveryId>) -> Result<HashSet<DeliveryId>> {
        self.step()?;
        let known = self.deliveries.borrow();
        Ok(ids.into_iter().filter(|id| known.contains_key(id)).collect())
    }

    async fn insert(&self, mut rows: Vec<Row<'_>>, _: Instant) -> Result<Vec<Written>> {
        self.step()?;
        let last_first = self.last_row_first.get();
        if last_first {
            rows.reverse();
        }
        let mut faults = self.faults.borrow_mut();
        let mut insert = |row| match row {
            Row::Event(..) if take(&mut faults.throttle_events) => Written::Failed("throttled".into()),
            Row::Event(event, plan) => {
                let lost = take(&mut faults.lose_events);
                let mut known = self.events.borrow_mut();
                if known.contains_key(&event.id) {
                    return Written::Refused;
                }
                known.insert(event.id, (event.clone(), plan.clone()));
                if lost { Written::Unsure } else { Written::Yes }
            }
            Row::Types(_) if take(&mut faults.throttle_types) => Written::Failed("throttled".into()),
            Row::Types(row) => {
                let mut known = self.types.borrow_mut();
                if known.contains(row) {
                    return Written::Refused;
                }
                known.push(row.clone());
                Written::Yes
            }
            Row::Part((_, event), parts, number, destined) => {
                let place = (event, parts.key.to_string(), number);
                assert!(!self.events.borrow().contains_key(&event), "a part is written before the row that names it");
                self.parts.borrow_mut().insert(place, destined.clone());
                Written::Yes
            }
            Row::Delivery(delivery) => {
                let mut known = self.deliveries.borrow_mut();
                if known.contains_key(&delivery.id) {
                    return Written::Refused;
                }
                known.insert(delivery.id, delivery.clone());
                Written::Yes
            }
        };
        let mut written = vec![];
        for row in rows {
            self.step()?;
            written.push(insert(row));
        }
        if last_first {
            written.reverse();
        }
        Ok(written)
    }

    async fn send_parts(&self, parts: &[Part]) -> Result<Vec<bool>> {
        let taken = |part: &Part| {
            let taken = !take(&mut self.faults.borrow_mut().refuse_parts);
            self.sent_parts.borrow_mut().extend(taken.then(|| part.clone()));
            taken
        };
        parts.iter().map(|part| self.step().map(|()| taken(part))).collect()
    }

    async fn send_once(&self, jobs: &[(Lane, Job)]) -> Result<Vec<bool>> {
        let refused = self.faults.borrow().refuse_jobs.min(jobs.len());
        let confirmed = |job: &(Lane, Job)| {
            self.jobs.borrow_mut().push(job.clone());
            !take(&mut self.faults.borrow_mut().lose_jobs)
        };
        let sent = jobs.iter().skip(refused).map(|job| self.step().map(|()| confirmed(job)));
        std::iter::repeat_with(|| Ok(false)).take(refused).chain(sent).collect()
    }

    async fn send_jobs(&self, jobs: &[(Lane, Job)]) -> Result<Vec<bool>> {
        let taken = |job: &(Lane, Job)| {
            let taken = !take(&mut self.faults.borrow_mut().refuse_jobs);
            self.jobs.borrow_mut().extend(taken.then(|| job.clone()));
            taken
        };
        jobs.iter().map(|job| self.step().map(|()| taken(job))).collect()
    }

    async fn emit(&self, events: &[Ingest]) -> Result<Vec<bool>> {
        self.step()?;
        Ok(vec![true; events.len()])
    }
}

const TYPE: &str = "custom.a";

impl Memory {
    /// A cloud with `count` webhooks of one operator, and one rule that names them all.
    fn with(count: usize) -> (Self, OperatorId, Vec<DestinationId>) {
        let (memory, operator) = (Self::default(), OperatorId::generate());
        let ids: Vec<_> = (0..count).map(|_| memory.webhook(operator)).collect();
        memory.rule(operator, ids.clone());
        (memory, operator, ids)
    }

    /// Counts a step, or refuses it if the worker has crashed.
    fn step(&self) -> Result<()> {
        match self.until_crash.get() {
            Some(0) => Err(StoreError::Unprocessed("a crash")),
            left => {
                self.until_crash.set(left.map(|left| left - 1));
                Ok(())
            }
        }
    }

    /// Whether the index by type lists the event.
    fn lists(&self, event: EventId) -> bool {
        self.types.borrow().iter().any(|row| row.ids().any(|id| id == event))
    }

    fn webhook(&self, operator: OperatorId) -> DestinationId {
        let new = testing::webhook(operator);
        let id = new.id;
        self.destinations.borrow_mut().insert(id, new);
        id
    }

    fn rule(&self, operator: OperatorId, destination_ids: Vec<DestinationId>) {
        self.rules.borrow_mut().push(Rule {
            operator_id: operator,
            destination_ids,
            events: event_types(&[TYPE]),
            on_unhealthy: OnUnhealthy::Skip,
            ..testing::rule(&[])
        });
    }

    fn change(&self, id: DestinationId, change: impl FnOnce(&mut Destination)) {
        change(self.destinations.borrow_mut().get_mut(&id).expect("a destination"));
    }

    /// The destinations of the jobs sent since the last call.
    fn sent(&self) -> Vec<DestinationId> {
        let mut sent: Vec<_> = self.jobs.take().into_iter().map(|(_, job)| job.delivery_id.destination).collect();
        sent.sort_unstable();
        sent
    }

    /// Whether each job sent since the last call is marked as fresh.
    fn fresh(&self) -> Vec<bool> {
        self.jobs.take().into_iter().map(|(_, job)| job.fresh).collect()
    }

    /// Records an attempt, as a worker would.
    fn attempted(&self, to: DestinationId, event: EventId) {
        let (operator, event_type) = (OperatorId::generate(), TYPE.try_into().expect("a type"));
        let id = DeliveryId::new(to, event);
        let new = Delivery::new(id, operator, &event_type, ApiKind::Stack, domain::lifecycle::Fate::Send, now());
        let row = Delivery { state: DeliveryState::Succeeded, attempt_count: 1, ..new };
        self.deliveries.borrow_mut().insert(id, row);
    }
}

fn ingest(operator: OperatorId) -> Ingest {
    let event: PostedEvent = serde_json::from_value(serde_json::json!({"type": TYPE, "data": {}})).expect("an event");
    Ingest::new(operator, EventId::generate(), event)
}

fn record(message: &impl serde::Serialize, received: u32) -> Record {
    let body = serde_json::to_string(message).expect("JSON");
    let id = format!("m-{}", EventId::generate());
    let (sent_at, queue, receipt) = (now(), "accepted".into(), String::new());
    Record { message_id: id, body, received, sent_at, queue, receipt, span: Default::default() }
}

/// Dispatches the messages and returns whether all of them are done.
async fn hand_out(memory: &Memory, records: Vec<Record>) -> bool {
    dispatch(memory, records, Instant::now() + Duration::from_secs(60)).await.is_empty()
}

fn sorted(mut ids: Vec<DestinationId>) -> Vec<DestinationId> {
    ids.sort_unstable();
    ids
}

#[tokio::test]
async fn an_event_whose_row_was_throttled_sends_nothing_and_comes_again() {
    let (memory, operator, ids) = Memory::with(3);
    memory.faults.borrow_mut().throttle_events = 1;
    let event = ingest(operator);
    assert!(!hand_out(&memory, vec![record(&event, 1)]).await);
    assert_eq!(memory.sent(), []);
    assert!(hand_out(&memory, vec![record(&event, 2)]).await);
    assert_eq!(memory.sent(), sorted(ids));
}

#[tokio::test]
async fn one_failed_event_leaves_the_others_of_its_batch_alone() {
    let (memory, operator, ids) = Memory::with(1);
    memory.faults.borrow_mut().throttle_events = 1;
    let records = vec![record(&ingest(operator), 1), record(&ingest(operator), 1)];
    let failed = dispatch(&memory, records.clone(), Instant::now() + Duration::from_secs(60)).await;
    assert_eq!(failed, [records[0].message_id.clone()]);
    assert_eq!(memory.sent(), ids);
}

#[tokio::test]
async fn events_of_a_batch_and_a_type_share_a_row_of_the_index() {
    let (memory, operator, ids) = Memory::with(1);
    let events: Vec<_> = (0..10).map(|_| ingest(operator)).collect();
    assert!(hand_out(&memory, events.iter().map(|event| record(event, 1)).collect()).await);
    assert_eq!(memory.sent(), vec![ids[0]; 10]);
    assert_eq!(memory.types.borrow().len(), 1);
    assert!(events.iter().all(|event| memory.lists(event.event_id)));
}

#[tokio::test]
async fn an_event_that_could_not_be_listed_sends_nothing_and_comes_again() {
    let (memory, operator, ids) = Memory::with(2);
    memory.faults.borrow_mut().throttle_types = 1;
    let event = ingest(operator);
    assert!(!hand_out(&memory, vec![record(&event, 1)]).await);
    assert_eq!(memory.sent(), []);
    assert!(memory.events.borrow().contains_key(&event.event_id) && !memory.lists(event.event_id));
    // A repeat of the post leaves it to the first message.
    assert!(hand_out(&memory, vec![record(&Ingest { repeat: true, ..event.clone() }, 1)]).await);
    assert!(!memory.lists(event.event_id));
    assert!(hand_out(&memory, vec![record(&event, 2)]).await);
    assert_eq!(memory.sent(), sorted(ids));
    assert!(memory.lists(event.event_id));
}

#[tokio::test]
async fn after_a_crash_at_any_step_each_event_is_sent_and_listed() {
    // A message that SQS delivers again, or one from the dead-letter queue, which looks new.
    for (last_first, received) in [(false, 1), (false, 2), (true, 1), (true, 2)] {
        let mut steps = 0;
        loop {
            let (memory, operator, ids) = Memory::with(1);
            memory.last_row_first.set(last_first);
            memory.until_crash.set(Some(steps));
            let events: Vec<_> = (0..3).map(|_| ingest(operator)).collect();
            let records: Vec<_> = events.iter().map(|event| record(event, 1)).collect();
            let failed = dispatch(&memory, records.clone(), Instant::now() + Duration::from_secs(60)).await;
            memory.until_crash.set(None);
            // Not in the same batch again, so that the index gets other rows.
            for record in records.into_iter().filter(|record| failed.contains(&record.message_id)) {
                assert!(hand_out(&memory, vec![Record { received, ..record }]).await);
            }
            let sent: HashSet<_> = memory.jobs.take().into_iter().map(|(_, job)| job.delivery_id).collect();
            for event in events {
                let id = event.event_id;
                assert!(memory.events.borrow().contains_key(&id), "in the log after {steps} steps");
                assert!(memory.lists(id), "listed after {steps} steps");
                assert!(sent.contains(&DeliveryId::new(ids[0], id)), "sent after {steps} steps");
            }
            if failed.is_empty() {
                break;
            }
            steps += 1;
        }
        assert!(steps > 10, "each call and each row is a step: {steps}");
    }
}

#[tokio::test]
async fn only_jobs_of_a_plan_that_was_just_written_are_fresh() {
    let (memory, operator, _) = Memory::with(2);
    let event = ingest(operator);
    assert!(hand_out(&memory, vec![record(&event, 1)]).await);
    assert_eq!(memory.fresh(), [true; 2]);
    // A message that comes again looks new after a redrive.
    for received in [1, 2] {
        assert!(hand_out(&memory, vec![record(&event, received)]).await);
        assert_eq!(memory.fresh(), [false; 2]);
    }
    // The answer to the insert was lost: another worker may have written the row.
    memory.faults.borrow_mut().lose_events = 1;
    assert!(hand_out(&memory, vec![record(&ingest(operator), 1)]).await);
    assert_eq!(memory.fresh(), [false; 2]);
    // A part finds its plan in the row, and its message may be a repeat.
    let (memory, operator, _) = Memory::with(PART + 1);
    assert!(hand_out(&memory, vec![record(&ingest(operator), 1)]).await);
    assert_eq!(memory.fresh(), [true; PART]);
    let part = memory.sent_parts.take().remove(0);
    assert!(hand_out(&memory, vec![record(&part, 1)]).await);
    assert_eq!(memory.fresh(), [false]);
}

#[tokio::test]
async fn no_job_whose_repeat_people_would_see_is_fresh() {
    for kind in [Kind::Email, Kind::Sms] {
        let (memory, operator, ids) = Memory::with(1);
        memory.change(ids[0], |to| to.kind = kind);
        assert!(hand_out(&memory, vec![record(&ingest(operator), 1)]).await);
        assert_eq!(memory.fresh(), [false]);
    }
}

#[tokio::test]
async fn a_job_that_the_queue_did_not_confirm_is_sent_again_and_is_not_fresh() {
    let (memory, operator, ids) = Memory::with(2);
    memory.faults.borrow_mut().lose_jobs = 1;
    assert!(hand_out(&memory, vec![record(&ingest(operator), 1)]).await);
    let jobs = memory.jobs.take();
    let of = |id| jobs.iter().filter(move |(_, job)| job.delivery_id.destination == id).map(|(_, job)| job.fresh);
    let mut fresh: Vec<Vec<_>> = ids.iter().map(|id| of(*id).collect()).collect();
    fresh.sort_unstable();
    assert_eq!(fresh, [vec![true], vec![true, false]]);
}

#[tokio::test]
async fn a_redriven_event_sends_what_is_missing() {
    let (memory, operator, ids) = Memory::with(3);
    memory.faults.borrow_mut().refuse_jobs = 2;
    let event = ingest(operator);
    assert!(!hand_out(&memory, vec![record(&event, 1)]).await);
    let sent = memory.sent();
    assert_eq!(sent.len(), 1);
    memory.attempted(sent[0], event.event_id);
    // A message redriven from the dead-letter queue looks new.
    assert!(hand_out(&memory, vec![record(&event, 1)]).await);
    assert_eq!(memory.sent(), sorted(ids.into_iter().filter(|id| *id != sent[0]).collect()));
}

#[tokio::test]
async fn an_insert_whose_answer_was_lost_is_resumed_at_once() {
    let (memory, operator, ids) = Memory::with(2);
    memory.faults.borrow_mut().lose_events = 1;
    assert!(hand_out(&memory, vec![record(&ingest(operator), 1)]).await);
    assert_eq!(memory.sent(), sorted(ids));
}

#[tokio::test]
async fn a_rule_that_is_deleted_meanwhile_changes_nothing() {
    let (memory, operator, ids) = Memory::with(2);
    memory.faults.borrow_mut().refuse_jobs = 2;
    let event = ingest(operator);
    assert!(!hand_out(&memory, vec![record(&event, 1)]).await);
    memory.rules.borrow_mut().clear();
    assert!(hand_out(&memory, vec![record(&event, 2)]).await);
    assert_eq!(memory.sent(), sorted(ids));
}

#[tokio::test]
async fn a_repeat_of_the_post_leaves_it_to_the_first_message() {
    let (memory, operator, ids) = Memory::with(1);
    let event = ingest(operator);
    let repeat = Ingest { repeat: true, ..event.clone() };
    assert!(hand_out(&memory, vec![record(&event, 1)]).await);
    assert_eq!(memory.sent(), ids);
    assert!(hand_out(&memory, vec![record(&repeat, 1)]).await);
    assert_eq!(memory.sent(), [], "its job is on the queue");
}

#[tokio::test]
async fn a_repeat_whose_first_message_is_lost_is_resumed_however_it_comes_back() {
    let (memory, operator, ids) = Memory::with(1);
    memory.faults.borrow_mut().refuse_jobs = 1;
    let repeat = Ingest { repeat: true, ..ingest(operator) };
    assert!(!hand_out(&memory, vec![record(&repeat, 1)]).await);
    assert!(hand_out(&memory, vec![record(&repeat, 1)]).await, "from the dead-letter queue");
    assert_eq!(memory.sent(), ids);
}

#[tokio::test]
async fn two_copies_in_one_batch_are_one_event() {
    let (memory, operator, ids) = Memory::with(1);
    let event = ingest(operator);
    assert!(hand_out(&memory, vec![record(&event, 1), record(&event, 1)]).await);
    assert_eq!(memory.sent(), ids);
}

#[tokio::test]
async fn held_and_refused_deliveries_get_their_rows_even_if_a_worker_died_before() {
    let (memory, operator, ids) = Memory::with(3);
    memory.change(ids[0], |to| to.unhealthy = Some(Unhealthy::new(now(), "gone", None)));
    memory.destinations.borrow_mut().remove(&ids[1]);
    let event = ingest(operator);
    memory.faults.borrow_mut().refuse_jobs = 1;
    assert!(!hand_out(&memory, vec![record(&event, 1)]).await);
    memory.deliveries.borrow_mut().clear();
    assert!(hand_out(&memory, vec![record(&event, 2)]).await);
    let state = |id| memory.deliveries.borrow().get(&DeliveryId::new(id, event.event_id)).map(|row| row.state);
    assert_eq!(state(ids[0]), Some(DeliveryState::Held));
    assert_eq!(state(ids[1]), Some(DeliveryState::Abandoned));
    assert_eq!(state(ids[2]), None, "no row before its first attempt");
    assert_eq!(memory.sent(), [ids[2]]);
}

#[tokio::test]
async fn a_large_event_goes_on_in_parts_of_its_own_planning() {
    let (memory, operator, ids) = Memory::with(2 * PART + 1);
    let event = ingest(operator);
    assert!(hand_out(&memory, vec![record(&event, 1)]).await);
    let mut all = memory.sent();
    assert_eq!(all.len(), PART);
    let parts = memory.sent_parts.take();
    assert_eq!(parts.iter().map(|part| part.part).collect::<Vec<_>>(), [2, 3]);
    // The plan in the row applies even though the rules have changed.
    memory.rules.borrow_mut().clear();
    for part in &parts {
        assert!(hand_out(&memory, vec![record(part, 1)]).await);
        all.extend(memory.sent());
    }
    assert_eq!(sorted(all), sorted(ids.clone()));
    // Deliveries with an attempt are not sent again.
    for id in &ids {
        memory.attempted(*id, event.event_id);
    }
    assert!(hand_out(&memory, vec![record(&parts[0], 1)]).await);
    assert_eq!(memory.sent(), []);
}

#[tokio::test]
async fn a_large_event_whose_parts_were_not_taken_comes_again() {
    let (memory, operator, _) = Memory::with(PART + 1);
    memory.faults.borrow_mut().refuse_parts = 1;
    let event = ingest(operator);
    assert!(!hand_out(&memory, vec![record(&event, 1)]).await);
    assert!(hand_out(&memory, vec![record(&event, 2)]).await);
    assert_eq!(memory.sent_parts.take().len(), 1);
}

#[tokio::test]
async fn jobs_go_by_the_lanes_of_their_destinations() {
    let (memory, operator, ids) = Memory::with(3);
    memory.change(ids[1], |to| to.traffic.breaker = Some(Breaker::opened(None, now())));
    memory.change(ids[2], |to| to.kind = Kind::Email);
    assert!(hand_out(&memory, vec![record(&ingest(operator), 1)]).await);
    let lanes: BTreeMap<_, _> =
        memory.jobs.take().into_iter().map(|(lane, job)| (job.delivery_id.destination, lane)).collect();
    assert_eq!([lanes[&ids[0]], lanes[&ids[1]], lanes[&ids[2]]], [Lane::Fast, Lane::Slow, Lane::Mail]);
}

#[tokio::test]
async fn an_event_for_the_log_alone_goes_nowhere() {
    let (memory, operator, _) = Memory::with(1);
    let event = Ingest { log_only: true, ..ingest(operator) };
    assert!(hand_out(&memory, vec![record(&event, 1)]).await);
    assert_eq!(memory.sent(), []);
    assert!(memory.events.borrow().contains_key(&event.event_id));
}
