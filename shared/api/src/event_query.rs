//! The query of every route that lists events of the log.

use domain::{EventId, EventType, Severity, event::MESSAGE, severity::STACK_NAMES};
use serde::Deserialize;
use store::{
    Events,
    event_log::{Filter, Page},
};
use utoipa::IntoParams;

use crate::{
    Caller,
    error::{ApiError, Result},
    page::{PageQuery, next_cursor},
    query,
};

/// Selects events. Conditions can be combined, and an event must meet all of them.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct EventQuery {
    /// Events of this type.
    #[serde(rename = "type")]
    #[param(format = "event-type", example = "mail.message.bounced")]
    event_type: Option<String>,
    /// Events with this severity: `info`, `warning` or `critical`.
    #[param(example = "critical")]
    severity: Option<String>,
    /// Events about a resource of this type, e.g. `message`.
    #[serde(alias = "resource_type")]
    resource_type: Option<String>,
    /// Events about the resource with this id.
    #[serde(alias = "resource_id")]
    resource_id: Option<String>,
    /// Events about this mail.
    #[serde(alias = "message_id")]
    message_id: Option<String>,
    /// Events accepted at this time or later, RFC 3339.
    #[param(format = DateTime, example = "2026-04-15T10:00:00.000Z")]
    from: Option<String>,
    /// Events accepted before this time, RFC 3339.
    #[param(format = DateTime, example = "2026-04-16T10:00:00.000Z")]
    to: Option<String>,
    /// How many events at most. A page may have fewer while there are more: use the cursor.
    #[param(value_type = Option<i32>, minimum = 1, maximum = 100, default = 50)]
    limit: Option<String>,
    /// The cursor that came with the page before; empty for the first page.
    #[param(format = "cursor")]
    cursor: Option<String>,
}

impl EventQuery {
    /// Reads a page of the caller's events. A key that is bound to a project only sees the events of that project.
    /// `mail_only` selects events of the Mail API.
    ///
    /// # Errors
    /// A 400 for an invalid condition.
    pub async fn read(&self, events: &Events, caller: &Caller, mail_only: bool) -> Result<(Page, Option<String>)> {
        let list = if mail_only { "mail/events" } else { "events" };
        let paging = PageQuery::new(self.limit.clone(), self.cursor.clone());
        let (limit, after) = (paging.limit()?, paging.after::<EventId>(list)?);
        let operator = caller.operator_id();
        let Some(mut filter) = self.filter(mail_only, after)? else {
            return Ok((Page::default(), None));
        };
        filter.project_id = caller.project_id().cloned();
        let page = events.page(caller.events(), &filter, usize::try_from(limit).unwrap_or(1)).await?;
        let (events, scanned, read_units) = (page.events.len(), page.scanned, page.read_units);
        tracing::info!(operator_id = %operator, events, scanned, read_units, "events read");
        let cursor = next_cursor(list, page.next, page.next.is_some());
        Ok((page, cursor))
    }

    /// Builds the filter. Returns `None` if no event can meet all conditions.
    fn filter(&self, mail_only: bool, after: Option<EventId>) -> Result<Option<Filter>> {
        let event_type = self.event_type.as_deref().map(EventType::try_from).transpose();
        let event_type = event_type.map_err(|problem| ApiError::field("type", problem))?;
        let severity = self.severity.as_deref().map(|name| {
            let problem = || ApiError::field("severity", format!("{name:?} is not one of {}", STACK_NAMES.join(", ")));
            Severity::from_stack_name(name).map(Severity::stack_name).ok_or_else(problem)
        });
        let severity = severity.transpose()?;
        let oldest = query::time("from", self.from.as_deref())?.map(EventId::first_at);
        let until = query::time("to", self.to.as_deref())?.map(EventId::first_at);

        let message = self.message_id.as_deref();
        let differs = |text: &Option<String>, other: &str| text.as_deref().is_some_and(|text| text != other);
        let impossible = message
            .is_some_and(|id| differs(&self.resource_id, id) || differs(&self.resource_type, MESSAGE))
            || mail_only && event_type.as_ref().is_some_and(|event_type| !event_type.is_mail());
        if impossible {
            return Ok(None);
        }
        let newest = match [until, after].into_iter().flatten().min() {
            None => None,
            Some(end) => match end.before() {
                Some(newest) => Some(newest),
                None => return Ok(None),
            },
        };
        Ok(Some(Filter {
            mail_only,
            severity,
            event_type: event_type.map(Into::into),
            resource_type: message.map(|_| MESSAGE.to_owned()).or_else(|| self.resource_type.clone()),
            resource_id: self.message_id.clone().or_else(|| self.resource_id.clone()),
            oldest,
            newest,
            ..Filter::default()
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(query: &[(&str, &str)], mail_only: bool) -> Option<Filter> {
        let query: serde_json::Map<_, _> = query.iter().map(|(k, v)| ((*k).to_owned(), (*v).into())).collect();
        let query: EventQuery = serde_json::from_value(query.into()).expect("a query");
        query.filter(mail_only, None).expect("valid")
    }

    #[test]
    fn a_message_is_a_resource() {
        let by_message = filter(&[("messageId", "msg_1")], true);
        assert_eq!(by_message, filter(&[("resourceType", "message"), ("resource_id", "msg_1")], true));
        assert!(by_message.is_some());
    }

    #[test]
    fn conditions_that_exclude_each_other_find_nothing() {
        for query in [
            &[("messageId", "msg_1"), ("resourceId", "msg_2")][..],
            &[("messageId", "msg_1"), ("resourceType", "user")],
            &[("type", "custom.a")],
            &[("to", "1970-01-01T00:00:00Z")],
        ] {
            assert_eq!(filter(query, true), None, "{query:?}");
        }
        assert!(filter(&[("type", "custom.a")], false).is_some());
    }

    #[test]
    fn a_time_with_an_offset_may_have_lost_its_plus() {
        let utc = filter(&[("from", "2026-04-15T10:00:00Z")], false);
        assert_eq!(utc, filter(&[("from", "2026-04-15T12:00:00 02:00")], false));
        assert!(query::time("from", Some("yesterday")).is_err());
    }
}
