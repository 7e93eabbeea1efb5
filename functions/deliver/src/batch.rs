//! Delivers a batch of jobs: one read for their rows, all attempts concurrently, and as few writes as possible.
//!
//! Every step is safe to repeat. The row is the source of truth: a message only asks to look at this delivery now. The
//! first job of a delivery does not read the row, because there is none yet ([`domain::delivery::may_have_row`]). If
//! its insert is refused, the row exists and decides what is left to do.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    time::Duration,
};

use domain::{
    Delivery, DeliveryState, Destination, DestinationId, Unhealthy,
    delivery::{Task, task},
    destination::Suppression,
    lifecycle::{Reason, Transition},
    message::{Ingest, Job},
    time::now,
    traffic::{Lane, NEAR, Slot, ask_again, slots},
};
use futures::{
    StreamExt,
    channel::mpsc::{self, UnboundedReceiver},
    future::join_all,
};
use runtime::worker::{Record, request_id};
use service::health::Completion;
use store::{Lanes, Result, destinations::Counter, worklist::Worklist};
use tokio::time::{Instant, timeout_at};

use crate::{
    Settings, attempt,
    cloud::{Change, Cloud},
    emitted,
    follow_up::{Next, Recorded, follow_up, lane},
    group::{Ended, Group, Outcome, Planned},
    record::{Done, change, judge_all},
    triage::{Known, Triage, triage},
    work::{self, Work},
};

/// How long a finished attempt waits to be recorded together with others. A longer wait saves writes, but a crash of
/// the worker then loses more attempts, which are made again.
const LINGER: Duration = Duration::from_millis(200);
/// Writes stop this long before the end of a batch, to leave time for the follow-up.
const TO_FOLLOW_UP: Duration = Duration::from_secs(2);
/// Attempts are abandoned this long before the end of a batch, to leave time to record the others.
const TO_RECORD: Duration = Duration::from_secs(4);

/// Delivers a batch and returns the ids of the messages to receive again.
pub(crate) async fn deliver(
    cloud: &impl Cloud,
    settings: &Settings,
    lanes: &Lanes,
    records: Vec<Record>,
    end: Instant,
) -> Vec<String> {
    let lane_of = |queue: &str| lanes.named(queue).unwrap_or(Lane::Fast);
    let mut batch = Batch::new(cloud, settings, &records, end);
    let works = work::read(records, lane_of, &mut batch.unfinished);
    batch.deliver(works).await;
    // Counters must not delay the answer: the next batch writes what this one has no time for.
    if Instant::now() < batch.last_write() {
        cloud.write_counts().await;
    }
    batch.unfinished.into_iter().collect()
}

/// A batch in progress.
pub(crate) struct Batch<'c, C> {
    cloud: &'c C,
    settings: &'c Settings,
    end: Instant,
    /// The ids of the messages that are not finished.
    pub(crate) unfinished: HashSet<String>,
}

/// A delivery that ends or is held without an attempt, and the events to emit about it.
struct Ending {
    work: Work,
    known: Known,
    change: Change,
    events: Vec<Ingest>,
}

/// Attempts by destination.
type Attempts<'a> = BTreeMap<DestinationId, (&'a Destination, Vec<Planned<'a>>)>;

/// The jobs of a batch, sorted by what to do about them.
#[derive(Default)]
struct Todo<'a> {
    endings: Vec<Ending>,
    recorded: Vec<Recorded>,
    moved: Vec<(Work, Lane, Job)>,
    attempts: Attempts<'a>,
    suppressed: Vec<(Work, Known, Transition, &'a Destination, Suppression)>,
}

impl<'c, C: Cloud> Batch<'c, C> {
    pub(crate) fn new(cloud: &'c C, settings: &'c Settings, records: &[Record], end: Instant) -> Self {
        let unfinished = records.iter().map(|record| record.message_id.clone()).collect();
        Self { cloud, settings, end, unfinished }
    }

