//! A batch of jobs: one read of their rows, all attempts side by side, and as few writes as their endings allow.

use std::{collections::HashSet, time::Duration};

use api::worker::Record;
use domain::{
    Delivery, Destination, Unhealthy,
    backoff::next_hop,
    delivery::{DESTINATION_DISABLED, SUPPRESSED, Task, Verdict, judge, task},
    destination::Suppression,
    message::{Ingest, Job},
    time::now,
};
use futures::{StreamExt, stream::FuturesUnordered};
use jiff::Timestamp;
use outbound::Answer;
use store::{
    Result,
    partiql::{Statement, Written},
    queue::Outgoing,
    worklist::{self, Worklist},
};
use tokio::time::{Instant, sleep_until};

use crate::{
    App,
    attempt::{self, Ready, ready},
    follow_up::{Next, later},
    tell,
};

/// How long an ended attempt waits for others to be recorded with it. Longer saves writes, and loses more attempts
/// (which are then made again) when the worker dies.
const LINGER: Duration = Duration::from_millis(200);

/// A job with the message that brought it.
struct Work {
    message_id: String,
    received: u32,
    sent_at: Timestamp,
    job: Job,
}

impl Work {
    /// When the attempt was asked for: the same however often the message is handed out.
    fn asked_at(&self) -> Timestamp {
        self.job.due.unwrap_or(self.sent_at)
    }
}

/// A delivery that ends without an attempt: the write that says so, and what is told of it.
struct Ending<'a> {
    work: &'a Work,
    statement: Statement,
    events: Vec<Ingest>,
}

/// An attempt that has ended.
struct Ended<'a> {
    work: &'a Work,
    row: &'a Delivery,
    answer: Answer,
    verdict: Verdict,
}

impl Ended<'_> {
    /// The row as this attempt's record has left it, as far as what follows needs it.
    fn recorded(&self) -> Delivery {
        let mut row = self.row.clone();
        row.state = self.verdict.state;
        row.next_attempt_at = self.verdict.next_attempt_at;
        row.attempts.push(self.answer.attempt.clone());
        row
    }
}

impl App {
    /// Delivers a batch; the ids of the messages to be handed out again.
    pub(crate) async fn deliver(&self, records: Vec<Record>, end: Instant) -> Vec<String> {
        let mut unfinished: HashSet<_> = records.iter().map(|record| record.message_id.clone()).collect();
        let mut works: Vec<Work> = vec![];
        for record in records {
            match serde_json::from_str::<Job>(&record.body) {
                // Of two jobs for one attempt in one batch (copies, or a retry by hand beside the backoff's), one does
                // the work of both: the one that is due first.
                Ok(job) => match works.iter_mut().find(|work| work.job.names_same_attempt(&job)) {
                    Some(work) => {
                        work.received = work.received.max(record.received);
                        if job.due < work.job.due {
                            work.job = job;
                        }
                        unfinished.remove(&record.message_id);
                    }
                    None => {
                        let Record { message_id, received, sent_at, .. } = record;
                        works.push(Work { message_id, received, sent_at, job });
                    }
                },
                Err(error) => tracing::error!(message_id = record.message_id, %error, "not a job"),
            }
        }
        let (due, early): (Vec<_>, Vec<_>) =
            works.into_iter().partition(|work| work.job.due.and_then(|due| next_hop(now(), due)).is_none());
        self.hop(early, &mut unfinished).await;
        if let Err(error) = self.deliver_due(due, &mut unfinished, end).await {
            tracing::error!(%error, "a batch was not delivered in full");
        }
        unfinished.into_iter().collect()
    }

    /// Sends jobs that are not due yet on for what is left of their wait.
    async fn hop(&self, early: Vec<Work>, unfinished: &mut HashSet<String>) {
        let messages = early.iter().filter_map(|work| Some((work, later(&work.job).ok()?)));
        self.send_on(messages.collect(), unfinished).await;
    }

    /// Puts messages on the queue, in as few calls as hold them; their works are done when SQS has them.
    async fn send_on(&self, messages: Vec<(&Work, Outgoing)>, unfinished: &mut HashSet<String>) {
        let (works, messages): (Vec<_>, Vec<_>) = messages.into_iter().unzip();
        for (work, sent) in works.iter().zip(self.queue.send(messages).await) {
            if sent {
                unfinished.remove(&work.message_id);
            }
        }
    }

