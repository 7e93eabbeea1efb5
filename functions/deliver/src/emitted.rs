//! The events about deliveries of mails and of the Mail API's webhook subscriptions. Other deliveries emit no events.

use domain::{
    ApiKind, Delivery, DeliveryState, Destination,
    lifecycle::{Reason, Transition},
    message::Ingest,
    system_events::{self, Mail},
};
use jiff::Timestamp;

/// The mail that a delivery sends, if it sends one.
fn mail(row: &Delivery, to: Option<&Destination>) -> Option<Mail> {
    let to = to.filter(|to| to.kind.is_mail())?;
    Some(Mail::of(row.id, &row.event_type, row.operator_id, Some(to)))
}

/// Whether a delivery emits events. Most webhooks do not, which saves their follow-up.
pub(crate) fn concerns(row: &Delivery, to: Option<&Destination>) -> bool {
    row.api == ApiKind::Mail || to.is_some_and(|to| to.kind.is_mail())
}

/// The events about the newest attempt of `row`.
pub(crate) fn attempted(row: &Delivery, to: Option<&Destination>) -> serde_json::Result<Vec<Ingest>> {
    let Some(attempt) = row.attempts.last() else { return Ok(vec![]) };
    let next_attempt_at = row.next_attempt_at.filter(|_| row.state == DeliveryState::Failed);
    Ok(match (mail(row, to), row.api) {
        (Some(mail), _) => mail.attempted(attempt, next_attempt_at)?.into(),
        (None, ApiKind::Mail) => Vec::from_iter(system_events::delivery(row, attempt, row.state, next_attempt_at)?),
        (None, ApiKind::Stack | ApiKind::Providers | ApiKind::Config | ApiKind::StackAuth) => vec![],
    })
}

/// The events about a mail that is not sent because its address is suppressed. `at` is when its attempt was due, and
/// `number` the number of that attempt.
pub(crate) fn suppressed(
    row: &Delivery,
    to: &Destination,
    at: Timestamp,
    number: u32,
    reason: String,
) -> serde_json::Result<Vec<Ingest>> {
    mail(row, Some(to)).map(|mail| mail.suppressed(at, number, reason)).into_iter().collect()
}

/// The events about a mail that ends because no attempt can be made. A mail that is held has no event.
pub(crate) fn stopped(
    row: &Delivery,
    to: Option<&Destination>,
    at: Timestamp,
    next: &Transition,
) -> serde_json::Result<Vec<Ingest>> {
    let reason = next.reason.as_ref().filter(|_| next.state == DeliveryState::Abandoned);
    let rejected = |(mail, reason): (Mail, &Reason)| mail.rejected(at, reason.as_str());
    mail(row, to).zip(reason).map(rejected).into_iter().collect()
}
