//! How a function that takes batches from a queue runs: records one by one, and an answer that names those that failed.

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use domain::time::{from_millis, now};
use jiff::Timestamp;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use std::time::Duration;

use crate::telemetry::Telemetry;

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
}

/// How long before the function's end its work must be done, so that what it did can be answered.
const RESERVE: Duration = Duration::from_secs(3);

impl From<SqsMessage> for Record {
    fn from(message: SqsMessage) -> Self {
        let number = |name: &str| message.attributes.get(name).and_then(|value| value.parse::<i64>().ok());
        Self {
            received: number("ApproximateReceiveCount").and_then(|n| n.try_into().ok()).unwrap_or(1),
            sent_at: number("SentTimestamp").map_or_else(now, from_millis),
            message_id: message.message_id.unwrap_or_default(),
            body: message.body.unwrap_or_default(),
        }
    }
}

/// Runs a worker until the function is shut down. `work` gets the records of a batch and the moment by which it must
/// be done, and returns the ids of the messages that SQS shall hand out again.
///
/// # Errors
/// When the runtime API of Lambda fails.
pub async fn run<F>(work: F, telemetry: Telemetry) -> Result<(), Error>
where
    F: AsyncFn(Vec<Record>, tokio::time::Instant) -> Vec<String>,
{
    let work = &work;
    lambda_runtime::run(service_fn(async |event: LambdaEvent<SqsEvent>| {
        let left = event.context.deadline().duration_since(std::time::SystemTime::now()).unwrap_or_default();
        let end = tokio::time::Instant::now() + left.saturating_sub(RESERVE);
        let records = event.payload.records.into_iter().map(Record::from).collect();
        let mut answer = SqsBatchResponse::default();
        // An empty id would fail the whole batch.
        work(records, end).await.into_iter().filter(|id| !id.is_empty()).for_each(|id| answer.add_failure(id));
        telemetry.flush();
        Ok::<_, Error>(answer)
    }))
    .await
}
