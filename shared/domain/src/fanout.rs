//! Computes the deliveries of an event from the operator's rules.

use std::collections::BTreeMap;

use crate::{Destination, DestinationId, Event, Rule, lifecycle::Fate};

/// The fate of each delivery of an event, ordered by destination.
pub type Fates = BTreeMap<DestinationId, Fate>;

/// The most deliveries of one event that dispatch creates at once. The rest continue as further parts of this size.
///
/// A full batch of ten such messages is 2,500 deliveries. That takes 100 calls to write their rows and 250 to send
/// their jobs, and 250 more if all are mails, because each mail also has events. With eight calls at a time and 20 ms
/// per call, this takes 1.5 s. Each delivery takes about 0.1 ms of a processor (measured), and the function's 256 MB
/// correspond to a seventh of one: 2 s. The function's limit of 20 s leaves room for calls that take several times as
/// long, and for reading all destinations of an account first.
pub const PART: usize = 250;

/// One fate for each destination that the active rules select for the event. If several rules select a destination, the
/// best of their fates applies, so a paused rule does not hold a delivery that another rule sends.
///
/// `find` looks up one of the operator's destinations.
pub fn fan_out<'a, 'r>(
    event: &Event,
    rules: impl IntoIterator<Item = &'r Rule>,
    find: impl Fn(DestinationId) -> Option<&'a Destination>,
) -> Fates {
    let mut fates = Fates::new();
    for rule in rules.into_iter().filter(|rule| rule.matches(event)) {
        let paused = !rule.paused_by(&find).is_empty();
        for &id in &rule.destination_ids {
            let fate = match find(id) {
                None => Fate::Abandon,
                Some(destination) if destination.disabled => Fate::Disabled,
                Some(destination) if paused || !destination.receives() => Fate::Hold,
                Some(_) => Fate::Send,
            };
            let best = fates.entry(id).or_insert(fate);
            *best = fate.max(*best);
        }
    }
    fates
}

