//! `POST /api/v1/notifications/send`.

use axum::http::StatusCode;
use e2e::{
    Operator, Receiver,
    inbox::{self, new_address},
    platform,
};
use serde_json::{Value, json};

use crate::providers::{PATH, make, of, tenant};

const SEND: &str = "/api/v1/notifications/send";

/// The notification of the reference.
pub(crate) fn notification() -> Value {
    json!({
        "title": "Alert: acceptance rate drop",
        "body": "acceptance_rate < 0.05 (observed 0.04, baseline 0.08)",
        "severity": "warning",
        "fields": [{"label": "Observed", "value": "0.04"}, {"label": "Threshold", "value": "0.05"}],
        "sourceUrl": "https://app.kaireonai.com/dashboards/operations",
    })
}

async fn send(tenant: &Operator, ids: &[&str], status: u16) -> Vec<Value> {
    let body = json!({"providerIds": ids, "notification": notification()});
    tenant.post(SEND, body).await.expect(status)["results"].as_array().expect("results").clone()
}

/// The only delivery to a provider.
async fn delivery(tenant: &Operator, id: &str) -> Value {
    let page = tenant.get(&of(id, "/deliveries")).await.expect(200);
    assert_eq!(page["data"].as_array().map(Vec::len), Some(1), "{page}");
    page["data"][0].clone()
}

#[tokio::test]
async fn results_are_in_the_order_of_the_providers_in_the_request() {
    let tenant = tenant().await;
    let (slack, teams) = (platform::taking("slack").await, platform::taking("teams").await);
    let webhook = Receiver::taking().await;
    let failing = Receiver::answering(|_| StatusCode::INTERNAL_SERVER_ERROR).await;
    let address = new_address();
    let ids = [
        make(&tenant, "slack", json!({"webhookUrl": slack.url()})).await,
        make(&tenant, "webhook", json!({"url": failing.url()})).await,
        make(&tenant, "teams", json!({"webhookUrl": teams.url()})).await,
        make(&tenant, "webhook", json!({"url": webhook.url(), "secret": "s", "headers": {"X-Token": "abc"}})).await,
        make(&tenant, "ops_email", json!({"fromEmail": "ops@example.com", "toEmails": [address]})).await,
    ];
    let requested: Vec<_> = ids.iter().rev().map(String::as_str).collect();
    let results = send(&tenant, &requested, 200).await;
    let successes: Vec<_> = results
        .iter()
        .map(|result| (result["providerId"].as_str().expect("an id"), result["success"] == true))
        .collect();
    let expected: Vec<_> = requested.iter().map(|id| (*id, *id != ids[1])).collect();
    assert_eq!(successes, expected);
    assert_eq!(results[3]["error"], "Webhook returned 500");
    assert!(results[3].get("providerMessageId").is_none() && results[4].get("error").is_none());
    let kinds: Vec<_> = results.iter().map(|result| result["kind"].as_str().expect("a kind")).collect();
    assert_eq!(kinds, ["ops_email", "webhook", "teams", "webhook", "slack"]);
    for (result, prefix) in [(&results[4], "slack-1"), (&results[2], "teams-1"), (&results[1], "webhook-1")] {
        assert!(result["providerMessageId"].as_str().expect("an id").starts_with(prefix), "{result}");
    }

    // A webhook gets the notification itself.
    let got = webhook.received().remove(0);
    assert_eq!(got.json(), notification());
    assert_eq!(got.header("x-token"), "abc");
    assert_eq!(got.header("webhook-id"), results[1]["deliveryId"].as_str().expect("an id"));
    for (kind, receiver) in [("slack", &slack), ("teams", &teams)] {
        let message = receiver.received().remove(0).json();
        platform::validate(kind, &message);
        let text = message.to_string();
        for words in ["Alert: acceptance rate drop", "Observed", "0.04", "dashboards/operations"] {
            assert!(text.contains(words), "{words}: {text}");
        }
    }
    let mail = inbox::wait_for(&address, 1).await.remove(0);
    assert_eq!(mail.subject, "[WARNING] Alert: acceptance rate drop");
    for words in ["acceptance_rate < 0.05", "Observed: 0.04", "https://app.kaireonai.com/dashboards/operations"] {
        assert!(mail.text.contains(words), "{words}: {}", mail.text);
    }

    // Everything is in the log: one event with a delivery for each provider. Failed deliveries can be sent again
    // manually.
    let found = delivery(&tenant, &ids[1]).await;
    assert_eq!((&found["state"], &found["attemptCount"]), (&json!("abandoned"), &json!(1)));
    assert_eq!(found["attempts"][0]["error"], "answered 500 Internal Server Error");
    assert_eq!((&found["id"], &found["eventType"]), (&results[3]["deliveryId"], &json!("notification.sent")));
    assert_eq!(delivery(&tenant, &ids[0]).await["state"], "succeeded");
    let event = tenant.get(&format!("/v1/events/{}", found["eventId"].as_str().expect("an id"))).await.expect(200);
    assert_eq!(event["data"], notification());
    assert_eq!((failing.received().len(), slack.received().len()), (1, 1), "nothing is retried automatically");
}

