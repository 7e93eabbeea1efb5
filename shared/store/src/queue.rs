//! The SQS queues.

use std::{collections::BTreeMap, time::Duration};

use aws_sdk_sqs::{
    Client,
    config::retry::RetryConfig,
    types::{
        ChangeMessageVisibilityBatchRequestEntry, MessageSystemAttributeNameForSends as SystemAttribute,
        MessageSystemAttributeValue, SendMessageBatchRequestEntry,
    },
};
use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        interceptors::{Intercept, context::BeforeTransmitInterceptorContextMut},
        runtime_components::RuntimeComponents,
    },
};
use aws_smithy_types::config_bag::ConfigBag;
use domain::{Destination, OperatorId, TraceContext, backoff::MAX_HOP, time::now, traffic::Lane};
use futures::{StreamExt, future::join_all, stream};
use serde::Serialize;
use trace::{Kind, Span};

use crate::{Aws, Result, error::aws};

/// The maximum number of concurrent calls.
const MAX_CALLS: usize = 8;
/// The maximum number of messages in one call, and the maximum total bytes of their bodies: limits of SQS.
const MAX_BATCH: usize = 10;
const MAX_BATCH_BYTES: usize = 1024 * 1024;
/// Bytes reserved for the attributes and the envelope of a message.
const ENVELOPE_BYTES: usize = 512;

/// An SQS queue.
#[derive(Clone)]
pub struct Queue {
    client: Client,
    url: String,
    retries: bool,
}

/// Keeps the HTTP client from sending a request twice.
#[derive(Debug)]
struct SentOnce;

impl Intercept for SentOnce {
    fn name(&self) -> &'static str {
        "SentOnce"
    }

    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> std::result::Result<(), BoxError> {
        context.request_mut().add_extension(transport::Once);
        Ok(())
    }
}

/// A message to send to a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    body: String,
    operator_id: OperatorId,
    delay_seconds: i32,
    trace: Option<TraceContext>,
}

impl Outgoing {
    /// Creates a message for `operator_id`. The operator's messages form one message group, so that the fair queues of
    /// SQS keep one noisy operator from delaying the others.
    ///
    /// # Errors
    /// When the message cannot be written as JSON.
    pub fn new(message: &impl Serialize, operator_id: OperatorId) -> Result<Self> {
        Ok(Self::of_text(serde_json::to_string(message)?, operator_id))
    }

    /// Creates a message from a serialized body.
    pub fn of_text(body: String, operator_id: OperatorId) -> Self {
        Self { body, operator_id, delay_seconds: 0, trace: trace::current() }
    }

    /// Attaches the message to this trace instead of the current one.
    #[must_use]
    pub fn traced(mut self, trace: Option<TraceContext>) -> Self {
        self.trace = trace;
        self
    }

    /// Hides the message from receivers for `delay`, at most [`MAX_HOP`]: SQS rejects longer delays.
    #[must_use]
    pub fn delayed(mut self, delay: Duration) -> Self {
        self.delay_seconds = i32::try_from(delay.min(MAX_HOP).as_secs()).unwrap_or(0);
        self
    }
}

impl Queue {
    fn from_env(aws: &Aws, name: &'static str) -> Result<Self> {
        Ok(Self { client: aws.sqs(), url: aws.variable(name)?, retries: true })
    }

    /// The queue `accepted`, at `ACCEPTED_QUEUE_URL`, for events that have an ID.
    ///
    /// # Errors
    /// When the variable is missing.
    pub fn accepted(aws: &Aws) -> Result<Self> {
        Self::from_env(aws, "ACCEPTED_QUEUE_URL")
    }

    /// The dead-letter queue of the queue `events`, at `EVENTS_DEAD_LETTERS_URL`.
    ///
    /// # Errors
    /// When the variable is missing.
    pub fn refused_events(aws: &Aws) -> Result<Self> {
        Self::from_env(aws, "EVENTS_DEAD_LETTERS_URL")
    }

    /// The name of the queue, which is also the last part of its ARN.
    pub fn name(&self) -> &str {
        self.url.rsplit('/').next().unwrap_or_default()
    }

    /// Another queue with this name, in the same account and region.
    #[must_use]
    pub fn beside(&self, name: &str) -> Self {
        let account = self.url.rsplit_once('/').map_or("", |(account, _)| account);
        Self { url: format!("{account}/{name}"), ..self.clone() }
    }

    /// Hides received messages, each for the given time, after which SQS delivers them again. Failures are logged: SQS
    /// then delivers the message after the queue's own visibility timeout.
    pub async fn hide(&self, messages: Vec<(String, Duration)>) {
        for batch in messages.chunks(MAX_BATCH) {
            if let Err(error) = self.hide_some(batch).await {
                tracing::warn!(%error, messages = batch.len(), "visibility not changed");
            }
        }
    }

