//! The secret of a webhook, and a new one; the old one signs too for a while.

use api::{ApiError, error::Result};
use domain::{Destination, WebhookSecret, destination::PreviousSecret, secret::ROTATION_HOURS, time::now};
use jiff::{Timestamp, ToSpan};

use crate::Upkeep;

impl Upkeep {
    /// The secret of a webhook, and the one before it with its end, while it signs too.
    ///
    /// # Errors
    /// When they do not open any more, or there is none.
    pub async fn secrets(&self, of: &Destination) -> Result<(WebhookSecret, Option<(WebhookSecret, Timestamp)>)> {
        let mut secrets = self.sender.vault.signing_secrets(of, now()).await?.into_iter();
        let current = secrets.next().ok_or_else(|| ApiError::internal("a webhook has no secret"))?;
        let until = of.previous_secret.as_ref().map(|previous| previous.until);
        Ok((current, secrets.next().zip(until)))
    }

    /// Gives a webhook a new secret: that, and until when the old one signs too.
    ///
    /// # Errors
    /// A 400 for what has no secret; a 409 when another request rotates it at the same time, since a secret that was
    /// shown would be lost.
    pub async fn rotate_secret(&self, of: &Destination) -> Result<(WebhookSecret, Timestamp)> {
        let Some(old) = of.secret.clone() else {
            let sentence = format!("This destination is of the kind {}; only a webhook has a secret.", of.kind);
            return Err(ApiError::bad_request("no_secret", sentence));
        };
        let secret = WebhookSecret::generate();
        let new = self.seal(of.operator_id, of.id, &secret).await?;
        let until = now() + ROTATION_HOURS.hours();
        let previous = PreviousSecret { sealed: old.clone(), until };
        if !self.destinations.rotate_secret(of.operator_id, of.id, &new, &previous).await? {
            let sentence = "This webhook was changed by another request at the same time; look at it and try again.";
            return Err(ApiError::conflict("changed_meanwhile", sentence));
        }
        Ok((secret, until))
    }
}
