//! Previews a rule before it is saved.

use std::collections::HashMap;

use api::{ApiError, Body, Caller, ErrorBody, Reader, error::Result, responses::stack::Errors, views::MessageView};
use axum::Json;
use domain::{
    Destination, DestinationId, Event, EventId, Kind, Rule, RuleId, event::PostedEvent, fanout::fan_out,
    lifecycle::Fate,
};
use serde::{Deserialize, Serialize};
use service::render;
use utoipa::ToSchema;

use crate::{
    State,
    collection::same_address,
    input::{NewRule, Target},
    schema,
};

/// A rule to preview and an event to apply it to. `schema::PreviewOf` is its schema.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PreviewOf {
    rule: NewRule,
    event: PostedEvent,
}

/// The result of a preview.
#[derive(Serialize, ToSchema)]
pub(crate) struct Preview {
    /// Whether the rule matches the event.
    matches: bool,
    /// Why it does or does not match.
    #[schema(example = "The rule takes passport.flagged from the severity warning on, and this event is critical.")]
    reason: String,
    /// The outcome for each destination of the rule; empty if the rule does not match.
    destinations: Vec<Outcome>,
}

/// The outcome for one destination.
#[derive(Serialize, ToSchema)]
struct Outcome {
    /// The id of the destination, as in the rule.
    destination_id: String,
    /// The kind of the destination.
    channel_type: Kind,
    /// The address, without its secret parts.
    destination: String,
    /// `send`, or `hold` if the delivery would be recorded and sent once the destination is recovered.
    #[schema(example = "send")]
    outcome: &'static str,
    /// Why the delivery would be held.
    reason: Option<String>,
    /// The content: the body of a request, a text message, or the subject of an email.
    message: String,
    /// The content in full, as the destination would receive it.
    content: MessageView,
}

/// Previews what a rule does with an event.
///
/// Nothing is saved or sent. The preview covers rules and health. It does not check whether an address is suppressed,
/// which happens when something is sent. It does not accept the address of a legacy channel.
#[utoipa::path(
    post, path = "/v1/notifications/channels/preview", tag = "Channels", operation_id = "previewChannel",
    request_body = schema::PreviewOf,
    responses(
        (status = 200, body = Preview), Errors,
        (status = 404, body = ErrorBody, description = "A destination does not exist or is another operator's"),
    )
)]
pub(crate) async fn preview(app: State, Reader(caller): Reader, Body(of): Body<PreviewOf>) -> Result<Json<Preview>> {
    let (ids, inline) = match of.rule.target(app.policy, app.premium_numbers)? {
        Target::Registered { ids, inline } => (ids, inline),
        Target::Inline(_) => {
            return Err(ApiError::field(
                "rule.destination_ids",
                "send the ids of destinations; an address has none yet",
            ));
        }
    };
    let rule = of.rule.named(caller.operator_id(), RuleId::generate(), ids)?;
    let event = accept(&caller, of.event)?;
    let destinations = app.verified(&caller, &rule.destination_ids).await?;
    same_address(inline.as_ref(), destinations.values())?;
    let fates = fan_out(&event, [&rule], |id| destinations.get(&id));
    let outcomes = rule.destination_ids.iter().filter_map(|id| Some((destinations.get(id)?, *fates.get(id)?)));
    let from = app.service.sender().mail_from();
    let outcomes = outcomes.map(|(to, fate)| outcome(&rule, &event, to, fate, &destinations, from));
    Ok(Json(Preview {
        matches: rule.matches(&event),
        reason: reason(&rule, &event),
        destinations: outcomes.collect::<Result<_>>()?,
    }))
}

/// The event as the API would accept it.
fn accept(caller: &Caller, mut event: PostedEvent) -> Result<Event> {
    caller.bind_to_project(&mut event)?;
    let accepted = event.accept(caller.operator_id(), EventId::generate());
    accepted.map_err(|invalid| ApiError::field(&format!("event.{}", invalid.field), invalid.problem))
}

fn reason(rule: &Rule, event: &Event) -> String {
    let (least, has) = (rule.min_severity.stack_name(), event.severity.stack_name());
    let event_type = &event.event_type;
    if !rule.events.iter().any(|mine| mine.covers(event_type)) {
        return format!("The rule does not take {event_type}; add it to the rule's event types.");
    }
    if event.severity < rule.min_severity {
        return format!("The rule takes {event_type} from the severity {least} on, and this event is only {has}.");
    }
    format!("The rule takes {event_type} from the severity {least} on, and this event is {has}.")
}

fn outcome(
    rule: &Rule,
    event: &Event,
    to: &Destination,
    fate: Fate,
    all: &HashMap<DestinationId, Destination>,
    from: &str,
) -> Result<Outcome> {
    let reason = match fate {
        Fate::Send => None,
        Fate::Disabled => Some("The destination is switched off.".to_owned()),
        _ if to.unhealthy.is_some() => Some("The destination is unhealthy; verify it again.".to_owned()),
        _ => {
            let paused_by = rule.paused_by(|id| all.get(&id));
            let names: Vec<_> = paused_by.iter().filter_map(|id| all.get(id)).map(Destination::shown).collect();
            Some(format!("The rule is paused while {} is unhealthy.", names.join(", ")))
        }
    };
    let content = render::content(to, event, None).map_err(ApiError::internal)?;
    Ok(Outcome {
        destination_id: to.public_id(),
        channel_type: to.kind,
        destination: to.shown().into_owned(),
        outcome: if fate == Fate::Send { "send" } else { "hold" },
        reason,
        content: MessageView::of(&content, to, from),
        message: content.into_text(),
    })
}
