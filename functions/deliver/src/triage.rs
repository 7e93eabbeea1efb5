//! Decides what to do about a job from the current rows.

use domain::{
    Delivery, Destination, PlannedEvent,
    delivery::{Task, task},
    delivery_plan::is_past_retention,
    destination::{HeldBack, Standing, Suppression},
    lifecycle::{Fate, Reason, Transition},
    traffic::{Lane, Signal},
};
use jiff::Timestamp;
use store::worklist::Worklist;

use crate::work::Work;

/// A delivery and whether it is recorded.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    /// The row, or the delivery as its event plans it if it has no row yet.
    pub(crate) row: Delivery,
    /// Whether the delivery is known to have a row. A [fresh](domain::message::Job::fresh) job has not looked.
    pub(crate) recorded: bool,
}

/// What to do about a job.
#[derive(Debug)]
pub(crate) enum Triage<'a> {
    /// Nothing: the work is done.
    Nothing,
    /// Nothing: the rows have expired.
    Expired,
    /// Nothing for now: a required row is missing. Retry later.
    Lost(&'static str),
    /// Do the follow-up of the newest attempt, which is recorded.
    FollowUp(Known),
    /// End or hold the delivery.
    Stop(Known, Transition),
    /// End the delivery, because the address is suppressed.
    Suppressed(Known, Transition, &'a Destination, Box<Suppression>),
    /// Move the job to another lane.
    Move(Lane),
    /// Postpone the job until this time.
    PutOff(&'a Destination, Timestamp),
    /// Make the attempt.
    Attempt(Ready<'a>),
}

/// Everything that an attempt needs.
#[derive(Debug)]
pub(crate) struct Ready<'a> {
    pub(crate) known: Known,
    pub(crate) to: &'a Destination,
    pub(crate) event: &'a PlannedEvent,
    /// Which of a team's addresses are suppressed.
    pub(crate) held_back: HeldBack,
    /// Whether the attempt must first claim the probe of the destination's breaker.
    pub(crate) probe: bool,
}

/// Decides what to do about a job. `random` is a random number from 0 to 1.
pub(crate) fn triage<'a>(work: &Work, rows: &'a Worklist, now: Timestamp, random: f64) -> Triage<'a> {
    let id = work.job.delivery_id;
    let row = rows.deliveries.get(&id);
    let Some(event) = rows.events.get(&id.event) else {
        // The event is written before any job is sent. Within its retention it exists, and a read that does not find it
        // is wrong.
        let expired = is_past_retention(id.event, now);
        return if expired { Triage::Expired } else { Triage::Lost("its event is not found") };
    };
    let to = rows.destinations.get(&id.destination);
    let known = || match row {
        Some(row) => Known { row: row.clone(), recorded: true },
        None => Known { row: planned(work, to, event), recorded: false },
    };
    match task(&work.job, row, work.received) {
        Task::Nothing => Triage::Nothing,
        Task::Missing => Triage::Lost("the attempt before is not found"),
        Task::FollowUp => Triage::FollowUp(known()),
        Task::Attempt => {
            let held_back = to.map(|to| rows.held_back(to)).unwrap_or_default();
            let known = known();
            let obstacle = known.row.obstacle(&work.job, Standing::of(to, &held_back), now);
            match (obstacle, to, held_back.wholly()) {
                (Some(next), Some(to), Some(suppression)) if next.reason == Some(Reason::Suppressed) => {
                    Triage::Suppressed(known, next, to, Box::new(suppression.clone()))
                }
                (Some(next), _, _) => Triage::Stop(known, next),
                (None, Some(to), _) => attempt(work, known, to, event, held_back, now, random),
                (None, None, _) => Triage::Lost("its destination is not found"),
            }
        }
    }
}

/// A delivery without an attempt, as its event plans it.
fn planned(work: &Work, to: Option<&Destination>, event: &PlannedEvent) -> Delivery {
    let id = work.job.delivery_id;
    match event.unrecorded() {
        Some(unrecorded) => unrecorded.delivery_to(id.destination, to, Fate::Send),
        None => {
            let api = to.map_or_else(Default::default, |to| to.api);
            let event = &event.event;
            Delivery::new(id, event.operator_id, &event.event_type, api, Fate::Send, event.id.made_at())
        }
    }
}

fn attempt<'a>(
    work: &Work,
    known: Known,
    to: &'a Destination,
    event: &'a PlannedEvent,
    held_back: HeldBack,
    now: Timestamp,
    random: f64,
) -> Triage<'a> {
    let signal = if work.job.by_hand { Signal::Go } else { to.signal(now, random) };
    if let Signal::Wait(until) = signal {
        return Triage::PutOff(to, until);
    }
    let lane = to.lane(now);
    // A job from the slow lane stays there, because it has already waited once.
    if lane != work.lane && (work.lane == Lane::Fast || lane == Lane::Mail) {
        return Triage::Move(lane);
    }
    Triage::Attempt(Ready { known, to, event, held_back, probe: signal == Signal::Probe })
}