#[tokio::test]
async fn a_failed_delivery_can_be_sent_again_manually() {
    let tenant = tenant().await;
    let receiver = Receiver::failing(1).await;
    let id = make(&tenant, "webhook", json!({"url": receiver.url()})).await;
    let results = send(&tenant, &[&id], 502).await;
    let delivery_id = results[0]["deliveryId"].as_str().expect("an id");
    tenant.post(&format!("/v1/deliveries/{delivery_id}/retry"), json!({})).await.expect(202);
    let received = receiver.wait_for(2).await;
    assert_eq!(received[1].json(), notification());
    assert_eq!(received[0].header("webhook-id"), received[1].header("webhook-id"));
    e2e::eventually("it has arrived", async || (delivery(&tenant, &id).await["state"] == "succeeded").then_some(()))
        .await;
}

#[tokio::test]
async fn a_deleted_or_disabled_provider_fails_separately() {
    let tenant = tenant().await;
    let slack = platform::taking("slack").await;
    let good = make(&tenant, "slack", json!({"webhookUrl": slack.url()})).await;
    let gone = make(&tenant, "slack", json!({"webhookUrl": slack.url()})).await;
    tenant.delete(&of(&gone, "")).await.expect(204);
    let off = make(&tenant, "slack", json!({"webhookUrl": slack.url()})).await;
    tenant.patch(&of(&off, ""), json!({"enabled": false})).await.expect(200);

    let results = send(&tenant, &[&gone, &good, &off], 200).await;
    let succeeded: Vec<_> = results.iter().map(|result| result["success"] == true).collect();
    assert_eq!(succeeded, [false, true, false]);
    assert_eq!(results[0]["kind"], Value::Null);
    assert!(results[0]["error"].as_str().expect("a sentence").contains("no provider with this id"));
    assert!(results[2]["error"].as_str().expect("a sentence").contains("not enabled"));
    assert_eq!(slack.received().len(), 1);
    send(&tenant, &[&gone, &off], 502).await;

    // Deliveries to a disabled provider are held, and can be sent once it is enabled again.
    let missed = tenant.get(&of(&off, "/deliveries")).await.expect(200);
    let states: Vec<_> =
        missed["data"].as_array().expect("data").iter().map(|row| (&row["state"], &row["reason"])).collect();
    assert_eq!(states, [(&json!("held"), &json!("destination_disabled")); 2]);
    let since = json!({"since": "2026-01-01T00:00:00Z"});
    tenant.post(&of(&off, "/recover"), since.clone()).await.expect(409);
    tenant.patch(&of(&off, ""), json!({"enabled": true})).await.expect(200);
    assert_eq!(tenant.post(&of(&off, "/recover"), since).await.expect(202)["recovered"], 2);
    slack.wait_for(3).await;
}

