//! The index of events by type: rows of the table `Events` that list the ids of many events.
//!
//! An entry for each event in a secondary index would cost a write unit for each event. One row lists all events of a
//! batch that have the same partition and type, so that ten events cost one unit. The rows have partitions of their
//! own, and are written before their events or in the same call. A row may therefore list an event that does not exist,
//! and several rows may list the same event.
//!
//! A row is sorted by its newest event, and its oldest is at most [`SPAN`] older. To find all events up to a given one,
//! a reader begins with the rows that are up to [`SPAN`] newer.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use aws_sdk_dynamodb::{
    operation::query::builders::QueryFluentBuilder,
    types::{ConsumedCapacity, ReturnConsumedCapacity},
};
use domain::{Event, EventId, OperatorId, ProjectId};
use serde::{Deserialize, Serialize, Serializer};
use sha2::{Digest, Sha256};

use crate::{
    Events, Result,
    error::aws,
    event_log::{Filter, MAX_PAGE_BYTES, MAX_QUERIES, Page, Window},
    events::{PARTITION, in_partition},
    item::{Item, from_item, from_items, retention_ttl, s, to_item},
    partiql::Statement,
};

/// The maximum time between the oldest and the newest event of a row. Events of a batch are usually closer together. A
/// longer span would make pages cost more: a page that begins at a cursor also reads the rows of this time after it.
const SPAN: Duration = Duration::from_secs(5);
/// The maximum number of events in a row. Batches of the queue are smaller.
const MAX_EVENTS: usize = 100;
/// The bytes of the hash in a row's key. Only rows with the same newest event need different hashes.
const HASH_BYTES: usize = 8;

/// A row of the index: events of one type in one partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeRow {
    partition: String,
    listed: Listed,
}

/// The sort key of a row, and the events that it lists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Listed {
    id: RowId,
    events: Vec<Alike>,
}

/// Events that no filter can tell apart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Alike {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    project_id: Option<ProjectId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    resource_type: Option<String>,
    #[serde(with = "domain::id::packed")]
    ids: Vec<EventId>,
}

/// The sort key of a row: `<newest event>#<hash of all ids>`. The same events always have the same row, so that writing
/// it twice has no effect, and other events have another row.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
struct RowId {
    newest: EventId,
    hash: String,
}

impl RowId {
    fn of(newest: EventId, older: impl Iterator<Item = EventId>) -> Self {
        let mut hash = Sha256::new();
        older.for_each(|id| hash.update(id.ulid().to_bytes()));
        Self { newest, hash: data_encoding::HEXLOWER.encode(&hash.finalize()[..HASH_BYTES]) }
    }
}

impl std::fmt::Display for RowId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}#{}", self.newest, self.hash)
    }
}

impl Serialize for RowId {
    fn serialize<S: Serializer>(&self, to: S) -> std::result::Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl TryFrom<String> for RowId {
    type Error = String;

    fn try_from(text: String) -> std::result::Result<Self, String> {
        let parts = text.split_once('#').and_then(|(newest, hash)| Some((newest.parse().ok()?, hash.to_owned())));
        parts.map(|(newest, hash)| Self { newest, hash }).ok_or_else(|| format!("{text:?} is not the key of a row"))
    }
}

/// Groups events into rows: one for each partition and type, and more where events are further apart than [`SPAN`].
pub fn rows<'a>(events: impl IntoIterator<Item = &'a Event>) -> Vec<TypeRow> {
    let mut partitions: BTreeMap<String, BTreeMap<EventId, &Event>> = BTreeMap::new();
    for event in events {
        let partition = event.id.shard().partition(event.operator_id);
        let partition = in_partition(&partition, event.event_type.as_str());
        partitions.entry(partition).or_default().insert(event.id, event);
    }
    let mut rows = vec![];
    for (partition, events) in partitions {
        let newest_first: Vec<_> = events.into_values().rev().collect();
        let mut rest = &newest_first[..];
        while let Some(newest) = rest.first().map(|event| event.id) {
            let near = rest.iter().take(MAX_EVENTS).take_while(|event| event.id.later(SPAN) >= newest);
            let (group, further) = rest.split_at(near.count());
            rows.push(TypeRow { partition: partition.clone(), listed: Listed::of(newest, group) });
            rest = further;
        }
    }
    rows
}

