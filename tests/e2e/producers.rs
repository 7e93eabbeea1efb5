//! Producers that do not use the API: EventBridge, SNS and SQS.

use e2e::{Operator, Receiver, aws, eventually, variable};
use serde_json::{Value, json};

struct Subscribed {
    operator: Operator,
    receiver: Receiver,
}

impl Subscribed {
    async fn new() -> Self {
        let operator = Operator::create().await;
        let receiver = Receiver::taking().await;
        let webhook = operator.webhook(&receiver).await;
        operator.rule("custom.in", &[webhook["id"].as_str().expect("an id")]).await;
        Self { operator, receiver }
    }

    fn message(&self, n: u64) -> Value {
        json!({"operator_id": self.operator.id, "event": {"type": "custom.in", "data": {"n": n}}})
    }

    /// The numbers that have arrived by the time number 0 arrives, which is posted to the API after all others.
    async fn arrived(&self, others: usize) -> Vec<u64> {
        self.receiver.wait_for(others).await;
        self.operator.event("custom.in", json!({"n": 0})).await;
        let numbers = || {
            let got = self.receiver.received();
            let mut numbers: Vec<_> = got.iter().map(|got| got.json()["data"]["n"].as_u64().expect("n")).collect();
            numbers.sort_unstable();
            numbers
        };
        eventually("the last event", async || Some(numbers()).filter(|numbers| numbers.contains(&0))).await
    }
}

#[tokio::test]
async fn an_event_put_on_the_bus_is_delivered() {
    let to = Subscribed::new().await;
    let entry = json!({
        "EventBusName": variable("EVENTS_BUS"), "Source": "shop", "DetailType": "order", "Detail": to.message(7).to_string(),
    });
    let answer = aws::call("events", "AWSEvents.PutEvents", json!({"Entries": [entry]})).await;
    assert_eq!(answer["FailedEntryCount"], 0);
    assert_eq!(to.arrived(1).await, [0, 7]);
}

#[tokio::test]
async fn an_event_published_to_the_topic_is_delivered() {
    let to = Subscribed::new().await;
    aws::publish("EVENTS_TOPIC_ARN", &to.message(8)).await;
    assert_eq!(to.arrived(1).await, [0, 8]);
}

#[tokio::test]
async fn an_event_sent_to_the_queue_is_delivered_and_deduplicated_by_its_id() {
    let to = Subscribed::new().await;
    let mut with_id = to.message(9);
    with_id["event"]["id"] = json!("order-9");
    for message in [&with_id, &with_id, &to.message(10)] {
        aws::send_message("EVENTS_QUEUE_URL", message).await;
    }
    assert_eq!(to.arrived(2).await, [0, 9, 10]);
}

#[tokio::test]
async fn the_same_message_twice_causes_one_delivery() {
    let to = Subscribed::new().await;
    // As the API writes it, with the id that it has returned.
    let id = format!("evt_{}", "01JRX2Q0Z8K5V3M7N9P4T6W8YB");
    let mut message = to.message(11);
    message["event_id"] = json!(id);
    aws::send_message("ACCEPTED_QUEUE_URL", &message).await;
    to.receiver.wait_for(1).await;
    aws::send_message("ACCEPTED_QUEUE_URL", &message).await;
    assert_eq!(to.arrived(1).await, [0, 11]);

    // The same job twice makes one request.
    let delivery = to.receiver.received()[0].header("webhook-id").to_owned();
    let destination = format!("ndst_{}", &delivery[4..30]);
    to.operator.delivery(&destination, &id, "succeeded").await;
    let job = json!({"delivery_id": delivery, "operator_id": to.operator.id, "attempt": 1, "step": 0});
    aws::send_message("DELIVERIES_QUEUE_URL", &job).await;
    eventually("the job is done", async || (aws::depth("DELIVERIES_QUEUE_URL").await[0] == 0).then_some(())).await;
    to.operator.event("custom.in", json!({"n": 12})).await;
    eventually("another event", async || {
        to.receiver.received().iter().any(|got| got.json()["data"]["n"] == 12).then_some(())
    })
    .await;
    let requests = to.receiver.received().iter().filter(|got| got.json()["data"]["n"] == 11).count();
    assert_eq!(requests, 1);
}