    /// Delivers jobs. Jobs that are not due yet go back to the queue for the rest of their wait.
    pub(crate) async fn deliver(&mut self, works: Vec<Work>) {
        let (due, early): (Vec<_>, Vec<_>) = works.into_iter().partition(|work| work.is_due(now()));
        let early = early.into_iter().map(|work| {
            let (lane, job) = (work.lane, work.job.clone());
            (work, lane, job)
        });
        self.send_on(early.collect()).await;
        if !due.is_empty()
            && let Err(error) = self.deliver_due(due).await
        {
            tracing::error!(%error, "batch not delivered in full");
        }
    }

    fn done(&mut self, work: &Work) {
        self.unfinished.remove(&work.message_id);
        work.span.end();
    }

    /// Sends jobs to their queues in as few calls as possible. A job's work is done once SQS has the job.
    async fn send_on(&mut self, jobs: Vec<(Work, Lane, Job)>) {
        if jobs.is_empty() {
            return;
        }
        let (works, jobs): (Vec<_>, Vec<_>) = jobs.into_iter().map(|(work, lane, job)| (work, (lane, job))).unzip();
        match self.cloud.send(&jobs).await {
            Ok(sent) => works.iter().zip(sent).filter(|(_, sent)| *sent).for_each(|(work, _)| self.done(work)),
            Err(error) => tracing::error!(%error, "jobs not sent"),
        }
    }

    async fn deliver_due(&mut self, works: Vec<Work>) -> Result<()> {
        let jobs: Vec<_> = works.iter().map(|work| &work.job).collect();
        let rows = self.cloud.read(&jobs).await?;
        let todo = self.sort(works, &rows)?;
        self.send_on(todo.moved).await;
        let mut endings = todo.endings;
        for (work, known, next, to, suppression) in todo.suppressed {
            match self.suppress(&work, &known, to, &suppression).await {
                Ok(Some(events)) => endings.push(Ending { work, known, change: Change::Stopped(next), events }),
                Ok(None) => {}
                Err(error) => tracing::error!(delivery_id = %known.row.id, %error, "health not marked"),
            }
        }
        self.end_without_attempt(endings, &rows).await?;
        self.follow_up_all(todo.recorded, &rows).await?;
        let attempts = self.pace_mails(todo.attempts).await;
        self.attempt_all(attempts, &rows).await
    }

