//! Changes of a destination of the STACK API: its name and its address.

use e2e::{
    Operator, Receiver,
    client::EMAIL,
    inbox::{self, new_address},
};
use futures::future::join_all;
use serde_json::{Value, json};

const PATH: &str = "/v1/notifications/destinations";
const EVENT: &str = "custom.moved";

fn path(made: &Value) -> String {
    format!("{PATH}/{}", made["id"].as_str().expect("an id"))
}

#[tokio::test]
async fn a_name_is_set_shown_and_removed() {
    let operator = Operator::create().await;
    let new = json!({"channel_type": "webhook", "destination": "https://example.com/a", "name": "  On-call "});
    let made = operator.post(PATH, new).await.expect(201);
    assert_eq!(made["name"], "On-call");
    let path = path(&made);
    let renamed = operator.patch(&path, json!({"name": "Équipe 👩‍💻"})).await.expect(200);
    assert_eq!((&renamed["name"], &renamed["verified"]), (&json!("Équipe 👩‍💻"), &json!(true)));
    assert_eq!(renamed["next_step"], Value::Null, "the address is the same");
    let listed = operator.get(&format!("{PATH}?made_by=any")).await.expect(200);
    assert_eq!(listed["destinations"][0]["name"], "Équipe 👩‍💻");
    assert_eq!(listed["destinations"][0]["unused"], true);
    for name in ["", "a\u{202e}b", "a\u{200b}b", "a\nb", &"x".repeat(101)] {
        let (sentence, _) = operator.patch(&path, json!({ "name": name })).await.error(400);
        assert!(sentence.contains("`name`"), "{sentence}");
    }
    operator.with_role("viewer").await.patch(&path, json!({"name": "x"})).await.error(403);
    Operator::create().await.patch(&path, json!({"name": "x"})).await.error(404);
    let removed = operator.patch(&path, json!({"name": null})).await.expect(200);
    assert_eq!(removed["name"], Value::Null);
}

#[tokio::test]
async fn a_new_url_gets_nothing_until_it_is_verified_and_then_what_was_held() {
    let operator = Operator::create().await;
    let (old, new) = (Receiver::taking().await, Receiver::taking().await);
    let made = operator.webhook(&old).await;
    let (id, path) = (made["id"].as_str().expect("an id"), path(&made));
    operator.rule(EVENT, &[id]).await;
    let first = operator.event(EVENT, json!({"n": 1})).await;
    operator.delivery(id, &first, "succeeded").await;
    assert_eq!(operator.get(&path).await.expect(200)["unused"], false);

    let moved = operator.patch(&path, json!({ "destination": new.url() })).await.expect(200);
    assert_eq!((&moved["destination"], &moved["verified"]), (&json!(new.url()), &json!(false)));
    let next_step = moved["next_step"].as_str().expect("what to do");
    assert!(next_step.contains(&format!("{path}/verify")), "{next_step}");
    let second = operator.event(EVENT, json!({"n": 2})).await;
    let held = operator.delivery(id, &second, "held").await;
    // Nothing can be forced to an address that is not verified.
    let retry = format!("/v1/deliveries/{}/retry", held["id"].as_str().expect("an id"));
    operator.post(&retry, json!({"force": true})).await.error(409);
    let since = json!({"since": "2026-01-01T00:00:00Z"});
    operator.post(&format!("{path}/recover"), since.clone()).await.error(409);
    assert_eq!(new.count(), 0);

    operator.post_empty(&format!("{path}/verify")).await.expect(200);
    operator.post(&format!("{path}/recover"), since).await.expect(202);
    operator.delivery(id, &second, "succeeded").await;
    let got = new.wait_for(2).await;
    let secret = made["webhook_secret"].as_str().expect("a secret");
    assert!(got.iter().all(|request| request.signed_by(secret)), "the secret stays");
    assert_eq!(old.count(), 1);
}

