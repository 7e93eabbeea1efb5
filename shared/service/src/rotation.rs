//! Reads and rotates the secret of a webhook. Earlier secrets continue to sign for a while.

use api::{ApiError, error::Result};
use domain::{
    Destination, WebhookSecret,
    destination::{MAX_PREVIOUS_SECRETS, PreviousSecret},
    secret::ROTATION_HOURS,
    time::{now, rfc3339},
};
use jiff::{Timestamp, ToSpan};

use crate::DestinationService;

impl DestinationService {
    /// Returns the current secret of a webhook and the earlier ones that still sign, newest first, each with its
    /// expiry.
    ///
    /// # Errors
    /// When a secret no longer opens, or the destination has none.
    pub async fn secrets(&self, of: &Destination) -> Result<(WebhookSecret, Vec<(WebhookSecret, Timestamp)>)> {
        let now = now();
        let mut secrets = self.sender.vault.signing_secrets(of, now).await?.into_iter();
        let current = secrets.next().ok_or_else(|| ApiError::internal("a webhook has no secret"))?;
        Ok((current, secrets.zip(of.previous_secrets(now).map(|previous| previous.until)).collect()))
    }

    /// Gives a webhook a new secret. Returns it, and the time until which the earlier secret signs. With `expire_now`,
    /// that is now.
    ///
    /// # Errors
    /// A 400 if the destination has no secret. A 409 while too many earlier secrets sign, and if another request
    /// rotates the secret at the same time, because a secret that was already shown would be lost.
    pub async fn rotate_secret(&self, of: &Destination, expire_now: bool) -> Result<(WebhookSecret, Timestamp)> {
        let Some(old) = of.secret.clone() else {
            let sentence = format!("This destination has the kind {}; only webhooks have a secret.", of.kind);
            return Err(ApiError::bad_request("no_secret", sentence));
        };
        let now = now();
        let until = if expire_now { now } else { now + ROTATION_HOURS.hours() };
        let previous = of.rotated(PreviousSecret { sealed: old.clone(), until }, now).map_err(too_many)?;
        let secret = WebhookSecret::generate();
        let new = self.seal(of.operator_id, of.id, &secret).await?;
        if !self.destinations.rotate_secret(of.operator_id, of.id, (&old, &new), &previous).await? {
            let sentence = "This webhook was changed by another request at the same time; look at it and try again.";
            return Err(ApiError::conflict("changed_meanwhile", sentence));
        }
        Ok((secret, until))
    }
}

fn too_many(first_ends: Timestamp) -> ApiError {
    let sentence = format!(
        "{MAX_PREVIOUS_SECRETS} earlier secrets still sign, and each was promised its {ROTATION_HOURS} hours; the first \
         ends at {}. Rotate again then, or end the current secret at once with `expire_now`.",
        rfc3339(first_ends)
    );
    ApiError::conflict("too_many_secrets", sentence)
}
