//! The workers' cache of an operator's rules and destinations. Entries live for at most two seconds
//! (`REMEMBER_SECONDS`) and are invalidated by a stamp that moves with every change.
//!
//! Without the cache, a worker that receives batch after batch of one operator would read the same rows each time: a
//! thousand times a second for an operator with ten thousand events a second, while a partition allows 3,000 reads.
//! With it, the worker reads one small row per batch, the stamp. Every change by an API or a worker moves the stamp
//! after the change itself is written, so the change applies from the next batch on. If the stamp could not be moved,
//! the change applies two seconds later.
//!
//! An operator whose last batch was more than two seconds ago costs nothing extra: nothing of it is cached.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use aws_sdk_dynamodb::Client;
use domain::OperatorId;
use serde::Deserialize;

use crate::{
    Aws, Result,
    batch_get::get_items,
    error::aws,
    item::{Item, from_items, key, n},
};

/// The maximum number of operators in the cache. Expired ones are dropped when this number is reached.
const MANY_OPERATORS: usize = 100;
const MAX_OPERATORS: usize = 1000;

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
}

/// Stamps that were read. A stamp that has never moved is 0.
#[derive(Debug, Default)]
pub(crate) struct Stamps(HashMap<OperatorId, u64>);

impl Stamps {
    pub(crate) fn of(items: Vec<Item>) -> Result<Self> {
        let rows: Vec<Stamp> = from_items(Some(items))?;
        Ok(Self(rows.into_iter().map(|row| (row.operator, row.changes)).collect()))
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
        update.send().await.map_err(aws("UpdateItem"))?;
        Ok(())
    }
}

/// A cache with one `T` for each operator.
pub struct Recent<T> {
    changes: Changes,
    known: Mutex<Known<T>>,
}

impl<T: Default> Recent<T> {
    /// Creates an empty cache. Entries live for `REMEMBER_SECONDS`.
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

    /// Drops outdated entries according to the stamps that were read, and returns the operators that have no entries
    /// now. Rows that were read in the same call as the stamps may be older than the stamps: do not cache them.
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
    stamp: u64,
    since: Instant,
    what: T,
}

impl<T: Default> Known<T> {
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
            let stamp = stamps.0.get(operator).copied().unwrap_or(0);
            let holds = |known: &Remembered<T>| known.stamp == stamp && now.duration_since(known.since) < remember;
            if !of.remembered.as_ref().is_some_and(holds) {
                of.remembered = Some(Remembered { stamp, since: now, what: T::default() });
                reset.insert(*operator);
            }
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
    use super::*;

    const REMEMBER: Duration = Duration::from_secs(2);
    const MOMENT: Duration = Duration::from_millis(100);

    fn stamps(operator: OperatorId, stamp: u64) -> Stamps {
        Stamps(HashMap::from([(operator, stamp)]))
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
