//! Deliveries that an event's plan names but that have no row yet, because no attempt has been recorded. The APIs show
//! them like any other delivery. One that is waiting for its first attempt is `pending`.

use std::collections::{HashMap, HashSet};

use domain::{
    ApiKind, Delivery, DeliveryId, DeliveryState, Destination, DestinationId, EventId, EventType, OperatorId,
    ProjectId,
    delivery_plan::{Destined, Unrecorded},
    lifecycle::{Fate, Trigger},
    overdue::{is_overdue, overdue_before},
    shard::{EventsOf, Shards},
};
use jiff::Timestamp;

use crate::{
    Aws, Deliveries, Destinations, Events, Result, StoreError,
    account_deliveries::{Placed, Wanted, place},
    counts::Counted,
    deliveries::Summary,
    events::{Plans, PlansWanted},
    partiql::{self, Written},
};

/// The maximum number of events to read, and of calls to read them with.
#[derive(Clone, Copy)]
pub(crate) struct Bounds {
    pub(crate) events: usize,
    pub(crate) calls: u32,
}

const FOR_A_PAGE: Bounds = Bounds { events: 500, calls: 4 };
pub(crate) const FOR_AN_OVERVIEW: Bounds = Bounds { events: 4000, calls: 8 };
/// A resend reads as many events as a recovery, but in several requests.
const FOR_A_STEP: Bounds = Bounds { events: 2500, calls: 5 };
const FOR_A_RECOVERY: Bounds = Bounds { events: 10_000, calls: 20 };
/// The maximum number of further plan parts to read. Earlier events have priority.
const MAX_PARTS: usize = 500;
/// The maximum number of planned deliveries to look up for a page of pending deliveries: ten calls.
const MAX_LOOKED_UP: usize = 1000;

/// The deliveries of destinations, including those without a row.
#[derive(Clone)]
pub struct DeliveryLog {
    pub(crate) deliveries: Deliveries,
    pub(crate) events: Events,
}

/// Selects overdue deliveries without a row.
#[derive(Debug, Clone, Copy)]
pub struct OverdueOf<'a> {
    /// The destinations, which belong to the operator.
    pub destinations: &'a [DestinationId],
    /// Only deliveries of events of this type.
    pub event_type: Option<&'a EventType>,
    /// Only deliveries of this project's events.
    pub project: Option<&'a ProjectId>,
    /// The oldest and the newest event.
    pub range: (EventId, EventId),
}

/// A part of the overdue deliveries.
#[derive(Debug, Default)]
pub struct OverduePart {
    /// The deliveries, oldest event first.
    pub planned: Vec<Planned>,
    /// The number of events that were read.
    pub events: usize,
    /// The event at which the next part begins, if there are more.
    pub next: Option<EventId>,
}

/// A delivery from an event's plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// The delivery's ID.
    pub id: DeliveryId,
    /// The operator that owns the delivery.
    pub operator_id: OperatorId,
    /// The type of its event.
    pub event_type: EventType,
    /// When the delivery was planned, which is also when it was first due.
    pub at: Timestamp,
    /// What the plan decided for the delivery.
    pub fate: Fate,
}

impl Planned {
    /// Returns the delivery as it reads without a row, to a destination that was created with the API `api`.
    pub fn delivery(&self, api: ApiKind) -> Delivery {
        let Self { id, operator_id, event_type, at, fate } = self;
        let of = Unrecorded { operator_id: *operator_id, event_id: id.event, event_type, at: *at };
        of.delivery(id.destination, api, *fate)
    }

    /// The state of the delivery.
    pub fn state(&self) -> DeliveryState {
        self.delivery(ApiKind::Stack).state
    }

    /// The row for sending the delivery again. A delivery that was due is `failed` until it is sent, so that the next
    /// recovery picks it up if this one stops halfway.
    fn row(&self, api: ApiKind) -> Delivery {
        let row = self.delivery(api);
        row.changed(&row.after(&Trigger::Overdue(self.at)))
    }
}

/// Planned deliveries, and the last one that was checked if there are more.
struct Found {
    planned: Vec<Planned>,
    looked_to: Option<DeliveryId>,
}

impl DeliveryLog {
    /// Opens the tables that `DELIVERIES_TABLE` and `EVENTS_TABLE` name.
    ///
    /// # Errors
    /// When a variable is missing.
    pub fn from_env(aws: &Aws) -> Result<Self> {
        Ok(Self { deliveries: Deliveries::from_env(aws)?, events: Events::from_env(aws)? })
    }

