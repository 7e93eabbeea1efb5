use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::{
    DestinationId, EventId, backoff::Schedule, destination::Standing, lifecycle::Retry, overdue::OVERDUE_AFTER,
    testing::attempt, time::from_millis, traffic::MAX_LIMITED,
};

fn job(attempt: u32, step: u32) -> Job {
    let id = DeliveryId::new(DestinationId::generate(), EventId::generate());
    Job { step, ..Job::at_once(id, OperatorId::generate(), attempt - 1) }
}

fn row(state: DeliveryState, attempt_count: u32) -> Delivery {
    let job = job(1, 0);
    Delivery {
        id: job.delivery_id,
        operator_id: job.operator_id,
        event_type: "custom.a".try_into().expect("a type"),
        state,
        reason: None,
        attempt_count,
        attempts: vec![],
        next_attempt_at: None,
        created_at: from_millis(0),
        api: ApiKind::Stack,
        step: 0,
        probe: None,
    }
}

#[test]
fn a_job_whose_attempt_is_recorded_gets_its_follow_up() {
    use DeliveryState::*;
    let task = |job: &Job, row: Delivery, received| super::task(job, Some(&row), received);
    assert_eq!(task(&job(1, 0), row(Pending, 0), 1), Task::Attempt);
    assert_eq!(task(&job(1, 0), row(Pending, 0), 3), Task::Attempt);
    for state in [Succeeded, Failed, Abandoned] {
        assert_eq!(task(&job(1, 0), row(state, 1), 1), Task::FollowUp, "from the dead-letter queue");
        assert_eq!(task(&job(1, 0), row(state, 1), 2), Task::FollowUp, "from a dead worker");
        assert_eq!(task(&job(1, 3), row(state, 1), 1), Task::Nothing, "of another round");
    }
    assert_eq!(task(&job(1, 0), row(Pending, 1), 2), Task::Nothing, "sent again by hand since");
    assert_eq!(task(&job(1, 0), row(Failed, 2), 2), Task::Nothing);
    assert_eq!(task(&job(2, 0), row(Succeeded, 1), 1), Task::Attempt, "a retry by hand");
}

#[test]
fn a_delivery_without_a_row_is_attempted_for_the_first_time() {
    assert_eq!(task(&job(1, 0), None, 1), Task::Attempt);
    assert_eq!(task(&job(2, 1), None, 1), Task::Missing);
}

#[test]
fn only_a_young_first_job_that_is_received_once_needs_no_row() {
    let fresh = Job { fresh: true, ..job(1, 0) };
    let made_at = fresh.delivery_id.event.made_at();
    assert!(!may_have_row(&fresh, 1, made_at + OVERDUE_AFTER));
    assert!(may_have_row(&fresh, 2, made_at));
    assert!(may_have_row(&fresh, 1, made_at + OVERDUE_AFTER + Duration::from_millis(1)));
    assert!(may_have_row(&job(1, 0), 1, made_at), "sent again");
}

#[test]
fn a_job_that_may_be_a_copy_comes_after_its_original() {
    let now = from_millis(1_000_000);
    let due = now + Duration::from_secs(60);
    assert_eq!(due_again(due, 2, now), due);
    assert_eq!(due_again(due, 1, now), due + task::GRACE);
    assert_eq!(due_again(now - Duration::from_secs(3600), 1, now), now);
}

#[test]
fn a_delivery_that_always_fails_walks_all_five_attempts() {
    let schedule = Schedule::default();
    let mut job = job(1, 0);
    let mut walk = vec![];
    loop {
        let retry = Retry::Scheduled { schedule: &schedule, step: job.step, jitter: 0.0 };
        let next = Transition::attempted(&attempt(500), retry, from_millis(0));
        walk.push(next.state);
        match next.next_attempt_at {
            Some(due) => job = job.next(due),
            None => break,
        }
    }
    use DeliveryState::*;
    assert_eq!(walk, [Failed, Failed, Failed, Failed, Abandoned]);
    assert_eq!((job.attempt, job.step), (5, 4));
}

