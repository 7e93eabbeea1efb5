//! Rotation of an operator's data key: everything is encrypted again and can still be decrypted.

use std::collections::BTreeMap;

use data_encoding::BASE64;
use e2e::{
    Operator, Receiver, aws,
    inbox::{self, new_address},
    receiver::hex_hmac,
    variable,
};
use futures::future::join;
use serde_json::{Map, Value, json};

use crate::subscriptions::{SENT, id, post, secret, signed, subscribe};

const EVENT: &str = "custom.data_key";
const DESTINATIONS: &str = "/v1/notifications/destinations";

async fn rotate(of: &Operator, at_most: Option<usize>) -> Value {
    let answer = aws::admin(json!({"rotate_data_key": {"operator_id": of.id, "at_most": at_most}})).await;
    let answer = answer.expect("an answer");
    let fields: Vec<_> = answer.as_object().expect("an object").keys().collect();
    assert_eq!(fields, ["done", "operator_id", "resealed", "rotated_at", "unopened"], "the answer contains no key");
    assert_eq!(answer["operator_id"], of.id);
    answer
}

/// The row of an operator.
async fn account(of: &Operator) -> Value {
    let key = json!({"pk": {"S": of.id}, "sk": {"S": "operator"}});
    let request = json!({"TableName": variable("ACCOUNTS_TABLE"), "Key": key, "ConsistentRead": true});
    aws::call("dynamodb", "DynamoDB_20120810.GetItem", request).await["Item"].take()
}

async fn data_key(of: &Operator) -> String {
    account(of).await["data_key"]["B"].as_str().expect("a data key").to_owned()
}

/// The rows of an operator's destinations by id: the sealed values by attribute, and the rest of the row.
async fn rows(of: &Operator) -> BTreeMap<String, (BTreeMap<&'static str, String>, Map<String, Value>)> {
    let request = json!({
        "TableName": variable("DESTINATIONS_TABLE"), "ConsistentRead": true,
        "KeyConditionExpression": "operator_id = :operator AND begins_with(id, :prefix)",
        "ExpressionAttributeValues": {":operator": {"S": of.id}, ":prefix": {"S": "ndst_"}},
    });
    let found = aws::call("dynamodb", "DynamoDB_20120810.Query", request).await;
    let split = |row: &Value| {
        let mut row = row.clone();
        let mut sealed = BTreeMap::new();
        for (name, path) in [
            ("secret", "/secret/B"),
            ("previous_secret", "/previous_secret/M/sealed/B"),
            ("connection", "/connection/B"),
        ] {
            if let Some(Value::String(value)) = row.pointer_mut(path).map(Value::take) {
                sealed.insert(name, value);
            }
        }
        let rest = row.as_object().expect("a row").clone();
        (row["id"]["S"].as_str().expect("an id").to_owned(), (sealed, rest))
    };
    found["Items"].as_array().expect("items").iter().map(split).collect()
}

/// The wrapped data key that a sealed value carries (shared/store/src/vault.rs).
fn key_of(sealed: &str) -> String {
    let sealed = BASE64.decode(sealed.as_bytes()).expect("base64");
    let length = usize::from(u16::from_be_bytes([sealed[1], sealed[2]]));
    BASE64.encode(&sealed[3..3 + length])
}

/// The data keys of all sealed values of an operator.
async fn keys_in_use(of: &Operator) -> Vec<String> {
    rows(of).await.values().flat_map(|(sealed, _)| sealed.values().map(|value| key_of(value))).collect()
}

fn path(made: &Value) -> String {
    format!("{DESTINATIONS}/{}", id(made))
}

async fn set(of: &Operator, destination: &str, attribute: &str, sealed: &str) {
    let update = json!({
        "TableName": variable("DESTINATIONS_TABLE"),
        "Key": {"operator_id": {"S": of.id}, "id": {"S": destination}},
        "UpdateExpression": "SET #name = :sealed", "ExpressionAttributeNames": {"#name": attribute},
        "ExpressionAttributeValues": {":sealed": {"B": sealed}},
    });
    aws::call("dynamodb", "DynamoDB_20120810.UpdateItem", update).await;
}

