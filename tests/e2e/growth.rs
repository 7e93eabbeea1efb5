//! Events with more destinations than one invocation handles.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use domain::{DestinationId, fanout::PART, lifecycle::Fate};
use e2e::{Crowd, Operator, aws, eventually_seldom, variable};
use serde_json::{Value, json};

use crate::logs::logged_by;

const EVENT: &str = "custom.growth";
const LIMIT: Duration = Duration::from_secs(240);

/// The lines that dispatch has logged for an event: one for the event and one for each further part.
async fn lines(event: &str, since: u128) -> Vec<Value> {
    let logged = logged_by("/DispatchLogs", &format!("\"{event}\""), since).await;
    let lines = logged.iter().flat_map(|text| text.lines()).filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines.filter(|line| line["pending"].is_u64() && line["event_id"] == event).collect()
}

fn since() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("a time").as_millis()
}

/// A row of the table `Events`.
async fn event_row(operator: &Operator, event: &str) -> Value {
    let key = json!({"operator_id": {"S": operator.id}, "id": {"S": event}});
    let request = json!({"TableName": variable("EVENTS_TABLE"), "Key": key});
    let answer = eventually_seldom("the event's row", async || {
        let answer = aws::call("dynamodb", "DynamoDB_20120810.GetItem", request.clone()).await;
        answer.get("Item").cloned()
    });
    answer.await
}

/// The rows of the further parts of an event's plan.
async fn part_rows(operator: &Operator, event: &str) -> Vec<Value> {
    let values = json!({":operator": {"S": operator.id}, ":parts": {"S": format!("plan#{event}#")}});
    let request = json!({
        "TableName": variable("EVENTS_TABLE"), "ExpressionAttributeValues": values,
        "KeyConditionExpression": "operator_id = :operator AND begins_with(id, :parts)",
    });
    let answer = aws::call("dynamodb", "DynamoDB_20120810.Query", request).await;
    answer["Items"].as_array().expect("rows").clone()
}

async fn put(table: &str, item: Value) {
    let request = json!({"TableName": variable(table), "Item": item});
    aws::call("dynamodb", "DynamoDB_20120810.PutItem", request).await;
}

#[tokio::test]
async fn an_event_of_more_than_one_part_reaches_every_destination_once() {
    let count = 2 * PART + 200;
    let since = since();
    let crowd = Crowd::subscribed_to(EVENT, count).await;
    let event = crowd.operator.event(EVENT, json!({"for": "all"})).await;
    assert_eq!(crowd.wait_for_all(&event, LIMIT).await, count, "one request each");
    let mut lines = lines(&event, since).await;
    lines.sort_by_key(|line| line["part"].as_u64());
    let of = |name: &str| lines.iter().map(|line| line[name].as_u64()).collect::<Vec<_>>();
    assert_eq!(of("part"), [None, Some(2), Some(3)]);
    assert_eq!(of("parts"), [Some(3), None, None]);
    let part = PART as u64;
    assert_eq!(of("pending"), [Some(part), Some(part), Some(200)]);

    // Another event, whose worker died right after it wrote the event: when delivered again, it is completed.
    let second = format!("evt_{}", domain::EventId::generate().ulid());
    let mut row = event_row(&crowd.operator, &event).await;
    row["id"] = json!({ "S": second });
    // Dispatch writes the rows of the parts before that of the event.
    for mut part in part_rows(&crowd.operator, &event).await {
        part["id"] = json!({"S": part["id"]["S"].as_str().expect("an id").replace(&event, &second)});
        put("EVENTS_TABLE", part).await;
    }
    put("EVENTS_TABLE", row).await;
    let posted = json!({"type": EVENT, "data": {"for": "all"}});
    let message = json!({"operator_id": crowd.operator.id, "event_id": second, "event": posted});
    aws::invoke_with_messages("DISPATCH_FUNCTION", &[(&message, 2)]).await;
    assert_eq!(crowd.wait_for_all(&second, LIMIT).await, count, "one request each");
}

/// An event without matching rules, whose plan gets one further part from the test.
struct Parts {
    crowd: Crowd,
    event: String,
    key: String,
}

impl Parts {
    /// Creates an operator with this many destinations, subscribed to events of another type, and a part with the fates
    /// of these destinations by index.
    async fn new(count: usize, fates: &[(usize, Fate)]) -> Self {
        let crowd = Crowd::subscribed_to("custom.last", count).await;
        let event = crowd.operator.event(EVENT, json!({})).await;
        let mut row = event_row(&crowd.operator, &event).await;
        let key = domain::EventId::generate().ulid().to_string();
        row["plan"]["M"]["parts"] = json!({"M": {"count": {"N": "1"}, "key": {"S": key}}});
        put("EVENTS_TABLE", row).await;
        let parts = Self { crowd, event, key };
        put("EVENTS_TABLE", parts.row(fates)).await;
        parts
    }

