use std::collections::BTreeSet;

use proptest::prelude::*;

use super::{DeliveryState::*, *};
use crate::{attempt::Fault, testing::attempt, time::from_millis};

const NOW: i64 = 1_700_000_000_000;

fn now() -> Timestamp {
    from_millis(NOW)
}

fn to(next: Option<Transition>) -> Option<DeliveryState> {
    next.map(|next| next.state)
}

/// The rows of the module's table that depend on the state, for the states in the order of [`DeliveryState::ALL`].
fn table() -> Vec<(Trigger, [Option<DeliveryState>; 5])> {
    let stopped = Trigger::Stopped;
    // Pending, succeeded, failed, abandoned, held.
    let mut table = vec![
        (stopped(Reason::DestinationUnhealthy), [Some(Held), None, None, None, None]),
        (Trigger::Overdue(now()), [Some(Failed), None, None, None, None]),
        (Trigger::SentAgain, [None, Some(Pending), Some(Pending), Some(Pending), Some(Pending)]),
        (stopped(Reason::Other("later".into())), [None; 5]),
    ];
    let holding = [Reason::RulePaused, Reason::DestinationDisabled, Reason::DestinationUnverified];
    table.extend(holding.map(|reason| (stopped(reason), [Some(Held); 5])));
    let ending =
        [Reason::DestinationDeleted, Reason::Suppressed, Reason::RateLimited, Reason::NotSent, Reason::Interrupted];
    table.extend(ending.map(|reason| (stopped(reason), [Some(Abandoned); 5])));
    let returned = [Reason::Bounced, Reason::Rejected];
    table.extend(returned.map(|reason| (stopped(reason), [None, Some(Abandoned), None, None, None])));
    table
}

#[test]
fn every_trigger_leads_where_the_table_says() {
    let table = table();
    for reason in Reason::ALL {
        assert!(table.iter().any(|(trigger, _)| *trigger == Trigger::Stopped(reason.clone())), "{reason} is missing");
    }
    for (trigger, expected) in table {
        for (state, expected) in DeliveryState::ALL.into_iter().zip(expected) {
            let next = state.after(&trigger);
            assert_eq!(to(next.clone()), expected, "{state:?} after {trigger:?}");
            let Some(next) = next else { continue };
            match &trigger {
                Trigger::Stopped(reason) => {
                    assert_eq!((next.reason.as_ref(), next.next_attempt_at), (Some(reason), None))
                }
                Trigger::Overdue(at) => assert_eq!((next.reason, next.next_attempt_at), (None, Some(*at))),
                Trigger::SentAgain => assert_eq!((next.reason, next.next_attempt_at), (None, None)),
            }
        }
    }
}

#[test]
fn a_plan_decides_the_first_state() {
    let first = |fate| {
        let Transition { state, reason, next_attempt_at } = Transition::planned(fate);
        assert_eq!(next_attempt_at, None);
        (state, reason)
    };
    assert_eq!(first(Fate::Send), (Pending, None));
    assert_eq!(first(Fate::Hold), (Held, Some(Reason::RulePaused)));
    assert_eq!(first(Fate::Disabled), (Held, Some(Reason::DestinationDisabled)));
    assert_eq!(first(Fate::Abandon), (Abandoned, Some(Reason::DestinationDeleted)));
}

#[test]
fn every_state_is_reachable() {
    let fates = [Fate::Send, Fate::Hold, Fate::Disabled, Fate::Abandon];
    let mut reached: Vec<_> = fates.map(|fate| Transition::planned(fate).state).to_vec();
    let triggers: Vec<_> = table().into_iter().map(|(trigger, _)| trigger).collect();
    let mut place = 0;
    while let Some(state) = reached.get(place).copied() {
        let attempts = [200, 500].map(|status| Transition::attempted(&attempt(status), Retry::Manual, now()));
        let others = triggers.iter().filter_map(|trigger| state.after(trigger));
        for next in attempts.into_iter().chain(others) {
            if !reached.contains(&next.state) {
                reached.push(next.state);
            }
        }
        place += 1;
    }
    let names = |states: &[DeliveryState]| states.iter().map(|state| state.as_str()).collect::<BTreeSet<_>>();
    assert_eq!(names(&reached), names(&DeliveryState::ALL));
}

