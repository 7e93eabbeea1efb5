//! Deliver without a cloud: what it attempts, writes and sends when receivers, writes or workers fail.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeSet, HashMap},
    time::Duration,
};

use domain::{
    Attempt, Delivery, DeliveryId, DeliveryPlan, DeliveryState, Destination, DestinationId, Event, EventId, OperatorId,
    PlannedEvent, Severity, Unhealthy,
    delivery::Fault,
    delivery_plan::Destined,
    fanout::Fates,
    lifecycle::{Fate, Reason},
    message::{Ingest, Job},
    stats::Counts,
    testing,
    time::now,
    traffic::{Breaker, FAILURES_TO_OPEN, Lane, MAX_LIMITED, Pace, Rate, Slot},
};
use jiff::Timestamp;
use outbound::Answer;
use runtime::worker::Record;
use service::health::Completion;
use store::{
    Changed, Result,
    destinations::{Counter, ProbeClaim},
    partiql::Written,
    worklist::Worklist,
};
use tokio::time::Instant;

use crate::{
    Settings,
    batch::Batch,
    cloud::{Change, Cloud},
    triage::{Known, Ready},
    work::{self, Work},
};

/// How a receiver answers.
#[derive(Clone, Copy)]
enum Says {
    Status(u16),
    /// A rate limit, with the seconds of its `Retry-After`.
    Limit(u64),
    /// A 200 after this time.
    Slowly(Duration),
    /// No answer after this time.
    Nothing(Duration),
}

/// How the next write fails.
#[derive(Clone, Copy)]
enum WriteFault {
    /// It is not carried out, however often it is retried.
    Throttled,
    /// It is carried out, but its answer is lost and the retry is refused.
    Lost,
}

struct Memory {
    operator: OperatorId,
    destinations: RefCell<HashMap<DestinationId, Destination>>,
    events: RefCell<HashMap<EventId, PlannedEvent>>,
    deliveries: RefCell<HashMap<DeliveryId, Delivery>>,
    says: Cell<Says>,
    write_fault: Cell<Option<WriteFault>>,
    /// Whether the queues accept jobs.
    queues_take: Cell<bool>,
    attempts: RefCell<Vec<DeliveryId>>,
    /// The attempts in progress, and the most that there were at once.
    under_way: Cell<(usize, usize)>,
    sent: RefCell<Vec<(Lane, Job)>>,
    unhealthy: RefCell<BTreeSet<DestinationId>>,
    /// How often a destination's row was written.
    noted: Cell<usize>,
    /// How many rows of deliveries were read.
    rows_read: Cell<usize>,
    counted: RefCell<Counts>,
}

impl Memory {
    fn new() -> Self {
        Self {
            operator: OperatorId::generate(),
            destinations: RefCell::default(),
            events: RefCell::default(),
            deliveries: RefCell::default(),
            says: Cell::new(Says::Status(200)),
            write_fault: Cell::new(None),
            queues_take: Cell::new(true),
            attempts: RefCell::default(),
            under_way: Cell::new((0, 0)),
            sent: RefCell::default(),
            unhealthy: RefCell::default(),
            noted: Cell::new(0),
            rows_read: Cell::new(0),
            counted: RefCell::default(),
        }
    }

    fn webhook(&self) -> DestinationId {
        let verified_at = Some(now() - Duration::from_secs(3600));
        let new = Destination { verified_at, ..testing::webhook(self.operator) };
        let id = new.id;
        self.destinations.borrow_mut().insert(id, new);
        id
    }

    /// Creates an event for this destination and returns its first job, as dispatch sends it.
    fn event(&self, to: DestinationId) -> Job {
        self.event_with(to, EventId::generate())
    }

    fn event_with(&self, to: DestinationId, id: EventId) -> Job {
        let event = Event { id, operator_id: self.operator, ..testing::event("custom.a", Severity::Info) };
        let fates = Fates::from([(to, Fate::Send)]);
        let plan = DeliveryPlan { at: now(), destined: Destined::from(&fates), parts: None, by_repeat: false };
        self.events.borrow_mut().insert(id, PlannedEvent { event, plan: Some(plan) });
        Job { fresh: true, ..Job::at_once(DeliveryId::new(to, id), self.operator, 0) }
    }

    fn change(&self, id: DestinationId, change: impl FnOnce(&mut Destination)) {
        change(self.destinations.borrow_mut().get_mut(&id).expect("a destination"));
    }

    fn to(&self, id: DestinationId) -> Destination {
        self.destinations.borrow()[&id].clone()
    }

    fn row(&self, job: &Job) -> Option<Delivery> {
        self.deliveries.borrow().get(&job.delivery_id).cloned()
    }

