//! An operator of many destinations, all at one receiver.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use domain::rule::MAX_DESTINATIONS;
use futures::{StreamExt, stream};
use serde_json::{Value, json};

use tokio::time::{Instant, sleep};

use crate::{Operator, Receiver, aws, variable, within};

/// How many requests are under way at once: for each, the local cloud runs a process.
const AT_ONCE: usize = 8;
/// The most keys of one `BatchGetItem`.
const MAX_KEYS: usize = 100;

/// The crowd.
pub struct Crowd {
    /// The operator.
    pub operator: Operator,
    /// The receiver, at which each destination has a path of its own.
    pub receiver: Receiver,
    /// The ids of the destinations.
    pub destinations: Vec<String>,
}

impl Crowd {
    /// A new operator with this many webhooks, and rules that send events of this type to all of them.
    pub async fn hearing(event_type: &str, count: usize) -> Self {
        Self::at(Receiver::taking().await, event_type, count).await
    }

    /// The same, at this receiver.
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

    /// Posts so many events, in tens, each ten again and again until it is accepted: their ids.
    pub async fn post(&self, event_type: &str, count: usize) -> Vec<String> {
        let numbers: Vec<_> = (0..count).collect();
        let post = async |numbers: &[usize]| {
            // By the ids, a repeat is known as such.
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

    /// How the deliveries of these events stand.
    pub async fn standing(&self, events: &[String]) -> Standing {
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
        Standing {
            deliveries: wanted.len(),
            states,
            attempts,
            requests: got.len(),
            missing: wanted.difference(&arrived).count(),
            not_recorded: wanted.difference(&recorded).count(),
            unexpected: arrived.difference(&wanted).count() + recorded.difference(&wanted).count(),
        }
    }

    /// Waits until each delivery of these events has succeeded or was given up, for at most `limit`: how they stand then.
    pub async fn settled(&self, events: &[String], limit: Duration) -> Standing {
        let end = Instant::now() + limit;
        loop {
            let standing = self.standing(events).await;
            if standing.is_settled() || Instant::now() >= end {
                return standing;
            }
            sleep(Duration::from_secs(2)).await;
        }
    }

    /// The ids of an event's deliveries, one for each destination.
    pub fn deliveries(&self, event: &str) -> BTreeSet<String> {
        self.destinations.iter().map(|id| format!("dlv_{}{}", &id["ndst_".len()..], &event["evt_".len()..])).collect()
    }

    /// The ids of the deliveries of an event that have arrived, one for each request.
    pub fn arrived(&self, event: &str) -> Vec<String> {
        let got = self.receiver.received();
        let ids = got.iter().map(|request| request.header("webhook-id"));
        ids.filter(|id| id.ends_with(&event["evt_".len()..])).map(str::to_owned).collect()
    }

    /// Waits until each destination has got an event and its delivery is recorded as succeeded. How many requests there
    /// were: SQS may hand a job out twice.
    pub async fn heard(&self, event: &str, limit: Duration) -> usize {
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

    /// The rows of these deliveries, as DynamoDB has them.
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

/// How the deliveries of events stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// How many there have to be.
    pub deliveries: usize,
    /// How many rows there are of each state.
    pub states: BTreeMap<String, usize>,
    /// All attempts that are recorded.
    pub attempts: usize,
    /// All requests that the receiver got.
    pub requests: usize,
    /// How many deliveries have not arrived.
    pub missing: usize,
    /// How many have no row.
    pub not_recorded: usize,
    /// How many arrived or have a row without being wanted.
    pub unexpected: usize,
}

impl Standing {
    /// How many rows have this state.
    pub fn count(&self, state: &str) -> usize {
        self.states.get(state).copied().unwrap_or_default()
    }

    /// Whether each delivery has succeeded or was given up.
    pub fn is_settled(&self) -> bool {
        self.not_recorded == 0 && self.count("succeeded") + self.count("abandoned") >= self.deliveries
    }

    /// How many requests were made beyond the first of each attempt.
    pub fn repeats(&self) -> usize {
        self.requests.saturating_sub(self.attempts)
    }

    /// Holds that each delivery has arrived and succeeded, and nothing else has.
    #[track_caller]
    pub fn expect_all_succeeded(&self) {
        assert_eq!((self.missing, self.unexpected, self.not_recorded), (0, 0, 0), "{self:?}");
        assert_eq!(self.count("succeeded"), self.deliveries, "{self:?}");
    }
}
