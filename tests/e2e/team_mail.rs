//! Emails to teams: one email with several recipients, sent by a provider or a project channel.

use e2e::{
    Operator, aws, eventually,
    inbox::{self, new_address},
};
use serde_json::{Value, json};

use crate::{
    feedback::Report,
    project_channels,
    providers::{self, destination_id, tenant},
};

fn addresses(request: &Value) -> Vec<&str> {
    let to = request["Destination"]["ToAddresses"].as_array().expect("recipients");
    to.iter().map(|address| address.as_str().expect("text")).collect()
}

async fn team(tenant: &Operator, to: &[&str]) -> String {
    let config = json!({"fromEmail": "ops-alerts@example.com", "toEmails": to, "replyTo": "support@example.com"});
    providers::make(tenant, "ops_email", config).await
}

/// Waits until the only delivery of an event to a provider has this state, and returns it.
async fn delivery(tenant: &Operator, id: &str, event: &str, state: &str) -> Value {
    eventually(&format!("the delivery of {event} is {state}"), async || {
        let page = tenant.get(&providers::of(id, "/deliveries")).await.expect(200);
        let found = page["data"].as_array().expect("data").iter().find(|row| row["eventId"] == event).cloned();
        found.filter(|row| row["state"] == state)
    })
    .await
}

