//! Records the outcome of attempts, and deliveries that end without one.

use std::collections::{BTreeMap, HashMap};

use domain::{
    Delivery, DeliveryId, DestinationId,
    delivery::Fault,
    lifecycle::{Retry, Transition},
    time::now,
    traffic::{Lane, MAX_RETRY_AFTER, NEAR, Slot, ask_again},
};
use store::{Result, partiql::Written};
use tokio::time::Instant;

use crate::{
    Settings,
    cloud::{Change, Cloud},
    group::{Ended, take_slots},
    triage::Known,
};

/// The outcome of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Done {
    /// This worker made the change.
    Ours,
    /// Another worker has recorded an attempt and does the follow-up. Contains the row, if there is one.
    Anothers(Option<Box<Delivery>>),
    /// The change failed and the work must be repeated.
    Not,
}

/// Makes changes and returns their outcomes.
///
/// A refused change may already have been made by an earlier try of this worker whose answer was lost. The row shows
/// which it is, so that a worker does not mistake its own change for another's. An attempt whose delivery got a row in
/// the meantime, but no attempt, is recorded in that row: the delivery was held, ended or recovered while it was sent.
pub(crate) async fn change(cloud: &impl Cloud, changes: &[(&Known, &Change)], until: Instant) -> Result<Vec<Done>> {
    let mut all_done = change_once(cloud, changes, until).await?;
    let (mut places, mut in_new_rows) = (vec![], vec![]);
    for (place, ((known, change), done)) in changes.iter().zip(&all_done).enumerate() {
        if let Done::Anothers(Some(row)) = done
            && !known.recorded
            && row.attempt_count == 0
            && matches!(change, Change::Attempted(..))
        {
            places.push(place);
            in_new_rows.push((Known { row: (**row).clone(), recorded: true }, *change));
        }
    }
    if !in_new_rows.is_empty() {
        let changes: Vec<_> = in_new_rows.iter().map(|(known, change)| (known, *change)).collect();
        for (place, again) in places.into_iter().zip(change_once(cloud, &changes, until).await?) {
            all_done.get_mut(place).into_iter().for_each(|done| *done = again.clone());
        }
    }
    Ok(all_done)
}

async fn change_once(cloud: &impl Cloud, changes: &[(&Known, &Change)], until: Instant) -> Result<Vec<Done>> {
    let written = cloud.write(changes, until).await?;
    let refused = |written: &Written| matches!(written, Written::Refused | Written::Unsure);
    let in_doubt = changes.iter().zip(&written).filter(|(_, written)| refused(written));
    let in_doubt: Vec<_> = in_doubt.map(|((known, _), _)| known.row.id).collect();
    let rows = if in_doubt.is_empty() { vec![] } else { cloud.rows(in_doubt).await? };
    let mut rows: HashMap<DeliveryId, Delivery> = rows.into_iter().map(|row| (row.id, row)).collect();
    let done = changes.iter().zip(written).map(|((known, change), written)| {
        let id = known.row.id;
        match written {
            Written::Yes => Done::Ours,
            Written::Refused | Written::Unsure => match rows.remove(&id) {
                Some(row) if is_ours(&row, &known.row, change) => Done::Ours,
                row => Done::Anothers(row.map(Box::new)),
            },
            Written::Failed(error) => {
                tracing::error!(delivery_id = %id, error, "delivery not recorded");
                Done::Not
            }
        }
    });
    Ok(done.collect())
}

/// Whether the current row contains this change.
fn is_ours(row: &Delivery, before: &Delivery, change: &Change) -> bool {
    match change {
        Change::Attempted(_, attempt, _) => row.attempts.iter().any(|kept| kept.is(attempt)),
        Change::Stopped(_) => {
            let after = change.of(before);
            (row.state, &row.reason, row.attempt_count) == (after.state, &after.reason, after.attempt_count)
        }
    }
}

/// Judges attempts. Rate-limited attempts get slots of their destination's pace, with one call per destination.
pub(crate) async fn judge_all(
    cloud: &impl Cloud,
    settings: &Settings,
    ended: &[Ended<'_>],
) -> Vec<(Transition, Option<Slot>)> {
    let mut limited: BTreeMap<DestinationId, Vec<usize>> = BTreeMap::new();
    for (place, one) in ended.iter().enumerate().filter(|(_, one)| is_limited(one)) {
        limited.entry(one.after.id).or_default().push(place);
    }
    let mut given: HashMap<usize, Option<Slot>> = HashMap::new();
    for places in limited.into_values() {
        let Some(last) = places.last().and_then(|place| ended.get(*place)) else { continue };
        let slots = match last.work.lane {
            // Mails ask for a slot of the account's rate when they are due.
            Lane::Mail => vec![None; places.len()],
            Lane::Fast | Lane::Slow => take_slots(cloud, &mut last.after.clone(), places.len()).await,
        };
        given.extend(places.into_iter().zip(slots));
    }
    let judge_one = |(place, one): (usize, &Ended<'_>)| {
        let (job, attempt, now) = (&one.work.job, &one.answer.attempt, now());
        match given.remove(&place) {
            None => {
                let retry = Retry::Scheduled { schedule: &settings.schedule, step: job.step, jitter: rand::random() };
                (Transition::attempted(attempt, retry, now), None)
            }
            Some(slot) => {
                let asked = now + one.answer.retry_after.unwrap_or_default().min(MAX_RETRY_AFTER);
                let due = slot.as_ref().map_or_else(|| ask_again(now, rand::random()), |slot| slot.at - NEAR);
                let retry = Retry::Limited { since: job.limited_since, due: due.max(asked) };
                (Transition::attempted(attempt, retry, now), slot.filter(|slot| slot.at >= asked))
            }
        }
    };
    ended.iter().enumerate().map(judge_one).collect()
}

fn is_limited(one: &Ended<'_>) -> bool {
    !one.answer.attempt.succeeded() && one.answer.attempt.fault == Fault::Throttled
}
