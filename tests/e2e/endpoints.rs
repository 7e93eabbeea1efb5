//! Webhook endpoints of Stack Auth: their life cycle, what they get, and its signatures.

use domain::{WebhookSecret, signature};
use e2e::{Operator, Receiver, eventually, receiver::Received, variable};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::subscriptions::{id, in_log, secret};

pub(crate) const PATH: &str = "/v1/webhooks/endpoints";
pub(crate) const CREATED: &str = "user.created";

/// The event types of Stack Auth's reference.
const TYPES: [&str; 10] = [
    "user.created",
    "user.updated",
    "user.deleted",
    "team.created",
    "team.updated",
    "team.deleted",
    "team_membership.created",
    "team_membership.deleted",
    "team_permission.created",
    "team_permission.deleted",
];

pub(crate) fn of(id: &str, rest: &str) -> String {
    format!("{PATH}/{id}{rest}")
}

/// Creates an endpoint for events about new users.
pub(crate) async fn make(operator: &Operator, url: &str) -> Value {
    operator.post(PATH, json!({"url": url, "event_types": [CREATED]})).await.expect(201)
}

/// Posts an event about a new user, and returns its id.
pub(crate) async fn user(operator: &Operator, name: &str) -> String {
    operator.event(CREATED, json!({"id": "u-1", "display_name": name})).await
}

pub(crate) fn delivery_id(endpoint: &str, event: &str) -> String {
    format!("dlv_{}{}", &endpoint["ep_".len()..], &event["evt_".len()..])
}

/// Whether one of the signatures of a request is valid for this secret.
pub(crate) fn signed(request: &Received, secret: &str) -> bool {
    let secret = WebhookSecret::from_text(secret.to_owned().into());
    let at = Timestamp::from_second(request.header("svix-timestamp").parse().expect("seconds")).expect("a time");
    let expected = signature::standard(&secret, request.header("svix-id"), at, &request.body);
    request.header("svix-signature").split(' ').any(|one| one == expected)
}