#[tokio::test]
async fn after_a_rotation_everything_is_sealed_with_the_new_data_key_and_opens() {
    let (operator, other) = (Operator::create().await, Operator::create().await);
    let [plain, renewed, own, mail] =
        [Receiver::taking().await, Receiver::taking().await, Receiver::taking().await, Receiver::taking().await];
    let webhook = operator.webhook(&plain).await;
    let rotated = operator.webhook(&renewed).await;
    let old_secret = rotated["webhook_secret"].as_str().expect("a secret").to_owned();
    let rotated = operator.post_empty(&format!("{}/rotate-secret", path(&rotated))).await.expect(200);
    operator.rule(EVENT, &[&id(&webhook), &id(&rotated)]).await;
    let legacy =
        json!({"channel_type": "webhook", "destination": own.url(), "events": [EVENT], "min_severity": "info"});
    let legacy = operator.post("/v1/notifications/channels", legacy).await.expect(201);
    let subscription = subscribe(&operator, &mail, &[SENT]).await;
    other.webhook(&plain).await;
    let address = new_address();
    let unverified = operator.register("email", &address).await.expect(201);
    operator.post_empty(&format!("{}/send-code", path(&unverified))).await.expect(200);
    let code = inbox::code(&address, 0).await;

    let all_sign = async |count: usize| {
        operator.event(EVENT, json!({"n": count})).await;
        post(&operator, SENT).await;
        let secret_of = |made: &Value| made["webhook_secret"].as_str().expect("a secret").to_owned();
        for (receiver, made) in [(&plain, &webhook), (&renewed, &rotated), (&own, &legacy)] {
            let got = receiver.wait_for(count).await.remove(count - 1);
            assert!(got.signed_by(&secret_of(made)), "{made}");
        }
        let got = renewed.received().remove(count - 1);
        assert_eq!(got.header("x-stack-signature-256-previous"), hex_hmac(&old_secret, &got.body));
        assert!(signed(&mail.wait_for(count).await[count - 1], &secret(&subscription)));
    };
    all_sign(1).await;
    let (before, old) = (rows(&operator).await, data_key(&operator).await);
    let others = rows(&other).await;

    let answer = rotate(&operator, None).await;
    assert_eq!((&answer["done"], &answer["resealed"], &answer["unopened"]), (&json!(true), &json!(4), &json!([])));
    let new = data_key(&operator).await;
    assert_ne!(new, old);
    assert!(!account(&operator).await.to_string().contains(&old), "the old data key is deleted");
    let after = rows(&operator).await;
    assert_eq!(after.keys().collect::<Vec<_>>(), before.keys().collect::<Vec<_>>());
    let mut sealed = 0;
    for (id, (was, rest)) in &before {
        let (is, same) = &after[id];
        assert_eq!(rest, same, "nothing else changes");
        assert_eq!(is.keys().collect::<Vec<_>>(), was.keys().collect::<Vec<_>>());
        for (name, value) in was {
            assert_eq!((key_of(value), key_of(&is[name])), (old.clone(), new.clone()), "{id} {name}");
            sealed += 1;
        }
    }
    assert_eq!(sealed, 5, "four secrets and one previous secret");
    assert_eq!(rows(&other).await, others);

    all_sign(2).await;
    let verify = format!("{}/verify", path(&unverified));
    operator.post(&verify, json!({"code": code})).await.expect(200);
    operator.verified("email", &new_address()).await;
}

#[tokio::test]
async fn an_interrupted_rotation_continues() {
    let operator = Operator::create().await;
    let receivers: Vec<_> = futures::future::join_all((0..4).map(|_| Receiver::taking())).await;
    let mut webhooks = vec![];
    for receiver in &receivers[..3] {
        webhooks.push(operator.webhook(receiver).await);
    }
    let newest = webhooks.last().expect("a webhook");
    // A connection is sealed in the same way as a secret, and both are written together.
    let sealed = rows(&operator).await[&id(newest)].0["secret"].clone();
    set(&operator, &id(newest), "connection", &sealed).await;
    let first = data_key(&operator).await;

    let begun = rotate(&operator, Some(1)).await;
    assert_eq!((&begun["done"], &begun["resealed"]), (&json!(false), &json!(1)));
    let second = data_key(&operator).await;
    let mut keys = keys_in_use(&operator).await;
    keys.sort_by_key(|key| *key == first);
    assert_eq!(keys, [&*second, &first, &first, &first]);

    // Values that are created during the rotation are sealed with the new data key.
    operator.post_empty(&format!("{}/rotate-secret", path(newest))).await.expect(200);
    let made = operator.webhook(&receivers[3]).await;
    let meanwhile = rows(&operator).await;
    let key = |made: &Value, name: &str| key_of(&meanwhile[&id(made)].0[name]);
    assert_eq!((key(newest, "secret"), key(newest, "previous_secret")), (second.clone(), first.clone()));
    assert_eq!(key(&made, "secret"), second);

    // Two concurrent calls share the remaining work.
    let (one, two) = join(rotate(&operator, Some(1)), rotate(&operator, None)).await;
    assert_eq!(two["done"], true);
    assert_eq!(one["resealed"].as_u64().expect("a number") + two["resealed"].as_u64().expect("a number"), 2);
    assert_eq!(
        (&one["rotated_at"], &two["rotated_at"]),
        (&begun["rotated_at"], &begun["rotated_at"]),
        "the same rotation"
    );
    assert_eq!(data_key(&operator).await, second);
    assert_eq!(keys_in_use(&operator).await, vec![second.clone(); 6]);

    let again = rotate(&operator, Some(1)).await;
    assert_eq!((&again["done"], &again["resealed"]), (&json!(false), &json!(1)));
    assert_ne!(again["rotated_at"], begun["rotated_at"]);
    let third = data_key(&operator).await;
    assert!(![first, second].contains(&third), "each rotation has its own key");
}

