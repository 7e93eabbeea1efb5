//! Finds anything of an account by an ID, an address, or text of its recent events.

use std::time::{Duration, Instant};

use api::{
    ApiError, Caller, ErrorBody, PageQuery, Query, Reader, error::Result, page::next_cursor, responses::stack::Errors,
};
use axum::Json;
use domain::{
    Delivery, DeliveryId, Destination, DestinationId, Event, EventId, MessageId, Rule, RuleId, event::MESSAGE,
    time::rfc3339,
};
use serde::{Deserialize, Serialize};
use service::account_scope::AccountScope;
use store::event_log::Filter;
use utoipa::{IntoParams, ToSchema};

use crate::{App, State};

/// The longest text to search for, in bytes.
const MAX_TEXT: usize = 256;
/// The shortest text to search events for, in bytes. A shorter one is in almost every event.
const MIN_TEXT: usize = 2;
/// The read units and the time after which a search of events ends. The next page continues it.
const MAX_UNITS: f64 = 100.0;
const MAX_TIME: Duration = Duration::from_millis(800);
/// The number of events that one step reads.
const STEP: usize = 100;
/// The most destinations and the most rules in an answer.
const MAX_OF_KIND: usize = 10;
/// The most destinations to look for the test with a given ID at. Each costs half a read unit.
const MAX_TESTED: usize = 100;
/// The bytes of an event's data to show on each side of the text.
const AROUND: usize = 40;

/// What to search for.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SearchQuery {
    /// An id of anything, a URL or address, or text, 1 to 256 bytes. Upper and lower case are the same.
    #[param(min_length = 1, max_length = 256, example = "dlv_01JRX2Q0Z8K5V3M7N9P4T6W8YB01JRX2Q0Z8K5V3M7N9P4T6W8YC")]
    q: String,
    /// The maximum number of results.
    #[param(value_type = Option<i32>, minimum = 1, maximum = 100, default = 50)]
    limit: Option<String>,
    /// The `next_cursor` of the previous answer, to search older events.
    #[param(format = "cursor")]
    cursor: Option<String>,
}

/// The kind of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ResultKind {
    /// A delivery, or a test.
    Delivery,
    /// An event.
    Event,
    /// A mail. Its `id` selects events with `messageId`.
    Mail,
    /// A destination of any API. Its `id` has the form `ndst_…`.
    Destination,
    /// A rule.
    Rule,
}

/// Something that was found.
#[derive(Serialize, ToSchema)]
pub(crate) struct SearchResult {
    /// What it is.
    kind: ResultKind,
    /// Its id.
    #[schema(example = "evt_01JRX2Q0Z8K5V3M7N9P4T6W8YB")]
    id: String,
    /// The type of an event, or a name or address.
    #[schema(example = "passport.flagged")]
    title: String,
    /// The part of an event's data with the text, the state of a delivery, or what kind of destination it is.
    #[schema(example = "…\"customer\":\"Ada Lovelace\"…")]
    subtitle: Option<String>,
    /// When it happened or was created.
    #[schema(example = "2026-04-15T10:05:00.000Z")]
    at: String,
}

/// What was found.
#[derive(Serialize, ToSchema)]
pub(crate) struct SearchResults {
    /// The results: destinations and rules first, then events, newest first.
    results: Vec<SearchResult>,
    /// Events that were accepted after this time have been searched. Null if no event had to be searched, or if all
    /// have been.
    searched_until: Option<String>,
    /// The `cursor` that searches older events; null at the end.
    next_cursor: Option<String>,
}

/// Finds deliveries, events, destinations and rules by an id, an address, or text.
///
/// An id that exists is the only result: of a delivery (which is the `webhook-id` of a request), an event, a mail, a rule,
/// or a destination in the form of any API. Any other text is searched in the addresses, names and descriptions of
/// destinations, in the event types of rules, and in the type, resource and data of events, newest first. One request
/// reads events for at most 0.8 s or 100 read units; `next_cursor` continues with older ones. Data is searched as it was
/// posted, so a character that was posted as a JSON escape is only found as that escape.
#[utoipa::path(
    get, path = "/v1/search", tag = "Deliveries", operation_id = "search", params(SearchQuery),
    responses((status = 200, body = SearchResults), Errors, (status = 400, body = ErrorBody, description = "No text, or too long a text"))
)]
pub(crate) async fn search(
    app: State,
    Reader(caller): Reader,
    Query(query): Query<SearchQuery>,
) -> Result<Json<SearchResults>> {
    let text = query.q.trim();
    if text.is_empty() || text.len() > MAX_TEXT {
        return Err(ApiError::field("q", format!("send 1 to {MAX_TEXT} bytes")));
    }
    let list = format!("search?{text}");
    let page = PageQuery::new(query.limit, query.cursor);
    let (limit, after) = (usize::try_from(page.limit()?).unwrap_or(1), page.after::<EventId>(&list)?);
    let mut results = vec![];
    if after.is_none() {
        if let Some(found) = app.by_id(&caller, text).await? {
            return Ok(Json(SearchResults { results: vec![found], searched_until: None, next_cursor: None }));
        }
        results = app.by_name(&caller, &text.to_lowercase()).await?;
    }
    let reached = app.in_events(&caller, &text.to_lowercase(), (after, limit), &mut results).await?;
    Ok(Json(SearchResults {
        results,
        searched_until: reached.map(|id| rfc3339(id.made_at())),
        next_cursor: next_cursor(&list, reached, reached.is_some()),
    }))
}

