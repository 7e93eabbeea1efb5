//! Reads and validates the requests that create and change rules.

use api::{ApiError, error::Result, event_types};
use domain::{
    Address, ApiKind, ChannelType, DestinationId, EventType, OperatorId, Rule, RuleId, Severity,
    catalogue::STACK_TYPES,
    guard::TargetPolicy,
    rule::{MAX_DESTINATIONS, OnUnhealthy},
    severity::StackSeverity,
    time::now,
};
use serde::Deserialize;
use utoipa::ToSchema;

/// The request to create a rule. `schema::NewRule` is its schema.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewRule {
    destination_id: Option<String>,
    destination_ids: Option<Vec<String>>,
    events: Option<Vec<String>>,
    min_severity: Option<String>,
    on_unhealthy: Option<OnUnhealthy>,
    /// In the older form of this request, which has an address instead of a destination.
    channel_type: Option<ChannelType>,
    destination: Option<String>,
}

/// The target of a new rule.
pub(crate) enum Target {
    /// Registered destinations. `inline` is the address that an older client sends in addition to a destination's id.
    Registered { ids: Vec<DestinationId>, inline: Option<Inline> },
    /// An address of the rule's own.
    Inline(Inline),
}

/// An address from the older form of the request.
pub(crate) struct Inline {
    pub(crate) channel_type: ChannelType,
    pub(crate) address: Address,
}

/// The changes of a rule; omitted fields stay unchanged.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RuleChange {
    /// The destinations, which must all be verified.
    #[schema(min_items = 1, max_items = 50)]
    destination_ids: Option<Vec<String>>,
    /// The event types to match.
    #[schema(value_type = Option<Vec<EventType>>, min_items = 1, max_items = 100)]
    events: Option<Vec<String>>,
    /// The minimum severity to match.
    #[schema(value_type = Option<StackSeverity>)]
    min_severity: Option<String>,
    /// Whether the operator enables the rule. Pausing is separate.
    active: Option<bool>,
    /// The behavior of the rule while one of its destinations is unhealthy.
    on_unhealthy: Option<OnUnhealthy>,
}

impl NewRule {
    /// The target of the rule, with duplicate destinations removed.
    pub(crate) fn target(&self, policy: TargetPolicy, premium_numbers: bool) -> Result<Target> {
        let ambiguous = |sentence| Err(ApiError::bad_request("ambiguous_destination", sentence));
        let inline = self.inline(policy, premium_numbers)?;
        match (&self.destination_id, &self.destination_ids, inline) {
            (Some(_), Some(_), _) => ambiguous("Send either `destination_id` or `destination_ids`, not both."),
            (None, Some(_), Some(_)) => ambiguous("Send either `destination_ids` or an address of its own, not both."),
            (Some(one), None, inline) => {
                Ok(Target::Registered { ids: destination_ids(std::slice::from_ref(one))?, inline })
            }
            (None, Some(several), None) => Ok(Target::Registered { ids: destination_ids(several)?, inline: None }),
            (None, None, Some(inline)) => Ok(Target::Inline(inline)),
            (None, None, None) => Err(no_destination()),
        }
    }

    fn inline(&self, policy: TargetPolicy, premium_numbers: bool) -> Result<Option<Inline>> {
        let (channel_type, text) = match (self.channel_type, &self.destination) {
            (None, None) => return Ok(None),
            (None, Some(_)) => {
                return Err(ApiError::field("channel_type", "send email, sms or webhook with an address"));
            }
            (Some(_), None) => {
                return Err(ApiError::field("destination", "send the address that `channel_type` is of"));
            }
            (Some(channel_type), Some(text)) => (channel_type, text),
        };
        let address =
            Address::parse(channel_type, text, policy).and_then(|address| address.not_charged(premium_numbers));
        let address = address.map_err(|problem| ApiError::field("destination", problem))?;
        Ok(Some(Inline { channel_type, address }))
    }

    /// The rule with this id and these destinations.
    pub(crate) fn named(
        &self,
        operator_id: OperatorId,
        id: RuleId,
        destination_ids: Vec<DestinationId>,
    ) -> Result<Rule> {
        Ok(Rule {
            operator_id,
            id,
            destination_ids,
            events: self.events()?,
            min_severity: self.min_severity()?,
            active: true,
            on_unhealthy: self.on_unhealthy.unwrap_or_default(),
            created_at: now(),
            api: ApiKind::Stack,
            project_id: None,
        })
    }

    /// The event types. If the older form of the request names none, the four of STACK.
    fn events(&self) -> Result<Vec<EventType>> {
        match &self.events {
            None if self.channel_type.is_some() => events(&STACK_TYPES.map(str::to_owned)),
            named => events(named.as_deref().unwrap_or_default()),
        }
    }

    fn min_severity(&self) -> Result<Severity> {
        self.min_severity.as_deref().map_or(Ok(Severity::Medium), severity)
    }
}

impl RuleChange {
    /// The rule after the change.
    pub(crate) fn applied_to(&self, old: &Rule) -> Result<Rule> {
        Ok(Rule {
            destination_ids: self.destinations()?.unwrap_or_else(|| old.destination_ids.clone()),
            events: self.events()?.unwrap_or_else(|| old.events.clone()),
            min_severity: self.min_severity()?.unwrap_or(old.min_severity),
            active: self.active.unwrap_or(old.active),
            on_unhealthy: self.on_unhealthy.unwrap_or(old.on_unhealthy),
            ..old.clone()
        })
    }

    pub(crate) fn destinations(&self) -> Result<Option<Vec<DestinationId>>> {
        self.destination_ids.as_deref().map(destination_ids).transpose()
    }

    fn events(&self) -> Result<Option<Vec<EventType>>> {
        self.events.as_deref().map(events).transpose()
    }

    fn min_severity(&self) -> Result<Option<Severity>> {
        self.min_severity.as_deref().map(severity).transpose()
    }
}

fn no_destination() -> ApiError {
    let sentence = "No destination specified; send `destination_id`, at least one of `destination_ids`, \
                    or `channel_type` and `destination`.";
    ApiError::bad_request("destination_required", sentence)
}

/// The error for an id that matches none of the operator's destinations.
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
        let id = DestinationId::of_any_api(text).map_err(|_| unknown_destination(text))?;
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    Ok(ids)
}

fn events(names: &[String]) -> Result<Vec<EventType>> {
    event_types::read("events", names)
}

fn severity(name: &str) -> Result<Severity> {
    let problem = || ApiError::field("min_severity", format!("{name:?} is not one of info, warning, critical"));
    Severity::from_stack_name(name).ok_or_else(problem)
}
