//! Deliveries that exist in their event's plan but have no row: between dispatch and the first attempt, or permanently
//! if the message in between is lost.

use data_encoding::BASE64;
use domain::{DestinationId, EventId, shard::Shards};
use e2e::{Operator, Receiver, aws, variable};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::subscriptions;

const EVENT: &str = "custom.planned";

fn id(of: &Value) -> String {
    of["id"].as_str().expect("an id").to_owned()
}

fn minutes_ago(minutes: i64) -> Timestamp {
    Timestamp::now() - SignedDuration::from_mins(minutes)
}

async fn put(item: Value) {
    let put = json!({"TableName": variable("EVENTS_TABLE"), "Item": item});
    aws::call("dynamodb", "DynamoDB_20120810.PutItem", put).await;
}

/// Destination ids of any API, in the format of a plan.
fn packed(ids: &[&str]) -> Value {
    let ids = ids.iter().flat_map(|id| DestinationId::of_any_api(id).expect("an id").ulid().to_bytes());
    json!({"B": BASE64.encode(&ids.collect::<Vec<_>>())})
}

/// A DynamoDB number of milliseconds.
fn millis(at: Timestamp) -> Value {
    json!({"N": at.as_millisecond().to_string()})
}

/// Writes an event with a plan, as dispatch does, but sends no job. Returns the event's id.
async fn planned(operator: &Operator, at: Timestamp, event_type: &str, plan: Value) -> String {
    let id = EventId::derived(at, &[&EventId::generate().to_string()]).spread_over(shards(operator));
    let event = id.to_string();
    let partition = id.shard().partition(operator.id.parse().expect("an id"));
    let mut plan = plan;
    plan["at"] = millis(at);
    let text = |text: &str| json!({ "S": text });
    put(json!({
        "operator_id": text(&partition), "id": text(&event), "type": text(event_type), "severity": text("info"),
        "timestamp": millis(at), "data": text(r#"{"n":1}"#), "plan": {"M": plan},
    }))
    .await;
    event
}

/// The number of shards for the operator's events.
fn shards(operator: &Operator) -> Shards {
    Shards::new(operator.shards).expect("in range")
}

fn delivery_id(destination: &str, event: &str) -> String {
    let destination = DestinationId::of_any_api(destination).expect("an id");
    domain::DeliveryId::new(destination, event.parse().expect("an id")).to_string()
}

/// The ids and states of the deliveries that a query finds, in pages of `limit`.
async fn listed(operator: &Operator, query: &str, limit: usize) -> Vec<(String, String)> {
    let (mut found, mut cursor) = (vec![], String::new());
    loop {
        let page = operator.get(&format!("/v1/deliveries?test=false&limit={limit}{query}{cursor}")).await.expect(200);
        let rows = page["deliveries"].as_array().expect("a list");
        assert!(rows.len() <= limit);
        found.extend(rows.iter().map(|row| (id(row), row["state"].as_str().expect("a state").to_owned())));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return found,
        }
    }
}

#[tokio::test]
async fn a_planned_delivery_reads_as_pending_in_every_list() {
    a_planned_delivery_reads_as_pending(Operator::create().await).await;
}

#[tokio::test]
async fn a_planned_delivery_reads_as_pending_in_every_list_of_several_shards() {
    a_planned_delivery_reads_as_pending(Operator::with_shards(7).await).await;
}