impl Listed {
    fn of(newest: EventId, newest_first: &[&Event]) -> Self {
        let mut events: Vec<Alike> = vec![];
        for event in newest_first {
            let (project_id, kind) = (&event.project_id, event.resource.as_ref().map(|resource| &resource.kind));
            let alike = |of: &&mut Alike| of.project_id == *project_id && of.resource_type.as_ref() == kind;
            match events.iter_mut().find(alike) {
                Some(alike) => alike.ids.push(event.id),
                None => events.push(Alike {
                    project_id: project_id.clone(),
                    resource_type: kind.cloned(),
                    ids: vec![event.id],
                }),
            }
        }
        Self { id: RowId::of(newest, newest_first.iter().map(|event| event.id)), events }
    }

    /// The events that match the conditions of the filter besides its type.
    fn matching(&self, filter: &Filter) -> impl Iterator<Item = EventId> {
        let fits = |alike: &&Alike| {
            filter.project_id.as_ref().is_none_or(|project| alike.project_id.as_ref() == Some(project))
                && filter.resource_type.as_ref().is_none_or(|kind| alike.resource_type.as_ref() == Some(kind))
        };
        self.events.iter().filter(fits).flat_map(|alike| alike.ids.iter().copied())
    }
}

impl TypeRow {
    /// The events that the row lists.
    pub fn ids(&self) -> impl Iterator<Item = EventId> {
        self.listed.events.iter().flat_map(|alike| alike.ids.iter().copied())
    }

    fn item(&self) -> Result<Item> {
        let mut item = to_item(&self.listed)?;
        item.insert(PARTITION.into(), s(&self.partition));
        item.insert("ttl".into(), retention_ttl());
        Ok(item)
    }
}

/// The lowest and the highest sort key of the rows that may list events from `oldest` to `newest`.
fn keys((oldest, newest): (EventId, EventId)) -> (String, String) {
    // `~` sorts after each hash.
    (oldest.to_string(), format!("{}#~", newest.later(SPAN)))
}

/// Reads rows of one partition, newest first, and their events.
trait Source {
    /// Returns up to `limit` further rows and, if there are more, the newest event of the last one.
    async fn rows(&mut self, limit: usize, page: &mut Page) -> Result<(Vec<Listed>, Option<EventId>)>;

    /// Adds events to the page, as [`Events::add_in_full`].
    async fn add_in_full(&self, ids: &[EventId], page: &mut Page) -> Result<Option<EventId>>;
}

/// Rows in DynamoDB.
struct Partition<'a> {
    events: &'a Events,
    operator: OperatorId,
    query: QueryFluentBuilder,
    /// The key of the last row that was read.
    after: Option<Item>,
}

#[derive(Deserialize)]
struct Key {
    id: RowId,
}

impl Source for Partition<'_> {
    async fn rows(&mut self, limit: usize, page: &mut Page) -> Result<(Vec<Listed>, Option<EventId>)> {
        let limit = i32::try_from(limit).unwrap_or(i32::MAX);
        let query = self.query.clone().limit(limit).set_exclusive_start_key(self.after.take());
        let answer = query.send().await.map_err(aws("Query"))?;
        page.read_units += answer.consumed_capacity.as_ref().and_then(ConsumedCapacity::capacity_units).unwrap_or(0.0);
        page.scanned += u64::try_from(answer.scanned_count).unwrap_or(0);
        self.after = answer.last_evaluated_key;
        let reached = self.after.clone().map(from_item::<Key>).transpose()?;
        Ok((from_items(answer.items)?, reached.map(|key| key.id.newest)))
    }

    async fn add_in_full(&self, ids: &[EventId], page: &mut Page) -> Result<Option<EventId>> {
        self.events.add_in_full(self.operator, ids, page).await
    }
}

/// The events of a partition that have been found and are not in the page yet.
struct Found<'a> {
    filter: &'a Filter,
    /// The oldest and the newest event that may still be added to the page.
    range: (EventId, EventId),
    ids: BTreeSet<EventId>,
}

impl Found<'_> {
    fn add(&mut self, rows: &[Listed]) {
        let (oldest, newest) = self.range;
        let ids = rows.iter().flat_map(|row| row.matching(self.filter));
        self.ids.extend(ids.filter(|id| (oldest..=newest).contains(id)));
    }

    /// Removes the events from `reached` on, newest first. Further rows list older events, or these again.
    fn take(&mut self, reached: EventId) -> Vec<EventId> {
        let taken = self.ids.split_off(&reached);
        self.range.1 = self.range.1.min(reached.before().unwrap_or(reached));
        taken.into_iter().rev().collect()
    }
}