    fn state(&self, job: &Job) -> Option<DeliveryState> {
        self.row(job).map(|row| row.state)
    }

    fn noted(&self) {
        self.noted.set(self.noted.get() + 1);
    }

    /// Delivers the jobs and returns the deliveries whose messages SQS must deliver again.
    async fn hand_out(&self, jobs: &[&Job], received: u32, lane: Lane) -> Vec<DeliveryId> {
        let record = |job: &&Job| Record {
            message_id: job.delivery_id.to_string(),
            body: serde_json::to_string(job).expect("JSON"),
            received,
            sent_at: now(),
            queue: String::new(),
            receipt: String::new(),
            span: Default::default(),
        };
        let records: Vec<_> = jobs.iter().map(record).collect();
        let settings = settings();
        let mut batch = Batch::new(self, &settings, &records, Instant::now() + Duration::from_secs(27));
        let works: Vec<Work> = work::read(records, |_| lane, &mut batch.unfinished);
        batch.deliver(works).await;
        batch.unfinished.iter().map(|id| id.parse().expect("an id")).collect()
    }

    async fn fast(&self, job: &Job) -> bool {
        self.hand_out(&[job], 1, Lane::Fast).await.is_empty()
    }

    /// The only job sent since the last call.
    fn next(&self) -> (Lane, Job) {
        let mut sent = self.sent.take();
        assert_eq!(sent.len(), 1, "{sent:?}");
        sent.remove(0)
    }
}

fn settings() -> Settings {
    Settings { schedule: Default::default(), mails: Rate::per_second(14.0).expect("a rate") }
}

fn answer(number: u32, duration_ms: u64, says: Says) -> Answer {
    let attempt = |status, error: Option<&str>, fault| Attempt {
        number,
        at: now(),
        duration_ms,
        status,
        error: error.map(str::to_owned),
        fault,
        response: None,
        note: None,
        signatures: Default::default(),
        response_headers: None,
    };
    match says {
        Says::Slowly(_) => answer(number, duration_ms, Says::Status(200)),
        Says::Status(status) => {
            let error = (status >= 300).then_some("answered");
            Answer { attempt: attempt(Some(status), error, Fault::Receiver), retry_after: None, unreachable: false }
        }
        Says::Limit(seconds) => Answer {
            attempt: attempt(Some(429), Some("answered 429"), Fault::Throttled),
            retry_after: Some(Duration::from_secs(seconds)),
            unreachable: false,
        },
        Says::Nothing(_) => {
            Answer { attempt: attempt(None, Some("no answer"), Fault::Receiver), retry_after: None, unreachable: true }
        }
    }
}

impl Cloud for Memory {
    async fn read(&self, jobs: &[&Job]) -> Result<Worklist> {
        let mut rows = Worklist::default();
        for job in jobs {
            let id = job.delivery_id;
            if !job.fresh {
                self.rows_read.set(self.rows_read.get() + 1);
                rows.deliveries.extend(self.deliveries.borrow().get(&id).map(|row| (id, row.clone())));
            }
            let to = self.destinations.borrow().get(&id.destination).cloned();
            rows.destinations.extend(to.map(|to| (to.id, to)));
            rows.events.extend(self.events.borrow().get(&id.event).map(|event| (id.event, event.clone())));
        }
        Ok(rows)
    }

    async fn write(&self, changes: &[(&Known, &Change)], _: Instant) -> Result<Vec<Written>> {
        let write = |(known, change): &(&Known, &Change)| {
            let fault = self.write_fault.take();
            if matches!(fault, Some(WriteFault::Throttled)) {
                return Written::Failed("throttled".into());
            }
            let mut rows = self.deliveries.borrow_mut();
            let holds = match rows.get(&known.row.id) {
                Some(row) => known.recorded && row.attempt_count == known.row.attempt_count,
                None => !known.recorded,
            };
            if !holds {
                return Written::Refused;
            }
            rows.insert(known.row.id, change.of(&known.row));
            if fault.is_some() { Written::Unsure } else { Written::Yes }
        };
        Ok(changes.iter().map(write).collect())
    }

    async fn rows(&self, ids: Vec<DeliveryId>) -> Result<Vec<Delivery>> {
        Ok(ids.iter().filter_map(|id| self.deliveries.borrow().get(id).cloned()).collect())
    }