    /// The deliveries that have a row.
    pub fn rows(&self) -> &Deliveries {
        &self.deliveries
    }

    /// Returns a delivery of the operator.
    ///
    /// # Errors
    /// When a call fails.
    pub async fn get(
        &self,
        operator: OperatorId,
        id: DeliveryId,
        destinations: &Destinations,
    ) -> Result<Option<Delivery>> {
        if let Some(row) = self.deliveries.get(operator, id).await? {
            return Ok(Some(row));
        }
        let Some(planned) = self.of_plan(operator, id.event, &[id.destination]).await?.pop() else { return Ok(None) };
        let to = destinations.get(operator, id.destination).await?;
        Ok(Some(planned.delivery(to.map_or(ApiKind::Stack, |to| to.api))))
    }

    /// Returns the deliveries of an event to these destinations. The caller must have checked that they belong to the
    /// operator.
    ///
    /// # Errors
    /// When a call fails.
    pub async fn of_event(
        &self,
        operator: OperatorId,
        event: EventId,
        destinations: &[DestinationId],
    ) -> Result<Vec<Delivery>> {
        let rows = self.deliveries.get_many(destinations.iter().map(|id| DeliveryId::new(*id, event)));
        let (mut rows, planned) = futures::try_join!(rows, self.of_plan(operator, event, destinations))?;
        let known: HashSet<_> = rows.iter().map(|row| row.id).collect();
        rows.extend(planned.into_iter().filter(|planned| !known.contains(&planned.id)).map(listed));
        Ok(rows)
    }

    /// Returns the planned deliveries of one event to these destinations.
    async fn of_plan(
        &self,
        operator: OperatorId,
        event: EventId,
        destinations: &[DestinationId],
    ) -> Result<Vec<Planned>> {
        let Some(found) = self.events.planned([(operator, event)]).await?.remove(&event) else { return Ok(vec![]) };
        let plans = Plans {
            id: event,
            event_type: found.event.event_type,
            project_id: found.event.project_id,
            plan: found.plan,
        };
        self.planned(operator, vec![plans], destinations, |_| false).await
    }

    /// Like [`Deliveries::of_account`], but includes deliveries without a row.
    ///
    /// The rows determine which events the page covers. One more Query reads the plans of at most the 500 newest of
    /// these events, at half a read unit for each 4 KB of events, which usually costs less than the rows. Only a page
    /// of pending deliveries needs further lookups; it ends after 500 events. Lists of other states read only rows.
    ///
    /// # Errors
    /// When a call fails.
    pub async fn of_account(
        &self,
        of: EventsOf,
        destinations: &[DestinationId],
        wanted: &Wanted,
        limit: usize,
    ) -> Result<(Vec<Delivery>, Option<DeliveryId>)> {
        let (rows, next) = self.deliveries.of_account(destinations, wanted, limit).await?;
        match wanted.state {
            None => {
                let known = rows.iter().map(|row| row.id).collect();
                let found = self.behind(of, destinations, wanted, next, &known).await?;
                Ok(merge(rows, unrecorded(found.planned, wanted, next), next, limit))
            }
            Some(DeliveryState::Pending) => {
                let known = rows.iter().map(|row| row.id).collect();
                let found = self.behind(of, destinations, wanted, next, &known).await?;
                let Found { planned, looked_to } = self.without_row(found, wanted, next).await?;
                let next = next.into_iter().chain(looked_to).max_by_key(|id| place(*id));
                Ok(merge(rows, unrecorded(planned, wanted, next), next, limit))
            }
            Some(_) => Ok((rows, next)),
        }
    }

    /// Like [`Deliveries::in_state`], but includes deliveries without a row. Also returns the last delivery before the
    /// next page.
    ///
    /// # Errors
    /// When a call fails.
    pub async fn in_state(
        &self,
        shards: Shards,
        destination: &Destination,
        state: DeliveryState,
        limit: i32,
        after: Option<DeliveryId>,
    ) -> Result<(Vec<Summary>, Option<DeliveryId>)> {
        let (rows, more) = self.deliveries.in_state(destination.id, state, limit, after).await?;
        let next = rows.last().map(|row| row.id).filter(|_| more);
        if state != DeliveryState::Pending {
            return Ok((rows, next));
        }
        let wanted = Wanted { state: Some(state), after, ..Wanted::default() };
        let known = rows.iter().map(|row| row.id).collect();
        let found = self
            .behind(EventsOf { operator: destination.operator_id, shards }, &[destination.id], &wanted, next, &known)
            .await?;
        let Found { planned, .. } = self.without_row(found, &wanted, next).await?;
        let unrecorded = unrecorded(planned, &wanted, next).iter().map(Summary::from).collect();
        Ok(merge(rows, unrecorded, next, usize::try_from(limit).unwrap_or(0)))
    }