/// Reads a page of events of one partition.
async fn read(source: &mut impl Source, filter: &Filter, Window { range, limit }: Window) -> Result<Page> {
    let (mut page, mut found) = (Page::default(), Found { filter, range, ids: BTreeSet::new() });
    if range.1 < range.0 {
        return Ok(page);
    }
    for round in 0u32.. {
        // One row more than there is room for events shows whether there is more. Rows may list events that are newer
        // than the page or do not match, so double it each time up to the 1 MB of a call.
        let look_at = (limit - page.events.len() + 1) << round.min(8);
        let (rows, reached) = source.rows(look_at, &mut page).await?;
        found.add(&rows);
        // Rows are in the order of their newest events, so further rows list nothing newer than this row's.
        let ids = found.take(reached.unwrap_or(EventId::first()));
        let mut rest = &ids[..];
        while !rest.is_empty() && page.events.len() < limit && page.bytes() < MAX_PAGE_BYTES {
            let (chunk, further) = rest.split_at(rest.len().min(limit - page.events.len()));
            if let Some(last) = source.add_in_full(chunk, &mut page).await? {
                page.next = Some(last);
                return Ok(page);
            }
            page.next = chunk.last().copied();
            rest = further;
        }
        if !rest.is_empty() {
            return Ok(page);
        }
        page.next = reached;
        let Some(reached) = reached else { break };
        // A page cannot end at rows that are newer than its events: the next one would begin at the same place.
        let may_end = reached <= range.1;
        let full = page.events.len() >= limit || page.bytes() >= MAX_PAGE_BYTES || round + 1 >= MAX_QUERIES;
        if may_end && full {
            break;
        }
    }
    Ok(page)
}

impl Events {
    /// Builds the statement that inserts a row of the index by type, unless it exists. Execute it before the insert of
    /// its events or in the same call, and repeat both until both are done.
    ///
    /// # Errors
    /// When the row cannot be written as an item.
    pub fn insert_types(&self, row: &TypeRow) -> Result<Statement> {
        Ok(Statement::insert(self.table(), row.item()?))
    }

