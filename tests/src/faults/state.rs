//! Decides which fault each call gets.

use std::{collections::HashMap, time::Instant};

use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};

use super::{
    call::{self, Call},
    settings::{Cap, Counts, Settings, Usage},
};

/// What happens to a call as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is forwarded.
    Pass,
    /// It is answered with 500.
    Fail,
    /// It is throttled.
    Throttle,
    /// It is forwarded, and then the connection is closed without an answer.
    LoseReply,
    /// The connection is closed and the call is not forwarded.
    Drop,
}

/// Settings, random numbers and counts.
pub(super) struct State {
    pub(super) settings: Settings,
    pub(super) counts: Counts,
    random: StdRng,
    /// The budgets of partitions, by the index of the cap and the partition.
    partitions: HashMap<(usize, String), Budget>,
}

impl State {
    pub(super) fn new(settings: Settings) -> Self {
        let random = StdRng::seed_from_u64(settings.seed);
        Self { settings, counts: Counts::default(), random, partitions: HashMap::new() }
    }

    /// Chooses the fate of a call as a whole, and counts it.
    pub(super) fn fate(&mut self, call: &Call, request: &Value) -> Fate {
        let tolls = self.of_call(call, request);
        if self.is_capped(&tolls) {
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

    /// The indexes of the statements of a batch to throttle.
    pub(super) fn throttled(&mut self, statements: &[Value]) -> Vec<usize> {
        let mut throttled = vec![];
        for (place, statement) in statements.iter().enumerate() {
            if self.random.random_bool(self.settings.throttled_statements.clamp(0.0, 1.0)) {
                self.counts.throttled_statements += 1;
                throttled.push(place);
                continue;
            }
            let tolls = self.of_statement(statement);
            if self.is_capped(&tolls) {
                throttled.push(place);
            }
        }
        throttled
    }

    /// Whether one of these partitions has no units left. If none has run out, takes the units from all of them.
    fn is_capped(&mut self, tolls: &[Toll]) -> bool {
        let now = Instant::now();
        let empty = tolls.iter().any(|toll| {
            let cap = &self.settings.caps[toll.cap];
            let partition =
                self.partitions.entry((toll.cap, toll.partition.clone())).or_insert_with(|| Budget::of(cap, now));
            partition.refill(cap, now);
            toll.writes > 0.0 && partition.writes < 1.0 || toll.reads > 0.0 && partition.reads < 0.0
        });
        if empty {
            match tolls.iter().any(|toll| toll.writes > 0.0) {
                true => self.counts.capped_writes += 1,
                false => self.counts.capped_reads += 1,
            }
            return true;
        }
        self.take(tolls);
        false
    }

    fn take(&mut self, tolls: &[Toll]) {
        for toll in tolls {
            if let Some(partition) = self.partitions.get_mut(&(toll.cap, toll.partition.clone())) {
                partition.writes -= toll.writes;
                partition.reads -= toll.reads;
                partition.taken.0 += toll.writes;
                partition.taken.1 += toll.reads;
            }
        }
    }

    /// The units that a statement takes from partitions with a cap.
    fn of_statement(&self, statement: &Value) -> Vec<Toll> {
        let caps = self.settings.caps.iter().enumerate();
        let of = caps.filter_map(|(place, cap)| {
            let (table, partition) = call::partition(statement, &cap.key)?;
            (table == cap.table).then(|| Toll::write(place, partition, call::write_units(statement, &cap.key)))
        });
        of.collect()
    }

    /// The units that a call takes from partitions with a cap.
    fn of_call(&self, call: &Call, request: &Value) -> Vec<Toll> {
        let mut tolls = vec![];
        for (place, cap) in self.settings.caps.iter().enumerate() {
            if let Some((table, partition)) = call::partition_of_call(call, request, &cap.key)
                && table == cap.table
            {
                tolls.push(Toll::write(place, partition, 1.0));
            }
            let reads = call::rows_read(call, request, &cap.table, &cap.key);
            tolls.extend(reads.into_iter().map(|(partition, units)| Toll::read(place, &partition, units)));
        }
        tolls
    }

    /// Counts what a query has read, once its answer is known to have this many bytes.
    pub(super) fn answered(&mut self, call: &Call, request: &Value, bytes: u64) {
        if self.settings.caps.is_empty() {
            return;
        }
        let mut tolls = self.of_call(call, request);
        tolls.retain(|toll| toll.reads > 0.0);
        if call.operation == "Query" {
            // One unit was taken already, for the first 4 KiB.
            let more = (bytes.div_ceil(4096) as f64 - 1.0).max(0.0);
            tolls.iter_mut().for_each(|toll| toll.reads *= more);
            self.take(&tolls);
        }
    }

    /// The units taken from the partitions.
    pub(super) fn usage(&self) -> Value {
        let of = self.partitions.iter().map(|((cap, partition), left)| {
            let Cap { table, key, .. } = &self.settings.caps[*cap];
            let (writes, reads) = left.taken;
            Usage { table: table.clone(), key: key.clone(), partition: partition.clone(), writes, reads }
        });
        serde_json::to_value(of.collect::<Vec<_>>()).unwrap_or_default()
    }
}

/// Units that a call takes from a partition.
struct Toll {
    /// The index of the cap.
    cap: usize,
    partition: String,
    writes: f64,
    reads: f64,
}

impl Toll {
    fn write(cap: usize, partition: &str, writes: f64) -> Self {
        Self { cap, partition: partition.to_owned(), writes, reads: 0.0 }
    }

    fn read(cap: usize, partition: &str, reads: f64) -> Self {
        Self { cap, partition: partition.to_owned(), writes: 0.0, reads }
    }
}

/// The units that a partition has left, and those already taken.
struct Budget {
    writes: f64,
    reads: f64,
    at: Instant,
    taken: (f64, f64),
}

impl Budget {
    fn of(cap: &Cap, now: Instant) -> Self {
        let reads = cap.reads_per_second.unwrap_or(f64::INFINITY);
        let burst = cap.burst_seconds;
        Self { writes: cap.writes_per_second * burst, reads: reads * burst, at: now, taken: (0.0, 0.0) }
    }

    fn refill(&mut self, cap: &Cap, now: Instant) {
        let seconds = now.duration_since(self.at).as_secs_f64();
        let full = Self::of(cap, now);
        self.writes = (self.writes + cap.writes_per_second * seconds).min(full.writes);
        self.reads = (self.reads + cap.reads_per_second.unwrap_or(f64::INFINITY) * seconds).min(full.reads);
        self.at = now;
    }
}

/// Removes statements from a request.
pub(super) fn without(request: &mut Value, places: &[usize]) {
    if let Some(statements) = request["Statements"].as_array_mut() {
        let mut place = 0..;
        statements.retain(|_| !place.next().is_some_and(|place| places.contains(&place)));
    }
}

/// Inserts the answers of throttled statements among those of the others.
pub(super) fn with_throttled(answer: &mut Value, places: &[usize]) {
    let throttled = json!({"Error": {"Code": "ThrottlingError", "Message": "Rate exceeded (made by the fault proxy)"}});
    if answer["Responses"].as_array().is_none() {
        answer["Responses"] = json!([]);
    }
    if let Some(responses) = answer["Responses"].as_array_mut() {
        // In ascending order, so that each place is valid once those before it are filled.
        places.iter().for_each(|place| responses.insert((*place).min(responses.len()), throttled.clone()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::faults::call::Service;

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
    fn a_partition_allows_no_more_writes_than_its_cap() {
        let cap = Cap::writes("t".into(), "id", 2.0);
        let mut state = State::new(Settings { caps: vec![cap], ..Settings::default() });
        let insert = |id| json!({"Statement": "INSERT INTO \"t\" VALUE {'id': ?}", "Parameters": [{"S": id}]});
        let statements: Vec<_> = ["a", "a", "b", "a"].map(insert).to_vec();
        assert_eq!(state.throttled(&statements), [3]);
        assert_eq!(state.counts.capped_writes, 1);
    }

    #[test]
    fn a_partition_allows_no_more_reads_than_its_cap_and_large_rows_count_more() {
        let cap = Cap { reads_per_second: Some(2.0), ..Cap::writes("t".into(), "id", 3.0) };
        let mut state = State::new(Settings { caps: vec![cap], ..Settings::default() });
        let get = Call { service: Service::DynamoDb, operation: "BatchGetItem".into() };
        let key = |id: &str| json!({"id": {"S": id}});
        let request = |ids: &[&str]| {
            let keys: Vec<_> = ids.iter().map(|id| key(id)).collect();
            json!({"RequestItems": {"t": {"Keys": keys, "ConsistentRead": true}}})
        };
        let fates = [&["a", "a", "a"][..], &["b"], &["a"]].map(|ids| state.fate(&get, &request(ids)));
        assert_eq!(fates, [Fate::Pass, Fate::Pass, Fate::Throttle]);
        assert_eq!(state.counts.capped_reads, 1);
        let insert = json!({"Statement": "INSERT INTO \"t\" VALUE {'id': ?, 'data': ?}",
            "Parameters": [{"S": "c"}, {"S": "x".repeat(2000)}]});
        assert_eq!(state.throttled(&[insert.clone(), insert.clone(), insert]), [2]);
        let usage: Vec<Usage> = serde_json::from_value(state.usage()).expect("usage");
        let of_c = usage.iter().find(|one| one.partition == "c").expect("of c");
        assert_eq!((of_c.writes, of_c.reads), (4.0, 0.0));
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
