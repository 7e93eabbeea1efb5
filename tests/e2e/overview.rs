//! The overview of an account, the list of all its deliveries, a single delivery, and `whoami`.

use axum::http::StatusCode;
use e2e::{Operator, Receiver, aws, eventually, variable};
use serde_json::{Value, json};

use crate::{project_channels, subscriptions};

/// The deliveries that a query finds.
async fn listed(operator: &Operator, query: &str) -> Vec<Value> {
    let query = query.strip_prefix('?').unwrap_or_default();
    let page = operator.get(&format!("/v1/deliveries?test=false&{query}")).await.expect(200);
    page["deliveries"].as_array().expect("a list").clone()
}

/// The ids that a query finds, in pages of `limit`.
async fn paged(operator: &Operator, query: &str, limit: usize) -> Vec<String> {
    let (mut found, mut cursor) = (vec![], String::new());
    loop {
        let page = operator.get(&format!("/v1/deliveries?test=false&limit={limit}{query}{cursor}")).await.expect(200);
        let rows = page["deliveries"].as_array().expect("a list");
        assert!(rows.len() <= limit);
        found.extend(rows.iter().map(|row| row["id"].as_str().expect("an id").to_owned()));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return found,
        }
    }
}

fn id(of: &Value) -> String {
    of["id"].as_str().expect("an id").to_owned()
}

#[tokio::test]
async fn deliveries_of_all_destinations_are_one_list_newest_event_first() {
    let operator = Operator::create().await;
    let (accepting, refusing) = (Receiver::taking().await, Receiver::answering(|_| StatusCode::GONE).await);
    let (a, b) = (id(&operator.webhook(&accepting).await), id(&operator.webhook(&refusing).await));
    let mail = subscriptions::id(&subscriptions::subscribe(&operator, &accepting, &["custom.both"]).await);
    let both = operator.rule("custom.both", &[&a, &b]).await;
    // While one destination is unhealthy, the other still gets its events.
    operator.patch(&format!("/v1/notifications/channels/{both}"), json!({"on_unhealthy": "skip"})).await.expect(200);
    operator.rule("custom.one", &[&a]).await;
    let mut events = vec![];
    for name in ["custom.both", "custom.one", "custom.one", "custom.both", "custom.one"] {
        events.push(operator.event(name, json!({})).await);
        // The next event is accepted later, so that the order is certain.
        operator.delivery(&a, &events[events.len() - 1], "succeeded").await;
    }
    // The endpoint is gone: its first delivery makes it unhealthy, and the next one is held.
    eventually("the second is held", async || (listed(&operator, "?state=held").await.len() == 1).then_some(())).await;
    let all = eventually("all deliveries are listed", async || {
        let all = paged(&operator, "&event_type=custom.both", 100).await;
        (all.len() == 6).then_some(all)
    })
    .await;
    for limit in [1, 2, 5] {
        assert_eq!(paged(&operator, "&event_type=custom.both", limit).await, all, "pages of {limit}");
    }
    let of_events: Vec<_> = listed(&operator, "?event_type=custom.one").await;
    let newest_first: Vec<_> = of_events.iter().map(|row| row["event_id"].as_str().expect("an id")).collect();
    assert_eq!(newest_first, [&*events[4], &*events[2], &*events[1]]);

    let of_event = listed(&operator, &format!("?event_id={}", events[3])).await;
    assert_eq!(of_event.len(), 3);
    assert_eq!(paged(&operator, &format!("&event_id={}", events[3]), 2).await.len(), 3);
    let held = listed(&operator, &format!("?event_id={}&state=held", events[3])).await;
    assert_eq!((held.len(), &held[0]["destination_id"]), (1, &json!(b)));
    let succeeded = listed(&operator, &format!("?state=succeeded&destination_id={a}")).await;
    assert_eq!(succeeded.len(), 5);
    // By the id that the Mail API uses.
    let of_webhook = listed(&operator, &format!("?destination_id={mail}")).await;
    assert_eq!(of_webhook.len(), 2);
    let accepted = operator.get(&format!("/v1/events/{}", events[3])).await.expect(200)["created_at"].clone();
    let accepted = accepted.as_str().expect("a time");
    let since = listed(&operator, &format!("?since={accepted}&destination_id={a}")).await;
    let until = listed(&operator, &format!("?until={accepted}&destination_id={a}")).await;
    assert_eq!((since.len(), until.len()), (2, 3));
}

