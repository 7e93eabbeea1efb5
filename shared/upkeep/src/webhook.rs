//! A signed request of our own to an endpoint: what verifying and testing a webhook have in common.

use api::{ApiError, error::Result};
use domain::{Destination, EventId, payload, time::now};
use outbound::{Answer, webhook::Request};

use crate::Upkeep;

/// What a probe is for.
#[derive(Clone, Copy)]
pub(crate) enum Purpose {
    Verify,
    Test,
}

impl Upkeep {
    /// Sends a probe, signed as a notification is.
    pub(crate) async fn probe(&self, destination: &Destination, purpose: Purpose) -> Result<Answer> {
        let (event_type, message) = match purpose {
            Purpose::Verify => ("destination.verification", "Answer with a 2xx to verify this endpoint."),
            Purpose::Test => ("destination.test", "This is a test notification."),
        };
        let secrets = self.vault.signing_secrets(destination, now()).await?;
        let id = EventId::generate();
        let body = payload::probe(destination.face, event_type, destination.operator_id, id, message);
        let request = Request {
            url: &destination.destination,
            face: destination.face,
            id: &id.to_string(),
            body: body.map_err(ApiError::internal)?,
            secrets: &secrets,
        };
        Ok(self.webhooks.send(request, 1).await)
    }
}

/// An attempt's error as the end of a sentence about the endpoint.
pub(crate) fn predicate(error: &str) -> String {
    if error.starts_with("answered ") { error.to_owned() } else { format!("gave no answer ({error})") }
}
