//! The event log: filters in any combination, complete pages while events arrive, and the cost of reads.

use std::{
    collections::HashSet,
    time::{SystemTime, UNIX_EPOCH},
};

use domain::EventId;
use e2e::{Operator, aws, eventually, eventually_seldom};
use futures::future::join_all;
use rand::{RngExt, seq::IndexedRandom};
use serde_json::{Value, json};

use crate::logs::logged_by;

/// A posted event and its id.
#[derive(Clone)]
struct Posted {
    id: String,
    event: Value,
}

impl Posted {
    fn created_at(&self) -> String {
        let id: EventId = self.id.parse().expect("an id");
        domain::time::rfc3339(id.made_at())
    }
}

/// A random event of the Mail API, about one of a few resources or about none.
fn random_event() -> Value {
    let mut rng = rand::rng();
    let n: u32 = rng.random_range(1..=5);
    let types = [
        ("mail.message.queued", json!({"messageId": format!("m-{n}")})),
        ("mail.message.sent", json!({"messageId": format!("m-{n}")})),
        ("mail.template.created", json!({"templateId": format!("t-{n}")})),
        ("mail.domain.verified", json!({"domain": format!("d-{n}.example")})),
        ("mail.otp.sent", json!({"otpId": format!("o-{n}")})),
    ];
    let (event_type, data) = types.choose(&mut rng).expect("a type").clone();
    let kinds = [None, Some("message"), Some("template"), Some("user")];
    let mut event = json!({"type": event_type, "data": data});
    if let Some(kind) = kinds.choose(&mut rng).expect("a kind") {
        // A message and a user may have the same id: only type and id together identify a resource.
        event["resource"] = json!({"type": kind, "id": format!("x-{}", rng.random_range(1..=5))});
    }
    event
}

async fn post(operator: &Operator, events: Vec<Value>) -> Vec<Posted> {
    let accepted = operator.post("/v1/events", json!({"events": events})).await.expect(202);
    let ids = accepted["events"].as_array().expect("a list").iter().map(|one| one["id"].as_str().expect("an id"));
    ids.zip(events).map(|(id, event)| Posted { id: id.to_owned(), event }).collect()
}

/// Follows the cursors, and returns the ids of all pages.
async fn walk(operator: &Operator, path: &str, query: &str, limit: u32) -> Vec<String> {
    walk_while(operator, path, query, limit, async || ()).await
}

/// The same, with an action after each page.
async fn walk_while(
    operator: &Operator,
    path: &str,
    query: &str,
    limit: u32,
    after_page: impl AsyncFn(),
) -> Vec<String> {
    let rows = if path.starts_with("/mail") { "items" } else { "events" };
    let next = if path.starts_with("/mail") { "nextCursor" } else { "next_cursor" };
    let (mut ids, mut cursor) = (vec![], String::new());
    loop {
        let page = operator.get(&format!("{path}?limit={limit}{query}{cursor}")).await.expect(200);
        let page_ids = page[rows].as_array().expect("a list").iter().map(|row| row["id"].as_str().expect("an id"));
        ids.extend(page_ids.map(str::to_owned));
        after_page().await;
        match page[next].as_str() {
            Some(text) => cursor = format!("&cursor={text}"),
            None => return ids,
        }
    }
}

#[tokio::test]
async fn every_combination_of_filters_finds_the_right_events_while_others_arrive() {
    every_combination_of_filters(&Operator::create().await).await;
}

#[tokio::test]
async fn every_combination_of_filters_finds_the_right_events_in_all_shards() {
    every_combination_of_filters(&Operator::with_shards(5).await).await;
}

async fn every_combination_of_filters(operator: &Operator) {
    let batches = (0..20).map(|_| post(operator, (0..100).map(|_| random_event()).collect()));
    let mut posted: Vec<Posted> = join_all(batches).await.into_iter().flatten().collect();
    posted.sort_by(|a, b| b.id.cmp(&a.id));
    eventually_seldom("all are in the log", async || {
        (walk(operator, "/mail/events", "", 100).await.len() == posted.len()).then_some(())
    })
    .await;

    let posted_ids: HashSet<_> = posted.iter().map(|posted| posted.id.clone()).collect();
    let (newer, older) = (posted[500].created_at(), posted[1500].created_at());
    let between = format!("&from={older}&to={newer}");
    let queries = [
        String::new(),
        "&type=mail.message.sent".into(),
        "&resourceType=message".into(),
        "&resourceId=x-3".into(),
        "&messageId=x-2".into(),
        between.clone(),
        format!("&type=mail.otp.sent{between}"),
        format!("&type=mail.template.created&resourceType=template&to={newer}"),
        format!("&type=mail.domain.verified&resourceType=user&resourceId=x-1{between}"),
        format!("&type=mail.message.queued&messageId=x-5&from={older}"),
    ];
    let arrive = async || drop(post(operator, vec![random_event(), random_event()]).await);
    for query in &queries {
        let limit = rand::rng().random_range(60..=100);
        for path in ["/mail/events", "/v1/events"] {
            let found = walk_while(operator, path, query, limit, arrive).await;
            assert!(found.windows(2).all(|pair| pair[0] > pair[1]), "{query}: newest first, and each once");
            let found: Vec<_> = found.into_iter().filter(|id| posted_ids.contains(id)).collect();
            let expected = posted.iter().filter(|posted| wanted(posted, query)).map(|posted| posted.id.clone());
            let expected: Vec<_> = expected.collect();
            assert!(!expected.is_empty(), "{query}: a filter without matches proves nothing");
            assert_eq!(found, expected, "{path}?limit={limit}{query}");
        }
    }
}

