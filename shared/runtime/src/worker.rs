//! Runs a function that receives batches from queues: processes each record and reports the ones that failed.
//!
//! A failed message is delivered again after its own pause, which grows each time. It does not wait with the rest of
//! the batch for the queue's visibility timeout, which is for workers that died.

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use domain::{
    backoff::hand_back_after,
    time::{from_millis, now},
};
use jiff::Timestamp;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
    time::Duration,
};
use store::Queue;
use trace::{Kind, Span};

use crate::{cold_start, telemetry::Telemetry};

/// One message of a batch.
#[derive(Debug, Clone)]
pub struct Record {
    /// SQS's ID of the message, which identifies a failure.
    pub message_id: String,
    /// The body, in the format of its producer.
    pub body: String,
    /// How many times SQS has delivered the message, including this time.
    pub received: u32,
    /// When the message was sent to the queue.
    pub sent_at: Timestamp,
    /// The name of the queue. Empty if the message did not come through SQS.
    pub queue: String,
    /// The receipt handle, which changes the message's visibility.
    pub receipt: String,
    /// The span of the message's processing. End it when the message is done; otherwise it ends with the batch.
    pub span: Span,
}

tokio::task_local! {
    static REQUEST_ID: Arc<str>;
}

/// Returns Lambda's ID of the invocation, for log lines. `None` in tests.
pub fn request_id() -> Option<impl tracing::Value> {
    REQUEST_ID.try_with(|id| tracing::field::display(id.clone())).ok()
}

/// How long before the function's timeout its work must be done, to leave time for the response.
const RESERVE: Duration = Duration::from_secs(3);

impl From<SqsMessage> for Record {
    fn from(message: SqsMessage) -> Self {
        let number = |name: &str| message.attributes.get(name).and_then(|value| value.parse::<i64>().ok());
        let queue = message.event_source_arn.and_then(|arn| Some(arn.rsplit(':').next()?.to_owned()));
        let queue = queue.unwrap_or_default();
        let message_id = message.message_id.unwrap_or_default();
        Self {
            received: number("ApproximateReceiveCount").and_then(|n| n.try_into().ok()).unwrap_or(1),
            sent_at: number("SentTimestamp").map_or_else(now, from_millis),
            receipt: message.receipt_handle.unwrap_or_default(),
            span: process(message.attributes.get("AWSTraceHeader"), &queue, &message_id),
            queue,
            message_id,
            body: message.body.unwrap_or_default(),
        }
    }
}

/// Begins to process a message, in the trace that it was sent in.
fn process(header: Option<&String>, queue: &str, message_id: &str) -> Span {
    let context = trace::incoming(header.map(String::as_str));
    let span = Span::start(context, Kind::Consumer, || format!("process {}", trace::queue_label(queue)));
    span.set("messaging.system", "aws_sqs");
    span.set("messaging.operation.type", "process");
    span.set("messaging.destination.name", queue);
    span.set("messaging.message.id", message_id);
    span
}

/// Runs a worker until the function is shut down. `work` gets the records of a batch and its deadline, and returns the
/// IDs of the messages that SQS should deliver again. `queue` can be any queue of the account: the queues of the
/// records are derived from it.
///
/// # Errors
/// When Lambda's runtime API fails.
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
        let traced = records.iter().filter(|record| record.span.is_recorded());
        let spans: Vec<_> = traced.map(|record| (record.message_id.clone(), record.span.clone())).collect();
        let request_id = event.context.request_id.into();
        let failed: HashSet<_> = REQUEST_ID.scope(request_id, work(records, end)).await.into_iter().collect();
        if !failed.is_empty() {
            metrics::counter!("messages_handed_back").increment(failed.len() as u64);
        }
        for (message_id, span) in spans {
            if failed.contains(&message_id) {
                span.fail("handed_back");
            }
            span.end();
        }
        hand_back(handles.into_iter().filter(|handle| failed.contains(&handle.message_id)), queue).await;
        let mut answer = SqsBatchResponse::default();
        // An empty ID would fail the whole batch.
        failed.into_iter().filter(|id| !id.is_empty()).for_each(|id| answer.add_failure(id));
        telemetry.flush();
        Ok::<_, Error>(answer)
    }))
    .await
}

/// The data needed to return a message to its queue.
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

/// Makes failed messages available again soon, each after its own pause.
async fn hand_back(failed: impl Iterator<Item = Handle>, queue: &Queue) {
    let mut by_queue: BTreeMap<String, Vec<(String, Duration)>> = BTreeMap::new();
    for Handle { queue, receipt, received, .. } in failed.filter(|handle| !handle.receipt.is_empty()) {
        by_queue.entry(queue).or_default().push((receipt, hand_back_after(received, rand::random())));
    }
    for (name, messages) in by_queue.into_iter().filter(|(name, _)| !name.is_empty()) {
        queue.beside(&name).hide(messages).await;
    }
}