    /// Sorts jobs by what to do about them.
    fn sort<'a>(&mut self, works: Vec<Work>, rows: &'a Worklist) -> Result<Todo<'a>> {
        let mut todo = Todo::default();
        for work in works {
            let id = work.job.delivery_id;
            match triage(&work, rows, now(), rand::random()) {
                Triage::Nothing => self.done(&work),
                Triage::Expired => {
                    tracing::warn!(delivery_id = %id, "delivery past its retention");
                    self.done(&work);
                }
                Triage::Lost(what) => tracing::error!(delivery_id = %id, received = work.received, what, "row missing"),
                Triage::FollowUp(Known { row, .. }) => {
                    todo.recorded.push(Recorded { work, row, just_now: false, slot: None, breaker: None });
                }
                Triage::Stop(known, next) => {
                    let to = rows.destinations.get(&id.destination);
                    let events = emitted::stopped(&known.row, to, work.asked_at(), &next)?;
                    todo.endings.push(Ending { work, known, change: Change::Stopped(next), events });
                }
                Triage::Suppressed(known, next, to, suppression) => {
                    todo.suppressed.push((work, known, next, to, *suppression));
                }
                Triage::Move(lane) => {
                    let job = Job { fresh: false, ..work.job.clone() };
                    todo.moved.push((work, lane, job));
                }
                Triage::PutOff(to, until) => {
                    let job = work.job.put_off(until, None);
                    let lane = lane(&work, Some(to));
                    todo.moved.push((work, lane, job));
                }
                Triage::Attempt(ready) => {
                    let to: &Destination = ready.to;
                    let planned = Planned { work, ready, slot: None };
                    todo.attempts.entry(id.destination).or_insert((to, vec![])).1.push(planned);
                }
            }
        }
        Ok(todo)
    }

    /// Marks the destination of a suppressed address as unhealthy, unless it already is: the mail that bounced may have
    /// been for another destination with the same address. Returns the events to emit, or `None` if this must be
    /// repeated.
    async fn suppress(
        &self,
        work: &Work,
        Known { row, .. }: &Known,
        to: &Destination,
        suppression: &Suppression,
    ) -> Result<Option<Vec<Ingest>>> {
        let reason = format!("{}: {}", suppression.reason, suppression.detail);
        let unhealthy = Unhealthy::new(suppression.since, &reason, suppression.delivery_id);
        let whose = (row.operator_id, row.id.destination);
        if self.cloud.mark_unhealthy(whose, &unhealthy, None).await? == Completion::Repeat {
            return Ok(None);
        }
        Ok(Some(emitted::suppressed(row, to, work.asked_at(), work.job.attempt, reason)?))
    }

    /// Ends or holds deliveries that are not attempted.
    async fn end_without_attempt(&mut self, endings: Vec<Ending>, rows: &Worklist) -> Result<()> {
        if endings.is_empty() {
            return Ok(());
        }
        let changes: Vec<_> = endings.iter().map(|ending| (&ending.known, &ending.change)).collect();
        let done = change(self.cloud, &changes, self.last_write()).await?;
        let mut ended = vec![];
        for (Ending { work, known, change, events }, done) in endings.into_iter().zip(done) {
            match done {
                Done::Ours => {
                    let row = change.of(&known.row);
                    let kind = rows.destinations.get(&row.id.destination).map(|to| to.kind.as_str());
                    let state = row.state.as_str();
                    tracing::info!(
                        request_id = request_id(),
                        trace_id = work.span.trace_id().map(tracing::field::display),
                        delivery_id = %row.id,
                        operator_id = %row.operator_id,
                        kind,
                        state,
                        reason = row.reason.as_ref().map(Reason::as_str),
                        "delivery ended without an attempt"
                    );
                    match row.state {
                        DeliveryState::Held => metrics::counter!("deliveries_held").increment(1),
                        DeliveryState::Abandoned => metrics::counter!("deliveries_abandoned").increment(1),
                        _ => metrics::counter!("deliveries", "kind" => kind.unwrap_or("unknown"), "outcome" => state)
                            .increment(1),
                    }
                    ended.push((work, events));
                }
                // Its row was not read, and exists. The message is received again, and the row is read then.
                Done::Anothers(_) if work.job.fresh => {
                    tracing::info!(delivery_id = %work.job.delivery_id, "first job found a row");
                }
                Done::Anothers(_) => self.done(&work),
                Done::Not => {}
            }
        }
        for work in self.emit(ended).await? {
            self.done(&work);
        }
        Ok(())
    }

    fn last_write(&self) -> Instant {
        self.end.checked_sub(TO_FOLLOW_UP).unwrap_or(self.end)
    }

    /// Emits events and returns the works whose events the queue accepted in full. The messages of the others are
    /// received again.
    async fn emit(&self, works: Vec<(Work, Vec<Ingest>)>) -> Result<Vec<Work>> {
        let (works, events): (Vec<_>, Vec<_>) = works.into_iter().unzip();
        let counts: Vec<_> = events.iter().map(Vec::len).collect();
        let events: Vec<_> = events.into_iter().flatten().collect();
        let mut taken = if events.is_empty() { vec![] } else { self.cloud.emit(&events).await? }.into_iter();
        let all_taken = |count| {
            let of_work: Vec<_> = taken.by_ref().take(count).collect();
            of_work.into_iter().all(|one| one)
        };
        let all_taken: Vec<_> = counts.into_iter().map(all_taken).collect();
        Ok(works.into_iter().zip(all_taken).filter(|(_, all)| *all).map(|(work, _)| work).collect())
    }

    /// Makes the attempts, to different destinations concurrently, and records them as they finish.
    async fn attempt_all<'a>(&mut self, attempts: Attempts<'a>, rows: &'a Worklist) -> Result<()> {
        if attempts.is_empty() {
            return Ok(());
        }
        let (outcomes, ended) = mpsc::unbounded();
        let give_up = self.end.checked_sub(TO_RECORD).unwrap_or(self.end);
        let groups: Vec<_> = attempts
            .into_values()
            .map(|(to, planned)| {
                let lane = planned.first().map_or(Lane::Fast, |one| one.work.lane);
                (Group::new(self.cloud, to, lane, give_up, outcomes.clone()), planned)
            })
            .collect();
        drop(outcomes);
        let running = async {
            // The messages of attempts that have not finished by then are received again.
            let _ = timeout_at(
                give_up,
                join_all(groups.into_iter().map(async |(group, planned)| group.run(planned).await)),
            )
            .await;
        };
        let (_, recorded) = futures::join!(running, self.record_as_they_end(ended, rows));
        recorded
    }

    /// Assigns mails their slots within the account's rate, and postpones those whose slot is not imminent.
    async fn pace_mails<'a>(&mut self, attempts: Attempts<'a>) -> Attempts<'a> {
        let is_mail = |planned: &[Planned<'_>]| planned.iter().any(|one| one.work.lane == Lane::Mail);
        let (mails, mut attempts): (Attempts<'_>, Attempts<'_>) =
            attempts.into_iter().partition(|(_, (_, planned))| is_mail(planned));
        let mails: Vec<_> =
            mails.into_values().flat_map(|(to, all)| all.into_iter().map(move |one| (to, one))).collect();
        let asking = mails.iter().filter(|(_, one)| one.work.job.slot.is_none());
        let counts: Vec<_> = asking.map(|(to, _)| to.mail_addresses().len().max(1)).collect();
        let mut given = self.mail_slots(&counts).await.into_iter();
        let mut put_off = vec![];
        for (to, one) in mails {
            let slot = one.work.job.slot.clone().or_else(|| given.next().flatten());
            match slot {
                Some(slot) if slot.at <= now() + NEAR => {
                    let planned = Planned { slot: Some(slot), ..one };
                    attempts.entry(to.id).or_insert((to, vec![])).1.push(planned);
                }
                slot => {
                    let due = slot.as_ref().map_or_else(|| ask_again(now(), rand::random()), |slot| slot.at - NEAR);
                    let job = one.work.job.put_off(due, slot);
                    put_off.push((one.work, Lane::Mail, job));
                }
            }
        }
        self.send_on(put_off).await;
        attempts
    }

    /// Takes slots for mails with these numbers of recipients, because SES counts each recipient.
    async fn mail_slots(&self, recipients: &[usize]) -> Vec<Option<Slot>> {
        let total: usize = recipients.iter().sum();
        if total == 0 {
            return vec![];
        }
        match self.cloud.take_slots(Counter::Mails, self.settings.mails, total, now()).await {
            Ok(counter) => {
                let mut all = slots(self.settings.mails, total, counter);
                let first = |count: &usize| all.by_ref().take(*count).collect::<Vec<_>>().first().copied();
                recipients.iter().map(first).map(|at| at.map(|at| Slot { at, pace: None })).collect()
            }
            Err(error) => {
                tracing::warn!(%error, "no slots taken for mails");
                vec![None; recipients.len()]
            }
        }
    }

    /// Records attempts as they finish, several in one call.
    async fn record_as_they_end(
        &mut self,
        mut outcomes: UnboundedReceiver<Outcome<'_>>,
        rows: &Worklist,
    ) -> Result<()> {
        while let Some(first) = outcomes.next().await {
            let mut all = vec![first];
            let flush_at = Instant::now() + LINGER;
            while let Ok(Some(next)) = timeout_at(flush_at, outcomes.next()).await {
                all.push(next);
            }
            let (mut ended, mut put_off) = (vec![], vec![]);
            for outcome in all {
                match outcome {
                    Outcome::Ended(one) => ended.push(*one),
                    Outcome::PutOff(later) => put_off.push(*later),
                }
            }
            self.send_on(put_off).await;
            self.record(ended, rows).await?;
        }
        Ok(())
    }

    /// Records attempts in one call and does their follow-up.
    async fn record(&mut self, ended: Vec<Ended<'_>>, rows: &Worklist) -> Result<()> {
        if ended.is_empty() {
            return Ok(());
        }
        let judged = judge_all(self.cloud, self.settings, &ended).await;
        let changes: Vec<_> = ended
            .iter()
            .zip(&judged)
            .map(|(one, (next, _))| Change::Attempted(one.work.job.step, one.answer.attempt.clone(), next.clone()))
            .collect();
        let pairs: Vec<_> = ended.iter().map(|one| &one.ready.known).zip(&changes).collect();
        let done = change(self.cloud, &pairs, self.last_write()).await?;
        let mut recorded = vec![];
        for (((one, change), (_, slot)), done) in ended.iter().zip(&changes).zip(judged).zip(done) {
            match done {
                Done::Ours => {
                    let row = change.of(&one.ready.known.row);
                    attempt::log(&row, one.after.kind, &one.answer.attempt, one.work.span.trace_id());
                    self.cloud.count(&row, &one.answer.attempt);
                    if one.answer.attempt.succeeded() && !emitted::concerns(&row, Some(&one.after)) {
                        self.done(&one.work);
                        continue;
                    }
                    let breaker = one.after.traffic.breaker.clone().filter(|_| one.answer.unreachable);
                    recorded.push(Recorded { work: one.work.clone(), row, just_now: true, slot, breaker });
                }
                // The row of a fresh job is only known now. Its follow-up may still have to be done.
                Done::Anothers(Some(row))
                    if one.work.job.fresh && task(&one.work.job, Some(&row), one.work.received) == Task::FollowUp =>
                {
                    let work = one.work.clone();
                    recorded.push(Recorded { work, row: *row, just_now: false, slot: None, breaker: None });
                }
                Done::Anothers(_) => self.done(&one.work),
                Done::Not => {}
            }
        }
        let lanes: HashMap<_, _> = ended.iter().map(|one| (one.after.id, one.after.lane(now()))).collect();
        self.follow_up_all_by(recorded, rows, &lanes).await
    }

    async fn follow_up_all(&mut self, recorded: Vec<Recorded>, rows: &Worklist) -> Result<()> {
        self.follow_up_all_by(recorded, rows, &HashMap::new()).await
    }

    /// Emits the events about recorded attempts and does the follow-up of those that failed. If that fails, the message
    /// is received again. `lanes` contains the lanes of destinations that were just attempted.
    async fn follow_up_all_by(
        &mut self,
        recorded: Vec<Recorded>,
        rows: &Worklist,
        lanes: &HashMap<DestinationId, Lane>,
    ) -> Result<()> {
        if recorded.is_empty() {
            return Ok(());
        }
        let of = |row: &Delivery| emitted::attempted(row, rows.destinations.get(&row.id.destination));
        let events = recorded.iter().map(|one| Ok((one.work.clone(), of(&one.row)?))).collect::<Result<_>>()?;
        let emitted: HashSet<_> = self.emit(events).await?.into_iter().map(|work| work.message_id).collect();
        let mut jobs = vec![];
        for one in recorded.into_iter().filter(|one| emitted.contains(&one.work.message_id)) {
            match follow_up(self.cloud, self.settings, &one).await {
                Ok(Next::Nothing) => self.done(&one.work),
                Ok(Next::Send(job)) => {
                    let to = one.row.id.destination;
                    let lane = lanes.get(&to).copied().unwrap_or_else(|| lane(&one.work, rows.destinations.get(&to)));
                    jobs.push((one.work, lane, job));
                }
                Ok(Next::Again) => {}
                Err(error) => tracing::error!(delivery_id = %one.row.id, %error, "post-attempt follow-up failed"),
            }
        }
        self.send_on(jobs).await;
        Ok(())
    }
}
