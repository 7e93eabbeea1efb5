//! Chat platforms, played by receivers that answer as each of them does. Tests name a platform as the APIs do: `slack`.

use axum::{
    http::{
        StatusCode,
        header::{CONTENT_TYPE, RETRY_AFTER},
    },
    response::{IntoResponse, Response},
};
use domain::Platform;
use outbound::testing::Validators;
pub use outbound::testing::{PLAYED, Played};
use serde_json::Value;

use crate::receiver::Receiver;

/// A platform that accepts every message.
pub async fn taking(name: &str) -> Receiver {
    let played = played(name);
    Receiver::answering(move |number| accepted(played, number)).await
}

/// A platform that refuses every message for a reason that it documents: one of its [`Played::refusals`].
///
/// # Panics
/// If the platform has no such reason.
pub async fn refusing(name: &str, reason: &str) -> Receiver {
    let refusals = played(name).refusals;
    let refusal = refusals.iter().find(|refusal| refusal.reason == reason);
    let refusal = refusal.unwrap_or_else(|| panic!("{name} has no reason {reason}"));
    Receiver::answering(move |_| answer(refusal.status, refusal.body.to_owned())).await
}

/// A platform that answers the first `times` messages with its rate limit, and accepts the rest. The rate limit asks
/// for `retry_after_secs`, if the platform [says how long](Played::says_how_long).
pub async fn limited(name: &str, times: usize, retry_after_secs: u64) -> Receiver {
    let played = played(name);
    Receiver::answering(move |number| match number > times {
        true => accepted(played, number),
        false => limit(played, retry_after_secs),
    })
    .await
}

/// Checks a message with the platform's own libraries and schemas.
///
/// # Panics
/// If the message is invalid, with the reasons.
pub fn validate(name: &str, body: &Value) {
    if let Err(errors) = Validators::default().check(name, body) {
        panic!("{name} does not accept {body}: {errors:?}");
    }
}

/// The id of the platform's message with this number, if the platform returns ids.
pub fn message_id(name: &str, number: usize) -> Option<String> {
    played(name).id.map(|id| id(number))
}

fn played(name: &str) -> &'static Played {
    let platform = Platform::ALL.into_iter().find(|platform| platform.descriptor().name == name);
    Played::of(platform.unwrap_or_else(|| panic!("{name} is not a platform")))
}

fn accepted(played: &Played, number: usize) -> Response {
    let id = played.id.map(|id| id(number));
    let (status, body) = (played.accepted)(id.as_deref());
    answer(status, body)
}

fn limit(played: &Played, seconds: u64) -> Response {
    let (status, body) = (played.limited)(seconds);
    let response = answer(status, body);
    match played.says_how_long {
        true => ([(RETRY_AFTER, seconds)], response).into_response(),
        false => response,
    }
}

fn answer(status: u16, body: String) -> Response {
    let content_type = if body.starts_with('{') { "application/json" } else { "text/plain; charset=utf-8" };
    let status = StatusCode::from_u16(status).expect("a status");
    (status, [(CONTENT_TYPE, content_type)], body).into_response()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use domain::delivery::Fault;
    use outbound::chat::{Answered, Reading, read};
    use serde_json::json;

    use super::*;

    /// How the sender interprets the receiver's answer to a message.
    async fn reading(platform: Platform, receiver: &Receiver) -> Reading {
        let response = reqwest::Client::new().post(receiver.url()).send().await.expect("an answer");
        let status = response.status().as_u16();
        let seconds = response.headers().get(RETRY_AFTER).map(|value| value.to_str().expect("text").parse());
        let retry_after = seconds.map(|seconds| Duration::from_secs(seconds.expect("seconds")));
        let body = response.text().await.expect("text");
        read(platform, receiver.url(), Answered { status, retry_after, body: &body })
    }

    #[tokio::test]
    async fn the_sender_understands_each_platforms_answers() {
        for platform in Platform::ALL {
            let played = Played::of(platform);
            let name = played.name();
            assert_eq!(reading(platform, &taking(name).await).await, Reading::Taken(message_id(name, 1)));
            let receiver = limited(name, 1, 7).await;
            let Reading::Refused { fault, retry_after, .. } = reading(platform, &receiver).await else {
                panic!("limited")
            };
            let asked = played.says_how_long.then_some(Duration::from_secs(7));
            assert_eq!((fault, retry_after), (Fault::Throttled, asked), "{name}");
            assert_eq!(reading(platform, &receiver).await, Reading::Taken(message_id(name, 2)));
        }
    }

    #[tokio::test]
    async fn the_sender_understands_each_platforms_reasons() {
        for played in PLAYED {
            let faults = played.refusals.iter().map(|refusal| refusal.fault);
            assert!(faults.clone().any(|fault| fault == Fault::Address), "{}: no refusal for good", played.name());
            assert!(faults.clone().any(|fault| fault == Fault::Sender), "{}: no refusal of a message", played.name());
            for refusal in played.refusals {
                let receiver = refusing(played.name(), refusal.reason).await;
                let Reading::Refused { error, fault, .. } = reading(played.platform, &receiver).await else {
                    panic!("refused")
                };
                assert_eq!((&*error, fault), (refusal.error, refusal.fault), "{}", refusal.reason);
                assert!(error.starts_with("answered ") && error.contains(refusal.reason), "{error}");
            }
        }
    }

    #[test]
    #[should_panic(expected = "slack does not accept")]
    fn an_invalid_message_is_reported() {
        validate("slack", &json!({"text": "", "blocks": [], "attachments": []}));
    }
}