    /// Returns the planned deliveries, without those in `known`, of the events that a page covers: from the start of
    /// `wanted` down to `next`, newest first.
    async fn behind(
        &self,
        of: EventsOf,
        destinations: &[DestinationId],
        wanted: &Wanted,
        next: Option<DeliveryId>,
        known: &HashSet<DeliveryId>,
    ) -> Result<Found> {
        let newest = wanted.newest.into_iter().chain(wanted.after.map(|id| id.event)).min();
        let oldest = wanted.oldest.into_iter().chain(next.map(|id| id.event)).max();
        let range = (oldest.unwrap_or_else(EventId::first), newest.unwrap_or_else(EventId::last));
        let (plans, more) = self.plans(of, range, true, FOR_A_PAGE).await?;
        let last = plans.last().map(|plans| DeliveryId::new(DestinationId::first(), plans.id));
        let planned = self.planned(of.operator, plans, destinations, |id| known.contains(&id)).await?;
        Ok(Found { planned, looked_to: more.and(last) })
    }

    /// Keeps only deliveries without a row. The page does not contain rows in other states, so it takes a lookup.
    async fn without_row(&self, found: Found, wanted: &Wanted, next: Option<DeliveryId>) -> Result<Found> {
        let Found { mut planned, mut looked_to } = found;
        planned.retain(|planned| belongs(planned, wanted, next));
        if planned.len() > MAX_LOOKED_UP {
            planned.truncate(MAX_LOOKED_UP);
            looked_to = planned.last().map(|last| last.id);
        }
        let known = self.known(&planned).await?;
        planned.retain(|planned| !known.contains(&planned.id));
        Ok(Found { planned, looked_to })
    }

    async fn known(&self, planned: &[Planned]) -> Result<HashSet<DeliveryId>> {
        let rows = self.deliveries.get_many(planned.iter().map(|planned| planned.id)).await?;
        Ok(rows.into_iter().map(|row| row.id).collect())
    }

    pub(crate) async fn plans(
        &self,
        of: EventsOf,
        range: (EventId, EventId),
        newest_first: bool,
        Bounds { events, calls }: Bounds,
    ) -> Result<(Vec<Plans>, Option<EventId>)> {
        self.events.plans(of, &PlansWanted { range, newest_first, max: events, max_calls: calls }).await
    }

    /// Returns the planned deliveries of these events to these destinations, without those in `known`. They are in the
    /// order of the events, and in list order within an event.
    pub(crate) async fn planned(
        &self,
        operator: OperatorId,
        plans: Vec<Plans>,
        destinations: &[DestinationId],
        known: impl Fn(DeliveryId) -> bool,
    ) -> Result<Vec<Planned>> {
        let wanted: HashSet<_> = destinations.iter().copied().collect();
        let (mut of, mut count) = (vec![], 0);
        for plans in &plans {
            let Some(plan) = &plans.plan else { continue };
            let Some(parts) = &plan.parts else { continue };
            let parts_count = usize::try_from(parts.count).unwrap_or(usize::MAX);
            if count + parts_count <= MAX_PARTS && needs_parts(plans.id, &plan.destined, &wanted, &known) {
                count += parts_count;
                of.push((plans.id, parts.clone()));
            }
        }
        let mut parts: HashMap<EventId, Vec<Destined>> = HashMap::new();
        for (event, part) in self.events.all_parts(operator, &of).await? {
            parts.entry(event).or_default().push(part);
        }
        let of_event = |plans: Plans| planned(operator, plans, &parts, &wanted);
        Ok(plans.into_iter().flat_map(of_event).filter(|planned| !known(planned.id)).collect())
    }