#[test]
fn a_round_has_its_own_attempts_and_none_of_an_earlier_one() {
    let mut row = row(DeliveryState::Failed, 7);
    row.attempts = (1..=7).map(|number| Attempt { number, ..attempt(500) }).collect();
    let numbers = |step| row.round(step).iter().map(|attempt| attempt.number).collect::<Vec<_>>();
    assert_eq!((numbers(0), numbers(1)), (vec![7], vec![6, 7]));
    assert_eq!(numbers(50).len(), 7, "as many as are kept");
}

#[test]
fn a_row_keeps_the_newest_attempts_and_counts_all() {
    let next = Transition::attempted(&attempt(500), Retry::Manual, from_millis(0));
    let row = (1..=60).fold(row(DeliveryState::Pending, 0), |row, number| {
        row.attempted(0, &Attempt { number, ..attempt(500) }, &next)
    });
    assert_eq!((row.attempt_count, row.attempts.len(), row.attempts[0].number), (60, 50, 11));
}

#[test]
fn an_attempt_is_not_made_if_something_prevents_it() {
    let now = from_millis(10_000_000_000);
    let of = |row: &Delivery, job: &Job, to| row.obstacle(job, to, now).and_then(|next| next.reason);
    let (new, failed) = (row(DeliveryState::Pending, 0), row(DeliveryState::Failed, 1));
    for (to, reason) in [
        (Standing::Deleted, Reason::DestinationDeleted),
        (Standing::Disabled, Reason::DestinationDisabled),
        (Standing::Unverified, Reason::DestinationUnverified),
        (Standing::Suppressed, Reason::Suppressed),
    ] {
        assert_eq!(of(&new, &job(1, 0), to), Some(reason.clone()));
        assert_eq!(of(&failed, &Job { by_hand: true, ..job(2, 0) }, to), Some(reason));
    }
    let unhealthy = Standing::Unhealthy;
    assert_eq!(of(&new, &job(1, 0), unhealthy), Some(Reason::DestinationUnhealthy));
    assert_eq!(of(&new, &Job { by_hand: true, ..job(1, 0) }, unhealthy), None, "somebody requested it");
    assert_eq!(of(&failed, &job(2, 1), unhealthy), None, "not the first attempt");
    assert_eq!(of(&row(DeliveryState::Pending, 1), &job(2, 0), unhealthy), None, "sent again");
    let limited = |since| Job { limited_since: Some(since), ..job(2, 0) };
    for to in [unhealthy, Standing::Ready] {
        assert_eq!(of(&failed, &limited(now - MAX_LIMITED), to), Some(Reason::RateLimited));
        assert_eq!(of(&failed, &limited(now - MAX_LIMITED + Duration::from_millis(1)), to), None);
    }
}

/// What happens next in a simulated life of a delivery.
#[derive(Debug, Clone)]
enum Step {
    /// A worker receives one of the messages, chosen by this number. SQS may deliver it again if `again` is set.
    Receive { message: usize, again: bool, answer: Answer },
    /// A manual retry.
    Retry,
    /// The mail of the newest attempt bounces.
    Bounce,
}

#[derive(Debug, Clone, Copy)]
enum Answer {
    Status(u16),
    Limited,
    Prevented(Standing),
}

fn step() -> impl Strategy<Value = Step> {
    let answer = prop_oneof![
        6 => Just(Answer::Status(500)),
        2 => Just(Answer::Status(200)),
        1 => Just(Answer::Status(410)),
        2 => Just(Answer::Limited),
        1 => Just(Answer::Prevented(Standing::Deleted)),
        1 => Just(Answer::Prevented(Standing::Disabled)),
        1 => Just(Answer::Prevented(Standing::Unverified)),
        1 => Just(Answer::Prevented(Standing::Unhealthy)),
    ];
    prop_oneof![
        8 => (any::<usize>(), any::<bool>(), answer)
            .prop_map(|(message, again, answer)| Step::Receive { message, again, answer }),
        1 => Just(Step::Retry),
        1 => Just(Step::Bounce),
    ]
}

