//! Recording what became of attempts, and of deliveries that end without one.

use std::collections::{BTreeMap, HashMap};

use domain::{
    Delivery, DeliveryId, DestinationId,
    delivery::{Fault, Verdict, judge},
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

/// What has become of a change.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Done {
    /// It was made, by us.
    Ours,
    /// Another worker has recorded an attempt, and sees to what follows.
    Anothers,
    /// It could not be made: all of it has to be done again.
    Not,
}

/// Makes changes: what became of each.
///
/// A change that is refused may have been made by an earlier try of our own, whose answer was lost. The row tells: so
/// nobody takes its own work for another's.
pub(crate) async fn change(cloud: &impl Cloud, changes: &[(&Known, &Change)], until: Instant) -> Result<Vec<Done>> {
    let written = cloud.write(changes, until).await?;
    let refused = |written: &Written| matches!(written, Written::Refused | Written::Unsure);
    let in_doubt = changes.iter().zip(&written).filter(|(_, written)| refused(written));
    let in_doubt: Vec<_> = in_doubt.map(|((known, _), _)| known.row.id).collect();
    let rows = if in_doubt.is_empty() { vec![] } else { cloud.rows(in_doubt).await? };
    let rows: HashMap<DeliveryId, Delivery> = rows.into_iter().map(|row| (row.id, row)).collect();
    let done = changes.iter().zip(written).map(|((known, change), written)| {
        let id = known.row.id;
        match written {
            Written::Yes => Done::Ours,
            Written::Refused | Written::Unsure => {
                if rows.get(&id).is_some_and(|row| is_ours(row, &known.row, change)) {
                    Done::Ours
                } else {
                    Done::Anothers
                }
            }
            Written::Failed(error) => {
                tracing::error!(delivery_id = %id, error, "delivery not recorded");
                Done::Not
            }
        }
    });
    Ok(done.collect())
}

/// Whether the row as it is now has this very change.
fn is_ours(row: &Delivery, before: &Delivery, change: &Change) -> bool {
    match change {
        Change::Attempted(_, attempt, _) => row.attempts.contains(attempt),
        Change::Abandoned(_) | Change::Held(_) => {
            let after = change.of(before);
            (row.state, &row.reason, row.attempt_count) == (after.state, &after.reason, after.attempt_count)
        }
    }
}

/// Judges attempts. Those that were rate limited get the slots of their destinations' paces, those of one destination in
/// one call.
pub(crate) async fn judge_all(
    cloud: &impl Cloud,
    settings: &Settings,
    ended: &[Ended<'_>],
) -> Vec<(Verdict, Option<Slot>)> {
    let mut limited: BTreeMap<DestinationId, Vec<usize>> = BTreeMap::new();
    for (place, one) in ended.iter().enumerate().filter(|(_, one)| is_limited(one)) {
        limited.entry(one.after.id).or_default().push(place);
    }
    let mut given: HashMap<usize, Option<Slot>> = HashMap::new();
    for places in limited.into_values() {
        let Some(last) = places.last().and_then(|place| ended.get(*place)) else { continue };
        let slots = match last.work.lane {
            // The account's rate is asked again when they are due.
            Lane::Mail => vec![None; places.len()],
            Lane::Fast | Lane::Slow => take_slots(cloud, &mut last.after.clone(), places.len()).await,
        };
        given.extend(places.into_iter().zip(slots));
    }
    let judge_one = |(place, one): (usize, &Ended<'_>)| {
        let (job, attempt, now) = (&one.work.job, &one.answer.attempt, now());
        match given.remove(&place) {
            None => (judge(job, attempt, &settings.schedule, rand::random(), now), None),
            Some(slot) => {
                let asked = now + one.answer.retry_after.unwrap_or_default().min(MAX_RETRY_AFTER);
                let due = slot.as_ref().map_or_else(|| ask_again(now, rand::random()), |slot| slot.at - NEAR);
                (Verdict::limited(job, due.max(asked), now), slot.filter(|slot| slot.at >= asked))
            }
        }
    };
    ended.iter().enumerate().map(judge_one).collect()
}

fn is_limited(one: &Ended<'_>) -> bool {
    !one.answer.attempt.succeeded() && one.answer.attempt.fault == Fault::Throttled
}
