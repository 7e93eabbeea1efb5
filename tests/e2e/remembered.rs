//! Workers cache what they have read for a busy operator, and changes still take effect immediately.

use e2e::{Operator, Receiver};
use futures::future::join_all;
use serde_json::{Value, json};

use crate::subscriptions::in_log;

const EVENT: &str = "custom.busy";

/// Keeps the workers busy with events of an operator until all of them have been delivered.
async fn keep_busy(operator: &Operator, webhook: &str) {
    for _ in 0..4 {
        let ids = join_all((0..5).map(|n| operator.event(EVENT, json!({"n": n})))).await;
        operator.delivery(webhook, ids.last().expect("five"), "succeeded").await;
    }
}

/// The states of an event's deliveries, once the event is in the log.
async fn states(operator: &Operator, event: &str) -> Vec<Value> {
    in_log(operator, event).await;
    let page = operator.get(&format!("/v1/deliveries?event_id={event}")).await.expect(200);
    page["deliveries"].as_array().expect("a list").iter().map(|delivery| delivery["state"].clone()).collect()
}

#[tokio::test]
async fn a_change_of_a_rule_or_a_destination_applies_to_the_next_event() {
    let operator = Operator::create().await;
    let receiver = Receiver::taking().await;
    let webhook = operator.webhook(&receiver).await["id"].as_str().expect("an id").to_owned();
    let rule = format!("/v1/notifications/channels/{}", operator.rule(EVENT, &[&webhook]).await);
    for _ in 0..3 {
        keep_busy(&operator, &webhook).await;
        operator.patch(&rule, json!({"active": false})).await.expect(200);
        assert_eq!(states(&operator, &operator.event(EVENT, json!({})).await).await, [] as [Value; 0]);
        operator.patch(&rule, json!({"active": true})).await.expect(200);
        let event = operator.event(EVENT, json!({})).await;
        operator.delivery(&webhook, &event, "succeeded").await;
        keep_busy(&operator, &webhook).await;
        let more = operator
            .rule(EVENT, &[operator.webhook(&Receiver::taking().await).await["id"].as_str().expect("an id")])
            .await;
        assert_eq!(states(&operator, &operator.event(EVENT, json!({})).await).await.len(), 2, "a new rule");
        operator.delete(&format!("/v1/notifications/channels/{more}")).await.expect(200);
    }
    keep_busy(&operator, &webhook).await;
    operator.delete(&rule).await.expect(200);
    operator.delete(&format!("/v1/notifications/destinations/{webhook}")).await.expect(200);
    assert_eq!(states(&operator, &operator.event(EVENT, json!({})).await).await, [] as [Value; 0]);
}

#[tokio::test]
async fn rules_that_are_created_at_once_all_apply_to_the_next_event() {
    const RULES: usize = 12;
    let operator = Operator::create().await;
    let receiver = Receiver::taking().await;
    let webhook = operator.webhook(&receiver).await["id"].as_str().expect("an id").to_owned();
    operator.rule(EVENT, &[&webhook]).await;
    keep_busy(&operator, &webhook).await;
    let others = join_all((0..RULES).map(async |_| {
        let other = operator.webhook(&Receiver::taking().await).await["id"].as_str().expect("an id").to_owned();
        operator.rule(EVENT, &[&other]).await
    }));
    let others = others.await;
    assert_eq!(states(&operator, &operator.event(EVENT, json!({})).await).await.len(), 1 + RULES);
    let path = |rule: &String| format!("/v1/notifications/channels/{rule}");
    join_all(others.iter().map(async |rule| operator.delete(&path(rule)).await.expect(200))).await;
    assert_eq!(states(&operator, &operator.event(EVENT, json!({})).await).await.len(), 1);
}