proptest! {
    /// Messages arrive in any order and more than once, as SQS allows.
    #[test]
    fn no_attempt_is_skipped_or_repeated_and_an_ended_delivery_stays_ended(
        steps in prop::collection::vec(step(), 1..60)
    ) {
        use DeliveryState::*;
        let schedule = Schedule::default();
        let now = from_millis(0);
        let mut row = row(Pending, 0);
        let mut messages = vec![row.job_at_once()];
        let mut made = vec![];
        for step in steps {
            let before = row.clone();
            match step {
                Step::Retry => {
                    messages.push(Job { by_hand: true, ..row.job_at_once() });
                    row.state = row.state.after(&Trigger::SentAgain).map_or(row.state, |next| next.state);
                }
                Step::Bounce => {
                    let bounced = row.state.after(&Trigger::Stopped(Reason::Bounced));
                    prop_assert_eq!(bounced.is_some(), row.state == Succeeded);
                    row = bounced.map_or(row.clone(), |next| row.changed(&next));
                }
                Step::Receive { .. } if messages.is_empty() => {}
                Step::Receive { message, again, answer } => {
                    let message = message % messages.len();
                    let job = if again { messages[message].clone() } else { messages.swap_remove(message) };
                    match task(&job, Some(&row), 1) {
                        Task::Attempt => {
                            let standing = match answer {
                                Answer::Prevented(standing) => standing,
                                Answer::Status(_) | Answer::Limited => Standing::Ready,
                            };
                            if let Some(next) = row.obstacle(&job, standing, now) {
                                row = row.changed(&next);
                                continue;
                            }
                            let status = if let Answer::Status(status) = answer { status } else { 429 };
                            let fault = if status == 429 { Fault::Throttled } else { Fault::Receiver };
                            let attempt = Attempt { number: job.attempt, fault, ..attempt(status) };
                            let retry = match status {
                                429 => Retry::Limited { since: job.limited_since, due: now },
                                _ => Retry::Scheduled { schedule: &schedule, step: job.step, jitter: 0.0 },
                            };
                            row = row.attempted(job.step, &attempt, &Transition::attempted(&attempt, retry, now));
                            made.push(attempt.number);
                            let followed = row.next_attempt_at.map(|due| match status {
                                429 => job.next_limited(due, None, now),
                                _ => job.next(due),
                            });
                            messages.extend(followed);
                        }
                        Task::FollowUp | Task::Nothing | Task::Missing => prop_assert_eq!(&row, &before),
                    }
                    // Only a job that somebody asked for, or one that was queued before, leads out of an end.
                    if matches!(before.state, Succeeded | Abandoned) && row != before {
                        prop_assert!(job.attempt > before.attempt_count);
                    }
                }
            }
            prop_assert_eq!(row.next_attempt_at.is_some() && row.state != Pending, row.state == Failed);
        }
        let expected: Vec<_> = (1..=u32::try_from(made.len()).expect("few")).collect();
        prop_assert_eq!(made, expected, "attempts are numbered without gaps");
    }

    #[test]
    fn nothing_automatic_leads_out_of_an_ended_delivery(status in 200_u16..600, attempts in 1_u32..8) {
        let schedule = Schedule::default();
        let mut ended = row(DeliveryState::Pending, 0);
        for number in 1..=attempts {
            let attempt = Attempt { number, ..attempt(status) };
            let retry = Retry::Scheduled { schedule: &schedule, step: number - 1, jitter: 0.0 };
            ended = ended.attempted(number - 1, &attempt, &Transition::attempted(&attempt, retry, from_millis(0)));
            if ended.next_attempt_at.is_none() {
                break;
            }
        }
        if ended.next_attempt_at.is_none() {
            prop_assert!(matches!(ended.state, DeliveryState::Succeeded | DeliveryState::Abandoned));
            for number in 1..=ended.attempt_count {
                let stale = Job { attempt: number, step: number - 1, ..job(1, 0) };
                prop_assert_ne!(task(&stale, Some(&ended), 1), Task::Attempt);
            }
        }
    }
}
