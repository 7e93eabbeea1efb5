//! A batch of events: read, planned, written and sent on.
//!
//! Done twice it changes nothing: ids are functions of what they name, and inserts are conditional. A delivery's first
//! message goes out with its insert; when a worker dies in between, SQS hands the event out again, and then, and only
//! then, deliveries that were inserted before and never attempted get their message again.
//!
//! An event with more destinations than one invocation should handle ([`domain::fanout::PART`]) is cut: the first part is
//! done with it, the others go on as messages of their own, whose deliveries are made in the same way. They go out once
//! the event's row is there, and the event is acknowledged once they are on the queue; handed out again it sends them
//! again, and what they name twice is inserted once. Whoever finds the event's row leaves its parts, as its deliveries, to
//! whoever wrote it.

use std::collections::{HashMap, HashSet};

use api::worker::Record;
use domain::{DeliveryId, DeliveryState, EventId, message::Part, time::now};
use futures::future::join_all;
use store::{Result, partiql::Written, queue::Outgoing};
use tokio::time::Instant;

use crate::{
    App,
    incoming::{self, Incoming},
    plan::{Plan, Planned},
};

/// An event, or a part of one, with the message that brought it.
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
                Ok(Some(incoming)) => match works.iter_mut().find(|work| work.incoming.is_copy_of(&incoming)) {
                    Some(work) => work.incoming.again |= incoming.again,
                    None => works.push(Work { message_id: record.message_id.clone(), incoming }),
                },
                Err(error) => {
                    tracing::error!(message_id = record.message_id, received = record.received, %error, "not an event");
                    failed.push(record.message_id.clone());
                }
            }
        }
        // What several of them name is the first one's: it has to be one that looks whether it was only half done.
        works.sort_by_key(|work| !work.incoming.again);
        let works = self.without_done(works).await?;
        failed.extend(self.write_and_send(works).await?);
        Ok(failed)
    }

    /// Leaves out repeats of events that are known: whoever inserted them sees to them.
    async fn without_done(&self, works: Vec<Work>) -> Result<Vec<Work>> {
        let is_repeat = |work: &Work| !work.incoming.again && work.incoming.arrival().is_some_and(|new| new.repeat);
        let repeats = works.iter().filter(|work| is_repeat(work));
        let repeats: Vec<_> = repeats.map(|work| (work.incoming.operator_id(), work.incoming.event_id())).collect();
        let known = self.events.known(&repeats).await?;
        let done = |work: &Work| is_repeat(work) && known.contains(&work.incoming.event_id());
        Ok(works.into_iter().filter(|work| !done(work)).collect())
    }

    async fn write_and_send(&self, works: Vec<Work>) -> Result<Vec<String>> {
        if works.is_empty() {
            return Ok(vec![]);
        }
        let incoming: Vec<_> = works.iter().map(|work| &work.incoming).collect();
        let plans = self.plan(&incoming).await?;

        let mut statements = vec![];
        for (incoming, plan) in incoming.iter().zip(&plans) {
            if let Some(arrival) = incoming.arrival() {
                statements.push(self.events.insert(&arrival.event)?);
            }
            for planned in &plan.now {
                statements.push(self.deliveries.insert(&planned.delivery)?);
            }
        }
        let mut written = self.deliveries.execute(statements).await?.into_iter();

        let mut lost: HashSet<EventId> = HashSet::new();
        let mut to_send: Vec<&Planned> = vec![];
        let mut to_check: HashMap<DeliveryId, &Planned> = HashMap::new();
        let mut parts: Vec<&Part> = vec![];
        for (incoming, plan) in incoming.iter().zip(&plans) {
            let id = incoming.event_id();
            let mut check = |written: Option<Written>| {
                if let Some(Written::Failed(error)) = &written {
                    tracing::error!(event_id = %id, error, "a row was not written");
                    lost.insert(id);
                }
                written
            };
            if incoming.arrival().is_some() {
                match check(written.next()) {
                    Some(Written::Yes) => parts.extend(&plan.later),
                    Some(Written::Refused) if incoming.again => parts.extend(&plan.later),
                    _ => {}
                }
            }
            for planned in &plan.now {
                match check(written.next()) {
                    Some(Written::Yes) if planned.delivery.state == DeliveryState::Pending => to_send.push(planned),
                    Some(Written::Refused) if incoming.again => {
                        to_check.insert(planned.delivery.id, planned);
                    }
                    _ => {}
                }
            }
        }
        to_send.extend(self.never_attempted(to_check).await?);
        lost.extend(self.send_on(&parts).await?);
        lost.extend(self.tell_queued(&to_send).await?);
        lost.extend(self.send(&to_send).await?);
        log(&works, &plans, &lost);
        let failed = works.into_iter().filter(|work| lost.contains(&work.incoming.event_id()));
        Ok(failed.map(|work| work.message_id).collect())
    }

    /// Of deliveries that an earlier run has inserted, those whose message may not have been sent.
    async fn never_attempted<'a>(&self, inserted: HashMap<DeliveryId, &'a Planned>) -> Result<Vec<&'a Planned>> {
        let rows = self.deliveries.get_many(inserted.keys().copied()).await?;
        let waiting = rows.iter().filter(|row| row.state == DeliveryState::Pending && row.attempt_count == 0);
        Ok(waiting.filter_map(|row| inserted.get(&row.id)).copied().collect())
    }

    /// Sends parts of large events on; the events of those that the queue did not take.
    async fn send_on(&self, parts: &[&Part]) -> Result<Vec<EventId>> {
        let messages = parts.iter().map(|part| Outgoing::new(part, part.operator_id)).collect::<Result<_>>()?;
        let sent = self.own_queue.send(messages).await;
        let lost = parts.iter().zip(sent).filter(|(_, sent)| !sent);
        Ok(lost.map(|(part, _)| part.event_id).collect())
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

fn log(works: &[Work], plans: &[Plan], lost: &HashSet<EventId>) {
    for (Work { incoming, .. }, plan) in works.iter().zip(plans) {
        let (event_id, arrival) = (incoming.event_id(), incoming.arrival());
        let count = |state| plan.now.iter().filter(|planned| planned.delivery.state == state).count();
        tracing::info!(
            %event_id,
            operator_id = %incoming.operator_id(),
            event_type = %incoming.event_type(),
            // Of a large event alone: which of its parts this line is about, or into how many it was cut.
            part = incoming.part().map(|part| part.part),
            parts = Some(plan.later.len() + 1).filter(|parts| *parts > 1),
            pending = count(DeliveryState::Pending),
            held = count(DeliveryState::Held),
            abandoned = count(DeliveryState::Abandoned),
            age_ms = now().duration_since(event_id.made_at()).as_millis() as i64,
            repeat = incoming.again || arrival.is_some_and(|new| new.repeat),
            done = !lost.contains(&event_id),
            "event"
        );
        for lost in plan.now.iter().filter(|planned| planned.delivery.state == DeliveryState::Abandoned) {
            let (id, reason) = (lost.delivery.id, lost.delivery.reason.as_deref());
            tracing::warn!(delivery_id = %id, destination_id = %id.destination, event_id = %id.event, reason, "delivery_failed");
        }
        if arrival.is_some() {
            metrics::counter!("events").increment(1);
        }
        metrics::counter!("deliveries_held").increment(count(DeliveryState::Held) as u64);
    }
}
