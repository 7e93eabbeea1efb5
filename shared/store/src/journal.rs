//! Telling of what we did: our own events on their way to the log and to whoever has a rule on them.

use std::time::Duration;

use domain::{backoff::MAX_HOP, message::Ingest, time::now};

use crate::{Aws, Queue, Result, queue::Outgoing};

/// Tells.
pub struct Journal {
    events: Queue,
}

impl Journal {
    /// With the queue that the environment names.
    ///
    /// # Errors
    /// When it lacks one.
    pub fn from_env(aws: &Aws) -> Result<Self> {
        Ok(Self { events: Queue::accepted(aws)? })
    }

    /// Tells events, in as few calls as hold them; for each, whether the queue has it. One that is still to happen is
    /// hidden until then.
    ///
    /// # Errors
    /// When one cannot be written as JSON.
    pub async fn tell(&self, events: &[Ingest]) -> Result<Vec<bool>> {
        if events.is_empty() {
            return Ok(vec![]);
        }
        let messages = events.iter().map(message).collect::<Result<_>>()?;
        Ok(self.events.send(messages).await)
    }

    /// The same where nothing can be done about an event that the queue does not take: what it tells of has been done, and
    /// the caller is to be told that it has.
    pub async fn note(&self, events: impl IntoIterator<Item = serde_json::Result<Ingest>>) {
        let events: std::result::Result<Vec<_>, _> = events.into_iter().collect();
        let told = match events {
            Ok(events) => self.tell(&events).await,
            Err(error) => Err(error.into()),
        };
        let lost = match told {
            Ok(told) => told.iter().filter(|told| !**told).count(),
            Err(error) => {
                tracing::error!(%error, "events could not be written");
                return;
            }
        };
        if lost > 0 {
            tracing::error!(lost, "events were not told: they are missing from the log");
        }
    }
}

fn message(ingest: &Ingest) -> Result<Outgoing> {
    let at = ingest.if_unused.as_ref().map(|_| ingest.event_id.made_at());
    // A second more, since delays are whole seconds.
    let wait = at.and_then(|at| Duration::try_from(at.duration_since(now())).ok());
    let wait = wait.map(|wait| wait + Duration::from_secs(1));
    Ok(Outgoing::new(ingest, ingest.operator_id)?.delayed(wait.unwrap_or_default().min(MAX_HOP)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::verification::LIFETIME;

    #[test]
    fn a_code_expires_within_the_longest_delay_that_sqs_has() {
        assert!(LIFETIME < MAX_HOP);
    }
}
