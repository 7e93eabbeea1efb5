//! Sends all deliveries again that match a filter, in steps of bounded work. The caller repeats with the place that a
//! step returns, which shows progress and lets it stop.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    str::FromStr,
    time::Duration,
};

use domain::{
    DeliveryId, DeliveryState, Destination, DestinationId, EventId, EventType, ProjectId, shard::EventsOf, time::now,
};
use futures::future::try_join_all;
use std::time::Instant;
use store::{
    deliveries::Summary,
    resendable::Resendable,
    unrecorded::{OverdueOf, Planned},
};

use crate::{error::Result, recovery::Recovery};

/// The number of destinations to read concurrently.
const AT_ONCE: usize = 16;
/// The number of deliveries to read of each of them in advance.
const IN_ADVANCE: usize = 100;
/// A step ends soon after this time. An HTTP function has 15 s.
const LONGEST: Duration = Duration::from_secs(5);
/// The number of events in which a whole resend searches for deliveries without a row, as a recovery does.
const MAX_EVENTS: usize = 10_000;
/// Without a start time, deliveries without a row are searched for in events of this time.
const OVERDUE_SINCE: Duration = Duration::from_hours(24);
/// The number of events that one call can look up.
const LOOKED_UP: usize = 100;

/// The deliveries to send again.
#[derive(Debug, Clone)]
pub struct Matching {
    /// The operator, with its events.
    pub of: EventsOf,
    /// The destinations in the order of their ids. Those that do not exist were deleted.
    pub destinations: Vec<DestinationId>,
    /// The rows to send again.
    pub rows: Resendable,
    /// Whether the filter has a start time.
    pub since: bool,
    /// Only deliveries of this project's events.
    pub project: Option<ProjectId>,
}

/// Where the next step begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// After this delivery, in the order of destinations.
    After(DeliveryId),
    /// At this event, among deliveries without a row. The number counts the events that were read before.
    Overdue(EventId, usize),
}

/// Why the deliveries to a destination are not sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Skipped {
    /// The destination is not verified.
    Unverified,
    /// The destination is unhealthy.
    Unhealthy,
    /// The destination is disabled.
    Disabled,
    /// The destination is deleted.
    Deleted,
}

/// The deliveries to one destination in a step.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct OfDestination {
    /// The number of deliveries by event type.
    pub event_types: BTreeMap<String, usize>,
    /// Why they are not sent again; `None` if they are.
    pub skipped: Option<Skipped>,
    /// The number of deliveries that were queued.
    pub queued: usize,
}

impl OfDestination {
    /// The number of deliveries that match.
    pub fn matched(&self) -> usize {
        self.event_types.values().sum()
    }
}

/// The outcome of a step.
#[derive(Debug, Default)]
pub struct Step {
    /// The deliveries by destination.
    pub destinations: BTreeMap<DestinationId, OfDestination>,
    /// Where the next step begins; `None` after the last one.
    pub next: Option<Place>,
    /// The number of rows that were read.
    rows: usize,
}

/// How much a step does.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// The maximum number of deliveries with a row.
    pub limit: usize,
    /// Whether to count only.
    pub dry_run: bool,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::After(id) => write!(f, "{id}"),
            Self::Overdue(event, events) => write!(f, "{event} {events}"),
        }
    }
}

impl FromStr for Place {
    type Err = ();

    fn from_str(text: &str) -> std::result::Result<Self, ()> {
        match text.split_once(' ') {
            None => text.parse().map(Self::After).map_err(|_| ()),
            Some((event, events)) => Ok(Self::Overdue(event.parse().map_err(|_| ())?, events.parse().map_err(|_| ())?)),
        }
    }
}

impl Skipped {
    fn because_of(destination: Option<&Destination>) -> Option<Self> {
        match destination {
            None => Some(Self::Deleted),
            Some(to) if to.disabled => Some(Self::Disabled),
            Some(to) if to.unhealthy.is_some() => Some(Self::Unhealthy),
            Some(to) if !to.verified() => Some(Self::Unverified),
            Some(_) => None,
        }
    }

