//! Reads the event log, newest first, with any combination of filters, through the index that reads least.

use std::{cmp::Reverse, collections::HashMap};

use aws_sdk_dynamodb::types::{ConsumedCapacity, KeysAndAttributes, ReturnConsumedCapacity};
use domain::{
    Event, EventId, OperatorId, ProjectId,
    shard::{EventsOf, Shard},
};
use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use serde::Deserialize;

use crate::{
    Events, Result, StoreError,
    account_deliveries::AT_ONCE,
    batch_get::batch_get_counted,
    error::aws,
    events::{MAIL_KEY, PARTITION, RESOURCE_KEY, events, in_partition, row_key},
    item::{Item, from_item, from_items, s},
};

/// Selects events. An empty field matches every event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only events of the Mail API.
    pub mail_only: bool,
    /// Only events of this type.
    pub event_type: Option<String>,
    /// Only events about a resource of this type.
    pub resource_type: Option<String>,
    /// Only events about the resource with this ID.
    pub resource_id: Option<String>,
    /// Only events with this severity, by its name in the STACK API. No index holds it, so events are read in full.
    pub severity: Option<&'static str>,
    /// Only events of this project.
    pub project_id: Option<ProjectId>,
    /// The oldest event to return.
    pub oldest: Option<EventId>,
    /// The newest event to return.
    pub newest: Option<EventId>,
}

/// A page of events.
#[derive(Debug, Default)]
pub struct Page {
    /// The events, newest first.
    pub events: Vec<Event>,
    /// The event after which the next page begins. `None` on the last page. A page may end early or be empty although
    /// more follow: when its events are large, or when the filter matched few of the events that were read.
    pub next: Option<EventId>,
    /// The number of rows or index entries that were read, including those that the filter rejected.
    pub scanned: u64,
    /// The read units that the page consumed.
    pub read_units: f64,
}

/// The maximum bytes of `data` in a page. A Lambda response is limited to 6 MB, and JSON inside JSON grows when it is
/// escaped.
pub(crate) const MAX_PAGE_BYTES: usize = 3 * 1024 * 1024;
/// The minimum number of events to ask each shard for.
const LEAST_OF_A_SHARD: usize = 4;
/// The maximum number of rounds over the shards to fill a page.
const MAX_ROUNDS: u32 = 6;
/// The maximum number of queries for one page. Each reads up to 1 MB.
pub(crate) const MAX_QUERIES: u32 = 20;
/// The read units after which a page ends whose filter applies to events that have been read in full.
const MAX_UNITS: f64 = 250.0;

/// An event's entry in an index.
#[derive(Deserialize)]
struct Hit {
    id: EventId,
}

/// Where to read. A filter covers the remaining conditions.
enum Plan {
    /// Events, or their entries in an index of DynamoDB.
    Events(Partition),
    /// The rows of [`crate::type_index`] in this partition.
    OfType(String),
}

/// A partition of the table or of an index.
struct Partition {
    index: Option<&'static str>,
    key: &'static str,
    name: String,
}

/// The part of a partition to read: the oldest and the newest event, and how many.
#[derive(Clone, Copy)]
pub(crate) struct Window {
    pub(crate) range: (EventId, EventId),
    pub(crate) limit: usize,
}

impl Filter {
    /// Whether an event meets the condition that no index and no filter of DynamoDB covers.
    pub(crate) fn takes(&self, event: &Event) -> bool {
        self.severity.is_none_or(|name| event.severity.stack_name() == name)
    }

    /// Whether a page of this filter has cost enough. The next page goes on.
    pub(crate) fn has_cost_enough(&self, page: &Page) -> bool {
        self.severity.is_some() && page.read_units >= MAX_UNITS
    }

    /// Chooses the index that reads least: few events share a resource, more share a type.
    fn plan(&self, operator: OperatorId, shard: Shard) -> Plan {
        let partition = shard.partition(operator);
        let of = |index, key, name| Plan::Events(Partition { index, key, name });
        match self {
            Self { resource_id: Some(id), .. } => of(Some("by_resource"), RESOURCE_KEY, in_partition(&partition, id)),
            Self { event_type: Some(name), .. } => Plan::OfType(in_partition(&partition, name)),
            Self { mail_only: true, .. } => of(Some("mail"), MAIL_KEY, partition),
            _ => of(None, PARTITION, partition),
        }
    }