/// A reference implementation: whether an event matches every condition of a query.
fn wanted(posted: &Posted, query: &str) -> bool {
    let resource = |field: &str| match &posted.event["resource"] {
        // A mail event without a resource is about its message.
        Value::Null if field == "type" && posted.event["data"]["messageId"].is_string() => json!("message"),
        Value::Null => posted.event["data"]["messageId"].clone(),
        resource => resource[field].clone(),
    };
    query.split('&').filter_map(|pair| pair.split_once('=')).all(|(name, value)| {
        let event = &posted.event;
        match name {
            "type" => event["type"] == value,
            "resourceType" => resource("type") == value,
            "resourceId" => resource("id") == value,
            "messageId" => resource("type") == "message" && resource("id") == value,
            "from" => *posted.created_at() >= *value,
            "to" => *posted.created_at() < *value,
            _ => panic!("{name}"),
        }
    })
}

#[tokio::test]
async fn a_filtered_read_scans_in_proportion_to_the_matches_of_an_index() {
    let operator = &Operator::create().await;
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("a time").as_millis();
    let rare = json!({"type": "custom.rare", "data": {}, "resource": {"type": "order", "id": "7"}});
    let bulk = json!({"type": "custom.bulk", "data": {}, "resource": {"type": "order", "id": "8"}});
    let mut events = vec![bulk; 490];
    events.splice(200..200, vec![rare; 10]);
    join_all(events.chunks(100).map(|chunk| post(operator, chunk.to_vec()))).await;
    eventually_seldom("all are in the log", async || {
        (walk(operator, "/v1/events", "", 100).await.len() == events.len()).then_some(())
    })
    .await;
    for (limit, query) in [(31, "type=custom.rare"), (32, "resourceId=7"), (33, "resourceId=7&resourceType=order")] {
        let page = operator.get(&format!("/v1/events?limit={limit}&{query}")).await.expect(200);
        assert_eq!(page["events"].as_array().expect("a list").len(), 10);
    }
    operator.get("/v1/events?limit=20").await.expect(200);
    operator.get("/v1/events?limit=35&type=custom.bulk&resourceType=order").await.expect(200);
    // How many events a read found, how many rows it may have scanned, and the number of such reads. A row of the index
    // by type has several events. (The polling above has made reads as well.)
    let expected = [(10, 10, 3), (20, 21, 1), (35, 36, 1)];
    eventually_seldom("the reads are logged, and scanned no more than expected", async || {
        let lines = logged_by("/EventsLogs", "\"events read\"", since).await.join("\n");
        let lines = lines.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let ours = lines.filter(|line| line["message"] == "events read" && line["operator_id"] == operator.id);
        let reads: Vec<_> =
            ours.filter_map(|line| Some((line["events"].as_u64()?, line["scanned"].as_u64()?))).collect();
        let count = |found, most| reads.iter().filter(|read| read.0 == found && read.1 <= most).count();
        expected.iter().all(|(found, most, number)| count(*found, *most) >= *number).then_some(())
    })
    .await;
}

#[tokio::test]
async fn an_event_is_returned_as_it_was_posted() {
    let operator = Operator::create().await;
    let event = json!({
        "type": "custom.shown", "severity": "high", "timestamp": "2026-04-15T12:05:00+02:00", "data": {"b": 1, "a": [2]},
        "resource": {"type": "order", "id": "7"}, "project_id": "p-1",
    });
    let id = operator.post("/v1/events", event).await.expect(202)["id"].as_str().expect("an id").to_owned();
    let shown = eventually("it is in the log", async || {
        Some(operator.get(&format!("/v1/events/{id}")).await).filter(|a| a.status == 200)
    })
    .await
    .json;
    let created_at = domain::time::rfc3339(id.parse::<EventId>().expect("an id").made_at());
    assert_eq!(
        shown,
        json!({
            "id": id, "type": "custom.shown", "severity": "warning", "timestamp": "2026-04-15T10:05:00.000Z",
            "created_at": created_at, "resource": {"type": "order", "id": "7"}, "project_id": "p-1",
            "data": {"b": 1, "a": [2]},
        })
    );
    let listed = operator.get("/v1/events?type=custom.shown").await.expect(200);
    assert_eq!(listed, json!({"events": [shown], "next_cursor": null}));
    assert_eq!(
        operator.get("/mail/events").await.expect(200),
        json!({"items": [], "nextCursor": null}),
        "no mail event"
    );

    let stranger = Operator::create().await;
    assert_eq!(stranger.get(&format!("/v1/events/{id}")).await.error(404).1, "not_found");
    assert_eq!(stranger.get("/v1/events").await.expect(200)["events"], json!([]));
    stranger.with_key("sk_live_op_unknown").get("/mail/events").await.error(401);
    operator.with_role("viewer").await.get(&format!("/v1/events/{id}")).await.expect(200);
    // A key that is bound to a project can read the events of that project.
    for (project, status, count) in [("p-1", 200, 1), ("p-2", 404, 0)] {
        let bound = json!({"operator_id": operator.id, "role": "viewer", "project_id": project});
        let made = aws::admin(json!({"create_key": bound})).await.expect("a key");
        let bound = operator.with_key(made["api_key"].as_str().expect("a key"));
        assert_eq!(bound.get(&format!("/v1/events/{id}")).await.status, status);
        for query in ["", "?type=custom.shown", "?resourceId=7"] {
            let page = bound.get(&format!("/v1/events{query}")).await.expect(200);
            assert_eq!(page["events"].as_array().expect("a list").len(), count, "{project} {query}");
        }
    }
}

