//! The deliveries to webhook endpoints: their list by status, and an endpoint that fails, recovers and gets the missed
//! deliveries.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use axum::http::StatusCode;
use e2e::{Operator, Receiver, client::logged, eventually};
use serde_json::{Value, json};

use crate::{
    endpoints::{delivery_id, make, of, user},
    subscriptions::id,
};

/// A receiver that rejects everything while the switch is on.
async fn switched() -> (Receiver, Arc<AtomicBool>) {
    let broken = Arc::new(AtomicBool::new(true));
    let switch = broken.clone();
    let answer = move |_| if switch.load(Ordering::SeqCst) { StatusCode::IM_A_TEAPOT } else { StatusCode::OK };
    (Receiver::answering(answer).await, broken)
}

/// The deliveries to an endpoint, as listed for a query.
async fn listed(operator: &Operator, endpoint: &str, query: &str) -> Vec<Value> {
    let page = operator.get(&of(endpoint, &format!("/deliveries{query}"))).await.expect(200);
    page["deliveries"].as_array().expect("a list").clone()
}

fn ids(deliveries: &[Value]) -> Vec<String> {
    deliveries.iter().map(id).collect()
}

/// Waits until the delivery of an event is in the list for this status, and returns it.
async fn delivery(operator: &Operator, endpoint: &str, event: &str, status: &str) -> Value {
    eventually(&format!("{event} is {status}"), async || {
        let found = listed(operator, endpoint, &format!("?status={status}")).await;
        found.into_iter().find(|delivery| delivery["event_id"] == event)
    })
    .await
}

#[tokio::test]
async fn a_failing_endpoint_becomes_unhealthy_until_a_test_succeeds() {
    let operator = Operator::create().await;
    let (receiver, broken) = switched().await;
    let endpoint = id(&make(&operator, receiver.url()).await);
    let path = of(&endpoint, "");
    let lost = user(&operator, "lost").await;
    let failed = delivery(&operator, &endpoint, &lost, "failed").await;
    assert!(failed["next_attempt_at"].is_string(), "{failed}");
    let abandoned = delivery(&operator, &endpoint, &lost, "abandoned").await;
    let attempts = abandoned["attempts"].as_array().expect("a list");
    let statuses: Vec<_> = attempts.iter().map(|attempt| attempt["status"].as_u64()).collect();
    assert_eq!((abandoned["attempt_count"].as_u64(), statuses), (Some(5), vec![Some(418); 5]));
    let ids_sent: Vec<_> = receiver.received().iter().map(|got| got.header("svix-id").to_owned()).collect();
    assert_eq!(ids_sent, vec![delivery_id(&endpoint, &lost); 5], "one id for all attempts");

    let health = operator.get(&path).await.expect(200)["health"].clone();
    assert_eq!((&health["status"], &health["reason"]), (&json!("unhealthy"), &json!("answered 418 I'm a teapot")));
    assert!(health["since"].is_string());
    let notice = eventually("the operator is notified", async || {
        let log = operator.get("/v1/events?type=destination.unhealthy").await.expect(200);
        log["events"].as_array().expect("a list").first().map(|event| event["data"].clone())
    })
    .await;
    assert_eq!((&notice["endpoint_id"], &notice["destination_id"]), (&json!(endpoint), &Value::Null));
    assert_eq!(notice["paused_rules"][0]["id"], json!(endpoint));

    let held = user(&operator, "held").await;
    assert_eq!(delivery(&operator, &endpoint, &held, "held").await["reason"], "rule_paused");
    let since = json!({"since": "2020-01-01T00:00:00Z"});
    let (sentence, code) = operator.post(&format!("{path}/recover"), since.clone()).await.error(409);
    assert!(code == "destination_unhealthy" && sentence.contains("/verify"), "{sentence}");
    let tested = logged(operator.post_empty(&format!("{path}/test")).await.expect(502));
    assert_eq!(tested, json!({"success": false, "error": "The endpoint answered 418 I'm a teapot."}));
    operator.post_empty(&format!("{path}/verify")).await.error(400);
    assert_eq!(operator.get(&path).await.expect(200)["health"], health, "still unhealthy");

    broken.store(false, Ordering::SeqCst);
    let tested = logged(operator.post_empty(&format!("{path}/test")).await.expect(200));
    assert_eq!(tested, json!({"success": true, "detail": "The endpoint answered 200."}));
    let test = receiver.received().pop().expect("a request").json();
    assert_eq!(test["type"], "destination.test");
    assert_eq!(operator.get(&path).await.expect(200)["health"]["status"], "healthy");
    let recovered = operator.post(&format!("{path}/recover"), since).await.expect(202);
    assert_eq!(recovered, json!({"recovered": 2, "more": false}));
    for event in [&lost, &held] {
        delivery(&operator, &endpoint, event, "succeeded").await;
    }
    for status in ["held", "abandoned", "failed"] {
        assert_eq!(listed(&operator, &endpoint, &format!("?status={status}")).await, Vec::<Value>::new(), "{status}");
    }
}

