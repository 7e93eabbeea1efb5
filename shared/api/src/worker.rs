//! How a function that takes batches from queues runs: records one by one, and an answer that names those that failed.
//!
//! A message that failed is handed out again after a pause of its own, which grows each time, and not with all others of
//! its batch after the queue's visibility timeout: that one is for workers that died.

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use domain::{
    backoff::hand_back_after,
    time::{from_millis, now},
};
use jiff::Timestamp;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use std::{
    collections::{BTreeMap, HashSet},
    time::Duration,
};
use store::Queue;

use crate::{cold_start, telemetry::Telemetry};

/// One message of a batch.
#[derive(Debug, Clone)]
pub struct Record {
    /// SQS's id of the message: what a failure is named by.
    pub message_id: String,
    /// Its body, of whatever form its producer wrote.
    pub body: String,
    /// How often SQS has handed it out, this time included.
    pub received: u32,
    /// When it was sent to the queue.
    pub sent_at: Timestamp,
    /// The name of the queue; empty when it came past SQS.
    pub queue: String,
    /// By which its visibility is changed.
    pub receipt: String,
}

/// How long before the function's end its work must be done, so that what it did can be answered.
const RESERVE: Duration = Duration::from_secs(3);

impl From<SqsMessage> for Record {
    fn from(message: SqsMessage) -> Self {
        let number = |name: &str| message.attributes.get(name).and_then(|value| value.parse::<i64>().ok());
        Self {
            received: number("ApproximateReceiveCount").and_then(|n| n.try_into().ok()).unwrap_or(1),
            sent_at: number("SentTimestamp").map_or_else(now, from_millis),
            queue: message
                .event_source_arn
                .and_then(|arn| Some(arn.rsplit(':').next()?.to_owned()))
                .unwrap_or_default(),
            receipt: message.receipt_handle.unwrap_or_default(),
            message_id: message.message_id.unwrap_or_default(),
            body: message.body.unwrap_or_default(),
        }
    }
}

/// Runs a worker until the function is shut down. `work` gets the records of a batch and the moment by which it must
/// be done, and returns the ids of the messages that SQS shall hand out again. `queue` is any queue of the account: those
/// that records come from are reached by way of it.
///
/// # Errors
/// When the runtime API of Lambda fails.
pub async fn run<F>(work: F, queue: Queue, telemetry: Telemetry) -> Result<(), Error>
where
    F: AsyncFn(Vec<Record>, tokio::time::Instant) -> Vec<String>,
{
    let (work, queue) = (&work, &queue);
    cold_start::report();
    lambda_runtime::run(service_fn(async |event: LambdaEvent<SqsEvent>| {
        let left = event.context.deadline().duration_since(std::time::SystemTime::now()).unwrap_or_default();
        let end = tokio::time::Instant::now() + left.saturating_sub(RESERVE);
        let records: Vec<_> = event.payload.records.into_iter().map(Record::from).collect();
        let handles: Vec<_> = records.iter().map(Handle::of).collect();
        let failed: HashSet<_> = work(records, end).await.into_iter().collect();
        if !failed.is_empty() {
            metrics::counter!("messages_handed_back").increment(failed.len() as u64);
        }
        hand_back(handles.into_iter().filter(|handle| failed.contains(&handle.message_id)), queue).await;
        let mut answer = SqsBatchResponse::default();
        // An empty id would fail the whole batch.
        failed.into_iter().filter(|id| !id.is_empty()).for_each(|id| answer.add_failure(id));
        telemetry.flush();
        Ok::<_, Error>(answer)
    }))
    .await
}

/// What it takes to hand a message back.
struct Handle {
    message_id: String,
    queue: String,
    receipt: String,
    received: u32,
}

impl Handle {
    fn of(record: &Record) -> Self {
        let Record { message_id, queue, receipt, received, .. } = record;
        Self { message_id: message_id.clone(), queue: queue.clone(), receipt: receipt.clone(), received: *received }
    }
}

/// Lets messages be handed out again soon, each at a time of its own.
async fn hand_back(failed: impl Iterator<Item = Handle>, queue: &Queue) {
    let mut by_queue: BTreeMap<String, Vec<(String, Duration)>> = BTreeMap::new();
    for Handle { queue, receipt, received, .. } in failed.filter(|handle| !handle.receipt.is_empty()) {
        by_queue.entry(queue).or_default().push((receipt, hand_back_after(received, rand::random())));
    }
    for (name, messages) in by_queue.into_iter().filter(|(name, _)| !name.is_empty()) {
        queue.beside(&name).hide(messages).await;
    }
}
