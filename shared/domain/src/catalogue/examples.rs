//! Examples of the `data` of each type, as JSON text, so that the fields keep their order.
//!
//! The example of `passport.flagged` is that of the STACK API's documentation. Types that this service emits have the
//! fields that it sets.

/// `data` of an event in the life of a mail, with further fields.
macro_rules! mail {
    ($more:literal) => {
        concat!(
            r#"{"messageId": "msg_01JRX2Q0Z8K5V3M7N9P4T6W8YB01JRX2Q0Z8K5V3M7N9P4T6W8YC", "to": "ada@example.com","#,
            r#" "kind": "notification","#,
            r#" "deliveryId": "dlv_01JRX2Q0Z8K5V3M7N9P4T6W8YB01JRX2Q0Z8K5V3M7N9P4T6W8YC","#,
            r#" "destinationId": "ndst_01JRX2Q0Z8K5V3M7N9P4T6W8YB", "eventId": "evt_01JRX2Q0Z8K5V3M7N9P4T6W8YC","#,
            r#" "eventType": "passport.flagged""#,
            $more,
            "}"
        )
    };
}

/// `data` of an event about a verification code, with further fields.
macro_rules! otp {
    ($more:literal) => {
        concat!(
            r#"{"otpId": "otp_01JRX2Q0Z8K5V3M7N9P4T6W8YB", "channel": "email", "to": "ada@example.com","#,
            r#" "destinationId": "ndst_01JRX2Q0Z8K5V3M7N9P4T6W8YB", "expiresAt": "2026-04-15T10:15:00.000Z""#,
            $more,
            "}"
        )
    };
}

/// `data` of an event about a webhook subscription, with further fields.
macro_rules! subscription {
    ($more:literal) => {
        concat!(
            r#"{"webhookId": "whk_01JRX2Q0Z8K5V3M7N9P4T6W8YB", "url": "https://example.com/webhooks/mail","#,
            r#" "eventTypes": ["mail.message.sent", "mail.message.bounced"]"#,
            $more,
            "}"
        )
    };
}

/// `data` of an event about an attempt to deliver to a webhook subscription, with further fields.
macro_rules! webhook_delivery {
    ($more:literal) => {
        concat!(
            r#"{"deliveryId": "dlv_01JRX2Q0Z8K5V3M7N9P4T6W8YB01JRX2Q0Z8K5V3M7N9P4T6W8YC","#,
            r#" "webhookId": "whk_01JRX2Q0Z8K5V3M7N9P4T6W8YB", "eventId": "evt_01JRX2Q0Z8K5V3M7N9P4T6W8YC","#,
            r#" "eventType": "mail.message.sent""#,
            $more,
            "}"
        )
    };
}

const USER: &str = r#"{"id": "2209422a-eef7-4668-967d-be79409972c5", "display_name": "Ada Lovelace",
    "primary_email": "ada@example.com", "primary_email_verified": true,
    "profile_image_url": "https://example.com/ada.png", "client_metadata": {"theme": "dark"},
    "server_metadata": {"plan": "pro"}}"#;
const TEAM: &str = r#"{"id": "0cd0a4b8-4aa4-4c5e-93c4-5f2b2b6b5a10", "display_name": "My Team",
    "profile_image_url": "https://example.com/team.png", "client_metadata": {"color": "blue"},
    "server_metadata": {"plan": "pro"}}"#;
const MEMBERSHIP: &str =
    r#"{"team_id": "0cd0a4b8-4aa4-4c5e-93c4-5f2b2b6b5a10", "user_id": "2209422a-eef7-4668-967d-be79409972c5"}"#;
const PERMISSION: &str = r#"{"id": "update_team", "team_id": "0cd0a4b8-4aa4-4c5e-93c4-5f2b2b6b5a10",
    "user_id": "2209422a-eef7-4668-967d-be79409972c5"}"#;
