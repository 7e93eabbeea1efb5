//! The search, the request and answer of a delivery, tests in the log, and events by severity.

use axum::http::StatusCode;
use e2e::{Operator, Receiver, eventually};
use serde_json::{Value, json};

/// The kinds and ids of the results.
async fn found(operator: &Operator, text: &str) -> Vec<(String, String)> {
    let answer = operator.get(&format!("/v1/search?q={text}")).await.expect(200);
    let results = answer["results"].as_array().expect("a list").clone();
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    results.iter().map(|one| (text(&one["kind"]), text(&one["id"]))).collect()
}

#[tokio::test]
async fn anything_is_found_by_its_id_and_events_by_their_text() {
    let (operator, receiver) = (Operator::create().await, Receiver::taking().await);
    let webhook = operator.webhook(&receiver).await;
    let to = webhook["id"].as_str().expect("an id");
    let rule = operator.rule("custom.paid", &[to]).await;
    let event = operator.event("custom.paid", json!({"customer": "Ada Lovelace"})).await;
    let delivery = operator.delivery(to, &event, "succeeded").await;
    let delivery = delivery["id"].as_str().expect("an id");
    for (text, kind) in [(delivery, "delivery"), (&*event, "event"), (to, "destination"), (&*rule, "rule")] {
        assert_eq!(found(&operator, text).await, [(kind.to_owned(), text.to_owned())]);
    }
    for text in ["ada%20LOVE", "custom.pai"] {
        let found = eventually(text, async || {
            let found = found(&operator, text).await;
            found.iter().any(|(_, id)| *id == event).then_some(found)
        });
        assert!(found.await.iter().any(|(kind, _)| kind == "event"));
    }
    let other = Operator::create().await;
    for text in [delivery, &*event, to, &*rule, "lovelace"] {
        assert!(found(&other, text).await.is_empty(), "{text}");
    }
    let (sentence, _) = operator.get("/v1/search?q=").await.error(400);
    assert!(sentence.contains("`q`"), "{sentence}");
}

#[tokio::test]
async fn a_search_goes_on_with_older_events() {
    let operator = Operator::create().await;
    let mut ids = vec![];
    for n in 0..7 {
        ids.push(operator.event("custom.many", json!({"n": n, "word": "needle"})).await);
    }
    eventually("all events", async || {
        let events = operator.get("/v1/events?type=custom.many").await.expect(200);
        (events["events"].as_array().map(Vec::len) == Some(ids.len())).then_some(())
    })
    .await;
    let (mut seen, mut cursor) = (vec![], String::new());
    loop {
        let page = operator.get(&format!("/v1/search?q=needle&limit=3&cursor={cursor}")).await.expect(200);
        seen.extend(page["results"].as_array().expect("a list").iter().map(|one| one["id"].clone()));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => break,
        }
    }
    ids.sort_unstable();
    ids.reverse();
    assert_eq!(seen, ids);
}

#[tokio::test]
async fn a_test_is_logged_with_the_answer_and_counts_for_nothing() {
    let operator = Operator::create().await;
    let receiver = Receiver::answering(|_| StatusCode::INTERNAL_SERVER_ERROR).await;
    let webhook = operator.webhook(&receiver).await;
    let to = webhook["id"].as_str().expect("an id");
    let tested = operator.post_empty(&format!("/v1/notifications/destinations/{to}/test")).await.expect(502);
    let id = tested["delivery_id"].as_str().expect("an id");
    assert_eq!(tested["status"], 500);
    let detail = operator.get(&format!("/v1/deliveries/{id}")).await.expect(200);
    assert_eq!((&detail["test"], &detail["state"]), (&json!(true), &json!("abandoned")));
    assert_eq!(
        (&detail["event_type"], &detail["request"]["signature_fits"]),
        (&json!("destination.test"), &json!(true))
    );
    assert!(detail["attempts"][0]["response_headers"].as_array().is_some_and(|headers| !headers.is_empty()));
    let listed = operator.get("/v1/deliveries?test=true").await.expect(200);
    let types: Vec<_> = listed["deliveries"].as_array().expect("a list").iter().map(|one| &one["event_type"]).collect();
    assert_eq!(types, ["destination.test"]);
    for path in ["/v1/deliveries?test=false", "/v1/deliveries?state=abandoned"] {
        assert_eq!(operator.get(path).await.expect(200)["deliveries"], json!([]), "{path}");
    }
    assert!(operator.deliveries(to).await.is_empty());
    let overview = operator.get("/v1/overview").await.expect(200);
    assert_eq!(overview["attention"], json!([]));
    let (_, code) = operator.post(&format!("/v1/deliveries/{id}/retry"), json!({"force": true})).await.error(409);
    assert_eq!(code, "is_test");
}

#[tokio::test]
async fn events_are_filtered_by_severity_in_every_index() {
    let operator = Operator::create().await;
    for severity in ["info", "warning", "critical", "high", "low"] {
        let resource = json!({"type": "order", "id": "7"});
        let event = json!({"type": "custom.a", "severity": severity, "data": {}, "resource": resource});
        operator.post("/v1/events", event).await.expect(202);
    }
    for filter in ["", "&type=custom.a", "&resourceId=7", "&resourceType=order"] {
        for (severity, count) in [("info", 2), ("warning", 2), ("critical", 1)] {
            let path = format!("/v1/events?severity={severity}{filter}");
            let events = eventually(&path, async || {
                let events = operator.get(&path).await.expect(200)["events"].clone();
                (events.as_array().map(Vec::len) == Some(count)).then_some(events)
            });
            let events = events.await;
            assert!(events.as_array().expect("a list").iter().all(|event| event["severity"] == severity), "{path}");
        }
    }
    let (sentence, _) = operator.get("/v1/events?severity=medium").await.error(400);
    assert!(sentence.contains("info, warning, critical"), "{sentence}");
}