    /// The name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unverified => "destination_unverified",
            Self::Unhealthy => "destination_unhealthy",
            Self::Disabled => "destination_disabled",
            Self::Deleted => "destination_deleted",
        }
    }
}

impl Recovery {
    /// Sends the next deliveries again, and counts those to destinations that do not receive. `known` has the
    /// destinations that exist.
    ///
    /// A repeat is harmless: a delivery that was sent again is in another state, and a second job of the same attempt
    /// is stale.
    ///
    /// # Errors
    /// When a call fails, or the queue does not accept all deliveries. Repeat the step then.
    pub async fn resend(
        &self,
        matching: &Matching,
        known: &HashMap<DestinationId, Destination>,
        from: Option<Place>,
        bounds: Bounds,
    ) -> Result<Step> {
        let (mut step, until) = (Step::default(), Instant::now() + LONGEST);
        let from = match from {
            Some(Place::Overdue(event, events)) => Some((event, events)),
            rows => {
                let after = rows.and_then(|place| if let Place::After(id) = place { Some(id) } else { None });
                step.next = self.rows_again(matching, known, (after, until), bounds, &mut step).await?;
                None
            }
        };
        // A delivery that is overdue counts as failed, as in a recovery.
        if step.next.is_some() || !matching.rows.states.contains(&DeliveryState::Failed) {
            return Ok(step);
        }
        let recent = EventId::first_at(now() - OVERDUE_SINCE);
        let start = if matching.since { matching.rows.oldest } else { matching.rows.oldest.max(recent) };
        let (start, events) = from.unwrap_or((start, 0));
        if step.rows > 0 && Instant::now() >= until {
            step.next = Some(Place::Overdue(start, events));
            return Ok(step);
        }
        self.overdue_again(matching, known, (start, events), bounds, &mut step).await?;
        Ok(step)
    }

    /// Sends deliveries that have a row. Returns where the next step begins, if there may be more.
    async fn rows_again(
        &self,
        matching: &Matching,
        known: &HashMap<DestinationId, Destination>,
        (from, until): (Option<DeliveryId>, Instant),
        bounds: Bounds,
        step: &mut Step,
    ) -> Result<Option<Place>> {
        let ids = &matching.destinations;
        let rest = &ids[ids.partition_point(|id| from.is_some_and(|from| *id < from.destination))..];
        let after_of = |id: DestinationId| from.filter(|from| from.destination == id);
        let read = async |id: DestinationId, after, limit| {
            self.log().rows().resendable(id, &matching.rows, after, limit).await
        };
        for some in rest.chunks(AT_ONCE) {
            let parts = some.iter().map(|id| read(*id, after_of(*id), bounds.limit.min(IN_ADVANCE)));
            for (id, (mut rows, mut reached)) in some.iter().zip(try_join_all(parts).await?) {
                let mut after = after_of(*id).unwrap_or_else(|| DeliveryId::new(*id, EventId::first()));
                loop {
                    let room = bounds.limit - step.rows;
                    let cut = rows.len() > room;
                    rows.truncate(room);
                    after = rows.last().map_or(after, |last| last.id);
                    step.rows += rows.len();
                    self.send_again(matching, known.get(id), (*id, rows), bounds, step).await?;
                    if cut {
                        return Ok(Some(Place::After(after)));
                    }
                    let Some(last) = reached else { break };
                    after = last;
                    if step.rows >= bounds.limit || Instant::now() >= until {
                        return Ok(Some(Place::After(after)));
                    }
                    (rows, reached) = read(*id, Some(after), bounds.limit - step.rows).await?;
                }
            }
            if Instant::now() >= until
                && let Some(next) = some.last().and_then(|last| ids.get(ids.partition_point(|id| id <= last)))
            {
                return Ok(Some(Place::After(DeliveryId::new(*next, EventId::first()))));
            }
        }
        Ok(None)
    }