const DOMAIN: &str = r#"{"domain": "mail.example.com", "domainId": "dom_7"}"#;

/// The example of each type, by the type's name.
const EXAMPLES: &[(&str, &str)] = &[
    (
        "passport.flagged",
        r#"{"jti": "ppt_abc123", "agent_id": "agt_xyz", "flags": [{"type": "undeclared_service",
            "severity": "warning", "message": "Agent accessed slack but did not declare it in intent"}]}"#,
    ),
    (
        "passport.blocked",
        r#"{"jti": "ppt_abc123", "agent_id": "agt_xyz", "flags": [{"type": "revoked", "severity": "critical",
            "message": "The passport was revoked"}]}"#,
    ),
    (
        "agent.blocked",
        r#"{"jti": "ppt_abc123", "agent_id": "agt_xyz", "flags": [{"type": "blocked_agent", "severity": "critical",
            "message": "The agent is blocked"}]}"#,
    ),
    (
        "passport.missed_checkout",
        r#"{"jti": "ppt_abc123", "agent_id": "agt_xyz", "flags": [{"type": "missed_checkout", "severity": "warning",
            "message": "The passport did not check out in time"}]}"#,
    ),
    (
        "destination.unhealthy",
        r#"{"destination_id": "ndst_01JRX2Q0Z8K5V3M7N9P4T6W8YB", "channel_type": "webhook",
            "destination": "https://example.com/hooks/stack",
            "delivery_id": "dlv_01JRX2Q0Z8K5V3M7N9P4T6W8YB01JRX2Q0Z8K5V3M7N9P4T6W8YC",
            "reason": "answered 500 Internal Server Error", "last_answer": "out of order",
            "since": "2026-04-15T10:05:00.000Z",
            "paused_rules": [{"id": "nch_01JRX2Q0Z8K5V3M7N9P4T6W8YB", "events": ["passport.flagged"]}]}"#,
    ),
    ("user.created", USER),
    ("user.updated", USER),
    ("user.deleted", r#"{"id": "2209422a-eef7-4668-967d-be79409972c5"}"#),
    ("team.created", TEAM),
    ("team.updated", TEAM),
    ("team.deleted", r#"{"id": "0cd0a4b8-4aa4-4c5e-93c4-5f2b2b6b5a10"}"#),
    ("team_membership.created", MEMBERSHIP),
    ("team_membership.deleted", MEMBERSHIP),
    ("team_permission.created", PERMISSION),
    ("team_permission.deleted", PERMISSION),
    (
        "alert.fired",
        r#"{"title": "Acceptance rate below 5 %", "body": "Observed 0.04 over the last hour.",
            "fields": [{"label": "Observed", "value": "0.04"}, {"label": "Threshold", "value": "0.05"}],
            "sourceUrl": "https://app.example.com/alerts/7"}"#,
    ),
    (
        "report.scheduled",
        r#"{"title": "Weekly report", "body": "The report of week 16 is ready.",
            "fields": [{"label": "Deliveries", "value": "1,204"}], "sourceUrl": "https://app.example.com/reports/16"}"#,
    ),
    (
        "notification.sent",
        r#"{"title": "Maintenance on Sunday", "body": "The service is read-only from 06:00 to 07:00 UTC.",
            "fields": [{"label": "Region", "value": "eu-central-1"}],
            "sourceUrl": "https://status.example.com/maintenance"}"#,
    ),
    (
        "analysis.completed",
        r#"{"id": "ana_7", "title": "A token was found in a public log", "summary": "Line 12 of build.log contains it.",
            "url": "https://app.example.com/analyses/7"}"#,
    ),
    ("mail.message.queued", mail!("")),
    ("mail.message.sending", mail!(r#", "attempt": 1"#)),
    ("mail.message.sent", mail!(r#", "attempt": 1, "providerMessageId": "0107018f-0000""#)),
    (
        "mail.message.deferred",
        mail!(r#", "attempt": 1, "reason": "421 4.7.0 Try again later", "nextAttemptAt": "2026-04-15T10:05:30.000Z""#),
    ),
    ("mail.message.failed", mail!(r#", "attempt": 4, "reason": "554 5.7.1 Message rejected""#)),
    ("mail.message.bounced", mail!(r#", "reason": "550 5.1.1 User unknown""#)),
    ("mail.message.suppressed", mail!(r#", "attempt": 1, "reason": "the address is suppressed: bounce""#)),
    (
        "mail.suppression.created",
        r#"{"email": "ada@example.com", "reason": "bounce", "detail": "550 5.1.1 User unknown",
            "messageId": "msg_01JRX2Q0Z8K5V3M7N9P4T6W8YB01JRX2Q0Z8K5V3M7N9P4T6W8YC",
            "deliveryId": "dlv_01JRX2Q0Z8K5V3M7N9P4T6W8YB01JRX2Q0Z8K5V3M7N9P4T6W8YC"}"#,
    ),
    ("mail.suppression.deleted", r#"{"email": "ada@example.com", "reason": "verification"}"#),
    ("mail.otp.created", otp!("")),
    ("mail.otp.sent", otp!(r#", "messageId": "msg_01JRX2Q0Z8K5V3M7N9P4T6W8YB01JRX2Q0Z8K5V3M7N9P4T6W8YC""#)),
    ("mail.otp.verified", otp!("")),
    ("mail.otp.failed_attempt", otp!("")),
    ("mail.otp.failed", otp!(r#", "reason": "too_many_attempts""#)),
    ("mail.otp.expired", otp!("")),
    ("mail.otp.canceled", otp!(r#", "reason": "replaced""#)),
    ("mail.template.created", r#"{"templateId": "tpl_7", "name": "welcome"}"#),
    ("mail.template.updated", r#"{"templateId": "tpl_7", "name": "welcome"}"#),
    ("mail.template.deleted", r#"{"templateId": "tpl_7", "name": "welcome"}"#),
    ("mail.template.version.created", r#"{"templateId": "tpl_7", "name": "welcome", "version": 3}"#),
    ("mail.template.test_sent", r#"{"templateId": "tpl_7", "name": "welcome", "version": 3, "to": "ada@example.com"}"#),
    ("mail.domain.created", DOMAIN),
    ("mail.domain.verified", DOMAIN),
    (
        "mail.domain.failed",
        r#"{"domain": "mail.example.com", "domainId": "dom_7", "reason": "no DKIM record was found"}"#,
    ),
    ("mail.domain.deleted", DOMAIN),
    ("mail.webhook.created", subscription!("")),
    ("mail.webhook.updated", subscription!(r#", "changed": ["eventTypes"]"#)),
    ("mail.webhook.disabled", subscription!(r#", "reason": "unhealthy""#)),
    (
        "mail.webhook.delivery.succeeded",
        webhook_delivery!(r#", "status": "succeeded", "attempt": 1, "statusCode": 200"#),
    ),
    (
        "mail.webhook.delivery.failed",
        webhook_delivery!(
            r#", "status": "failed", "attempt": 1, "statusCode": 503, "error": "answered 503 Service Unavailable",
                "nextAttemptAt": "2026-04-15T10:05:30.000Z""#
        ),
    ),
];

/// The example of the type with this name, as the JSON text of an object.
pub(super) fn of(name: &str) -> &'static str {
    EXAMPLES.iter().find(|(of, _)| *of == name).map_or("{}", |(_, example)| *example)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::all;

    #[test]
    fn each_type_has_one_example_which_it_accepts() {
        assert_eq!(EXAMPLES.len(), all().count());
        for entry in all() {
            assert_ne!(entry.example(), "{}", "{}", entry.name);
            assert_eq!(entry.check(entry.example()), Ok(()), "{}", entry.name);
        }
    }
}