    async fn attempt(&self, job: &Job, _: &Ready<'_>) -> Answer {
        self.attempts.borrow_mut().push(job.delivery_id);
        // No two attempts are alike.
        let duration_ms = self.attempts.borrow().len() as u64;
        let (running, most) = self.under_way.get();
        self.under_way.set((running + 1, most.max(running + 1)));
        let says = self.says.get();
        match says {
            Says::Nothing(after) | Says::Slowly(after) => tokio::time::sleep(after).await,
            Says::Status(_) | Says::Limit(_) => tokio::task::yield_now().await,
        }
        let (running, most) = self.under_way.get();
        self.under_way.set((running - 1, most));
        answer(job.attempt, duration_ms, says)
    }

    async fn send(&self, jobs: &[(Lane, Job)]) -> Result<Vec<bool>> {
        let take = self.queues_take.get();
        self.sent.borrow_mut().extend(jobs.iter().filter(|_| take).cloned());
        Ok(vec![take; jobs.len()])
    }

    async fn emit(&self, events: &[Ingest]) -> Result<Vec<bool>> {
        Ok(vec![true; events.len()])
    }

    async fn mark_unhealthy(
        &self,
        (_, id): (OperatorId, DestinationId),
        unhealthy: &Unhealthy,
        _: Option<&Attempt>,
    ) -> Result<Completion> {
        self.unhealthy.borrow_mut().insert(id);
        self.change(id, |to| to.unhealthy = Some(unhealthy.clone()));
        Ok(Completion::Complete)
    }

    async fn claim_probe(&self, to: &Destination, seen: &Breaker, now: Timestamp) -> Result<ProbeClaim> {
        self.noted();
        let claimed = self.to(to.id).traffic.breaker.as_ref() == Some(seen);
        self.change(to.id, |to| {
            to.traffic.breaker = Some(seen.probing(now)).filter(|_| claimed).or(to.traffic.breaker.clone())
        });
        Ok(if claimed { ProbeClaim::Ours } else { ProbeClaim::Anothers })
    }

    async fn set_answered(&self, to: &Destination) -> Result<()> {
        self.noted();
        self.change(to.id, |to| (to.traffic.unreached, to.traffic.breaker) = (0, None));
        Ok(())
    }

    async fn add_unreached(
        &self,
        to: &Destination,
        probed: Option<&Breaker>,
        now: Timestamp,
    ) -> Result<Option<Breaker>> {
        self.noted();
        self.change(to.id, |to| {
            to.traffic.unreached += 1;
            let may_open = to.traffic.breaker.as_ref().is_none_or(Breaker::is_suspicion);
            if probed.is_some() || (may_open && to.traffic.unreached >= FAILURES_TO_OPEN) {
                to.traffic.breaker = Some(Breaker::opened(probed.or(to.traffic.breaker.as_ref()), now));
            }
        });
        Ok(self.to(to.id).traffic.breaker)
    }

    async fn set_slow(&self, to: &Destination, now: Timestamp) -> Result<Option<Breaker>> {
        self.noted();
        let suspected = to.traffic.slow_until.is_none().then(|| Breaker::suspected(now));
        self.change(to.id, |to| {
            to.traffic.slow_until = Some(now + domain::traffic::SLOW_FOR);
            to.traffic.breaker = to.traffic.breaker.take().or(suspected.clone());
        });
        Ok(suspected)
    }

    async fn set_pace(
        &self,
        to: &Destination,
        seen: Option<Pace>,
        new: Option<Pace>,
        from: Option<Timestamp>,
    ) -> Result<Changed> {
        self.noted();
        let as_seen = self.to(to.id).traffic.pace == seen;
        self.change(to.id, |to| {
            to.traffic.pace = if as_seen { new } else { to.traffic.pace };
            to.traffic.next_slot = from.filter(|_| as_seen).map(Timestamp::as_microsecond).or(to.traffic.next_slot);
        });
        Ok(if as_seen { Changed::Yes } else { Changed::Meanwhile })
    }

    async fn take_slots(&self, counter: Counter, rate: Rate, count: usize, now: Timestamp) -> Result<i64> {
        self.noted();
        let taken = rate.interval_us() * i64::try_from(count).expect("few");
        let Counter::Destination(_, id) = counter else { return Ok(now.as_microsecond() + taken) };
        let next = self.to(id).traffic.next_slot.unwrap_or_default().max(now.as_microsecond()) + taken;
        self.change(id, |to| to.traffic.next_slot = Some(next));
        Ok(next)
    }

    async fn no_slot_before(&self, counter: Counter, at: Timestamp) -> Result<()> {
        self.noted();
        if let Counter::Destination(_, id) = counter {
            self.change(id, |to| to.traffic.next_slot = to.traffic.next_slot.max(Some(at.as_microsecond())));
        }
        Ok(())
    }

    fn count(&self, row: &Delivery, attempt: &Attempt) {
        self.counted.borrow_mut().add(row.id, attempt, row.state);
    }

