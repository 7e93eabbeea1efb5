//! What callers write of a rule, and what is wrong with it.

use api::{ApiError, error::Result};
use domain::{
    DestinationId, EventType, Severity,
    rule::{MAX_DESTINATIONS, OnUnhealthy},
};
use serde::Deserialize;
use utoipa::ToSchema;

/// A rule to make.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewRule {
    /// One destination; use either this or `destination_ids`.
    #[schema(example = "ndst_01JRX2Q0Z8K5V3M7N9P4T6W8YB")]
    destination_id: Option<String>,
    /// Up to 50 destinations.
    #[schema(example = json!(["ndst_01JRX2Q0Z8K5V3M7N9P4T6W8YB"]))]
    destination_ids: Option<Vec<String>>,
    /// The event types to match; at least one.
    #[schema(example = json!(["passport.flagged", "agent.blocked"]))]
    events: Option<Vec<String>>,
    /// The least severity to match: `info`, `warning` or `critical`; by default `warning`.
    #[schema(example = "warning")]
    min_severity: Option<String>,
    /// What the rule does while one of its destinations is unhealthy; by default `pause`.
    #[serde(default)]
    pub(crate) on_unhealthy: OnUnhealthy,
    /// Of the older form of this request, which names an address inline: refused with a hint.
    #[schema(ignore)]
    channel_type: Option<String>,
    /// See `channel_type`.
    #[schema(ignore)]
    destination: Option<String>,
}

/// What to change of a rule; what is left out stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RuleChange {
    /// The destinations, all of them verified.
    destination_ids: Option<Vec<String>>,
    /// The event types to match.
    events: Option<Vec<String>>,
    /// The least severity to match.
    min_severity: Option<String>,
    /// The operator's own switch, apart from pausing.
    pub(crate) active: Option<bool>,
    /// What the rule does while one of its destinations is unhealthy.
    pub(crate) on_unhealthy: Option<OnUnhealthy>,
}

impl NewRule {
    /// The destinations that the rule names, each once.
    pub(crate) fn destinations(&self) -> Result<Vec<DestinationId>> {
        if self.channel_type.is_some() || self.destination.is_some() {
            let sentence = "A channel takes no inline address in this version; register it with \
                            POST /v1/notifications/destinations and pass its id as `destination_id`.";
            return Err(ApiError::bad_request("inline_destination", sentence));
        }
        match (&self.destination_id, &self.destination_ids) {
            (Some(_), Some(_)) => {
                let sentence = "Send either `destination_id` or `destination_ids`, not both.";
                Err(ApiError::bad_request("ambiguous_destination", sentence))
            }
            (Some(one), None) => destination_ids(std::slice::from_ref(one)),
            (None, Some(several)) => destination_ids(several),
            (None, None) => Err(no_destination()),
        }
    }

    pub(crate) fn events(&self) -> Result<Vec<EventType>> {
        events(self.events.as_deref().unwrap_or_default())
    }

    pub(crate) fn min_severity(&self) -> Result<Severity> {
        self.min_severity.as_deref().map_or(Ok(Severity::Medium), severity)
    }
}

impl RuleChange {
    pub(crate) fn destinations(&self) -> Result<Option<Vec<DestinationId>>> {
        self.destination_ids.as_deref().map(destination_ids).transpose()
    }

    pub(crate) fn events(&self) -> Result<Option<Vec<EventType>>> {
        self.events.as_deref().map(events).transpose()
    }

    pub(crate) fn min_severity(&self) -> Result<Option<Severity>> {
        self.min_severity.as_deref().map(severity).transpose()
    }
}

fn no_destination() -> ApiError {
    let sentence = "No destination specified; send `destination_id` or at least one of `destination_ids`.";
    ApiError::bad_request("destination_required", sentence)
}

/// That an id names none of the operator's destinations.
pub(crate) fn unknown_destination(id: &str) -> ApiError {
    ApiError::new(
        axum::http::StatusCode::NOT_FOUND,
        "destination_not_found",
        format!("There is no destination {id} in your account; check the id."),
    )
}

fn destination_ids(texts: &[String]) -> Result<Vec<DestinationId>> {
    if texts.is_empty() {
        return Err(no_destination());
    }
    if texts.len() > MAX_DESTINATIONS {
        return Err(ApiError::field("destination_ids", format!("send at most {MAX_DESTINATIONS}")));
    }
    let mut ids = vec![];
    for text in texts {
        let id = text.parse().map_err(|_| unknown_destination(text))?;
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    Ok(ids)
}

fn events(names: &[String]) -> Result<Vec<EventType>> {
    if names.is_empty() {
        let sentence = "Missing events; send at least one event type in `events`.";
        return Err(ApiError::bad_request("events_required", sentence));
    }
    if names.len() > 100 {
        return Err(ApiError::field("events", "send at most 100 event types"));
    }
    let mut types = vec![];
    for (i, name) in names.iter().enumerate() {
        let event_type = EventType::try_from(name.as_str()).map_err(|e| ApiError::field(&format!("events[{i}]"), e))?;
        if !types.contains(&event_type) {
            types.push(event_type);
        }
    }
    Ok(types)
}

fn severity(name: &str) -> Result<Severity> {
    let problem = || ApiError::field("min_severity", format!("{name:?} is none of info, warning, critical"));
    Severity::from_stack_name(name).ok_or_else(problem)
}
