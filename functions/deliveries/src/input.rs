//! Reads the filters of a list of deliveries.

use api::{ApiError, error::Result, query};
use domain::{DeliveryState, EventId, EventType};
use serde::Deserialize;
use store::account_deliveries::Wanted;
use utoipa::IntoParams;

/// The filters of a list of deliveries. They can be combined, and a delivery must match all of them.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct DeliveryQuery {
    /// Deliveries in this state.
    #[param(value_type = Option<DeliveryState>, example = "failed")]
    state: Option<String>,
    /// Deliveries to this destination. Destinations of another API are accepted by their id in that API.
    pub(crate) destination_id: Option<String>,
    /// Deliveries of this event.
    #[param(pattern = "^evt_[0-7][0-9A-HJKMNP-TV-Z]{25}$", example = "evt_01JRX2Q0Z8K5V3M7N9P4T6W8YB")]
    event_id: Option<String>,
    /// Deliveries of events of this type.
    #[param(format = "event-type", example = "passport.flagged")]
    event_type: Option<String>,
    /// Deliveries of events accepted at this time or later, RFC 3339.
    #[param(format = DateTime, example = "2026-04-15T10:00:00.000Z")]
    since: Option<String>,
    /// Deliveries of events accepted before this time, RFC 3339.
    #[param(format = DateTime, example = "2026-04-16T10:00:00.000Z")]
    until: Option<String>,
    /// `true` for only tests and verifications, `false` for none of them. By default, the list contains both.
    #[param(value_type = Option<bool>)]
    test: Option<String>,
    /// The maximum number of deliveries. A page can have fewer while the next page has more: use the cursor.
    #[param(value_type = Option<i32>, minimum = 1, maximum = 100, default = 50)]
    pub(crate) limit: Option<String>,
    /// The `next_cursor` of the previous page; empty for the first page.
    #[param(format = "cursor")]
    pub(crate) cursor: Option<String>,
}

impl DeliveryQuery {
    /// Identifies the list that a cursor belongs to: a cursor is only valid with the same filters.
    pub(crate) fn name(&self) -> String {
        let Self { state, destination_id, event_id, event_type, since, until, test, .. } = self;
        let conditions = [state, destination_id, event_id, event_type, since, until, test];
        let conditions: Vec<_> = conditions.map(|condition| condition.as_deref().unwrap_or_default()).into();
        format!("deliveries?{}", conditions.join("&"))
    }

    pub(crate) fn event(&self) -> Result<Option<EventId>> {
        let problem = |_| ApiError::field("event_id", "send the id of an event, evt_…");
        self.event_id.as_deref().map(|id| id.parse().map_err(problem)).transpose()
    }

    pub(crate) fn wanted(&self) -> Result<Wanted> {
        let event_type = self.event_type.as_deref().map(EventType::of_log).transpose();
        let until = query::time("until", self.until.as_deref())?.map(EventId::first_at);
        Ok(Wanted {
            state: query::delivery_state("state", self.state.as_deref())?,
            event_type: event_type.map_err(|problem| ApiError::field("event_type", problem))?,
            oldest: query::time("since", self.since.as_deref())?.map(EventId::first_at),
            // No event is older than the first id.
            newest: until.map(|until| until.before().unwrap_or_else(EventId::first)),
            tests: match self.test.as_deref() {
                None => None,
                Some("true") => Some(true),
                Some("false") => Some(false),
                Some(_) => return Err(ApiError::field("test", "send true or false")),
            },
            after: None,
        })
    }
}
