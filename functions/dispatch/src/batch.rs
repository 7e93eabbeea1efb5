//! A batch of events: read, planned, written and sent on.
//!
//! Done twice it changes nothing: ids are functions of what they name, and inserts are conditional. A delivery's first
//! message goes out with its insert; when a worker dies in between, SQS hands the event out again, and then, and only
//! then, deliveries that were inserted before and never attempted get their message again.

use std::collections::{HashMap, HashSet};

use api::worker::Record;
use domain::{DeliveryId, DeliveryState, EventId, time::now};
use futures::future::join_all;
use store::{Result, partiql::Written, queue::Outgoing};
use tokio::time::Instant;

use crate::{
    App,
    incoming::{self, Incoming},
    plan::Planned,
};

/// An event with the message that brought it.
struct Work {
    message_id: String,
    incoming: Incoming,
}

impl App {
    /// Dispatches a batch; the ids of the messages to be handed out again.
    pub(crate) async fn dispatch(&self, records: Vec<Record>, end: Instant) -> Vec<String> {
        let ids: Vec<_> = records.iter().map(|record| record.message_id.clone()).collect();
        match tokio::time::timeout_at(end, self.dispatch_all(records)).await {
            Ok(Ok(failed)) => failed,
            Ok(Err(error)) => {
                tracing::error!(%error, events = ids.len(), "a batch was not dispatched");
                ids
            }
            Err(_) => {
                tracing::error!(events = ids.len(), "a batch was not dispatched in time");
                ids
            }
        }
    }

    async fn dispatch_all(&self, records: Vec<Record>) -> Result<Vec<String>> {
        let mut failed = vec![];
        let mut works: Vec<Work> = vec![];
        let read =
            join_all(records.iter().map(|record| incoming::read(record, &self.events, &self.verifications))).await;
        for (record, result) in records.iter().zip(read) {
            match result {
                // Of two copies in one batch, one does the work of both.
                Ok(None) => {}
                Ok(Some(incoming)) => match works.iter_mut().find(|work| work.incoming.event.id == incoming.event.id) {
                    Some(work) => work.incoming.again |= incoming.again,
                    None => works.push(Work { message_id: record.message_id.clone(), incoming }),
                },
                Err(error) => {
                    tracing::error!(message_id = record.message_id, received = record.received, %error, "not an event");
                    failed.push(record.message_id.clone());
                }
            }
        }
        let works = self.without_done(works).await?;
        failed.extend(self.write_and_send(works).await?);
        Ok(failed)
    }

    /// Leaves out repeats of events that are known: whoever inserted them sees to them.
    async fn without_done(&self, works: Vec<Work>) -> Result<Vec<Work>> {
        let repeats = works.iter().filter(|work| work.incoming.repeat && !work.incoming.again);
        let repeats: Vec<_> = repeats.map(|work| (work.incoming.event.operator_id, work.incoming.event.id)).collect();
        let known = self.events.known(&repeats).await?;
        let done = |work: &Work| !work.incoming.again && known.contains(&work.incoming.event.id);
        Ok(works.into_iter().filter(|work| !done(work)).collect())
    }

    async fn write_and_send(&self, works: Vec<Work>) -> Result<Vec<String>> {
        if works.is_empty() {
            return Ok(vec![]);
        }
        let incoming: Vec<_> = works.iter().map(|work| &work.incoming).collect();
        let planned = self.plan(&incoming).await?;

        let mut statements = vec![];
        for (incoming, deliveries) in incoming.iter().zip(&planned) {
            statements.push(self.events.insert(&incoming.event)?);
            for planned in deliveries {
                statements.push(self.deliveries.insert(&planned.delivery)?);
            }
        }
        let mut written = self.deliveries.execute(statements).await?.into_iter();

        let mut lost: HashSet<EventId> = HashSet::new();
        let mut to_send: Vec<&Planned> = vec![];
        let mut to_check: HashMap<DeliveryId, &Planned> = HashMap::new();
        for (work, deliveries) in works.iter().zip(&planned) {
            let id = work.incoming.event.id;
            let mut check = |written: Option<Written>| {
                if let Some(Written::Failed(error)) = &written {
                    tracing::error!(event_id = %id, error, "a row was not written");
                    lost.insert(id);
                }
                written
            };
            check(written.next());
            for planned in deliveries {
                match check(written.next()) {
                    Some(Written::Yes) if planned.delivery.state == DeliveryState::Pending => to_send.push(planned),
                    Some(Written::Refused) if work.incoming.again => {
                        to_check.insert(planned.delivery.id, planned);
                    }
                    _ => {}
                }
            }
        }
        to_send.extend(self.never_attempted(to_check).await?);
        lost.extend(self.tell_queued(&to_send).await?);
        lost.extend(self.send(&to_send).await?);
        log(&works, &planned, &lost);
        let failed = works.into_iter().filter(|work| lost.contains(&work.incoming.event.id));
        Ok(failed.map(|work| work.message_id).collect())
    }

