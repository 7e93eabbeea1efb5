//! What was counted: the file that `make bench` writes.

use std::{collections::BTreeMap, ops::AddAssign};

use serde::Deserialize;

use super::{DELIVERS, Error};

/// The file.
#[derive(Debug, Clone, Deserialize)]
pub struct Counts {
    /// What was measured.
    pub scenarios: Vec<Scenario>,
}

/// How deliveries of a scenario end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The first attempt succeeds.
    AtOnce,
    /// The first attempt fails, the second succeeds.
    FailingOnce,
    /// All attempts fail.
    Walking,
}

/// One measured scenario; figures are totals over its events, after warm-up.
#[derive(Debug, Clone, Deserialize)]
#[allow(missing_docs, reason = "the names are the file's, and say it")]
pub struct Scenario {
    pub name: String,
    pub destinations: u32,
    pub rules: u32,
    /// The most messages of one invocation.
    pub batch: u32,
    /// Bytes of an event's `data`.
    pub payload: u32,
    pub outcome: Outcome,
    pub events: f64,
    pub deliveries: f64,
    pub attempts: f64,
    /// By service and operation, as `SQS.SendMessage`.
    pub calls: BTreeMap<String, f64>,
    /// Of 64 KiB, those of Lambda's pollers among them.
    pub sqs_requests: f64,
    /// Units by table, or by `Table/index`.
    pub reads: BTreeMap<String, f64>,
    /// Units by table, or by `Table/index`.
    pub writes: BTreeMap<String, f64>,
    /// By function.
    pub invocations: BTreeMap<String, f64>,
    /// By function: lines of the function's own.
    pub log_bytes: BTreeMap<String, f64>,
    /// By function: processor time.
    pub cpu_us: BTreeMap<String, f64>,
    /// What receivers were sent.
    pub sent_bytes: f64,
    /// What its rows take while they are kept, by table or index; without it, what is stored is reckoned from above.
    #[serde(default)]
    pub stored_bytes: BTreeMap<String, f64>,
}

/// Something of which an event takes an amount.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the names are those of the file of counts")]
pub enum Amount {
    SqsRequests,
    /// Calls to AWS that a function waits for.
    Waited,
    KmsCalls,
    SentBytes,
    Read(String),
    Write(String),
    Stored(String),
    Invocations(String),
    LogBytes(String),
    CpuMicros(String),
}

/// What an event takes, of everything.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Amounts(BTreeMap<Amount, f64>);

impl Amounts {
    /// The amount of one thing; 0 when there is none.
    #[must_use]
    pub fn of(&self, what: &Amount) -> f64 {
        self.0.get(what).copied().unwrap_or(0.0)
    }

    /// All, in a fixed order.
    pub fn iter(&self) -> impl Iterator<Item = (&Amount, f64)> {
        self.0.iter().map(|(what, amount)| (what, *amount))
    }

    /// The same, each amount changed as its kind wants it.
    #[must_use]
    pub fn map(mut self, change: impl Fn(&Amount, f64) -> f64) -> Self {
        for (what, amount) in &mut self.0 {
            *amount = change(what, *amount);
        }
        self
    }

    /// The same, so many times.
    #[must_use]
    pub fn times(self, factor: f64) -> Self {
        self.map(|_, amount| amount * factor)
    }

    /// What this takes more than `other`. Never less than nothing: where it seems so, the two were measured apart.
    #[must_use]
    pub fn beyond(self, other: &Self) -> Self {
        self.map(|what, amount| (amount - other.of(what)).max(0.0))
    }

    /// The larger of each.
    #[must_use]
    pub fn at_least(mut self, other: &Self) -> Self {
        for (what, amount) in other.iter() {
            self.set(what.clone(), amount.max(self.of(what)));
        }
        self
    }

    /// Sets one.
    pub fn set(&mut self, what: Amount, amount: f64) {
        self.0.insert(what, amount);
    }
}

impl AddAssign for Amounts {
    fn add_assign(&mut self, other: Self) {
        for (what, amount) in other.0 {
            *self.0.entry(what).or_default() += amount;
        }
    }
}

