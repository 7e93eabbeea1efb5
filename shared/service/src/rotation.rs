//! Reads and rotates the secret of a webhook. Earlier secrets continue to sign for a while.

use domain::{Destination, WebhookSecret, secret::ROTATION_HOURS, time::now};
use jiff::{Timestamp, ToSpan};
use store::Changed;

use crate::{
    DestinationService,
    error::{Error, Result},
};

impl DestinationService {
    /// Returns the current secret of a webhook and the earlier ones that still sign, newest first, each with its
    /// expiry.
    ///
    /// # Errors
    /// When a secret no longer opens, or the destination has none.
    pub async fn secrets(&self, of: &Destination) -> Result<(WebhookSecret, Vec<(WebhookSecret, Timestamp)>)> {
        let now = now();
        let mut secrets = self.sender.vault.signing_secrets(of, now).await?.into_iter();
        let current = secrets.next().ok_or_else(|| Error::internal("a webhook has no secret"))?;
        Ok((current, secrets.zip(of.previous_secrets(now).map(|previous| previous.until)).collect()))
    }

    /// Gives a webhook a new secret. Returns it, and the time until which the earlier secret signs. With `expire_now`,
    /// that is now.
    ///
    /// # Errors
    /// When the destination has no secret, while too many earlier secrets sign, and when another request rotates the
    /// secret at the same time, because a secret that was already shown would be lost.
    pub async fn rotate_secret(&self, of: &Destination, expire_now: bool) -> Result<(WebhookSecret, Timestamp)> {
        let signing = of.signing.as_ref().ok_or(Error::NoSecret(of.kind))?;
        let now = now();
        let until = if expire_now { now } else { now + ROTATION_HOURS.hours() };
        let previous = signing.rotated(until, now).map_err(|first_ends| Error::TooManySecrets { first_ends })?;
        let secret = WebhookSecret::generate();
        let new = self.seal(of.operator_id, of.id, &secret).await?;
        let rotated =
            self.destinations.rotate_secret(of.operator_id, of.id, (&signing.secret, &new), &previous).await?;
        if rotated == Changed::Meanwhile {
            return Err(Error::RotatedMeanwhile);
        }
        Ok((secret, until))
    }
}