#[tokio::test]
async fn concurrent_changes_end_up_sealed_with_the_new_data_key() {
    let operator = Operator::create().await;
    let receiver = Receiver::taking().await;
    let mut webhooks: Vec<(String, String)> = vec![];
    let pair = |made: Value| (id(&made), made["webhook_secret"].as_str().expect("a secret").to_owned());
    webhooks.push(pair(operator.webhook(&receiver).await));
    let changes = async {
        for n in 0..40 {
            // Changes the newest webhook repeatedly, and adds another from time to time.
            let (id, secret) = webhooks.last_mut().expect("a webhook");
            let answer = operator.post_empty(&format!("{DESTINATIONS}/{id}/rotate-secret")).await;
            if answer.status == 200 {
                *secret = answer.json["webhook_secret"].as_str().expect("a secret").to_owned();
            } else {
                assert_eq!(answer.error(409).1, "changed_meanwhile", "the rotation sealed it again at that moment");
            }
            if n % 4 == 0 {
                let url = format!("{}/{n}", receiver.url());
                webhooks.push(pair(operator.register("webhook", &url).await.expect(201)));
            }
        }
    };
    let (answer, ()) = join(rotate(&operator, None), changes).await;
    assert_eq!(answer["done"], true);
    let keys = keys_in_use(&operator).await;
    assert!(keys.len() > webhooks.len(), "some have a previous secret");
    assert_eq!(keys, vec![data_key(&operator).await; keys.len()]);

    let ids: Vec<_> = webhooks.iter().map(|(id, _)| &**id).collect();
    operator.rule(EVENT, &ids).await;
    operator.event(EVENT, json!({})).await;
    let got = receiver.wait_for(webhooks.len()).await;
    for (id, secret) in &webhooks {
        assert!(got.iter().any(|got| got.signed_by(secret)), "{id}");
    }
}

#[tokio::test]
async fn values_that_cannot_be_opened_are_reported_and_do_not_stop_the_rotation() {
    let (operator, other) = (Operator::create().await, Operator::create().await);
    let receiver = Receiver::taking().await;
    let anothers = rows(&{
        other.webhook(&receiver).await;
        other
    })
    .await;
    let anothers = anothers.values().next().expect("a webhook").0["secret"].clone();
    let mut ids = vec![];
    for _ in 0..4 {
        let receiver = Receiver::taking().await;
        ids.push(id(&operator.webhook(&receiver).await));
    }
    ids.sort();
    // One is not a sealed value, one was sealed for another operator.
    set(&operator, &ids[0], "connection", &BASE64.encode(b"nonsense")).await;
    set(&operator, &ids[1], "secret", &anothers).await;
    let before = rows(&operator).await;
    let answer = rotate(&operator, Some(1)).await;
    assert_eq!((&answer["done"], &answer["resealed"]), (&json!(false), &json!(1)));
    assert_eq!(answer["unopened"], json!(ids[..2]));
    let after = rows(&operator).await;
    for (id, changed) in ids.iter().zip([false, false, true, false]) {
        assert_eq!(before[id] != after[id], changed, "{id}");
    }
}

#[tokio::test]
async fn a_data_key_is_only_rotated_for_an_existing_operator() {
    for wrong in ["op_1", "op_01JRX2Q0Z8K5V3M7N9P4T6W8YA"] {
        let error = aws::admin(json!({"rotate_data_key": {"operator_id": wrong}})).await.expect_err("refused");
        assert!(error.contains("`operator_id`"), "{error}");
    }
    let operator = Operator::create().await;
    let none = json!({"rotate_data_key": {"operator_id": operator.id, "at_most": 0}});
    assert!(aws::admin(none).await.expect_err("refused").contains("nonzero"));
    assert!(account(&operator).await["rotation"].is_null());
}