#[tokio::test]
async fn invalid_filters_are_named_and_other_operators_deliveries_are_not_found() {
    let (operator, other) = (Operator::create().await, Operator::create().await);
    for (query, named) in [
        ("state=lost", "`state`: \"lost\" is not one of pending, succeeded, failed, abandoned, held."),
        ("since=yesterday", "`since`"),
        ("until=now", "`until`"),
        ("event_id=7", "`event_id`"),
        ("event_type=passport.flaged", "did you mean \\\"passport.flagged\\\""),
        ("limit=0", "`limit`"),
        ("cursor=x", "`cursor`"),
        ("status=held", "`status`: unknown parameter; use `state`,"),
    ] {
        let (sentence, _) = operator.get(&format!("/v1/deliveries?{query}")).await.error(400);
        assert!(sentence.contains(&named.replace("\\\"", "\"")), "{query}: {sentence}");
    }
    for hours in ["0", "169", "x"] {
        let (sentence, _) = operator.get(&format!("/v1/overview?hours={hours}")).await.error(400);
        assert_eq!(sentence, "`hours`: send a number from 1 to 168.");
    }
    let receiver = Receiver::taking().await;
    let webhook = id(&operator.webhook(&receiver).await);
    operator.rule("custom.a", &[&webhook]).await;
    let event = operator.event("custom.a", json!({})).await;
    let delivery = operator.delivery(&webhook, &event, "succeeded").await;
    assert_eq!(other.get(&format!("/v1/deliveries?destination_id={webhook}")).await.error(404).1, "not_found");
    assert_eq!(listed(&other, &format!("?event_id={event}")).await, [] as [Value; 0]);
    assert_eq!(other.get(&format!("/v1/deliveries/{}", id(&delivery))).await.error(404).1, "not_found");
    for path in ["/v1/deliveries", "/v1/overview", "/v1/whoami"] {
        assert_eq!(operator.without_key().get(path).await.error(401).1, "unauthorized");
        operator.with_role("viewer").await.get(path).await.expect(200);
    }
}

#[tokio::test]
async fn a_deleted_destination_is_listed_as_long_as_a_rule_targets_it() {
    let operator = Operator::create().await;
    let receiver = Receiver::taking().await;
    let webhook = id(&operator.webhook(&receiver).await);
    operator.rule("custom.a", &[&webhook]).await;
    operator.delete(&format!("/v1/notifications/destinations/{webhook}")).await.expect(200);
    let event = operator.event("custom.a", json!({})).await;
    let row =
        eventually("it is abandoned", async || listed(&operator, &format!("?event_id={event}")).await.pop()).await;
    assert_eq!((&row["state"], &row["reason"]), (&json!("abandoned"), &json!("destination_deleted")));
    assert_eq!(listed(&operator, &format!("?destination_id={webhook}")).await.len(), 1);
    let overview = operator.get("/v1/overview").await.expect(200);
    assert_eq!(overview["attention"][0]["title"], "1 delivery to a destination that is deleted");
    // The request can no longer be shown.
    assert_eq!(operator.get(&format!("/v1/deliveries/{}", id(&row))).await.expect(200)["request"], Value::Null);
}

#[tokio::test]
async fn a_delivery_is_shown_with_its_request() {
    let operator = Operator::create().await;
    let receiver = Receiver::failing(1).await;
    let made = operator.webhook(&receiver).await;
    let webhook = id(&made);
    operator.rule("custom.a", &[&webhook]).await;
    let event = operator.event("custom.a", json!({"text": "ümlaut", "n": 1.50})).await;
    let row = operator.delivery(&webhook, &event, "succeeded").await;
    let path = format!("/v1/deliveries/{}", id(&row));
    let shown = operator.get(&path).await.expect(200);
    let received = receiver.received();
    assert_eq!((received.len(), shown["attempts"].as_array().map(Vec::len)), (2, Some(2)));
    let request = &shown["request"];
    assert_eq!((&request["method"], &request["url"]), (&json!("POST"), &json!(receiver.url())));
    assert_eq!(
        (&request["body"], &request["signature_fits"]),
        (&json!(String::from_utf8_lossy(&received[0].body)), &json!(true))
    );
    for (attempt, request) in shown["attempts"].as_array().expect("a list").iter().zip(&received) {
        let headers = attempt["request_headers"].as_object().expect("headers");
        assert!(headers.len() >= 6, "{headers:?}");
        for (name, value) in headers {
            assert_eq!(value, request.header(name), "{name}");
        }
    }
    // Signatures are shown as they were sent, even if the secret has changed since.
    operator.post_empty(&format!("/v1/notifications/destinations/{webhook}/rotate-secret")).await.expect(200);
    assert_eq!(operator.get(&path).await.expect(200)["attempts"], shown["attempts"]);
    operator.delete(&format!("/v1/notifications/destinations/{webhook}")).await.expect(200);
    let after = operator.get(&path).await.expect(200);
    assert_eq!((&after["attempts"], &after["request"]), (&shown["attempts"], &Value::Null));
}

