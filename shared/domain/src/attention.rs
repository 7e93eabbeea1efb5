//! What needs the operator's attention in an account, and how to fix it.

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
};

use jiff::Timestamp;
use serde::Serialize;

use crate::{Destination, DestinationId, Kind, Rule, RuleId, chart::Tally, overdue::Overdue};

/// The kind of an item that needs attention, most urgent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Concern {
    /// A destination receives nothing at the moment.
    DestinationUnhealthy,
    /// A rule sends nothing at the moment.
    RulePaused,
    /// Deliveries wait longer than they should.
    DeliveriesOverdue,
    /// Deliveries were abandoned.
    DeliveriesAbandoned,
    /// Held deliveries can be recovered.
    DeliveriesHeld,
    /// A destination is waiting for its code.
    DestinationUnverified,
}

/// One item that needs the operator's attention, and how to fix it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attention {
    /// What kind of thing.
    pub concern: Concern,
    /// What it is, in a few words.
    pub title: String,
    /// The problem and the fix.
    pub detail: String,
    /// When it began, if that is known.
    pub since: Option<Timestamp>,
    /// Which destination.
    pub destination_id: Option<DestinationId>,
    /// The rule, if the item is about one.
    pub rule_id: Option<RuleId>,
    /// How many deliveries.
    pub count: Option<u32>,
}

impl Attention {
    fn of(concern: Concern, title: String, detail: String) -> Self {
        Self { concern, title, detail, since: None, destination_id: None, rule_id: None, count: None }
    }

    fn of_destination(concern: Concern, to: &Destination, title: String, detail: String) -> Self {
        Self { destination_id: Some(to.id), ..Self::of(concern, title, detail) }
    }
}

/// The name of a destination in titles: its own name, or else its address.
fn called(to: &Destination) -> Cow<'_, str> {
    to.name.as_deref().map_or_else(|| to.shown(), Cow::Borrowed)
}

/// The label of a rule, which has no name: `passport.flagged → Shop`, `passport.flagged and 2 more → Shop and 1 more`.
fn label<'a>(rule: &Rule, find: impl Fn(DestinationId) -> Option<&'a Destination>) -> String {
    let some = |mut names: Vec<Cow<'_, str>>| match names.len() {
        0 | 1 => names.pop().unwrap_or_default().into_owned(),
        several => format!("{} and {} more", names[0], several - 1),
    };
    let types = rule.events.iter().map(|event_type| Cow::Owned(event_type.to_string()));
    let names = rule.destination_ids.iter().filter_map(|id| find(*id)).map(called);
    format!("{} → {}", some(types.collect()), some(names.collect()))
}

fn deliveries(count: u32) -> String {
    if count == 1 { "1 delivery".to_owned() } else { format!("{count} deliveries") }
}

/// Lists what needs attention, most urgent first; items of the same kind are ordered by the number of deliveries.
/// `tallies` counts recent deliveries by state, and `overdue` those that wait longer than they should, both by
/// destination.
pub fn attention(
    destinations: &[Destination],
    rules: &[Rule],
    tallies: &HashMap<DestinationId, Tally>,
    overdue: &HashMap<DestinationId, Overdue>,
) -> Vec<Attention> {
    let known: BTreeMap<_, _> = destinations.iter().map(|to| (to.id, to)).collect();
    let find = |id: DestinationId| known.get(&id).copied();
    let mut found: Vec<_> = destinations
        .iter()
        .filter_map(|to| of_destination(to, rules, tallies.get(&to.id).copied().unwrap_or_default()))
        .collect();
    found.extend(destinations.iter().filter_map(|to| late(to, *overdue.get(&to.id)?)));
    // A rule with a single destination is covered by that destination's own item.
    let several = rules.iter().filter(|rule| rule.active && rule.destination_ids.len() > 1);
    found.extend(several.filter_map(|rule| {
        let paused_by = rule.paused_by(find);
        let names: Vec<_> = paused_by.iter().filter_map(|id| find(*id)).map(called).collect();
        let title = format!("The rule {} is paused", label(rule, find));
        let detail = format!(
            "It sends to none of its destinations while {} is unhealthy. Verify that, or let the rule skip it.",
            names.join(", ")
        );
        let paused = Attention { rule_id: Some(rule.id), ..Attention::of(Concern::RulePaused, title, detail) };
        (!names.is_empty()).then_some(paused)
    }));
    let gone = tallies.iter().filter(|(id, tally)| find(**id).is_none() && tally.waiting() > 0);
    found.extend(gone.map(|(id, tally)| {
        let title = format!("{} to a destination that is deleted", deliveries(tally.waiting()));
        let detail = "A rule still targets it. Give the rule another destination.".to_owned();
        let concern = Concern::DeliveriesAbandoned;
        Attention { destination_id: Some(*id), count: Some(tally.waiting()), ..Attention::of(concern, title, detail) }
    }));
    found.sort_by_key(|one| (one.concern, std::cmp::Reverse(one.count), one.since));
    found
}