async fn a_planned_delivery_reads_as_pending(operator: Operator) {
    let receiver = Receiver::taking().await;
    let (a, b) = (id(&operator.webhook(&receiver).await), id(&operator.webhook(&Receiver::taking().await).await));
    let at = minutes_ago(2);
    let old = planned(&operator, at, EVENT, json!({"send": packed(&[&a]), "hold": packed(&[&b])})).await;
    operator.rule("custom.real", &[&a]).await;
    let real = operator.event("custom.real", json!({})).await;
    operator.delivery(&a, &real, "succeeded").await;
    let new = planned(&operator, Timestamp::now(), EVENT, json!({"send": packed(&[&a, &b])})).await;

    let shown = operator.get(&format!("/v1/deliveries/{}", delivery_id(&a, &old))).await.expect(200);
    assert_eq!(
        (&shown["state"], &shown["attempt_count"], &shown["attempts"]),
        (&json!("pending"), &json!(0), &json!([]))
    );
    assert_eq!(shown["created_at"], format!("{at:.3}"));
    assert_eq!(shown["request"]["url"], receiver.url());
    let held = operator.get(&format!("/v1/deliveries/{}", delivery_id(&b, &old))).await.expect(200);
    assert_eq!((&held["state"], &held["reason"]), (&json!("held"), &json!("rule_paused")));
    // Not planned, of another operator, or of an event that does not exist.
    let other = Operator::create().await;
    other.get(&format!("/v1/deliveries/{}", delivery_id(&a, &old))).await.error(404);
    operator.get(&format!("/v1/deliveries/{}", delivery_id(&b, &real))).await.error(404);
    operator.get(&format!("/v1/deliveries/{}", delivery_id(&a, &EventId::generate().to_string()))).await.error(404);

    let of = |to: &str, event: &str, state: &str| (delivery_id(to, event), state.to_owned());
    // For the same event, the destination that was created later comes first.
    let of_old = [of(&b, &old, "held"), of(&a, &old, "pending")];
    let of_new = [of(&b, &new, "pending"), of(&a, &new, "pending")];
    let all = [of_new.to_vec(), vec![of(&a, &real, "succeeded")], of_old.to_vec()].concat();
    for limit in [1, 2, 100] {
        assert_eq!(listed(&operator, "", limit).await, all, "pages of {limit}");
        assert_eq!(listed(&operator, &format!("&event_id={old}"), limit).await, of_old);
        let pending: Vec<_> = all.iter().filter(|(_, state)| state == "pending").cloned().collect();
        assert_eq!(listed(&operator, "&state=pending", limit).await, pending);
        let of_a = [of(&a, &new, "pending"), of(&a, &real, "succeeded"), of(&a, &old, "pending")];
        assert_eq!(listed(&operator, &format!("&destination_id={a}"), limit).await, of_a);
        assert_eq!(listed(&operator, &format!("&event_type={EVENT}"), limit).await.len(), 4);
    }
    assert_eq!(listed(&operator, "&state=succeeded", 100).await, [of(&a, &real, "succeeded")]);
    assert_eq!(listed(&operator, "&state=failed", 100).await, []);
    assert_eq!(listed(&operator, &format!("&event_id={old}&state=held"), 100).await, [of(&b, &old, "held")]);
    let of_a: Vec<_> = operator.deliveries(&a).await.iter().map(id).collect();
    assert_eq!(of_a, [delivery_id(&a, &new), delivery_id(&a, &real), delivery_id(&a, &old)]);

    let overview = operator.get("/v1/overview").await.expect(200);
    let count = |state: &str| overview["totals"][state].as_u64().expect("a number");
    assert_eq!((count("pending"), count("succeeded"), count("held")), (3, 1, 1), "{overview}");
    let kinds: Vec<_> = overview["attention"].as_array().expect("a list").iter().map(|one| &one["kind"]).collect();
    assert!(!kinds.contains(&&json!("deliveries_overdue")), "{overview}");
}

#[tokio::test]
async fn a_planned_delivery_is_sent_manually_only_with_force() {
    let operator = Operator::create().await;
    let receiver = Receiver::taking().await;
    let webhook = id(&operator.webhook(&receiver).await);
    let event = planned(&operator, Timestamp::now(), EVENT, json!({"send": packed(&[&webhook])})).await;
    let path = format!("/v1/deliveries/{}/retry", delivery_id(&webhook, &event));
    assert_eq!(operator.post_empty(&path).await.error(409).1, "in_progress");
    let accepted = operator.post(&path, json!({"force": true})).await.expect(202);
    assert_eq!(accepted["state"], "pending");
    let sent = operator.delivery(&webhook, &event, "succeeded").await;
    assert_eq!(sent["attempt_count"], 1);
    receiver.wait_for(1).await;
}

#[tokio::test]
async fn an_overdue_delivery_needs_attention_until_it_is_recovered() {
    let operator = Operator::create().await;
    let receiver = Receiver::taking().await;
    let webhook = id(&operator.webhook(&receiver).await);
    let lost = planned(&operator, minutes_ago(20), EVENT, json!({"send": packed(&[&webhook])})).await;
    let fresh = planned(&operator, minutes_ago(5), EVENT, json!({"send": packed(&[&webhook])})).await;
    let overview = operator.get("/v1/overview").await.expect(200);
    assert_eq!(overview["totals"]["pending"], 2);
    let [item] = &overview["attention"].as_array().expect("a list")[..] else { panic!("{overview}") };
    assert_eq!(
        (&item["kind"], &item["count"], &item["destination_id"], &item["title"]),
        (
            &json!("deliveries_overdue"),
            &json!(1),
            &json!(webhook),
            &json!(format!("1 delivery to {} is overdue", receiver.url()))
        )
    );

    let path = format!("/v1/notifications/destinations/{webhook}/recover");
    let recover = async |minutes: i64| {
        let since = format!("{:.3}", minutes_ago(minutes));
        operator.post(&path, json!({"since": since})).await.expect(202)
    };
    assert_eq!(recover(10).await, json!({"recovered": 0, "more": false}));
    assert_eq!(recover(60).await, json!({"recovered": 1, "more": false}));
    assert_eq!(recover(60).await, json!({"recovered": 0, "more": false}));
    operator.delivery(&webhook, &lost, "succeeded").await;
    assert_eq!(receiver.wait_for(1).await.len(), 1);
    let overview = operator.get("/v1/overview").await.expect(200);
    assert_eq!(overview["attention"], json!([]), "{overview}");
    let shown = operator.get(&format!("/v1/deliveries/{}", delivery_id(&webhook, &fresh))).await.expect(200);
    assert_eq!(shown["state"], "pending");
}