    /// Of deliveries that an earlier run has inserted, those whose message may not have been sent.
    async fn never_attempted<'a>(&self, inserted: HashMap<DeliveryId, &'a Planned>) -> Result<Vec<&'a Planned>> {
        let ids: Vec<_> = inserted.keys().copied().collect();
        let mut waiting = vec![];
        for chunk in ids.chunks(100) {
            let rows = self.deliveries.get_many(chunk.iter().copied()).await?;
            let pending = rows.iter().filter(|row| row.state == DeliveryState::Pending && row.attempt_count == 0);
            waiting.extend(pending.filter_map(|row| inserted.get(&row.id)).copied());
        }
        Ok(waiting)
    }

    /// Tells of the mails among them that they are queued, since their events were accepted; the events of those for
    /// which that could not be told.
    async fn tell_queued(&self, planned: &[&Planned]) -> Result<Vec<EventId>> {
        let mails = planned.iter().filter_map(|planned| Some((planned.delivery.id.event, planned.mail.as_ref()?)));
        let mails: Vec<_> = mails.collect();
        let queued = mails.iter().map(|(event, mail)| mail.queued(event.made_at()));
        let told = self.journal.tell(&queued.collect::<serde_json::Result<Vec<_>>>()?).await?;
        Ok(mails.iter().zip(told).filter(|(_, told)| !told).map(|((event, _), _)| *event).collect())
    }

    /// Sends the first job of each delivery; the events of those that the queue did not take.
    async fn send(&self, planned: &[&Planned]) -> Result<Vec<EventId>> {
        let message = |planned: &&Planned| Outgoing::new(&planned.delivery.job_at_once(), planned.delivery.operator_id);
        let messages = planned.iter().map(message).collect::<Result<_>>()?;
        let sent = self.queue.send(messages).await;
        let lost = planned.iter().zip(sent).filter(|(_, sent)| !sent);
        Ok(lost.map(|(planned, _)| planned.delivery.id.event).collect())
    }
}

fn log(works: &[Work], planned: &[Vec<Planned>], lost: &HashSet<EventId>) {
    for (work, deliveries) in works.iter().zip(planned) {
        let event = &work.incoming.event;
        let count = |state| deliveries.iter().filter(|planned| planned.delivery.state == state).count();
        tracing::info!(
            event_id = %event.id,
            operator_id = %event.operator_id,
            event_type = %event.event_type,
            pending = count(DeliveryState::Pending),
            held = count(DeliveryState::Held),
            abandoned = count(DeliveryState::Abandoned),
            age_ms = now().duration_since(event.id.made_at()).as_millis() as i64,
            repeat = work.incoming.repeat || work.incoming.again,
            done = !lost.contains(&event.id),
            "event"
        );
        for lost in deliveries.iter().filter(|planned| planned.delivery.state == DeliveryState::Abandoned) {
            let (id, reason) = (lost.delivery.id, lost.delivery.reason.as_deref());
            tracing::warn!(delivery_id = %id, destination_id = %id.destination, event_id = %id.event, reason, "delivery_failed");
        }
        metrics::counter!("events").increment(1);
        metrics::counter!("deliveries_held").increment(count(DeliveryState::Held) as u64);
    }
}
