//! The rules by which a destination becomes unhealthy.

use jiff::Timestamp;

use crate::{
    ApiKind, Attempt, Destination, Kind, Rule, Unhealthy,
    attempt::{Fault, cut},
    backoff::Schedule,
    destination::Owner,
    unhealthy::missed_since,
};

pub use crate::catalogue::unhealthy::{MAX_NAMED_RULES, Notice, PausedRule, Subject};

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

/// How much of the last response a notice shows, in bytes.
const MAX_ANSWER: usize = 300;

/// A step to fix an unhealthy destination. Each is a call of the API that created the destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Fix the endpoint, then verify it.
    Verify,
    /// Ask for a verification code.
    AskForCode,
    /// Verify with the code.
    EnterCode,
    /// Fix the destination, then test it.
    Test,
    /// Send the deliveries that it missed.
    Recover {
        /// The time from which it may have missed events.
        since: Timestamp,
    },
}

impl Notice {
    /// Creates the notice about `destination` with the state `unhealthy`, the last `attempt` and the operator's
    /// `rules`.
    pub fn new(destination: &Destination, unhealthy: &Unhealthy, attempt: Option<&Attempt>, rules: &[Rule]) -> Self {
        let ill = Destination { unhealthy: Some(unhealthy.clone()), ..destination.clone() };
        let paused =
            |rule: &&Rule| rule.active && !rule.paused_by(|id| Some(&ill).filter(|ill| ill.id == id)).is_empty();
        let paused: Vec<_> = rules.iter().filter(paused).collect();
        Self {
            subject: Some(subject(destination)),
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
            console_url: None,
        }
    }

    /// Adds the link to the destination's page in the console at `console`, an absolute URL, unless it has one.
    pub fn linked(self, console: Option<&str>) -> Self {
        let link = || {
            let id = self.subject.as_ref()?.id();
            Some(format!("{}/index.html#/destinations/{id}", console?.trim_end_matches('/')))
        };
        let console_url = self.console_url.clone().or_else(link);
        Self { console_url, ..self }
    }

    /// The steps to fix the destination, in their order.
    pub fn steps(&self) -> Vec<Step> {
        let recover = Step::Recover { since: missed_since(self.since, self.delivery_id) };
        match (&self.subject, self.kind) {
            (Some(Subject::Provider(_) | Subject::ProjectChannel(_)), _) => vec![Step::Test, recover],
            (_, Kind::Webhook | Kind::Chat(_) | Kind::OpsEmail) => {
                vec![Step::Verify, recover]
            }
            (_, Kind::Email | Kind::Sms) => vec![Step::AskForCode, Step::EnterCode, recover],
        }
    }
}

fn subject(destination: &Destination) -> Subject {
    let id = destination.public_id();
    match (destination.belongs_to, destination.api) {
        (Some(Owner::Channel(_)), _) => Subject::Channel(id),
        (_, ApiKind::Stack) => Subject::Destination(id),
        (_, ApiKind::Mail) => Subject::Webhook(id),
        (_, ApiKind::Providers) => Subject::Provider(id),
        (_, ApiKind::Config) => Subject::ProjectChannel(id),
        (_, ApiKind::StackAuth) => Subject::Endpoint(id),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Delivery, DeliveryId, EventType, RuleId, lifecycle::Fate};
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
        let recover = Step::Recover { since: unhealthy.since };
        assert_eq!(notice.steps(), [Step::AskForCode, Step::EnterCode, recover]);
        assert_eq!(notice.subject, Some(Subject::Destination(ill.id.to_string())));
        let json = serde_json::to_string(&notice).expect("JSON");
        assert_eq!(serde_json::from_str::<Notice>(&json).expect("a notice"), notice);
        assert!(!json.contains("more_paused") && !json.contains("console_url"));
        let linked = notice.linked(Some("https://api.example.com/console/")).console_url;
        let page = format!("https://api.example.com/console/index.html#/destinations/{}", ill.id);
        assert_eq!(linked.as_deref(), Some(&*page));
    }

    #[test]
    fn a_legacy_channels_address_is_resumed_by_way_of_its_channel() {
        let channel = RuleId::generate();
        let to = Destination { belongs_to: Some(Owner::Channel(channel)), ..email("a@example.com") };
        let many: Vec<_> = (0..30).map(|_| rule(&to, true, OnUnhealthy::Pause)).collect();
        let notice = Notice::new(&to, &Unhealthy::new(now(), "gone", None), Some(&attempt(500)), &many);
        assert_eq!(notice.subject, Some(Subject::Channel(channel.to_string())));
        assert_eq!((notice.paused_rules.len(), notice.more_paused), (20, 10));
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
}