#[tokio::test]
async fn an_overview_counts_and_lists_what_needs_attention_first() {
    let operator = Operator::create().await;
    let (accepting, gone) = (Receiver::taking().await, Receiver::answering(|_| StatusCode::GONE).await);
    let (healthy, unhealthy) = (id(&operator.webhook(&accepting).await), id(&operator.webhook(&gone).await));
    operator.register("email", "new@example.com").await.expect(201);
    let both = operator.rule("custom.both", &[&healthy, &unhealthy]).await;
    operator.rule("custom.well", &[&healthy]).await;
    let broke = operator.event("custom.both", json!({})).await;
    operator.delivery(&healthy, &broke, "succeeded").await;
    eventually("it is unhealthy", async || {
        let shown = operator.get(&format!("/v1/notifications/destinations/{unhealthy}")).await.expect(200);
        (shown["health"]["status"] == "unhealthy").then_some(())
    })
    .await;
    let event = operator.event("custom.both", json!({})).await;
    operator.delivery(&healthy, &event, "held").await;
    let overview = eventually("both are held", async || {
        let overview = operator.get("/v1/overview?hours=1").await.expect(200);
        (overview["totals"]["held"] == 2).then_some(overview)
    })
    .await;
    let buckets = overview["buckets"].as_array().expect("a list");
    assert_eq!((buckets.len(), &overview["step_seconds"], &overview["complete"]), (48, &json!(75), &json!(true)));
    for state in ["succeeded", "failed", "pending", "held", "abandoned"] {
        let sum: u64 = buckets.iter().filter_map(|bucket| bucket[state].as_u64()).sum();
        assert_eq!(overview["totals"][state], sum, "{state}");
    }
    // The total includes the internal destination for the operator's own address, which gets notices.
    assert_eq!(overview["destinations"], json!({"total": 4, "unverified": 1, "unhealthy": 1}));
    assert_eq!(overview["rules"], json!({"total": 2, "active": 1, "paused": 1}));
    let attention = overview["attention"].as_array().expect("a list");
    let kinds: Vec<_> = attention.iter().map(|one| one["kind"].as_str().expect("a word")).collect();
    assert_eq!(kinds, ["destination_unhealthy", "rule_paused", "deliveries_held", "destination_unverified"]);
    assert_eq!(
        (&attention[0]["destination_id"], &attention[0]["title"]),
        (&json!(unhealthy), &json!(format!("{} is unhealthy", gone.url())))
    );
    assert!(
        attention[0]["since"].is_string()
            && attention[0]["detail"].as_str().is_some_and(|text| text.starts_with("Answered 410"))
    );
    assert_eq!(attention[1]["rule_id"], both);
    // A recovery selects by the time of events: the event that broke the destination was accepted before it broke.
    let health =
        operator.get(&format!("/v1/notifications/destinations/{unhealthy}")).await.expect(200)["health"].clone();
    let first = operator.get(&format!("/v1/events/{broke}")).await.expect(200)["created_at"].clone();
    assert_eq!(health["missed_since"], first);
    assert!(health["missed_since"].as_str() <= health["since"].as_str());
}

#[tokio::test]
async fn held_deliveries_need_attention_regardless_of_their_age() {
    let operator = Operator::create().await;
    let receiver = Receiver::taking().await;
    let webhook = id(&operator.webhook(&receiver).await);
    // A held delivery of April, as dispatch writes it.
    let old = webhook.replace("ndst_", "dlv_") + "01JRX2Q0Z8K5V3M7N9P4T6W8YC";
    let text = |text: &str| json!({ "S": text });
    let item = json!({
        "destination_id": text(&webhook), "id": text(&old), "operator_id": text(&operator.id), "state": text("held"),
        "state_key": text(&format!("{webhook}#held")), "event_type": text("custom.a"), "reason": text("rule_paused"),
        "attempt_count": {"N": "0"}, "created_at": {"N": "1744712000000"},
    });
    let put = json!({"TableName": variable("DELIVERIES_TABLE"), "Item": item});
    aws::call("dynamodb", "DynamoDB_20120810.PutItem", put).await;
    let overview = operator.get("/v1/overview?hours=1").await.expect(200);
    assert_eq!(overview["totals"]["held"], 0);
    let attention = overview["attention"].as_array().expect("a list");
    let [item] = &attention[..] else { panic!("{overview}") };
    assert_eq!(
        (&item["kind"], &item["count"], &item["destination_id"]),
        (&json!("deliveries_held"), &json!(1), &json!(webhook))
    );
}