    async fn write_counts(&self) {}
}

#[tokio::test]
async fn an_attempt_is_counted_once_it_is_recorded() {
    let memory = Memory::new();
    let to = memory.webhook();
    memory.write_fault.set(Some(WriteFault::Throttled));
    let job = memory.event(to);
    assert!(!memory.fast(&job).await);
    assert!(memory.counted.borrow().is_empty());
    assert!(memory.fast(&job).await);
    memory.says.set(Says::Status(500));
    assert!(memory.fast(&memory.event(to)).await);
    let counted = memory.counted.borrow();
    assert_eq!((counted.deliveries, counted.succeeded, counted.arrived, counted.failed), (2, 1, 1, 1));
}

#[tokio::test]
async fn a_first_attempt_writes_one_row_and_nothing_about_the_destination() {
    let memory = Memory::new();
    let job = memory.event(memory.webhook());
    assert!(memory.fast(&job).await);
    let row = memory.row(&job).expect("a row");
    let plan = memory.events.borrow()[&job.delivery_id.event].plan.clone().expect("a plan");
    assert_eq!((row.state, row.attempt_count, row.created_at), (DeliveryState::Succeeded, 1, plan.at));
    assert_eq!((memory.noted.get(), memory.rows_read.get()), (0, 0));
}

#[tokio::test]
async fn a_job_whose_event_is_not_found_is_tried_again_and_ends_nothing() {
    let memory = Memory::new();
    let job = memory.event(memory.webhook());
    let event = memory.events.borrow_mut().remove(&job.delivery_id.event).expect("an event");
    assert!(!memory.fast(&job).await);
    assert_eq!((memory.row(&job), memory.attempts.borrow().len()), (None, 0));
    memory.events.borrow_mut().insert(event.event.id, event);
    assert!(memory.hand_out(&[&job], 2, Lane::Fast).await.is_empty());
    assert_eq!(memory.state(&job), Some(DeliveryState::Succeeded));
}

#[tokio::test]
async fn a_job_past_the_retention_of_its_event_is_dropped() {
    let memory = Memory::new();
    let old = EventId::first_at(now() - Duration::from_secs(31 * 24 * 3600));
    let job = Job::at_once(DeliveryId::new(memory.webhook(), old), memory.operator, 0);
    assert!(memory.fast(&job).await);
    assert_eq!(memory.attempts.borrow().len(), 0);
}

#[tokio::test]
async fn a_redriven_job_whose_attempt_is_recorded_gets_its_follow_up() {
    let memory = Memory::new();
    let an_hour_ago = EventId::first_at(now() - Duration::from_secs(3600));
    let job = memory.event_with(memory.webhook(), an_hour_ago);
    memory.says.set(Says::Status(500));
    memory.queues_take.set(false);
    assert!(!memory.fast(&job).await);
    assert_eq!(memory.state(&job), Some(DeliveryState::Failed));
    memory.queues_take.set(true);
    // A message redriven from the dead-letter queue hours later looks new.
    let past = now() - Duration::from_secs(3600);
    memory.deliveries.borrow_mut().get_mut(&job.delivery_id).expect("a row").next_attempt_at = Some(past);
    assert!(memory.fast(&job).await);
    let (_, next) = memory.next();
    assert_eq!((next.attempt, next.step), (2, 1));
    assert!(next.due.expect("a time") <= now());
    assert_eq!(memory.attempts.borrow().len(), 1);
    // A copy of a job arrives after its follow-up was sent, and finds that the attempt was made.
    memory.says.set(Says::Status(200));
    assert!(memory.fast(&Job { due: None, ..next.clone() }).await);
    assert!(memory.fast(&job).await);
    assert_eq!((memory.sent.take().len(), memory.attempts.borrow().len()), (0, 2));
}

#[tokio::test]
async fn a_record_whose_answer_was_lost_is_known_as_our_own() {
    let memory = Memory::new();
    let job = memory.event(memory.webhook());
    memory.says.set(Says::Status(500));
    memory.write_fault.set(Some(WriteFault::Lost));
    assert!(memory.fast(&job).await);
    assert_eq!((memory.next().1.attempt, memory.attempts.borrow().len()), (2, 1));
}

#[tokio::test]
async fn an_attempt_that_another_worker_has_recorded_is_left_to_it() {
    let memory = Memory::new();
    let job = memory.event(memory.webhook());
    memory.says.set(Says::Nothing(Duration::ZERO));
    let other = answer(1, 5, Says::Status(500)).attempt;
    let planned = Known {
        row: Delivery {
            attempts: vec![other],
            attempt_count: 1,
            state: DeliveryState::Failed,
            ..row_of(&memory, &job)
        },
        recorded: true,
    };
    // Another worker records the delivery between the read and the write.
    let slow = async {
        tokio::task::yield_now().await;
        memory.deliveries.borrow_mut().insert(job.delivery_id, planned.row.clone());
    };
    let (done, ()) = tokio::join!(memory.fast(&job), slow);
    assert!(done);
    assert_eq!(memory.sent.take(), []);
}

