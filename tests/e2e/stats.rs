//! The figures of a destination: from its deliveries, and the counters that workers write.

use axum::http::StatusCode;
use e2e::{Operator, Receiver, aws, eventually};
use serde_json::{Value, json};

use crate::endpoints;

const EVENT: &str = "custom.stats";

fn path(id: &str) -> String {
    format!("/v1/notifications/destinations/{id}/stats")
}

#[tokio::test]
async fn figures_of_a_destination_follow_its_deliveries() {
    let operator = Operator::create().await;
    let receiver = Receiver::answering(|n| if n == 2 { StatusCode::BAD_GATEWAY } else { StatusCode::OK }).await;
    let made = operator.webhook(&receiver).await;
    let id = made["id"].as_str().expect("an id");
    operator.rule(EVENT, &[id]).await;
    let none = operator.get(&path(id)).await.expect(200);
    assert_eq!((&none["totals"]["attempts"], &none["source"]), (&json!(0), &json!("deliveries")));
    for n in 0..2 {
        let event = operator.event(EVENT, json!({ "n": n })).await;
        operator.delivery(id, &event, "succeeded").await;
    }
    let stats = operator.get(&path(id)).await.expect(200);
    let totals = &stats["totals"];
    assert_eq!((&totals["attempts"], &totals["succeeded"], &totals["failed"]), (&json!(3), &json!(2), &json!(1)));
    assert!(totals["p50_ms"].is_u64() && totals["p95_ms"].is_u64(), "{totals}");
    assert!(stats["last_error"]["message"].as_str().is_some_and(|text| text.contains("502")), "{stats}");
    assert_eq!((&stats["lane"], &stats["breaker"]["state"]), (&json!("fast"), &json!("closed")));
    let week = operator.get(&format!("{}?period=7d", path(id))).await.expect(200);
    assert_eq!(week["totals"]["attempts"], 3);
    let viewer = operator.with_role("viewer").await;
    viewer.get(&path(id)).await.expect(200);
    let (sentence, _) = operator.get(&format!("{}?period=1y", path(id))).await.error(400);
    assert!(sentence.contains("send 24h or 7d"), "{sentence}");
    Operator::create().await.get(&path(id)).await.error(404);
}

#[tokio::test]
async fn figures_of_a_destination_of_another_api_are_found_by_either_id() {
    let operator = Operator::create().await;
    let made = operator.post(endpoints::PATH, json!({"url": "https://example.com/stats"})).await.expect(201);
    let all = operator.get("/v1/notifications/destinations?made_by=any").await.expect(200);
    let listed = all["destinations"].as_array().into_iter().flatten().find(|one| one["id"] == made["id"]);
    for id in [&made["id"], &listed.expect("the endpoint")["destination_id"]] {
        operator.get(&path(id.as_str().expect("an id"))).await.expect(200);
    }
}

#[tokio::test]
async fn workers_write_counters_of_a_busy_destination() {
    let operator = Operator::create().await;
    let receiver = Receiver::taking().await;
    let made = operator.webhook(&receiver).await;
    let id = made["id"].as_str().expect("an id");
    operator.rule(EVENT, &[id]).await;
    for _ in 0..20 {
        let events: Vec<_> = (0..20).map(|n| json!({"type": EVENT, "data": {"n": n}})).collect();
        operator.post("/v1/events", json!({ "events": events })).await.expect(202);
    }
    let rows = eventually("counters are written", async || {
        let rows = aws::rows("DELIVERIES_TABLE", "destination_id", &format!("stats#{id}")).await;
        (!rows.is_empty()).then_some(rows)
    })
    .await;
    for row in rows {
        let number = |name: &str| row[name]["N"].as_str().and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
        assert!(number("deliveries") >= 100, "a write stands for at least a hundred deliveries: {row}");
        assert!(number("ttl") > 0 && row["id"]["S"].is_string() && row["error_at"] == Value::Null, "{row}");
    }
    receiver.wait_for(400).await;
}
