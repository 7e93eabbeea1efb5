//! The rules by which a destination becomes unhealthy.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    ApiKind, Attempt, DeliveryId, Destination, EventType, Kind, Rule,
    attempt::{Fault, cut},
    backoff::Schedule,
    destination::Owner,
};

/// Why and since when a destination is unhealthy. It becomes healthy when it is verified again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unhealthy {
    /// When the failed attempt, the bounce or the complaint happened.
    #[serde(with = "crate::time::millis")]
    pub since: Timestamp,
    /// What went wrong.
    pub reason: String,
    /// The delivery that failed, if it was a delivery.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery_id: Option<DeliveryId>,
}

/// The longest reason that is stored, in bytes. Receivers and mail servers can send long texts.
const MAX_REASON: usize = 500;

impl Unhealthy {
    /// Records an unhealthy state since `since`, with the reason cut to a short text.
    pub fn new(since: Timestamp, reason: &str, delivery_id: Option<DeliveryId>) -> Self {
        Self { since, reason: cut(reason, MAX_REASON).to_owned(), delivery_id }
    }
}

/// The time from which a destination may have missed events. The event of the delivery that made it unhealthy was
/// accepted before `since`, and a recovery selects events by when they were accepted.
fn missed_since(since: Timestamp, delivery_id: Option<DeliveryId>) -> Timestamp {
    delivery_id.map_or(since, |id| id.event.made_at().min(since))
}

impl Unhealthy {
    /// The time from which to recover missed events.
    pub fn missed_since(&self) -> Timestamp {
        missed_since(self.since, self.delivery_id)
    }
}

/// How many failures of the receiver make its destination unhealthy («after four failed attempts» in the STACK API).
const MAX_FAILURES: usize = 4;

/// Whether the newest attempt of a round makes its destination unhealthy. `round` lists the attempts oldest first,
/// without those that were rate limited.
///
/// The receiver's fourth failure in a round does, or the last one if the schedule has fewer attempts. `410 Gone` and an
/// address that can never be reached do so at once. A failure of the carrier, or its refusal of our messages, says
/// nothing about the destination.
pub fn breaks(schedule: &Schedule, round: &[&Attempt]) -> bool {
    let Some(newest) = round.last().filter(|newest| !newest.succeeded()) else { return false };
    let failures = round.iter().filter(|attempt| attempt.fault == Fault::Receiver).count();
    let last = round.len() >= usize::try_from(schedule.attempts()).unwrap_or(usize::MAX);
    match newest.fault {
        Fault::Receiver if newest.is_gone() => true,
        Fault::Receiver => failures == MAX_FAILURES || (last && failures < MAX_FAILURES),
        Fault::Address => true,
        Fault::Throttled | Fault::Carrier | Fault::Sender => false,
    }
}

/// A notice about an unhealthy destination: the `data` of the event `destination.unhealthy`, and the content of the
/// mail to the operator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Notice {
    /// The destination's id; absent if it was created through another API or belongs to a legacy channel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destination_id: Option<String>,
    /// The legacy channel that owns the destination.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel_id: Option<String>,
    /// The Mail API's webhook subscription that owns the endpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webhook_id: Option<String>,
    /// The Providers API's id, if the destination is a provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_id: Option<String>,
    /// The Config API's id, if the destination is a project's channel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project_channel_id: Option<String>,
    /// The Stack Auth id, if the destination is an endpoint of Stack Auth.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint_id: Option<String>,
    /// The name that the operator gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The kind of the destination.
    #[serde(rename = "channel_type")]
    pub kind: Kind,
    /// Its address, as far as that is no secret.
    pub destination: String,
    /// The delivery that made the destination unhealthy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schemars(with = "Option<String>"))]
    pub delivery_id: Option<DeliveryId>,
    /// Why the destination is unhealthy.
    pub reason: String,
    /// The body of the last response, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_answer: Option<String>,
    /// When the destination became unhealthy.
    #[serde(with = "crate::time::text")]
    #[cfg_attr(feature = "openapi", schemars(with = "crate::catalogue::DateTime"))]
    pub since: Timestamp,
    /// The rules that it pauses, at most [`MAX_NAMED_RULES`].
    pub paused_rules: Vec<PausedRule>,
    /// How many more rules it pauses.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub more_paused: usize,
}

