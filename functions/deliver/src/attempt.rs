//! One attempt of one delivery.

use domain::{
    Attempt, ChannelType, Delivery, Destination, Event, delivery::DESTINATION_DELETED, message::Job, payload, time::now,
};
use outbound::{Answer, webhook::Request};
use store::worklist::Worklist;

use crate::App;

/// What an attempt needs, or why none can be made.
pub(crate) enum Ready<'a> {
    Send {
        destination: &'a Destination,
        event: &'a Event,
    },
    /// The delivery ends here, with this reason.
    Never(&'static str),
}

/// Looks what the delivery needs up in the rows of its batch.
pub(crate) fn ready<'a>(job: &Job, rows: &'a Worklist) -> Ready<'a> {
    let destination = rows.destinations.get(&job.delivery_id.destination);
    let event = rows.events.get(&job.delivery_id.event);
    match (destination, event) {
        (None, _) => Ready::Never(DESTINATION_DELETED),
        (_, None) => Ready::Never("event_expired"),
        (Some(destination), _) if destination.channel_type != ChannelType::Webhook => {
            Ready::Never("channel_not_supported")
        }
        (Some(destination), Some(event)) => Ready::Send { destination, event },
    }
}

impl App {
    /// Makes the attempt. It never fails: what goes wrong, on our side too, is a failed attempt and walks the backoff.
    pub(crate) async fn attempt(&self, job: &Job, destination: &Destination, event: &Event) -> Answer {
        let prepared = match self.vault.signing_secrets(destination, now()).await {
            Ok(secrets) => payload::stack(event).map(|body| (secrets, body)).map_err(|e| e.to_string()),
            Err(error) => Err(error.to_string()),
        };
        let (secrets, body) = match prepared {
            Ok(prepared) => prepared,
            Err(error) => {
                tracing::error!(delivery_id = %job.delivery_id, error, "an attempt could not be made");
                return ours(job.attempt);
            }
        };
        let id = job.delivery_id.to_string();
        let request = Request { url: &destination.destination, id: &id, body, secrets: &secrets };
        self.webhooks.send(request, job.attempt).await
    }
}

/// An attempt that failed before anything was sent. The cause is in the log, where operators do not see it.
fn ours(number: u32) -> Answer {
    let error = Some("could not be signed: the fault is on our side".to_owned());
    let attempt = Attempt { number, at: now(), duration_ms: 0, status: None, error, response: None };
    Answer { attempt, retry_after: None }
}

/// One log line and the metrics of an attempt that is recorded.
pub(crate) fn log(row: &Delivery, event: &Event, attempt: &Attempt, state: &'static str) {
    let age_ms = now().duration_since(event.id.made_at()).as_millis();
    tracing::info!(
        delivery_id = %row.id,
        event_id = %row.id.event,
        operator_id = %row.operator_id,
        destination_id = %row.id.destination,
        attempt = attempt.number,
        status = attempt.status,
        duration_ms = attempt.duration_ms,
        error = attempt.error,
        state,
        age_ms = age_ms as i64,
        "attempt"
    );
    metrics::counter!("deliveries", "kind" => "webhook", "outcome" => state).increment(1);
    metrics::histogram!("attempt_ms", "kind" => "webhook").record(attempt.duration_ms as f64);
    if attempt.succeeded() {
        metrics::histogram!("event_age_ms", "kind" => "webhook").record(age_ms as f64);
    }
}
