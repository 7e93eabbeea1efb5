//! The number of requests that a key may send per second, set for its operator or for the operator's plan.
//!
//! A separate test program, because a plan's limit applies to all its operators.
#![allow(clippy::expect_used, reason = "a test that cannot continue panics")]

use std::time::Duration;

use e2e::{Answer, Operator, aws};
use futures::future::join_all;
use serde_json::json;

/// One path of each API.
const STACK: &str = "/v1/whoami";
const PROVIDERS: &str = "/api/v1/notifications/providers";
const CONFIG: &str = "/v1/config/notifications";

async fn set_limit(operator: &Operator, requests_per_second: u32) {
    let command = json!({"operator_id": operator.id, "requests_per_second": requests_per_second});
    let answer = aws::admin(json!({ "set_limit": command })).await.expect("an answer");
    assert_eq!(answer, json!({"operator_id": operator.id, "requests_per_second": requests_per_second}));
}

/// Sends ten requests at a time until one is rejected: each process of a function allows two at once.
async fn until_refused(operator: &Operator, path: &str) -> Answer {
    for _ in 0..20 {
        let answers = join_all((0..10).map(|_| operator.get(path))).await;
        assert!(answers.iter().all(|answer| [200, 429].contains(&answer.status)), "{answers:?}");
        if let Some(refused) = answers.into_iter().find(|answer| answer.status == 429) {
            return refused;
        }
    }
    panic!("{path} has no limit: no request was rejected");
}

#[tokio::test]
async fn a_key_with_too_many_requests_must_wait_and_others_need_not() {
    let (operator, neighbour) = (Operator::create().await, Operator::create().await);
    set_limit(&operator, 1).await;

    let refused = until_refused(&operator, STACK).await;
    let others = join_all((0..20).map(|_| neighbour.get(STACK))).await;
    assert!(others.iter().all(|answer| answer.status == 200), "{others:?}");
    let wait = refused.retry_after.expect("Retry-After");
    assert_eq!(wait, 1);
    assert_eq!(refused.error(429).1, "rate_limited");
    tokio::time::sleep(Duration::from_secs(wait)).await;
    operator.get(STACK).await.expect(200);
}

#[tokio::test]
async fn each_key_has_its_own_limit() {
    let operator = Operator::create().await;
    set_limit(&operator, 1).await;
    let colleague = operator.with_role("viewer").await;
    until_refused(&operator, STACK).await;
    colleague.get(STACK).await.expect(200);
}

#[tokio::test]
async fn every_api_rejects_requests_in_its_error_format() {
    let operator = Operator::create().await;
    set_limit(&operator, 1).await;
    let refused = until_refused(&operator, PROVIDERS).await;
    assert_eq!(refused.retry_after, Some(1));
    let error = refused.expect(429);
    assert!(error["error"].as_str().is_some_and(|sentence| sentence.contains("Retry-After")), "{error}");

    let refused = until_refused(&operator.in_project("web"), CONFIG).await;
    assert_eq!(refused.retry_after, Some(1));
    let error = refused.expect(429);
    assert_eq!((&error["success"], &error["error"]["code"]), (&json!(false), &json!("RATE_LIMITED")));
}

#[tokio::test]
async fn an_operators_limit_overrides_that_of_its_plan() {
    let set = async |limit: Option<u32>| {
        let command = json!({"plan": "enterprise", "requests_per_second": limit});
        assert_eq!(aws::admin(json!({ "set_limit": command })).await, Ok(command));
    };
    set(Some(1)).await;
    let (operator, other) =
        (Operator::create_with_plan("enterprise").await, Operator::create_with_plan("enterprise").await);
    set_limit(&other, 0).await;
    until_refused(&operator, STACK).await;
    let answers = join_all((0..20).map(|_| other.get(STACK))).await;
    assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
    set(None).await;
}

#[tokio::test]
async fn invalid_limits_are_rejected() {
    let operator = Operator::create().await;
    let refusal = async |command| aws::admin(json!({ "set_limit": command })).await.expect_err("refused");
    let both = json!({"operator_id": operator.id, "plan": "free", "requests_per_second": 1});
    assert!(refusal(both).await.contains("either this or `plan`"));
    assert!(refusal(json!({"requests_per_second": 1})).await.contains("either this or `plan`"));
    let too_many = json!({"operator_id": operator.id, "requests_per_second": 100_001});
    assert!(refusal(too_many).await.contains("send 0 to 100000"));
    assert!(refusal(json!({"operator_id": operator.id})).await.contains("requests_per_second"));
    let unknown = json!({"operator_id": "op_01ARZ3NDEKTSV4RRFFQ69G5FAV", "requests_per_second": 1});
    assert!(refusal(unknown).await.contains("no operator has this id"));
}
