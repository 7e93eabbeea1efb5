//! Lists the deliveries of several destinations as one list, newest event first. The table has one partition for each
//! destination, so a page merges the newest rows of each.

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use domain::{Delivery, DeliveryId, DeliveryState, DestinationId, EventId, EventType};
use futures::{StreamExt, TryStreamExt, stream};
use serde::de::DeserializeOwned;

use crate::{
    Deliveries, Result,
    deliveries::{Summary, id_of},
    error::aws,
    item::{Item, from_items, s},
};

/// The number of destinations to read concurrently.
pub(crate) const AT_ONCE: usize = 16;
/// The maximum number of rows to read for a page, once every destination has been read. The next page covers the rest.
const MAX_LOOKED_AT: usize = 4000;
/// The minimum number of rows for a first query, and the maximum for any query.
const WINDOWS: (usize, usize) = (4, 1000);

/// Selects deliveries. An empty field matches every delivery.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Only deliveries in this state.
    pub state: Option<DeliveryState>,
    /// Only deliveries of events of this type.
    pub event_type: Option<EventType>,
    /// Only deliveries of this event or later ones.
    pub oldest: Option<EventId>,
    /// Only deliveries of this event or earlier ones.
    pub newest: Option<EventId>,
    /// Only tests and verifications, or none of them.
    pub tests: Option<bool>,
    /// Only deliveries after this one in list order.
    pub after: Option<DeliveryId>,
}

/// The rows of one destination, newest first.
struct Part<T> {
    rows: Vec<T>,
    /// The last event that was read, if there are more.
    reached: Option<EventId>,
}

/// An item with a place in the list.
pub(crate) trait Placed {
    fn id(&self) -> DeliveryId;
}

impl Placed for Delivery {
    fn id(&self) -> DeliveryId {
        self.id
    }
}

impl Placed for Summary {
    fn id(&self) -> DeliveryId {
        self.id
    }
}

/// The sort key of the list, which is in descending order.
pub(crate) fn place(id: DeliveryId) -> (EventId, DestinationId) {
    (id.event, id.destination)
}

/// Merges all parts into one page, with the last delivery before the next page if there is one.
///
/// The page ends where the first part stopped, because later rows of that part are unknown.
fn merge<T: Placed>(parts: Vec<Part<T>>, limit: usize) -> (Vec<T>, Option<DeliveryId>) {
    let known_to = parts.iter().filter_map(|part| part.reached).max();
    let mut rows: Vec<T> = parts.into_iter().flat_map(|part| part.rows).collect();
    rows.retain(|row| known_to.is_none_or(|known_to| row.id().event >= known_to));
    rows.sort_unstable_by_key(|row| std::cmp::Reverse(place(row.id())));
    if rows.len() > limit {
        rows.truncate(limit);
        let last = rows.last().map(Placed::id);
        return (rows, last);
    }
    (rows, known_to.map(|event| DeliveryId::new(DestinationId::first(), event)))
}

impl Wanted {
    /// The state, if the index holds all wanted deliveries.
    fn in_index(&self) -> Option<DeliveryState> {
        self.state.filter(|state| state.needs_attention() && self.tests != Some(true))
    }

    /// Whether a delivery meets all conditions.
    pub fn takes(&self, row: &Delivery) -> bool {
        let event = row.id.event;
        self.state.is_none_or(|state| row.state == state)
            && self.event_type.as_ref().is_none_or(|event_type| row.event_type == *event_type)
            && self.oldest.is_none_or(|oldest| event >= oldest)
            && self.newest.is_none_or(|newest| event <= newest)
            && self.tests.is_none_or(|tests| row.probe.is_some() == tests)
            && self.after.is_none_or(|after| place(row.id) < place(after))
    }

