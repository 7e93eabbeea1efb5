//! Previews of a rule's effect before it is saved.

use axum::http::StatusCode;
use e2e::{Operator, Receiver, eventually};
use serde_json::{Value, json};

const PATH: &str = "/v1/notifications/channels/preview";

#[tokio::test]
async fn a_preview_shows_what_the_saved_rule_does() {
    let operator = Operator::create().await;
    let (accepting, gone) = (Receiver::taking().await, Receiver::answering(|_| StatusCode::GONE).await);
    let id = |made: &Value| made["id"].as_str().expect("an id").to_owned();
    let (healthy, unhealthy) = (id(&operator.webhook(&accepting).await), id(&operator.webhook(&gone).await));
    let mail = operator.verified("email", "preview@example.com").await;
    let sms = operator.verified("sms", "+491701234599").await;
    let event = json!({"type": "passport.flagged", "severity": "critical", "timestamp": "2026-04-15T10:05:00Z",
        "data": {"jti": "ppt_abc123", "flags": []}});
    let rule =
        json!({"destination_ids": [healthy, mail, sms], "events": ["passport.flagged"], "min_severity": "warning"});
    let shown = operator.post(PATH, json!({"rule": rule, "event": event})).await.expect(200);
    assert_eq!(shown["matches"], true);
    assert_eq!(
        shown["reason"],
        "The rule takes passport.flagged from the severity warning on, and this event is critical."
    );
    let outcomes = shown["destinations"].as_array().expect("a list");
    assert_eq!(outcomes.iter().map(|one| &one["outcome"]).collect::<Vec<_>>(), ["send"; 3]);
    assert_eq!(outcomes[1]["message"], "[CRITICAL] passport.flagged");
    assert!(outcomes[2]["message"].as_str().is_some_and(|text| text.contains("passport.flagged")), "{shown}");
    assert_eq!(outcomes[1]["content"]["mail"]["subject"], outcomes[1]["message"]);
    assert_eq!(outcomes[2]["content"]["sms"]["text"], outcomes[2]["message"]);
    // The preview saved and sent nothing; the saved rule then sends exactly the same bytes.
    assert_eq!(operator.get("/v1/notifications/channels").await.expect(200)["channels"], json!([]));
    assert_eq!(accepting.received().len(), 0);
    operator.post("/v1/notifications/channels", rule).await.expect(201);
    operator.post("/v1/events", event.clone()).await.expect(202);
    let received = accepting.wait_for(1).await;
    assert_eq!(outcomes[0]["message"], *String::from_utf8_lossy(&received[0].body));
    // The message of a delivery is what was sent.
    let id = received[0].header("webhook-id");
    let sent = operator.get(&format!("/v1/deliveries/{id}/preview")).await.expect(200);
    assert_eq!(sent["content"]["body"], *String::from_utf8_lossy(&received[0].body));

    // If one destination is unhealthy, the rule is paused, unless it skips unhealthy destinations.
    operator.rule("custom.break", &[&unhealthy]).await;
    operator.event("custom.break", json!({})).await;
    eventually("it is unhealthy", async || {
        let shown = operator.get(&format!("/v1/notifications/destinations/{unhealthy}")).await.expect(200);
        (shown["health"]["status"] == "unhealthy").then_some(())
    })
    .await;
    for (on_unhealthy, expected) in [
        ("pause", ("hold", json!(format!("The rule is paused while {} is unhealthy.", gone.url())))),
        ("skip", ("send", Value::Null)),
    ] {
        let rule = json!({
            "destination_ids": [healthy, unhealthy], "events": ["passport.flagged"], "on_unhealthy": on_unhealthy,
        });
        let shown = operator.post(PATH, json!({"rule": rule, "event": event})).await.expect(200);
        let [first, second] = &shown["destinations"].as_array().expect("a list")[..] else { panic!("{shown}") };
        assert_eq!((&first["outcome"], &first["reason"]), (&json!(expected.0), &expected.1));
        assert_eq!(second["reason"], "The destination is unhealthy; verify it again.");
    }
}

#[tokio::test]
async fn a_preview_explains_why_a_rule_does_not_match_and_names_invalid_fields() {
    let (operator, other) = (Operator::create().await, Operator::create().await);
    let receiver = Receiver::taking().await;
    let made = operator.webhook(&receiver).await;
    let ask =
        async |of: &Operator, rule: Value, event: Value| of.post(PATH, json!({"rule": rule, "event": event})).await;
    let rule = json!({"destination_id": made["id"], "events": ["custom.a"]});
    let viewer = operator.with_role("viewer").await;
    for (event, reason) in [
        (json!({"type": "custom.b", "data": {}}), "The rule does not take custom.b; add it to the rule's event types."),
        (
            json!({"type": "custom.a", "severity": "info", "data": {}}),
            "The rule takes custom.a from the severity warning on, and this event is only info.",
        ),
    ] {
        let shown = ask(&viewer, rule.clone(), event).await.expect(200);
        assert_eq!(shown, json!({"matches": false, "reason": reason, "destinations": []}));
    }
    let bound = operator.with_new_key(json!({"role": "editor", "project_id": "mine"})).await;
    let of_other = json!({"type": "custom.a", "data": {}, "project_id": "other"});
    assert_eq!(ask(&bound, rule.clone(), of_other).await.error(403).1, "forbidden");
    let another = json!({"destination_id": made["id"], "events": ["custom.a"], "channel_type": "webhook",
        "destination": "http://127.0.0.1:1/other"});
    let event = json!({"type": "custom.a", "data": {}});
    assert!(ask(&operator, another, event.clone()).await.error(400).0.contains("`destination`"));
    assert_eq!(ask(&other, rule.clone(), event.clone()).await.error(404).1, "destination_not_found");
    let wrong = json!({"destination_id": made["id"], "events": ["custom"]});
    assert!(ask(&operator, wrong, event.clone()).await.error(400).0.contains("`events[0]`"));
    let inline = json!({"channel_type": "email", "destination": "a@example.com"});
    assert!(ask(&operator, inline, event).await.error(400).0.contains("`rule.destination_ids`"));
    let wrong = json!({"type": "mail.message.sent", "data": {}});
    assert!(ask(&operator, rule, wrong).await.error(400).0.contains("`event.data`: missing field `messageId`"));
}