#[tokio::test]
async fn twenty_providers_are_sent_to_concurrently_and_more_are_rejected() {
    let tenant = tenant().await;
    // Each receiver answers only after all have got a request: sent one after the other, they would never answer.
    let waiting = std::sync::Arc::new(tokio::sync::Barrier::new(20));
    let app = axum::Router::new().fallback(move || {
        let waiting = waiting.clone();
        async move {
            waiting.wait().await;
        }
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}/", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, app).await });
    let mut ids = vec![];
    for n in 0..21 {
        ids.push(make(&tenant, "webhook", json!({"url": format!("{url}{n}")})).await);
    }
    let ids: Vec<_> = ids.iter().map(String::as_str).collect();
    let error = tenant.post(SEND, json!({"providerIds": ids, "notification": notification()})).await.expect(422);
    assert_eq!(error["fields"][0]["field"], "providerIds");
    let results = send(&tenant, &ids[..20], 200).await;
    assert!(results.iter().all(|result| result["success"] == true), "{results:?}");
}

#[tokio::test]
async fn a_repeat_sends_nothing_and_returns_the_first_outcome() {
    let tenant = tenant().await;
    let (slack, failing) = (platform::taking("slack").await, platform::refusing("slack", "rollup_error").await);
    let ids = [
        make(&tenant, "slack", json!({"webhookUrl": slack.url()})).await,
        make(&tenant, "slack", json!({"webhookUrl": failing.url()})).await,
    ];
    let with_key = async |key: &'static str, title: &str| {
        let mut notification = notification();
        notification["title"] = json!(title);
        let body = json!({"providerIds": ids, "notification": notification});
        tenant.with_header("idempotency-key", key).post(SEND, body).await
    };
    let first = with_key("alert-7", "one").await.expect(200);
    assert_eq!(with_key("alert-7", "one").await.expect(200), first);
    let conflict = with_key("alert-7", "two").await.expect(409);
    assert!(conflict["error"].as_str().expect("a sentence").contains("another notification"), "{conflict}");
    assert_eq!((slack.received().len(), failing.received().len()), (1, 1));
    assert_ne!(with_key("alert-8", "two").await.expect(200), first);
    assert_eq!(with_key("", "two").await.status, 400);

    // Of several concurrent requests, one sends; the others get a 409, or the result.
    let statuses = futures::future::join_all((0..6).map(|_| with_key("alert-9", "three"))).await;
    assert!(statuses.iter().all(|answer| matches!(answer.status, 200 | 409)), "{statuses:?}");
    let last = with_key("alert-9", "three").await.expect(200);
    assert!(statuses.iter().any(|answer| answer.json == last));
    assert_eq!((slack.received().len(), failing.received().len()), (3, 3));
}

#[tokio::test]
async fn a_deleted_chat_hook_makes_its_provider_unhealthy_immediately() {
    let tenant = tenant().await;
    let gone = platform::refusing("slack", "no_service").await;
    let id = make(&tenant, "slack", json!({"webhookUrl": gone.url()})).await;
    let rule = tenant.rule("custom.gone", &[&id]).await;
    let results = send(&tenant, &[&id], 502).await;
    assert_eq!(results[0]["error"], "Slack returned 404: no_service");
    let health = tenant.get(&of(&id, "")).await.expect(200)["health"].clone();
    assert_eq!((&health["status"], &health["reason"]), (&json!("unhealthy"), &json!("answered 404 no_service")));
    assert_eq!(tenant.get(&format!("/v1/notifications/channels/{rule}")).await.expect(200)["active"], false);
    // Another failure does not make the provider unhealthy.
    let failing = platform::refusing("slack", "rollup_error").await;
    let id = make(&tenant, "slack", json!({"webhookUrl": failing.url()})).await;
    send(&tenant, &[&id], 502).await;
    assert_eq!(tenant.get(&of(&id, "")).await.expect(200)["health"]["status"], "healthy");
}

#[tokio::test]
async fn errors_name_each_invalid_field() {
    let tenant = tenant().await;
    let id = make(&tenant, "slack", json!({"webhookUrl": "https://hooks.slack.com/services/T/B/X"})).await;
    let fields = async |body: Value| -> Vec<String> {
        let error = tenant.post(SEND, body).await.expect(422);
        let fields = error["fields"].as_array().expect("fields").iter();
        fields.map(|problem| problem["field"].as_str().expect("a field").to_owned()).collect()
    };
    assert_eq!(fields(json!({})).await, ["providerIds", "notification"]);
    assert_eq!(fields(json!({"providerIds": [], "notification": notification()})).await, ["providerIds"]);
    assert_eq!(
        fields(json!({"providerIds": [id, "x", id], "notification": notification()})).await,
        ["providerIds[1]", "providerIds[2]"]
    );
    let wrong = json!({"title": " ", "severity": "high", "fields": [{"label": "a", "value": "b"}, {"label": "", "value": "b"}],
        "sourceUrl": "ftp://example.com"});
    let named = fields(json!({"providerIds": [id], "notification": wrong})).await;
    for field in ["title", "body", "severity", "fields[1].label", "sourceUrl"] {
        assert!(named.contains(&format!("notification.{field}")), "{field}: {named:?}");
    }
    assert_eq!(tenant.get(&format!("{PATH}/{id}/deliveries")).await.expect(200)["data"], json!([]), "nothing was sent");
}
