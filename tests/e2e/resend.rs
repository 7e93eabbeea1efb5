//! Deliveries that are sent again by filter, in several requests.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use axum::http::StatusCode;
use e2e::{Operator, Receiver, eventually};
use serde_json::{Value, json};

const EVENT: &str = "custom.resend";
const PATH: &str = "/v1/deliveries/resend";

/// A receiver that fails until the flag is set.
async fn fixable() -> (Receiver, Arc<AtomicBool>) {
    let fixed = Arc::new(AtomicBool::new(false));
    let flag = fixed.clone();
    let answer = move |_| if flag.load(Ordering::SeqCst) { StatusCode::OK } else { StatusCode::GONE };
    (Receiver::answering(answer).await, fixed)
}

fn id(of: &Value) -> String {
    of["id"].as_str().expect("an id").to_owned()
}

/// An operator with a working and a broken destination of one rule. One delivery has failed, and four are held.
struct Outage {
    operator: Operator,
    good: String,
    bad: String,
    receivers: (Receiver, Receiver),
    fixed: Arc<AtomicBool>,
}

impl Outage {
    async fn new() -> Self {
        let operator = Operator::create().await;
        let (bad_receiver, fixed) = fixable().await;
        let good_receiver = Receiver::taking().await;
        let (good, bad) = (id(&operator.webhook(&good_receiver).await), id(&operator.webhook(&bad_receiver).await));
        operator.rule(EVENT, &[&good, &bad]).await;
        let first = operator.event(EVENT, json!({})).await;
        operator.delivery(&bad, &first, "abandoned").await;
        operator.delivery(&good, &first, "succeeded").await;
        for _ in 0..2 {
            operator.event(EVENT, json!({})).await;
        }
        let outage = Self { operator, good, bad, receivers: (good_receiver, bad_receiver), fixed };
        // The events after the first are held for both destinations.
        eventually("four are held", async || (outage.in_state("held").await == 4).then_some(())).await;
        outage
    }

    /// Without the email about the unhealthy destination.
    async fn in_state(&self, state: &str) -> usize {
        let page = self.operator.get(&format!("/v1/deliveries?state={state}&event_type={EVENT}")).await.expect(200);
        page["deliveries"].as_array().expect("a list").len()
    }

    async fn fix(&self) {
        self.fixed.store(true, Ordering::SeqCst);
        let path = format!("/v1/notifications/destinations/{}/verify", self.bad);
        self.operator.post(&path, json!({})).await.expect(200);
    }

    /// Sends requests until there is no cursor, and returns their answers.
    async fn all(&self, body: &Value) -> Vec<Value> {
        let status = if body["dry_run"] == true { 200 } else { 202 };
        let (mut answers, mut body) = (vec![], body.clone());
        loop {
            let answer = self.operator.post(PATH, body.clone()).await.expect(status);
            body["cursor"] = answer["next_cursor"].clone();
            answers.push(answer);
            if body["cursor"].is_null() {
                return answers;
            }
        }
    }

    async fn matched(&self, body: Value) -> u64 {
        self.all(&body).await.iter().map(|answer| answer["matched"].as_u64().expect("a number")).sum()
    }
}

#[tokio::test]
async fn a_resend_counts_by_destination_and_skips_what_cannot_receive() {
    let outage = Outage::new().await;
    let counted = outage.all(&json!({"dry_run": true})).await;
    assert_eq!((counted.len(), &counted[0]["matched"], &counted[0]["queued"]), (1, &json!(5), &json!(0)));
    assert_eq!(counted[0]["skipped"], json!([{"reason": "destination_unhealthy", "count": 3}]));
    let mut expected = [
        json!({"destination_id": outage.good, "count": 2, "skipped": null, "event_types": [{"event_type": EVENT, "count": 2}]}),
        json!({"destination_id": outage.bad, "count": 3, "skipped": "destination_unhealthy", "event_types": [{"event_type": EVENT, "count": 3}]}),
    ];
    expected.sort_by_key(|of| of["destination_id"].to_string());
    assert_eq!(counted[0]["by_destination"], json!(expected));
    assert_eq!(outage.matched(json!({"dry_run": true, "filter": {"states": ["held"]}})).await, 4);
    assert_eq!(outage.matched(json!({"dry_run": true, "filter": {"destination_ids": [outage.bad]}})).await, 3);
    assert_eq!(outage.matched(json!({"dry_run": true, "filter": {"event_type": "custom.other"}})).await, 0);
    assert_eq!(outage.matched(json!({"dry_run": true, "filter": {"until": "2020-01-01T00:00:00Z"}})).await, 0);

    // While one destination is broken, the other gets what its rule has held.
    let sent = outage.all(&json!({})).await;
    assert_eq!((&sent[0]["queued"], &sent[0]["matched"]), (&json!(2), &json!(5)));
    outage.receivers.0.wait_for(3).await;
    // Fixed, the rest follows, one delivery for each request.
    outage.fix().await;
    let before = outage.receivers.1.received().len();
    let answers = outage.all(&json!({"limit": 1})).await;
    assert!(answers.len() >= 3, "{answers:?}");
    eventually("all have arrived", async || (outage.in_state("succeeded").await == 6).then_some(())).await;
    assert_eq!(outage.receivers.1.received().len(), before + 3);
    // Nothing is left. A forced resend also sends what has arrived.
    assert_eq!(outage.matched(json!({"dry_run": true})).await, 0);
    let forced = json!({"force": true, "filter": {"states": ["succeeded"], "destination_ids": [outage.good]}});
    assert_eq!(outage.matched(forced).await, 3);
    outage.receivers.0.wait_for(6).await;
}

