//! Values for tests, of this crate and of others with the feature `testing`. Change a field with `..`.
#![allow(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

use std::collections::BTreeMap;

use crate::{
    ApiKind, Attempt, Destination, DestinationId, Event, EventId, Kind, OperatorId, ProjectId, Rule, RuleId, Severity,
    delivery::Fault,
    rule::OnUnhealthy,
    time::{from_millis, now},
};

/// A verified webhook of an operator.
pub fn webhook(operator: OperatorId) -> Destination {
    let id = DestinationId::generate();
    let url = format!("https://example.com/{id}");
    Destination { verified_at: Some(now()), ..Destination::new(operator, id, Kind::Webhook, url.clone(), url) }
}

/// A verified email address of a new operator.
pub fn email(address: &str) -> Destination {
    let (operator, id) = (OperatorId::generate(), DestinationId::generate());
    let new = Destination::new(operator, id, Kind::Email, address.into(), address.into());
    Destination { verified_at: Some(now()), ..new }
}

/// An active rule of a new operator that sends events of the type `custom.a` to these destinations.
pub fn rule(to: &[&Destination]) -> Rule {
    Rule {
        operator_id: to.first().map_or_else(OperatorId::generate, |to| to.operator_id),
        id: RuleId::generate(),
        destination_ids: to.iter().map(|to| to.id).collect(),
        events: event_types(&["custom.a"]),
        min_severity: Severity::Info,
        active: true,
        on_unhealthy: OnUnhealthy::Pause,
        created_at: now(),
        api: ApiKind::Stack,
        project_id: None,
    }
}

/// A project id.
///
/// # Panics
/// When it is not valid.
pub fn project_id(id: &str) -> ProjectId {
    ProjectId::parse(id).expect("a project id")
}

/// Event types by name.
///
/// # Panics
/// When one is not valid.
pub fn event_types(names: &[&str]) -> Vec<crate::EventType> {
    names.iter().map(|name| (*name).try_into().expect("a type")).collect()
}

/// An event of a new operator, with empty data.
///
/// # Panics
/// When the type is not valid.
pub fn event(event_type: &str, severity: Severity) -> Event {
    Event {
        operator_id: OperatorId::generate(),
        id: EventId::generate(),
        event_type: event_type.try_into().expect("a type"),
        severity,
        timestamp: now(),
        data: "{}".into(),
        resource: None,
        project_id: None,
    }
}

/// A first attempt that was answered with this status.
pub fn attempt(status: u16) -> Attempt {
    Attempt {
        number: 1,
        at: from_millis(0),
        duration_ms: 5,
        status: Some(status),
        error: (status >= 300).then(|| format!("answered {status}")),
        fault: Fault::Receiver,
        response: None,
        note: None,
        signatures: BTreeMap::new(),
        response_headers: None,
    }
}