    /// Reads events of one type in a partition of the table.
    pub(crate) async fn read_of_type(
        &self,
        operator: OperatorId,
        name: String,
        filter: &Filter,
        window: Window,
    ) -> Result<Page> {
        let (lowest, highest) = keys(window.range);
        let query = self
            .client()
            .query()
            .table_name(self.table())
            .key_condition_expression("#partition = :partition AND id BETWEEN :lowest AND :highest")
            .expression_attribute_names("#partition", PARTITION)
            .expression_attribute_values(":partition", s(&name))
            .expression_attribute_values(":lowest", s(lowest))
            .expression_attribute_values(":highest", s(highest))
            .scan_index_forward(false)
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        read(&mut Partition { events: self, operator, query, after: None }, filter, window).await
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::types::AttributeValue;
    use domain::{
        event::{PostedEvent, Resource},
        shard::{Shard, Shards},
        testing::project_id,
        time::from_millis,
    };
    use futures::FutureExt;
    use proptest::prelude::*;

    use super::*;
    use crate::event_log::merged;

    /// An event at a time in milliseconds.
    fn event(operator: OperatorId, at: i64, shard: Shard) -> Event {
        let posted: PostedEvent = serde_json::from_str(r#"{"type": "custom.a", "data": {}}"#).expect("an event");
        let id = EventId::derived(from_millis(at), &[&at.to_string()]).in_shard(shard);
        posted.accept(operator, id).expect("valid")
    }

    fn about(kind: Option<&str>, project: Option<&str>, event: Event) -> Event {
        let resource = kind.map(|kind| Resource { kind: kind.to_owned(), id: "7".to_owned() });
        Event { resource, project_id: project.map(project_id), ..event }
    }

    fn ids(row: &TypeRow) -> Vec<i64> {
        row.ids().map(|id| id.made_at().as_millisecond()).collect()
    }

    /// The bytes of an attribute's value, or of an item. A little less than DynamoDB counts for maps and lists.
    fn size(value: &AttributeValue) -> usize {
        match value {
            AttributeValue::B(bytes) => bytes.as_ref().len(),
            AttributeValue::L(list) => list.iter().map(size).sum(),
            AttributeValue::M(map) => map.iter().map(|(name, value)| name.len() + size(value)).sum(),
            AttributeValue::N(text) | AttributeValue::S(text) => text.len(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn ten_events_of_a_batch_fit_into_one_write_unit() {
        let operator = OperatorId::generate();
        let ten = |project: fn(i64) -> String| {
            let of = |at| about(Some("message"), Some(&project(at)), event(operator, at, Shard::FIRST));
            let events: Vec<_> = (0..10).map(of).collect();
            let rows = rows(&events);
            assert_eq!(rows.len(), 1);
            let item = rows[0].item().expect("an item");
            assert_eq!(from_item::<Listed>(item.clone()).expect("a row"), rows[0].listed);
            size(&AttributeValue::M(item))
        };
        let of_one = ten(|_| "0190c2f5-7e21-7c0d-8d3f-3f2a1b0c9d8e".to_owned());
        assert!(of_one < 400, "{of_one} bytes for one project");
        let of_each = ten(|at| format!("0190c2f5-7e21-7c0d-8d3f-3f2a1b0c{at:04}"));
        assert!(of_each < 1000, "{of_each} bytes for ten projects");
    }

    #[test]
    fn the_same_events_have_the_same_row_and_others_have_another() {
        let operator = OperatorId::generate();
        let [a, b, c] = [1000, 2000, 3000].map(|at| event(operator, at, Shard::FIRST));
        let id = |events: &[&Event]| rows(events.iter().copied()).remove(0).listed.id.to_string();
        assert_eq!(id(&[&a, &b, &c]), id(&[&c, &a, &b, &a]));
        assert!(id(&[&c]).starts_with(&format!("{}#", c.id)) && id(&[&a, &c]).starts_with(&format!("{}#", c.id)));
        assert_ne!(id(&[&a, &c]), id(&[&b, &c]));
    }

    #[test]
    fn partitions_types_and_times_further_apart_than_the_span_have_their_own_rows() {
        let operator = OperatorId::generate();
        let [first, second] = [0, 1].map(|n| Shards::new(2).expect("in range").all().nth(n).expect("a shard"));
        let other = Event { event_type: "custom.b".try_into().expect("a type"), ..event(operator, 5, first) };
        let span = i64::try_from(SPAN.as_millis()).expect("a number");
        let at = |at| event(operator, at, first);
        let events = [at(0), at(1), at(span + 1), at(span + 2), at(9 * span), event(operator, 2, second), other];
        let rows = rows(&events);
        let found: Vec<_> =
            rows.iter().map(|row| (row.partition.replace(&operator.to_string(), "op"), ids(row))).collect();
        let row = |partition: &str, ids: &[i64]| (partition.to_owned(), ids.to_vec());
        let late = row("op#custom.a", &[9 * span]);
        let middle = row("op#custom.a", &[span + 2, span + 1]);
        let expected =
            [late, middle, row("op#custom.a", &[1, 0]), row("op#custom.b", &[5]), row("op/1#custom.a", &[2])];
        assert_eq!(found, expected);
    }

    #[test]
    fn a_broken_row_is_an_error_and_not_a_shorter_list() {
        let item = rows(&[event(OperatorId::generate(), 1, Shard::FIRST)]).remove(0).item().expect("an item");
        from_item::<Listed>(item.clone()).expect("a row");
        for id in ["", "evt_1", "evt_1#a"] {
            let mut item = item.clone();
            item.insert("id".into(), s(id));
            from_item::<Listed>(item).expect_err(id);
        }
    }

    /// Rows and events in memory.
    struct Memory<'a> {
        /// Newest first.
        rows: Vec<Listed>,
        events: &'a BTreeMap<EventId, Event>,
    }

    impl<'a> Memory<'a> {
        fn new(
            rows: &[TypeRow],
            events: &'a BTreeMap<EventId, Event>,
            shard: Shard,
            range: (EventId, EventId),
        ) -> Self {
            let of_shard = rows.iter().filter(|row| row.listed.id.newest.shard() == shard);
            // A row that exists is not written again.
            let by_key: BTreeMap<_, _> = of_shard.map(|row| (row.listed.id.to_string(), row.listed.clone())).collect();
            let (lowest, highest) = keys(range);
            Self { rows: by_key.range(lowest..=highest).rev().map(|(_, row)| row.clone()).collect(), events }
        }
    }

    impl Source for Memory<'_> {
        async fn rows(&mut self, limit: usize, _: &mut Page) -> Result<(Vec<Listed>, Option<EventId>)> {
            let rest = self.rows.split_off(limit.min(self.rows.len()));
            let rows = std::mem::replace(&mut self.rows, rest);
            let reached = rows.last().map(|row| row.id.newest).filter(|_| rows.len() == limit);
            Ok((rows, reached))
        }

        async fn add_in_full(&self, ids: &[EventId], page: &mut Page) -> Result<Option<EventId>> {
            page.events.extend(ids.iter().filter_map(|id| self.events.get(id).cloned()));
            Ok(None)
        }
    }

    const KINDS: [Option<&str>; 3] = [None, Some("message"), Some("user")];
    const PROJECTS: [Option<&str>; 3] = [None, Some("p"), Some("q")];

    proptest! {
        /// However workers have grouped the events, in rows that overlap, repeat events or list missing ones, and
        /// whatever is written meanwhile, the pages together contain every event once, newest first.
        #[test]
        fn pages_are_the_whole_list(
            events in prop::collection::btree_map(1i64..40_000, (0usize..3, 0usize..3, 0usize..3, prop::bool::weighted(0.9)), 0..40),
            groups in prop::collection::vec(prop::collection::vec(any::<prop::sample::Index>(), 0..12), 0..20),
            later in prop::collection::vec(prop::collection::vec(any::<prop::sample::Index>(), 0..12), 80),
            (kind, project) in (0usize..3, 0usize..3),
            (oldest, newest) in (0i64..10_000, 20_000i64..50_000),
            limit in 1usize..9,
        ) {
            let (operator, shards) = (OperatorId::generate(), Shards::new(3).expect("in range"));
            let made = |(at, (kind, project, shard, exists)): (&i64, &(usize, usize, usize, bool))| {
                let shard = shards.all().nth(*shard).expect("a shard");
                (about(KINDS[*kind], PROJECTS[*project], event(operator, *at, shard)), *exists)
            };
            let all: Vec<_> = events.iter().map(made).collect();
            let existing: BTreeMap<_, _> =
                all.iter().filter(|(_, exists)| *exists).map(|(event, _)| (event.id, event.clone())).collect();
            let grouped = |group: &Vec<prop::sample::Index>| {
                let group = group.iter().filter(|_| !all.is_empty()).map(|index| &index.get(&all).0);
                rows(group.collect::<Vec<_>>())
            };
            let mut written: Vec<_> = groups.iter().flat_map(grouped).collect();
            let listed: BTreeSet<_> = written.iter().flat_map(TypeRow::ids).collect();
            written.extend(rows(all.iter().map(|(event, _)| event).filter(|event| !listed.contains(&event.id))));

            let filter = Filter {
                event_type: Some("custom.a".to_owned()),
                resource_type: KINDS[kind].map(str::to_owned),
                project_id: PROJECTS[project].map(project_id),
                ..Filter::default()
            };
            let (oldest, mut newest) = (EventId::first_at(from_millis(oldest)), EventId::first_at(from_millis(newest)));
            let expected: Vec<_> = existing.values().rev().filter(|event| {
                let of_kind = KINDS[kind].is_none_or(|kind| event.resource.as_ref().is_some_and(|of| of.kind == kind));
                let of_project = filter.project_id.is_none() || event.project_id == filter.project_id;
                of_kind && of_project && (oldest..=newest).contains(&event.id)
            }).map(|event| event.id).collect();

            let mut seen = vec![];
            for later in &later {
                let window = Window { range: (oldest, newest), limit };
                let parts: Vec<_> = shards.all().map(|shard| {
                    let mut source = Memory::new(&written, &existing, shard, window.range);
                    read(&mut source, &filter, window).now_or_never().expect("no waiting").expect("a page")
                }).collect();
                let page = merged(parts, limit);
                prop_assert!(page.events.len() <= limit);
                seen.extend(page.events.iter().map(|event| event.id));
                written.extend(grouped(later));
                let Some(before) = page.next.map(EventId::before) else { break };
                newest = before.expect("not the first");
            }
            prop_assert_eq!(seen, expected);
        }
    }
}
