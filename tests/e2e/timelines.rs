//! The events about emails, verification codes and suppressed addresses.

use e2e::{
    Operator, aws, eventually,
    inbox::{self, new_address, new_number},
};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::feedback::{Report, notified};

const EVENT: &str = "custom.timeline";

/// A field of each item of a list.
fn field(items: &Value, name: &str) -> Vec<String> {
    let items = items.as_array().expect("a list").iter();
    items.map(|item| item[name].as_str().unwrap_or_else(|| panic!("no {name}: {item}")).to_owned()).collect()
}

/// Waits until an email's timeline has these types, given without `mail.message.`, and returns its items.
async fn timeline(operator: &Operator, message: &str, types: &[&str]) -> Value {
    let path = format!("/mail/messages/{message}/timeline");
    eventually(&format!("the timeline of {message} is {types:?}"), async || {
        let answer = operator.get(&path).await;
        let items = answer.json["items"].clone();
        let found = if items.is_array() { field(&items, "type") } else { vec![] };
        let expected = types.iter().map(|name| format!("mail.message.{name}"));
        found.iter().cloned().eq(expected).then_some(items)
    })
    .await
}

/// Waits until the log has these events about a resource, and returns them, oldest first.
async fn events_about(operator: &Operator, kind: &str, id: &str, types: &[&str]) -> Vec<Value> {
    let query = reqwest::Url::parse_with_params("http://x/mail/events", [("resourceType", kind), ("resourceId", id)]);
    let path = query.expect("a URL").as_str().replace("http://x", "");
    eventually(&format!("the events about {id} are {types:?}"), async || {
        let mut items = operator.get(&path).await.expect(200)["items"].as_array().expect("a list").clone();
        items.reverse();
        let mut found: Vec<_> = items.iter().map(|item| item["type"].as_str().expect("a type")).collect();
        let mut expected = types.to_vec();
        // Events of the same millisecond may have any order.
        found.sort_unstable();
        expected.sort_unstable();
        (found == expected).then_some(items)
    })
    .await
}

fn message_of(delivery: &Value) -> String {
    delivery["id"].as_str().expect("an id").replace("dlv_", "msg_")
}

#[tokio::test]
async fn a_bounced_mail_has_a_timeline() {
    let address = new_address();
    let (operator, id, delivery) = notified(&address).await;
    let message = message_of(&delivery);
    timeline(&operator, &message, &["queued", "sending", "sent"]).await;

    let at = Timestamp::now();
    Report::recorded("bounce", &operator, &id, &address).of(&delivery).at(at).publish().await;
    timeline(&operator, &message, &["queued", "sending", "sent", "bounced"]).await;
    let event = delivery["event_id"].as_str().expect("an id");
    operator.delivery(&id, event, "abandoned").await;
    let retried = Timestamp::now();
    let retry = format!("/v1/deliveries/{}/retry", delivery["id"].as_str().expect("an id"));
    operator.post_empty(&retry).await.expect(202);
    let items = timeline(&operator, &message, &["queued", "sending", "sent", "bounced", "suppressed"]).await;

    assert_eq!(field(&items, "label"), ["Queued", "Sending", "Sent", "Bounced", "Suppressed"]);
    let times = field(&items, "createdAt");
    let accepted = operator.get(&format!("/v1/events/{event}")).await.expect(200);
    assert_eq!(times[0], accepted["created_at"], "queued when its event was accepted");
    assert_eq!(times[1], delivery["attempts"][0]["at"], "sending since the start of the attempt");
    assert!(times[1] <= times[2], "{times:?}");
    assert_eq!(times[3], format!("{at:.3}"), "bounced at the time that SES reported");
    assert!(times[4] >= format!("{retried:.3}"), "{times:?}");
    let metadata = |i: usize, name: &str| items[i]["metadata"][name].clone();
    assert_eq!(metadata(0, "to"), address);
    assert_eq!(metadata(0, "deliveryId"), delivery["id"]);
    assert_eq!(metadata(2, "providerMessageId"), delivery["attempts"][0]["response"]);
    assert!(metadata(3, "reason").as_str().expect("text").contains("550 5.1.1"), "{items}");
    assert!(metadata(4, "reason").as_str().expect("text").starts_with("bounce:"), "{items}");

    let found = operator.get(&format!("/mail/events?messageId={message}")).await.expect(200);
    let mut newest_first = field(&found["items"], "type");
    newest_first.reverse();
    assert_eq!(newest_first, field(&items, "type"));
    assert_eq!(found["items"][0]["messageId"], message);
    let mail = inbox::requests(&address).await.pop().expect("a request").to_string();
    assert!(mail.contains(&message), "the mail contains its id: {mail}");
    let path = format!("/mail/messages/{message}/timeline");
    assert_eq!(Operator::create().await.get(&path).await.error(404).1, "not_found");
    operator.with_role("viewer").await.get(&path).await.expect(200);
}

