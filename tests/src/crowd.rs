//! An operator of many destinations, all at one receiver.

use std::{collections::BTreeSet, time::Duration};

use domain::rule::MAX_DESTINATIONS;
use futures::{StreamExt, stream};
use serde_json::{Value, json};

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
        let (operator, receiver) = (Operator::create().await, Receiver::taking().await);
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
