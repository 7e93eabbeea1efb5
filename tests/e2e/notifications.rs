//! Notifications by email and text message, and those that SES or SNS rejects.

use axum::http::StatusCode;
use e2e::{
    Operator, Receiver, aws, eventually,
    inbox::{self, new_address, new_number},
};
use serde_json::{Value, json};

const EVENT: &str = "custom.notification";

/// An operator with a verified destination of this kind in a rule, and the destination's id.
async fn subscribed(kind: &str, address: &str) -> (Operator, String) {
    let operator = Operator::create().await;
    let id = operator.verified(kind, address).await;
    operator.rule(EVENT, &[&id]).await;
    (operator, id)
}

async fn health(operator: &Operator, id: &str) -> Value {
    operator.get(&format!("/v1/notifications/destinations/{id}")).await.expect(200)["health"].clone()
}

#[tokio::test]
async fn a_mail_contains_the_severity_the_type_and_the_whole_event() {
    let address = new_address();
    let operator = Operator::create().await;
    let id = operator.verified("email", &address).await;
    operator.rule("passport.flagged", &[&id]).await;
    let data = json!({
        "jti": "ppt_abc123", "agent_id": "agt_<b>xyz</b>",
        "flags": [{"type": "undeclared_service", "severity": "warning", "message": "Agent accessed slack & mail"}],
    });
    let event = operator.event("passport.flagged", data).await;
    let delivery = operator.delivery(&id, &event, "succeeded").await;
    let mail = inbox::wait_for(&address, 2).await.remove(1);
    assert_eq!(mail.subject, "[WARNING] passport.flagged");
    let delivery_id = delivery["id"].as_str().expect("an id");
    for words in ["jti", "ppt_abc123", "undeclared_service", &event, delivery_id] {
        assert!(mail.text.contains(words) && mail.html.contains(words), "{words}");
    }
    assert!(mail.text.contains("Agent accessed slack & mail") && mail.text.contains("agt_<b>xyz</b>"));
    assert!(mail.html.contains("slack &#38; mail") && !mail.html.contains("<b>xyz"), "{}", mail.html);

    let request = inbox::requests(&address).await.pop().expect("a request");
    assert_eq!(request["FromEmailAddress"], "STACK Notifications <notifications@example.com>");
    assert!(request["ConfigurationSetName"].is_string());
    let pairs = |list: &Value, name: &str| -> Vec<(String, String)> {
        let text = |item: &Value, key: &str| item[key].as_str().unwrap_or_default().to_owned();
        list.as_array().expect(name).iter().map(|item| (text(item, "Name"), text(item, "Value"))).collect()
    };
    let headers = pairs(&request["Content"]["Simple"]["Headers"], "headers");
    assert!(headers.contains(&("X-STACK-Delivery-Id".into(), delivery_id.into())));
    assert!(headers.contains(&("Auto-Submitted".into(), "auto-generated".into())));
    assert!(headers.iter().all(|(name, _)| !name.starts_with("List-")));
    let tags = pairs(&request["EmailTags"], "tags");
    let of = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    for tag in [of("operator_id", &operator.id), of("destination_id", &id), of("delivery_id", delivery_id)] {
        assert!(tags.contains(&tag), "{tag:?}");
    }
}

#[tokio::test]
async fn a_text_message_is_one_segment_and_starts_with_the_essentials() {
    let number = new_number();
    let (operator, id) = subscribed("sms", &number).await;
    let data = json!({"message": format!("Łódź: {}", "a long story of many words, ".repeat(20))});
    let event = operator.event(EVENT, data).await;
    operator.delivery(&id, &event, "succeeded").await;
    let text = inbox::wait_for(&number, 2).await.remove(1).text;
    assert!(text.starts_with("WARNING custom.notification: Lodz: a long story") && text.ends_with("..."), "{text}");
    assert!(text.len() <= 160 && text.is_ascii(), "{text}");
    let request = inbox::requests(&number).await.pop().expect("a request");
    assert_eq!(request["MessageAttributes.entry.1.Value.StringValue"], "Transactional");
}

#[tokio::test]
async fn temporary_errors_are_retried_and_do_not_affect_health() {
    for (kind, address, status, code) in [
        ("email", new_address(), 429, "TooManyRequestsException"),
        ("email", new_address(), 500, "InternalFailure"),
        ("sms", new_number(), 400, "Throttled"),
        ("sms", new_number(), 500, "InternalError"),
    ] {
        let (operator, id) = subscribed(kind, &address).await;
        // Four failures would make a webhook unhealthy; here the fifth attempt succeeds.
        inbox::refuse(&address, status, code, "for now", 4).await;
        let event = operator.event(EVENT, json!({"n": 1})).await;
        let delivery = operator.delivery(&id, &event, "succeeded").await;
        assert_eq!(delivery["attempt_count"], 5, "{delivery}");
        let first = &delivery["attempts"][0];
        assert_eq!(first["status"], status);
        assert!(first["error"].as_str().expect("an error").contains(&format!("{code}: for now")), "{first}");
        assert_eq!(health(&operator, &id).await["status"], "healthy");
        assert_eq!(inbox::all(&address).await.len(), 2, "the code and a single notification");
    }
}

#[tokio::test]
async fn a_timeout_is_retried() {
    let address = new_address();
    let (operator, id) = subscribed("email", &address).await;
    inbox::hang(&address, 6).await;
    let event = operator.event(EVENT, json!({"n": 1})).await;
    let delivery = operator.delivery(&id, &event, "succeeded").await;
    assert_eq!(delivery["attempts"][0]["error"], "SES did not answer in time");
    assert_eq!((&delivery["attempt_count"], &delivery["attempts"][0]["status"]), (&json!(2), &Value::Null));
}

