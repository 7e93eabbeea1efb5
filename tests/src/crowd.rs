//! An operator with many destinations at one receiver.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use domain::rule::MAX_DESTINATIONS;
use futures::{StreamExt, stream};
use serde_json::{Value, json};

use tokio::time::{Instant, sleep};

use crate::{Operator, Receiver, aws, variable, within};

/// The number of concurrent requests: the local cloud runs a process for each.
const AT_ONCE: usize = 8;
/// The maximum number of keys in a `BatchGetItem` call.
const MAX_KEYS: usize = 100;

/// An operator with many destinations.
pub struct Crowd {
    /// The operator.
    pub operator: Operator,
    /// The receiver, where each destination has its own path.
    pub receiver: Receiver,
    /// The ids of the destinations.
    pub destinations: Vec<String>,
}

impl Crowd {
    /// Creates an operator with this many webhooks, and rules that send events of this type to all of them.
    pub async fn subscribed_to(event_type: &str, count: usize) -> Self {
        Self::at(Receiver::taking().await, event_type, count).await
    }

    /// The same with this receiver.
    pub async fn at(receiver: Receiver, event_type: &str, count: usize) -> Self {
        let operator = Operator::create().await;
        let register = async |number: usize| {
            let made = operator.register("webhook", &format!("{}/{number}", receiver.url())).await.expect(201);
            made["id"].as_str().expect("an id").to_owned()
        };
        let destinations: Vec<_> = stream::iter((0..count).map(register)).buffered(AT_ONCE).collect().await;
        let rule = async |ids: &[String]| {
            let ids: Vec<_> = ids.iter().map(String::as_str).collect();
            operator.rule(event_type, &ids).await;
        };
        let rules = destinations.chunks(MAX_DESTINATIONS).map(rule);
        stream::iter(rules).buffered(AT_ONCE).collect::<Vec<_>>().await;
        Self { operator, receiver, destinations }
    }

    /// Posts this many events in batches of ten, retries each batch until it is accepted, and returns their ids.
    pub async fn post(&self, event_type: &str, count: usize) -> Vec<String> {
        let numbers: Vec<_> = (0..count).collect();
        let post = async |numbers: &[usize]| {
            // The ids show that a repeated event is a duplicate.
            let event = |n: &usize| json!({"type": event_type, "id": format!("event-{n}"), "data": {"n": n}});
            let body = json!({"events": numbers.iter().map(event).collect::<Vec<_>>()});
            loop {
                let answer = self.operator.post("/v1/events", body.clone()).await;
                if answer.status < 500 {
                    let accepted = answer.expect(202)["events"].as_array().expect("a list").clone();
                    return accepted.iter().map(|e| e["id"].as_str().expect("an id").to_owned()).collect::<Vec<_>>();
                }
                sleep(Duration::from_millis(100)).await;
            }
        };
        stream::iter(numbers.chunks(10).map(post)).buffered(AT_ONCE).concat().await
    }

    /// The state of the deliveries of these events.
    pub async fn progress(&self, events: &[String]) -> Progress {
        let wanted: BTreeSet<_> = events.iter().flat_map(|event| self.deliveries(event)).collect();
        let (mut states, mut attempts) = (BTreeMap::<String, usize>::new(), 0);
        let mut recorded = BTreeSet::new();
        for destination in &self.destinations {
            for row in aws::rows("DELIVERIES_TABLE", "destination_id", destination).await {
                let state = row["state"]["S"].as_str().expect("a state").to_owned();
                *states.entry(state).or_default() += 1;
                let count = row["attempt_count"]["N"].as_str().and_then(|count| count.parse::<usize>().ok());
                attempts += count.unwrap_or_default();
                recorded.insert(row["id"]["S"].as_str().expect("an id").to_owned());
            }
        }
        let got = self.receiver.received();
        let arrived: BTreeSet<_> = got.iter().map(|request| request.header("webhook-id").to_owned()).collect();
        Progress {
            deliveries: wanted.len(),
            states,
            attempts,
            requests: got.len(),
            missing: wanted.difference(&arrived).count(),
            not_recorded: wanted.difference(&recorded).count(),
            unexpected: arrived.difference(&wanted).count() + recorded.difference(&wanted).count(),
        }
    }

