//! The rules of an operator or of a project, indexed by the event types that they take.
//!
//! Finding the rules of an event costs the same with ten rules as with a thousand.

use std::collections::{BTreeSet, HashMap};

use crate::{ApiKind, Event, EventType, Rule};

/// Active rules by event type. Within a type, the rule with the lowest minimum severity comes first.
#[derive(Debug, Default)]
pub struct RuleIndex {
    rules: Vec<Rule>,
    by_type: HashMap<EventType, Vec<usize>>,
    /// The channels of projects, which accept every analysis.
    of_analyses: Vec<usize>,
}

impl RuleIndex {
    /// Indexes rules. Inactive ones, which match nothing, are left out.
    pub fn new(rules: Vec<Rule>) -> Self {
        let mut rules: Vec<_> = rules.into_iter().filter(|rule| rule.active).collect();
        rules.sort_by_key(|rule| rule.min_severity);
        let mut by_type: HashMap<_, Vec<_>> = HashMap::new();
        let mut of_analyses = vec![];
        for (place, rule) in rules.iter().enumerate() {
            if rule.api == ApiKind::Config {
                of_analyses.push(place);
                continue;
            }
            let covered: BTreeSet<_> = rule.events.iter().flat_map(EventType::covered).collect();
            for event_type in covered {
                by_type.entry(event_type).or_default().push(place);
            }
        }
        Self { rules, by_type, of_analyses }
    }

    /// The number of rules, without inactive ones.
    pub fn len(&self) -> usize {
        self.rules.len()
    }

    /// Whether there is no active rule.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// The rules that match an event, as [`Rule::matches`] decides.
    pub fn matching<'a>(&'a self, event: &'a Event) -> impl Iterator<Item = &'a Rule> {
        let of_type = self.by_type.get(&event.event_type).map(Vec::as_slice).unwrap_or_default();
        let of_analyses = if event.event_type.is_analysis() { &*self.of_analyses } else { &[] };
        let severe = move |places: &'a [usize]| {
            let rules = places.iter().filter_map(|place| self.rules.get(*place));
            // Sorted by severity: the first rule that wants more ends the list.
            rules.take_while(|rule| event.severity >= rule.min_severity)
        };
        [of_type, of_analyses].into_iter().flat_map(severe).filter(|rule| rule.is_of_project(event))
    }
}

#[cfg(test)]
mod tests {
    use proptest::{prelude::*, sample::select};

    use super::*;
    use crate::{
        ProjectId, Severity,
        testing::{self, event, event_types, project_id},
    };

    const TYPES: [&str; 5] = ["agent.blocked", "passport.blocked", "custom.a", "custom.b", "analysis.completed"];
    const SEVERITIES: [Severity; 3] = [Severity::Info, Severity::Medium, Severity::Critical];

    fn project() -> impl Strategy<Value = Option<ProjectId>> {
        prop::option::of(select(vec!["one", "two"]).prop_map(project_id))
    }

    prop_compose! {
        fn rule()(
            types in prop::sample::subsequence(&TYPES[..], 1..=TYPES.len()),
            min_severity in select(&SEVERITIES[..]),
            active in prop::bool::weighted(0.8),
            project_id in project(),
            api in select(vec![ApiKind::Stack, ApiKind::Config, ApiKind::Mail]),
        ) -> Rule {
            Rule { events: event_types(&types), min_severity, active, project_id, api, ..testing::rule(&[]) }
        }
    }

    proptest! {
        #[test]
        fn the_index_finds_the_rules_that_match(
            rules in prop::collection::vec(rule(), 0..20),
            event_type in select(&TYPES[..]),
            severity in select(&SEVERITIES[..]),
            project_id in project(),
        ) {
            let event = Event { project_id, ..event(event_type, severity) };
            let mut wanted: Vec<_> = rules.iter().filter(|rule| rule.matches(&event)).map(|rule| rule.id).collect();
            wanted.sort_unstable();
            let index = RuleIndex::new(rules);
            let mut found: Vec<_> = index.matching(&event).map(|rule| rule.id).collect();
            found.sort_unstable();
            prop_assert_eq!(found, wanted);
        }
    }
}