    async fn deliver_due(&self, works: Vec<Work>, unfinished: &mut HashSet<String>, end: Instant) -> Result<()> {
        if works.is_empty() {
            return Ok(());
        }
        let jobs: Vec<_> = works.iter().map(|work| &work.job).collect();
        let rows =
            worklist::read(&jobs, &self.deliveries, &self.destinations, &self.events, &self.suppressions).await?;
        let mut running = FuturesUnordered::new();
        let mut endings = vec![];
        let mut recorded = vec![];
        for work in &works {
            let Some(row) = rows.deliveries.get(&work.job.delivery_id) else {
                tracing::warn!(delivery_id = %work.job.delivery_id, "a delivery is past its retention");
                unfinished.remove(&work.message_id);
                continue;
            };
            match task(&work.job, row, work.received) {
                Task::Nothing => {
                    unfinished.remove(&work.message_id);
                }
                Task::FollowUp => recorded.push((work, row.clone())),
                Task::Attempt => match ready(&work.job, &rows) {
                    Ready::Never(reason) => {
                        let to = rows.destinations.get(&row.id.destination);
                        let events = tell::ended(row, to, work.asked_at(), reason)?;
                        endings.push(Ending { work, statement: self.deliveries.abandon(row, reason), events });
                    }
                    Ready::Off => {
                        let statement = self.deliveries.hold(row, DESTINATION_DISABLED);
                        endings.push(Ending { work, statement, events: vec![] });
                    }
                    Ready::Suppressed { destination, suppression } => {
                        match self.suppress(work, row, destination, &suppression).await {
                            Ok(ending) => endings.extend(ending),
                            Err(error) => tracing::error!(delivery_id = %row.id, %error, "health was not marked"),
                        }
                    }
                    Ready::Send { destination, event, held_back } => running.push(async move {
                        let answer = self.attempt(&work.job, destination, event, &held_back).await;
                        let jitter = rand::random();
                        let verdict =
                            judge(&work.job, &answer.attempt, answer.retry_after, &self.schedule, jitter, now());
                        Ended { work, row, answer, verdict }
                    }),
                },
            }
        }
        self.end_without_attempt(endings, unfinished).await?;
        self.follow_up_all(recorded, &rows, unfinished).await?;

        let mut ended: Vec<Ended<'_>> = vec![];
        let mut flush_at = end;
        while !running.is_empty() {
            tokio::select! {
                Some(one) = running.next() => {
                    if ended.is_empty() {
                        flush_at = (Instant::now() + LINGER).min(end);
                    }
                    ended.push(one);
                }
                () = sleep_until(flush_at) => {
                    self.record(std::mem::take(&mut ended), &rows, unfinished).await?;
                    // What has not ended by the end is handed out again.
                    if Instant::now() >= end {
                        return Ok(());
                    }
                    flush_at = end;
                }
            }
        }
        self.record(ended, &rows, unfinished).await
    }

