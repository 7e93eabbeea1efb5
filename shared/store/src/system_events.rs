//! Publishes our own events to the log and to the operators whose rules match them.

use std::time::Duration;

use domain::{backoff::MAX_HOP, message::Ingest, time::now};

use crate::{Aws, Queue, Result, queue::Outgoing};

/// Publishes our own events.
pub struct SystemEvents {
    events: Queue,
}

impl SystemEvents {
    /// Opens the queue that the environment names.
    ///
    /// # Errors
    /// When the environment does not name it.
    pub fn from_env(aws: &Aws) -> Result<Self> {
        Ok(Self { events: Queue::accepted(aws)? })
    }

    /// Publishes events in as few calls as possible. Returns for each event whether the queue accepted it. An event
    /// with a future time is hidden until then.
    ///
    /// # Errors
    /// When an event cannot be serialized.
    pub async fn emit(&self, events: &[Ingest]) -> Result<Vec<bool>> {
        if events.is_empty() {
            return Ok(vec![]);
        }
        let messages = events.iter().map(message).collect::<Result<_>>()?;
        Ok(self.events.send(messages).await)
    }

    /// Publishes events and only logs failures. For callers that have already done what the event reports and must
    /// answer so.
    pub async fn note(&self, events: impl IntoIterator<Item = serde_json::Result<Ingest>>) {
        let events: std::result::Result<Vec<_>, _> = events.into_iter().collect();
        let sent = match events {
            Ok(events) => self.emit(&events).await,
            Err(error) => Err(error.into()),
        };
        let lost = match sent {
            Ok(sent) => sent.iter().filter(|sent| !**sent).count(),
            Err(error) => {
                tracing::error!(%error, "events could not be written");
                return;
            }
        };
        if lost > 0 {
            tracing::error!(lost, "events lost: the log does not contain them");
        }
    }
}

fn message(ingest: &Ingest) -> Result<Outgoing> {
    let at = ingest.if_unused.as_ref().map(|_| ingest.event_id.made_at());
    // One second more, because delays are whole seconds.
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
