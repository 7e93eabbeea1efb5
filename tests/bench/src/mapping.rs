//! The event source mapping between a queue and a worker, as Lambda has it: batches in, deletes of what was done, and what
//! failed left to come again.

use std::{
    collections::HashSet,
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use e2e::aws::Cloud;
use serde_json::{Value, json};

use crate::{host::Host, local::call};

/// A queue that feeds a worker.
pub struct Mapping {
    cloud: Cloud,
    queue: String,
    batch: usize,
    receives: AtomicU64,
    requests: AtomicU64,
    invocations: AtomicU64,
}

/// What a poll came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Polled {
    /// How many messages there were.
    pub taken: usize,
    /// How many of them come again.
    pub failed: usize,
    /// How long the receive took, and the delete.
    pub waited: [Duration; 2],
}

impl Mapping {
    /// Of `queue`, in batches of at most `batch`: up to ten, as one receive brings them.
    pub fn new(cloud: &Cloud, queue: &str, batch: usize) -> Self {
        let none = || AtomicU64::new(0);
        let (receives, requests, invocations) = (none(), none(), none());
        Self { cloud: cloud.clone(), queue: queue.to_owned(), batch, receives, requests, invocations }
    }

    /// Receives a batch, hands it to the worker, and deletes what was done.
    ///
    /// # Panics
    /// When the worker ends, or answers with an error.
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
        let known = |id: &str| messages.iter().any(|message| message["MessageId"] == id);
        // Lambda takes a name that it does not know, or an empty one, for the failure of all.
        let all = failures.iter().any(|id| !known(id));
        let failed = |message: &&Value| all || failures.contains(message["MessageId"].as_str().unwrap_or_default());
        let (left, done): (Vec<_>, Vec<_>) = messages.iter().partition(failed);
        let began = Instant::now();
        self.delete(&done).await;
        Polled { taken: messages.len(), failed: left.len(), waited: [receiving, began.elapsed()] }
    }

    /// How many receives inline_destination messages; how many requests SQS bills for those and for the deletes; and how many batches
    /// were handed to the worker: since the last time that this was asked.
    pub fn take(&self) -> [u64; 3] {
        [&self.receives, &self.requests, &self.invocations].map(|count| count.swap(0, Ordering::Relaxed))
    }

    /// How many messages the queue holds: visible, delayed, and in flight.
    pub async fn depth(&self) -> [u64; 3] {
        let names = ["", "Delayed", "NotVisible"].map(|suffix| format!("ApproximateNumberOfMessages{suffix}"));
        let asked = json!({"QueueUrl": self.queue, "AttributeNames": names});
        let answer = call(&self.cloud, "AmazonSQS.GetQueueAttributes", &asked).await;
        names.map(|name| answer["Attributes"][name].as_str().and_then(|n| n.parse().ok()).expect("a number"))
    }

    async fn receive(&self) -> Vec<Value> {
        let asked = json!({
            "QueueUrl": self.queue,
            "MaxNumberOfMessages": self.batch,
            "AttributeNames": ["All"],
            "MessageSystemAttributeNames": ["All"],
            "MessageAttributeNames": ["All"],
        });
        let answer = call(&self.cloud, "AmazonSQS.ReceiveMessage", &asked).await;
        let messages = answer["Messages"].as_array().cloned().unwrap_or_default();
        // A poll that finds nothing is not the traffic's: Lambda polls an idle queue as well.
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
        let asked = json!({"QueueUrl": self.queue, "Entries": entries});
        call(&self.cloud, "AmazonSQS.DeleteMessageBatch", &asked).await;
        self.requests.fetch_add(1, Ordering::Relaxed);
    }
}

/// How many requests SQS bills for one with so many bytes: «each 64 KB chunk of a payload is billed as 1 request».
pub fn billed(bytes: usize) -> u64 {
    bytes.div_ceil(64 * 1024).max(1) as u64
}

/// A message in the form in which Lambda hands it on.
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

/// A batch of one message, as a worker gets it, that came past no queue.
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
