//! Resends the deliveries that a destination missed.

use api::{ApiError, error::Result};
use domain::{
    ApiKind, DeliveryId, DeliveryState, Destination, message::Job, shard::Shards, system_events::Mail, time::now,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::{DeliveryLog, Lanes, SystemEvents, deliveries::Summary, queue::Outgoing};
use utoipa::ToSchema;

/// The maximum number of deliveries that one request sends again. They fit well into the 30 s of an HTTP API.
const MAX_RECOVERED: usize = 1000;
const PAGE: usize = 100;

/// From when on to send again.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Since {
    /// The time of the oldest event to send again, RFC 3339. Deliveries are kept 30 days.
    #[serde(with = "domain::time::text")]
    #[schema(value_type = String, format = DateTime, example = "2026-04-15T10:00:00.000Z")]
    pub since: Timestamp,
}

/// How many deliveries are on their way again.
#[derive(Serialize, ToSchema)]
pub struct Recovered {
    /// How many this request has sent.
    recovered: usize,
    /// Whether more may follow; if so, send the request again.
    more: bool,
}

/// Sends held, failed and abandoned deliveries of events since then again, oldest first. After them, sends deliveries
/// that were planned at least 15 minutes ago and have no row, from the first 10,000 events since then
/// ([`DeliveryLog::overdue`]). For later events, repeat the request with a later time.
///
/// # Errors
/// A 409 unless the destination is verified and healthy. A 503 if the queue does not accept all deliveries.
pub async fn recover(
    (log, lanes, system_events): (&DeliveryLog, &Lanes, &SystemEvents),
    (destination, shards): (&Destination, Shards),
    since: Timestamp,
) -> Result<Recovered> {
    if !destination.receives() {
        let sentence = match destination.api {
            ApiKind::Providers | ApiKind::Config => {
                "It is not healthy, or switched off; test it first with POST …/test, or switch it on."
            }
            ApiKind::Stack | ApiKind::Mail | ApiKind::StackAuth => {
                "This destination is not verified or not healthy; verify it first with POST …/verify."
            }
        };
        return Err(ApiError::conflict("destination_unhealthy", sentence));
    }
    let mut after = DeliveryId::lower_bound(destination.id, since);
    let mut recovered = 0;
    while recovered < MAX_RECOVERED {
        let rows = log.rows().attention(destination.id, &after, PAGE).await?;
        let Some(last) = rows.last() else {
            return recover_overdue((log, lanes, system_events), (destination, shards), since, recovered).await;
        };
        after = last.id.to_string();
        recovered += rows.len();
        tell_queued(&rows, destination, system_events).await;
        send_page(log, lanes, destination, rows).await?;
    }
    Ok(Recovered { recovered, more: true })
}

/// Sends overdue deliveries without a row again, after `recovered` others. Writes their rows first, so that a repeat of
/// the request does not send them again.
async fn recover_overdue(
    (log, lanes, system_events): (&DeliveryLog, &Lanes, &SystemEvents),
    (destination, shards): (&Destination, Shards),
    since: Timestamp,
    mut recovered: usize,
) -> Result<Recovered> {
    let overdue = log.overdue(shards, destination, since, now()).await?;
    let (now, later) = overdue.split_at(overdue.len().min(MAX_RECOVERED.saturating_sub(recovered)));
    for page in now.chunks(PAGE) {
        let rows = log.record(page, destination).await?;
        recovered += rows.len();
        tell_queued(&rows, destination, system_events).await;
        send_page(log, lanes, destination, rows).await?;
    }
    Ok(Recovered { recovered, more: !later.is_empty() })
}

/// Reports that mails which were held are now queued.
pub(crate) async fn tell_queued(rows: &[Summary], destination: &Destination, system_events: &SystemEvents) {
    if !destination.kind.is_mail() {
        return;
    }
    let held = rows.iter().filter(|row| row.attempt_count == 0 && row.state == DeliveryState::Held);
    system_events
        .note(held.map(|row| Mail::of(row.id, &row.event_type, row.operator_id, Some(destination)).queued(now())))
        .await;
}

/// Messages first, then rows: after a crash in between, a delivery is sent twice rather than never.
async fn send_page(log: &DeliveryLog, lanes: &Lanes, destination: &Destination, rows: Vec<Summary>) -> Result<()> {
    let job = |row: &Summary| Job::at_once(row.id, row.operator_id, row.attempt_count);
    let messages: Vec<_> =
        rows.iter().map(|row| Outgoing::new(&job(row), row.operator_id)).collect::<store::Result<_>>()?;
    let sent = lanes.to(destination).send(messages).await;
    let taken: Vec<_> = rows.into_iter().zip(&sent).filter(|(_, sent)| **sent).map(|(row, _)| row).collect();
    log.rows().mark_pending(&taken).await?;
    if taken.len() < sent.len() {
        return Err(ApiError::unavailable("The queue did not take all deliveries; send the same request again."));
    }
    Ok(())
}