/// Turns a stored reason into a sentence: with a capital letter and a full stop.
fn sentence(reason: &str) -> String {
    let mut letters = reason.trim_end_matches('.').chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string());
    format!("{}{}.", first.unwrap_or_default(), letters.as_str())
}

/// The most urgent item about one destination, if there is one.
fn of_destination(to: &Destination, rules: &[Rule], tally: Tally) -> Option<Attention> {
    let (waiting, name) = (tally.waiting(), called(to));
    let count = Some(waiting).filter(|waiting| *waiting > 0);
    if let Some(unhealthy) = &to.unhealthy {
        let paused = rules.iter().filter(|rule| rule.active && rule.destination_ids.contains(&to.id)).count();
        let rules = match paused {
            0 => String::new(),
            1 => " 1 rule waits for it.".to_owned(),
            several => format!(" {several} rules wait for it."),
        };
        let missed = count.map(|count| format!(", then recover {}", deliveries(count))).unwrap_or_default();
        let detail = format!("{}{rules} Fix it, verify it again{missed}.", sentence(&unhealthy.reason));
        let title = format!("{name} is unhealthy");
        let attention = Attention::of_destination(Concern::DestinationUnhealthy, to, title, detail);
        return Some(Attention { since: Some(unhealthy.since), count, ..attention });
    }
    if to.disabled {
        return None;
    }
    if !to.verified() {
        let title = format!("{name} is not verified");
        let how = match to.kind {
            Kind::Email | Kind::Sms => "Send a code to it, and type the code in.",
            _ => "Verify it with a signed request.",
        };
        let missed = count.map(|count| format!(" Then recover {}.", deliveries(count))).unwrap_or_default();
        let detail = format!("Nothing is sent to it, and no new rule can target it before. {how}{missed}");
        let attention = Attention::of_destination(Concern::DestinationUnverified, to, title, detail);
        return Some(Attention { since: Some(to.updated_at.unwrap_or(to.created_at)), count, ..attention });
    }
    let (concern, number, title) = match tally {
        Tally { abandoned, .. } if abandoned > 0 => (
            Concern::DeliveriesAbandoned,
            abandoned,
            format!("{} to {name} ended without success", deliveries(abandoned)),
        ),
        Tally { held, .. } if held > 0 => {
            (Concern::DeliveriesHeld, held, format!("{} to {name} on hold", deliveries(held)))
        }
        _ => return None,
    };
    let detail = "The destination is healthy: recover what it missed, or let it be.".to_owned();
    let attention = Attention::of_destination(concern, to, title, detail);
    Some(Attention { count: Some(number), ..attention })
}

