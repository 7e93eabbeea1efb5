//! `POST /api/v1/notifications/send`: one notification to chosen providers, at once.
//!
//! It is an event and its deliveries like any other in the log, but for two things: no rule has a say in it, and nothing is
//! tried again by itself, since the caller is told how each ended and may have sent it another way by then. What failed is
//! abandoned, and can be sent again by hand.

use std::collections::HashMap;

use api::{ApiError, Body, Caller, envelope::ProvidersError, error::Result};
use axum::{Json, http::StatusCode};
use domain::{
    Attempt, Delivery, DeliveryId, DeliveryState, Destination, DestinationId, Event, Face, Kind,
    delivery::{DESTINATION_DISABLED, INTERRUPTED, SUPPRESSED, Verdict},
    fanout::Fate,
    journal::Mail,
    time::now,
};
use futures::future::join_all;
use outbound::email::Envelope;
use serde::Serialize;
use serde_json::Value;
use store::partiql::Written;
use upkeep::sender::Attempted;
use utoipa::ToSchema;

use crate::{
    App, State,
    access::Managing,
    notification::{NotificationToSend, ToSend},
};

/// How each provider took a notification, in the order in which they were asked.
#[derive(Serialize, ToSchema)]
pub(crate) struct SendResults {
    results: Vec<SendResult>,
}

/// How one provider took a notification.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SendResult {
    /// Which provider.
    provider_id: String,
    /// Of which kind it is; null when there is none of this id.
    kind: Option<Kind>,
    /// Whether it took it.
    success: bool,
    /// The platform's id of the message; where it gives none, the kind and the time.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "slack-1714000000000")]
    provider_message_id: Option<String>,
    /// Why it did not take it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Webhook answered 500 Internal Server Error")]
    error: Option<String>,
    /// The delivery in the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    delivery_id: Option<String>,
}

/// A delivery that is about to be made, as the log has it until it ends.
struct Begun<'a> {
    to: &'a Destination,
    row: Delivery,
}

/// How a delivery ended.
enum Ended {
    Attempted(Attempt),
    /// Nothing was sent: the reason for the log, and what the caller is told.
    Not(&'static str, String),
}

/// Sends a notification to 1 to 20 providers at once.
///
/// 200 when at least one has taken it, 502 when none has. Nothing is tried again by itself: what failed is in the log, and
/// can be sent again by `POST /v1/deliveries/{id}/retry`. A provider that is not enabled gets it when it is recovered.
#[utoipa::path(
    post, path = "/api/v1/notifications/send", tag = "Providers", operation_id = "sendNotification",
    request_body = NotificationToSend,
    params(("X-Requested-With" = String, Header, description = "`XMLHttpRequest`")),
    responses(
        (status = 200, body = SendResults), (status = 400, body = ProvidersError), (status = 401, body = ProvidersError),
        (status = 403, body = ProvidersError),
        (status = 422, body = ProvidersError, description = "Fields are wrong: `fields` names each"),
        (status = 502, body = SendResults, description = "No provider has taken it"),
        (status = 503, body = ProvidersError),
    )
)]
pub(crate) async fn send(
    app: State,
    Managing(caller): Managing,
    Body(body): Body<Value>,
) -> Result<(StatusCode, Json<SendResults>)> {
    let asked = ToSend::read(body, caller.operator_id())?;
    let mut found = app.destinations.get_many(caller.operator_id(), asked.provider_ids.iter().copied()).await?;
    found.retain(|_, destination| destination.face == Face::Providers);
    let begun = app.begin(&asked.event, &asked.provider_ids, &found).await?;
    let ended = join_all(begun.iter().map(|begun| app.end(&asked.event, begun))).await;
    app.record(&begun, &ended).await;
    let results = results(&caller, &asked, &begun, &ended);
    let status = if results.iter().any(|result| result.success) { StatusCode::OK } else { StatusCode::BAD_GATEWAY };
    Ok((status, Json(SendResults { results })))
}

