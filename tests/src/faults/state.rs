//! What to do with each call.

use std::{collections::HashMap, time::Instant};

use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};

use super::{
    call::{self, Call},
    settings::{Counts, Settings},
};

/// What is done with a call as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is passed on.
    Pass,
    /// It is answered with 500.
    Fail,
    /// It is throttled.
    Throttle,
    /// It is passed on, and the connection is closed without an answer.
    LoseReply,
    /// The connection is closed.
    Drop,
}

/// Settings, random numbers and counts.
pub(super) struct State {
    pub(super) settings: Settings,
    pub(super) counts: Counts,
    random: StdRng,
    /// What is left of each partition's writes, and when that was. By table and partition.
    left: HashMap<(String, String), (f64, Instant)>,
}

impl State {
    pub(super) fn new(settings: Settings) -> Self {
        let random = StdRng::seed_from_u64(settings.seed);
        Self { settings, counts: Counts::default(), random, left: HashMap::new() }
    }

    /// Decides about a call as a whole, and counts it.
    pub(super) fn fate(&mut self, call: &Call, request: &Value) -> Fate {
        if self.is_capped(|key| call::partition_of_call(call, request, key)) {
            return Fate::Throttle;
        }
        let fate = self.draw(&call.operation);
        let counts = &mut self.counts;
        match fate {
            Fate::Pass => {}
            Fate::Fail => counts.failed_calls += 1,
            Fate::Throttle => counts.throttled_calls += 1,
            Fate::LoseReply => {
                counts.lost_replies += 1;
                counts.lost_entries += call::entries(request);
            }
            Fate::Drop => counts.dropped_calls += 1,
        }
        fate
    }

    fn draw(&mut self, operation: &str) -> Fate {
        let Settings { operations, failed_calls, throttled_calls, lost_replies, dropped_calls, .. } = &self.settings;
        if !operations.is_empty() && !operations.iter().any(|affected| affected == operation) {
            return Fate::Pass;
        }
        let shares = [
            (*failed_calls, Fate::Fail),
            (*throttled_calls, Fate::Throttle),
            (*lost_replies, Fate::LoseReply),
            (*dropped_calls, Fate::Drop),
        ];
        let mut number: f64 = self.random.random();
        for (share, fate) in shares {
            if number < share {
                return fate;
            }
            number -= share;
        }
        Fate::Pass
    }

    /// The places of the statements of a batch that are throttled.
    pub(super) fn throttled(&mut self, statements: &[Value]) -> Vec<usize> {
        let mut throttled = vec![];
        for (place, statement) in statements.iter().enumerate() {
            if self.random.random_bool(self.settings.throttled_statements.clamp(0.0, 1.0)) {
                self.counts.throttled_statements += 1;
                throttled.push(place);
            } else if self.is_capped(|key| call::partition(statement, key)) {
                throttled.push(place);
            }
        }
        throttled
    }

    /// Whether a write meets the cap of its partition, which `partition` finds by the name of the partition key. Takes one
    /// of the partition's writes if not.
    fn is_capped<'a>(&mut self, partition: impl Fn(&str) -> Option<(&'a str, &'a str)>) -> bool {
        let found = self.settings.caps.iter().find_map(|cap| {
            let (table, value) = partition(&cap.key)?;
            (table == cap.table).then(|| (cap.writes_per_second, (table.to_owned(), value.to_owned())))
        });
        let Some((rate, partition)) = found else { return false };
        let now = Instant::now();
        let (left, at) = self.left.entry(partition).or_insert((rate, now));
        *left = (*left + rate * now.duration_since(*at).as_secs_f64()).min(rate);
        *at = now;
        let capped = *left < 1.0;
        if capped {
            self.counts.capped_writes += 1;
        } else {
            *left -= 1.0;
        }
        capped
    }
}

/// Takes statements out of a request.
pub(super) fn without(request: &mut Value, places: &[usize]) {
    if let Some(statements) = request["Statements"].as_array_mut() {
        let mut place = 0..;
        statements.retain(|_| !place.next().is_some_and(|place| places.contains(&place)));
    }
}

/// Puts the answers of throttled statements among those of the others.
pub(super) fn with_throttled(answer: &mut Value, places: &[usize]) {
    let throttled = json!({"Error": {"Code": "ThrottlingError", "Message": "Rate exceeded (made by the fault proxy)"}});
    if answer["Responses"].as_array().is_none() {
        answer["Responses"] = json!([]);
    }
    if let Some(responses) = answer["Responses"].as_array_mut() {
        // In their order, so that each finds those before it in place.
        places.iter().for_each(|place| responses.insert((*place).min(responses.len()), throttled.clone()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::faults::{call::Service, settings::Cap};

    fn sending() -> Call {
        Call { service: Service::Sqs, operation: "SendMessage".into() }
    }

    #[test]
    fn the_same_seed_makes_the_same_faults() {
        let fates = |seed| {
            let mut state = State::new(Settings { seed, ..Settings::all(0.2) });
            (0..100).map(|_| state.fate(&sending(), &Value::Null)).collect::<Vec<_>>()
        };
        assert_eq!(fates(1), fates(1));
        assert_ne!(fates(1), fates(2));
    }

    #[test]
    fn only_the_named_operations_are_affected() {
        let mut state =
            State::new(Settings { failed_calls: 1.0, operations: vec!["Query".into()], ..Settings::default() });
        assert_eq!(state.fate(&sending(), &Value::Null), Fate::Pass);
        state.settings.operations.clear();
        assert_eq!(state.fate(&sending(), &Value::Null), Fate::Fail);
        assert_eq!(state.counts.failed_calls, 1);
    }

    #[test]
    fn a_partition_takes_no_more_writes_than_its_cap() {
        let cap = Cap { table: "t".into(), key: "id".into(), writes_per_second: 2.0 };
        let mut state = State::new(Settings { caps: vec![cap], ..Settings::default() });
        let insert = |id| json!({"Statement": "INSERT INTO \"t\" VALUE {'id': ?}", "Parameters": [{"S": id}]});
        let statements: Vec<_> = ["a", "a", "b", "a"].map(insert).to_vec();
        assert_eq!(state.throttled(&statements), [3]);
        assert_eq!(state.counts.capped_writes, 1);
    }

    #[test]
    fn throttled_statements_are_answered_in_their_places() {
        let mut request = json!({"Statements": [0, 1, 2, 3]});
        without(&mut request, &[0, 2]);
        assert_eq!(request, json!({"Statements": [1, 3]}));
        let mut answer = json!({"Responses": ["one", "three"]});
        with_throttled(&mut answer, &[0, 2]);
        let places: Vec<_> =
            (0..4_usize).map(|place| answer["Responses"][place]["Error"]["Code"].is_string()).collect();
        assert_eq!(places, [true, false, true, false]);
    }
}