#[tokio::test]
async fn a_deferred_or_rejected_mail_has_a_timeline_with_the_reason() {
    let address = new_address();
    let (operator, id, _) = notified(&address).await;
    operator.rule(EVENT, &[&id]).await;
    inbox::refuse(&address, 429, "TooManyRequestsException", "for now", 1).await;
    let event = operator.event(EVENT, json!({"n": 1})).await;
    let delivery = operator.delivery(&id, &event, "succeeded").await;
    let items =
        timeline(&operator, &message_of(&delivery), &["queued", "sending", "deferred", "sending", "sent"]).await;
    let deferred = &items[2]["metadata"];
    assert!(deferred["reason"].as_str().expect("text").contains("for now") && deferred["nextAttemptAt"].is_string());
    assert_eq!((&items[1]["metadata"]["attempt"], &items[3]["metadata"]["attempt"]), (&json!(1), &json!(2)));
    Report::recorded("delay", &operator, &id, &address).of(&delivery).publish().await;
    timeline(&operator, &message_of(&delivery), &["queued", "sending", "deferred", "sending", "sent", "deferred"])
        .await;

    inbox::refuse(&address, 400, "MessageRejected", "Email address is not verified.", 1).await;
    let event = operator.event(EVENT, json!({"n": 2})).await;
    let delivery = operator.delivery(&id, &event, "abandoned").await;
    timeline(&operator, &message_of(&delivery), &["queued", "sending", "failed"]).await;
}

#[tokio::test]
async fn a_mail_about_a_mail_event_is_logged_and_triggers_no_further_mail() {
    let (first, second) = (new_address(), new_address());
    let operator = Operator::create().await;
    let (to_first, to_second) = (operator.verified("email", &first).await, operator.verified("email", &second).await);
    operator.rule(EVENT, &[&to_first]).await;
    // The second destination is notified of every sent email, and would be of its own.
    operator.rule("mail.message.sent", &[&to_second]).await;
    operator.event(EVENT, json!({"n": 1})).await;
    let about_first = eventually("the second is notified", async || operator.deliveries(&to_second).await.pop()).await;
    timeline(&operator, &message_of(&about_first), &["queued", "sending", "sent"]).await;
    // Deliveries are written together with their event: a further one would exist by now.
    let deliveries = operator.deliveries(&to_second).await;
    assert_eq!(deliveries.len(), 1, "{deliveries:?}");
    assert_eq!(inbox::all(&second).await.len(), 2, "the code and that notification");
}

/// Waits until an operator has requested `count` codes, and returns their ids, oldest first.
async fn codes(operator: &Operator, count: usize) -> Vec<String> {
    eventually(&format!("{count} codes"), async || {
        let items = operator.get("/mail/events?type=mail.otp.created").await.expect(200)["items"].clone();
        let ids = items.as_array().expect("a list").iter().map(|item| item["data"]["otpId"].as_str().expect("an id"));
        let ids: Vec<_> = ids.rev().map(str::to_owned).collect();
        (ids.len() == count).then_some(ids)
    })
    .await
}

#[tokio::test]
async fn a_code_has_a_timeline_that_never_contains_it() {
    let operator = Operator::create().await;
    for (kind, address) in [("email", new_address()), ("sms", new_number())] {
        let made = operator.register(kind, &address).await.expect(201);
        let id = made["id"].as_str().expect("an id");
        let path = format!("/v1/notifications/destinations/{id}");
        operator.send_code(&path).await;
        let code = inbox::code(&address, 0).await;
        let wrong = format!("{:06}", (code.parse::<u32>().expect("digits") + 1) % 1_000_000);
        operator.post(&format!("{path}/verify"), json!({"code": wrong})).await.error(400);
        operator.post(&format!("{path}/verify"), json!({"code": code})).await.expect(200);

        let otp = codes(&operator, if kind == "email" { 1 } else { 2 }).await.pop().expect("a code");
        let types = ["mail.otp.created", "mail.otp.sent", "mail.otp.failed_attempt", "mail.otp.verified"];
        let events = events_about(&operator, "otp", &otp, &types).await;
        assert!(!json!(events).to_string().contains(&code), "no event contains the code");
        let sent = events.iter().find(|event| event["type"] == "mail.otp.sent").expect("the event");
        let data = &sent["data"];
        assert_eq!(
            (&data["channel"], &data["to"], &data["destinationId"]),
            (&json!(kind), &json!(address), &json!(id))
        );
        match data["messageId"].as_str() {
            Some(message) => {
                assert_eq!(kind, "email");
                let items = timeline(&operator, message, &["queued", "sending", "sent"]).await;
                assert_eq!(items[0]["metadata"]["kind"], "verification");
                assert!(!items.to_string().contains(&code));
            }
            None => assert_eq!(kind, "sms"),
        }
    }
}

