//! Jobs as received from the queues.

use std::collections::HashSet;

use domain::{backoff::next_hop, delivery::may_have_row, message::Job, time::now, traffic::Lane};
use jiff::Timestamp;
use runtime::worker::Record;
use trace::Span;

/// A job with its message.
#[derive(Debug, Clone)]
pub(crate) struct Work {
    pub(crate) message_id: String,
    pub(crate) received: u32,
    pub(crate) sent_at: Timestamp,
    /// The job. It is only fresh if the delivery's row does not have to be read.
    pub(crate) job: Job,
    /// The lane whose queue delivered the message.
    pub(crate) lane: Lane,
    pub(crate) span: Span,
}

impl Work {
    /// When the attempt was due, which does not change when SQS delivers the message again.
    pub(crate) fn asked_at(&self) -> Timestamp {
        self.job.due.unwrap_or(self.sent_at)
    }

    pub(crate) fn is_due(&self, now: Timestamp) -> bool {
        self.job.due.and_then(|due| next_hop(now, due)).is_none()
    }
}

/// Reads a batch. If two jobs are for the same attempt (a copy, or a manual retry and a scheduled one), one does the
/// work of both: the one that is due first. A message that cannot be read stays in `unfinished` and is received again,
/// without affecting the rest of the batch. `lane_of` returns the lane of a queue by its name.
pub(crate) fn read(
    records: Vec<Record>,
    lane_of: impl Fn(&str) -> Lane,
    unfinished: &mut HashSet<String>,
) -> Vec<Work> {
    let mut works: Vec<Work> = vec![];
    for record in records {
        let mut job: Job = match serde_json::from_str(&record.body) {
            Ok(job) => job,
            Err(error) => {
                tracing::error!(message_id = record.message_id, %error, "job not read");
                continue;
            }
        };
        let lane = lane_of(&record.queue);
        let Record { message_id, received, sent_at, span, .. } = record;
        job.trace = span.context();
        job.fresh = !may_have_row(&job, received, now());
        span.set("stack.event_id", job.delivery_id.event);
        span.set("stack.delivery_id", job.delivery_id);
        span.set("stack.operator_id", job.operator_id);
        match works.iter_mut().find(|work| work.job.names_same_attempt(&job)) {
            Some(work) => {
                work.received = work.received.max(received);
                let by_hand = work.job.by_hand || job.by_hand;
                let fresh = work.job.fresh && job.fresh;
                if job.due < work.job.due {
                    work.job = Job { trace: work.job.trace, ..job };
                }
                (work.job.by_hand, work.job.fresh) = (by_hand, fresh);
                unfinished.remove(&message_id);
            }
            None => works.push(Work { message_id, received, sent_at, job, lane, span }),
        }
    }
    works
}