#[tokio::test]
async fn one_mail_is_sent_to_all_with_the_configured_sender_and_reply_address() {
    let tenant = tenant().await;
    let (first, second) = (new_address(), new_address());
    let id = team(&tenant, &[&first, &second]).await;
    tenant.rule("alert.fired", &[&id]).await;
    let data = json!({"title": "Drop <b>x</b>", "body": "a < b", "fields": [{"label": "Observed", "value": "0.04"}],
        "sourceUrl": "https://app.example.com/ops"});
    let event = tenant.event("alert.fired", data).await;
    let found = delivery(&tenant, &id, &event, "succeeded").await;
    let request = inbox::requests(&first).await.pop().expect("a request");
    assert_eq!(addresses(&request), [&first, &second]);
    assert_eq!(request["FromEmailAddress"], "ops-alerts@example.com");
    assert_eq!(request["ReplyToAddresses"], json!(["support@example.com"]));
    assert!(request["ConfigurationSetName"].is_string());
    for address in [&first, &second] {
        let mails = inbox::wait_for(address, 1).await;
        assert_eq!((mails.len(), &*mails[0].subject), (1, "[WARNING] Drop <b>x</b>"));
        assert!(mails[0].html.contains("&#60;b&#62;x") && !mails[0].html.contains("<b>x"), "{}", mails[0].html);
        for words in ["a < b", "Observed: 0.04", "https://app.example.com/ops", found["id"].as_str().expect("an id")] {
            assert!(mails[0].text.contains(words), "{words}: {}", mails[0].text);
        }
    }
    // The email has a timeline as any other.
    let message = found["id"].as_str().expect("an id").replace("dlv_", "msg_");
    eventually("its events are in the timeline", async || {
        let timeline = tenant.get(&format!("/mail/messages/{message}/timeline")).await.expect(200).to_string();
        ["mail.message.queued", "mail.message.sent"].iter().all(|name| timeline.contains(name)).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_project_channel_sends_mail_from_the_address_of_the_deployment() {
    let operator = Operator::create().await;
    let address = new_address();
    let body = json!({"type": "email", "name": "#eng", "severityThreshold": "high",
        "credentials": {"recipients": format!("{address}, {}", new_address())}});
    let id = project_channels::make(&operator.in_project("web"), body).await;
    let event =
        json!({"type": "analysis.completed", "severity": "high", "project_id": "web", "data": {"title": "Leak"}});
    operator.post("/v1/events", event).await.expect(202);
    let mail = inbox::wait_for(&address, 1).await.remove(0);
    assert_eq!(mail.subject, "[HIGH] Leak", "with the severity in the API's terms");
    let request = inbox::requests(&address).await.pop().expect("a request");
    assert_eq!(request["FromEmailAddress"], "STACK Notifications <notifications@example.com>");
    assert!(request["ReplyToAddresses"].is_null());
    let tested = operator.in_project("web").post_empty(&project_channels::of(&id, "/test")).await.expect(200);
    assert!(tested["detail"].as_str().expect("a sentence").contains("SES accepted the message"), "{tested}");
    inbox::wait_for(&address, 2).await;
}

#[tokio::test]
async fn a_bounced_member_is_omitted_and_the_others_still_get_mail() {
    let tenant = tenant().await;
    let (gone, other) = (new_address(), new_address());
    let id = team(&tenant, &[&gone, &other]).await;
    tenant.rule("custom.team", &[&id]).await;
    let first = tenant.event("custom.team", json!({"n": 1})).await;
    let sent = delivery(&tenant, &id, &first, "succeeded").await;

    Report::recorded("bounce", &tenant, &destination_id(&id), &gone).of(&sent).publish().await;
    let suppressed = async |count: usize| {
        eventually(&format!("{count} addresses are suppressed"), async || {
            let page = tenant.get("/mail/suppressions").await.expect(200);
            (page["items"].as_array().map(Vec::len) == Some(count)).then_some(page)
        })
        .await
    };
    let page = suppressed(1).await;
    assert!(page.to_string().contains(&gone) && !page.to_string().contains(&other), "{page}");
    let second = tenant.event("custom.team", json!({"n": 2})).await;
    delivery(&tenant, &id, &second, "succeeded").await;
    let request = inbox::requests(&other).await.pop().expect("a request");
    assert_eq!(addresses(&request), [&other]);
    assert_eq!(inbox::all(&gone).await.len(), 1);
    let health = async || tenant.get(&providers::of(&id, "")).await.expect(200)["health"]["status"].clone();
    assert_eq!(health().await, "healthy");
    assert_eq!(delivery(&tenant, &id, &first, "succeeded").await["state"], "succeeded", "the others got it");

    // Once no recipient is left, the provider is unhealthy, and errors say what to do.
    let newest = delivery(&tenant, &id, &second, "succeeded").await;
    Report::recorded("complaint", &tenant, &destination_id(&id), &other).of(&newest).publish().await;
    suppressed(2).await;
    eventually("it is unhealthy", async || (health().await == "unhealthy").then_some(())).await;
    let tested = tenant.post_empty(&providers::of(&id, "/test")).await.expect(502);
    assert!(tested["error"].as_str().expect("a sentence").contains("DELETE /mail/suppressions/"), "{tested}");
    let send = json!({"providerIds": [id], "notification": crate::provider_send::notification()});
    let refused = tenant.post("/api/v1/notifications/send", send).await.expect(502);
    assert!(
        refused["results"][0]["error"].as_str().expect("a sentence").contains("GET /mail/suppressions"),
        "{refused}"
    );
    tenant.delete(&format!("/mail/suppressions/{other}")).await.expect(200);
    tenant.post_empty(&providers::of(&id, "/test")).await.expect(200);
    assert_eq!(health().await, "healthy");
    assert_eq!(inbox::all(&gone).await.len(), 1);
}

#[tokio::test]
async fn a_mail_that_bounces_for_all_recipients_is_abandoned() {
    let tenant = tenant().await;
    let (first, second) = (new_address(), new_address());
    let id = team(&tenant, &[&first, &second]).await;
    tenant.rule("custom.team", &[&id]).await;
    let event = tenant.event("custom.team", json!({})).await;
    let sent = delivery(&tenant, &id, &event, "succeeded").await;
    Report::recorded("bounce", &tenant, &destination_id(&id), &first).and(&second).of(&sent).publish().await;
    let returned = delivery(&tenant, &id, &event, "abandoned").await;
    assert_eq!(returned["reason"], "bounced");
    let suppressed = tenant.get("/mail/suppressions").await.expect(200).to_string();
    assert!(suppressed.contains(&first) && suppressed.contains(&second), "{suppressed}");
    assert_eq!(tenant.get(&providers::of(&id, "")).await.expect(200)["health"]["status"], "unhealthy");
}

#[tokio::test]
async fn throttling_by_ses_does_not_affect_the_team() {
    let tenant = tenant().await;
    let address = new_address();
    let id = team(&tenant, &[&address]).await;
    tenant.rule("custom.team", &[&id]).await;
    inbox::refuse(&address, 429, "TooManyRequestsException", "Maximum sending rate exceeded.", 1).await;
    let event = tenant.event("custom.team", json!({})).await;
    let found = delivery(&tenant, &id, &event, "succeeded").await;
    assert_eq!(found["attemptCount"], 2);
    let depth = aws::depth("DELIVERIES_DEAD_LETTERS_URL").await;
    assert_eq!(depth[0], 0);
}
