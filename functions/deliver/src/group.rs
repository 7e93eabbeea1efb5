//! The attempts of a batch to one destination.
//!
//! One attempt goes first, and the others follow when it is answered. A destination that does not answer, or asks to
//! slow down, therefore costs a batch one request. Findings about the destination are written to its row, where the
//! other workers see them.

use std::{cell::RefCell, time::Duration};

use domain::{
    Destination,
    delivery::Fault,
    message::Job,
    time::now,
    traffic::{self, Breaker, HORIZON, Lane, MAX_RETRY_AFTER, NEAR, Pace, SLOW, Slot, ask_again, slots},
};
use futures::{
    channel::mpsc::UnboundedSender,
    future::{Either, join_all, select},
};
use jiff::Timestamp;
use outbound::Answer;
use store::{
    Changed,
    destinations::{Counter, ProbeClaim},
};
use tokio::time::{Instant, sleep};

use crate::{cloud::Cloud, triage::Ready, work::Work};

/// The longest that an attempt can take, including its record.
const ATTEMPT: Duration = Duration::from_secs(11);

/// An attempt to make.
pub(crate) struct Planned<'a> {
    pub(crate) work: Work,
    pub(crate) ready: Ready<'a>,
    /// The slot in which the attempt goes out, if already assigned.
    pub(crate) slot: Option<Slot>,
}

/// The outcome of a planned attempt.
pub(crate) enum Outcome<'a> {
    /// The attempt was made.
    Ended(Box<Ended<'a>>),
    /// The attempt is postponed: this job makes it later.
    PutOff(Box<(Work, Lane, Job)>),
}

/// A finished attempt.
pub(crate) struct Ended<'a> {
    pub(crate) work: Work,
    pub(crate) ready: Ready<'a>,
    pub(crate) answer: Answer,
    /// The destination as known after the attempt.
    pub(crate) after: Destination,
}

/// The attempts to one destination.
pub(crate) struct Group<'a, C> {
    cloud: &'a C,
    lane: Lane,
    end: Instant,
    /// The destination's row as it was read, updated with the findings since.
    known: RefCell<Destination>,
    outcomes: UnboundedSender<Outcome<'a>>,
}

impl<'a, C: Cloud> Group<'a, C> {
    pub(crate) fn new(
        cloud: &'a C,
        to: &Destination,
        lane: Lane,
        end: Instant,
        outcomes: UnboundedSender<Outcome<'a>>,
    ) -> Self {
        Self { cloud, lane, end, known: RefCell::new(to.clone()), outcomes }
    }

    /// Makes the attempts or postpones them.
    pub(crate) async fn run(&self, planned: Vec<Planned<'a>>) {
        let (by_hand, planned): (Vec<_>, Vec<_>) = planned.into_iter().partition(|one| one.work.job.by_hand);
        let asked_for = join_all(by_hand.into_iter().map(|one| self.make(one, None)));
        let others = async {
            let (planned, probe) = self.probe(planned).await;
            let planned = self.pace(planned).await;
            self.lead(planned, probe).await;
        };
        futures::join!(asked_for, others);
    }

    fn to(&self) -> Destination {
        self.known.borrow().clone()
    }

    /// Claims the probe if one is due. With the claim, only the first attempt is made, as the probe. If another worker
    /// has the claim, none is made.
    async fn probe(&self, mut planned: Vec<Planned<'a>>) -> (Vec<Planned<'a>>, Option<Breaker>) {
        let breaker = self.known.borrow().traffic.breaker.clone();
        let (true, Some(seen)) = (planned.iter().any(|one| one.ready.probe), breaker) else { return (planned, None) };
        let (to, now) = (self.to(), now());
        let claimed = self.cloud.claim_probe(&to, &seen, now).await.unwrap_or_else(|error| {
            tracing::warn!(destination_id = %to.id, %error, "probe not claimed");
            ProbeClaim::Anothers
        });
        let claimed = claimed == ProbeClaim::Ours;
        let probing = seen.probing(now);
        self.known.borrow_mut().traffic.breaker = Some(probing.clone());
        let rest = if claimed && !planned.is_empty() { planned.split_off(1) } else { std::mem::take(&mut planned) };
        self.put_off_all(rest, self.later(Duration::from_secs(1)));
        (planned, claimed.then_some(probing))
    }