#[tokio::test]
async fn an_endpoint_is_created_changed_disabled_and_deleted() {
    let operator = Operator::create().await;
    let receiver = Receiver::taking().await;
    let new = json!({"url": receiver.url(), "description": " Keeps users in step ", "event_types": [CREATED, CREATED]});
    let made = operator.post(PATH, new).await.expect(201);
    let endpoint = id(&made);
    assert!(endpoint.starts_with("ep_") && secret(&made).starts_with("whsec_"), "{made}");
    let path = of(&endpoint, "");
    let shown = operator.get(&path).await.expect(200);
    assert_eq!(
        shown,
        json!({
            "id": endpoint, "url": receiver.url(), "description": "Keeps users in step", "event_types": [CREATED],
            "status": "enabled",
            "health": {
                "status": "healthy", "since": null, "reason": null, "missed_since": null,
                "breaker": {"state": "closed", "until": null}, "slow": false, "pace": null,
            },
            "created_at": made["created_at"], "max_per_second": null,
        }),
        "without the secret"
    );
    // The same address may have another endpoint; without event types, an endpoint gets all types of Stack Auth.
    let other = operator.post(PATH, json!({"url": receiver.url()})).await.expect(201);
    assert_eq!((&other["event_types"], &other["description"]), (&json!(TYPES), &Value::Null));
    let list = operator.get(PATH).await.expect(200);
    let ids: Vec<_> = list["endpoints"].as_array().expect("a list").iter().map(id).collect();
    assert_eq!(ids, [id(&other), endpoint.clone()], "newest first");
    let page = operator.get(&format!("{PATH}?limit=1")).await.expect(200);
    let next = page["next_cursor"].as_str().expect("a cursor");
    let rest = operator.get(&format!("{PATH}?limit=1&cursor={next}")).await.expect(200);
    assert_eq!((&rest["endpoints"], &rest["next_cursor"]), (&json!([shown]), &Value::Null));

    let change = json!({"description": null, "event_types": ["team.created"], "url": format!("{}/2", receiver.url())});
    let changed = operator.patch(&path, change.clone()).await.expect(200);
    assert_eq!((&changed["description"], &changed["event_types"]), (&Value::Null, &json!(["team.created"])));
    assert_eq!(changed["url"], change["url"]);
    assert_eq!(operator.patch(&path, change).await.expect(200), changed, "nothing changes");
    let disabled = operator.patch(&path, json!({"status": "disabled"})).await.expect(200);
    assert_eq!((&disabled["status"], &disabled["url"]), (&json!("disabled"), &changed["url"]));
    assert_eq!(operator.get(&path).await.expect(200), disabled);
    assert_eq!(operator.delete(&path).await.expect(200), json!({"deleted": true}));
    operator.delete(&path).await.error(404);
    operator.get(&path).await.error(404);
    assert_eq!(operator.get(PATH).await.expect(200)["endpoints"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn errors_of_endpoints_name_the_field_and_have_no_effect() {
    let operator = Operator::create().await;
    let url = "https://example.com/api/webhooks/stack";
    for (body, words) in [
        (json!({}), "`url`"),
        (json!({"url": 7}), "`url`"),
        (json!({"url": "ftp://example.com"}), "`url`"),
        (json!({"url": url, "event_types": []}), "`event_types`"),
        (json!({"url": url, "event_types": [CREATED, "user.craeted"]}), "`event_types[1]`"),
        (json!({"url": url, "event_types": CREATED}), "`event_types`"),
        (json!({"url": url, "description": "x".repeat(501)}), "`description`"),
        (json!({"url": url, "secret": "mine"}), "`secret`"),
    ] {
        let (sentence, _) = operator.post(PATH, body.clone()).await.error(400);
        assert!(sentence.contains(words), "{body}: {sentence}");
    }
    assert_eq!(operator.get(PATH).await.expect(200)["endpoints"], json!([]));

    let path = of(&id(&make(&operator, url).await), "");
    let before = operator.get(&path).await.expect(200);
    for (body, words) in [
        (json!({"url": "nowhere"}), "`url`"),
        (json!({"status": "paused"}), "`status`"),
        (json!({"event_types": []}), "`event_types`"),
        (json!({"description": 7}), "`description`"),
        (json!({"description": "new", "name": "x"}), "`name`"),
    ] {
        let (sentence, _) = operator.patch(&path, body.clone()).await.error(400);
        assert!(sentence.contains(words), "{body}: {sentence}");
    }
    let (sentence, _) = operator.post(&format!("{path}/recover"), json!({})).await.error(400);
    assert!(sentence.contains("`since`"), "{sentence}");
    assert_eq!(operator.get(&path).await.expect(200), before);
}

#[tokio::test]
async fn an_event_arrives_as_its_type_and_data_with_one_id_for_all_attempts() {
    let operator = Operator::create().await;
    let receiver = Receiver::failing(1).await;
    let made = make(&operator, receiver.url()).await;
    // As text, so that the test chooses the order of fields and the formatting.
    let data = r#"{"primary_email": "zoe@example.com",  "id": "u-1", "display_name": "Zoë \u2713", "n": 1.50}"#;
    let body = format!(r#"{{"type": "{CREATED}", "data": {data}}}"#);
    let event = operator.request(reqwest::Method::POST, "/v1/events", &[], Some(body)).await.expect(202);
    let id_of_delivery = delivery_id(&id(&made), &id(&event));
    let got = receiver.wait_for(2).await;
    for request in &got {
        assert_eq!(request.body, format!(r#"{{"type":"{CREATED}","data":{data}}}"#));
        assert_eq!(request.header("svix-id"), id_of_delivery);
        assert_eq!(request.header("content-type"), "application/json");
        assert!(signed(request, &secret(&made)));
        for name in ["id", "timestamp", "signature"] {
            assert_eq!(request.header(&format!("svix-{name}")), request.header(&format!("webhook-{name}")));
        }
        for name in ["x-stack-signature-256", "stackshift-signature"] {
            assert!(!request.headers.contains_key(name), "one scheme");
        }
        let seconds: i64 = request.header("svix-timestamp").parse().expect("seconds");
        assert!((Timestamp::now().as_second() - seconds).abs() < 60, "{seconds}");
    }
    // The log shows the body, and the signatures of each attempt.
    let shown = eventually("both attempts are in the log", async || {
        let shown = operator.get(&format!("/v1/deliveries/{id_of_delivery}")).await.expect(200);
        (shown["attempt_count"] == 2).then_some(shown)
    })
    .await;
    assert_eq!(shown["request"]["body"], std::str::from_utf8(&got[0].body).expect("text"));
    for (attempt, request) in shown["attempts"].as_array().expect("a list").iter().zip(&got) {
        for name in ["svix-id", "svix-signature", "webhook-signature"] {
            assert_eq!(attempt["request_headers"][name], request.header(name));
        }
    }
    // Other types are not sent.
    operator.event("user.deleted", json!({"id": "u-1"})).await;
    let last = user(&operator, "last").await;
    let got = receiver.wait_for(3).await;
    assert_eq!((got.len(), got[2].header("svix-id")), (3, &*delivery_id(&id(&made), &last)));
}

#[tokio::test]
async fn the_secret_is_shown_on_request_and_after_a_rotation_both_sign() {
    let operator = Operator::create().await;
    let receiver = Receiver::taking().await;
    let made = make(&operator, receiver.url()).await;
    let path = of(&id(&made), "/secret");
    let alone = json!({"secret": secret(&made), "previous_secret": null, "previous_secret_expires_at": null});
    assert_eq!(operator.get(&path).await.expect(200), alone);
    let url = format!("{}{path}", variable("API_URL"));
    let key = operator.key.as_deref().expect("a key");
    let answer = reqwest::Client::new().get(url).bearer_auth(key).send().await.expect("an answer");
    assert_eq!(answer.headers()["cache-control"], "no-store");
    assert_eq!(operator.with_role("editor").await.get(&path).await.expect(200), alone);
    operator.with_role("viewer").await.get(&path).await.error(403);

    let rotated = operator.post_empty(&of(&id(&made), "/rotate-secret")).await.expect(200);
    let (old, new) = (secret(&made), secret(&rotated));
    assert!(new.starts_with("whsec_") && new != old && rotated["id"] == made["id"]);
    let until = &rotated["previous_secret_expires_at"];
    let hours = until.as_str().expect("a time").parse::<Timestamp>().expect("a time").duration_since(Timestamp::now());
    assert!((86_000..=86_400).contains(&hours.as_secs()), "{until}");
    let both = json!({"secret": new, "previous_secret": old, "previous_secret_expires_at": until});
    assert_eq!(operator.get(&path).await.expect(200), both);
    user(&operator, "after").await;
    let got = receiver.wait_for(1).await.remove(0);
    assert!(signed(&got, &old) && signed(&got, &new), "both sign for a day");
    assert_eq!(got.header("svix-signature").split(' ').count(), 2);
    assert!(!signed(&got, WebhookSecret::generate().reveal()));
}

#[tokio::test]
async fn a_disabled_endpoint_gets_nothing() {
    let operator = Operator::create().await;
    let receiver = Receiver::taking().await;
    let path = of(&id(&make(&operator, receiver.url()).await), "");
    operator.patch(&path, json!({"status": "disabled"})).await.expect(200);
    let missed = user(&operator, "missed").await;
    in_log(&operator, &missed).await;
    operator.patch(&path, json!({"status": "enabled"})).await.expect(200);
    user(&operator, "sent").await;
    let got = receiver.wait_for(1).await;
    assert_eq!((got.len(), got[0].json()["data"]["display_name"].clone()), (1, json!("sent")));
}

#[tokio::test]
async fn the_other_apis_do_not_list_an_endpoint_and_a_rule_may_target_it() {
    let operator = Operator::create().await;
    let receiver = Receiver::taking().await;
    let endpoint = id(&make(&operator, receiver.url()).await);
    let before = operator.get(&of(&endpoint, "")).await.expect(200);
    let ulid = &endpoint["ep_".len()..];
    for hidden in ["notifications/destinations/ndst_", "notifications/destinations/ep_", "notifications/channels/nch_"]
    {
        operator.get(&format!("/v1/{hidden}{ulid}")).await.error(404);
        operator.delete(&format!("/v1/{hidden}{ulid}")).await.error(404);
    }
    operator.get(&format!("/mail/webhooks/whk_{ulid}")).await.error(404);
    operator.delete(&format!("/mail/webhooks/whk_{ulid}")).await.error(404);
    for (list, name) in [
        ("/v1/notifications/destinations", "destinations"),
        ("/v1/notifications/channels", "channels"),
        ("/mail/webhooks", "items"),
    ] {
        assert_eq!(operator.get(list).await.expect(200)[name], json!([]), "{list}");
    }
    let made = operator.get("/v1/notifications/destinations?made_by=stack_auth").await.expect(200);
    let made = made["destinations"].as_array().expect("a list");
    assert_eq!(
        (made.len(), &made[0]["id"], &made[0]["made_by"]),
        (1, &json!(endpoint), &json!("stack_auth")),
        "it is listed on request"
    );
    // In the other direction, a destination of another API is not an endpoint.
    let stack = operator.webhook(&receiver).await["id"].as_str().expect("an id").replace("ndst_", "ep_");
    operator.get(&of(&stack, "")).await.error(404);
    assert_eq!(operator.get(&of(&endpoint, "")).await.expect(200), before);

    let rule = json!({"destination_ids": [endpoint], "events": ["custom.mixed"], "min_severity": "info"});
    let rule = operator.post("/v1/notifications/channels", rule).await.expect(201);
    assert_eq!(rule["destination_ids"], json!([endpoint]));
    operator.event("custom.mixed", json!({"x": 1})).await;
    assert_eq!(receiver.wait_for(1).await[0].json(), json!({"type": "custom.mixed", "data": {"x": 1}}));
    let all = operator.get(&format!("/v1/deliveries?destination_id={endpoint}")).await.expect(200);
    assert_eq!(all["deliveries"][0]["event_type"], "custom.mixed");
}
