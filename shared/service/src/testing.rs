//! Test notifications.

use domain::{
    Attempt, DeliveryId, Destination, Kind, MessageId,
    delivery::Probe,
    destination::Suppression,
    system_events::{Mail, MailKind},
    time::now,
};
use outbound::email::Envelope;

use crate::{
    DestinationService,
    error::{Error, Result},
    messages::mailed,
    probe,
    sender::Attempted,
};

/// The outcome of a test notification.
#[derive(Debug)]
pub enum Tested {
    /// An attempt was made.
    Attempted {
        /// The attempt.
        attempt: Attempt,
        /// Its row in the delivery log. `None` if it could not be written.
        delivery_id: Option<DeliveryId>,
    },
    /// Mail to the address is suppressed, so nothing was sent.
    Suppressed(Suppression),
}

impl Tested {
    /// Whether the destination accepted the notification.
    pub fn succeeded(&self) -> bool {
        matches!(self, Self::Attempted { attempt, .. } if attempt.succeeded())
    }
}

impl DestinationService {
    /// Sends a test notification, and logs it as a delivery.
    ///
    /// # Errors
    /// When the destination is not verified.
    pub async fn test(&self, destination: &Destination) -> Result<Tested> {
        if !destination.verified() {
            return Err(Error::Unverified);
        }
        let held_back = self.suppressions.of(destination).await?;
        if let Some(suppression) = held_back.wholly() {
            return Ok(Tested::Suppressed(suppression.clone()));
        }
        let event = probe::event(Probe::Test, destination);
        let message_id = MessageId::generate(destination.id);
        let envelope = Envelope::of(message_id);
        let attempted = Attempted { to: destination, event: &event, envelope, held_back: &held_back, number: 1 };
        let attempt = self.sender.send(attempted).await.attempt;
        if destination.kind.is_mail() {
            self.system_events.note(mailed(&Mail::other(message_id, destination, MailKind::Test), &attempt)).await;
        }
        let delivery_id = self.log_probe(Probe::Test, destination, &event, &attempt).await;
        Ok(Tested::Attempted { attempt, delivery_id })
    }

    /// Sends a test notification. If an unhealthy destination accepts it, the destination becomes healthy.
    ///
    /// # Errors
    /// As [`DestinationService::test`].
    pub async fn test_and_heal(&self, destination: &Destination) -> Result<Tested> {
        let tested = self.test(destination).await?;
        if tested.succeeded() && destination.unhealthy.is_some() {
            // A destination that was deleted or got another address in the meantime has nothing to heal.
            let _ = self.destinations.set_verified(destination, now()).await?;
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