#[tokio::test]
async fn an_unused_code_has_a_timeline_with_the_reason() {
    let operator = Operator::create().await;
    let address = new_address();
    let made = operator.register("email", &address).await.expect(201);
    let path = format!("/v1/notifications/destinations/{}", made["id"].as_str().expect("an id"));

    // The first code is replaced by the second, the second is guessed at too often, and a deletion cancels the third.
    operator.send_code(&path).await;
    operator.send_code(&path).await;
    let code: u32 = inbox::code(&address, 1).await.parse().expect("digits");
    for by in 1..=6 {
        let guess = format!("{:06}", (code + by) % 1_000_000);
        operator.post(&format!("{path}/verify"), json!({"code": guess})).await.error(400);
    }
    operator.send_code(&path).await;
    operator.delete(&path).await.expect(200);
    let ids = codes(&operator, 3).await;
    let (created, sent, wrong) = ("mail.otp.created", "mail.otp.sent", "mail.otp.failed_attempt");
    let reason = |events: &[Value], name: &str| {
        events.iter().find(|event| event["type"] == name).map(|event| event["data"]["reason"].clone())
    };
    let first = events_about(&operator, "otp", &ids[0], &[created, sent, "mail.otp.canceled"]).await;
    assert_eq!(reason(&first, "mail.otp.canceled"), Some(json!("replaced")));
    let second = [created, sent, wrong, wrong, wrong, wrong, wrong, "mail.otp.failed"];
    let second = events_about(&operator, "otp", &ids[1], &second).await;
    assert_eq!(reason(&second, "mail.otp.failed"), Some(json!("too_many_attempts")));
    let third = events_about(&operator, "otp", &ids[2], &[created, sent, "mail.otp.canceled"]).await;
    assert_eq!(reason(&third, "mail.otp.canceled"), Some(json!("deleted")));

    // A code that could not be sent.
    let address = new_address();
    let made = operator.register("email", &address).await.expect(201);
    inbox::refuse(&address, 500, "InternalFailure", "for now", 1).await;
    let path = format!("/v1/notifications/destinations/{}", made["id"].as_str().expect("an id"));
    operator.post_empty(&format!("{path}/send-code")).await.error(503);
    let id = codes(&operator, 4).await.pop().expect("a code");
    let fourth = events_about(&operator, "otp", &id, &[created, "mail.otp.failed"]).await;
    assert_eq!(reason(&fourth, "mail.otp.failed"), Some(json!("not_sent")));
}

#[tokio::test]
async fn a_code_that_is_not_entered_expires() {
    let operator = Operator::create().await;
    let mut subjects = vec![];
    for _ in 0..2 {
        let address = new_address();
        let made = operator.register("email", &address).await.expect(201);
        let id = made["id"].as_str().expect("an id").to_owned();
        let path = format!("/v1/notifications/destinations/{id}");
        let expires_at: Timestamp = operator.send_code(&path).await.parse().expect("a time");
        subjects.push((id, path, inbox::code(&address, 0).await, expires_at));
    }
    let otps = codes(&operator, 2).await;
    let [_, delayed, _] = aws::depth("ACCEPTED_QUEUE_URL").await;
    assert!(delayed >= 2, "the expiry messages are delayed: {delayed}");
    // The first code is used. Instead of waiting ten minutes for the expiry messages, the test sends them again without
    // delay.
    let (_, path, code, _) = &subjects[0];
    operator.post(&format!("{path}/verify"), json!({"code": code})).await.expect(200);
    for ((id, _, _, expires_at), otp) in subjects.iter().zip(&otps) {
        let message = json!({
            "operator_id": operator.id, "event_id": domain::EventId::generate(),
            "if_unused": {"destination_id": id, "otp_id": otp, "expires_at": expires_at.as_millisecond()},
            "event": {"type": "mail.otp.expired", "data": {"otpId": otp}, "resource": {"type": "otp", "id": otp}},
        });
        aws::send_message("ACCEPTED_QUEUE_URL", &message).await;
    }
    let made = ["mail.otp.created", "mail.otp.sent"];
    events_about(&operator, "otp", &otps[1], &[made[0], made[1], "mail.otp.expired"]).await;
    // A marker event after both messages in the queue: once it is in the log, the messages have been handled.
    let mark = operator.event("custom.mark", json!({})).await;
    eventually("the mark", async || (operator.get(&format!("/v1/events/{mark}")).await.status == 200).then_some(()))
        .await;
    events_about(&operator, "otp", &otps[0], &[made[0], made[1], "mail.otp.verified"]).await;
}

