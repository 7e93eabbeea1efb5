//! The secret of a webhook, and a new one; the old ones sign too for a while.

use api::{ApiError, error::Result};
use domain::{
    Destination, WebhookSecret,
    destination::{MAX_PREVIOUS_SECRETS, PreviousSecret},
    secret::ROTATION_HOURS,
    time::{now, rfc3339},
};
use jiff::{Timestamp, ToSpan};

use crate::Upkeep;

impl Upkeep {
    /// The secret of a webhook, and those before it that sign too, the newest first, each with its end.
    ///
    /// # Errors
    /// When they do not open any more, or there is none.
    pub async fn secrets(&self, of: &Destination) -> Result<(WebhookSecret, Vec<(WebhookSecret, Timestamp)>)> {
        let now = now();
        let mut secrets = self.sender.vault.signing_secrets(of, now).await?.into_iter();
        let current = secrets.next().ok_or_else(|| ApiError::internal("a webhook has no secret"))?;
        Ok((current, secrets.zip(of.previous_secrets(now).map(|previous| previous.until)).collect()))
    }

    /// Gives a webhook a new secret: that, and until when the one before signs too, which with `expire_now` is now.
    ///
    /// # Errors
    /// A 400 for what has no secret; a 409 while too many earlier secrets sign, and when another request rotates it at the
    /// same time, since a secret that was shown would be lost.
    pub async fn rotate_secret(&self, of: &Destination, expire_now: bool) -> Result<(WebhookSecret, Timestamp)> {
        let Some(old) = of.secret.clone() else {
            let sentence = format!("This destination is of the kind {}; only a webhook has a secret.", of.kind);
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