    /// The filter expression for rows found by this partition key, with its names and values.
    fn expression(&self, key: &str) -> (Option<String>, Vec<(&'static str, &'static str)>, Item) {
        let (mut parts, mut names, mut values) = (vec![], vec![], HashMap::new());
        let mut want = |part: &str, name: Option<(&'static str, &'static str)>, value: (&str, &str)| {
            parts.push(part.to_owned());
            names.extend(name);
            values.insert(value.0.to_owned(), s(value.1));
        };
        if let Some(event_type) = self.event_type.as_deref() {
            want("#type = :type", Some(("#type", "type")), (":type", event_type));
        } else if self.mail_only && key == RESOURCE_KEY {
            want("begins_with(#type, :mail)", Some(("#type", "type")), (":mail", domain::catalogue::mail::PREFIX));
        }
        if let Some(project) = &self.project_id {
            want("project_id = :project", None, (":project", project.as_str()));
        }
        if let Some(kind) = &self.resource_type {
            want("#resource.#kind = :kind", Some(("#resource", "resource")), (":kind", kind));
            names.push(("#kind", "type"));
        }
        ((!parts.is_empty()).then(|| parts.join(" AND ")), names, values)
    }
}

impl Events {
    /// Returns a page of up to `limit` of the operator's events that match the filter.
    ///
    /// Passing `next` as the next call's [`Filter::newest`] (exclusive) until it is `None` returns every event once
    /// that was in the log when the first page was read.
    ///
    /// # Errors
    /// When a call fails.
    pub async fn page(&self, of: EventsOf, filter: &Filter, limit: usize) -> Result<Page> {
        let oldest = filter.oldest.unwrap_or_else(|| EventId::first_at(Timestamp::UNIX_EPOCH));
        let newest = filter.newest.unwrap_or_else(EventId::last);
        let shards = usize::from(of.shards.count().max(1));
        // Twice the shard's share of the page, because shards are not equally full.
        let share = if shards == 1 { limit } else { (2 * limit / shards).clamp(LEAST_OF_A_SHARD.min(limit), limit) };
        let window = Window { range: (oldest, newest), limit: share };
        let readers = of.shards.all().map(async |shard| {
            let page = self.read(of.operator, shard, filter, window).await?;
            Ok::<_, StoreError>((shard, page))
        });
        // Limited concurrency: each reader may hold a page of large events.
        let mut parts: Vec<_> = stream::iter(readers).buffer_unordered(AT_ONCE).try_collect().await?;
        for round in 1..=MAX_ROUNDS {
            // The shard that ends the page.
            let Some(reached) = parts.iter().filter_map(|(_, part)| part.next).max() else { break };
            let known = |part: &Page| part.events.iter().filter(|event| event.id >= reached).count();
            if parts.iter().map(|(_, part)| known(part)).sum::<usize>() >= limit || shards == 1 {
                break;
            }
            let Some((shard, part)) = parts.iter_mut().find(|(_, part)| part.next == Some(reached)) else { break };
            let Some(before) = reached.before() else { break };
            let window = Window { range: (oldest, before), limit: (share << round).min(limit) };
            part.and(self.read(of.operator, *shard, filter, window).await?);
        }
        Ok(merged(parts.into_iter().map(|(_, part)| part), limit).cut())
    }

    /// Reads events of one shard.
    async fn read(&self, operator: OperatorId, shard: Shard, filter: &Filter, window: Window) -> Result<Page> {
        let partition = match filter.plan(operator, shard) {
            Plan::Events(partition) => partition,
            Plan::OfType(name) => return self.read_of_type(operator, name, filter, window).await,
        };
        let mut page = Page::default();
        let Window { range: (oldest, mut newest), limit } = window;
        for round in 0..MAX_QUERIES {
            // DynamoDB rejects a range that ends before it begins.
            if newest < oldest {
                page.next = None;
                break;
            }
            let room = limit - page.events.len();
            let (items, stopped_at) =
                self.query(filter, &partition, (oldest, newest), (room, round), &mut page).await?;
            page.next = stopped_at;
            if partition.index.is_none() {
                page.events.extend(events(items)?.into_iter().filter(|event| filter.takes(event)));
            } else {
                let ids: Vec<_> = from_items::<Hit>(Some(items))?.into_iter().map(|hit| hit.id).collect();
                let last = self.add_in_full(operator, &ids, &mut page).await?;
                page.events.retain(|event| filter.takes(event));
                if last.is_some() {
                    page.next = last;
                    break;
                }
            }
            match stopped_at.and_then(EventId::before) {
                Some(before)
                    if page.events.len() < limit && page.bytes() < MAX_PAGE_BYTES && !filter.has_cost_enough(&page) =>
                {
                    newest = before;
                }
                _ => break,
            }
        }
        Ok(page)
    }

