//! The workers' cache of an operator's rules and destinations, which is invalidated by a stamp that moves with every
//! change. Destinations live for at most two seconds (`REMEMBER_SECONDS`), rules for at most five minutes (`LONG`).
//!
//! Without the cache, a worker that receives batch after batch of one operator would read the same rows each time: a
//! thousand times a second for an operator with ten thousand events a second, while a partition allows 3,000 reads.
//! With it, the worker reads one small row per batch, the stamp. Every change by an API or a worker moves the stamp
//! after the change itself is written, so the change applies from the next batch on. If the stamp could not be moved,
//! the change applies two seconds later.
//!
//! A rule must not depend on that last call for five minutes, so every write of a rule also moves the stamp in the same
//! transaction. DynamoDB isolates the reads of a transaction's rows one by one: while the transaction is being written,
//! a worker may see the new stamp and then the old rule. So rules that are read less than `SETTLED` after a rule has
//! changed live for two seconds only. Two changes at once write the same stamp, so they cannot lose a move: DynamoDB
//! cancels one transaction, which is retried.
//!
//! All of this needs the stamp to be read before the rules, and one batch at a time in a worker, as Lambda ensures.
//!
//! An operator whose last batch was more than two seconds ago costs nothing extra: nothing of it is cached.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use aws_sdk_dynamodb::{
    Client,
    types::{TransactWriteItem, Update},
};
use domain::{OperatorId, time::now};
use jiff::Timestamp;
use serde::Deserialize;

use crate::{
    Aws, Result,
    batch_get::get_items,
    error::aws,
    item::{Item, from_items, key, n},
    transact::{self, pause},
};

/// The maximum number of operators in the cache. Expired ones are dropped when this number is reached.
const MANY_OPERATORS: usize = 100;
const MAX_OPERATORS: usize = 1000;

/// How long rules live, if that is longer than `REMEMBER_SECONDS`. A bound for changes that do not move the stamp, such
/// as those made in DynamoDB's console.
const LONG: Duration = Duration::from_secs(300);

/// How long after `rules_changed_at` the transaction that wrote it may still be in progress. The functions that change
/// rules run for at most 15 seconds, and DynamoDB completes what they leave behind within seconds. The rest allows for
/// differences between clocks.
const SETTLED: Duration = Duration::from_secs(60);

/// The maximum number of tries to move a stamp that a transaction is moving.
const TRIES: u32 = 5;

/// The stamps, which are rows of the table `Destinations`.
#[derive(Clone)]
pub struct Changes {
    client: Client,
    table: String,
}

#[derive(Deserialize)]
struct Stamp {
    #[serde(rename = "id")]
    operator: OperatorId,
    changes: u64,
    /// When a function last began to change a rule.
    #[serde(default, with = "domain::time::millis::option")]
    rules_changed_at: Option<Timestamp>,
}

/// The state of a stamp that was read.
#[derive(Debug, Clone, Copy)]
struct Read {
    changes: u64,
    /// Whether all transactions that moved the stamp are complete.
    settled: bool,
}

impl Read {
    /// A stamp that has never moved.
    const NEVER_MOVED: Self = Self { changes: 0, settled: true };
}

/// Stamps that were read.
#[derive(Debug, Default)]
pub(crate) struct Stamps(HashMap<OperatorId, Read>);

impl Stamps {
    pub(crate) fn of(items: Vec<Item>) -> Result<Self> {
        Ok(Self::at(from_items(Some(items))?, now()))
    }

    fn at(rows: Vec<Stamp>, now: Timestamp) -> Self {
        let read = |row: &Stamp| Read {
            changes: row.changes,
            settled: row.rules_changed_at.is_none_or(|at| at + SETTLED < now),
        };
        Self(rows.iter().map(|row| (row.operator, read(row))).collect())
    }

    fn get(&self, operator: OperatorId) -> Read {
        self.0.get(&operator).copied().unwrap_or(Read::NEVER_MOVED)
    }
}

const STAMPS: &str = "changes#";

/// The key of a stamp. It has its own partition, so that reading it does not use up the read capacity of destinations.
pub(crate) fn stamp_key(operator: OperatorId) -> Item {
    key(("operator_id", format!("{STAMPS}{operator}")), ("id", operator))
}

pub(crate) fn is_stamp(item: &Item) -> bool {
    item.get("operator_id").and_then(|partition| partition.as_s().ok()).is_some_and(|text| text.starts_with(STAMPS))
}