    /// What ends a delivery to a suppressed address. Its destination is unhealthy from now on, if it was not so already:
    /// another destination of the same address may have been the one whose mail came back. None when that could not be
    /// told, so that all of it is done again.
    async fn suppress<'a>(
        &self,
        work: &'a Work,
        row: &Delivery,
        to: &Destination,
        suppression: &Suppression,
    ) -> Result<Option<Ending<'a>>> {
        let reason = format!("{}: {}", suppression.reason, suppression.detail);
        let unhealthy = Unhealthy::new(suppression.since, &reason, suppression.delivery_id);
        if !self.health.mark(row.operator_id, row.id.destination, &unhealthy, None).await? {
            return Ok(None);
        }
        let events = tell::suppressed(row, to, work.asked_at(), work.job.attempt, reason)?;
        Ok(Some(Ending { work, statement: self.deliveries.abandon(row, SUPPRESSED), events }))
    }

    /// Ends deliveries for which no attempt can be made.
    async fn end_without_attempt(&self, endings: Vec<Ending<'_>>, unfinished: &mut HashSet<String>) -> Result<()> {
        if endings.is_empty() {
            return Ok(());
        }
        let mut told = vec![];
        let mut statements = vec![];
        for Ending { work, statement, events } in endings {
            told.push((work, events));
            statements.push(statement);
        }
        let written = self.deliveries.execute(statements).await?;
        let mut done = vec![];
        for ((work, events), written) in told.into_iter().zip(written) {
            match written {
                Written::Yes => {
                    tracing::info!(delivery_id = %work.job.delivery_id, "delivery ended without an attempt");
                    done.push((work, events));
                }
                // Another worker has recorded an attempt: it has not ended like this.
                Written::Refused => {
                    unfinished.remove(&work.message_id);
                }
                Written::Failed(error) => tracing::error!(delivery_id = %work.job.delivery_id, error, "not recorded"),
            }
        }
        for work in self.tell(done).await? {
            unfinished.remove(&work.message_id);
        }
        Ok(())
    }

    /// Tells what there is to tell of works; those of which all is told. The others are handed out again.
    async fn tell<'a>(&self, works: Vec<(&'a Work, Vec<Ingest>)>) -> Result<Vec<&'a Work>> {
        let counts: Vec<_> = works.iter().map(|(work, events)| (*work, events.len())).collect();
        let events: Vec<_> = works.into_iter().flat_map(|(_, events)| events).collect();
        let mut told = self.journal.tell(&events).await?.into_iter();
        let mut done = vec![];
        for (work, count) in counts {
            let of_this: Vec<_> = told.by_ref().take(count).collect();
            done.extend(of_this.into_iter().all(|told| told).then_some(work));
        }
        Ok(done)
    }

    /// Records attempts in one call, and does what follows from those that failed.
    async fn record(&self, ended: Vec<Ended<'_>>, rows: &Worklist, unfinished: &mut HashSet<String>) -> Result<()> {
        if ended.is_empty() {
            return Ok(());
        }
        let statement = |e: &Ended<'_>| self.deliveries.record(e.row, &e.answer.attempt, &e.verdict);
        let statements = ended.iter().map(statement).collect::<Result<_>>()?;
        let written = self.deliveries.execute(statements).await?;
        let mut recorded = vec![];
        for (one, written) in ended.into_iter().zip(written) {
            match written {
                Written::Yes => {
                    let destination = rows.destinations.get(&one.row.id.destination);
                    if let (Some(event), Some(to)) = (rows.events.get(&one.row.id.event), destination) {
                        let state = one.verdict.state.as_str();
                        attempt::log(one.row, to.kind, event, &one.answer.attempt, state);
                    }
                    if one.answer.attempt.succeeded() && !tell::concerns(one.row, destination) {
                        unfinished.remove(&one.work.message_id);
                    } else {
                        recorded.push((one.work, one.recorded()));
                    }
                }
                // Another worker recorded this attempt, and sees to what follows.
                Written::Refused => {
                    unfinished.remove(&one.work.message_id);
                }
                Written::Failed(error) => {
                    tracing::error!(delivery_id = %one.row.id, error, "an attempt was not recorded");
                }
            }
        }
        self.follow_up_all(recorded, rows, unfinished).await
    }

    /// Tells of recorded attempts, and does what follows from those that failed; a message for which that fails is handed
    /// out again.
    async fn follow_up_all(
        &self,
        recorded: Vec<(&Work, Delivery)>,
        rows: &Worklist,
        unfinished: &mut HashSet<String>,
    ) -> Result<()> {
        let of = |row: &Delivery| tell::attempted(row, rows.destinations.get(&row.id.destination));
        let events = recorded.iter().map(|(work, row)| Ok((*work, of(row)?))).collect::<Result<_>>()?;
        let told: HashSet<_> = self.tell(events).await?.into_iter().map(|work| &*work.message_id).collect();
        let mut messages = vec![];
        for (work, row) in recorded.into_iter().filter(|(work, _)| told.contains(&*work.message_id)) {
            match self.follow_up(&work.job, &row).await {
                Ok(Next::Nothing) => {
                    unfinished.remove(&work.message_id);
                }
                Ok(Next::Send(message)) => messages.push((work, message)),
                Ok(Next::Again) => {}
                Err(error) => tracing::error!(delivery_id = %row.id, %error, "what follows was not done"),
            }
        }
        self.send_on(messages, unfinished).await;
        Ok(())
    }
}
