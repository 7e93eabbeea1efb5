//! Test notifications.

use api::{ApiError, error::Result};
use axum::{Json, http::StatusCode};
use domain::{
    ChannelType, Destination, Event, EventId, EventType, MessageId, Severity,
    destination::Suppression,
    journal::Mail,
    time::{now, rfc3339},
};
use outbound::email::Envelope;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    Upkeep,
    messages::{self, mailed},
    webhook::{Purpose, predicate},
};

/// What became of a test notification.
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

impl Upkeep {
    /// Sends a test notification: 200 when it was taken, 502 when not.
    ///
    /// # Errors
    /// A 400 when the destination is not verified.
    pub async fn test(&self, destination: &Destination) -> Result<(StatusCode, Json<TestResult>)> {
        if !destination.verified() {
            let sentence = "This destination is not verified; verify it before you test it.";
            return Err(ApiError::bad_request("destination_unverified", sentence));
        }
        let service = match destination.channel_type {
            ChannelType::Webhook => return self.test_webhook(destination).await,
            ChannelType::Email => "SES",
            ChannelType::Sms => "SNS",
        };
        if let Some(suppression) = self.suppression(destination).await? {
            return Ok(TestResult::not_taken(suppressed(&suppression)));
        }
        let event = test_event(destination);
        let carriers = (&self.mailer, &self.texter);
        let message_id = MessageId::generate(destination.id);
        let answer = messages::notify(carriers, destination, &event, Envelope::of(message_id), 1).await;
        let attempt = answer.ok_or_else(|| ApiError::internal("a kind without a carrier"))?.attempt;
        if destination.channel_type == ChannelType::Email {
            self.journal.note(mailed(&Mail::other(message_id, destination, "test"), &attempt)).await;
        }
        Ok(match attempt.error {
            None => {
                let id = attempt.response.unwrap_or_default();
                TestResult::taken(format!(
                    "{service} took the message for {}; its id is {id}.",
                    destination.destination
                ))
            }
            Some(error) => TestResult::not_taken(format!("The message was not taken: {error}.")),
        })
    }

    async fn test_webhook(&self, destination: &Destination) -> Result<(StatusCode, Json<TestResult>)> {
        let attempt = self.probe(destination, Purpose::Test).await?.attempt;
        Ok(match (attempt.error, attempt.status) {
            (None, status) => TestResult::taken(format!("The endpoint answered {}.", status.unwrap_or_default())),
            (Some(error), _) => TestResult::not_taken(format!("The endpoint {}.", predicate(&error))),
        })
    }

    /// Why nothing is mailed to a destination, if that is so.
    pub(crate) async fn suppression(&self, destination: &Destination) -> Result<Option<Suppression>> {
        if destination.channel_type != ChannelType::Email {
            return Ok(None);
        }
        Ok(self.suppressions.get(destination.operator_id, &destination.uniqueness_key).await?)
    }
}

fn suppressed(suppression: &Suppression) -> String {
    format!(
        "Nothing is mailed to this address since a {} at {} ({}); verify it again with POST …/send-code and POST …/verify.",
        suppression.reason,
        rfc3339(suppression.since),
        suppression.detail
    )
}

fn test_event(destination: &Destination) -> Event {
    let id = EventId::generate();
    Event {
        operator_id: destination.operator_id,
        id,
        event_type: EventType::test(),
        severity: Severity::Info,
        timestamp: id.made_at(),
        data: serde_json::json!({
            "message": "This is a test notification. Whatever your rules send here will look like this.",
            "sent_at": rfc3339(now()),
        })
        .to_string(),
        resource: None,
        project_id: None,
    }
}