    /// Returns the deliveries to these destinations that have no row, for events from `oldest` on. `counted` holds the
    /// deliveries with a row. `complete` says whether it holds all of them.
    ///
    /// Reads at most the 4,000 newest events and 8 MB: 1,000 read units.
    ///
    /// # Errors
    /// When a call fails.
    pub async fn not_counted(
        &self,
        of: EventsOf,
        destinations: &[DestinationId],
        oldest: EventId,
        (counted, complete): (&[Counted], bool),
    ) -> Result<Vec<Planned>> {
        let (plans, _) = self.plans(of, (oldest, EventId::last()), true, FOR_AN_OVERVIEW).await?;
        let known: HashSet<_> = counted.iter().map(|one| one.id).collect();
        let mut planned = self.planned(of.operator, plans, destinations, |id| known.contains(&id)).await?;
        if !complete {
            let reached = reached(counted);
            planned.retain(|one| reached.get(&one.id.destination).is_none_or(|oldest| one.id.event >= *oldest));
        }
        Ok(planned)
    }

    /// Returns a destination's deliveries that were planned at least 15 minutes ago but have no row, oldest event
    /// first. Reads the first 10,000 events, up to 20 MB, from `since` on.
    ///
    /// # Errors
    /// When a call fails.
    pub async fn overdue(
        &self,
        shards: Shards,
        destination: &Destination,
        since: Timestamp,
        now: Timestamp,
    ) -> Result<Vec<Planned>> {
        let before = overdue_before(now);
        let range = (EventId::first_at(since), EventId::first_at(before));
        let operator = destination.operator_id;
        let (plans, _) = self.plans(EventsOf { operator, shards }, range, false, FOR_A_RECOVERY).await?;
        let mut planned = self.planned(operator, plans, &[destination.id], |_| false).await?;
        planned.retain(|planned| is_overdue(planned.at, now));
        let known = self.known(&planned).await?;
        planned.retain(|planned| !known.contains(&planned.id));
        Ok(planned)
    }

    /// Like [`Self::overdue`], for several destinations and in parts of at most 2,500 events or 5 MB.
    ///
    /// # Errors
    /// When a call fails.
    pub async fn overdue_of(&self, of: EventsOf, wanted: OverdueOf<'_>, now: Timestamp) -> Result<OverduePart> {
        let (oldest, newest) = wanted.range;
        let range = (oldest, newest.min(EventId::first_at(overdue_before(now))));
        let (mut plans, next) = self.plans(of, range, false, FOR_A_STEP).await?;
        let events = plans.len();
        plans.retain(|one| {
            wanted.event_type.is_none_or(|event_type| one.event_type == *event_type)
                && wanted.project.is_none_or(|own| one.project_id.as_ref() == Some(own))
        });
        let mut planned = self.planned(of.operator, plans, wanted.destinations, |_| false).await?;
        planned.retain(|planned| is_overdue(planned.at, now));
        let known = self.known(&planned).await?;
        planned.retain(|planned| !known.contains(&planned.id));
        Ok(OverduePart { planned, events, next })
    }

    /// Writes rows for sending planned deliveries to a destination again, and returns those that had no row before.
    ///
    /// # Errors
    /// When a row could not be written. The next recovery finds the remaining ones.
    pub async fn record(&self, planned: &[Planned], destination: &Destination) -> Result<Vec<Summary>> {
        let rows: Vec<_> = planned.iter().map(|planned| planned.row(destination.api)).collect();
        let statements = rows.iter().map(|row| self.deliveries.insert(row)).collect::<Result<_>>()?;
        let mut inserted = vec![];
        for (row, written) in rows.iter().zip(self.deliveries.execute(statements, partiql::soon()).await) {
            match written {
                Written::Yes | Written::Unsure => inserted.push(Summary::from(row)),
                // A worker has attempted it in the meantime, or another recovery is sending it.
                Written::Refused => {}
                Written::Failed(error) => return Err(StoreError::Unwritten(error)),
            }
        }
        Ok(inserted)
    }
}

/// A delivery without a row, as lists show it. Lists don't show which API its destination was created with.
fn listed(planned: Planned) -> Delivery {
    planned.delivery(ApiKind::Stack)
}

/// Whether the further parts of a plan may contain a wanted destination that sorts after those of the first part. A
/// plan lists its destinations in order.
fn needs_parts(
    event: EventId,
    first: &Destined,
    wanted: &HashSet<DestinationId>,
    known: impl Fn(DeliveryId) -> bool,
) -> bool {
    let last = first.fates().last_key_value().map(|(id, _)| *id);
    let behind = |id: &&DestinationId| last.is_none_or(|last| **id > last);
    wanted.iter().filter(behind).any(|id| !known(DeliveryId::new(*id, event)))
}