fn row_of(memory: &Memory, job: &Job) -> Delivery {
    let events = memory.events.borrow();
    let unrecorded = events[&job.delivery_id.event].unrecorded().expect("a plan");
    unrecorded.delivery(job.delivery_id.destination, Default::default(), Fate::Send)
}

#[tokio::test]
async fn two_copies_of_a_first_job_at_the_same_time_record_one_attempt() {
    for (says, state) in [(200, DeliveryState::Succeeded), (500, DeliveryState::Failed)] {
        let memory = Memory::new();
        let job = memory.event(memory.webhook());
        memory.says.set(Says::Status(says));
        assert_eq!(tokio::join!(memory.fast(&job), memory.fast(&job)), (true, true));
        let row = memory.row(&job).expect("a row");
        assert_eq!((row.state, row.attempt_count, row.attempts.len()), (state, 1, 1));
        assert_eq!(
            (memory.attempts.borrow().len(), memory.rows_read.get()),
            (2, 0),
            "the price of not reading the row"
        );
        // The copy's job is there in case the original's was lost, and finds the attempt made.
        let sent = memory.sent.take();
        memory.says.set(Says::Status(200));
        for (_, next) in &sent {
            assert!(memory.fast(&Job { due: None, ..next.clone() }).await);
        }
        let row = memory.row(&job).expect("a row");
        assert_eq!((row.state, row.attempts.len()), (DeliveryState::Succeeded, 1 + sent.len().min(1)));
        assert_eq!(memory.sent.take(), []);
    }
}

#[tokio::test]
async fn a_late_copy_of_a_first_job_leaves_the_log_as_it_is() {
    for (first, copy) in [(200, 500), (200, 200), (500, 200), (410, 200)] {
        let memory = Memory::new();
        let job = memory.event(memory.webhook());
        memory.says.set(Says::Status(first));
        assert!(memory.fast(&job).await);
        let (before, sent) = (memory.row(&job), memory.sent.take());
        memory.says.set(Says::Status(copy));
        memory.change(job.delivery_id.destination, |to| to.unhealthy = None);
        assert!(memory.fast(&job).await);
        assert_eq!((memory.row(&job), memory.attempts.borrow().len()), (before, 2));
        // A failed attempt is followed by the original's job first.
        let again = memory.sent.take();
        assert_eq!(again.len(), sent.len());
        assert!(again.iter().zip(&sent).all(|((_, copy), (_, original))| copy.due > original.due));
    }
}

#[tokio::test]
async fn a_first_job_from_a_dead_worker_reads_the_row() {
    let memory = Memory::new();
    let job = memory.event(memory.webhook());
    memory.says.set(Says::Status(500));
    memory.queues_take.set(false);
    assert!(!memory.fast(&job).await);
    memory.queues_take.set(true);
    assert!(memory.hand_out(&[&job], 2, Lane::Fast).await.is_empty());
    assert_eq!((memory.next().1.attempt, memory.attempts.borrow().len()), (2, 1));
}

#[tokio::test]
async fn a_copy_of_a_held_first_job_changes_nothing_until_the_destination_recovers() {
    let memory = Memory::new();
    let to = memory.webhook();
    memory.change(to, |to| to.unhealthy = Some(Unhealthy::new(now(), "gone", None)));
    let job = memory.event(to);
    assert!(memory.fast(&job).await);
    let held = memory.row(&job);
    assert!(memory.fast(&job).await);
    assert_eq!((memory.row(&job), memory.attempts.borrow().len()), (held, 0));
    memory.change(to, |to| to.unhealthy = None);
    assert!(memory.fast(&job).await);
    assert_eq!((memory.state(&job), memory.attempts.borrow().len()), (Some(DeliveryState::Succeeded), 1));
}