    /// The first and the last wanted ID of a destination. `None` if the range is empty.
    fn range(&self, destination: DestinationId) -> Option<(DeliveryId, DeliveryId)> {
        let after = match self.after {
            None => None,
            // Within an event, destinations with lower IDs come later.
            Some(after) if destination < after.destination => Some(after.event),
            Some(after) => Some(after.event.before()?),
        };
        let newest = [self.newest, after].into_iter().flatten().min().unwrap_or_else(EventId::last);
        let oldest = self.oldest.unwrap_or_else(EventId::first);
        (oldest <= newest).then(|| (DeliveryId::new(destination, oldest), DeliveryId::new(destination, newest)))
    }
}

impl Deliveries {
    /// Returns a page of these destinations' deliveries, newest event first, and the last one before the next page. A
    /// page may have fewer than `limit` deliveries, or none, although more follow. The caller must have checked that
    /// the destinations belong to the operator.
    ///
    /// # Errors
    /// When a call fails.
    pub async fn of_account(
        &self,
        destinations: &[DestinationId],
        wanted: &Wanted,
        limit: usize,
    ) -> Result<(Vec<Delivery>, Option<DeliveryId>)> {
        match wanted.in_index() {
            None => Ok(merge(self.parts(destinations, wanted, limit, |id| self.of(id)).await?, limit)),
            // The index holds this state, and enough to find the page. The full rows are read afterwards.
            Some(state) => {
                let parts = self.parts(destinations, wanted, limit, |id| self.in_state_of(id, state)).await?;
                let (page, next) = merge::<Summary>(parts, limit);
                let mut rows = self.get_many(page.iter().map(|row| row.id)).await?;
                rows.retain(|row| row.state == state);
                rows.sort_unstable_by_key(|row| std::cmp::Reverse(place(row.id)));
                Ok((rows, next))
            }
        }
    }

    /// Reads enough of each destination for a page of `limit`, and reads on where the fewest rows are known.
    async fn parts<T: Placed + DeserializeOwned>(
        &self,
        destinations: &[DestinationId],
        wanted: &Wanted,
        limit: usize,
        query: impl Fn(DestinationId) -> QueryFluentBuilder,
    ) -> Result<Vec<Part<T>>> {
        // Twice the destination's share of the page, because destinations are not equally busy. One more than the page,
        // to know whether there is another page.
        let window = (2 * limit / destinations.len().max(1)).clamp(WINDOWS.0, limit.max(WINDOWS.0) + 1);
        let readers = destinations.iter().copied().filter_map(|id| {
            let query = query(id).expression_attribute_values(":first", s(wanted.range(id)?.0));
            let query = query.expression_attribute_values(":last", s(wanted.range(id)?.1));
            let part = Part { rows: vec![], reached: None };
            Some(Reader { query: filtered(query, wanted), window, start: None, part }.on())
        });
        let mut readers: Vec<Reader<T>> = stream::iter(readers).buffer_unordered(AT_ONCE).try_collect().await?;
        let mut looked_at = 0;
        while let Some(least_known) = readers.iter().filter_map(|reader| reader.part.reached).max() {
            let known =
                |reader: &Reader<T>| reader.part.rows.iter().filter(|row| row.id().event >= least_known).count();
            if readers.iter().map(known).sum::<usize>() > limit || looked_at >= MAX_LOOKED_AT {
                break;
            }
            // The destination that ends the page.
            let Some(place) = readers.iter().position(|reader| reader.part.reached == Some(least_known)) else { break };
            let reader = readers.swap_remove(place);
            looked_at += reader.window;
            readers.push(reader.on().await?);
        }
        Ok(readers.into_iter().map(|reader| reader.part).collect())
    }
}

/// A destination, read as far as necessary.
struct Reader<T> {
    query: QueryFluentBuilder,
    /// The number of rows that the next query reads.
    window: usize,
    start: Option<Item>,
    part: Part<T>,
}