    async fn hide_some(&self, batch: &[(String, Duration)]) -> Result<()> {
        const CALL: &str = "ChangeMessageVisibilityBatch";
        let mut change = self.client.change_message_visibility_batch().queue_url(&self.url);
        for (i, (receipt, delay)) in batch.iter().enumerate() {
            let entry = ChangeMessageVisibilityBatchRequestEntry::builder().id(i.to_string()).receipt_handle(receipt);
            let entry = entry.visibility_timeout(i32::try_from(delay.as_secs()).unwrap_or(i32::MAX));
            change = change.entries(entry.build().map_err(aws(CALL))?);
        }
        let answer = change.send().await.map_err(aws(CALL))?;
        for refused in answer.failed() {
            tracing::warn!(code = refused.code(), message = refused.message(), "visibility not changed");
        }
        Ok(())
    }

    /// Sends messages with one `SendMessage` call, or with as few batches as possible. Returns for each message whether
    /// SQS accepted it.
    pub async fn send(&self, messages: Vec<Outgoing>) -> Vec<bool> {
        let sizes: Vec<_> = messages.iter().map(|message| message.body.len() + ENVELOPE_BYTES).collect();
        let mut messages = messages.into_iter();
        let batches = batches(&sizes).into_iter().map(|count| messages.by_ref().take(count).collect::<Vec<_>>());
        let batches: Vec<_> = batches.collect();
        let sent = stream::iter(batches).map(|batch| self.send_batch(batch)).buffered(MAX_CALLS);
        sent.concat().await
    }

    async fn send_batch(&self, batch: Vec<Outgoing>) -> Vec<bool> {
        let count = batch.len();
        let spans = Sends::start(self.name(), &batch);
        let result = match <[Outgoing; 1]>::try_from(batch) {
            Ok([one]) => self.send_one(one, &spans).await,
            Err(several) => self.send_some(several, &spans).await,
        };
        result.unwrap_or_else(|error| {
            if self.retries {
                tracing::error!(%error, messages = count, "SQS did not take messages");
            } else {
                tracing::warn!(%error, messages = count, "SQS did not confirm messages");
            }
            spans.fail();
            vec![false; count]
        })
    }

    async fn send_one(&self, message: Outgoing, spans: &Sends) -> Result<Vec<bool>> {
        let mut send = self.client.send_message().queue_url(&self.url).message_body(message.body);
        if let Some(header) = spans.header(message.trace)? {
            send = send.message_system_attributes(SystemAttribute::AwsTraceHeader, header);
        }
        let send = send.message_group_id(message.operator_id.to_string());
        let answer = send.set_delay_seconds(delay(message.delay_seconds)).send().await.map_err(aws("SendMessage"))?;
        spans.took(answer.message_id());
        Ok(vec![true])
    }

    async fn send_some(&self, batch: Vec<Outgoing>, spans: &Sends) -> Result<Vec<bool>> {
        let mut send = self.client.send_message_batch().queue_url(&self.url);
        let mut sent = vec![false; batch.len()];
        for (i, message) in batch.into_iter().enumerate() {
            let header = spans.header(message.trace)?;
            let entry = SendMessageBatchRequestEntry::builder()
                .id(i.to_string())
                .message_body(message.body)
                .message_group_id(message.operator_id.to_string())
                .set_delay_seconds(delay(message.delay_seconds));
            let entry = match header {
                Some(header) => entry.message_system_attributes(SystemAttribute::AwsTraceHeader, header),
                None => entry,
            };
            send = send.entries(entry.build().map_err(aws("SendMessageBatch"))?);
        }
        let answer = send.send().await.map_err(aws("SendMessageBatch"))?;
        for taken in answer.successful() {
            if let Some(slot) = taken.id().parse().ok().and_then(|i: usize| sent.get_mut(i)) {
                *slot = true;
            }
        }
        for refused in answer.failed() {
            tracing::error!(code = refused.code(), message = refused.message(), "SQS did not take a message");
        }
        Ok(sent)
    }
}

/// The spans of one call: one for each trace among its messages. Untraced messages have no span.
struct Sends(Vec<(TraceContext, Span)>);

impl Sends {
    fn start(queue: &str, batch: &[Outgoing]) -> Self {
        let mut spans: Vec<(TraceContext, Span)> = vec![];
        for context in batch.iter().filter_map(|message| message.trace) {
            if spans.iter().all(|(of, _)| *of != context) {
                let span = Span::start(Some(context), Kind::Producer, || format!("send {}", trace::queue_label(queue)));
                span.set("messaging.system", "aws_sqs");
                span.set("messaging.operation.type", "send");
                span.set("messaging.destination.name", queue);
                if batch.len() > 1 {
                    let own = batch.iter().filter(|message| message.trace == Some(context)).count();
                    span.set_number("messaging.batch.message_count", own as u64);
                }
                spans.push((context, span));
            }
        }
        Self(spans)
    }