#[tokio::test]
async fn a_first_attempt_is_recorded_in_a_row_that_has_none() {
    // Held by another worker, ended because its destination was deleted for a moment, or sent again by a recovery.
    let reason = Some(Reason::DestinationUnhealthy);
    for (state, reason) in [
        (DeliveryState::Held, reason),
        (DeliveryState::Abandoned, Some(Reason::DestinationDeleted)),
        (DeliveryState::Pending, None),
    ] {
        let memory = Memory::new();
        let job = memory.event(memory.webhook());
        let inserted = Delivery { state, reason, ..row_of(&memory, &job) };
        memory.deliveries.borrow_mut().insert(job.delivery_id, inserted);
        assert!(memory.fast(&job).await);
        let row = memory.row(&job).expect("a row");
        assert_eq!((row.state, row.reason, row.attempts.len()), (DeliveryState::Succeeded, None, 1));
        // The job of a recovery finds the attempt made.
        assert!(memory.fast(&Job { fresh: false, ..job.clone() }).await);
        assert_eq!((memory.attempts.borrow().len(), memory.sent.take()), (1, vec![]));
    }
}

#[tokio::test]
async fn a_first_job_does_nothing_about_a_later_attempt() {
    let memory = Memory::new();
    let job = memory.event(memory.webhook());
    let sent_again = Delivery { state: DeliveryState::Failed, attempt_count: 2, ..row_of(&memory, &job) };
    memory.deliveries.borrow_mut().insert(job.delivery_id, sent_again.clone());
    memory.says.set(Says::Status(500));
    assert!(memory.fast(&job).await);
    assert_eq!((memory.row(&job), memory.sent.take()), (Some(sent_again), vec![]));
}

#[tokio::test]
async fn a_first_job_that_would_be_held_is_handed_back_if_there_is_a_row() {
    let memory = Memory::new();
    let to = memory.webhook();
    let job = memory.event(to);
    assert!(memory.fast(&job).await);
    let delivered = memory.row(&job);
    memory.change(to, |to| to.unhealthy = Some(Unhealthy::new(now(), "gone", None)));
    assert!(!memory.fast(&job).await);
    assert!(memory.hand_out(&[&job], 2, Lane::Fast).await.is_empty());
    assert_eq!((memory.row(&job), memory.attempts.borrow().len()), (delivered, 1));
}

#[tokio::test]
async fn an_attempt_that_cannot_be_recorded_is_handed_back_alone() {
    let memory = Memory::new();
    let (one, two) = (memory.event(memory.webhook()), memory.event(memory.webhook()));
    memory.write_fault.set(Some(WriteFault::Throttled));
    let failed = memory.hand_out(&[&one, &two], 1, Lane::Fast).await;
    assert_eq!(failed.len(), 1);
    assert_eq!(memory.deliveries.borrow().len(), 1);
}

#[tokio::test]
async fn gone_ends_the_delivery_at_once() {
    let memory = Memory::new();
    let to = memory.webhook();
    let job = memory.event(to);
    memory.says.set(Says::Status(410));
    assert!(memory.fast(&job).await);
    assert_eq!(memory.state(&job), Some(DeliveryState::Abandoned));
    assert_eq!(memory.sent.take(), []);
    assert!(memory.unhealthy.borrow().contains(&to));
}

#[tokio::test]
async fn a_first_attempt_to_an_unhealthy_destination_is_held_unless_somebody_asks_for_it() {
    let memory = Memory::new();
    let to = memory.webhook();
    memory.change(to, |to| to.unhealthy = Some(Unhealthy::new(now(), "gone", None)));
    let job = memory.event(to);
    assert!(memory.fast(&job).await);
    let row = memory.row(&job).expect("a row");
    assert_eq!((row.state, row.reason), (DeliveryState::Held, Some(Reason::DestinationUnhealthy)));
    // A later attempt of a delivery is made as planned.
    let other = memory.event(to);
    memory.deliveries.borrow_mut().insert(
        other.delivery_id,
        Delivery { state: DeliveryState::Failed, attempt_count: 4, ..row_of(&memory, &other) },
    );
    assert!(memory.fast(&Job { attempt: 5, step: 4, fresh: false, ..other.clone() }).await);
    assert_eq!(memory.state(&other), Some(DeliveryState::Succeeded));
    let by_hand = Job { by_hand: true, fresh: false, ..memory.event(to) };
    assert!(memory.fast(&by_hand).await);
    assert_eq!(memory.state(&by_hand), Some(DeliveryState::Succeeded));
}

#[tokio::test(start_paused = true)]
async fn a_destination_that_does_not_answer_costs_a_batch_one_request() {
    let memory = Memory::new();
    let to = memory.webhook();
    let jobs: Vec<_> = (0..10).map(|_| memory.event(to)).collect();
    memory.says.set(Says::Nothing(Duration::from_secs(10)));
    assert!(memory.hand_out(&jobs.iter().collect::<Vec<_>>(), 1, Lane::Fast).await.is_empty());
    assert_eq!(memory.attempts.borrow().len(), 1);
    let sent = memory.sent.take();
    assert_eq!(sent.iter().filter(|(lane, job)| *lane == Lane::Slow && job.attempt == 1).count(), 9);
    // The other deliveries wait in the slow lane until this attempt ends.
    assert!(
        memory.to(to).traffic.slow_until.is_some() && memory.to(to).traffic.breaker.is_some_and(|it| it.is_suspicion())
    );
    let another = memory.event(to);
    assert!(memory.fast(&another).await);
    let (lane, put_off) = memory.next();
    assert_eq!((lane, memory.attempts.borrow().len()), (Lane::Slow, 1));
    assert!(put_off.due.is_some());
}