impl<T: DeserializeOwned> Reader<T> {
    /// Reads on and doubles the window.
    async fn on(mut self) -> Result<Self> {
        let window = i32::try_from(self.window).unwrap_or(i32::MAX);
        let query = self.query.clone().limit(window).set_exclusive_start_key(self.start);
        let answer = query.send().await.map_err(aws("Query"))?;
        self.part.rows.extend(from_items::<T>(answer.items)?);
        self.start = answer.last_evaluated_key;
        self.part.reached = self.start.as_ref().map(|last| id_of(last).map(|id| id.event)).transpose()?;
        self.window = (2 * self.window).min(WINDOWS.1);
        Ok(self)
    }
}

fn filtered(query: QueryFluentBuilder, wanted: &Wanted) -> QueryFluentBuilder {
    let mut query = query;
    let mut conditions = vec![];
    // In the index, the state is part of the partition key.
    if let Some(state) = wanted.state.filter(|_| wanted.in_index().is_none()) {
        conditions.push("#state = :state");
        query = query.expression_attribute_names("#state", "state");
        query = query.expression_attribute_values(":state", s(state.as_str()));
    }
    if let Some(event_type) = &wanted.event_type {
        conditions.push("event_type = :type");
        query = query.expression_attribute_values(":type", s(event_type.as_str()));
    }
    match wanted.tests {
        Some(true) => conditions.push("attribute_exists(probe)"),
        // The index holds no tests.
        Some(false) if wanted.in_index().is_none() => conditions.push("attribute_not_exists(probe)"),
        Some(false) | None => {}
    }
    if conditions.is_empty() { query } else { query.filter_expression(conditions.join(" AND ")) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
    struct Row(DeliveryId);

    impl Placed for Row {
        fn id(&self) -> DeliveryId {
            self.0
        }
    }

    fn destination_id(number: u64) -> DestinationId {
        format!("ndst_{number:026}").parse().expect("an id")
    }

    fn id(destination: u64, event: u64) -> DeliveryId {
        DeliveryId::new(destination_id(destination), format!("evt_{event:026}").parse().expect("an id"))
    }

    /// Simulates a destination that reads at most `window` of its rows.
    fn read(rows: &[(u64, u64)], wanted: &Wanted, destination: u64, window: usize) -> Part<Row> {
        let Some((first, last)) = wanted.range(destination_id(destination)) else {
            return Part { rows: vec![], reached: None };
        };
        let mut of: Vec<_> = rows.iter().filter(|row| row.0 == destination).map(|row| id(row.0, row.1)).collect();
        of.retain(|id| (first..=last).contains(id));
        of.sort_unstable_by(|a, b| b.cmp(a));
        let reached = of.get(window).and_then(|_| of.get(window - 1)).map(|id| id.event);
        of.truncate(window);
        Part { rows: of.into_iter().map(Row).collect(), reached }
    }

    proptest! {
        /// Whatever rows each destination has and however far each read goes, the pages together contain every row
        /// once, in order.
        #[test]
        fn pages_are_the_whole_list(
            rows in prop::collection::btree_set((0u64..4, 1u64..40), 0..80),
            limit in 1usize..9,
            windows in prop::collection::vec(1usize..12, 4),
        ) {
            let rows: Vec<_> = rows.into_iter().collect();
            let mut expected: Vec<_> = rows.iter().map(|row| id(row.0, row.1)).collect();
            expected.sort_unstable_by_key(|id| std::cmp::Reverse(place(*id)));
            let (mut wanted, mut seen) = (Wanted::default(), vec![]);
            // A page may be empty although the list continues.
            for _ in 0..=10 * rows.len() {
                let parts = (0..4).map(|d| read(&rows, &wanted, d, windows[d as usize])).collect();
                let (page, next) = merge(parts, limit);
                prop_assert!(page.len() <= limit);
                seen.extend(page.into_iter().map(|row| row.0));
                wanted.after = next;
                if next.is_none() { break; }
            }
            prop_assert_eq!(wanted.after, None);
            prop_assert_eq!(seen, expected);
        }
    }
}