impl Counts {
    /// Reads the file's text.
    ///
    /// # Errors
    /// When it is not such a file, or a scenario in it cannot be.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let counts: Self = serde_json::from_str(text)
            .map_err(|error| format!("the counts cannot be read: {error}. Write them anew with `make bench`"))?;
        for scenario in &counts.scenarios {
            scenario
                .check()
                .map_err(|what| format!("scenario «{}»: {what}. Count anew with `make bench`", scenario.name))?;
        }
        Ok(counts)
    }

    /// Whether all scenarios say what their rows take.
    #[must_use]
    pub fn tells_storage(&self) -> bool {
        self.scenarios.iter().all(|scenario| !scenario.stored_bytes.is_empty())
    }

    /// What one event of a scenario takes.
    #[must_use]
    pub fn per_event(&self, scenario: &Scenario) -> Amounts {
        let mut amounts = Amounts::default();
        amounts.set(Amount::SqsRequests, scenario.sqs_requests);
        amounts.set(Amount::SentBytes, scenario.sent_bytes);
        let waited = scenario.calls.iter().filter(|(call, _)| !is_pollers(call)).map(|(_, count)| count).sum();
        amounts.set(Amount::Waited, waited);
        let kms = scenario.calls.iter().filter(|(call, _)| call.starts_with("KMS.")).map(|(_, count)| count).sum();
        amounts.set(Amount::KmsCalls, kms);
        let stored = if self.tells_storage() { &scenario.stored_bytes } else { &scenario.stored_at_most() };
        let mut set_all = |kind: fn(String) -> Amount, counted: &BTreeMap<String, f64>| {
            for (name, amount) in counted {
                amounts.set(kind(name.clone()), *amount);
            }
        };
        set_all(Amount::Read, &scenario.reads);
        set_all(Amount::Write, &scenario.writes);
        set_all(Amount::Stored, stored);
        set_all(Amount::Invocations, &scenario.invocations);
        set_all(Amount::LogBytes, &scenario.log_bytes);
        set_all(Amount::CpuMicros, &scenario.cpu_us);
        amounts.map(|_, amount| amount / scenario.events)
    }
}

impl Scenario {
    /// A row is as large as the units of its insert at most. A delivery's is written again with each attempt, and stays
    /// under one unit.
    fn stored_at_most(&self) -> BTreeMap<String, f64> {
        let events = self.writes.iter().filter(|(table, _)| table.starts_with("Events"));
        let events = events.map(|(table, units)| (table.clone(), units * 1024.0));
        events.chain([("Deliveries".into(), self.deliveries * 1024.0)]).collect()
    }

    fn check(&self) -> Result<(), String> {
        let positive = [("events", self.events), ("deliveries", self.deliveries), ("attempts", self.attempts)];
        for (name, value) in positive {
            if !(value > 0.0 && value.is_finite()) {
                return Err(format!("`{name}` is {value}, and must be more than 0"));
            }
        }
        for (name, value) in [("destinations", self.destinations), ("rules", self.rules), ("batch", self.batch)] {
            if value == 0 {
                return Err(format!("`{name}` is 0, and must be more"));
            }
        }
        if self.invocations.get(DELIVERS).is_none_or(|count| *count <= 0.0) {
            return Err(format!("`invocations` has none of `{DELIVERS}`"));
        }
        Ok(())
    }
}