impl App {
    /// Finds the only thing with this ID.
    async fn by_id(&self, caller: &Caller, text: &str) -> Result<Option<SearchResult>> {
        let operator = caller.operator_id();
        if let Ok(id) = text.parse::<DeliveryId>() {
            return or_none(self.find(caller, id).await.map(|found| delivery(&found)));
        }
        if let Ok(id) = text.parse::<EventId>() {
            return match self.events.get(operator, id).await?.filter(|event| sees(caller, event)) {
                Some(event) => Ok(Some(of_event(&event, None))),
                None => self.test_with(caller, id).await,
            };
        }
        if text.parse::<MessageId>().is_ok() {
            return self.mail(caller, text).await;
        }
        if let Ok(id) = text.parse::<RuleId>() {
            let found = self.channels.get(operator, id).await?;
            return Ok(found.filter(|rule| caller.may_see(rule.project_id.as_ref())).map(|found| rule(&found)));
        }
        let Ok(id) = DestinationId::of_any_api(text) else { return Ok(None) };
        let found = self.destinations.get(operator, id).await?;
        let seen = found.filter(|to| caller.may_see(to.project_id.as_ref()));
        Ok(seen.map(|found| destination(&found, caller.may_write())))
    }

    /// Finds the test or verification whose receiver got this ID. Neither has an event.
    async fn test_with(&self, caller: &Caller, event: EventId) -> Result<Option<SearchResult>> {
        let known = AccountScope::of_operator((&self.destinations, &self.channels), caller.operator_id()).await?;
        let seen = known.destinations.iter().filter(|to| caller.may_see(to.project_id.as_ref()));
        let ids: Vec<_> = seen.take(MAX_TESTED).map(|to| DeliveryId::new(to.id, event)).collect();
        let rows = self.log.rows().get_many(ids).await?;
        Ok(rows.iter().find(|row| row.operator_id == caller.operator_id() && row.probe.is_some()).map(delivery))
    }

    /// Finds the newest event about a mail.
    async fn mail(&self, caller: &Caller, id: &str) -> Result<Option<SearchResult>> {
        let filter = Filter {
            resource_type: Some(MESSAGE.to_owned()),
            resource_id: Some(id.to_owned()),
            project_id: caller.project_id().cloned(),
            ..Filter::default()
        };
        let page = self.events.page(caller.events(), &filter, 1).await?;
        Ok(page.events.first().map(|newest| SearchResult {
            kind: ResultKind::Mail,
            id: id.to_owned(),
            subtitle: Some(newest.event_type.label().to_owned()),
            ..of_event(newest, None)
        }))
    }

    /// Finds destinations and rules.
    async fn by_name(&self, caller: &Caller, text: &str) -> Result<Vec<SearchResult>> {
        let known = AccountScope::of_operator((&self.destinations, &self.channels), caller.operator_id()).await?;
        let writer = caller.may_write();
        let destinations = known.destinations.iter().filter(|to| caller.may_see(to.project_id.as_ref()));
        let destinations = destinations.filter(|to| is_named(to, text, writer)).map(|to| destination(to, writer));
        let rules = known.rules.iter().filter(|rule| caller.may_see(rule.project_id.as_ref()));
        let rules = rules.filter(|rule| rule.events.iter().any(|name| name.as_str().contains(text))).map(rule);
        Ok(destinations.take(MAX_OF_KIND).chain(rules.take(MAX_OF_KIND)).collect())
    }

    /// Adds events with the text until there are `limit` results. Returns the last event that was read, if there are
    /// older ones.
    async fn in_events(
        &self,
        caller: &Caller,
        text: &str,
        (after, limit): (Option<EventId>, usize),
        results: &mut Vec<SearchResult>,
    ) -> Result<Option<EventId>> {
        let begun = Instant::now();
        let (mut units, mut reached) = (0.0, after);
        if text.len() < MIN_TEXT {
            return Ok(None);
        }
        loop {
            let newest = match reached {
                None => None,
                Some(reached) => match reached.before() {
                    Some(newest) => Some(newest),
                    None => return Ok(None),
                },
            };
            let filter = Filter { project_id: caller.project_id().cloned(), newest, ..Filter::default() };
            let page = self.events.page(caller.events(), &filter, STEP).await?;
            units += page.read_units;
            for event in &page.events {
                if results.len() >= limit {
                    return Ok(reached);
                }
                reached = Some(event.id);
                if let Some(subtitle) = found_in(event, text) {
                    results.push(of_event(event, subtitle));
                }
            }
            match page.next {
                None => return Ok(None),
                Some(next) => reached = Some(next),
            }
            if units >= MAX_UNITS || begun.elapsed() >= MAX_TIME {
                tracing::info!(operator_id = %caller.operator_id(), read_units = units, "search ended early");
                return Ok(reached);
            }
        }
    }
}