/// The planned deliveries of one event to the wanted destinations, in list order.
fn planned(
    operator_id: OperatorId,
    plans: Plans,
    parts: &HashMap<EventId, Vec<Destined>>,
    wanted: &HashSet<DestinationId>,
) -> Vec<Planned> {
    let Plans { id: event, event_type, plan: Some(plan), .. } = plans else { return vec![] };
    let all = std::iter::once(&plan.destined).chain(parts.get(&event).into_iter().flatten());
    let mut fates: Vec<_> = all.flat_map(Destined::fates).filter(|(id, _)| wanted.contains(id)).collect();
    fates.sort_unstable_by(|a, b| b.cmp(a));
    let of = |(to, fate)| {
        let (id, event_type) = (DeliveryId::new(to, event), event_type.clone());
        Planned { id, operator_id, event_type, at: plan.at, fate }
    };
    fates.into_iter().map(of).collect()
}

/// The oldest event that has been counted for each destination.
fn reached(counted: &[Counted]) -> HashMap<DestinationId, EventId> {
    let mut reached = HashMap::new();
    for Counted { id, .. } in counted {
        let oldest = reached.entry(id.destination).or_insert(id.event);
        *oldest = id.event.min(*oldest);
    }
    reached
}

/// Whether a planned delivery matches `wanted` and comes before the next page.
fn belongs(planned: &Planned, wanted: &Wanted, next: Option<DeliveryId>) -> bool {
    let before_next = next.is_none_or(|next| place(planned.id) >= place(next));
    before_next && wanted.takes(&planned.delivery(ApiKind::Stack))
}

/// The planned deliveries that belong in the page.
fn unrecorded(planned: Vec<Planned>, wanted: &Wanted, next: Option<DeliveryId>) -> Vec<Delivery> {
    planned.into_iter().filter(|planned| belongs(planned, wanted, next)).map(listed).collect()
}

