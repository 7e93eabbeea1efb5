//! One attempt to send a notification to one provider, and its follow-up.

use domain::{
    Attempt, Delivery, DeliveryState, Destination, Event, Unhealthy,
    backoff::Schedule,
    delivery::{DESTINATION_DISABLED, NOT_SENT, SUPPRESSED},
    health,
    system_events::Mail,
};
use outbound::email::Envelope;
use service::sender::Attempted;

use crate::App;

/// A delivery whose attempt is about to start, and its row in the log until it ends.
pub(crate) struct Begun<'a> {
    pub(crate) to: &'a Destination,
    pub(crate) row: Delivery,
}

/// The outcome of a delivery.
pub(crate) enum Ended {
    Attempted(Attempt),
    /// Nothing was sent, for this reason. The delivery is held until it is recovered.
    Held(&'static str),
    /// Nothing was sent, for this reason.
    Not(&'static str),
}

impl Ended {
    /// The delivery after this outcome.
    pub(crate) fn of(&self, row: &Delivery) -> Delivery {
        let (state, reason, attempts) = match self {
            Self::Attempted(attempt) if attempt.succeeded() => (DeliveryState::Succeeded, None, vec![attempt.clone()]),
            Self::Attempted(attempt) => (DeliveryState::Abandoned, None, vec![attempt.clone()]),
            Self::Held(reason) => (DeliveryState::Held, Some(*reason), vec![]),
            Self::Not(reason) => (DeliveryState::Abandoned, Some(*reason), vec![]),
        };
        Delivery { state, reason: reason.map(str::to_owned), attempts, ..row.clone() }
    }
}

impl App {
    /// Makes the attempt, unless the provider is disabled or all of its addresses are suppressed.
    pub(crate) async fn attempt(&self, event: &Event, Begun { to, row }: &Begun<'_>) -> Ended {
        if to.disabled {
            return Ended::Held(DESTINATION_DISABLED);
        }
        let held_back = match self.service.suppressions().of(to).await {
            Ok(held_back) => held_back,
            Err(error) => {
                tracing::error!(delivery_id = %row.id, %error, "suppressions could not be read");
                return Ended::Not(NOT_SENT);
            }
        };
        if held_back.wholly().is_some() {
            return Ended::Not(SUPPRESSED);
        }
        let envelope = Envelope::from((row.id, &event.event_type));
        let attempted = Attempted { to, event, envelope, held_back: &held_back, number: 1 };
        Ended::Attempted(self.service.sender().send(attempted).await.attempt)
    }

    /// Emits the events about a mail, and marks the provider as unhealthy if it is gone or can never be reached.
    /// Failures are only logged, because they do not change the outcome of the notification.
    pub(crate) async fn follow_up(&self, Begun { to, row }: &Begun<'_>, ended: &Ended) {
        let Ended::Attempted(attempt) = ended else { return };
        if to.kind.is_mail() {
            let mail = Mail::of(row.id, &row.event_type, row.operator_id, Some(to));
            self.service.note_mail(&mail, attempt).await;
        }
        // A single attempt is the first of its round, so it breaks health only if no other attempt could succeed.
        if !health::breaks(&Schedule::default(), &[attempt]) {
            return;
        }
        let reason = attempt.error.as_deref().unwrap_or_default();
        let unhealthy = Unhealthy::new(attempt.at, reason, Some(row.id));
        match self.health.mark(row.operator_id, to.id, &unhealthy, Some(attempt)).await {
            Ok(true) => {}
            Ok(false) => tracing::error!(destination_id = %to.id, "reporting an unhealthy provider failed"),
            Err(error) => tracing::error!(destination_id = %to.id, %error, "health was not marked"),
        }
    }
}