#[tokio::test]
async fn an_unhealthy_endpoint_is_verified_with_a_signed_request() {
    let operator = Operator::create().await;
    let (receiver, broken) = switched().await;
    let endpoint = id(&make(&operator, receiver.url()).await);
    let lost = user(&operator, "lost").await;
    delivery(&operator, &endpoint, &lost, "abandoned").await;
    broken.store(false, Ordering::SeqCst);
    assert_eq!(operator.post_empty(&of(&endpoint, "/verify")).await.expect(200), json!({"verified": true}));
    assert_eq!(operator.get(&of(&endpoint, "")).await.expect(200)["health"]["status"], "healthy");
    assert_eq!(receiver.received().pop().expect("a request").json()["type"], "destination.verification");
    // A failed delivery can also be sent again manually, as any delivery.
    let retry = format!("/v1/deliveries/{}/retry", delivery_id(&endpoint, &lost));
    assert_eq!(operator.post_empty(&retry).await.expect(202)["state"], "pending");
    assert_eq!(delivery(&operator, &endpoint, &lost, "succeeded").await["attempt_count"], 6);
}

#[tokio::test]
async fn deliveries_are_listed_by_status_newest_first_in_pages() {
    let operator = Operator::create().await;
    let (receiver, broken) = switched().await;
    broken.store(false, Ordering::SeqCst);
    let endpoint = id(&make(&operator, receiver.url()).await);
    assert_eq!(listed(&operator, &endpoint, "?status=succeeded").await, Vec::<Value>::new());
    let mut arrived = vec![];
    for n in 0..3 {
        let event = user(&operator, &n.to_string()).await;
        delivery(&operator, &endpoint, &event, "succeeded").await;
        arrived.insert(0, delivery_id(&endpoint, &event));
    }
    broken.store(true, Ordering::SeqCst);
    let refused = user(&operator, "refused").await;
    delivery(&operator, &endpoint, &refused, "failed").await;
    let refused = delivery_id(&endpoint, &refused);

    let all = listed(&operator, &endpoint, "").await;
    assert_eq!(ids(&all), [vec![refused.clone()], arrived.clone()].concat());
    let succeeded = listed(&operator, &endpoint, "?status=succeeded").await;
    assert_eq!(succeeded, all[1..], "the same as in the full list, with their attempts");
    // Page by page; an empty page may follow the last full one.
    let (mut paged, mut query) = (vec![], "?status=succeeded&limit=2".to_owned());
    loop {
        let page = operator.get(&of(&endpoint, &format!("/deliveries{query}"))).await.expect(200);
        paged.extend(page["deliveries"].as_array().expect("a list").clone());
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        query = format!("?status=succeeded&limit=2&cursor={cursor}");
        operator.get(&of(&endpoint, &format!("/deliveries?status=held&cursor={cursor}"))).await.error(400);
        operator.get(&of(&endpoint, &format!("/deliveries?cursor={cursor}"))).await.error(400);
    }
    assert_eq!(ids(&paged), arrived);
    for (query, words) in [("status=lost", "`status`"), ("limit=0", "`limit`"), ("state=held", "state")] {
        let (sentence, _) = operator.get(&of(&endpoint, &format!("/deliveries?{query}"))).await.error(400);
        assert!(sentence.contains(words), "{sentence}");
    }
    delivery(&operator, &endpoint, &format!("evt_{}", &refused[30..]), "abandoned").await;
    assert_eq!(ids(&listed(&operator, &endpoint, "?status=abandoned").await), [refused]);
    assert_eq!(ids(&listed(&operator, &endpoint, "?status=succeeded&limit=3").await), arrived);
    assert_eq!(listed(&operator, &endpoint, "?status=pending").await, Vec::<Value>::new());
}
