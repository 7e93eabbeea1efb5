//! The event source mapping between a queue and a worker, as in Lambda: it passes batches to the worker, deletes the
//! messages that succeeded, and leaves the failed ones to be received again.

use std::{
    collections::HashSet,
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use e2e::aws::Cloud;
use serde_json::{Value, json};

use crate::{host::Host, local::call};

/// A queue that triggers a worker.
pub struct Mapping {
    cloud: Cloud,
    queue: String,
    batch: usize,
    receives: AtomicU64,
    requests: AtomicU64,
    invocations: AtomicU64,
}

/// The result of a poll.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Polled {
    /// The number of messages received.
    pub taken: usize,
    /// The number of messages that stay in the queue.
    pub failed: usize,
    /// How long the receive and the delete took.
    pub waited: [Duration; 2],
}

impl Mapping {
    /// Maps `queue`, in batches of at most `batch` messages: up to ten, the limit of one receive.
    pub fn new(cloud: &Cloud, queue: &str, batch: usize) -> Self {
        let none = || AtomicU64::new(0);
        let (receives, requests, invocations) = (none(), none(), none());
        Self { cloud: cloud.clone(), queue: queue.to_owned(), batch, receives, requests, invocations }
    }

    /// Receives a batch, passes it to the worker, and deletes the messages that succeeded.
    ///
    /// # Panics
    /// When the worker exits, or answers with an error.
    pub async fn poll(&self, worker: &Host) -> Polled {
        let began = Instant::now();
        let messages = self.receive().await;
        let receiving = began.elapsed();
        if messages.is_empty() {
            return Polled { waited: [receiving, Duration::ZERO], ..Polled::default() };
        }
        self.invocations.fetch_add(1, Ordering::Relaxed);
        let records: Vec<_> = messages.iter().map(|message| record(message, &self.queue)).collect();
        let answer = worker.invoke(json!({ "Records": records }).to_string()).await.expect("an answer");
        let answer: Value = serde_json::from_slice(&answer).expect("JSON");
        let failures = answer["batchItemFailures"].as_array().cloned().unwrap_or_default();
        let failures: HashSet<_> = failures.iter().filter_map(|failure| failure["itemIdentifier"].as_str()).collect();
        let in_batch = |id: &str| messages.iter().any(|message| message["MessageId"] == id);
        // If a name is unknown or empty, Lambda treats the whole batch as failed.
        let all = failures.iter().any(|id| !in_batch(id));
        let failed = |message: &&Value| all || failures.contains(message["MessageId"].as_str().unwrap_or_default());
        let (left, done): (Vec<_>, Vec<_>) = messages.iter().partition(failed);
        let began = Instant::now();
        self.delete(&done).await;
        Polled { taken: messages.len(), failed: left.len(), waited: [receiving, began.elapsed()] }
    }

    /// Since the last call: how many receives returned messages, how many requests SQS bills for those and for the
    /// deletes, and how many batches the worker got.
    pub fn take(&self) -> [u64; 3] {
        [&self.receives, &self.requests, &self.invocations].map(|count| count.swap(0, Ordering::Relaxed))
    }

    /// The number of messages in the queue: visible, delayed, and in flight.
    pub async fn depth(&self) -> [u64; 3] {
        let names = ["", "Delayed", "NotVisible"].map(|suffix| format!("ApproximateNumberOfMessages{suffix}"));
        let request = json!({"QueueUrl": self.queue, "AttributeNames": names});
        let answer = call(&self.cloud, "AmazonSQS.GetQueueAttributes", &request).await;
        names.map(|name| answer["Attributes"][name].as_str().and_then(|n| n.parse().ok()).expect("a number"))
    }

    async fn receive(&self) -> Vec<Value> {
        let request = json!({
            "QueueUrl": self.queue,
            "MaxNumberOfMessages": self.batch,
            "AttributeNames": ["All"],
            "MessageSystemAttributeNames": ["All"],
            "MessageAttributeNames": ["All"],
        });
        let answer = call(&self.cloud, "AmazonSQS.ReceiveMessage", &request).await;
        let messages = answer["Messages"].as_array().cloned().unwrap_or_default();
        // An empty poll is not counted for the traffic: Lambda polls idle queues as well.
        if !messages.is_empty() {
            let bytes: usize = messages.iter().filter_map(|message| message["Body"].as_str()).map(str::len).sum();
            self.requests.fetch_add(billed(bytes), Ordering::Relaxed);
            self.receives.fetch_add(1, Ordering::Relaxed);
        }
        messages
    }

    async fn delete(&self, messages: &[&Value]) {
        if messages.is_empty() {
            return;
        }
        let entry =
            |(i, message): (usize, &&Value)| json!({"Id": i.to_string(), "ReceiptHandle": message["ReceiptHandle"]});
        let entries: Vec<_> = messages.iter().enumerate().map(entry).collect();
        let request = json!({"QueueUrl": self.queue, "Entries": entries});
        call(&self.cloud, "AmazonSQS.DeleteMessageBatch", &request).await;
        self.requests.fetch_add(1, Ordering::Relaxed);
    }
}

/// How many requests SQS bills for a payload of this size: «each 64 KB chunk of a payload is billed as 1 request».
pub fn billed(bytes: usize) -> u64 {
    bytes.div_ceil(64 * 1024).max(1) as u64
}

/// A message in the format that Lambda passes to a function.
fn record(message: &Value, queue: &str) -> Value {
    json!({
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message["Attributes"],
        "messageAttributes": {},
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": format!("arn:aws:sqs:us-east-1:000000000000:{}", queue.rsplit('/').next().unwrap_or_default()),
        "awsRegion": "us-east-1",
    })
}

/// A batch of one message for a worker, without a queue.
pub fn batch_of_one(body: &Value) -> Value {
    let sent = jiff::Timestamp::now().as_millisecond().to_string();
    let message = json!({
        "MessageId": "a message",
        "ReceiptHandle": "a handle",
        "Body": body.to_string(),
        "Attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": sent},
        "MD5OfBody": "",
    });
    json!({ "Records": [record(&message, "")] })
}