#[tokio::test]
async fn a_delivery_that_waits_for_its_next_attempt_is_held_when_the_url_changes() {
    let operator = Operator::create().await;
    let (old, new) = (Receiver::failing(100).await, Receiver::taking().await);
    let made = operator.webhook(&old).await;
    let (id, path) = (made["id"].as_str().expect("an id"), path(&made));
    operator.rule(EVENT, &[id]).await;
    let event = operator.event(EVENT, json!({})).await;
    old.wait_for(1).await;
    operator.patch(&path, json!({ "destination": new.url() })).await.expect(200);
    let held = operator.delivery(id, &event, "held").await;
    assert_eq!(held["reason"], "destination_unverified");
    assert_eq!(new.count(), 0);
    operator.post_empty(&format!("{path}/verify")).await.expect(200);
    operator.post(&format!("{path}/recover"), json!({"since": "2026-01-01T00:00:00Z"})).await.expect(202);
    operator.delivery(id, &event, "succeeded").await;
}

#[tokio::test]
async fn a_new_email_address_needs_its_own_code_unless_it_is_the_operators() {
    let operator = Operator::create().await;
    let (first, second) = (new_address(), new_address());
    let id = operator.verified("email", &first).await;
    let path = format!("{PATH}/{id}");
    let moved = operator.patch(&path, json!({ "destination": second })).await.expect(200);
    assert_eq!(moved["verified"], false);
    assert!(moved["next_step"].as_str().is_some_and(|text| text.contains("send-code")), "{moved}");
    operator.verify_by_code(&path, &second).await;
    assert_eq!(operator.get(&path).await.expect(200)["verified"], true);
    assert_eq!(inbox::all(&second).await.len(), 1);
    let own = operator.patch(&path, json!({ "destination": EMAIL })).await.expect(200);
    assert_eq!((&own["verified"], &own["next_step"]), (&json!(true), &Value::Null));
}

#[tokio::test]
async fn a_code_for_the_old_address_does_not_verify_the_new_one() {
    let operator = Operator::create().await;
    let (first, second) = (new_address(), new_address());
    let made = operator.register("email", &first).await.expect(201);
    let path = path(&made);
    operator.post_empty(&format!("{path}/send-code")).await.expect(200);
    let code = inbox::code(&first, 0).await;
    operator.patch(&path, json!({ "destination": second })).await.expect(200);
    operator.verify(&path, &code).await.error(400);
    assert_eq!(operator.get(&path).await.expect(200)["verified"], false);
}

#[tokio::test]
async fn an_address_is_unique_and_its_guard_moves_with_it() {
    let operator = Operator::create().await;
    let (a, b, c) = ("https://example.com/a", "https://example.com/b", "https://example.com/c");
    let first = operator.register("webhook", a).await.expect(201);
    operator.register("webhook", b).await.expect(201);
    let path = path(&first);
    assert_eq!(operator.patch(&path, json!({"destination": b, "name": "x"})).await.error(409).1, "destination_exists");
    let unchanged = operator.get(&path).await.expect(200);
    assert_eq!((&unchanged["destination"], &unchanged["name"]), (&json!(a), &Value::Null), "nothing half-written");
    operator.patch(&path, json!({ "destination": c })).await.expect(200);
    // The old address is free again, and the new one is taken.
    operator.register("webhook", a).await.expect(201);
    operator.register("webhook", c).await.error(409);
    operator.delete(&path).await.expect(200);
    operator.register("webhook", c).await.expect(201);
}

#[tokio::test]
async fn one_of_several_concurrent_changes_to_one_address_is_accepted() {
    let operator = Operator::create().await;
    let mut paths = vec![];
    for i in 0..4 {
        paths.push(path(&operator.register("webhook", &format!("https://example.com/{i}")).await.expect(201)));
    }
    let same = json!({"destination": "https://example.com/same"});
    let answers = join_all(paths.iter().map(|path| operator.patch(path, same.clone()))).await;
    let mut statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409, 409, 409]);
}

#[tokio::test]
async fn an_address_of_another_kind_is_refused() {
    let operator = Operator::create().await;
    let made = operator.register("webhook", "https://example.com/a").await.expect(201);
    for (change, word) in [
        (json!({"destination": "alerts@example.com"}), "`destination`"),
        (json!({"destination": "ftp://example.com/"}), "`destination`"),
        (json!({"channel_type": "email"}), "channel_type"),
    ] {
        let (sentence, _) = operator.patch(&path(&made), change).await.error(400);
        assert!(sentence.contains(word), "{sentence}");
    }
}
