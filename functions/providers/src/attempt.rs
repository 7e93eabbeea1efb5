//! One attempt to send a notification to one provider, and its follow-up.

use domain::{
    Attempt, Delivery, Destination, Event, Unhealthy,
    backoff::Schedule,
    health,
    lifecycle::{Reason, Retry, Transition, Trigger},
    system_events::Mail,
    time::now,
};
use outbound::email::Envelope;
use service::{health::Completion, sender::Attempted};

use crate::App;

/// A delivery whose attempt is about to start, and its row in the log until it ends.
pub(crate) struct Begun<'a> {
    pub(crate) to: &'a Destination,
    pub(crate) row: Delivery,
}

/// The outcome of a delivery.
pub(crate) enum Ended {
    /// An attempt was made, and this follows.
    Attempted(Attempt, Transition),
    /// Nothing was sent, and the delivery ends or is held.
    Stopped(Transition),
}

impl Ended {
    /// The delivery after this outcome.
    pub(crate) fn of(&self, row: &Delivery) -> Delivery {
        match self {
            Self::Attempted(attempt, next) => row.attempted(0, attempt, next),
            Self::Stopped(next) => row.changed(next),
        }
    }
}

impl App {
    /// Makes the attempt, unless the provider is disabled or all of its addresses are suppressed.
    pub(crate) async fn attempt(&self, event: &Event, Begun { to, row }: &Begun<'_>) -> Ended {
        let stopped = |reason| Ended::Stopped(row.after(&Trigger::Stopped(reason)));
        if to.disabled {
            return stopped(Reason::DestinationDisabled);
        }
        let held_back = match self.service.suppressions().of(to).await {
            Ok(held_back) => held_back,
            Err(error) => {
                tracing::error!(delivery_id = %row.id, %error, "suppressions could not be read");
                return stopped(Reason::NotSent);
            }
        };
        if held_back.wholly().is_some() {
            return stopped(Reason::Suppressed);
        }
        let envelope = Envelope::from((row.id, &event.event_type));
        let attempted = Attempted { to, event, envelope, held_back: &held_back, number: 1 };
        let attempt = self.service.sender().send(attempted).await.attempt;
        let next = Transition::attempted(&attempt, Retry::Manual, now());
        Ended::Attempted(attempt, next)
    }

    /// Emits the events about a mail, and marks the provider as unhealthy if it is gone or can never be reached.
    /// Failures are only logged, because they do not change the outcome of the notification.
    pub(crate) async fn follow_up(&self, Begun { to, row }: &Begun<'_>, ended: &Ended) {
        let Ended::Attempted(attempt, _) = ended else { return };
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
            Ok(Completion::Complete) => {}
            Ok(Completion::Repeat) => {
                tracing::error!(destination_id = %to.id, "reporting an unhealthy provider failed")
            }
            Err(error) => tracing::error!(destination_id = %to.id, %error, "health was not marked"),
        }
    }
}