/// Merges rows and deliveries without a row into one page, with the last delivery before the next page if there is one.
/// The page covers everything before `next`.
fn merge<T: Placed>(
    rows: Vec<T>,
    unrecorded: Vec<T>,
    next: Option<DeliveryId>,
    limit: usize,
) -> (Vec<T>, Option<DeliveryId>) {
    let mut page: Vec<_> = rows.into_iter().chain(unrecorded).collect();
    page.retain(|row| next.is_none_or(|next| place(row.id()) >= place(next)));
    page.sort_unstable_by_key(|row| std::cmp::Reverse(place(row.id())));
    if page.len() <= limit {
        return (page, next);
    }
    page.truncate(limit);
    let last = page.last().map(Placed::id);
    (page, last)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use domain::{DeliveryPlan, fanout::Fates, lifecycle::Reason, time::from_millis};
    use proptest::prelude::*;

    use super::*;

    fn destination_id(number: u64) -> DestinationId {
        format!("ndst_{number:026}").parse().expect("an id")
    }

    fn event_id(number: u64) -> EventId {
        format!("evt_{number:026}").parse().expect("an id")
    }

    fn plans(event: u64, fates: &[(u64, Fate)]) -> Plans {
        let fates: Fates = fates.iter().map(|(id, fate)| (destination_id(*id), *fate)).collect();
        let plan = DeliveryPlan { at: from_millis(7), destined: (&fates).into(), parts: None, by_repeat: false };
        Plans {
            id: event_id(event),
            event_type: "custom.a".try_into().expect("a type"),
            project_id: None,
            plan: Some(plan),
        }
    }

    fn delivery(destination: u64, event: u64) -> Delivery {
        let found = planned(
            OperatorId::generate(),
            plans(event, &[(destination, Fate::Send)]),
            &HashMap::new(),
            &HashSet::from([destination_id(destination)]),
        );
        listed(found.into_iter().next().expect("one"))
    }

    #[test]
    fn a_planned_delivery_reads_by_its_fate() {
        let fates = [(1, Fate::Send), (2, Fate::Hold), (3, Fate::Disabled), (4, Fate::Abandon), (5, Fate::Send)];
        let wanted = (1..5).map(destination_id).collect();
        let found = planned(OperatorId::generate(), plans(9, &fates), &HashMap::new(), &wanted);
        let shown: Vec<_> = found.iter().map(|planned| listed(planned.clone())).collect();
        let shown: Vec<_> =
            shown.iter().map(|row| (row.id.destination, row.state, row.reason.as_ref().map(Reason::as_str))).collect();
        assert_eq!(
            found.iter().map(Planned::state).collect::<Vec<_>>(),
            shown.iter().map(|row| row.1).collect::<Vec<_>>()
        );
        assert_eq!(
            shown,
            [
                (destination_id(4), DeliveryState::Abandoned, Some("destination_deleted")),
                (destination_id(3), DeliveryState::Held, Some("destination_disabled")),
                (destination_id(2), DeliveryState::Held, Some("rule_paused")),
                (destination_id(1), DeliveryState::Pending, None),
            ]
        );
    }

    #[test]
    fn further_parts_are_read_only_where_they_may_have_more() {
        let first: Destined = (&Fates::from([(destination_id(3), Fate::Send), (destination_id(5), Fate::Hold)])).into();
        let needs = |wanted: &[u64], known: bool| {
            let wanted = wanted.iter().map(|id| destination_id(*id)).collect();
            needs_parts(event_id(1), &first, &wanted, |_| known)
        };
        assert_eq!(
            [needs(&[3], false), needs(&[4, 5], false), needs(&[6], false), needs(&[6], true)],
            [false, false, true, false]
        );
    }

    #[test]
    fn a_delivery_older_than_what_was_counted_may_have_a_row() {
        let counted = |destination, event| {
            let id = DeliveryId::new(destination_id(destination), event_id(event));
            Counted { id, state: DeliveryState::Succeeded }
        };
        let reached = reached(&[counted(1, 5), counted(1, 3), counted(1, 4), counted(2, 9)]);
        assert_eq!(reached, HashMap::from([(destination_id(1), event_id(3)), (destination_id(2), event_id(9))]));
    }

    #[test]
    fn a_recovered_delivery_needs_attention_until_it_is_sent() {
        let found = planned(
            OperatorId::generate(),
            plans(1, &[(1, Fate::Send), (2, Fate::Hold)]),
            &HashMap::new(),
            &HashSet::from([destination_id(1), destination_id(2)]),
        );
        let rows: Vec<_> = found.iter().map(|planned| planned.row(ApiKind::Mail)).collect();
        assert_eq!((rows[0].state, rows[1].state), (DeliveryState::Held, DeliveryState::Failed));
        assert!(
            rows.iter().all(|row| row.state.needs_attention() && row.attempt_count == 0 && row.api == ApiKind::Mail)
        );
    }

    proptest! {
        /// Whichever deliveries have rows, the pages together contain every delivery once, in order.
        #[test]
        fn pages_are_the_whole_list(
            rows in prop::collection::btree_set((0u64..4, 1u64..30), 0..40),
            others in prop::collection::btree_set((0u64..4, 1u64..30), 0..40),
            limit in 1usize..9,
        ) {
            let others: BTreeSet<_> = others.difference(&rows).copied().collect();
            let mut expected: Vec<_> = rows.union(&others).map(|(to, event)| delivery(*to, *event).id).collect();
            expected.sort_unstable_by_key(|id| std::cmp::Reverse(place(*id)));
            let mut sorted: Vec<_> = rows.iter().map(|(to, event)| delivery(*to, *event)).collect();
            sorted.sort_unstable_by_key(|row| std::cmp::Reverse(place(row.id)));
            let (mut wanted, mut seen) = (Wanted::default(), vec![]);
            loop {
                // The same page that `Deliveries::of_account` returns.
                let mut page: Vec<_> = sorted.iter().filter(|row| wanted.takes(row)).cloned().collect();
                let more = page.len() > limit;
                page.truncate(limit);
                let next = page.last().map(|row| row.id).filter(|_| more);
                let behind = others.iter().map(|(to, event)| delivery(*to, *event));
                let planned = behind.map(|row| Planned {
                    id: row.id, operator_id: row.operator_id, event_type: row.event_type, at: row.created_at,
                    fate: Fate::Send,
                });
                let (page, next) = merge(page, unrecorded(planned.collect(), &wanted, next), next, limit);
                prop_assert!(page.len() <= limit);
                seen.extend(page.into_iter().map(|row| row.id));
                wanted.after = next;
                if next.is_none() { break; }
            }
            prop_assert_eq!(seen, expected);
        }
    }
}
