//! Our own messages to a single destination, for verifications and tests, and their rows in the delivery log.

use domain::{Attempt, DeliveryId, Destination, Event, EventId, delivery::Probe};
use store::partiql;

use crate::DestinationService;

/// The event that checks a destination.
pub(crate) fn event(of: Probe, to: &Destination) -> Event {
    of.event(to, EventId::generate())
}

impl DestinationService {
    /// Writes the attempt to the delivery log: one write unit, or two for an answer with a large body. Returns the ID of
    /// the row. A row that cannot be written is only logged, because the destination has already answered.
    pub(crate) async fn log_probe(
        &self,
        of: Probe,
        to: &Destination,
        event: &Event,
        attempt: &Attempt,
    ) -> Option<DeliveryId> {
        let row = of.delivery(to, event, attempt);
        let statement = match self.deliveries.insert(&row) {
            Ok(statement) => statement,
            Err(error) => {
                tracing::error!(delivery_id = %row.id, %error, "test not logged");
                return None;
            }
        };
        for written in self.deliveries.execute(vec![statement], partiql::soon()).await {
            if let Some(error) = written.failure() {
                tracing::error!(delivery_id = %row.id, error, "test not logged");
                return None;
            }
        }
        Some(row.id)
    }
}
