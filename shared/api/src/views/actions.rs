//! What verifying, testing, recovering and rotating return, for every API.

use axum::{Json, http::StatusCode};
use domain::{ApiKind, Attempt, DeliveryId, Destination, Kind, destination::Suppression, time::rfc3339};
use serde::Serialize;
use service::{recovery, testing::Tested, verification};
use utoipa::ToSchema;

use crate::attempt_text::{predicate, returned};

/// Confirmation that a code was sent.
#[derive(Debug, Serialize, ToSchema)]
pub struct CodeSent {
    /// Always true.
    sent: bool,
    /// Until when the code is good.
    #[schema(example = "2026-04-15T10:10:00.000Z")]
    expires_at: String,
}

impl From<verification::CodeSent> for CodeSent {
    fn from(sent: verification::CodeSent) -> Self {
        Self { sent: true, expires_at: rfc3339(sent.expires_at) }
    }
}

/// Confirmation that a destination is verified.
#[derive(Debug, Serialize, ToSchema)]
pub struct Verified {
    /// Always true.
    verified: bool,
}

impl Verified {
    /// The only value.
    pub const YES: Self = Self { verified: true };
}

/// How many deliveries are on their way again.
#[derive(Debug, Serialize, ToSchema)]
pub struct Recovered {
    /// How many this request has sent.
    recovered: usize,
    /// Whether more may follow; if so, send the request again.
    more: bool,
}

impl From<recovery::Recovered> for Recovered {
    fn from(of: recovery::Recovered) -> Self {
        Self { recovered: of.count, more: of.more }
    }
}

/// The outcome of a test notification.
#[derive(Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct TestResult {
    /// Whether the destination took it.
    success: bool,
    /// How it answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// Why it did not accept it.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    /// The status of the answer, if there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    /// The first 1 KiB of the answer's body.
    #[serde(skip_serializing_if = "Option::is_none")]
    response: Option<String>,
    /// The test in the log of deliveries: GET /v1/deliveries/{id}.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "dlv_01JRX2Q0Z8K5V3M7N9P4T6W8YB01JRX2Q0Z8K5V3M7N9P4T6W8YC")]
    delivery_id: Option<String>,
}

impl TestResult {
    /// The answer to a test: 200 if the destination accepted it, 502 if not.
    pub fn answer(destination: &Destination, tested: &Tested) -> (StatusCode, Json<Self>) {
        match tested {
            Tested::Suppressed(suppression) => {
                let error = Some(suppressed(destination.kind, suppression));
                (StatusCode::BAD_GATEWAY, Json(Self { error, ..Self::default() }))
            }
            Tested::Attempted { attempt, delivery_id } => {
                let answer = Self::of(attempt, *delivery_id);
                match &attempt.error {
                    Some(error) => {
                        let error = Some(rejected(destination, error));
                        (StatusCode::BAD_GATEWAY, Json(Self { error, ..answer }))
                    }
                    None => {
                        let detail = Some(accepted(destination, attempt));
                        (StatusCode::OK, Json(Self { success: true, detail, ..answer }))
                    }
                }
            }
        }
    }

    fn of(attempt: &Attempt, delivery_id: Option<DeliveryId>) -> Self {
        Self {
            status: attempt.status,
            response: attempt.response.clone(),
            delivery_id: delivery_id.map(|id| id.to_string()),
            ..Self::default()
        }
    }
}

/// Describes how a destination accepted a test.
fn accepted(destination: &Destination, attempt: &Attempt) -> String {
    let id = attempt.response.as_deref().unwrap_or_default();
    let to = &destination.destination;
    match destination.kind {
        Kind::Webhook => format!("The endpoint answered {}.", attempt.status.unwrap_or_default()),
        Kind::Email | Kind::OpsEmail => format!("SES accepted the message for {to}; its id is {id}."),
        Kind::Sms => format!("SNS accepted the message for {to}; its id is {id}."),
        kind => format!("Test message sent to {}.", kind.title()),
    }
}

fn rejected(destination: &Destination, error: &str) -> String {
    if destination.api == ApiKind::Providers && error.starts_with("answered ") {
        return returned(destination.kind.title(), error);
    }
    match destination.kind {
        Kind::Webhook => format!("The endpoint {}.", predicate(error)),
        Kind::Email | Kind::OpsEmail | Kind::Sms => format!("The message was not accepted: {error}."),
        kind => format!("{} {}.", kind.title(), predicate(error)),
    }
}

fn suppressed(kind: Kind, suppression: &Suppression) -> String {
    let Suppression { reason, detail, address, .. } = suppression;
    let since = rfc3339(suppression.since);
    let remedy = match kind {
        Kind::OpsEmail => format!("lift that with DELETE /mail/suppressions/{address}, or change the addresses"),
        _ => "verify it again with POST …/send-code and POST …/verify".to_owned(),
    };
    format!("Mail to this address is suppressed since a {reason} at {since} ({detail}); {remedy}.")
}
