//! What is told of a mail that is no delivery's.

use domain::{Attempt, journal::Mail, message::Ingest};

/// The life of a mail that is sent at once, in one attempt.
pub(crate) fn mailed(mail: &Mail, attempt: &Attempt) -> Vec<serde_json::Result<Ingest>> {
    let attempted = match mail.attempted(attempt, None) {
        Ok(events) => events.map(Ok).into(),
        Err(error) => vec![Err(error)],
    };
    std::iter::once(mail.queued(attempt.at)).chain(attempted).collect()
}