#[tokio::test(start_paused = true)]
async fn a_destination_that_is_only_slow_is_suspected_once() {
    let memory = Memory::new();
    let to = memory.webhook();
    memory.says.set(Says::Slowly(Duration::from_secs(3)));
    assert!(memory.fast(&memory.event(to)).await);
    assert_eq!((memory.to(to).traffic.breaker, memory.to(to).lane(now())), (None, Lane::Slow));
    let jobs: Vec<_> = (0..10).map(|_| memory.event(to)).collect();
    assert!(memory.hand_out(&jobs.iter().collect::<Vec<_>>(), 1, Lane::Slow).await.is_empty());
    assert_eq!((memory.attempts.borrow().len(), memory.to(to).traffic.breaker), (11, None));
    assert_eq!(memory.sent.take(), []);
}

#[tokio::test]
async fn a_destination_that_answers_gets_the_rest_of_a_batch_at_once() {
    let memory = Memory::new();
    let to = memory.webhook();
    let jobs: Vec<_> = (0..10).map(|_| memory.event(to)).collect();
    assert!(memory.hand_out(&jobs.iter().collect::<Vec<_>>(), 1, Lane::Fast).await.is_empty());
    assert_eq!(memory.deliveries.borrow().len(), 10);
    assert_eq!(memory.under_way.get().1, 9);
}

#[tokio::test]
async fn failures_in_a_row_open_the_breaker_and_a_probe_closes_it() {
    let memory = Memory::new();
    let to = memory.webhook();
    memory.says.set(Says::Nothing(Duration::ZERO));
    for _ in 0..FAILURES_TO_OPEN {
        assert!(memory.hand_out(&[&memory.event(to)], 1, Lane::Slow).await.is_empty());
    }
    let breaker = memory.to(to).traffic.breaker.expect("open");
    memory.sent.take();
    // Open: postponed without an attempt, at the same step.
    let job = memory.event(to);
    assert!(memory.hand_out(&[&job], 1, Lane::Slow).await.is_empty());
    let (lane, put_off) = memory.next();
    assert_eq!((lane, put_off.attempt, put_off.step, memory.row(&job)), (Lane::Slow, 1, 0, None));
    assert!(put_off.due.expect("a time") >= breaker.until);
    // Half-open: one delivery of a batch probes.
    memory.change(to, |to| to.traffic.breaker = Some(Breaker { until: now(), ..breaker.clone() }));
    let jobs: Vec<_> = (0..5).map(|_| memory.event(to)).collect();
    let before = memory.attempts.borrow().len();
    assert!(memory.hand_out(&jobs.iter().collect::<Vec<_>>(), 1, Lane::Slow).await.is_empty());
    assert_eq!(memory.attempts.borrow().len(), before + 1);
    let again = memory.to(to).traffic.breaker.expect("open again");
    assert_eq!((again.times, again.opened_at), (2, breaker.opened_at));
    // The next answer closes it.
    memory.says.set(Says::Status(500));
    memory.change(to, |to| to.traffic.breaker = Some(Breaker { until: now(), ..again }));
    assert!(memory.hand_out(&[&jobs[1]], 1, Lane::Slow).await.is_empty());
    assert_eq!((memory.to(to).traffic.breaker, memory.to(to).traffic.unreached), (None, 0));
}

#[tokio::test]
async fn a_destination_that_answers_nobody_for_long_is_unhealthy() {
    let memory = Memory::new();
    let to = memory.webhook();
    let long_ago = now() - Duration::from_secs(60 + 300 + 1800);
    let breaker = Breaker { until: now(), ..Breaker::opened(None, long_ago) };
    memory.change(to, |to| (to.traffic.unreached, to.traffic.breaker) = (9, Some(breaker)));
    memory.says.set(Says::Nothing(Duration::ZERO));
    assert!(memory.hand_out(&[&memory.event(to)], 1, Lane::Slow).await.is_empty());
    assert!(memory.unhealthy.borrow().contains(&to));
}