/// Whether a call is one of Lambda's pollers, for which no function waits.
fn is_pollers(call: &str) -> bool {
    ["SQS.ReceiveMessage", "SQS.DeleteMessage", "SQS.ChangeMessageVisibility"]
        .iter()
        .any(|known| call.starts_with(known))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    fn named(amounts: &[(&str, f64)]) -> BTreeMap<String, f64> {
        amounts.iter().map(|(name, amount)| ((*name).to_owned(), *amount)).collect()
    }

    /// Ten events to one destination each, in round figures.
    pub(crate) fn scenario(name: &str) -> Scenario {
        Scenario {
            name: name.into(),
            destinations: 1,
            rules: 1,
            batch: 10,
            payload: 1000,
            outcome: Outcome::AtOnce,
            events: 10.0,
            deliveries: 10.0,
            attempts: 10.0,
            calls: named(&[("SQS.SendMessage", 10.0), ("SQS.ReceiveMessage", 2.0), ("DynamoDB.BatchGetItem", 2.0)]),
            sqs_requests: 18.0,
            reads: named(&[("Channels", 1.0), ("Events", 10.0)]),
            writes: named(&[("Events", 10.0), ("Events/by_type", 10.0), ("Deliveries", 20.0)]),
            invocations: named(&[("events", 10.0), ("dispatch", 1.0), ("deliver", 1.0)]),
            log_bytes: named(&[("events", 3000.0), ("dispatch", 4000.0), ("deliver", 5000.0)]),
            cpu_us: named(&[("events", 1000.0), ("dispatch", 1000.0), ("deliver", 2000.0)]),
            sent_bytes: 15_000.0,
            stored_bytes: BTreeMap::new(),
        }
    }

    /// One scenario for each thing in which traffic differs.
    pub(crate) fn counts() -> Counts {
        let to = |destinations: u32, rules: u32| {
            let n = f64::from(destinations);
            let mut s = Scenario { destinations, rules, ..scenario("more destinations") };
            (s.deliveries, s.attempts, s.sent_bytes) = (10.0 * n, 10.0 * n, 15_000.0 * n);
            s.sqs_requests = 15.0 + 3.0 * n;
            s.writes.insert("Deliveries".into(), 20.0 * n);
            s.reads.insert("Events".into(), 9.0 + n);
            s.invocations.insert("deliver".into(), n);
            s
        };
        let mut large = Scenario { payload: 100_000, sent_bytes: 1_005_000.0, ..scenario("large") };
        large.writes.insert("Events".into(), 1000.0);
        large.reads.insert("Events".into(), 250.0);
        let mut ruled = Scenario { rules: 100, ..scenario("rules") };
        ruled.reads.insert("Channels".into(), 10.0);
        let mut single = Scenario { batch: 1, sqs_requests: 60.0, ..scenario("one at a time") };
        single.invocations = named(&[("events", 10.0), ("dispatch", 10.0), ("deliver", 10.0)]);
        let mut once = Scenario { outcome: Outcome::FailingOnce, sqs_requests: 28.0, ..scenario("failing once") };
        once.attempts = 20.0;
        once.writes.insert("Deliveries".into(), 30.0);
        let mut walking = Scenario { outcome: Outcome::Walking, sqs_requests: 178.0, ..scenario("walking") };
        walking.attempts = 50.0;
        walking.writes.insert("Deliveries".into(), 70.0);
        Counts { scenarios: vec![scenario("base"), to(10, 1), to(100, 2), ruled, large, single, once, walking] }
    }

    #[test]
    fn an_event_takes_its_share_of_what_was_counted() {
        let counts = Counts { scenarios: vec![scenario("base")] };
        let amounts = counts.per_event(&counts.scenarios[0]);
        assert_eq!(amounts.of(&Amount::SqsRequests), 1.8);
        // What pollers do, nobody waits for.
        assert_eq!(amounts.of(&Amount::Waited), 1.2);
        assert_eq!(amounts.of(&Amount::Invocations("dispatch".into())), 0.1);
        // Nothing was said of storage: a row is a unit at most.
        assert_eq!(amounts.of(&Amount::Stored("Events".into())), 1024.0);
        assert_eq!(amounts.of(&Amount::Stored("Deliveries".into())), 1024.0);
    }

    #[test]
    fn what_cannot_be_is_named_with_its_scenario() {
        assert!(Counts::parse("{}").is_err_and(|error| error.contains("scenarios") && error.contains("make bench")));
        let no_events = Scenario { events: 0.0, ..scenario("base") };
        assert!(no_events.check().is_err_and(|error| error.contains("`events`")));
        let no_deliveries = Scenario { invocations: BTreeMap::new(), ..scenario("base") };
        assert!(no_deliveries.check().is_err_and(|error| error.contains("`deliver`")));
    }
}
