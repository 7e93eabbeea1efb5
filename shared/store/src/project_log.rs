//! The deliveries of one project's events, for keys that are bound to a project.
//!
//! The project is an attribute of the event, not of its deliveries. A list of all states therefore reads events first,
//! which are few bytes each, and then only the deliveries of the project's events. A list of one state that the index
//! holds reads the index first, and then the events of what it found.

use std::{
    cmp::Reverse,
    collections::{HashMap, HashSet},
};

use domain::{ApiKind, Delivery, DeliveryId, DestinationId, EventId, ProjectId, shard::EventsOf};

use crate::{
    DeliveryLog, Result,
    account_deliveries::{Wanted, place},
    counts::Counted,
    unrecorded::{Bounds, FOR_AN_OVERVIEW, Planned},
};

/// The events of one step: 1 MB or 128 read units at most.
const STEP: Bounds = Bounds { events: 500, calls: 1 };
/// The maximum number of steps for a page. A page that is not full by then ends early, and its cursor continues.
const MAX_STEPS: usize = 8;
/// The number of index entries to read in one step. Their events fit into one call.
const ENTRIES: usize = 100;

/// A page, and the last delivery before the next page if there is one.
type Page = (Vec<Delivery>, Option<DeliveryId>);

/// Ends a page at `limit` rows in list order. `next` is where the reading stopped.
fn cut(mut rows: Vec<Delivery>, next: Option<DeliveryId>, limit: usize) -> Page {
    rows.sort_unstable_by_key(|row| Reverse(place(row.id)));
    if rows.len() <= limit {
        return (rows, next);
    }
    rows.truncate(limit);
    let last = rows.last().map(|row| row.id);
    (rows, last)
}

impl DeliveryLog {
    /// Like [`Self::of_account`], but only with deliveries of this project's events. Reads on until the page is full,
    /// through at most 4,000 events or 800 entries of the index.
    ///
    /// # Errors
    /// When a call fails.
    pub async fn of_project(
        &self,
        of: EventsOf,
        project: &ProjectId,
        destinations: &[DestinationId],
        wanted: &Wanted,
        limit: usize,
    ) -> Result<Page> {
        if wanted.state.is_some_and(|state| state.needs_attention()) {
            self.by_index(of, project, destinations, wanted, limit).await
        } else {
            self.by_events(of, project, destinations, wanted, limit).await
        }
    }

    async fn by_index(
        &self,
        of: EventsOf,
        project: &ProjectId,
        destinations: &[DestinationId],
        wanted: &Wanted,
        limit: usize,
    ) -> Result<Page> {
        let (mut found, mut wanted) = (vec![], wanted.clone());
        for _ in 0..MAX_STEPS {
            let (mut rows, next) = self.deliveries.of_account(destinations, &wanted, ENTRIES).await?;
            let events = self.events.of_project(of.operator, project, rows.iter().map(|row| row.id.event)).await?;
            rows.retain(|row| events.contains(&row.id.event));
            found.extend(rows);
            wanted.after = next;
            if next.is_none() || found.len() >= limit {
                break;
            }
        }
        Ok(cut(found, wanted.after, limit))
    }

    async fn by_events(
        &self,
        of: EventsOf,
        project: &ProjectId,
        destinations: &[DestinationId],
        wanted: &Wanted,
        limit: usize,
    ) -> Result<Page> {
        let newest = wanted.newest.into_iter().chain(wanted.after.map(|id| id.event)).min();
        let (oldest, mut newest) = (wanted.oldest.unwrap_or_else(EventId::first), newest.unwrap_or_else(EventId::last));
        let mut found = vec![];
        for _ in 0..MAX_STEPS {
            let (mut plans, next) = self.plans(of, (oldest, newest), true, STEP).await?;
            plans.retain(|one| {
                one.project_id.as_ref() == Some(project)
                    && wanted.event_type.as_ref().is_none_or(|event_type| one.event_type == *event_type)
            });
            // The deliveries of a notification that was sent at once are not planned.
            let sent_at_once: Vec<_> = plans.iter().filter(|one| one.plan.is_none()).map(|one| one.id).collect();
            let planned = self.planned(of.operator, plans, destinations, |_| false).await?;
            let planned: HashMap<_, _> = planned.into_iter().map(|one| (one.id, one)).collect();
            let each = sent_at_once.iter().flat_map(|event| destinations.iter().map(|id| DeliveryId::new(*id, *event)));
            let mut ids: Vec<_> = planned.keys().copied().chain(each).collect();
            ids.retain(|id| wanted.after.is_none_or(|after| place(*id) < place(after)));
            ids.sort_unstable_by_key(|id| Reverse(place(*id)));
            // In list order, so that no more rows are read than the page needs.
            for ids in ids.chunks(limit + 1) {
                found.extend(self.shown(of, ids, &planned).await?.into_iter().filter(|row| wanted.takes(row)));
                if found.len() > limit {
                    return Ok(cut(found, None, limit));
                }
            }
            let Some(next) = next else { return Ok(cut(found, None, limit)) };
            newest = next;
        }
        // The next page begins with the first event that was not read.
        let before = newest.after().unwrap_or(newest);
        Ok(cut(found, Some(DeliveryId::new(DestinationId::first(), before)), limit))
    }

    /// The deliveries of these ids: their rows, or as planned.
    async fn shown(
        &self,
        of: EventsOf,
        ids: &[DeliveryId],
        planned: &HashMap<DeliveryId, Planned>,
    ) -> Result<Vec<Delivery>> {
        let mut rows = self.deliveries.get_many(ids.iter().copied()).await?;
        rows.retain(|row| row.operator_id == of.operator);
        let known: HashSet<_> = rows.iter().map(|row| row.id).collect();
        let others = ids.iter().filter(|id| !known.contains(id)).filter_map(|id| planned.get(id));
        rows.extend(others.map(|planned| planned.delivery(ApiKind::Stack)));
        Ok(rows)
    }

    /// Keeps the counted deliveries of this project's events, from `oldest` on. Also returns those without a row, and
    /// whether both are complete. `complete` says whether `counted` is.
    ///
    /// Reads at most the 4,000 newest events and 8 MB: 1,000 read units.
    ///
    /// # Errors
    /// When a call fails.
    pub async fn counted_of_project(
        &self,
        of: EventsOf,
        project: &ProjectId,
        destinations: &[DestinationId],
        oldest: EventId,
        (mut counted, complete): (Vec<Counted>, bool),
    ) -> Result<(Vec<Counted>, Vec<Planned>, bool)> {
        let (mut plans, more) = self.plans(of, (oldest, EventId::last()), true, FOR_AN_OVERVIEW).await?;
        plans.retain(|one| one.project_id.as_ref() == Some(project));
        let events: HashSet<_> = plans.iter().map(|one| one.id).collect();
        counted.retain(|one| events.contains(&one.id.event));
        let known: HashSet<_> = counted.iter().map(|one| one.id).collect();
        let planned = self.planned(of.operator, plans, destinations, |id| known.contains(&id)).await?;
        // Without all rows, it is unknown which planned deliveries have one.
        Ok(if complete { (counted, planned, more.is_none()) } else { (counted, vec![], false) })
    }
}
