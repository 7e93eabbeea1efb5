//! `POST /api/v1/notifications/send`: sends one notification to chosen providers at once.
//!
//! The notification is an event with deliveries in the log, like any other, with two differences. No rule applies to
//! it, and failures are not retried automatically: the caller learns the outcome of each delivery and may already have
//! sent it another way. A failed delivery is abandoned, and can be retried manually.

use std::{collections::HashMap, time::Duration};

use api::{ApiError, Body, Caller, envelope::ProvidersError, error::Result, idempotency, responses::providers::Errors};
use axum::{
    Json,
    http::{HeaderMap, StatusCode},
};
use domain::{
    ApiKind, Delivery, DeliveryId, Destination, DestinationId, Event, EventId,
    lifecycle::{Fate, Reason, Trigger},
    time::now,
};
use futures::future::{join_all, try_join};
use serde_json::Value;
use store::{
    events::Claim,
    partiql::{Written, soon},
    type_index,
};

use crate::{
    App, State,
    access::{FromPage, Managing},
    attempt::{Begun, Ended},
    notification::{NotificationToSend, ToSend},
    results::{SendResults, log, results},
};

/// The longest that a request can be in progress: the function's timeout.
const UNDER_WAY: Duration = Duration::from_secs(25);

/// Sends a notification to 1 to 20 providers at once.
///
/// Returns 200 if at least one provider accepted it, and 502 if none did. Failures are not retried automatically: they
/// are in the log, and `POST /v1/deliveries/{id}/retry` sends them again. A disabled provider gets the notification
/// when its deliveries are recovered.
///
/// With an `Idempotency-Key` header, a repeat within 24 h sends nothing and returns the results of the first request.
#[utoipa::path(
    post, path = "/api/v1/notifications/send", tag = "Providers", operation_id = "sendNotification",
    request_body = NotificationToSend,
    params(
        FromPage,
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 256 visible ASCII characters", min_length = 1,
            max_length = 256, pattern = "^[!-~]+$"),
    ),
    responses(
        (status = 200, body = SendResults), Errors,
        (status = 409, body = ProvidersError, description = "The key was used for another notification within 24 h, or its first request is under way"),
        (status = 422, body = ProvidersError, description = "Fields are wrong: `fields` names each"),
        (status = 502, body = SendResults, description = "No provider has taken it"),
        (status = 503, body = ProvidersError),
    )
)]
pub(crate) async fn send(
    app: State,
    Managing(caller): Managing,
    headers: HeaderMap,
    Body(body): Body<Value>,
) -> Result<(StatusCode, Json<SendResults>)> {
    let mut asked = ToSend::read(body.clone(), caller.operator_id(), caller.new_event_id())?;
    let repeat = match idempotency::key(&headers)? {
        Some(key) => app.claim(&caller, key, &mut asked, &body).await?,
        None => false,
    };
    let found = app.destinations.get_many(caller.operator_id(), asked.provider_ids.iter().copied());
    let found = async { Ok(found.await?) };
    let listed = async { if repeat { Ok(()) } else { app.list(&asked.event).await } };
    let (mut found, ()) = try_join(found, listed).await?;
    found.retain(|_, destination| destination.api == ApiKind::Providers);
    let rows = if repeat { app.logged(&asked).await? } else { app.send_all(&asked, &found).await? };
    let results = results(&asked.provider_ids, &found, &rows);
    log(caller.operator_id(), asked.event.id, &results);
    let status = if results.iter().any(|result| result.success) { StatusCode::OK } else { StatusCode::BAD_GATEWAY };
    Ok((status, Json(SendResults { results })))
}

impl App {
    /// Claims an idempotency key for a notification and returns whether the request is a repeat. A repeat gets the
    /// first request's id. Only the request that holds the claim sends.
    async fn claim(&self, caller: &Caller, key: &str, asked: &mut ToSend, body: &Value) -> Result<bool> {
        // Serializing the `Value` removes differences in formatting between requests.
        let fingerprint = body.to_string().into_bytes();
        let key = format!("send:{key}");
        match self.events.claim(caller.claims(), &key, asked.event.id, &fingerprint, now()).await? {
            Claim::New => Ok(false),
            // This request's own claim, whose answer was lost.
            Claim::Repeat(first) if first == asked.event.id => Ok(false),
            Claim::Repeat(first) => {
                asked.event.id = first;
                asked.event.timestamp = first.made_at();
                Ok(true)
            }
            Claim::OtherContent => Err(idempotency::conflict("This Idempotency-Key was used for another notification")),
        }
    }