impl Changes {
    /// Opens the stamps in the table that `DESTINATIONS_TABLE` names.
    ///
    /// # Errors
    /// When the variable is missing.
    pub fn from_env(aws: &Aws) -> Result<Self> {
        Ok(Self { client: aws.dynamodb(), table: aws.variable("DESTINATIONS_TABLE")? })
    }

    /// Moves an operator's stamp. Call it after the change is written and before anyone is notified of the change.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn note(&self, operator: OperatorId) -> Result<()> {
        let update = self.client.update_item().table_name(&self.table).set_key(Some(stamp_key(operator)));
        let update = update.update_expression("ADD changes :one").expression_attribute_values(":one", n(1));
        let mut tried = 0;
        loop {
            let Err(error) = update.clone().send().await else { return Ok(()) };
            tried += 1;
            // The SDK does not retry this error.
            let conflicts = error.as_service_error().is_some_and(|error| error.is_transaction_conflict_exception());
            if !conflicts || tried == TRIES {
                return Err(aws("UpdateItem")(error));
            }
            tokio::time::sleep(pause(tried)).await;
        }
    }

    /// The write that moves an operator's stamp together with a rule, for a transaction.
    pub(crate) fn with_rule(&self, operator: OperatorId) -> Result<TransactWriteItem> {
        let update = Update::builder().table_name(&self.table).set_key(Some(stamp_key(operator)));
        transact::update(
            update
                .update_expression("ADD changes :one SET rules_changed_at = :now")
                .expression_attribute_values(":one", n(1))
                .expression_attribute_values(":now", n(now().as_millisecond())),
        )
    }
}

/// What a worker caches of an operator.
pub trait Cached: Default {
    /// Drops everything that lives for `REMEMBER_SECONDS`, and keeps rules.
    fn expire(&mut self) {
        *self = Self::default();
    }
}

/// A cache with one `T` for each operator.
pub struct Recent<T> {
    changes: Changes,
    known: Mutex<Known<T>>,
}

impl<T: Cached> Recent<T> {
    /// Creates an empty cache.
    ///
    /// # Errors
    /// When a variable is missing or wrong.
    pub fn from_env(aws: &Aws) -> Result<Self> {
        let remember = Duration::from_secs(aws.parsed_variable("REMEMBER_SECONDS")?);
        Ok(Self { changes: Changes::from_env(aws)?, known: Mutex::new(Known::new(remember)) })
    }

    /// The stamps that invalidate the cache.
    pub fn changes(&self) -> &Changes {
        &self.changes
    }

    /// Drops outdated entries of the operators of a new batch. Call it before reading anything for the batch.
    ///
    /// # Errors
    /// When the call fails. The entries of these operators are then dropped.
    pub async fn refresh(&self, operators: impl IntoIterator<Item = OperatorId>) -> Result<()> {
        let asked = self.seen(operators);
        if asked.is_empty() {
            return Ok(());
        }
        let keys = asked.iter().copied().map(stamp_key).collect();
        match get_items(&self.changes.client, &self.changes.table, keys).await.and_then(Stamps::of) {
            Ok(stamps) => {
                self.stamped(&asked, &stamps);
                Ok(())
            }
            Err(error) => {
                self.with_known(|known| known.forget(&asked));
                Err(error)
            }
        }
    }

    /// Notes a batch of these operators and returns those whose stamp has to be read. Follow with [`Recent::stamped`];
    /// until then, their entries may be out of date.
    pub(crate) fn seen(&self, operators: impl IntoIterator<Item = OperatorId>) -> BTreeSet<OperatorId> {
        self.with_known(|known| known.seen(operators, Instant::now()))
    }

    /// Drops outdated entries according to the stamps that were read, and returns the operators whose entries were
    /// dropped or have expired. Rows that were read in the same call as the stamps may be older than the stamps: do not
    /// cache them.
    pub(crate) fn stamped(&self, asked: &BTreeSet<OperatorId>, stamps: &Stamps) -> BTreeSet<OperatorId> {
        self.with_known(|known| known.stamped(asked, stamps, Instant::now()))
    }

    /// Reads or extends the entries of an operator. Returns `None` for an operator whose batches are infrequent.
    pub fn of<R>(&self, operator: OperatorId, look: impl FnOnce(&mut T) -> R) -> Option<R> {
        self.with_known(|known| known.of(operator).map(look))
    }

