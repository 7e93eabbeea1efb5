//! The API calls that the mail about an unhealthy destination names.

use domain::health::{Notice, Step, Subject};

/// The call of a step to fix the destination of `notice`.
pub(crate) fn call(notice: &Notice, step: Step) -> String {
    let path = path(notice.subject.as_ref());
    match step {
        Step::Verify => format!("POST {path}/verify"),
        Step::AskForCode => format!("POST {path}/send-code"),
        Step::EnterCode => format!("POST {path}/verify {{\"code\": \"…\"}}"),
        Step::Test => format!("POST {path}/test"),
        Step::Recover { since } => format!("POST {path}/recover {{\"since\": \"{since:.3}\"}}"),
    }
}

/// The path of the object through which the operator manages the destination.
fn path(subject: Option<&Subject>) -> String {
    match subject {
        Some(Subject::Destination(id)) => format!("/v1/notifications/destinations/{id}"),
        Some(Subject::Channel(id)) => format!("/v1/notifications/channels/{id}"),
        Some(Subject::Webhook(id)) => format!("/mail/webhooks/{id}"),
        Some(Subject::Provider(id)) => format!("/api/v1/notifications/providers/{id}"),
        Some(Subject::ProjectChannel(id)) => format!("/v1/config/notifications/{id}"),
        Some(Subject::Endpoint(id)) => format!("/v1/webhooks/endpoints/{id}"),
        None => "/v1/notifications/destinations/…".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{Kind, Platform, time::from_millis};

    fn notice(subject: Option<Subject>, kind: Kind) -> Notice {
        Notice {
            subject,
            name: None,
            kind,
            destination: "https://example.com".into(),
            delivery_id: None,
            reason: "gone".into(),
            last_answer: None,
            since: from_millis(1_700_000_000_000),
            paused_rules: vec![],
            more_paused: 0,
            console_url: None,
        }
    }

    fn calls(subject: Option<Subject>, kind: Kind) -> Vec<String> {
        let notice = notice(subject, kind);
        notice.steps().into_iter().map(|step| call(&notice, step)).collect()
    }

    #[test]
    fn each_step_is_a_call_of_the_api_that_created_the_destination() {
        let recover = |path: &str| format!(r#"POST {path}/recover {{"since": "2023-11-14T22:13:20.000Z"}}"#);
        for (subject, kind, path, first) in [
            (Subject::Destination("x".into()), Kind::Webhook, "/v1/notifications/destinations/x", "/verify"),
            (Subject::Channel("x".into()), Kind::Chat(Platform::Slack), "/v1/notifications/channels/x", "/verify"),
            (Subject::Webhook("x".into()), Kind::Webhook, "/mail/webhooks/x", "/verify"),
            (Subject::Provider("x".into()), Kind::Chat(Platform::Teams), "/api/v1/notifications/providers/x", "/test"),
            (Subject::ProjectChannel("x".into()), Kind::OpsEmail, "/v1/config/notifications/x", "/test"),
            (Subject::Endpoint("x".into()), Kind::Webhook, "/v1/webhooks/endpoints/x", "/verify"),
        ] {
            assert_eq!(calls(Some(subject), kind), [format!("POST {path}{first}"), recover(path)]);
        }
        let path = "/v1/notifications/destinations/x";
        let code = r#"/verify {"code": "…"}"#;
        assert_eq!(
            calls(Some(Subject::Destination("x".into())), Kind::Sms),
            [format!("POST {path}/send-code"), format!("POST {path}{code}"), recover(path)]
        );
        assert!(calls(None, Kind::Webhook).iter().all(|call| call.contains("/v1/notifications/destinations/…/")));
    }

    #[test]
    fn each_call_is_a_route_of_the_api() {
        let api: serde_json::Value =
            serde_json::from_str(include_str!("../../../infra/openapi.json")).expect("the API's description");
        let subjects = [
            Subject::Destination("{id}".into()),
            Subject::Channel("{id}".into()),
            Subject::Webhook("{id}".into()),
            Subject::Provider("{id}".into()),
            Subject::ProjectChannel("{id}".into()),
            Subject::Endpoint("{id}".into()),
        ];
        for subject in subjects {
            let by_code = matches!(subject, Subject::Destination(_) | Subject::Channel(_));
            let kinds: &[Kind] = if by_code { &[Kind::Webhook, Kind::Email] } else { &[Kind::Webhook] };
            for call in kinds.iter().flat_map(|kind| calls(Some(subject.clone()), *kind)) {
                let path = call.split(' ').nth(1).expect("a path");
                assert!(!api["paths"][path]["post"].is_null(), "{call}");
            }
        }
    }
}