/// `None` for a 404.
fn or_none(found: Result<SearchResult>) -> Result<Option<SearchResult>> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}

fn sees(caller: &Caller, event: &Event) -> bool {
    caller.project_id().is_none_or(|own| event.project_id.as_ref() == Some(own))
}

/// Whether a part of the destination's address, name or description is the text. Somebody who may not see the
/// credentials in a URL finds it by the whole URL only.
fn is_named(to: &Destination, text: &str, writer: bool) -> bool {
    let in_text = |part: &str| part.to_lowercase().contains(text);
    let whole = to.connection.is_none() && to.destination.to_lowercase() == text;
    // Of a sealed address, only the host is stored in the clear.
    let host = to.connection.is_some() && text.contains("://") && text.split('/').nth(2) == Some(&*to.destination);
    whole || host || in_text(&to.shown_to(writer)) || to.name.iter().chain(&to.description).any(|name| in_text(name))
}

/// The part of an event that contains the text: `Some(None)` if it is the type.
fn found_in(event: &Event, text: &str) -> Option<Option<String>> {
    if event.event_type.as_str().contains(text) {
        return Some(None);
    }
    if let Some(resource) = event.resource.as_ref().filter(|resource| resource.id.to_lowercase().contains(text)) {
        return Some(Some(format!("{} {}", resource.kind, resource.id)));
    }
    let low = event.data.to_lowercase();
    let at = low.find(text)?;
    // Lower case may have another length, so that a place in it is only near the place in the data.
    let from = event.data.floor_char_boundary(at.saturating_sub(AROUND));
    let to = event.data.ceil_char_boundary((at + text.len() + AROUND).min(event.data.len()));
    let part = event.data.get(from..to).unwrap_or_default();
    let (before, behind) = (if from > 0 { "…" } else { "" }, if to < event.data.len() { "…" } else { "" });
    Some(Some(format!("{before}{part}{behind}")))
}

fn of_event(event: &Event, subtitle: Option<String>) -> SearchResult {
    SearchResult {
        kind: ResultKind::Event,
        id: event.id.to_string(),
        title: event.event_type.to_string(),
        subtitle,
        at: rfc3339(event.id.made_at()),
    }
}

fn delivery(row: &Delivery) -> SearchResult {
    SearchResult {
        kind: ResultKind::Delivery,
        id: row.id.to_string(),
        title: row.sent_type().to_string(),
        subtitle: Some(row.state.as_str().to_owned()),
        at: rfc3339(row.created_at),
    }
}

fn destination(to: &Destination, writer: bool) -> SearchResult {
    let address = to.shown_to(writer);
    SearchResult {
        kind: ResultKind::Destination,
        id: to.id.to_string(),
        title: to.name.clone().unwrap_or_else(|| address.to_string()),
        subtitle: Some(match to.name {
            Some(_) => format!("{} · {address}", to.kind.title()),
            None => to.kind.title().to_owned(),
        }),
        at: rfc3339(to.created_at),
    }
}

fn rule(rule: &Rule) -> SearchResult {
    let names: Vec<_> = rule.events.iter().map(|name| name.as_str()).collect();
    let targets = rule.destination_ids.len();
    SearchResult {
        kind: ResultKind::Rule,
        id: rule.id.to_string(),
        title: names.join(", "),
        subtitle: Some(format!("to {targets} destination{}", if targets == 1 { "" } else { "s" })),
        at: rfc3339(rule.created_at),
    }
}

#[cfg(test)]
mod tests {
    use domain::{OperatorId, Severity, testing};

    use super::*;

    #[test]
    fn the_text_is_shown_with_what_is_around_it() {
        let with = |data: String| Event { data: data.into(), ..testing::event("custom.a", Severity::Info) };
        let long = format!(r#"{{"a":"{}","customer":"Ada Lovelace","b":"{}"}}"#, "é".repeat(60), "x".repeat(99));
        let found = found_in(&with(long), "ada love").flatten().expect("found");
        assert!(found.starts_with('…') && found.ends_with('…') && found.contains("Ada Lovelace"), "{found}");
        assert_eq!(found_in(&with("{}".into()), "custom"), Some(None), "by the type");
        assert_eq!(found_in(&with("{}".into()), "nothing"), None);
    }

    #[test]
    fn a_viewer_does_not_find_a_part_of_a_secret() {
        let url = "https://example.com/hook?token=planted";
        let to = Destination { destination: url.into(), ..testing::webhook(OperatorId::generate()) };
        assert!(is_named(&to, "planted", true) && !is_named(&to, "planted", false));
        assert!(is_named(&to, url, false) && is_named(&to, "example.com/hook", false));
    }
}