/// The item about overdue deliveries of a destination that receives notifications. For others, [`of_destination`] says
/// what to do first.
fn late(to: &Destination, overdue: Overdue) -> Option<Attention> {
    if overdue.count == 0 || !to.receives() {
        return None;
    }
    let verb = if overdue.count == 1 { "is" } else { "are" };
    let title = format!("{} to {} {verb} overdue", deliveries(overdue.count), called(to));
    let recover = "Recover the destination to send them again.";
    let detail = if to.traffic.breaker.is_some() {
        format!("The destination does not answer. Deliveries wait until it does. {recover}")
    } else if let Some(rate) = to.rate() {
        let rate = rate.a_second();
        format!("The destination gets {rate} a second at most. If the number does not fall, recover the destination.")
    } else {
        format!("They should have been attempted at least 15 minutes ago. {recover}")
    };
    let found = Attention::of_destination(Concern::DeliveriesOverdue, to, title, detail);
    Some(Attention { since: overdue.since, count: Some(overdue.count), ..found })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Unhealthy,
        testing::{email, rule},
        time::from_millis,
        traffic::{Breaker, Traffic},
    };

    #[test]
    fn the_most_urgent_comes_first_and_says_what_to_do() {
        let ill = |address: &str| {
            let unhealthy = Some(Unhealthy::new(from_millis(5), "answered 500.", None));
            Destination { unhealthy, ..email(address) }
        };
        let (well, quiet, loud) = (email("well@example.com"), ill("quiet@example.com"), ill("loud@example.com"));
        let new = Destination { verified_at: None, ..email("new@example.com") };
        let off = Destination { disabled: true, ..email("off@example.com") };
        let rules = [rule(&[&quiet]), rule(&[&well, &loud]), Rule { active: false, ..rule(&[&well, &loud]) }];
        let gone = DestinationId::generate();
        let tallies = HashMap::from([
            (loud.id, Tally { held: 2, abandoned: 1, ..Tally::default() }),
            (well.id, Tally { held: 1, succeeded: 9, ..Tally::default() }),
            (off.id, Tally { held: 7, ..Tally::default() }),
            (gone, Tally { abandoned: 1, ..Tally::default() }),
        ]);
        let found = attention(&[well, quiet, new, loud.clone(), off], &rules, &tallies, &HashMap::new());
        let shown: Vec<_> = found.iter().map(|one| (one.concern, &*one.title, one.count)).collect();
        let paused = format!("The rule {} → well@example.com and 1 more is paused", rules[1].events[0]);
        assert_eq!(
            shown,
            [
                (Concern::DestinationUnhealthy, "loud@example.com is unhealthy", Some(3)),
                (Concern::DestinationUnhealthy, "quiet@example.com is unhealthy", None),
                (Concern::RulePaused, &*paused, None),
                (Concern::DeliveriesAbandoned, "1 delivery to a destination that is deleted", Some(1)),
                (Concern::DeliveriesHeld, "1 delivery to well@example.com on hold", Some(1)),
                (Concern::DestinationUnverified, "new@example.com is not verified", None),
            ]
        );
        assert_eq!(
            found[0].detail,
            "Answered 500. 1 rule waits for it. Fix it, verify it again, then recover 3 deliveries."
        );
        assert!(found[2].detail.contains("while loud@example.com is unhealthy"), "{}", found[2].detail);
    }

    #[test]
    fn overdue_deliveries_come_after_what_is_paused_and_before_what_ended() {
        let (well, held) = (email("well@example.com"), email("held@example.com"));
        let traffic = Traffic { breaker: Some(Breaker::opened(None, from_millis(7))), ..Traffic::default() };
        let silent = Destination { traffic, ..email("silent@example.com") };
        let ill = Destination {
            unhealthy: Some(Unhealthy::new(from_millis(5), "answered 500.", None)),
            ..email("ill@example.com")
        };
        let late = |count| Overdue { count, since: Some(from_millis(9)) };
        let overdue = HashMap::from([(well.id, late(1)), (silent.id, late(12)), (ill.id, late(3)), (held.id, late(0))]);
        let tallies = HashMap::from([(held.id, Tally { abandoned: 40, ..Tally::default() })]);
        let found = attention(&[well, held, silent, ill], &[], &tallies, &overdue);
        let shown: Vec<_> = found.iter().map(|one| (one.concern, &*one.title, one.count)).collect();
        assert_eq!(
            shown,
            [
                (Concern::DestinationUnhealthy, "ill@example.com is unhealthy", None),
                (Concern::DeliveriesOverdue, "12 deliveries to silent@example.com are overdue", Some(12)),
                (Concern::DeliveriesOverdue, "1 delivery to well@example.com is overdue", Some(1)),
                (Concern::DeliveriesAbandoned, "40 deliveries to held@example.com ended without success", Some(40)),
            ]
        );
        assert!(found[1].detail.starts_with("The destination does not answer."), "{}", found[1].detail);
        assert!(found[2].detail.contains("15 minutes"), "{}", found[2].detail);
        assert_eq!(found[2].since, Some(from_millis(9)));
    }
}
