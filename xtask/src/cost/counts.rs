//! The counts that `make bench` writes to a file.

use std::{collections::BTreeMap, ops::AddAssign};

use serde::Deserialize;

use super::{DELIVERS, Error};
use crate::figures::Figures;

/// The file of counts.
#[derive(Debug, Clone, Deserialize)]
pub struct Counts {
    /// The measured scenarios.
    pub scenarios: Vec<Figures>,
}

/// A resource that events use.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the names are the same as in the file of counts")]
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

/// How much an event uses of each resource.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Amounts(BTreeMap<Amount, f64>);

impl Amounts {
    /// The amount of one resource, or 0.
    #[must_use]
    pub fn of(&self, what: &Amount) -> f64 {
        self.0.get(what).copied().unwrap_or(0.0)
    }

    /// All amounts, in a fixed order.
    pub fn iter(&self) -> impl Iterator<Item = (&Amount, f64)> {
        self.0.iter().map(|(what, amount)| (what, *amount))
    }

    /// The same amounts, each changed by `change`.
    #[must_use]
    pub fn map(mut self, change: impl Fn(&Amount, f64) -> f64) -> Self {
        for (what, amount) in &mut self.0 {
            *amount = change(what, *amount);
        }
        self
    }

    /// The amounts multiplied by `factor`.
    #[must_use]
    pub fn times(self, factor: f64) -> Self {
        self.map(|_, amount| amount * factor)
    }

    /// What this uses in addition to `other`. Never negative: scenarios are measured separately, so small differences
    /// are noise.
    #[must_use]
    pub fn beyond(self, other: &Self) -> Self {
        self.map(|what, amount| (amount - other.of(what)).max(0.0))
    }

    /// The larger amount of each resource.
    #[must_use]
    pub fn at_least(mut self, other: &Self) -> Self {
        for (what, amount) in other.iter() {
            self.set(what.clone(), amount.max(self.of(what)));
        }
        self
    }

    /// Sets the amount of one resource.
    pub fn set(&mut self, what: Amount, amount: f64) {
        self.0.insert(what, amount);
    }

    fn set_all<T>(&mut self, kind: fn(String) -> Amount, counted: &BTreeMap<String, T>, amount: fn(&T) -> f64) {
        for (name, value) in counted {
            self.set(kind(name.clone()), amount(value));
        }
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
    /// Parses the text of the file.
    ///
    /// # Errors
    /// When it is not a file of counts, or a scenario is invalid.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let counts: Self = serde_json::from_str(text)
            .map_err(|error| format!("the counts cannot be read: {error}. Write them again with `make bench`"))?;
        for scenario in &counts.scenarios {
            check(scenario)
                .map_err(|what| format!("scenario «{}»: {what}. Count again with `make bench`", scenario.name))?;
        }
        Ok(counts)
    }
}

/// What one event of a scenario uses.
#[must_use]
pub fn per_event(scenario: &Figures) -> Amounts {
    let of = |kind: &dyn Fn(&str) -> bool| {
        let calls = scenario.calls.iter().filter(|(call, _)| kind(call));
        calls.map(|(_, count)| *count as f64).sum::<f64>()
    };
    let mut amounts = Amounts::default();
    amounts.set(Amount::SqsRequests, scenario.sqs_requests as f64);
    amounts.set(Amount::SentBytes, scenario.sent_bytes as f64);
    amounts.set(Amount::Waited, of(&|call| !is_pollers(call)));
    amounts.set(Amount::KmsCalls, of(&|call| call.starts_with("KMS.")));
    amounts.set_all(Amount::Read, &scenario.reads, |units| *units);
    amounts.set_all(Amount::Write, &scenario.writes, |units| *units);
    amounts.set_all(Amount::Stored, &kept(scenario), |bytes| *bytes);
    amounts.set_all(Amount::Invocations, &scenario.invocations, |count| *count as f64);
    amounts.set_all(Amount::LogBytes, &scenario.log_bytes, |bytes| *bytes as f64);
    amounts.set_all(Amount::CpuMicros, &scenario.cpu_us, |micros| *micros);
    amounts.map(|_, amount| amount / scenario.events as f64)
}

/// Bytes of the rows that every event adds, by table or index. The other tables do not grow with events.
fn kept(scenario: &Figures) -> BTreeMap<String, f64> {
    let grows = |table: &str| table.starts_with("Events") || table.starts_with("Deliveries");
    scenario
        .stored_bytes
        .iter()
        .filter(|(table, _)| grows(table))
        .map(|(table, bytes)| (table.clone(), *bytes))
        .collect()
}

fn check(scenario: &Figures) -> Result<(), String> {
    let Figures { destinations, rules, batch, posted, events, deliveries, .. } = *scenario;
    let named = [
        ("destinations", destinations),
        ("rules", rules),
        ("batch", batch),
        ("posted", posted),
        ("events", events),
        ("deliveries", deliveries),
        ("attempts", scenario.attempts as usize),
    ];
    if let Some((name, _)) = named.iter().find(|(_, value)| *value == 0) {
        return Err(format!("`{name}` is 0, but must be at least 1"));
    }
    if scenario.invocations.get(DELIVERS).is_none_or(|count| *count == 0) {
        return Err(format!("`invocations` has no invocation of `{DELIVERS}`"));
    }
    Ok(())
}