    /// When the destination may be tried again: as its breaker says, or after a random multiple of `a_while` if it is
    /// closed.
    fn later(&self, a_while: Duration) -> Timestamp {
        match self.known.borrow().signal(now(), rand::random()) {
            traffic::Signal::Wait(until) => until,
            traffic::Signal::Go | traffic::Signal::Probe => now() + a_while.mul_f64(1.0 + 4.0 * rand::random::<f64>()),
        }
    }

    /// Assigns each attempt its slot if the destination has a pace, and postpones those whose slot is not imminent.
    async fn pace(&self, planned: Vec<Planned<'a>>) -> Vec<Planned<'a>> {
        let to = self.to();
        // Mails already have their slots within the account's rate.
        if to.rate().is_none() || self.lane == Lane::Mail {
            return planned;
        }
        let (mut paced, mut without) = (vec![], vec![]);
        for one in planned {
            match one.work.job.slot.clone().filter(|slot| to.keeps(slot)) {
                Some(slot) => paced.push(Planned { slot: Some(slot), ..one }),
                None => without.push(one),
            }
        }
        let given = self.slots(without.len()).await;
        for (one, slot) in without.into_iter().zip(given) {
            match slot {
                Some(slot) if slot.at <= now() + NEAR => paced.push(Planned { slot: Some(slot), ..one }),
                slot => self.put_off_to(one, slot),
            }
        }
        paced
    }

    async fn slots(&self, count: usize) -> Vec<Option<Slot>> {
        let mut to = self.to();
        let given = take_slots(self.cloud, &mut to, count).await;
        self.known.borrow_mut().traffic.next_slot = to.traffic.next_slot;
        given
    }

    /// Makes the first attempt, and the others when it is answered.
    async fn lead(&self, mut planned: Vec<Planned<'a>>, probe: Option<Breaker>) {
        if planned.is_empty() {
            return;
        }
        let rest = if self.is_request() { planned.split_off(1) } else { vec![] };
        let mut leading = Box::pin(join_all(planned.into_iter().map(|one| self.make(one, probe.clone()))));
        // In the fast lane, the others wait only for a short time.
        let patience = if self.lane == Lane::Fast { SLOW } else { ATTEMPT };
        let answered = match select(&mut leading, Box::pin(sleep(patience))).await {
            Either::Left((made, _)) => made.into_iter().all(|made| made == Made::Answered),
            Either::Right(_) => {
                self.hand_on(rest);
                leading.await;
                return;
            }
        };
        let time_is_left = Instant::now() + ATTEMPT < self.end;
        if answered && time_is_left {
            join_all(rest.into_iter().map(|one| self.make(one, None))).await;
        } else {
            self.stop(rest).await;
        }
    }

    /// Sends the attempts that would wait too long to the slow lane.
    fn hand_on(&self, rest: Vec<Planned<'a>>) {
        for one in rest {
            let job = Job { fresh: false, ..one.work.job.clone() };
            self.put(Outcome::PutOff(Box::new((one.work, Lane::Slow, job))));
        }
    }

    /// Postpones the attempts that follow one that was not answered or was asked to slow down.
    async fn stop(&self, rest: Vec<Planned<'a>>) {
        if self.known.borrow().rate().is_none() || self.known.borrow().traffic.breaker.is_some() {
            return self.put_off_all(rest, self.later(Duration::from_secs(1)));
        }
        let given = self.slots(rest.len()).await;
        for (one, slot) in rest.into_iter().zip(given) {
            self.put_off_to(one, slot);
        }
    }

    fn put_off_all(&self, rest: Vec<Planned<'a>>, until: Timestamp) {
        for one in rest {
            let job = one.work.job.put_off(until, None);
            self.put(Outcome::PutOff(Box::new((one.work, Lane::Slow, job))));
        }
    }

    /// Postpones an attempt to its slot, or until it can ask for one again.
    fn put_off_to(&self, one: Planned<'a>, slot: Option<Slot>) {
        let now = now();
        let due = slot.as_ref().map_or_else(|| ask_again(now, rand::random()), |slot| slot.at - NEAR);
        let job = one.work.job.put_off(due, slot);
        let limited = self.known.borrow().is_limited().then_some(now);
        let limited_since = job.limited_since.or(limited);
        self.put(Outcome::PutOff(Box::new((one.work, Lane::Slow, Job { limited_since, ..job }))));
    }

    fn put(&self, outcome: Outcome<'a>) {
        // The receiver lives as long as the group.
        let _ = self.outcomes.unbounded_send(outcome);
    }

    /// Whether the destination gets HTTP requests, rather than mails or text messages through a service.
    fn is_request(&self) -> bool {
        self.known.borrow().kind.is_http()
    }

    /// Makes an attempt in its slot and learns from it.
    async fn make(&self, Planned { work, ready, slot }: Planned<'a>, probe: Option<Breaker>) -> Made {
        if let Some(wait) = slot.as_ref().and_then(|slot| Duration::try_from(slot.at.duration_since(now())).ok()) {
            sleep(wait.min(NEAR)).await;
        }
        let answer = {
            let attempt = Box::pin(self.cloud.attempt(&work.job, &ready));
            match select(attempt, Box::pin(sleep(SLOW))).await {
                Either::Left((answer, _)) => answer,
                Either::Right(((), attempt)) => {
                    self.note_slow().await;
                    attempt.await
                }
            }
        };
        self.learn(&answer, slot.as_ref(), probe.as_ref()).await;
        let made = Made::of(&answer);
        self.put(Outcome::Ended(Box::new(Ended { work, ready, answer, after: self.to() })));
        made
    }

    async fn note_slow(&self) {
        let (to, now) = (self.to(), now());
        if !self.is_request() {
            return;
        }
        let suspected = match self.cloud.set_slow(&to, now).await {
            Ok(suspected) => suspected,
            Err(error) => {
                tracing::warn!(destination_id = %to.id, %error, "slowness not noted");
                None
            }
        };
        let mut known = self.known.borrow_mut();
        known.traffic.slow_until = Some(now + traffic::SLOW_FOR);
        known.traffic.breaker = known.traffic.breaker.take().or(suspected);
    }

    /// Records what an answer says about the destination. A failure to record it is only logged: the next answer says
    /// the same again.
    async fn learn(&self, answer: &Answer, slot: Option<&Slot>, probe: Option<&Breaker>) {
        let learned = match answer.attempt.fault {
            _ if answer.unreachable => self.learn_unreached(probe).await,
            Fault::Throttled if !answer.attempt.succeeded() => self.learn_limit(answer).await,
            _ => self.learn_answered(answer, slot).await,
        };
        if let Err(error) = learned {
            tracing::warn!(destination_id = %self.known.borrow().id, %error, "traffic not noted");
        }
    }

    async fn learn_unreached(&self, probe: Option<&Breaker>) -> store::Result<()> {
        let (to, now) = (self.to(), now());
        let before = to.traffic.breaker.as_ref().map_or(0, |breaker| breaker.times);
        let breaker = self.cloud.add_unreached(&to, probe, now).await?;
        if let Some(breaker) = breaker.as_ref().filter(|breaker| breaker.times > before) {
            tracing::warn!(destination_id = %to.id, until = %breaker.until, times = breaker.times, "breaker opened");
            metrics::counter!("breakers_opened").increment(1);
        }
        let mut known = self.known.borrow_mut();
        known.traffic.unreached = known.traffic.unreached.saturating_add(1);
        known.traffic.breaker = breaker;
        Ok(())
    }

    async fn learn_answered(&self, answer: &Answer, slot: Option<&Slot>) -> store::Result<()> {
        let (to, now) = (self.to(), now());
        self.note_answered(&to).await?;
        let Some(pace) = to.traffic.pace.filter(|_| answer.attempt.succeeded()) else { return Ok(()) };
        if let Some(faster) = pace.faster(slot, now)
            && self.cloud.set_pace(&to, Some(pace), faster, None).await? == Changed::Yes
        {
            self.known.borrow_mut().traffic.pace = faster;
        }
        Ok(())
    }

    /// Closes the breaker and resets the count of failures, if needed.
    async fn note_answered(&self, to: &Destination) -> store::Result<()> {
        if to.traffic.unreached == 0 && to.traffic.breaker.is_none() {
            return Ok(());
        }
        self.cloud.set_answered(to).await?;
        let mut known = self.known.borrow_mut();
        (known.traffic.unreached, known.traffic.breaker) = (0, None);
        Ok(())
    }

    /// Handles a request to slow down, from the destination or from the service that sends mails.
    async fn learn_limit(&self, answer: &Answer) -> store::Result<()> {
        let (to, now) = (self.to(), now());
        if self.lane != Lane::Mail {
            self.note_answered(&to).await?;
        }
        let asked = answer.retry_after.unwrap_or_default().clamp(Duration::from_secs(1), MAX_RETRY_AFTER);
        if self.lane == Lane::Mail {
            return self.cloud.no_slot_before(Counter::Mails, now + asked).await;
        }
        let slower = Pace::slower(to.traffic.pace, to.max_per_second, answer.attempt.at, now);
        let at = now + asked;
        if to.traffic.pace != Some(slower) {
            let changed = self.cloud.set_pace(&to, to.traffic.pace, Some(slower), Some(at)).await? == Changed::Yes;
            tracing::info!(destination_id = %to.id, per_second = slower.rate.a_second(), changed, "destination paced");
            let mut known = self.known.borrow_mut();
            known.traffic.pace = Some(slower);
            if changed {
                known.traffic.next_slot = Some(at.as_microsecond());
                return Ok(());
            }
        }
        if to.traffic.next_slot.is_none_or(|next| next < at.as_microsecond()) {
            self.cloud.no_slot_before(Counter::Destination(to.operator_id, to.id), at).await?;
            self.known.borrow_mut().traffic.next_slot = Some(at.as_microsecond());
        }
        Ok(())
    }
}

/// Takes `count` slots of a destination's pace. Each is `None` if the destination has no pace, or if its slots are
/// already taken beyond the horizon.
pub(crate) async fn take_slots(cloud: &impl Cloud, to: &mut Destination, count: usize) -> Vec<Option<Slot>> {
    let now = now();
    let none = || vec![None; count];
    let Some(rate) = to.rate().filter(|_| count > 0) else { return none() };
    let horizon = (now + HORIZON).as_microsecond();
    if to.traffic.next_slot.is_some_and(|next| next > horizon) {
        return none();
    }
    match cloud.take_slots(Counter::Destination(to.operator_id, to.id), rate, count, now).await {
        Ok(counter) => {
            to.traffic.next_slot = Some(counter);
            let pace = to.traffic.pace.map(|pace| pace.since);
            slots(rate, count, counter).map(|at| Some(Slot { at, pace })).collect()
        }
        Err(error) => {
            tracing::warn!(destination_id = %to.id, %error, "no slots taken");
            none()
        }
    }
}

/// What an attempt means for those that wait for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Made {
    /// The destination answers.
    Answered,
    /// The destination does not answer, or asks to slow down.
    Stop,
}

impl Made {
    fn of(answer: &Answer) -> Self {
        let limited = answer.attempt.fault == Fault::Throttled && !answer.attempt.succeeded();
        if answer.unreachable || limited { Self::Stop } else { Self::Answered }
    }
}
