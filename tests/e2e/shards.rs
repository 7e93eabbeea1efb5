//! Operators whose events are distributed to several partitions.

use std::collections::HashSet;

use domain::{ApiKey, EventId};
use e2e::{Operator, Receiver, aws, eventually, variable};
use serde_json::{Value, json};

const EVENT: &str = "custom.sharded";

async fn post_many(operator: &Operator, count: usize) -> Vec<String> {
    let events: Vec<_> = (0..count).map(|n| json!({"type": EVENT, "data": {"n": n}})).collect();
    let accepted = operator.post("/v1/events", json!({"events": events})).await.expect(202);
    let ids = accepted["events"].as_array().expect("a list").iter().map(|one| one["id"].as_str().expect("an id"));
    ids.map(str::to_owned).collect()
}

fn shards_of(ids: &[String]) -> usize {
    let shard = |id: &String| id.parse::<EventId>().expect("an id").shard();
    ids.iter().map(shard).collect::<HashSet<_>>().len()
}

/// The ids of the operator's events of [`EVENT`], newest first, from all pages.
async fn logged(operator: &Operator) -> Vec<String> {
    let (mut ids, mut cursor) = (vec![], String::new());
    loop {
        let page = operator.get(&format!("/v1/events?type={EVENT}&limit=7{cursor}")).await.expect(200);
        let rows = page["events"].as_array().expect("a list");
        ids.extend(rows.iter().map(|row| row["id"].as_str().expect("an id").to_owned()));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return ids,
        }
    }
}

fn newest_first(ids: &[String]) -> Vec<String> {
    let mut ids = ids.to_vec();
    ids.sort_unstable_by(|a, b| b.cmp(a));
    ids
}

#[tokio::test]
async fn events_of_every_shard_are_delivered_once_and_listed() {
    let operator = Operator::with_shards(16).await;
    let receiver = Receiver::taking().await;
    let webhook = operator.webhook(&receiver).await["id"].as_str().expect("an id").to_owned();
    operator.rule(EVENT, &[&webhook]).await;
    let ids = post_many(&operator, 40).await;
    assert!(shards_of(&ids) > 8, "{ids:?}");
    for id in &ids {
        operator.delivery(&webhook, id, "succeeded").await;
    }
    assert_eq!(logged(&operator).await, newest_first(&ids));
    for id in &ids[..5] {
        assert_eq!(operator.get(&format!("/v1/events/{id}")).await.expect(200)["id"], json!(id));
    }
    // Events from other producers are distributed, too.
    let offered = json!({"operator_id": operator.id, "event": {"type": EVENT, "data": {"n": "outside"}}});
    aws::send_message("EVENTS_QUEUE_URL", &offered).await;
    let all = eventually("it is in the log", async || {
        Some(logged(&operator).await).filter(|logged| logged.len() == ids.len() + 1)
    })
    .await;
    let outside = all.iter().find(|id| !ids.contains(id)).expect("the one from outside");
    operator.delivery(&webhook, outside, "succeeded").await;

    // A repeat returns the same event, regardless of its shard.
    let headers = [("idempotency-key", "order-7"), ("content-type", "application/json")];
    let post = async |n: u32| {
        let event = json!({"type": EVENT, "data": {"order": n}});
        operator.request(reqwest::Method::POST, "/v1/events", &headers, Some(event.to_string())).await
    };
    let first = post(7).await.expect(202);
    assert_eq!(post(7).await.expect(202), first);
    assert_eq!(post(8).await.error(409).1, "idempotency_conflict");
    receiver.wait_for(ids.len() + 2).await;
    assert_eq!(receiver.count(), ids.len() + 2);
}

async fn update(key: Value, expression: &str, values: Value) {
    let update = json!({
        "TableName": variable("ACCOUNTS_TABLE"), "Key": key, "UpdateExpression": expression,
        "ExpressionAttributeValues": values,
    });
    aws::call("dynamodb", "DynamoDB_20120810.UpdateItem", update).await;
}

#[tokio::test]
async fn more_shards_move_and_hide_no_events() {
    let operator = Operator::create().await;
    let set =
        async |shards: u32| aws::admin(json!({"set_shards": {"operator_id": operator.id, "shards": shards}})).await;
    for wrong in [0, 65] {
        assert!(set(wrong).await.expect_err("refused").contains("from 1 to 64"));
    }
    let headers = [("idempotency-key", "before"), ("content-type", "application/json")];
    let event = json!({"type": EVENT, "data": {}}).to_string();
    let post_again = async |operator: &Operator| {
        let posted = operator.request(reqwest::Method::POST, "/v1/events", &headers, Some(event.clone())).await;
        posted.expect(202)["id"].as_str().expect("an id").to_owned()
    };
    let mut ids = post_many(&operator, 20).await;
    ids.push(post_again(&operator).await);
    let answer = set(8).await.expect("set");
    assert_eq!(answer["shards"], 8);
    assert_eq!(set(8).await.expect("the same number again"), answer, "nothing changes");
    assert!(set(7).await.expect_err("refused").contains("the operator has 8"));

    // A new key, which no function has cached, and a change in the past: other keys would wait for a minute and a half.
    let new = aws::admin(json!({"create_key": {"operator_id": operator.id, "role": "admin"}})).await.expect("a key");
    let key = new["api_key"].as_str().expect("a key");
    let row = format!("hash#{}", ApiKey::parse(key).expect("a key").hash());
    let past = json!({":past": {"N": (jiff::Timestamp::now().as_millisecond() - 1000).to_string()}});
    update(json!({"pk": {"S": row}, "sk": {"S": "grant"}}), "SET sharding.since = :past", past).await;
    let operator = operator.with_key(key);
    assert_eq!(post_again(&operator).await, ids[20], "the first post was before the change of shards");
    let more = post_many(&operator, 40).await;
    assert!(shards_of(&ids) == 1 && shards_of(&more) > 4, "{more:?}");
    ids.extend(more);
    let expected = newest_first(&ids);
    eventually("all are listed, from before and after", async || (logged(&operator).await == expected).then_some(()))
        .await;
}