    /// The deliveries of a notification in the log.
    async fn logged(&self, asked: &ToSend) -> Result<HashMap<DestinationId, Delivery>> {
        let id = asked.event.id;
        let rows = self.deliveries.get_many(asked.provider_ids.iter().map(|to| DeliveryId::new(*to, id))).await?;
        let open = rows.is_empty() || rows.iter().any(|row| row.reason == Some(Reason::Interrupted));
        if open && is_under_way(id) {
            let sentence = "The first request with this Idempotency-Key is under way; send the same again in a while.";
            return Err(ApiError::conflict("in_progress", sentence));
        }
        Ok(rows.into_iter().map(|row| (row.id.destination, row)).collect())
    }

    /// Sends a notification to the providers that exist, and returns each delivery as it ended.
    async fn send_all(
        &self,
        asked: &ToSend,
        found: &HashMap<DestinationId, Destination>,
    ) -> Result<HashMap<DestinationId, Delivery>> {
        let to = asked.provider_ids.iter().filter_map(|id| found.get(id));
        let begun: Vec<_> = to.map(|to| Begun::new(&asked.event, to)).collect();
        self.begin(&asked.event, &begun).await?;
        // Each delivery is recorded when it ends, so that a slow one does not delay the record of the others.
        let ended = begun.iter().map(async |begun| {
            let ended = self.attempt(&asked.event, begun).await;
            self.record(begun, &ended).await;
            self.follow_up(begun, &ended).await;
            (begun.to.id, ended.of(&begun.row))
        });
        Ok(join_all(ended).await.into_iter().collect())
    }

    /// Lists the event in the index by type. This comes before the event's own row: nothing would list it later if this
    /// request failed in between.
    async fn list(&self, event: &Event) -> Result<()> {
        let rows = type_index::rows([event]);
        let statements = rows.iter().map(|row| self.events.insert_types(row)).collect::<store::Result<_>>()?;
        written(event, self.deliveries.execute(statements, soon()).await)
    }

    /// Writes the event and its deliveries before anything is sent, so that the log has them even if this request
    /// fails.
    async fn begin(&self, event: &Event, begun: &[Begun<'_>]) -> Result<()> {
        // The event has no plan, so nothing is sent after this request.
        let mut statements = vec![self.events.insert(event, None)?];
        for begun in begun {
            statements.push(self.deliveries.insert(&begun.row)?);
        }
        // Only this request has these ids, so an existing row is from an earlier try of its own.
        written(event, self.deliveries.execute(statements, soon()).await)
    }

    /// Records the outcome of a delivery. If that fails, the delivery stays `interrupted`.
    async fn record(&self, begun: &Begun<'_>, ended: &Ended) {
        let statement = match ended {
            Ended::Attempted(attempt, next) => self.deliveries.record(&begun.row, 0, attempt, next),
            Ended::Stopped(next) => Ok(self.deliveries.change(&begun.row, next)),
        };
        let problem = match statement {
            Ok(statement) => {
                let written = self.deliveries.execute(vec![statement], soon()).await;
                written.into_iter().find_map(Written::failure)
            }
            Err(error) => Some(error.to_string()),
        };
        if let Some(problem) = problem {
            tracing::error!(delivery_id = %begun.row.id, problem, "outcome of a notification not recorded");
        }
    }
}

impl<'a> Begun<'a> {
    fn new(event: &Event, to: &'a Destination) -> Self {
        let id = DeliveryId::new(to.id, event.id);
        let row = Delivery::new(id, event.operator_id, &event.event_type, to.api, Fate::Send, now());
        // Until the attempt ends: a delivery whose request stops halfway stays interrupted.
        let next = row.after(&Trigger::Stopped(Reason::Interrupted));
        Self { to, row: row.changed(&next) }
    }
}

/// Refuses the request if a write failed before anything was sent.
fn written(event: &Event, outcomes: Vec<Written>) -> Result<()> {
    let Some(error) = outcomes.into_iter().find_map(Written::failure) else { return Ok(()) };
    tracing::error!(event_id = %event.id, error, "notification neither recorded nor sent");
    let sentence = "The notification was not sent; send it again, with another Idempotency-Key if it has one.";
    Err(ApiError::unavailable(sentence))
}

/// Whether the request that sends the notification may still be running.
fn is_under_way(id: EventId) -> bool {
    Duration::try_from(now().duration_since(id.made_at())).is_ok_and(|age| age < UNDER_WAY)
}