    /// The row of the part in the format that dispatch writes.
    fn row(&self, fates: &[(usize, Fate)]) -> Value {
        let of = |wanted: Fate| {
            let ids = fates.iter().filter(|(_, fate)| *fate == wanted);
            let ids = ids.map(|(place, _)| self.crowd.destinations[*place].parse::<DestinationId>().expect("an id"));
            let bytes: Vec<u8> = ids.flat_map(|id| id.ulid().to_bytes()).collect();
            json!({"B": data_encoding::BASE64.encode(&bytes)})
        };
        json!({
            "operator_id": {"S": self.crowd.operator.id},
            "id": {"S": format!("plan#{}#{}#0002", self.event, self.key)},
            "send": of(Fate::Send), "hold": of(Fate::Hold),
        })
    }

    /// The queue message of the part.
    fn message(&self) -> Value {
        json!({"operator_id": self.crowd.operator.id, "event_id": self.event, "part": 2})
    }

    /// How often each destination has received the event, once all have received a later one.
    async fn requests(&self) -> Vec<usize> {
        let last = self.crowd.operator.event("custom.last", json!({})).await;
        self.crowd.wait_for_all(&last, LIMIT).await;
        let arrived = self.crowd.arrived(&self.event);
        let of = |id: &String| arrived.iter().filter(|delivery| delivery[4..30] == id["ndst_".len()..]).count();
        self.crowd.destinations.iter().map(of).collect()
    }

    /// Waits until the delivery to the destination at this index has this state.
    async fn delivery(&self, place: usize, state: &str) -> Value {
        self.crowd.operator.delivery(&self.crowd.destinations[place], &self.event, state).await
    }
}

#[tokio::test]
async fn a_part_that_arrives_several_times_causes_no_duplicates() {
    let since = since();
    let parts = Parts::new(2, &[(0, Fate::Send), (1, Fate::Hold)]).await;
    let message = parts.message();
    aws::invoke_with_messages("DISPATCH_FUNCTION", &[(&message, 1), (&message, 1)]).await;
    parts.delivery(0, "succeeded").await;
    assert_eq!(parts.delivery(1, "held").await["reason"], "rule_paused");
    // Then from the queue itself, one after the other.
    for count in 2..=3 {
        aws::send_message("ACCEPTED_QUEUE_URL", &message).await;
        eventually_seldom("it was taken from the queue", async || {
            let lines = lines(&parts.event, since).await;
            (lines.iter().filter(|line| line["part"] == 2 && line["done"] == true).count() >= count).then_some(())
        })
        .await;
    }
    // Late messages, one of which SQS marks as delivered before.
    aws::invoke_with_messages("DISPATCH_FUNCTION", &[(&message, 1), (&message, 2)]).await;
    assert_eq!(parts.requests().await, [1, 0]);
}

#[tokio::test]
async fn a_late_part_sends_only_what_was_not_attempted_yet() {
    let parts = Parts::new(3, &[(0, Fate::Send), (1, Fate::Send), (2, Fate::Hold)]).await;
    // The first delivery, as a worker leaves it after a successful attempt.
    let id = parts.crowd.deliveries(&parts.event).into_iter().find(|id| id[4..30] == parts.crowd.destinations[0][5..]);
    let row = json!({
        "destination_id": {"S": parts.crowd.destinations[0]}, "id": {"S": id.expect("its delivery")},
        "operator_id": {"S": parts.crowd.operator.id}, "event_type": {"S": EVENT}, "state": {"S": "succeeded"},
        "attempt_count": {"N": "1"}, "created_at": {"N": jiff::Timestamp::now().as_millisecond().to_string()},
    });
    put("DELIVERIES_TABLE", row).await;
    // As after a redrive: the message looks new.
    aws::invoke_with_messages("DISPATCH_FUNCTION", &[(&parts.message(), 1)]).await;
    parts.delivery(1, "succeeded").await;
    parts.delivery(2, "held").await;
    assert_eq!(parts.requests().await, [0, 1, 0]);
}

#[tokio::test]
async fn a_delivery_is_abandoned_if_its_destination_is_deleted_before_its_part_arrives() {
    let parts = Parts::new(2, &[(0, Fate::Send), (1, Fate::Send)]).await;
    let gone = &parts.crowd.destinations[1];
    parts.crowd.operator.delete(&format!("/v1/notifications/destinations/{gone}")).await.expect(200);
    aws::invoke_with_messages("DISPATCH_FUNCTION", &[(&parts.message(), 1)]).await;
    parts.delivery(0, "succeeded").await;
    let ids = parts.crowd.deliveries(&parts.event);
    let id = ids.iter().find(|id| id[4..30] == gone[5..]).expect("its delivery");
    let shown = eventually_seldom("the other ended", async || {
        let shown = parts.crowd.operator.get(&format!("/v1/deliveries/{id}")).await.expect(200);
        (shown["state"] == "abandoned").then_some(shown)
    })
    .await;
    assert_eq!(shown["reason"], "destination_deleted");
}