    /// Waits until each delivery of these events has succeeded or was abandoned, for at most `limit`, and returns their
    /// state.
    pub async fn wait_until_settled(&self, events: &[String], limit: Duration) -> Progress {
        let end = Instant::now() + limit;
        loop {
            let progress = self.progress(events).await;
            if progress.is_settled() || Instant::now() >= end {
                return progress;
            }
            sleep(Duration::from_secs(2)).await;
        }
    }

    /// The ids of an event's deliveries, one for each destination.
    pub fn deliveries(&self, event: &str) -> BTreeSet<String> {
        self.destinations.iter().map(|id| format!("dlv_{}{}", &id["ndst_".len()..], &event["evt_".len()..])).collect()
    }

    /// The ids of an event's deliveries that have arrived, one for each request.
    pub fn arrived(&self, event: &str) -> Vec<String> {
        let got = self.receiver.received();
        let ids = got.iter().map(|request| request.header("webhook-id"));
        ids.filter(|id| id.ends_with(&event["evt_".len()..])).map(str::to_owned).collect()
    }

    /// Waits until an event has arrived at each destination and all its deliveries have succeeded. Returns the number
    /// of requests: SQS may deliver a job twice.
    pub async fn wait_for_all(&self, event: &str, limit: Duration) -> usize {
        let wanted = self.deliveries(event);
        let distinct = async || {
            Some(self.arrived(event).into_iter().collect()).filter(|ids: &BTreeSet<_>| ids.len() >= wanted.len())
        };
        assert_eq!(within(limit, "each destination got the event", distinct).await, wanted);
        let recorded =
            async || self.rows(&wanted).await.iter().all(|row| row["state"]["S"] == "succeeded").then_some(());
        within(limit, "each delivery has succeeded", recorded).await;
        assert_eq!(self.rows(&wanted).await.len(), wanted.len());
        self.arrived(event).len()
    }

    /// The rows of these deliveries in DynamoDB JSON.
    async fn rows(&self, deliveries: &BTreeSet<String>) -> Vec<Value> {
        let key = |id: &String| json!({"destination_id": {"S": format!("ndst_{}", &id[4..30])}, "id": {"S": id}});
        let keys: Vec<_> = deliveries.iter().map(key).collect();
        let table = variable("DELIVERIES_TABLE");
        let mut rows = vec![];
        for keys in keys.chunks(MAX_KEYS) {
            let request = json!({"RequestItems": {&table: {"Keys": keys}}});
            let answer = aws::call("dynamodb", "DynamoDB_20120810.BatchGetItem", request).await;
            rows.extend(answer["Responses"][&table].as_array().expect("rows").clone());
        }
        rows
    }
}

/// The state of the deliveries of some events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// The expected number of deliveries.
    pub deliveries: usize,
    /// The number of rows in each state.
    pub states: BTreeMap<String, usize>,
    /// The number of recorded attempts.
    pub attempts: usize,
    /// The number of requests that the receiver got.
    pub requests: usize,
    /// The number of deliveries that have not arrived.
    pub missing: usize,
    /// The number of deliveries without a row.
    pub not_recorded: usize,
    /// The number of unexpected deliveries that arrived or have a row.
    pub unexpected: usize,
}

impl Progress {
    /// The number of rows in this state.
    pub fn count(&self, state: &str) -> usize {
        self.states.get(state).copied().unwrap_or_default()
    }

    /// Whether each delivery has succeeded or was abandoned.
    pub fn is_settled(&self) -> bool {
        self.not_recorded == 0 && self.count("succeeded") + self.count("abandoned") >= self.deliveries
    }

    /// The number of requests beyond one for each attempt.
    pub fn repeats(&self) -> usize {
        self.requests.saturating_sub(self.attempts)
    }

    /// Asserts that each delivery has arrived and succeeded, and that there are no others.
    #[track_caller]
    pub fn expect_all_succeeded(&self) {
        assert_eq!((self.missing, self.unexpected, self.not_recorded), (0, 0, 0), "{self:?}");
        assert_eq!(self.count("succeeded"), self.deliveries, "{self:?}");
    }
}
