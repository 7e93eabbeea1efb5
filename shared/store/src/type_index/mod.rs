//! The index of events by type: rows of the table `Events` that list the ids of many events.
//!
//! An entry for each event in a secondary index would cost a write unit for each event. One row lists all events of a
//! batch that have the same partition and type, so that ten events cost one unit. The rows have partitions of their
//! own, and are written before their events or in the same call. A row may therefore list an event that does not exist,
//! and several rows may list the same event.
//!
//! A row is sorted by its newest event, and its oldest is at most `SPAN` older. To find all events up to a given one,
//! a reader begins with the rows that are up to `SPAN` newer.

mod pages;

use std::{collections::BTreeMap, fmt, time::Duration};

use domain::{Event, EventId, ProjectId};
use serde::{Deserialize, Serialize, Serializer};
use sha2::{Digest, Sha256};

use crate::{
    Events, Result,
    events::{PARTITION, in_partition},
    item::{Item, retention_ttl, s, to_item},
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

impl fmt::Display for RowId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
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

/// Groups events into rows: one for each partition and type, and more where events are further apart than `SPAN`.
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

impl Events {
    /// Builds the statement that inserts a row of the index by type, unless it exists. Execute it before the insert of
    /// its events or in the same call, and repeat both until both are done.
    ///
    /// # Errors
    /// When the row cannot be written as an item.
    pub fn insert_types(&self, row: &TypeRow) -> Result<Statement> {
        Ok(Statement::insert(self.table(), row.item()?))
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::types::AttributeValue;
    use domain::{
        OperatorId,
        event::{PostedEvent, Resource},
        shard::{Shard, Shards},
        testing::project_id,
        time::from_millis,
    };

    use super::*;
    use crate::item::from_item;

    /// An event at a time in milliseconds. The time also determines the rest of its ID.
    pub(super) fn event(operator: OperatorId, at: i64, shard: Shard) -> Event {
        let posted: PostedEvent = serde_json::from_str(r#"{"type": "custom.a", "data": {}}"#).expect("an event");
        let id = EventId::derived(from_millis(at), &[&at.to_string()]).in_shard(shard);
        posted.accept(operator, id).expect("valid")
    }

    pub(super) fn about(kind: Option<&str>, project: Option<&str>, event: Event) -> Event {
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
}
