//! Events about a mail that does not belong to a delivery.

use domain::{Attempt, message::Ingest, system_events::Mail};

/// The events about a mail that was sent immediately, in one attempt.
pub(crate) fn mailed(mail: &Mail, attempt: &Attempt) -> Vec<serde_json::Result<Ingest>> {
    let attempted = match mail.attempted(attempt, None) {
        Ok(events) => events.map(Ok).into(),
        Err(error) => vec![Err(error)],
    };
    std::iter::once(mail.queued(attempt.at)).chain(attempted).collect()
}