/// A rule that an unhealthy destination pauses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct PausedRule {
    /// The rule's id.
    pub id: String,
    /// The event types that the rule sends.
    #[cfg_attr(feature = "openapi", schemars(with = "Vec<String>"))]
    pub events: Vec<EventType>,
}

/// The most paused rules that a notice names.
pub const MAX_NAMED_RULES: usize = 20;
/// How much of the last response a notice shows, in bytes.
const MAX_ANSWER: usize = 300;

fn is_zero(n: &usize) -> bool {
    *n == 0
}

impl Notice {
    /// Creates the notice about `destination` with the state `unhealthy`, the last `attempt` and the operator's
    /// `rules`.
    pub fn new(destination: &Destination, unhealthy: &Unhealthy, attempt: Option<&Attempt>, rules: &[Rule]) -> Self {
        let ill = Destination { unhealthy: Some(unhealthy.clone()), ..destination.clone() };
        let paused =
            |rule: &&Rule| rule.active && !rule.paused_by(|id| Some(&ill).filter(|ill| ill.id == id)).is_empty();
        let paused: Vec<_> = rules.iter().filter(paused).collect();
        let of_channel = matches!(destination.belongs_to, Some(Owner::Channel(_)));
        let id_if = |is: bool| is.then(|| destination.public_id());
        let of = |api| id_if(!of_channel && destination.api == api);
        Self {
            destination_id: of(ApiKind::Stack),
            channel_id: id_if(of_channel),
            webhook_id: of(ApiKind::Mail),
            provider_id: of(ApiKind::Providers),
            project_channel_id: of(ApiKind::Config),
            endpoint_id: of(ApiKind::StackAuth),
            name: destination.name.clone(),
            kind: destination.kind,
            destination: destination.shown().into_owned(),
            delivery_id: unhealthy.delivery_id,
            reason: unhealthy.reason.clone(),
            last_answer: attempt.and_then(|a| a.response.as_deref()).map(|body| cut(body, MAX_ANSWER).to_owned()),
            since: unhealthy.since,
            more_paused: paused.len().saturating_sub(MAX_NAMED_RULES),
            paused_rules: (paused.iter().take(MAX_NAMED_RULES))
                .map(|rule| PausedRule { id: rule.public_id(), events: rule.events.clone() })
                .collect(),
        }
    }