#[tokio::test]
async fn errors_of_queries_name_the_parameter() {
    let operator = Operator::create().await;
    for path in ["/v1/events", "/mail/events"] {
        for (query, words) in [
            ("type=mail.mesage.sent", "did you mean \"mail.message.sent\""),
            ("from=yesterday", "`from`"),
            ("to=2026-13-01T00:00:00Z", "`to`"),
            ("limit=0", "`limit`"),
            ("limit=101", "`limit`"),
            ("cursor=abc", "`cursor`"),
            ("colour=red", "colour"),
        ] {
            let (sentence, _) = operator.get(&format!("{path}?{query}")).await.error(400);
            assert!(sentence.contains(words), "{query}: {sentence}");
        }
        let none = operator.get(&format!("{path}?from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z")).await.expect(200);
        assert!(none.as_object().expect("an object").values().any(|rows| *rows == json!([])), "{none}");
    }
}

#[tokio::test]
async fn large_events_shorten_a_page_and_none_is_lost() {
    large_events_shorten_a_page(Operator::create().await).await;
}

#[tokio::test]
async fn large_events_of_several_shards_shorten_a_page_and_none_is_lost() {
    large_events_shorten_a_page(Operator::with_shards(3).await).await;
}

async fn large_events_shorten_a_page(operator: Operator) {
    let large = json!({"type": "custom.large", "data": {"x": "x".repeat(200 * 1024)}});
    let mut posted = vec![];
    for _ in 0..2 {
        posted.extend(post(&operator, vec![large.clone(); 20]).await.into_iter().map(|one| one.id));
    }
    posted.sort_by(|a, b| b.cmp(a));
    let count = async |query: &str| walk(&operator, "/v1/events", query, 100).await;
    eventually_seldom("all are in the log", async || (count("").await.len() == posted.len()).then_some(())).await;
    assert_eq!(count("").await, posted);
    assert_eq!(count("&type=custom.large").await, posted, "by index");
    let page = operator.get("/v1/events?limit=100").await.expect(200);
    assert!(page["events"].as_array().expect("a list").len() < 20 && page["next_cursor"].is_string());
}

#[tokio::test]
async fn data_of_a_built_in_type_is_validated_and_errors_name_the_field() {
    let operator = Operator::create().await;
    for (event, words) in [
        (json!({"type": "mail.message.sent", "data": {}}), "`data`: missing field `messageId`"),
        (json!({"type": "mail.otp.sent", "data": {"otpId": 7}}), "`data.otpId`"),
        (
            json!({"type": "passport.flagged", "data": {"flags": [{"type": "a"}, {"message": []}]}}),
            "`data.flags[1].message`",
        ),
        (json!({"type": "team_membership.created", "data": {"team_id": "t"}}), "`user_id`"),
    ] {
        let (sentence, _) = operator.post("/v1/events", event.clone()).await.error(400);
        assert!(sentence.contains(words) && sentence.contains("/v1/event-types"), "{sentence}");
        let (sentence, _) = operator.post("/v1/events", json!({"events": [event]})).await.error(400);
        assert!(sentence.contains("`events[0].data"), "{sentence}");
    }
    let types = operator.get("/v1/event-types").await.expect(200);
    let types = types["event_types"].as_array().expect("a list");
    let of = |name: &str| types.iter().find(|one| one["type"] == name).unwrap_or_else(|| panic!("no {name}"));
    let sent = of("mail.message.sent");
    assert_eq!((&sent["label"], &sent["severity"]), (&json!("Sent"), &json!("info")));
    assert_eq!(sent["schema"]["required"], json!(["messageId"]));
    assert_eq!(of("user.created")["schema"]["properties"]["id"]["minLength"], 1);
    operator.with_key("sk_live_op_unknown").get("/v1/event-types").await.error(401);
}
