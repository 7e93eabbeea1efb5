//! Chat platforms, played by receivers that answer as each of them does. A platform is named by the kind of destination:
//! `slack`, `teams`, `discord` or `google_chat`.

use axum::{
    http::{
        StatusCode,
        header::{CONTENT_TYPE, RETRY_AFTER},
    },
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use crate::{receiver::Receiver, validators::Validators};

/// How Teams tells of a rate limit or an error in the body of a 200, before the inner status.
const HIDDEN: &str = "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error";

/// A platform that takes every message.
pub async fn taking(kind: &'static str) -> Receiver {
    Receiver::answering(move |number| taken(kind, number)).await
}

/// A platform that refuses every message for a reason that it documents: Slack's and Workflows' names, Discord's numbers
/// (`10015`), Google's statuses (`NOT_FOUND`), and for connectors of Teams the status that a 200 hides (`403`).
pub async fn refusing(kind: &'static str, reason: &'static str) -> Receiver {
    // Read before the first request, so that a reason that is not known fails the test and not the receiver.
    let (status, body) = refusal(kind, reason);
    Receiver::answering(move |_| answer(status, body.clone())).await
}

/// A platform that answers the first `times` messages with its rate limit, which asks for `retry_after_secs` where the
/// platform says how long (a connector of Teams does not), and takes the rest.
pub async fn limited(kind: &'static str, times: usize, retry_after_secs: u64) -> Receiver {
    Receiver::answering(move |number| if number > times { taken(kind, number) } else { limit(kind, retry_after_secs) })
        .await
}

/// Holds a message to what the platform's own libraries and schemas say of it.
///
/// # Panics
/// When it is wrong, with the reasons.
pub fn validate(kind: &str, body: &Value) {
    if let Err(errors) = Validators::default().check(kind, body) {
        panic!("{kind} does not take {body}: {errors:?}");
    }
}

/// The id that the platform gives its message number `number`, where it gives one.
pub fn message_id(kind: &str, number: usize) -> Option<String> {
    match kind {
        "discord" => Some(format!("{}", 1_300_000_000_000_000_000 + number)),
        "google_chat" => Some(format!("spaces/AAAA/messages/{number}.{number}")),
        _ => None,
    }
}

fn taken(kind: &str, number: usize) -> Response {
    let id = message_id(kind, number);
    match kind {
        "slack" => (StatusCode::OK, "ok").into_response(),
        "teams" => StatusCode::ACCEPTED.into_response(),
        // As to `?wait=true`; without it, 204.
        "discord" => json_answer(200, &json!({"type": 0, "content": "", "embeds": [], "id": id})),
        "google_chat" => json_answer(200, &json!({"name": id, "thread": {"name": "spaces/AAAA/threads/1"}})),
        _ => panic!("{kind} is no platform"),
    }
}

fn limit(kind: &str, seconds: u64) -> Response {
    let response = match kind {
        "slack" => (StatusCode::TOO_MANY_REQUESTS, "rate_limited").into_response(),
        // Says no time.
        "teams" => return answer(200, format!("{HIDDEN} 429 with ContextId tcid=0,server=msgapi,cv=x.0..")),
        "discord" => {
            let message = "You are being rate limited.";
            json_answer(429, &json!({"message": message, "retry_after": seconds as f64, "global": false}))
        }
        "google_chat" => {
            let (status, body) = refusal(kind, "RESOURCE_EXHAUSTED");
            answer(status, body)
        }
        _ => panic!("{kind} is no platform"),
    };
    ([(RETRY_AFTER, seconds)], response).into_response()
}

fn refusal(kind: &str, reason: &str) -> (u16, String) {
    match kind {
        "slack" => (slack_status(reason), reason.to_owned()),
        "teams" if reason.parse::<u16>().is_ok() => {
            (200, format!("{HIDDEN} {reason} with ContextId tcid=0,server=msgapi,cv=x.0.."))
        }
        "teams" => {
            let status = match reason {
                "WorkflowNotFound" => 404,
                "WorkflowTriggerIsNotEnabled" | "TriggerInputSchemaMismatch" => 400,
                "DirectApiAuthorizationRequired" => 401,
                "InvalidSignature" => 403,
                _ => panic!("Workflows does not say {reason}"),
            };
            (status, json!({"error": {"code": reason, "message": "It cannot be run."}}).to_string())
        }
        "discord" => {
            let (status, message) = match reason {
                "10015" => (404, "Unknown Webhook"),
                "10003" => (404, "Unknown Channel"),
                "50027" => (401, "Invalid Webhook Token"),
                "50035" => (400, "Invalid Form Body"),
                "50006" => (400, "Cannot send an empty message"),
                _ => panic!("Discord does not say {reason}"),
            };
            (status, json!({"message": message, "code": reason.parse::<u32>().expect("a number")}).to_string())
        }
        "google_chat" => {
            let (status, message) = match reason {
                "INVALID_ARGUMENT" => (400, "Request contains an invalid argument."),
                "UNAUTHENTICATED" => (401, "Request had invalid authentication credentials."),
                "PERMISSION_DENIED" => (403, "The caller does not have permission"),
                "NOT_FOUND" => (404, "Requested entity was not found."),
                "RESOURCE_EXHAUSTED" => (429, "Resource has been exhausted (e.g. check quota)."),
                "INTERNAL" => (500, "Internal error encountered."),
                "UNAVAILABLE" => (503, "The service is currently unavailable."),
                _ => panic!("Google does not say {reason}"),
            };
            (status, json!({"error": {"code": status, "message": message, "status": reason}}).to_string())
        }
        _ => panic!("{kind} is no platform"),
    }
}

fn slack_status(reason: &str) -> u16 {
    match reason {
        "invalid_payload"
        | "invalid_blocks"
        | "invalid_attachments"
        | "no_text"
        | "too_many_attachments"
        | "user_not_found" => 400,
        "action_prohibited" | "invalid_token" | "posting_to_general_channel_denied" => 403,
        "channel_not_found" | "no_service" | "no_team" | "no_active_hooks" => 404,
        "channel_is_archived" => 410,
        "rate_limited" => 429,
        "rollup_error" => 500,
        _ => panic!("Slack does not say {reason}"),
    }
}

fn answer(status: u16, body: String) -> Response {
    let content_type = if body.starts_with('{') { "application/json" } else { "text/plain; charset=utf-8" };
    let status = StatusCode::from_u16(status).expect("a status");
    (status, [(CONTENT_TYPE, content_type)], body).into_response()
}

fn json_answer(status: u16, body: &Value) -> Response {
    answer(status, body.to_string())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use domain::{Kind, delivery::Fault};
    use outbound::chat::{Answered, Reading, read};

    use super::*;

    const KINDS: [Kind; 4] = [Kind::Slack, Kind::Teams, Kind::Discord, Kind::GoogleChat];

    /// What the sender makes of the receiver's answer to a message.
    async fn reading(kind: Kind, receiver: &Receiver) -> Reading {
        let response = reqwest::Client::new().post(receiver.url()).send().await.expect("an answer");
        let status = response.status().as_u16();
        let seconds = response.headers().get(RETRY_AFTER).map(|value| value.to_str().expect("text").parse());
        let retry_after = seconds.map(|seconds| Duration::from_secs(seconds.expect("seconds")));
        let body = response.text().await.expect("text");
        read(kind.platform().expect("a platform"), receiver.url(), Answered { status, retry_after, body: &body })
    }

    #[tokio::test]
    async fn the_sender_knows_each_platform_by_its_answers() {
        for kind in KINDS {
            let name = kind.as_str();
            assert_eq!(reading(kind, &taking(name).await).await, Reading::Taken(message_id(name, 1)));
            let receiver = limited(name, 1, 7).await;
            let Reading::Refused { fault, retry_after, .. } = reading(kind, &receiver).await else { panic!("limited") };
            let asked = (kind != Kind::Teams).then_some(Duration::from_secs(7));
            assert_eq!((fault, retry_after), (Fault::Throttled, asked));
            assert_eq!(reading(kind, &receiver).await, Reading::Taken(message_id(name, 2)));
        }
    }

    #[tokio::test]
    async fn the_sender_knows_each_platforms_reasons() {
        use Fault::{Address, Receiver, Sender};
        for (kind, reason, fault) in [
            (Kind::Slack, "no_service", Address),
            (Kind::Slack, "invalid_blocks", Sender),
            (Kind::Slack, "rollup_error", Receiver),
            (Kind::Teams, "WorkflowNotFound", Address),
            (Kind::Teams, "TriggerInputSchemaMismatch", Sender),
            (Kind::Teams, "404", Address),
            (Kind::Teams, "500", Receiver),
            (Kind::Discord, "10015", Address),
            (Kind::Discord, "50035", Sender),
            (Kind::GoogleChat, "PERMISSION_DENIED", Address),
            (Kind::GoogleChat, "INVALID_ARGUMENT", Sender),
            (Kind::GoogleChat, "UNAVAILABLE", Receiver),
        ] {
            let receiver = refusing(kind.as_str(), reason).await;
            let Reading::Refused { error, fault: found, .. } = reading(kind, &receiver).await else {
                panic!("refused")
            };
            assert_eq!(found, fault, "{reason}");
            assert!(error.starts_with("answered ") && error.contains(reason), "{error}");
        }
    }

    #[test]
    #[should_panic(expected = "slack does not take")]
    fn an_invalid_message_is_reported() {
        validate("slack", &json!({"text": "", "blocks": [], "attachments": []}));
    }
}
