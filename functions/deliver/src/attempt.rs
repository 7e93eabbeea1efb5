//! One attempt of one delivery.

use domain::{
    Attempt, Delivery, Destination, Event, Kind,
    delivery::DESTINATION_DELETED,
    destination::{HeldBack, Suppression},
    message::Job,
    time::now,
};
use outbound::{Answer, email::Envelope};
use store::worklist::Worklist;
use upkeep::sender::Attempted;

use crate::App;

/// What an attempt needs, or why none can be made.
pub(crate) enum Ready<'a> {
    Send {
        destination: &'a Destination,
        event: &'a Event,
        /// Which of a team's addresses are left out.
        held_back: HeldBack,
    },
    /// The delivery ends here, with this reason.
    Never(&'static str),
    /// So it does, because nothing is mailed to the address.
    Suppressed { destination: &'a Destination, suppression: Suppression },
    /// It waits until its destination is switched on and recovered.
    Off,
}

/// Looks what the delivery needs up in the rows of its batch.
pub(crate) fn ready<'a>(job: &Job, rows: &'a Worklist) -> Ready<'a> {
    let destination = rows.destinations.get(&job.delivery_id.destination);
    let event = rows.events.get(&job.delivery_id.event);
    match (destination, event) {
        (None, _) => Ready::Never(DESTINATION_DELETED),
        (_, None) => Ready::Never("event_expired"),
        (Some(destination), _) if destination.disabled => Ready::Off,
        (Some(destination), Some(event)) => {
            let held_back = rows.held_back(destination);
            match held_back.wholly() {
                Some(suppression) => Ready::Suppressed { destination, suppression: suppression.clone() },
                None => Ready::Send { destination, event, held_back },
            }
        }
    }
}

impl App {
    /// Makes the attempt. It never fails: what goes wrong, on our side too, is a failed attempt and walks the backoff.
    pub(crate) async fn attempt(&self, job: &Job, to: &Destination, event: &Event, held_back: &HeldBack) -> Answer {
        let envelope = Envelope::from((job.delivery_id, &event.event_type));
        self.sender.send(Attempted { to, event, envelope, held_back, number: job.attempt }).await
    }
}

/// One log line and the metrics of an attempt that is recorded.
pub(crate) fn log(row: &Delivery, kind: Kind, event: &Event, attempt: &Attempt, state: &'static str) {
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