#[tokio::test]
async fn a_permanent_error_abandons_the_delivery_immediately_with_the_reason() {
    for (kind, address, code, message, unhealthy) in [
        ("email", new_address(), "MessageRejected", "Email address is not verified.", false),
        ("email", new_address(), "AccountSuspendedException", "The account is suspended.", false),
        ("email", new_address(), "BadRequestException", "Illegal address", true),
        ("sms", new_number(), "InvalidParameter", "Invalid parameter: PhoneNumber", true),
    ] {
        let (operator, id) = subscribed(kind, &address).await;
        inbox::refuse(&address, 400, code, message, 1).await;
        let event = operator.event(EVENT, json!({"n": 1})).await;
        let delivery = operator.delivery(&id, &event, "abandoned").await;
        assert_eq!(delivery["attempt_count"], 1, "{delivery}");
        let error = delivery["attempts"][0]["error"].as_str().expect("an error");
        assert!(error.contains(code) && error.contains(message), "{error}");
        let expected = if unhealthy { "unhealthy" } else { "healthy" };
        eventually("its health is updated", async || {
            let health = health(&operator, &id).await;
            (health["status"] == expected).then_some(())
        })
        .await;
        assert_eq!(inbox::all(&address).await.len(), 1, "only the code");
    }
}

#[tokio::test]
async fn an_opted_out_number_abandons_the_delivery_and_is_unhealthy_until_its_owner_opts_in() {
    let number = new_number();
    let (operator, id) = subscribed("sms", &number).await;
    inbox::opt_out(&number).await;
    let event = operator.event(EVENT, json!({"n": 1})).await;
    let delivery = operator.delivery(&id, &event, "abandoned").await;
    let error = delivery["attempts"][0]["error"].as_str().expect("an error");
    assert!(delivery["attempt_count"] == 1 && error.contains("opted out"), "{delivery}");
    eventually("it is unhealthy", async || (health(&operator, &id).await["status"] == "unhealthy").then_some(())).await;
    assert_eq!(inbox::all(&number).await.len(), 1);
}

/// Ten deliveries of one event, to all three kinds, passed to the worker as one batch while SES throttles three of
/// them.
#[tokio::test]
async fn in_a_batch_of_ten_only_the_three_deliveries_that_ses_throttles_are_delayed() {
    let operator = Operator::create().await;
    let mut destinations = vec![];
    let mut receivers = vec![];
    for _ in 0..3 {
        let receiver = Receiver::taking().await;
        destinations.push((operator.webhook(&receiver).await["id"].as_str().expect("an id").to_owned(), String::new()));
        receivers.push(receiver);
    }
    for (kind, address) in [
        ("sms", new_number()),
        ("sms", new_number()),
        ("sms", new_number()),
        ("email", new_address()),
        ("email", new_address()),
        ("email", new_address()),
        ("email", new_address()),
    ] {
        destinations.push((operator.verified(kind, &address).await, address));
    }
    // An eleventh, unhealthy destination pauses the rule: the deliveries are recorded and held, without messages on the
    // queue.
    let gone = Receiver::answering(|_| StatusCode::GONE).await;
    let gone = operator.webhook(&gone).await["id"].as_str().expect("an id").to_owned();
    operator.rule("custom.gone", &[&gone]).await;
    operator.event("custom.gone", json!({})).await;
    eventually("the rule is paused", async || (health(&operator, &gone).await["status"] == "unhealthy").then_some(()))
        .await;
    let ids: Vec<_> = destinations.iter().map(|(id, _)| id.as_str()).chain([gone.as_str()]).collect();
    operator.rule(EVENT, &ids).await;
    let event = operator.event(EVENT, json!({"message": "all at once"})).await;
    let mut jobs = vec![];
    for (id, _) in &destinations {
        let held = operator.delivery(id, &event, "held").await;
        jobs.push(json!({"delivery_id": held["id"], "operator_id": operator.id, "attempt": 1, "step": 0}));
    }
    let throttled: Vec<_> = destinations[7..].iter().map(|(_, address)| address.clone()).collect();
    for address in &throttled {
        inbox::refuse(address, 429, "TooManyRequestsException", "Maximum sending rate exceeded.", 1).await;
    }

    let jobs: Vec<_> = jobs.iter().map(|job| (job, 1)).collect();
    aws::invoke_with_messages("DELIVER_FUNCTION", &jobs).await;

    for (i, (id, address)) in destinations.iter().enumerate() {
        let delivery = operator.delivery(id, &event, "succeeded").await;
        let attempts = if i < 7 { 1 } else { 2 };
        assert_eq!(delivery["attempt_count"], attempts, "{delivery}");
        if address.is_empty() {
            assert_eq!(receivers[i].received().len(), 1);
        } else {
            assert_eq!(inbox::all(address).await.len(), 2, "the code and a single notification");
        }
        if attempts == 2 {
            assert_eq!(delivery["attempts"][0]["status"], 429);
            let at = |n: usize| delivery["attempts"][n]["at"].as_str().expect("a time").parse::<jiff::Timestamp>();
            let gap = at(1).expect("a time").duration_since(at(0).expect("a time"));
            assert!(gap.as_millis() >= 900, "after the first step of the backoff: {gap:?}");
        }
    }
}
