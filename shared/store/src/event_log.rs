//! Reading the log of events: any combination of filters, newest first, by whichever index reads least.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{ConsumedCapacity, KeysAndAttributes, ReturnConsumedCapacity};
use domain::{Event, EventId, OperatorId};
use jiff::Timestamp;
use serde::Deserialize;

use crate::{
    Events, Result,
    batch_get::batch_get_counted,
    error::aws,
    events::{MAIL_KEY, RESOURCE_KEY, TYPE_KEY, in_partition, row_key},
    item::{Item, from_item, from_items, s},
};

/// Which events are wanted; what is left out is any.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only events of the Mail API.
    pub mail_only: bool,
    /// Of this type.
    pub event_type: Option<String>,
    /// About a resource of this type.
    pub resource_type: Option<String>,
    /// About the resource of this id.
    pub resource_id: Option<String>,
    /// Of this project.
    pub project_id: Option<String>,
    /// Not before this id: the oldest that is wanted.
    pub oldest: Option<EventId>,
    /// Not after this id: the newest that is wanted.
    pub newest: Option<EventId>,
}

/// A page of events.
#[derive(Debug, Default)]
pub struct Page {
    /// The events, newest first.
    pub events: Vec<Event>,
    /// The event after which the next page begins; none at the end. A page may end early, and even be empty, with more
    /// to come: when its events are large, or when much was read of which the filter took little.
    pub next: Option<EventId>,
    /// How many rows or index entries were looked at for it, those included that the filter did not take.
    pub scanned: u64,
    /// The read units that it took.
    pub read_units: f64,
}

/// How many bytes of `data` a page holds: an answer of a function may have 6 MB, of which JSON within JSON takes more
/// than its length.
const MAX_PAGE_BYTES: usize = 3 * 1024 * 1024;
/// How often the table or an index is asked for one page: 1 MB each time at most.
const MAX_QUERIES: u32 = 20;

/// What an index says of an event.
#[derive(Deserialize)]
struct Hit {
    id: EventId,
}

/// Which index is read, and its partition; what it does not answer is filtered.
struct Plan {
    index: Option<&'static str>,
    key: &'static str,
    partition: String,
}

impl Filter {
    /// The index that reads least: few events are about one resource, more are of one type.
    fn plan(&self, operator: OperatorId) -> Plan {
        let of = |index, key, partition| Plan { index: Some(index), key, partition };
        match self {
            Self { resource_id: Some(id), .. } => of("by_resource", RESOURCE_KEY, in_partition(operator, id)),
            Self { event_type: Some(name), .. } => of("by_type", TYPE_KEY, in_partition(operator, name)),
            Self { mail_only: true, .. } => of("mail", MAIL_KEY, operator.to_string()),
            _ => Plan { index: None, key: "operator_id", partition: operator.to_string() },
        }
    }

    /// The filter expression, with the names and values that it uses.
    fn expression(&self, plan: &Plan) -> (Option<String>, Vec<(&'static str, &'static str)>, Item) {
        let (mut parts, mut names, mut values) = (vec![], vec![], HashMap::new());
        let mut want = |part: &str, name: Option<(&'static str, &'static str)>, value: (&str, &str)| {
            parts.push(part.to_owned());
            names.extend(name);
            values.insert(value.0.to_owned(), s(value.1));
        };
        if let Some(event_type) = self.event_type.as_deref().filter(|_| plan.key != TYPE_KEY) {
            want("#type = :type", Some(("#type", "type")), (":type", event_type));
        } else if self.mail_only && plan.key == RESOURCE_KEY {
            want("begins_with(#type, :mail)", Some(("#type", "type")), (":mail", domain::catalogue::mail::PREFIX));
        }
        if let Some(project) = &self.project_id {
            want("project_id = :project", None, (":project", project));
        }
        if let Some(kind) = &self.resource_type {
            want("#resource.#kind = :kind", Some(("#resource", "resource")), (":kind", kind));
            names.push(("#kind", "type"));
        }
        ((!parts.is_empty()).then(|| parts.join(" AND ")), names, values)
    }
}

impl Events {
    /// A page of up to `limit` of the operator's events that pass the filter.
    ///
    /// Following `next` to the end (as the next call's [`Filter::newest`], exclusive) gives every event once that was in
    /// the log when the first page was read.
    ///
    /// # Errors
    /// When a call fails.
    pub async fn page(&self, operator: OperatorId, filter: &Filter, limit: usize) -> Result<Page> {
        let plan = filter.plan(operator);
        let mut page = Page::default();
        let oldest = filter.oldest.unwrap_or_else(|| EventId::first_at(Timestamp::UNIX_EPOCH));
        let mut newest = filter.newest.unwrap_or_else(EventId::last);
        for round in 0..MAX_QUERIES {
            // DynamoDB refuses a range that ends before it begins.
            if newest < oldest {
                page.next = None;
                break;
            }
            let room = limit - page.events.len();
            let (items, stopped_at) = self.query(filter, &plan, (oldest, newest), (room, round), &mut page).await?;
            page.next = stopped_at;
            if plan.index.is_none() {
                page.events.extend(from_items::<Event>(Some(items))?);
            } else if let Some(last) = self.add_in_full(operator, &from_items(Some(items))?, &mut page).await? {
                page.next = Some(last);
                break;
            }
            match stopped_at.and_then(EventId::before) {
                Some(before) if page.events.len() < limit && page.bytes() < MAX_PAGE_BYTES => newest = before,
                _ => break,
            }
        }
        Ok(page.cut())
    }