/// Whether Lambda's pollers make this call. No function waits for it then.
fn is_pollers(call: &str) -> bool {
    ["SQS.ReceiveMessage", "SQS.DeleteMessage", "SQS.ChangeMessageVisibility"]
        .iter()
        .any(|operation| call.starts_with(operation))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::figures::Outcome;

    fn named<T: Copy>(amounts: &[(&str, T)]) -> BTreeMap<String, T> {
        amounts.iter().map(|(name, amount)| ((*name).to_owned(), *amount)).collect()
    }

    /// Ten events to one destination each, in round numbers.
    pub(crate) fn scenario(name: &str) -> Figures {
        Figures {
            name: name.into(),
            destinations: 1,
            rules: 1,
            batch: 10,
            posted: 1,
            payload: 1000,
            outcome: Outcome::AtOnce,
            events: 10,
            deliveries: 10,
            attempts: 10,
            calls: named(&[("SQS.SendMessage", 10), ("SQS.ReceiveMessage", 2), ("DynamoDB.BatchGetItem", 2)]),
            sqs_requests: 18,
            reads: named(&[("Channels", 1.0), ("Events", 10.0)]),
            writes: named(&[("Events", 10.0), ("Events/by_resource", 10.0), ("Deliveries", 20.0)]),
            stored_bytes: named(&[("Events", 8000.0), ("Events/by_resource", 2000.0), ("Deliveries", 6000.0)]),
            invocations: named(&[("events", 10), ("dispatch", 1), ("deliver", 1)]),
            log_bytes: named(&[("events", 3000), ("dispatch", 4000), ("deliver", 5000)]),
            cpu_us: named(&[("events", 1000.0), ("dispatch", 1000.0), ("deliver", 2000.0)]),
            instructions: BTreeMap::new(),
            sent_bytes: 15_000,
        }
    }

    /// One scenario for each property in which traffic can differ.
    pub(crate) fn counts() -> Counts {
        let to = |destinations: usize, rules: usize| {
            let (n, count) = (destinations as f64, destinations as u64);
            let mut s = Figures { destinations, rules, ..scenario("more destinations") };
            (s.deliveries, s.attempts, s.sent_bytes) = (10 * destinations, 10 * count, 15_000 * count);
            s.sqs_requests = 15 + 3 * count;
            s.writes.insert("Deliveries".into(), 20.0 * n);
            s.stored_bytes.insert("Deliveries".into(), 6000.0 * n);
            s.reads.insert("Events".into(), 9.0 + n);
            s.invocations.insert("deliver".into(), count);
            s
        };
        let mut large = Figures { payload: 100_000, sent_bytes: 1_005_000, ..scenario("large") };
        large.writes.insert("Events".into(), 1000.0);
        large.stored_bytes.insert("Events".into(), 1_000_000.0);
        large.reads.insert("Events".into(), 250.0);
        let mut ruled = Figures { rules: 100, ..scenario("rules") };
        ruled.reads.insert("Channels".into(), 10.0);
        let mut single = Figures { batch: 1, sqs_requests: 60, ..scenario("one at a time") };
        single.invocations = named(&[("events", 10), ("dispatch", 10), ("deliver", 10)]);
        let mut tens = Figures { posted: 10, sqs_requests: 9, ..scenario("posted in tens") };
        tens.invocations.insert("events".into(), 1);
        let mut once = Figures { outcome: Outcome::FailingOnce, sqs_requests: 28, ..scenario("failing once") };
        once.attempts = 20;
        once.writes.insert("Deliveries".into(), 30.0);
        // Where only calls are counted, there is no processor time.
        once.cpu_us.clear();
        let mut walking = Figures { outcome: Outcome::Walking, sqs_requests: 58, ..scenario("walking") };
        walking.attempts = 50;
        walking.writes.insert("Deliveries".into(), 70.0);
        walking.cpu_us.clear();
        Counts { scenarios: vec![scenario("base"), to(10, 1), to(100, 2), ruled, large, single, tens, once, walking] }
    }

    #[test]
    fn an_event_uses_its_share_of_the_counts() {
        let amounts = per_event(&scenario("base"));
        assert_eq!(amounts.of(&Amount::SqsRequests), 1.8);
        // No function waits for the calls of pollers.
        assert_eq!(amounts.of(&Amount::Waited), 1.2);
        assert_eq!(amounts.of(&Amount::Invocations("dispatch".into())), 0.1);
        assert_eq!(amounts.of(&Amount::Stored("Events".into())), 800.0);
        assert_eq!(amounts.of(&Amount::Stored("Deliveries".into())), 600.0);
    }

    #[test]
    fn an_invalid_value_is_named_with_its_scenario() {
        assert!(Counts::parse("{}").is_err_and(|error| error.contains("scenarios") && error.contains("make bench")));
        let mut no_events = serde_json::to_value(scenario("none came")).expect("JSON");
        no_events["events"] = 0.into();
        let error = Counts::parse(&serde_json::json!({ "scenarios": [no_events] }).to_string()).expect_err("no events");
        assert!(error.contains("«none came»") && error.contains("`events`"), "{error}");
        let no_deliveries = Figures { invocations: BTreeMap::new(), ..scenario("base") };
        assert!(check(&no_deliveries).is_err_and(|error| error.contains("`deliver`")));
    }
}