#[tokio::test]
async fn a_key_of_a_project_sees_the_resources_of_the_project() {
    let operator = Operator::create().await;
    let receiver = Receiver::taking().await;
    let webhook = id(&operator.webhook(&receiver).await);
    operator.rule("custom.a", &[&webhook]).await;
    let post = async |project: Value| {
        let event = json!({"type": "custom.a", "data": {}, "project_id": project});
        let event = operator.post("/v1/events", event).await.expect(202);
        operator.delivery(&webhook, event["id"].as_str().expect("an id"), "succeeded").await
    };
    let (mine, _, _) = (post(json!("mine")).await, post(json!("other")).await, post(Value::Null).await);
    for project in ["mine", "other"] {
        project_channels::make(&operator.in_project(project), project_channels::webhook(receiver.url(), "low")).await;
    }
    let bound = operator.with_new_key(json!({"role": "editor", "project_id": "mine"})).await;
    let seen = listed(&bound, "").await;
    assert_eq!(seen.iter().map(|row| &row["id"]).collect::<Vec<_>>(), [&mine["id"]]);
    assert_eq!(bound.get("/v1/whoami").await.expect(200)["project_id"], "mine");
    let overview = bound.get("/v1/overview").await.expect(200);
    assert_eq!(overview["rules"], json!({"total": 1, "active": 1, "paused": 0}));
    assert_eq!((&overview["destinations"]["total"], &overview["totals"]["succeeded"]), (&json!(2), &json!(1)));
    let any = bound.get("/v1/notifications/destinations?made_by=any").await.expect(200);
    let projects: Vec<_> =
        any["destinations"].as_array().expect("a list").iter().map(|one| &one["project_id"]).collect();
    assert_eq!(projects, [&json!("mine"), &Value::Null]);
}

#[tokio::test]
async fn whoami_describes_the_key() {
    let operator = Operator::create_with_plan("pro").await;
    let key = operator.with_new_key(json!({"role": "viewer", "permissions": ["config:write"]})).await;
    let mut who = key.get("/v1/whoami").await.expect(200);
    assert!(who["key_id"].take().as_str().is_some_and(|id| id.starts_with("key_")));
    let expected = json!({
        "operator_id": operator.id, "name": "Test", "email": "owner@example.com", "plan": "pro", "key_id": null,
        "role": "viewer", "permissions": ["config:write"], "project_id": null, "kind": "key", "expires_at": null,
        "theme": null,
    });
    assert_eq!(who, expected);
}

#[tokio::test]
async fn destinations_of_all_apis_are_listed_with_their_origin() {
    let operator = Operator::create().await;
    let receiver = Receiver::taking().await;
    let stack = operator.webhook(&receiver).await;
    let mail = subscriptions::subscribe(&operator, &receiver, &["custom.a"]).await;
    let channel =
        project_channels::make(&operator.in_project("p1"), project_channels::webhook(receiver.url(), "low")).await;
    let legacy = json!({"channel_type": "webhook", "destination": receiver.url(), "events": ["custom.a"]});
    let legacy = operator.post("/v1/notifications/channels", legacy).await.expect(201);
    let list = async |query: &str| {
        let page = operator.get(&format!("/v1/notifications/destinations{query}")).await.expect(200);
        page["destinations"].as_array().expect("a list").clone()
    };
    let any = list("?made_by=any").await;
    let origins: Vec<_> =
        any.iter().map(|one| (&one["id"], &one["made_by"], &one["belongs_to"], &one["project_id"])).collect();
    assert_eq!(
        origins,
        [
            (&legacy["id"], &json!("stack"), &json!("channel"), &Value::Null),
            (&json!(channel), &json!("config"), &Value::Null, &json!("p1")),
            (&mail["id"], &json!("mail"), &Value::Null, &Value::Null),
            (&stack["id"], &json!("stack"), &Value::Null, &Value::Null),
        ]
    );
    assert!(any.iter().all(|one| one["destination_id"].as_str().is_some_and(|id| id.starts_with("ndst_"))));
    let of = |rows: Vec<Value>| rows.iter().map(id).collect::<Vec<_>>();
    assert_eq!(of(list("?made_by=mail").await), [id(&mail)]);
    assert_eq!(of(list("?made_by=config").await), [channel]);
    assert_eq!(list("?made_by=providers").await, [] as [Value; 0]);
    // Without the filter, the list contains only the API's own destinations.
    let plain = list("").await;
    assert_eq!((plain.len(), plain[0].get("made_by")), (1, None));
    let first = operator.get("/v1/notifications/destinations?made_by=any&limit=3").await.expect(200);
    let cursor = first["next_cursor"].as_str().expect("a cursor").to_owned();
    assert_eq!(of(list(&format!("?made_by=any&cursor={cursor}")).await), [id(&stack)]);
    operator.get(&format!("/v1/notifications/destinations?cursor={cursor}")).await.error(400);
    let (sentence, _) = operator.get("/v1/notifications/destinations?made_by=me").await.error(400);
    assert!(
        sentence.starts_with("`made_by`: \"me\" is not one of any, stack, mail, providers, config, stack_auth."),
        "{sentence}"
    );
}