    /// One call, of several: up to `room` of what it found, and where it stopped if there is more to come.
    async fn query(
        &self,
        filter: &Filter,
        plan: &Plan,
        (oldest, newest): (EventId, EventId),
        (room, round): (usize, u32),
        page: &mut Page,
    ) -> Result<(Vec<Item>, Option<EventId>)> {
        let (expression, names, values) = filter.expression(plan);
        // One more than there is room for tells whether there is more. With a filter this limits what is looked at, not what
        // is found: more and more, up to the 1 MB of a call, so that what is found soon costs little.
        let look_at = if expression.is_some() { (room + 1).max(50) << round.min(8) } else { room + 1 };
        let mut query = self
            .client()
            .query()
            .table_name(self.table())
            .set_index_name(plan.index.map(str::to_owned))
            .key_condition_expression("#partition = :partition AND id BETWEEN :oldest AND :newest")
            .expression_attribute_names("#partition", plan.key)
            .expression_attribute_values(":partition", s(&plan.partition))
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
        let stopped_at = if items.len() > room {
            items.truncate(room);
            items.last().map(hit)
        } else {
            answer.last_evaluated_key.as_ref().map(hit)
        };
        Ok((items, stopped_at.transpose()?))
    }

    /// Adds the rows that an index names, in its order, as many as fit the page; what has been deleted since is left out.
    /// The row that was read last, when there are more.
    async fn add_in_full(&self, operator: OperatorId, hits: &[Hit], page: &mut Page) -> Result<Option<EventId>> {
        let mut rest = hits;
        while !rest.is_empty() {
            if page.bytes() >= MAX_PAGE_BYTES {
                let read = &hits[..hits.len() - rest.len()];
                return Ok(read.last().map(|hit| hit.id));
            }
            // What an index says tells nothing of the rows' sizes: so few are read at first, and while they are large.
            let few = page.events.is_empty() || page.bytes() > MAX_PAGE_BYTES / 5;
            let (chunk, after) = rest.split_at(rest.len().min(if few { 20 } else { 100 }));
            let keys = KeysAndAttributes::builder();
            let keys = keys.set_keys(Some(chunk.iter().map(|hit| row_key(operator, hit.id)).collect()));
            let ask = HashMap::from([(self.table().to_owned(), keys.build().map_err(aws("BatchGetItem"))?)]);
            let (mut rows, units) = batch_get_counted(self.client(), ask).await?;
            page.read_units += units;
            let events: Vec<Event> = from_items(rows.remove(self.table()))?;
            let mut events: HashMap<_, _> = events.into_iter().map(|event| (event.id, event)).collect();
            page.events.extend(chunk.iter().filter_map(|hit| events.remove(&hit.id)));
            rest = after;
        }
        Ok(None)
    }
}

impl Page {
    fn bytes(&self) -> usize {
        self.events.iter().map(|event| event.data.len()).sum()
    }

    /// Ends the page before its events get too large for an answer; the first always fits.
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
    use super::*;

    fn plan(filter: &Filter) -> (Option<&'static str>, Option<String>) {
        let plan = filter.plan(OperatorId::generate());
        (plan.index, filter.expression(&plan).0)
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

    #[test]
    fn each_filter_is_answered_by_the_index_that_reads_least() {
        let some = |text: &str| Some(text.to_owned());
        let all = Filter::default();
        assert_eq!(plan(&all), (None, None));
        assert_eq!(plan(&Filter { mail_only: true, ..all.clone() }), (Some("mail"), None));
        let of_type = Filter { event_type: some("mail.otp.sent"), mail_only: true, ..all.clone() };
        assert_eq!(plan(&of_type), (Some("by_type"), None));
        let about = Filter { resource_id: some("7"), ..all.clone() };
        assert_eq!(plan(&about), (Some("by_resource"), None));
        let project = Filter { project_id: some("p"), ..all };
        assert_eq!(plan(&project), (None, some("project_id = :project")));
        let both = Filter { resource_type: some("user"), event_type: some("user.created"), ..about };
        assert_eq!(plan(&both), (Some("by_resource"), some("#type = :type AND #resource.#kind = :kind")));
    }
}