#[tokio::test]
async fn a_failed_delivery_whose_next_attempt_is_lost_needs_attention() {
    let operator = Operator::create().await;
    let receiver = Receiver::taking().await;
    let webhook = id(&operator.webhook(&receiver).await);
    let event = planned(&operator, minutes_ago(60), EVENT, json!({"send": packed(&[&webhook])})).await;
    let text = |text: &str| json!({ "S": text });
    let row = json!({
        "destination_id": text(&webhook), "id": text(&delivery_id(&webhook, &event)), "operator_id": text(&operator.id),
        "state": text("failed"), "state_key": text(&format!("{webhook}#failed")), "event_type": text(EVENT),
        "attempt_count": {"N": "1"}, "created_at": millis(minutes_ago(60)), "next_attempt_at": millis(minutes_ago(30)),
    });
    let request = json!({"TableName": variable("DELIVERIES_TABLE"), "Item": row});
    aws::call("dynamodb", "DynamoDB_20120810.PutItem", request).await;
    let overview = operator.get("/v1/overview").await.expect(200);
    assert_eq!((&overview["totals"]["failed"], &overview["totals"]["pending"]), (&json!(1), &json!(0)));
    let item = &overview["attention"][0];
    assert_eq!((&item["kind"], &item["count"]), (&json!("deliveries_overdue"), &json!(1)), "{overview}");
    let since = json!({"since": format!("{:.3}", minutes_ago(120))});
    let path = format!("/v1/notifications/destinations/{webhook}/recover");
    assert_eq!(operator.post(&path, since).await.expect(202), json!({"recovered": 1, "more": false}));
    operator.delivery(&webhook, &event, "succeeded").await;
}

#[tokio::test]
async fn further_parts_of_a_large_plan_are_read() {
    let operator = Operator::create().await;
    let mut ids = vec![];
    for _ in 0..3 {
        ids.push(id(&operator.webhook(&Receiver::taking().await).await));
    }
    // The destinations of a plan are sorted.
    ids.sort();
    let [first, second, third] = &ids[..] else { unreachable!() };
    let key = EventId::generate().ulid().to_string();
    let parts = json!({"M": {"count": {"N": "2"}, "key": {"S": key}}});
    let event = planned(&operator, Timestamp::now(), EVENT, json!({"send": packed(&[first]), "parts": parts})).await;
    for (number, to) in [(2, second), (3, third)] {
        let part = format!("plan#{event}#{key}#{number:04}");
        put(json!({"operator_id": {"S": operator.id}, "id": {"S": part}, "send": packed(&[to])})).await;
    }
    for to in [first, second, third] {
        let shown = operator.get(&format!("/v1/deliveries/{}", delivery_id(to, &event))).await.expect(200);
        assert_eq!(shown["state"], "pending");
        assert_eq!(operator.deliveries(to).await.len(), 1);
    }
    let expected: Vec<_> = [third, second, first].map(|to| (delivery_id(to, &event), "pending".to_owned())).into();
    for limit in [1, 2, 3] {
        assert_eq!(listed(&operator, "", limit).await, expected);
        assert_eq!(listed(&operator, &format!("&event_id={event}"), limit).await, expected);
    }
    assert_eq!(operator.get("/v1/overview").await.expect(200)["totals"]["pending"], 3);
}

#[tokio::test]
async fn the_mail_api_shows_planned_deliveries_too() {
    let operator = Operator::create().await;
    let receiver = Receiver::taking().await;
    let webhook = id(&subscriptions::subscribe(&operator, &receiver, &["mail.message.sent"]).await);
    let event = planned(&operator, minutes_ago(30), "mail.message.sent", json!({"send": packed(&[&webhook])})).await;
    let path = format!("/mail/webhook-deliveries/{}", delivery_id(&webhook, &event));
    let shown = operator.get(&path).await.expect(200);
    assert_eq!((&shown["status"], &shown["webhookId"]), (&json!("pending"), &json!(webhook)));
    for (query, count) in [("", 1), ("?status=pending", 1), ("?status=held", 0), ("?status=succeeded", 0)] {
        let page = operator.get(&format!("/mail/webhooks/{webhook}/deliveries{query}")).await.expect(200);
        let of_event = page["items"].as_array().expect("a list").iter().filter(|one| one["eventId"] == event);
        assert_eq!(of_event.count(), count, "{query}: {page}");
    }
    assert_eq!(operator.post_empty(&format!("{path}/retry")).await.error(409).1, "in_progress");
    let since = json!({"since": format!("{:.3}", minutes_ago(60))});
    let recovered = operator.post(&format!("/mail/webhooks/{webhook}/recover"), since).await.expect(202);
    assert_eq!(recovered["recovered"], 1);
    receiver.wait_for(1).await;
}