impl App {
    /// Writes the event and a delivery for each provider that there is, before anything is sent: whatever becomes of this
    /// request, the log knows of it.
    async fn begin<'a>(
        &self,
        event: &Event,
        ids: &[DestinationId],
        found: &'a HashMap<DestinationId, Destination>,
    ) -> Result<Vec<Begun<'a>>> {
        let begun: Vec<_> = ids.iter().filter_map(|id| found.get(id)).map(|to| Begun::new(event, to)).collect();
        let mut statements = vec![self.events.insert(event)?];
        for begun in &begun {
            statements.push(self.deliveries.insert(&begun.row)?);
        }
        let written = self.deliveries.execute(statements).await?;
        match written.iter().find(|written| **written != Written::Yes) {
            None => Ok(begun),
            Some(failed) => {
                tracing::error!(event_id = %event.id, ?failed, "a notification was not recorded, and not sent");
                Err(ApiError::unavailable("The notification was not sent; send the same request again."))
            }
        }
    }

    async fn end(&self, event: &Event, Begun { to, row }: &Begun<'_>) -> Ended {
        if to.disabled {
            let sentence = "is not enabled; enable it and recover what it has missed";
            return Ended::Not(DESTINATION_DISABLED, sentence.to_owned());
        }
        let suppressed = match self.upkeep.suppressions().of(to).await {
            Ok(suppressed) => suppressed,
            Err(error) => {
                tracing::error!(delivery_id = %row.id, %error, "suppressions could not be read");
                return Ended::Not(INTERRUPTED, "could not be reached: the fault is on our side".to_owned());
            }
        };
        if let Some(suppression) = suppressed.wholly() {
            let sentence = format!("is not mailed to since a {}: {}", suppression.reason, suppression.detail);
            return Ended::Not(SUPPRESSED, sentence);
        }
        let envelope = Envelope::from((row.id, &event.event_type));
        let attempted = Attempted { to, event, envelope, suppressed: &suppressed, number: 1 };
        Ended::Attempted(self.upkeep.sender().send(attempted).await.attempt)
    }

    /// Records how all ended, and tells of the mails among them. What cannot be recorded stays `interrupted`.
    async fn record(&self, begun: &[Begun<'_>], ended: &[Ended]) {
        let statement = |(Begun { row, .. }, ended): (&Begun<'_>, &Ended)| match ended {
            Ended::Attempted(attempt) => {
                let state = if attempt.succeeded() { DeliveryState::Succeeded } else { DeliveryState::Abandoned };
                self.deliveries.record(row, attempt, &Verdict { state, next_attempt_at: None })
            }
            Ended::Not(DESTINATION_DISABLED, _) => Ok(self.deliveries.hold(row, DESTINATION_DISABLED)),
            Ended::Not(reason, _) => Ok(self.deliveries.abandon(row, reason)),
        };
        let statements = begun.iter().zip(ended).map(statement).collect::<store::Result<Vec<_>>>();
        let written = match statements {
            Ok(statements) => self.deliveries.execute(statements).await,
            Err(error) => Err(error),
        };
        match written {
            Ok(written) => {
                for failed in written.iter().filter(|written| **written != Written::Yes) {
                    tracing::error!(?failed, "how a notification ended was not recorded");
                }
            }
            Err(error) => tracing::error!(%error, "how notifications ended was not recorded"),
        }
        let told = begun.iter().zip(ended).filter_map(|(begun, ended)| match ended {
            Ended::Attempted(attempt) if begun.to.kind.is_mail() => Some((begun, attempt)),
            _ => None,
        });
        for (Begun { to, row }, attempt) in told {
            let mail = Mail::of(row.id, &row.event_type, row.operator_id, Some(to));
            self.upkeep.note_mail(&mail, attempt).await;
        }
    }
}

impl<'a> Begun<'a> {
    fn new(event: &Event, to: &'a Destination) -> Self {
        let id = DeliveryId::new(to.id, event.id);
        let row = Delivery::new(event, id, to.face, Fate::Send, now());
        Self { to, row: Delivery { state: DeliveryState::Abandoned, reason: Some(INTERRUPTED.to_owned()), ..row } }
    }
}

/// One result for each provider that was asked, in that order, and a log line for each that has failed.
fn results(caller: &Caller, asked: &ToSend, begun: &[Begun<'_>], ended: &[Ended]) -> Vec<SendResult> {
    let result = |id: &DestinationId| {
        let provider_id = id.uuid().to_string();
        let Some((Begun { to, row }, ended)) = begun.iter().zip(ended).find(|(begun, _)| begun.to.id == *id) else {
            let error = "There is no provider with this id; it may have been deleted.".to_owned();
            return SendResult::failed(provider_id, None, error);
        };
        let delivery_id = Some(row.id.to_string());
        match ended {
            Ended::Attempted(attempt) if attempt.succeeded() => SendResult {
                provider_id,
                kind: Some(to.kind),
                success: true,
                provider_message_id: Some(message_id(to, attempt)),
                error: None,
                delivery_id,
            },
            Ended::Attempted(attempt) => {
                let error = attempt.error.as_deref().unwrap_or_default();
                let error = if error.starts_with("answered ") { error.to_owned() } else { format!("failed: {error}") };
                SendResult {
                    delivery_id,
                    ..SendResult::failed(provider_id, Some(to.kind), format!("{} {error}", to.kind.title()))
                }
            }
            Ended::Not(_, sentence) => {
                let error = format!("This provider {sentence}.");
                SendResult { delivery_id, ..SendResult::failed(provider_id, Some(to.kind), error) }
            }
        }
    };
    let results: Vec<_> = asked.provider_ids.iter().map(result).collect();
    for failed in results.iter().filter(|result| !result.success) {
        tracing::warn!(
            operator_id = %caller.operator_id(),
            event_id = %asked.event.id,
            provider_id = failed.provider_id,
            delivery_id = failed.delivery_id,
            error = failed.error,
            "delivery_failed"
        );
    }
    results
}

impl SendResult {
    fn failed(provider_id: String, kind: Option<Kind>, error: String) -> Self {
        Self { provider_id, kind, success: false, provider_message_id: None, error: Some(error), delivery_id: None }
    }
}

/// The platform's own id of a message, where it gives one. A webhook's answer is none.
fn message_id(to: &Destination, attempt: &Attempt) -> String {
    match &attempt.response {
        Some(id) if to.kind != Kind::Webhook => id.clone(),
        _ => format!("{}-{}", to.kind, attempt.at.as_millisecond()),
    }
}