    /// Makes one of several calls. Returns up to `room` events and, if there are more, where it stopped.
    async fn query(
        &self,
        filter: &Filter,
        partition: &Partition,
        (oldest, newest): (EventId, EventId),
        (room, round): (usize, u32),
        page: &mut Page,
    ) -> Result<(Vec<Item>, Option<EventId>)> {
        let (expression, names, values) = filter.expression(partition.key);
        // One more than there is room for shows whether there is more. With a filter, DynamoDB's limit applies to the
        // rows read, not the rows matched, so double it each time up to the 1 MB of a call. Early matches stay cheap.
        // Events that are filtered after they are read in full cost most in large steps.
        let most = if filter.severity.is_some() { 2 } else { 8 };
        let looks_further = expression.is_some() || filter.severity.is_some();
        let look_at = if looks_further { (room + 1).max(50) << round.min(most) } else { room + 1 };
        let mut query = self
            .client()
            .query()
            .table_name(self.table())
            .set_index_name(partition.index.map(str::to_owned))
            .key_condition_expression("#partition = :partition AND id BETWEEN :oldest AND :newest")
            .expression_attribute_names("#partition", partition.key)
            .expression_attribute_values(":partition", s(&partition.name))
            .expression_attribute_values(":oldest", s(oldest))
            .expression_attribute_values(":newest", s(newest))
            .set_filter_expression(expression)
            .scan_index_forward(false)
            .limit(i32::try_from(look_at).unwrap_or(i32::MAX))
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        for (placeholder, name) in names {
            query = query.expression_attribute_names(placeholder, name);
        }
        for (placeholder, value) in values {
            query = query.expression_attribute_values(placeholder, value);
        }
        let answer = query.send().await.map_err(aws("Query"))?;
        page.read_units += answer.consumed_capacity.as_ref().and_then(ConsumedCapacity::capacity_units).unwrap_or(0.0);
        page.scanned += u64::try_from(answer.scanned_count).unwrap_or(0);
        let hit = |item: &Item| from_item::<Hit>(item.clone()).map(|hit| hit.id);
        let mut items = answer.items.unwrap_or_default();
        // A filter that applies later may leave room for more than these.
        let stopped_at = if items.len() > room && filter.severity.is_none() {
            items.truncate(room);
            items.last().map(hit)
        } else {
            answer.last_evaluated_key.as_ref().map(hit)
        };
        Ok((items, stopped_at.transpose()?))
    }

    /// Adds the full rows of events found in an index, in order, as many as fit the page. Skips events that do not
    /// exist or have been deleted since. If there are more, returns the last event that was read.
    pub(crate) async fn add_in_full(
        &self,
        operator: OperatorId,
        ids: &[EventId],
        page: &mut Page,
    ) -> Result<Option<EventId>> {
        let mut rest = ids;
        while !rest.is_empty() {
            if page.bytes() >= MAX_PAGE_BYTES {
                return Ok(ids[..ids.len() - rest.len()].last().copied());
            }
            // The index does not hold the size of rows, so read few at first, and while the rows are large.
            let few = page.events.is_empty() || page.bytes() > MAX_PAGE_BYTES / 5;
            let (chunk, after) = rest.split_at(rest.len().min(if few { 20 } else { 100 }));
            let keys = KeysAndAttributes::builder();
            let keys = keys.set_keys(Some(chunk.iter().map(|id| row_key(operator, *id)).collect()));
            let ask = HashMap::from([(self.table().to_owned(), keys.build().map_err(aws("BatchGetItem"))?)]);
            let (mut rows, units) = batch_get_counted(self.client(), ask).await?;
            page.read_units += units;
            let found = events(rows.remove(self.table()).unwrap_or_default())?;
            let mut events: HashMap<_, _> = found.into_iter().map(|event| (event.id, event)).collect();
            page.events.extend(chunk.iter().filter_map(|id| events.remove(id)));
            rest = after;
        }
        Ok(None)
    }
}

/// Merges the results of shards into one page. The page ends where the first shard stopped, because later events of
/// that shard are unknown.
pub(crate) fn merged(parts: impl IntoIterator<Item = Page>, limit: usize) -> Page {
    let mut parts = parts.into_iter();
    let mut page = parts.next().unwrap_or_default();
    for part in parts {
        page.next = page.next.max(part.next);
        page.events.extend(part.events);
        page.scanned += part.scanned;
        page.read_units += part.read_units;
    }
    page.events.sort_unstable_by_key(|event| Reverse(event.id));
    page.events.retain(|event| page.next.is_none_or(|reached| event.id >= reached));
    if page.events.len() > limit {
        page.events.truncate(limit);
        page.next = page.events.last().map(|event| event.id);
    }
    page
}