#[tokio::test]
async fn two_resends_at_once_and_a_repeat_send_nothing_twice() {
    let outage = Outage::new().await;
    outage.fix().await;
    let before = (outage.receivers.0.received().len(), outage.receivers.1.received().len());
    let send = || outage.operator.post(PATH, json!({}));
    let (one, other) = tokio::join!(send(), send());
    one.expect(202);
    other.expect(202);
    send().await.expect(202);
    eventually("all have arrived", async || (outage.in_state("succeeded").await == 6).then_some(())).await;
    let ids = |receiver: &Receiver, from: usize| {
        let all: Vec<_> = receiver.received()[from..].iter().map(|one| one.header("webhook-id").to_owned()).collect();
        (all.iter().cloned().collect::<BTreeSet<_>>().len(), all.len())
    };
    let (good, bad) = (ids(&outage.receivers.0, before.0), ids(&outage.receivers.1, before.1));
    assert_eq!((good.0, bad.0), (2, 3), "each delivery");
    // Two jobs of one delivery can run at the same time: it may arrive once more, with the same id.
    assert!(good.1 <= 4 && bad.1 <= 6, "{good:?} {bad:?}");
    assert_eq!(outage.matched(json!({"dry_run": true})).await, 0);
}

#[tokio::test]
async fn a_resend_is_limited_to_the_operator_the_role_and_the_project() {
    let outage = Outage::new().await;
    let (other, viewer) = (Operator::create().await, outage.operator.with_role("viewer").await);
    assert_eq!(other.post(PATH, json!({"dry_run": true})).await.expect(200)["matched"], 0);
    let named = json!({"filter": {"destination_ids": [outage.good]}});
    assert_eq!(other.post(PATH, named).await.error(404).1, "not_found");
    viewer.post(PATH, json!({"dry_run": true})).await.error(403);
    // The events belong to no project, until one does.
    let bound = outage.operator.with_new_key(json!({"role": "editor", "project_id": "mine"})).await;
    assert_eq!(bound.post(PATH, json!({"dry_run": true})).await.expect(200)["matched"], 0);
    bound.event(EVENT, json!({})).await;
    let of_project = eventually("the project's deliveries are held", async || {
        let counted = bound.post(PATH, json!({"dry_run": true})).await.expect(200);
        (counted["matched"] == 2).then_some(counted)
    });
    assert_eq!(of_project.await["skipped"], json!([{"reason": "destination_unhealthy", "count": 1}]));
    assert_eq!(bound.post(PATH, json!({})).await.expect(202)["queued"], 1);
    outage.receivers.0.wait_for(2).await;
    assert_eq!(outage.in_state("held").await, 5);
}

#[tokio::test]
async fn pages_of_a_projects_key_are_full() {
    let operator = Operator::create().await;
    let receiver = Receiver::taking().await;
    let webhook = id(&operator.webhook(&receiver).await);
    operator.rule(EVENT, &[&webhook]).await;
    let bound = operator.with_new_key(json!({"role": "editor", "project_id": "mine"})).await;
    let mut own = vec![];
    for number in 0..3 {
        own.push(bound.event(EVENT, json!({"number": number})).await);
        for _ in 0..3 {
            let others: Vec<_> = (0..20).map(|_| json!({"type": EVENT, "data": {}})).collect();
            operator.post("/v1/events", json!({ "events": others })).await.expect(202);
        }
    }
    receiver.wait_for(183).await;
    own.reverse();
    let (mut found, mut cursor) = (vec![], String::new());
    for full in [true, false] {
        let page = bound.get(&format!("/v1/deliveries?limit=2{cursor}")).await.expect(200);
        let rows = page["deliveries"].as_array().expect("a list");
        assert_eq!(rows.len(), if full { 2 } else { 1 });
        found.extend(rows.iter().map(|row| row["event_id"].as_str().expect("an id").to_owned()));
        assert_eq!(page["next_cursor"].is_string(), full);
        cursor = format!("&cursor={}", page["next_cursor"].as_str().unwrap_or_default());
    }
    assert_eq!(found, own);
    let totals = &bound.get("/v1/overview").await.expect(200)["totals"];
    assert_eq!(totals["succeeded"], 3, "{totals}");
    let succeeded = bound.get("/v1/deliveries?state=succeeded").await.expect(200);
    assert_eq!(succeeded["deliveries"].as_array().map(Vec::len), Some(3));
}