    fn with_known<R>(&self, look: impl FnOnce(&mut Known<T>) -> R) -> R {
        look(&mut self.known.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The cache without its AWS calls.
struct Known<T> {
    remember: Duration,
    operators: HashMap<OperatorId, Operator<T>>,
}

impl<T> Known<T> {
    fn new(remember: Duration) -> Self {
        Self { remember, operators: HashMap::new() }
    }
}

struct Operator<T> {
    /// When the operator's last batch arrived.
    seen: Instant,
    remembered: Option<Remembered<T>>,
}

struct Remembered<T> {
    stamp: Read,
    /// When the entry was created.
    since: Instant,
    /// When the entry was created or last expired.
    fresh_at: Instant,
    what: T,
}

impl<T: Cached> Known<T> {
    /// Notes a batch of these operators and returns those whose stamp has to be read.
    fn seen(&mut self, operators: impl IntoIterator<Item = OperatorId>, now: Instant) -> BTreeSet<OperatorId> {
        let remember = self.remember;
        if self.operators.len() > MANY_OPERATORS {
            self.operators.retain(|_, of| now.duration_since(of.seen) < remember);
        }
        if self.operators.len() > MAX_OPERATORS {
            self.operators.clear();
        }
        let mut ask = BTreeSet::new();
        for operator in operators.into_iter().collect::<BTreeSet<_>>() {
            let before = self.operators.remove(&operator);
            let again = before.filter(|before| now.duration_since(before.seen) < remember);
            if again.is_some() {
                ask.insert(operator);
            }
            let remembered = again.and_then(|before| before.remembered);
            self.operators.insert(operator, Operator { seen: now, remembered });
        }
        ask
    }

    /// Applies the stamps of the operators that were asked for.
    fn stamped(&mut self, asked: &BTreeSet<OperatorId>, stamps: &Stamps, now: Instant) -> BTreeSet<OperatorId> {
        let remember = self.remember;
        let mut reset = BTreeSet::new();
        for operator in asked {
            let Some(of) = self.operators.get_mut(operator) else { continue };
            let stamp = stamps.get(*operator);
            match of.remembered.as_mut().filter(|known| known.stamp.changes == stamp.changes) {
                Some(known) if now.duration_since(known.fresh_at) < remember => continue,
                // Settled when the entry was created, so before its rules were read.
                Some(known) if known.stamp.settled && now.duration_since(known.since) < LONG => {
                    known.what.expire();
                    known.fresh_at = now;
                }
                _ => of.remembered = Some(Remembered { stamp, since: now, fresh_at: now, what: T::default() }),
            }
            reset.insert(*operator);
        }
        reset
    }

    fn forget(&mut self, operators: &BTreeSet<OperatorId>) {
        operators.iter().for_each(|operator| drop(self.operators.remove(operator)));
    }

    fn of(&mut self, operator: OperatorId) -> Option<&mut T> {
        Some(&mut self.operators.get_mut(&operator)?.remembered.as_mut()?.what)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::Cloud;

    impl Cached for u32 {}

    const REMEMBER: Duration = Duration::from_secs(2);
    const MOMENT: Duration = Duration::from_millis(100);

    fn stamps(operator: OperatorId, changes: u64) -> Stamps {
        Stamps(HashMap::from([(operator, Read { changes, settled: true })]))
    }

    /// Simulates a batch. Returns the entry from before the batch, if the operator is cached.
    fn batch(known: &mut Known<u32>, operator: OperatorId, stamp: u64, now: Instant) -> Option<u32> {
        let asked = known.seen([operator], now);
        let reset = known.stamped(&asked, &stamps(operator, stamp), now);
        assert!(reset.is_empty() || known.of(operator) == Some(&mut 0));
        known.of(operator).copied()
    }

    #[test]
    fn what_is_read_twice_within_two_seconds_is_remembered_until_something_changes() {
        let (mut known, operator, start) = (Known::new(REMEMBER), OperatorId::generate(), Instant::now());
        assert_eq!(batch(&mut known, operator, 1, start), None, "of a first batch nothing is");
        assert_eq!(batch(&mut known, operator, 1, start + MOMENT), Some(0), "nothing is known yet");
        *known.of(operator).expect("room") = 7;
        assert_eq!(batch(&mut known, operator, 1, start + MOMENT * 2), Some(7));
        assert_eq!(batch(&mut known, operator, 2, start + MOMENT * 3), Some(0), "something has changed");
        *known.of(operator).expect("room") = 8;
        for moments in 4..23 {
            assert_eq!(batch(&mut known, operator, 2, start + MOMENT * moments), Some(8));
        }
        assert_eq!(batch(&mut known, operator, 2, start + MOMENT * 23), Some(0), "two seconds are over");
    }

    /// The rules that a worker has read. Rules are numbers here.
    #[derive(Debug, Default)]
    struct Rules {
        known: Option<BTreeSet<usize>>,
        destinations: Option<()>,
    }

    impl Cached for Rules {
        fn expire(&mut self) {
            self.destinations = None;
        }
    }

    /// One of several batches of an operator, a second apart. Returns whether the rules are still known.
    fn knows_rules(known: &mut Known<Rules>, operator: OperatorId, stamp: Read, now: Instant) -> bool {
        let asked = known.seen([operator], now);
        known.stamped(&asked, &Stamps(HashMap::from([(operator, stamp)])), now);
        let rules = known.of(operator).is_some_and(|rules| rules.known.is_some());
        if let Some(entry) = known.of(operator) {
            *entry = Rules { known: Some(BTreeSet::new()), destinations: Some(()) };
        }
        rules
    }

    #[test]
    fn rules_live_for_five_minutes_unless_they_were_read_while_one_was_changing() {
        let second = |n: u64| Duration::from_secs(n);
        for (settled, lifetime) in [(true, LONG), (false, REMEMBER)] {
            let (mut known, operator, start) = (Known::<Rules>::new(REMEMBER), OperatorId::generate(), Instant::now());
            let stamp = Read { changes: 1, settled };
            assert!(!knows_rules(&mut known, operator, stamp, start));
            let entry_made_at = start + second(1);
            assert!(!knows_rules(&mut known, operator, stamp, entry_made_at));
            for n in 1..700 {
                let age = second(n % lifetime.as_secs());
                let is_known = knows_rules(&mut known, operator, stamp, entry_made_at + second(n));
                assert_eq!(is_known, !age.is_zero(), "settled: {settled}, after {n} s");
            }
        }
    }

    #[test]
    fn destinations_expire_while_rules_are_known() {
        let (mut known, operator, start) = (Known::<Rules>::new(REMEMBER), OperatorId::generate(), Instant::now());
        let stamp = Read { changes: 1, settled: true };
        for n in 0..2 {
            knows_rules(&mut known, operator, stamp, start + MOMENT * n);
        }
        for (moments, destinations) in [(10, Some(())), (20, Some(())), (21, None)] {
            let asked = known.seen([operator], start + MOMENT * moments);
            let reset = known.stamped(&asked, &stamps(operator, 1), start + MOMENT * moments);
            assert_eq!(reset.contains(&operator), destinations.is_none());
            let entry = known.of(operator).expect("an entry");
            assert_eq!((entry.destinations, entry.known.is_some()), (destinations, true));
        }
    }

    /// What happens to the rules of an operator, in any order.
    #[derive(Debug, Clone)]
    enum Step {
        /// Time passes.
        Wait(Duration),
        /// A function begins the transaction of a new rule.
        Begin,
        /// DynamoDB writes the stamp of a transaction that has begun.
        WriteStamp,
        /// DynamoDB writes the rule of one of the transactions that have begun.
        WriteRule(usize),
        /// A function moves the stamp after the last complete transaction. Without this step, it has died.
        Note,
        /// A worker receives a batch.
        Batch(usize),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            4 => (0..2500_u64).prop_map(|ms| Step::Wait(Duration::from_millis(ms))),
            1 => (2500..90_000_u64).prop_map(|ms| Step::Wait(Duration::from_millis(ms))),
            2 => Just(Step::Begin),
            3 => Just(Step::WriteStamp),
            3 => (0..4_usize).prop_map(Step::WriteRule),
            1 => Just(Step::Note),
            6 => (0..2_usize).prop_map(Step::Batch),
        ]
    }

    /// A transaction: the rule's number, and when the function began it.
    #[derive(Debug)]
    struct Transaction {
        rule: usize,
        began: Duration,
        stamp_written: bool,
        rule_written: bool,
    }

    /// The rows of an operator, and what its callers were promised.
    #[derive(Debug, Default)]
    struct World {
        now: Duration,
        changes: u64,
        rules_changed_at: Option<Duration>,
        rules: BTreeSet<usize>,
        open: Vec<Transaction>,
        /// When the transaction of each rule was complete.
        complete: Vec<(usize, Duration)>,
        /// The rules whose stamp was also moved afterwards.
        noted: BTreeSet<usize>,
    }

    impl World {
        /// The longest time that a transaction takes.
        const LONGEST: Duration = Duration::from_secs(30);

        fn write_stamp(&mut self) {
            if let Some(next) = self.open.iter_mut().find(|transaction| !transaction.stamp_written) {
                next.stamp_written = true;
                self.changes += 1;
                self.rules_changed_at = Some(next.began);
            }
            self.complete();
        }

        fn write_rule(&mut self, which: usize) {
            if let Some(transaction) = self.open.get_mut(which) {
                transaction.rule_written = true;
                self.rules.insert(transaction.rule);
            }
            self.complete();
        }

        fn complete(&mut self) {
            let done = self.open.extract_if(.., |transaction| transaction.stamp_written && transaction.rule_written);
            self.complete.extend(done.map(|transaction| (transaction.rule, self.now)));
        }

        fn wait(&mut self, time: Duration) {
            // Each transaction completes in time.
            while let Some(first) = self.open.first().filter(|first| self.now + time > first.began + Self::LONGEST) {
                self.now = self.now.max(first.began + Self::LONGEST - REMEMBER);
                self.write_stamp();
                self.write_rule(0);
            }
            self.now += time;
        }

        fn note(&mut self) {
            self.changes += 1;
            self.noted.extend(self.complete.iter().map(|(rule, _)| *rule));
        }

        /// The rules that every worker has to know: those that were complete and noted, or complete for two seconds.
        fn promised(&self) -> BTreeSet<usize> {
            let in_time = self.complete.iter().filter(|(_, at)| *at + REMEMBER <= self.now).map(|(rule, _)| *rule);
            in_time.chain(self.noted.iter().copied()).collect()
        }

        /// Reads the stamp.
        fn stamps(&self, operator: OperatorId) -> Stamps {
            let epoch = now();
            let rules_changed_at = self.rules_changed_at.map(|at| epoch + at);
            Stamps::at(vec![Stamp { operator, changes: self.changes, rules_changed_at }], epoch + self.now)
        }
    }

    proptest! {
        #[test]
        fn a_batch_misses_no_rule_that_was_complete_for_two_seconds_or_noted(
            steps in prop::collection::vec(step(), 0..80),
        ) {
            let (operator, start) = (OperatorId::generate(), Instant::now());
            let mut workers = [Known::<Rules>::new(REMEMBER), Known::new(REMEMBER)];
            let (mut world, mut next) = (World::default(), 0);
            for step in steps {
                match step {
                    Step::Wait(time) => world.wait(time),
                    Step::Begin => {
                        let began = world.now;
                        world.open.push(Transaction { rule: next, began, stamp_written: false, rule_written: false });
                        next += 1;
                    }
                    Step::WriteStamp => world.write_stamp(),
                    Step::WriteRule(which) => world.write_rule(which),
                    Step::Note => world.note(),
                    Step::Batch(worker) => {
                        let known = &mut workers[worker];
                        let asked = known.seen([operator], start + world.now);
                        known.stamped(&asked, &world.stamps(operator), start + world.now);
                        let used = match known.of(operator) {
                            Some(entry) => entry.known.get_or_insert_with(|| world.rules.clone()).clone(),
                            None => world.rules.clone(),
                        };
                        prop_assert!(used.is_superset(&world.promised()), "{used:?} of {world:?}");
                    }
                }
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn moving_a_stamp_is_retried_while_a_transaction_moves_it() {
        let cloud = Cloud::new();
        let changes = Changes::from_env(&cloud.aws).expect("a table");
        cloud.refuse_writes("TransactionConflictException");
        changes.note(cloud.operator.id).await.expect_err("still in conflict");
        assert_eq!(cloud.calls("UpdateItem").len(), TRIES as usize);
    }

    #[test]
    fn of_an_operator_whose_batches_are_rare_nothing_is_asked_or_remembered() {
        let (mut known, operator, start) = (Known::<u32>::new(REMEMBER), OperatorId::generate(), Instant::now());
        for n in 0..3 {
            let now = start + REMEMBER * n;
            assert!(known.seen([operator], now).is_empty());
            assert!(known.of(operator).is_none());
        }
    }

    #[test]
    fn without_a_stamp_nothing_is_remembered() {
        let (mut known, operator, start) = (Known::<u32>::new(REMEMBER), OperatorId::generate(), Instant::now());
        batch(&mut known, operator, 1, start);
        batch(&mut known, operator, 1, start + MOMENT);
        let asked = known.seen([operator], start + MOMENT * 2);
        assert!(known.stamped(&asked, &stamps(operator, 1), start + MOMENT * 2).is_empty(), "nothing has changed");
        assert_eq!(known.stamped(&asked, &stamps(operator, 2), start + MOMENT * 2), asked);
        known.forget(&asked);
        assert!(known.of(operator).is_none());
    }

    #[test]
    fn no_number_of_operators_fills_the_memory() {
        let (mut known, now) = (Known::<u32>::new(REMEMBER), Instant::now());
        for _ in 0..MAX_OPERATORS * 3 {
            known.seen([OperatorId::generate()], now);
        }
        assert!(known.operators.len() <= MAX_OPERATORS + 1);
    }
}