/// Splits fates into parts of [`PART`], ordered by destination. The last part may be smaller.
pub fn parts(fates: Fates) -> impl Iterator<Item = Fates> {
    let mut rest = fates.into_iter().peekable();
    std::iter::from_fn(move || {
        rest.peek()?;
        Some(rest.by_ref().take(PART).collect())
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        ApiKind, DeliveryId, EventId, Severity, Unhealthy,
        rule::OnUnhealthy,
        testing::{self, email, event, event_types, project_id},
        time::now,
    };

    fn destination(healthy: bool) -> Destination {
        let id = DestinationId::generate();
        let unhealthy = (!healthy).then(|| Unhealthy {
            since: now(),
            reason: "500".into(),
            delivery_id: Some(DeliveryId::new(id, EventId::generate())),
        });
        Destination { id, unhealthy, ..email("a@example.com") }
    }

    fn rule(to: &[&Destination], events: &[&str], min_severity: Severity) -> Rule {
        Rule { events: event_types(events), min_severity, ..testing::rule(to) }
    }

    fn fates(event: &Event, rules: &[Rule], known: &[&Destination]) -> Vec<(DestinationId, Fate)> {
        fan_out(event, rules, |id| known.iter().copied().find(|d| d.id == id)).into_iter().collect()
    }

    #[test]
    fn a_rule_takes_its_types_from_its_least_severity_up() {
        let to = destination(true);
        let rules = [rule(&[&to], &["custom.a"], Severity::Medium)];
        assert_eq!(fates(&event("custom.a", Severity::Medium), &rules, &[&to]), [(to.id, Fate::Send)]);
        assert_eq!(fates(&event("custom.a", Severity::Low), &rules, &[&to]), []);
        assert_eq!(fates(&event("custom.b", Severity::Critical), &rules, &[&to]), []);
        let off = [Rule { active: false, ..rules[0].clone() }];
        assert_eq!(fates(&event("custom.a", Severity::Medium), &off, &[&to]), []);
    }

    #[test]
    fn a_destination_that_several_rules_hit_gets_one_delivery() {
        let to = destination(true);
        let rules = [
            rule(&[&to], &["agent.blocked"], Severity::Info),
            rule(&[&to, &to], &["passport.blocked"], Severity::Info),
        ];
        assert_eq!(fates(&event("agent.blocked", Severity::Critical), &rules, &[&to]), [(to.id, Fate::Send)]);
    }

    #[test]
    fn a_destination_that_is_switched_off_pauses_nothing_else() {
        let (on, off) = (destination(true), Destination { disabled: true, ..destination(true) });
        let rules = [rule(&[&on, &off], &["custom.a"], Severity::Info)];
        let mut fates = fates(&event("custom.a", Severity::Info), &rules, &[&on, &off]);
        fates.sort_by_key(|(_, fate)| *fate);
        assert_eq!(fates, [(off.id, Fate::Disabled), (on.id, Fate::Send)]);
    }

    #[test]
    fn a_channel_of_a_project_takes_its_analyses_and_no_others() {
        let to = destination(true);
        let of = |project: Option<&str>, severity, event_type| Event {
            project_id: project.map(project_id),
            ..event(event_type, severity)
        };
        let mine = Rule {
            api: ApiKind::Config,
            project_id: Some(project_id("mine")),
            ..rule(&[&to], &["analysis.completed"], Severity::High)
        };
        let sent = |event: Event| !fates(&event, std::slice::from_ref(&mine), &[&to]).is_empty();
        assert!(sent(of(Some("mine"), Severity::High, "analysis.completed")));
        assert!(sent(of(Some("mine"), Severity::Critical, "analysis.completed")));
        assert!(!sent(of(Some("mine"), Severity::Medium, "analysis.completed")));
        assert!(!sent(of(Some("other"), Severity::Critical, "analysis.completed")));
        assert!(!sent(of(None, Severity::Critical, "analysis.completed")));
        assert!(!sent(of(Some("mine"), Severity::Critical, "custom.a")));
    }

    #[test]
    fn one_unhealthy_destination_pauses_its_rule_unless_the_rule_skips() {
        let (well, ill) = (destination(true), destination(false));
        let pausing = rule(&[&well, &ill], &["custom.a"], Severity::Info);
        let skipping = Rule { on_unhealthy: OnUnhealthy::Skip, ..pausing.clone() };
        let event = event("custom.a", Severity::Info);
        let of = |rules: &[Rule], id| fates(&event, rules, &[&well, &ill]).into_iter().find(|f| f.0 == id).map(|f| f.1);
        assert_eq!(of(std::slice::from_ref(&pausing), well.id), Some(Fate::Hold));
        assert_eq!(of(std::slice::from_ref(&pausing), ill.id), Some(Fate::Hold));
        assert_eq!(of(std::slice::from_ref(&skipping), well.id), Some(Fate::Send));
        assert_eq!(of(&[skipping, pausing], ill.id), Some(Fate::Hold));
    }

    #[test]
    fn a_deleted_destination_pauses_nothing_and_is_recorded() {
        let (well, gone) = (destination(true), destination(true));
        let rules = [rule(&[&well, &gone], &["custom.a"], Severity::Info)];
        let fates = fates(&event("custom.a", Severity::Info), &rules, &[&well]);
        assert!(fates.contains(&(well.id, Fate::Send)) && fates.contains(&(gone.id, Fate::Abandon)));
    }

    fn fate() -> impl Strategy<Value = Fate> {
        prop_oneof![Just(Fate::Abandon), Just(Fate::Disabled), Just(Fate::Hold), Just(Fate::Send)]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(50))]

        #[test]
        fn parts_are_full_and_together_are_the_whole_in_its_order(
            whole in (0..=3 * PART + 1).prop_flat_map(|count| prop::collection::vec(fate(), count))
        ) {
            let whole: Fates = whole.into_iter().map(|fate| (DestinationId::generate(), fate)).collect();
            let parts: Vec<_> = parts(whole.clone()).collect();
            prop_assert_eq!(parts.len(), whole.len().div_ceil(PART));
            if let Some((last, full)) = parts.split_last() {
                prop_assert!(full.iter().all(|part| part.len() == PART) && (1..=PART).contains(&last.len()));
            }
            prop_assert!(parts.into_iter().flatten().eq(whole));
        }
    }

    #[test]
    fn an_event_for_nobody_has_no_part_and_a_full_one_is_not_cut() {
        let of = |count: usize| {
            let whole: Fates = (0..count).map(|_| (DestinationId::generate(), Fate::Send)).collect();
            parts(whole).map(|part| part.len()).collect::<Vec<_>>()
        };
        assert_eq!([of(0), of(1), of(PART), of(PART + 1)], [vec![], vec![1], vec![PART], vec![PART, 1]]);
    }
}
