//! Sends one delivery again on request.

use api::{ApiError, error::Result};
use domain::{Delivery, DeliveryState, delivery::NoRetry, message::Job};
use serde::Deserialize;
use store::{Deliveries, Destinations, Lanes, SystemEvents, deliveries::Summary, queue::Outgoing};
use utoipa::ToSchema;

use crate::recovery::tell_queued;

/// How to send a delivery again.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Retry {
    /// Also when it is on its way, or has arrived.
    #[serde(default)]
    pub force: bool,
}

/// Makes a new attempt immediately, in a new round, regardless of the destination's health, breaker and pace.
///
/// # Errors
/// A 409 if the delivery is on its way or has arrived, unless `force` is set, or if its destination was deleted. A 503
/// if the queue does not accept the message.
pub async fn retry(
    mut delivery: Delivery,
    Retry { force }: Retry,
    (deliveries, destinations, lanes, system_events): (&Deliveries, &Destinations, &Lanes, &SystemEvents),
) -> Result<Delivery> {
    if !force {
        delivery.may_retry().map_err(refused)?;
    }
    let Some(destination) = destinations.get(delivery.operator_id, delivery.id.destination).await? else {
        let sentence = "The destination of this delivery is deleted; register it again and post the event again.";
        return Err(ApiError::conflict("destination_deleted", sentence));
    };
    let row = [Summary::from(&delivery)];
    tell_queued(&row, &destination, system_events).await;
    // Message first, then the row: after a crash in between, a delivery is sent twice rather than never.
    let message = Outgoing::new(&Job { by_hand: true, ..delivery.job_at_once() }, delivery.operator_id)?;
    if lanes.to(&destination).send(vec![message]).await != [true] {
        return Err(ApiError::unavailable("The queue did not take the delivery; send the same request again."));
    }
    // A pending delivery may have no row yet.
    if delivery.state != DeliveryState::Pending {
        deliveries.mark_pending(&row).await?;
    }
    delivery.state = DeliveryState::Pending;
    Ok(delivery)
}

fn refused(why: NoRetry) -> ApiError {
    match why {
        NoRetry::InProgress => ApiError::conflict(
            "in_progress",
            "This delivery is on its way; look at it again later, or send {\"force\": true} for another attempt now.",
        ),
        NoRetry::Succeeded => ApiError::conflict(
            "already_succeeded",
            "This delivery has arrived; send {\"force\": true} to send it once more all the same.",
        ),
    }
}