fn scheduled(step: u32, attempt: &Attempt) -> Transition {
    let schedule = Schedule::default();
    Transition::attempted(attempt, Retry::Scheduled { schedule: &schedule, step, jitter: 0.0 }, now())
}

#[test]
fn a_permanent_failure_ends_it_at_once_and_a_carriers_failure_walks_on() {
    let judged = |step, fault| scheduled(step, &Attempt { fault, ..attempt(400) }).state;
    assert_eq!([judged(0, Fault::Address), judged(0, Fault::Sender)], [Abandoned; 2]);
    let carrier = Fault::Carrier;
    assert_eq!([judged(0, carrier), judged(3, carrier), judged(4, carrier)], [Failed, Failed, Abandoned]);
}

#[test]
fn gone_ends_it_at_once() {
    assert_eq!(scheduled(0, &attempt(410)), Transition::to(Abandoned));
}

#[test]
fn success_ends_it() {
    assert_eq!(scheduled(2, &attempt(204)), Transition::to(Succeeded));
}

#[test]
fn a_notification_that_was_sent_at_once_is_not_retried() {
    let state = |status| Transition::attempted(&attempt(status), Retry::Manual, now());
    assert_eq!((state(200), state(500)), (Transition::to(Succeeded), Transition::to(Abandoned)));
}

#[test]
fn a_rate_limit_ends_it_after_a_day() {
    let (first, due) = (from_millis(0), from_millis(1000));
    let limited = Attempt { fault: Fault::Throttled, ..attempt(429) };
    let judged = |since, now| Transition::attempted(&limited, Retry::Limited { since, due }, now);
    assert_eq!(judged(None, first), Transition::due(due));
    assert_eq!(judged(Some(first), first + MAX_LIMITED - Duration::from_millis(1)).state, Failed);
    let ended = judged(Some(first), first + MAX_LIMITED);
    assert_eq!((ended.state, ended.reason), (Abandoned, Some(Reason::RateLimited)));
}

#[test]
fn a_delivery_on_its_way_is_not_retried_by_hand() {
    let may = DeliveryState::ALL.map(DeliveryState::may_retry);
    assert_eq!(may, [Err(NoRetry::InProgress), Err(NoRetry::Succeeded), Ok(()), Ok(()), Ok(())]);
    for state in DeliveryState::ALL.into_iter().filter(|state| state.may_retry().is_ok()) {
        assert_eq!(to(state.after(&Trigger::SentAgain)), Some(Pending));
    }
}

fn any_attempt() -> impl Strategy<Value = Attempt> {
    let fault = prop_oneof![
        Just(Fault::Receiver),
        Just(Fault::Carrier),
        Just(Fault::Throttled),
        Just(Fault::Address),
        Just(Fault::Sender)
    ];
    (200_u16..600, fault).prop_map(|(status, fault)| Attempt { fault, ..attempt(status) })
}

proptest! {
    #[test]
    fn only_a_failed_delivery_has_a_next_attempt(
        attempt in any_attempt(), step in 0_u32..8, jitter in 0.0..1.0, limited in prop::option::of(0_i64..200_000_000)
    ) {
        let schedule = Schedule::default();
        let since = limited.map(|ago| from_millis(NOW - ago));
        for retry in [
            Retry::Scheduled { schedule: &schedule, step, jitter },
            Retry::Limited { since, due: now() },
            Retry::Manual,
        ] {
            let next = Transition::attempted(&attempt, retry, now());
            prop_assert_eq!(next.state == Succeeded, attempt.succeeded());
            prop_assert_eq!(next.state == Failed, next.next_attempt_at.is_some());
            prop_assert!(next.next_attempt_at.is_none_or(|due| due >= now()));
            prop_assert!(matches!(next.state, Succeeded | Failed | Abandoned));
            let scheduled = matches!(retry, Retry::Scheduled { .. });
            if scheduled && !attempt.succeeded() {
                let again = attempt.may_be_repeated() && step + 1 < schedule.attempts();
                prop_assert_eq!(next.state, if again { Failed } else { Abandoned }, "no attempt is skipped");
            }
        }
    }
}