    /// The steps to fix the destination: a description and the API call of each.
    pub fn steps(&self) -> Vec<(&'static str, String)> {
        let ids = [
            ("/v1/notifications/channels", &self.channel_id),
            ("/mail/webhooks", &self.webhook_id),
            ("/api/v1/notifications/providers", &self.provider_id),
            ("/v1/config/notifications", &self.project_channel_id),
            ("/v1/webhooks/endpoints", &self.endpoint_id),
            ("/v1/notifications/destinations", &self.destination_id),
        ];
        let known = ids.iter().find_map(|(noun, id)| Some(format!("{noun}/{}", id.as_ref()?)));
        let path = known.unwrap_or_else(|| "/v1/notifications/destinations/…".to_owned());
        let since = missed_since(self.since, self.delivery_id);
        let send_again = ("Send what it missed", format!("POST {path}/recover {{\"since\": \"{since:.3}\"}}"));
        if self.provider_id.is_some() || self.project_channel_id.is_some() {
            return vec![("Fix it, then test it", format!("POST {path}/test")), send_again];
        }
        match self.kind {
            Kind::Webhook | Kind::Chat(_) | Kind::OpsEmail => {
                vec![("Fix the endpoint, then verify it", format!("POST {path}/verify")), send_again]
            }
            Kind::Email | Kind::Sms => vec![
                ("Ask for a code", format!("POST {path}/send-code")),
                ("Verify with it", format!("POST {path}/verify {{\"code\": \"…\"}}")),
                send_again,
            ],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Delivery, RuleId, lifecycle::Fate};
    use crate::{
        rule::OnUnhealthy,
        testing::{self, attempt, email, event_types},
        time::now,
    };

    fn rule(to: &Destination, active: bool, on_unhealthy: OnUnhealthy) -> Rule {
        Rule { events: event_types(&["agent.blocked"]), active, on_unhealthy, ..testing::rule(&[to]) }
    }

    #[test]
    fn a_notice_names_the_rules_that_are_paused_and_how_to_resume() {
        let (ill, other) = (email("a@example.com"), email("b@example.com"));
        let paused = rule(&ill, true, OnUnhealthy::Pause);
        let rules = [
            paused.clone(),
            rule(&ill, false, OnUnhealthy::Pause),
            rule(&ill, true, OnUnhealthy::Skip),
            rule(&other, true, OnUnhealthy::Pause),
        ];
        let unhealthy = Unhealthy::new(now(), "smtp; 550 5.1.1 user unknown", None);
        let notice = Notice::new(&ill, &unhealthy, None, &rules);
        assert_eq!(notice.paused_rules, [PausedRule { id: paused.id.to_string(), events: paused.events }]);
        let steps = notice.steps();
        assert!(steps[0].1.ends_with(&format!("{}/send-code", ill.id)) && steps[1].1.contains("/verify"));
        let json = serde_json::to_string(&notice).expect("JSON");
        assert_eq!(serde_json::from_str::<Notice>(&json).expect("a notice"), notice);
        assert!(!json.contains("more_paused"));
    }

    #[test]
    fn a_legacy_channels_address_is_resumed_by_way_of_its_channel() {
        let channel = RuleId::generate();
        let to = Destination { belongs_to: Some(Owner::Channel(channel)), ..email("a@example.com") };
        let many: Vec<_> = (0..30).map(|_| rule(&to, true, OnUnhealthy::Pause)).collect();
        let notice = Notice::new(&to, &Unhealthy::new(now(), "gone", None), Some(&attempt(500)), &many);
        assert_eq!((&notice.destination_id, &notice.channel_id), (&None, &Some(channel.to_string())));
        assert_eq!((notice.paused_rules.len(), notice.more_paused), (20, 10));
        assert!(notice.steps().iter().all(|(_, call)| call.contains(&format!("/channels/{channel}/"))));
    }

    /// For each attempt of a round, whether it makes the destination unhealthy.
    fn breaking(schedule: &Schedule, round: &[Attempt]) -> Vec<bool> {
        let round: Vec<_> = round.iter().collect();
        (1..=round.len()).map(|length| breaks(schedule, &round[..length])).collect()
    }

    #[test]
    fn the_fourth_failure_breaks_health_and_gone_does_at_once() {
        let schedule = Schedule::default();
        let failing = [500; 5].map(attempt);
        assert_eq!(breaking(&schedule, &failing), [false, false, false, true, false]);
        assert!(breaks(&schedule, &[&attempt(410)]));
        assert_eq!(breaking(&schedule, &[500, 500, 500, 200].map(attempt)), [false; 4]);
        let short = "1".parse().expect("a schedule");
        assert_eq!(breaking(&short, &failing[..2]), [false, true]);
    }

    #[test]
    fn a_destination_is_not_blamed_for_the_service_between() {
        let by = |fault| Attempt { fault, ..attempt(400) };
        for fault in [Fault::Carrier, Fault::Sender] {
            assert_eq!(breaking(&Schedule::default(), &[(); 5].map(|()| by(fault))), [false; 5]);
        }
        assert!(breaks(&Schedule::default(), &[&by(Fault::Address)]));
    }

    #[test]
    fn a_rate_limit_never_counts() {
        let schedule = Schedule::default();
        let limited = Attempt { fault: Fault::Throttled, ..attempt(429) };
        assert_eq!(breaking(&schedule, &vec![limited.clone(); 9]), [false; 9]);
        let id = DeliveryId::new(crate::DestinationId::generate(), crate::EventId::generate());
        let event_type: EventType = "custom.a".try_into().expect("a type");
        let of = |attempts| Delivery {
            attempts,
            ..Delivery::new(id, crate::OperatorId::generate(), &event_type, ApiKind::Stack, Fate::Send, now())
        };
        let failed = || attempt(500);
        let mixed = of(vec![failed(), limited.clone(), failed(), failed(), limited.clone(), failed()]);
        assert!(breaks(&schedule, &mixed.round(3)), "the fourth failure");
        let round = of(vec![failed(), failed(), failed(), limited]);
        assert_eq!(round.round(2).len(), 3);
    }

    #[test]
    fn a_reason_is_cut() {
        let reason = Unhealthy::new(crate::time::now(), &"x".repeat(9000), None).reason;
        assert_eq!(reason.len(), MAX_REASON);
    }
}