    /// Sends deliveries that are overdue and have no row.
    async fn overdue_again(
        &self,
        matching: &Matching,
        known: &HashMap<DestinationId, Destination>,
        (start, events): (EventId, usize),
        bounds: Bounds,
        step: &mut Step,
    ) -> Result<()> {
        let wanted = OverdueOf {
            destinations: &matching.destinations,
            event_type: matching.rows.event_type.as_ref(),
            project: matching.project.as_ref(),
            range: (start, matching.rows.newest),
        };
        let part = self.log().overdue_of(matching.of, wanted, now()).await?;
        let mut of: BTreeMap<DestinationId, Vec<Planned>> = BTreeMap::new();
        for planned in part.planned {
            of.entry(planned.id.destination).or_default().push(planned);
        }
        for (id, planned) in of {
            let destination = known.get(&id);
            let counted = step.destinations.entry(id).or_default();
            counted.skipped = Skipped::because_of(destination);
            if bounds.dry_run || counted.skipped.is_some() {
                planned.iter().for_each(|one| counted.add(&one.event_type));
            } else if let Some(destination) = destination {
                // The rows come first, so that a repeat does not send them again.
                let rows = self.log().record(&planned, destination).await?;
                rows.iter().for_each(|row| counted.add(&row.event_type));
                counted.queued += rows.len();
                self.queue(destination, rows).await?;
            }
        }
        let events = events + part.events;
        step.next = part.next.filter(|_| events < MAX_EVENTS).map(|next| Place::Overdue(next, events));
        Ok(())
    }

    async fn send_again(
        &self,
        matching: &Matching,
        destination: Option<&Destination>,
        (id, mut rows): (DestinationId, Vec<Summary>),
        bounds: Bounds,
        step: &mut Step,
    ) -> Result<()> {
        rows.retain(|row| row.operator_id == matching.of.operator);
        if let Some(project) = &matching.project {
            rows = self.of_project(matching, project, rows).await?;
        }
        if rows.is_empty() {
            return Ok(());
        }
        let counted = step.destinations.entry(id).or_default();
        rows.iter().for_each(|row| counted.add(&row.event_type));
        counted.skipped = Skipped::because_of(destination);
        if let Some(destination) = destination.filter(|_| !bounds.dry_run && counted.skipped.is_none()) {
            counted.queued += rows.len();
            self.queue(destination, rows).await?;
        }
        Ok(())
    }

    async fn of_project(&self, matching: &Matching, project: &ProjectId, rows: Vec<Summary>) -> Result<Vec<Summary>> {
        let mut own = vec![];
        for some in rows.chunks(LOOKED_UP) {
            let events = some.iter().map(|row| row.id.event);
            let events = self.events().of_project(matching.of.operator, project, events).await?;
            own.extend(some.iter().filter(|row| events.contains(&row.id.event)).cloned());
        }
        Ok(own)
    }
}

impl OfDestination {
    fn add(&mut self, event_type: &EventType) {
        *self.event_types.entry(event_type.to_string()).or_default() += 1;
    }
}

#[cfg(test)]
mod tests {
    use domain::testing;

    use super::*;

    #[test]
    fn a_place_reads_back() {
        let id = DeliveryId::new(DestinationId::generate(), EventId::generate());
        for place in [Place::After(id), Place::Overdue(id.event, 2500)] {
            assert_eq!(place.to_string().parse(), Ok(place));
        }
        assert_eq!("evt_1 x".parse::<Place>(), Err(()));
    }

    #[test]
    fn only_destinations_that_receive_are_not_skipped() {
        let well = testing::webhook(domain::OperatorId::generate());
        let unhealthy = Some(domain::Unhealthy::new(now(), "answered 500", None));
        let unhealthy = Destination { unhealthy, ..well.clone() };
        let disabled = Destination { disabled: true, ..unhealthy.clone() };
        let unverified = Destination { verified_at: None, ..well.clone() };
        let reasons = [Some(&well), Some(&unhealthy), Some(&disabled), Some(&unverified), None];
        assert_eq!(
            reasons.map(Skipped::because_of),
            [
                None,
                Some(Skipped::Unhealthy),
                Some(Skipped::Disabled),
                Some(Skipped::Unverified),
                Some(Skipped::Deleted)
            ]
        );
    }
}
