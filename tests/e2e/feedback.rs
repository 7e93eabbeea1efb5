//! SES feedback about emails, from recorded event records: bounces, complaints, delays, deliveries and rejections.

use e2e::{
    Operator, aws, eventually,
    inbox::{self, new_address},
};
use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};

const EVENT: &str = "custom.feedback";

/// A recorded event record, adapted to one of our emails and the current time.
pub(crate) struct Report(Value);

impl Report {
    pub(crate) fn recorded(name: &str, operator: &Operator, destination: &str, address: &str) -> Self {
        let path = format!("{}/recorded/ses_{name}.json", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
        let mut report: Value = serde_json::from_str(&text.replace("alerts@example.org", address)).expect("JSON");
        report["mail"]["tags"]["operator_id"] = json!([operator.id]);
        report["mail"]["tags"]["destination_id"] = json!([destination]);
        report["mail"]["tags"].as_object_mut().expect("tags").remove("delivery_id");
        Self(report).at(Timestamp::now())
    }

    /// The same for the email of a delivery.
    pub(crate) fn of(mut self, delivery: &Value) -> Self {
        self.0["mail"]["tags"]["delivery_id"] = json!([delivery["id"]]);
        let newest = delivery["attempts"].as_array().expect("a list").last().expect("an attempt");
        self.0["mail"]["messageId"] = newest["response"].clone();
        self
    }

    /// The same with another bounced address.
    pub(crate) fn and(mut self, address: &str) -> Self {
        let bounced = self.0["bounce"]["bouncedRecipients"].as_array_mut().expect("recipients");
        let mut another = bounced[0].clone();
        another["emailAddress"] = json!(address);
        bounced.push(another);
        self
    }

    /// The same for an email that belongs to no delivery.
    pub(crate) fn of_message(mut self, message: &str) -> Self {
        self.0["mail"]["tags"]["message_id"] = json!([message]);
        self
    }

    /// The same at another time.
    pub(crate) fn at(mut self, at: Timestamp) -> Self {
        for part in ["bounce", "complaint", "delivery", "deliveryDelay"] {
            if !self.0[part].is_null() {
                self.0[part]["timestamp"] = json!(format!("{at:.3}"));
            }
        }
        self
    }

    /// Publishes it to the topic, as SES does.
    pub(crate) async fn publish(&self) {
        aws::publish("FEEDBACK_TOPIC_ARN", &self.0).await;
    }
}

/// An operator with a verified email destination that has received one notification, the destination's id, and the
/// delivery.
pub(crate) async fn notified(address: &str) -> (Operator, String, Value) {
    let operator = Operator::create().await;
    let id = operator.verified("email", address).await;
    operator.rule(EVENT, &[&id]).await;
    let event = operator.event(EVENT, json!({"n": 1})).await;
    let delivery = operator.delivery(&id, &event, "succeeded").await;
    (operator, id, delivery)
}

fn path(id: &str) -> String {
    format!("/v1/notifications/destinations/{id}")
}

async fn unhealthy(operator: &Operator, id: &str) -> Value {
    eventually("it is unhealthy", async || {
        let health = operator.get(&path(id)).await.expect(200)["health"].clone();
        (health["status"] == "unhealthy").then_some(health)
    })
    .await
}

/// Waits until the function has handled all earlier reports. It handles reports one after the other or in parallel, so
/// a last report shows when the others are done.
async fn reports_handled(operator: &Operator) {
    let address = new_address();
    let (id, mark) = {
        let id = operator.verified("email", &address).await;
        (id.clone(), Report::recorded("bounce", operator, &id, &address))
    };
    mark.publish().await;
    unhealthy(operator, &id).await;
}

#[tokio::test]
async fn a_hard_bounce_suppresses_the_address_until_it_is_verified_again() {
    let address = new_address();
    let (operator, id, delivery) = notified(&address).await;
    let bounce = Report::recorded("bounce", &operator, &id, &address).of(&delivery);
    bounce.publish().await;
    bounce.publish().await;
    let health = unhealthy(&operator, &id).await;
    assert!(health["reason"].as_str().expect("text").contains("550 5.1.1 user unknown"), "{health}");
    let event = delivery["event_id"].as_str().expect("an id");
    let returned = operator.delivery(&id, event, "abandoned").await;
    assert_eq!((&returned["reason"], &returned["attempt_count"]), (&json!("bounced"), &json!(1)));

    // A rule that skips unhealthy destinations, and a legacy channel with the same address, do not send either.
    let inline = json!({"channel_type": "email", "destination": address, "events": [EVENT], "min_severity": "info"});
    let channel = operator.post("/v1/notifications/channels", inline).await.expect(201);
    let channel = channel["id"].as_str().expect("an id");
    let tested = operator.post_empty(&format!("{}/test", path(&id))).await.expect(502);
    assert!(tested["error"].as_str().expect("text").contains("verify it again"), "{tested}");
    let retried =
        operator.post_empty(&format!("/v1/deliveries/{}/retry", delivery["id"].as_str().expect("an id"))).await;
    retried.expect(202);
    let again = eventually("it is suppressed", async || {
        let delivery = operator.delivery(&id, event, "abandoned").await;
        (delivery["reason"] == "suppressed").then_some(delivery)
    })
    .await;
    assert_eq!(again["attempt_count"], 1, "nothing was sent");
    assert_eq!(inbox::all(&address).await.len(), 2, "the code and the notification");

    // After verification, every destination of the operator with this address works again.
    operator.verify_by_code(&path(&id), &address).await;
    assert_eq!(operator.get(&path(&id)).await.expect(200)["health"]["status"], "healthy");
    let since = json!({"since": "2020-01-01T00:00:00Z"});
    let recovered = operator.post(&format!("{}/recover", path(&id)), since).await.expect(202);
    assert_eq!(recovered["recovered"], 1);
    operator.delivery(&id, event, "succeeded").await;
    operator.verify_by_code(&format!("/v1/notifications/channels/{channel}"), &address).await;
    let second = operator.event(EVENT, json!({"n": 2})).await;
    operator.delivery(&id, &second, "succeeded").await;
    operator.delivery(channel, &second, "succeeded").await;
    operator.delete(&format!("/v1/notifications/channels/{channel}")).await.expect(200);

    // If the first bounce is reported again late, it is older than the verification.
    bounce.publish().await;
    reports_handled(&operator).await;
    assert_eq!(operator.get(&path(&id)).await.expect(200)["health"]["status"], "healthy");
    let third = operator.event(EVENT, json!({"n": 3})).await;
    operator.delivery(&id, &third, "succeeded").await;
}

#[tokio::test]
async fn a_complaint_suppresses_the_address_for_one_operator_only() {
    let address = new_address();
    let (operator, id, delivery) = notified(&address).await;
    let (other, other_id, _) = notified(&address).await;
    Report::recorded("complaint", &operator, &id, &address).of(&delivery).publish().await;
    let health = unhealthy(&operator, &id).await;
    assert!(health["reason"].as_str().expect("text").contains("spam: abuse"), "{health}");
    // The recipient read the email, so that it did arrive.
    let event = delivery["event_id"].as_str().expect("an id");
    assert_eq!(operator.delivery(&id, event, "succeeded").await["reason"], Value::Null);
    // The rule is paused, and holds its deliveries.
    let held = operator.event(EVENT, json!({"n": 2})).await;
    operator.delivery(&id, &held, "held").await;
    let event = other.event(EVENT, json!({"n": 2})).await;
    other.delivery(&other_id, &event, "succeeded").await;
}

#[tokio::test]
async fn another_destination_of_a_suppressed_address_is_marked_when_it_is_next_used() {
    let address = new_address();
    let (operator, id, delivery) = notified(&address).await;
    let inline =
        json!({"channel_type": "email", "destination": address, "events": ["custom.other"], "min_severity": "info"});
    let channel = operator.post("/v1/notifications/channels", inline).await.expect(201);
    let channel = channel["id"].as_str().expect("an id").to_owned();
    let channel_path = format!("/v1/notifications/channels/{channel}");
    operator.verify_by_code(&channel_path, &address).await;
    Report::recorded("bounce", &operator, &id, &address).of(&delivery).publish().await;
    unhealthy(&operator, &id).await;
    assert_eq!(operator.get(&channel_path).await.expect(200)["active"], true);
    let event = operator.event("custom.other", json!({})).await;
    assert_eq!(operator.delivery(&channel, &event, "abandoned").await["reason"], "suppressed");
    eventually("the channel is paused", async || {
        let shown = operator.get(&channel_path).await.expect(200);
        (shown["active"] == false && shown["paused_by"] == json!([channel])).then_some(())
    })
    .await;
    operator.verify_by_code(&channel_path, &address).await;
    assert_eq!(operator.get(&channel_path).await.expect(200)["active"], true);
}

#[tokio::test]
async fn reports_that_do_not_concern_the_address_leave_it_healthy() {
    let address = new_address();
    let (operator, id, delivery) = notified(&address).await;
    for name in ["send", "delay", "delivery", "not_spam"] {
        Report::recorded(name, &operator, &id, &address).of(&delivery).publish().await;
    }
    reports_handled(&operator).await;
    let event = delivery["event_id"].as_str().expect("an id");
    assert_eq!(operator.delivery(&id, event, "succeeded").await, delivery);
    assert_eq!(operator.get(&path(&id)).await.expect(200)["health"]["status"], "healthy");
}

#[tokio::test]
async fn a_mail_that_did_not_arrive_can_be_recovered() {
    for (name, reason) in [("soft_bounce", "bounced"), ("reject", "rejected")] {
        let address = new_address();
        let (operator, id, delivery) = notified(&address).await;
        let event = delivery["event_id"].as_str().expect("an id");
        let report = Report::recorded(name, &operator, &id, &address).of(&delivery);
        report.publish().await;
        assert_eq!(operator.delivery(&id, event, "abandoned").await["reason"], reason);
        assert_eq!(operator.get(&path(&id)).await.expect(200)["health"]["status"], "healthy");
        let since = json!({"since": "2020-01-01T00:00:00Z"});
        operator.post(&format!("{}/recover", path(&id)), since).await.expect(202);
        let sent = operator.delivery(&id, event, "succeeded").await;
        assert_eq!(sent["attempt_count"], 2);
        // The report of the first email, repeated, does not concern the second.
        report.publish().await;
        reports_handled(&operator).await;
        assert_eq!(operator.delivery(&id, event, "succeeded").await["attempt_count"], 2);
    }
}

#[tokio::test]
async fn reports_about_other_mails_have_no_effect() {
    let address = new_address();
    let (operator, id, _) = notified(&address).await;
    let other = Operator::create().await;
    // Another operator's tag with this operator's destination, and no tags at all.
    Report::recorded("bounce", &other, &id, &address).publish().await;
    let mut foreign = Report::recorded("bounce", &operator, &id, &address);
    foreign.0["mail"]["tags"] = json!({});
    foreign.publish().await;
    // A bounce from before the verification of the destination.
    let before = Timestamp::now() - 1.hour();
    Report::recorded("bounce", &operator, &id, &address).at(before).publish().await;
    reports_handled(&operator).await;
    assert_eq!(operator.get(&path(&id)).await.expect(200)["health"]["status"], "healthy");
    let event = operator.event(EVENT, json!({"n": 2})).await;
    operator.delivery(&id, &event, "succeeded").await;
}
