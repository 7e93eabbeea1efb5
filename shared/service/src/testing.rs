//! Test notifications.

use api::{ApiError, error::Result};
use axum::{Json, http::StatusCode};
use domain::{
    ApiKind, Attempt, Destination, Kind, MessageId,
    destination::Suppression,
    system_events::Mail,
    time::{now, rfc3339},
};
use outbound::email::Envelope;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    DestinationService,
    messages::mailed,
    probe::{self, predicate, returned},
    sender::Attempted,
};

/// The outcome of a test notification.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct TestResult {
    /// Whether the destination took it.
    success: bool,
    /// How it answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// Why it did not take it.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

impl TestResult {
    fn taken(detail: String) -> (StatusCode, Json<Self>) {
        (StatusCode::OK, Json(Self { success: true, detail: Some(detail), error: None }))
    }

    fn not_taken(error: String) -> (StatusCode, Json<Self>) {
        (StatusCode::BAD_GATEWAY, Json(Self { success: false, detail: None, error: Some(error) }))
    }
}

impl DestinationService {
    /// Sends a test notification. Returns 200 if the destination accepted it, 502 if not.
    ///
    /// # Errors
    /// A 400 if the destination is not verified.
    pub async fn test(&self, destination: &Destination) -> Result<(StatusCode, Json<TestResult>)> {
        if !destination.verified() {
            let sentence = "This destination is not verified; verify it before you test it.";
            return Err(ApiError::bad_request("destination_unverified", sentence));
        }
        let held_back = self.suppressions.of(destination).await?;
        if let Some(suppression) = held_back.wholly() {
            return Ok(TestResult::not_taken(suppression_sentence(destination.kind, suppression)));
        }
        let event = probe::test(destination);
        let message_id = MessageId::generate(destination.id);
        let envelope = Envelope::of(message_id);
        let attempted = Attempted { to: destination, event: &event, envelope, held_back: &held_back, number: 1 };
        let attempt = self.sender.send(attempted).await.attempt;
        if destination.kind.is_mail() {
            self.system_events.note(mailed(&Mail::other(message_id, destination, "test"), &attempt)).await;
        }
        Ok(match &attempt.error {
            None => TestResult::taken(taken(destination, &attempt)),
            Some(error) => TestResult::not_taken(not_taken(destination, error)),
        })
    }

    /// Sends a test notification. If an unhealthy destination accepts it, the destination becomes healthy.
    ///
    /// # Errors
    /// As [`DestinationService::test`].
    pub async fn test_and_heal(&self, destination: &Destination) -> Result<(StatusCode, Json<TestResult>)> {
        let tested = self.test(destination).await?;
        if tested.1.success && destination.unhealthy.is_some() {
            self.destinations.set_verified(destination.operator_id, destination.id, now()).await?;
        }
        Ok(tested)
    }

    /// Returns the suppression that keeps mail from a destination, if there is one.
    pub(crate) async fn suppression(&self, destination: &Destination) -> Result<Option<Suppression>> {
        if destination.kind != Kind::Email {
            return Ok(None);
        }
        Ok(self.suppressions.get(destination.operator_id, &destination.uniqueness_key).await?)
    }
}

/// Describes how a destination accepted a test.
fn taken(destination: &Destination, attempt: &Attempt) -> String {
    let id = attempt.response.as_deref().unwrap_or_default();
    let to = &destination.destination;
    match destination.kind {
        Kind::Webhook => format!("The endpoint answered {}.", attempt.status.unwrap_or_default()),
        Kind::Email | Kind::OpsEmail => format!("SES took the message for {to}; its id is {id}."),
        Kind::Sms => format!("SNS took the message for {to}; its id is {id}."),
        kind => format!("Test message sent to {}.", kind.title()),
    }
}

fn not_taken(destination: &Destination, error: &str) -> String {
    if destination.api == ApiKind::Providers && error.starts_with("answered ") {
        return returned(destination.kind.title(), error);
    }
    match destination.kind {
        Kind::Webhook => format!("The endpoint {}.", predicate(error)),
        Kind::Email | Kind::OpsEmail | Kind::Sms => format!("The message was not taken: {error}."),
        kind => format!("{} {}.", kind.title(), predicate(error)),
    }
}

fn suppression_sentence(kind: Kind, suppression: &Suppression) -> String {
    let Suppression { reason, detail, address, .. } = suppression;
    let since = rfc3339(suppression.since);
    let remedy = match kind {
        Kind::OpsEmail => format!("lift that with DELETE /mail/suppressions/{address}, or change the addresses"),
        _ => "verify it again with POST …/send-code and POST …/verify".to_owned(),
    };
    format!("Nothing is mailed to this address since a {reason} at {since} ({detail}); {remedy}.")
}