impl Page {
    /// Appends a page that was read later.
    fn and(&mut self, rest: Self) {
        self.events.extend(rest.events);
        self.next = rest.next;
        self.scanned += rest.scanned;
        self.read_units += rest.read_units;
    }

    pub(crate) fn bytes(&self) -> usize {
        self.events.iter().map(|event| event.data.len()).sum()
    }

    /// Ends the page before its events are too large for a response. The first event always fits.
    fn cut(mut self) -> Self {
        let mut bytes = 0;
        let fits = |event: &&Event| {
            bytes += event.data.len();
            bytes <= MAX_PAGE_BYTES
        };
        let keep = self.events.iter().take_while(fits).count().max(1);
        if keep < self.events.len() {
            self.events.truncate(keep);
            self.next = self.events.last().map(|event| event.id);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use domain::time::from_millis;
    use proptest::prelude::*;

    use super::*;

    fn plan(filter: &Filter) -> (Option<&'static str>, Option<String>) {
        match filter.plan(OperatorId::generate(), Shard::FIRST) {
            Plan::Events(partition) => (partition.index, filter.expression(partition.key).0),
            Plan::OfType(_) => (Some("by type"), None),
        }
    }

    #[test]
    fn a_page_of_large_events_ends_early_and_is_never_empty() {
        let event = |kilobytes: usize| {
            let json = format!(r#"{{"type": "custom.a", "data": {{"x": "{}"}}}}"#, "x".repeat(kilobytes * 1024));
            let posted: domain::event::PostedEvent = serde_json::from_str(&json).expect("an event");
            posted.accept(OperatorId::generate(), EventId::generate()).expect("valid")
        };
        let of = |events: Vec<Event>| Page { events, ..Page::default() }.cut();
        let page = of((0..20).map(|_| event(200)).collect());
        assert_eq!(page.events.len(), 15);
        assert_eq!(page.next, page.events.last().map(|event| event.id));
        let page = of(vec![event(1), event(2)]);
        assert_eq!((page.events.len(), page.next), (2, None));
        assert_eq!(of(vec![]).next, None);
    }

    fn event_at(ms: i64) -> Event {
        let id = EventId::first_at(from_millis(ms));
        let posted: domain::event::PostedEvent =
            serde_json::from_str(r#"{"type": "custom.a", "data": {}}"#).expect("JSON");
        posted.accept(OperatorId::generate(), id).expect("valid")
    }

    proptest! {
        /// Whatever the number of events per shard and per read, the pages together contain every event once, newest
        /// first.
        #[test]
        fn pages_of_shards_are_the_whole_list(
            events in prop::collection::btree_map(1i64..60, 0usize..5, 0..50),
            limit in 1usize..9,
            windows in prop::collection::vec(1usize..12, 5),
        ) {
            let expected: Vec<i64> = events.keys().rev().copied().collect();
            let (mut seen, mut newest) = (vec![], i64::MAX);
            for _ in 0..=10 * events.len() {
                let parts = windows.iter().enumerate().map(|(shard, window)| {
                    let of = events.iter().rev().filter(|(at, of)| **of == shard && **at <= newest);
                    let all: Vec<_> = of.map(|(at, _)| event_at(*at)).collect();
                    let next = all.get(*window).map(|_| all[*window - 1].id);
                    Page { events: all.into_iter().take(*window).collect(), next, ..Page::default() }
                });
                let page = merged(parts, limit);
                prop_assert!(page.events.len() <= limit && !(page.events.is_empty() && page.next.is_some()));
                seen.extend(page.events.iter().map(|event| event.id.made_at().as_millisecond()));
                let Some(next) = page.next else { break };
                newest = next.made_at().as_millisecond() - 1;
            }
            prop_assert_eq!(seen, expected);
        }
    }

    #[test]
    fn each_filter_is_answered_by_the_index_that_reads_least() {
        let some = |text: &str| Some(text.to_owned());
        let all = Filter::default();
        assert_eq!(plan(&all), (None, None));
        assert_eq!(plan(&Filter { mail_only: true, ..all.clone() }), (Some("mail"), None));
        let of_type = Filter { event_type: some("mail.otp.sent"), mail_only: true, ..all.clone() };
        assert_eq!(plan(&of_type), (Some("by type"), None));
        let about = Filter { resource_id: some("7"), ..all.clone() };
        assert_eq!(plan(&about), (Some("by_resource"), None));
        let project = Filter { project_id: ProjectId::parse("p").ok(), ..all };
        assert_eq!(plan(&project), (None, some("project_id = :project")));
        let both = Filter { resource_type: some("user"), event_type: some("user.created"), ..about };
        assert_eq!(plan(&both), (Some("by_resource"), some("#type = :type AND #resource.#kind = :kind")));
    }
}