    /// The trace header that a message carries to its receiver. It does not count against the limits of SQS, and takes
    /// precedence over the header in which the SDK sends the invocation's trace.
    fn header(&self, context: Option<TraceContext>) -> Result<Option<MessageSystemAttributeValue>> {
        let span = self.0.iter().find(|(of, _)| Some(*of) == context);
        let Some(context) = span.and_then(|(_, span)| span.context()) else { return Ok(None) };
        let value = MessageSystemAttributeValue::builder().data_type("String").string_value(context.header());
        Ok(Some(value.build().map_err(aws("AWSTraceHeader"))?))
    }

    /// Records that SQS accepted the only message of a call under this ID.
    fn took(&self, id: Option<&str>) {
        if let (Some((_, span)), Some(id)) = (self.0.first(), id) {
            span.set("messaging.message.id", id);
        }
    }

    fn fail(&self) {
        self.0.iter().for_each(|(_, span)| span.fail("not_sent"));
    }
}

/// The delivery queues, one for each lane.
#[derive(Clone)]
pub struct Lanes {
    fast: Queue,
    slow: Queue,
    mail: Queue,
}

impl Lanes {
    /// Opens the queues at `DELIVERIES_QUEUE_URL`, `SLOW_QUEUE_URL` and `MAIL_QUEUE_URL`.
    ///
    /// # Errors
    /// When a variable is missing.
    pub fn from_env(aws: &Aws) -> Result<Self> {
        let queue = |name| Queue::from_env(aws, name);
        Ok(Self {
            fast: queue("DELIVERIES_QUEUE_URL")?,
            slow: queue("SLOW_QUEUE_URL")?,
            mail: queue("MAIL_QUEUE_URL")?,
        })
    }

    /// The same queues without retries by the SDK or the HTTP client, for messages that the caller changes before it
    /// sends them again. SQS may have accepted a message whose call failed.
    #[must_use]
    pub fn without_retries(&self) -> Self {
        let config = self.fast.client.config().to_builder().retry_config(RetryConfig::disabled());
        let config = config.interceptor(SentOnce);
        let client = Client::from_conf(config.build());
        let queue = |queue: &Queue| Queue { client: client.clone(), url: queue.url.clone(), retries: false };
        Self { fast: queue(&self.fast), slow: queue(&self.slow), mail: queue(&self.mail) }
    }

    /// The queue of a lane.
    pub fn of(&self, lane: Lane) -> &Queue {
        match lane {
            Lane::Fast => &self.fast,
            Lane::Slow => &self.slow,
            Lane::Mail => &self.mail,
        }
    }

    /// The queue for new deliveries to a destination.
    pub fn to(&self, destination: &Destination) -> &Queue {
        self.of(destination.lane(now()))
    }

    /// The lane whose queue has this name.
    pub fn named(&self, name: &str) -> Option<Lane> {
        [Lane::Fast, Lane::Slow, Lane::Mail].into_iter().find(|lane| self.of(*lane).name() == name)
    }

    /// Sends each message through its lane. Returns for each message whether SQS accepted it.
    pub async fn send(&self, messages: Vec<(Lane, Outgoing)>) -> Vec<bool> {
        let mut sent = vec![false; messages.len()];
        let mut by_lane: BTreeMap<Lane, (Vec<usize>, Vec<Outgoing>)> = BTreeMap::new();
        for (place, (lane, message)) in messages.into_iter().enumerate() {
            let (places, messages) = by_lane.entry(lane).or_default();
            places.push(place);
            messages.push(message);
        }
        let calls = by_lane.into_iter().map(async |(lane, (places, messages))| {
            places.into_iter().zip(self.of(lane).send(messages).await).collect::<Vec<_>>()
        });
        for (place, taken) in join_all(calls).await.into_iter().flatten() {
            sent[place] = taken;
        }
        sent
    }
}

/// `None` rather than 0, so as not to override the queue's own delay.
fn delay(seconds: i32) -> Option<i32> {
    (seconds > 0).then_some(seconds)
}

/// Splits messages of these sizes into batches that SQS accepts. Returns the number of messages in each batch.
fn batches(sizes: &[usize]) -> Vec<usize> {
    let mut counts = vec![];
    let (mut count, mut bytes) = (0, 0);
    for size in sizes {
        if count == MAX_BATCH || (count > 0 && bytes + size > MAX_BATCH_BYTES) {
            counts.push(count);
            (count, bytes) = (0, 0);
        }
        count += 1;
        bytes += size;
    }
    counts.extend((count > 0).then_some(count));
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_hold_ten_messages_and_a_mebibyte_at_most() {
        assert!(batches(&[]).is_empty());
        assert_eq!(batches(&[1; 25]), [10, 10, 5]);
        assert_eq!(batches(&[300 * 1024; 7]), [3, 3, 1]);
    }

    #[test]
    fn no_message_is_delayed_longer_than_sqs_takes() {
        let message = Outgoing::new(&"x", OperatorId::generate()).expect("a message");
        assert_eq!(message.clone().delayed(Duration::from_secs(10_800)).delay_seconds, 900);
        assert_eq!(message.delayed(Duration::from_secs(60)).delay_seconds, 60);
    }
}
