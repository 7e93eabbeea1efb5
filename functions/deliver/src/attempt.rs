//! One attempt of one delivery.

use domain::{
    Attempt, ChannelType, Delivery, Destination, Event, delivery::DESTINATION_DELETED, destination::Suppression,
    message::Job, payload, time::now,
};
use outbound::{Answer, email::Envelope, webhook::Request};
use store::worklist::Worklist;
use upkeep::messages;

use crate::App;

/// What an attempt needs, or why none can be made.
pub(crate) enum Ready<'a> {
    Send {
        destination: &'a Destination,
        event: &'a Event,
    },
    /// The delivery ends here, with this reason.
    Never(&'static str),
    /// So it does, because nothing is mailed to the address.
    Suppressed {
        destination: &'a Destination,
        suppression: &'a Suppression,
    },
}

/// Looks what the delivery needs up in the rows of its batch.
pub(crate) fn ready<'a>(job: &Job, rows: &'a Worklist) -> Ready<'a> {
    let destination = rows.destinations.get(&job.delivery_id.destination);
    let event = rows.events.get(&job.delivery_id.event);
    match (destination, event) {
        (None, _) => Ready::Never(DESTINATION_DELETED),
        (_, None) => Ready::Never("event_expired"),
        (Some(destination), Some(event)) => match rows.suppression(destination) {
            Some(suppression) => Ready::Suppressed { destination, suppression },
            None => Ready::Send { destination, event },
        },
    }
}

impl App {
    /// Makes the attempt. It never fails: what goes wrong, on our side too, is a failed attempt and walks the backoff.
    pub(crate) async fn attempt(&self, job: &Job, destination: &Destination, event: &Event) -> Answer {
        let carriers = (&self.mailer, &self.texter);
        let envelope = Envelope::from((job.delivery_id, &event.event_type));
        match messages::notify(carriers, destination, event, envelope, job.attempt).await {
            Some(answer) => answer,
            None => self.attempt_webhook(job, destination, event).await,
        }
    }

    async fn attempt_webhook(&self, job: &Job, destination: &Destination, event: &Event) -> Answer {
        let prepared = match self.vault.signing_secrets(destination, now()).await {
            Ok(secrets) => payload::of(destination.face, event).map(|body| (secrets, body)).map_err(|e| e.to_string()),
            Err(error) => Err(error.to_string()),
        };
        let (secrets, body) = match prepared {
            Ok(prepared) => prepared,
            Err(error) => {
                // The cause is in the log, where operators do not see it.
                tracing::error!(delivery_id = %job.delivery_id, error, "an attempt could not be made");
                return Answer::not_sent(job.attempt, "could not be signed: the fault is on our side");
            }
        };
        let id = job.delivery_id.to_string();
        let (url, face) = (&*destination.destination, destination.face);
        let request = Request { url, face, id: &id, body, secrets: &secrets };
        self.webhooks.send(request, job.attempt).await
    }
}

/// One log line and the metrics of an attempt that is recorded.
pub(crate) fn log(row: &Delivery, kind: ChannelType, event: &Event, attempt: &Attempt, state: &'static str) {
    let age_ms = now().duration_since(event.id.made_at()).as_millis();
    let kind = kind.as_str();
    tracing::info!(
        delivery_id = %row.id,
        event_id = %row.id.event,
        operator_id = %row.operator_id,
        destination_id = %row.id.destination,
        kind,
        attempt = attempt.number,
        status = attempt.status,
        duration_ms = attempt.duration_ms,
        error = attempt.error,
        state,
        age_ms = age_ms as i64,
        "attempt"
    );
    metrics::counter!("deliveries", "kind" => kind, "outcome" => state).increment(1);
    metrics::histogram!("attempt_ms", "kind" => kind).record(attempt.duration_ms as f64);
    if attempt.succeeded() {
        metrics::histogram!("event_age_ms", "kind" => kind).record(age_ms as f64);
    }
}