#[tokio::test]
async fn a_test_mail_has_a_timeline() {
    let address = new_address();
    let operator = Operator::create().await;
    let id = operator.verified("email", &address).await;
    operator.post_empty(&format!("/v1/notifications/destinations/{id}/test")).await.expect(200);
    let of_test = async || {
        let sent = operator.get("/mail/events?type=mail.message.sent").await.expect(200);
        let items = sent["items"].as_array().expect("a list").clone();
        items.into_iter().find(|item| item["data"]["kind"] == "test")
    };
    let sent = eventually("the test is in the log", of_test).await;
    let message = sent["messageId"].as_str().expect("an id");
    timeline(&operator, message, &["queued", "sending", "sent"]).await;
    Report::recorded("bounce", &operator, &id, &address).of_message(message).publish().await;
    timeline(&operator, message, &["queued", "sending", "sent", "bounced"]).await;
}

#[tokio::test]
async fn suppressed_addresses_are_listed_and_can_be_removed() {
    let addresses = [new_address(), new_address()];
    let (operator, id, delivery) = notified(&addresses[0]).await;
    Report::recorded("bounce", &operator, &id, &addresses[0]).of(&delivery).publish().await;
    let second = operator.verified("email", &addresses[1]).await;
    eventually("the first is suppressed", async || {
        let list = operator.get("/mail/suppressions").await.expect(200);
        (list["items"].as_array().expect("a list").len() == 1).then_some(())
    })
    .await;
    Report::recorded("complaint", &operator, &second, &addresses[1]).publish().await;
    let list = eventually("the second is", async || {
        let list = operator.get("/mail/suppressions").await.expect(200);
        (list["items"].as_array().expect("a list").len() == 2).then_some(list)
    })
    .await;
    assert_eq!(field(&list["items"], "email"), [addresses[1].clone(), addresses[0].clone()], "newest first");
    assert_eq!(field(&list["items"], "reason"), ["complaint", "bounce"]);
    let first = &list["items"][1];
    assert_eq!(first["deliveryId"], delivery["id"]);
    assert_eq!(first["messageId"], message_of(&delivery));
    assert!(first["detail"].as_str().expect("text").contains("550 5.1.1") && first["createdAt"].is_string());
    let page = operator.get("/mail/suppressions?limit=1").await.expect(200);
    let next = page["nextCursor"].as_str().expect("a cursor");
    let rest = operator.get(&format!("/mail/suppressions?limit=1&cursor={next}")).await.expect(200);
    assert_eq!(rest["items"][0], *first);

    // An address can be removed in any spelling, once, by its own operator, with a role that may write.
    let path = format!("/mail/suppressions/{}", addresses[0].to_uppercase());
    operator.with_role("viewer").await.delete(&path).await.error(403);
    assert_eq!(Operator::create().await.delete(&path).await.error(404).1, "not_found");
    let (sentence, _) = operator.delete("/mail/suppressions/nobody").await.error(400);
    assert!(sentence.contains("`email`"), "{sentence}");
    assert_eq!(operator.delete(&path).await.expect(200), json!({"deleted": true}));
    operator.delete(&path).await.error(404);
    let types = ["mail.suppression.created", "mail.suppression.deleted"];
    let events = events_about(&operator, "suppression", &addresses[0], &types).await;
    assert_eq!(events.iter().filter(|event| event["data"]["reason"] == "api").count(), 1, "{events:?}");
    // Emails are sent to it again. The destination is unhealthy until it is verified, but a manual retry arrives.
    let retry = format!("/v1/deliveries/{}/retry", delivery["id"].as_str().expect("an id"));
    operator.post_empty(&retry).await.expect(202);
    operator.delivery(&id, delivery["event_id"].as_str().expect("an id"), "succeeded").await;

    operator.verify_by_code(&format!("/v1/notifications/destinations/{second}"), &addresses[1]).await;
    let events = events_about(&operator, "suppression", &addresses[1], &types).await;
    assert_eq!(events.iter().filter(|event| event["data"]["reason"] == "verification").count(), 1, "{events:?}");
    assert_eq!(operator.get("/mail/suppressions").await.expect(200)["items"], json!([]));
}
