//! What is told of deliveries: of mails, and of webhook subscriptions of the Mail API. Of others nothing is.

use domain::{
    Delivery, DeliveryState, Destination, Face,
    journal::{self, Mail},
    message::Ingest,
};
use jiff::Timestamp;

/// The mail that a delivery is, if it is one.
fn mail(row: &Delivery, to: Option<&Destination>) -> Option<Mail> {
    let to = to.filter(|to| to.kind.is_mail())?;
    Some(Mail::of(row.id, &row.event_type, row.operator_id, Some(to)))
}

/// Whether anything is told of a delivery: of most webhooks nothing is, and nothing more is done for them.
pub(crate) fn concerns(row: &Delivery, to: Option<&Destination>) -> bool {
    row.face == Face::Mail || to.is_some_and(|to| to.kind.is_mail())
}

/// What is told of the newest attempt of `row`.
pub(crate) fn attempted(row: &Delivery, to: Option<&Destination>) -> serde_json::Result<Vec<Ingest>> {
    let Some(attempt) = row.attempts.last() else { return Ok(vec![]) };
    let next_attempt_at = row.next_attempt_at.filter(|_| row.state == DeliveryState::Failed);
    Ok(match (mail(row, to), row.face) {
        (Some(mail), _) => mail.attempted(attempt, next_attempt_at)?.into(),
        (None, Face::Mail) => Vec::from_iter(journal::delivery(row, attempt, row.state, next_attempt_at)?),
        (None, Face::Stack | Face::Providers | Face::Config | Face::StackAuth) => vec![],
    })
}

/// What is told of a mail that is not sent, since nothing is mailed to its address; asked for at `at`, as attempt number
/// `number`.
pub(crate) fn suppressed(
    row: &Delivery,
    to: &Destination,
    at: Timestamp,
    number: u32,
    reason: String,
) -> serde_json::Result<Vec<Ingest>> {
    mail(row, Some(to)).map(|mail| mail.suppressed(at, number, reason)).into_iter().collect()
}

/// What is told of a mail for which no attempt can be made.
pub(crate) fn ended(
    row: &Delivery,
    to: Option<&Destination>,
    at: Timestamp,
    reason: &str,
) -> serde_json::Result<Vec<Ingest>> {
    mail(row, to).map(|mail| mail.rejected(at, reason)).into_iter().collect()
}