#[tokio::test]
async fn a_rate_limit_uses_up_no_step_and_paces_the_destination_once() {
    let memory = Memory::new();
    let to = memory.webhook();
    let jobs: Vec<_> = (0..10).map(|_| memory.event(to)).collect();
    memory.says.set(Says::Limit(7));
    assert!(memory.hand_out(&jobs.iter().collect::<Vec<_>>(), 1, Lane::Fast).await.is_empty());
    assert_eq!(memory.attempts.borrow().len(), 1, "the others wait for their slots");
    let sent = memory.sent.take();
    assert_eq!(sent.len(), 10);
    assert!(sent.iter().all(|(lane, job)| *lane == Lane::Slow && job.step == 0 && job.limited_since.is_some()));
    let asked = now() + Duration::from_secs(5);
    assert!(sent.iter().all(|(_, job)| job.due.expect("a time") > asked), "Retry-After is kept to");
    let limited = memory.deliveries.borrow().values().next().cloned().expect("the one that was attempted");
    assert_eq!((limited.state, limited.attempt_count, limited.step), (DeliveryState::Failed, 1, 0));
    assert_eq!(memory.to(to).traffic.pace.map(|pace| pace.rate.a_second()), Some(10.0));
    assert!(memory.unhealthy.borrow().is_empty());
}

#[tokio::test]
async fn a_slower_pace_gives_out_slots_from_now_on() {
    let memory = Memory::new();
    let to = memory.webhook();
    let long_ago = now() - Duration::from_secs(60);
    // Slots of the faster pace reach far ahead. They no longer apply, and new deliveries do not queue behind them.
    memory.change(to, |to| {
        to.traffic.pace = Some(Pace::slower(None, None, long_ago, long_ago));
        to.traffic.next_slot = Some((now() + Duration::from_secs(25)).as_microsecond());
    });
    memory.says.set(Says::Limit(1));
    let slot = Some(Slot { at: now(), pace: memory.to(to).traffic.pace.map(|pace| pace.since) });
    assert!(memory.hand_out(&[&Job { slot, ..memory.event(to) }], 1, Lane::Slow).await.is_empty());
    assert_eq!(memory.to(to).traffic.pace.map(|pace| pace.rate.a_second()), Some(5.0));
    let due = memory.next().1.due.expect("a time");
    assert!(due < now() + Duration::from_secs(5), "{due}");
}

#[tokio::test(start_paused = true)]
async fn no_rate_limit_makes_a_destination_unhealthy() {
    let memory = Memory::new();
    let to = memory.webhook();
    let mut job = memory.event(to);
    memory.says.set(Says::Limit(0));
    for _ in 0..20 {
        assert!(memory.hand_out(&[&Job { due: None, ..job }], 1, Lane::Slow).await.is_empty());
        job = memory.next().1;
        memory.change(to, |to| to.traffic.next_slot = None);
    }
    assert!(memory.unhealthy.borrow().is_empty());
    assert_eq!(job.step, 0);
    let since = Some(now() - MAX_LIMITED);
    let last = Job { due: None, slot: None, limited_since: since, ..job };
    assert!(memory.hand_out(&[&last], 1, Lane::Slow).await.is_empty());
    let row = memory.row(&last).expect("a row");
    assert_eq!((row.state, row.reason), (DeliveryState::Abandoned, Some(Reason::RateLimited)));
}

#[tokio::test(start_paused = true)]
async fn a_paced_destination_gets_its_deliveries_one_after_the_other() {
    let memory = Memory::new();
    let to = memory.webhook();
    memory.change(to, |to| to.max_per_second = Rate::per_second(2.0));
    let jobs: Vec<_> = (0..10).map(|_| memory.event(to)).collect();
    assert!(memory.fast(&jobs[0]).await);
    assert_eq!(memory.next().0, Lane::Slow, "by the slow lane");
    assert!(memory.hand_out(&jobs.iter().collect::<Vec<_>>(), 1, Lane::Slow).await.is_empty());
    let sent = memory.sent.take();
    assert_eq!(memory.attempts.borrow().len() + sent.len(), 10);
    let slots: BTreeSet<_> = sent.iter().map(|(_, job)| job.slot.as_ref().expect("a slot").at).collect();
    assert_eq!(slots.len(), sent.len(), "each its own");
    // In its slot it goes out without asking for another.
    let noted = memory.noted.get();
    let (_, job) = &sent[0];
    let in_time = Job { due: None, slot: Some(Slot { at: now(), pace: None }), ..job.clone() };
    assert!(memory.hand_out(&[&in_time], 1, Lane::Slow).await.is_empty());
    assert_eq!(memory.state(job), Some(DeliveryState::Succeeded));
    assert_eq!(memory.noted.get(), noted);
}
