//! Reads pages of the index.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::{
    operation::query::builders::QueryFluentBuilder,
    types::{ConsumedCapacity, ReturnConsumedCapacity},
};
use domain::{EventId, OperatorId};
use serde::Deserialize;

use super::{Alike, Listed, RowId, SPAN};
use crate::{
    Events, Result,
    error::aws,
    event_log::{Filter, MAX_PAGE_BYTES, MAX_QUERIES, Page, Window},
    events::PARTITION,
    item::{Item, from_item, from_items, s},
};

impl Listed {
    /// The events that match the conditions of the filter besides its type.
    fn matching(&self, filter: &Filter) -> impl Iterator<Item = EventId> {
        let fits = |alike: &&Alike| {
            filter.project_id.as_ref().is_none_or(|project| alike.project_id.as_ref() == Some(project))
                && filter.resource_type.as_ref().is_none_or(|kind| alike.resource_type.as_ref() == Some(kind))
        };
        self.events.iter().filter(fits).flat_map(|alike| alike.ids.iter().copied())
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
        while !rest.is_empty()
            && page.events.len() < limit
            && page.bytes() < MAX_PAGE_BYTES
            && !filter.has_cost_enough(&page)
        {
            let (chunk, further) = rest.split_at(rest.len().min(limit - page.events.len()));
            let last = source.add_in_full(chunk, &mut page).await?;
            page.events.retain(|event| filter.takes(event));
            if last.is_some() {
                page.next = last;
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
        let full = page.events.len() >= limit
            || filter.has_cost_enough(&page)
            || page.bytes() >= MAX_PAGE_BYTES
            || round + 1 >= MAX_QUERIES;
        if may_end && full {
            break;
        }
    }
    Ok(page)
}

impl Events {
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
    use std::collections::BTreeMap;

    use domain::{
        Event,
        shard::{Shard, Shards},
        testing::project_id,
        time::from_millis,
    };
    use futures::FutureExt;
    use proptest::{prelude::*, sample::Index};

    use super::*;
    use crate::{
        event_log::merged,
        type_index::{
            TypeRow, rows,
            tests::{about, event},
        },
    };

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

    /// The resource type, the project and the shard of an event, and whether it exists.
    fn made() -> impl Strategy<Value = (usize, usize, usize, bool)> {
        (0usize..3, 0usize..3, 0usize..3, prop::bool::weighted(0.9))
    }

    /// Events that a worker has in a batch.
    fn group() -> impl Strategy<Value = Vec<Index>> {
        prop::collection::vec(any::<Index>(), 0..12)
    }

    proptest! {
        /// However workers have grouped the events, in rows that overlap, repeat events or list missing ones, and
        /// whatever is written meanwhile, the pages together contain every event once, newest first.
        #[test]
        fn pages_are_the_whole_list(
            events in prop::collection::btree_map(1i64..20_000, made(), 0..40),
            groups in prop::collection::vec(group(), 0..20),
            later in prop::collection::vec(group(), 80),
            (kind, project) in (0usize..3, 0usize..3),
            (oldest, newest) in (0i64..5_000, 10_000i64..25_000),
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
            let grouped = |group: &Vec<Index>| {
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
