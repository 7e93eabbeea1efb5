//! What workers remember of an operator's rules and destinations, for two seconds (`REMEMBER_SECONDS`) at most, and the stamp
//! that tells them when something has changed.
//!
//! A worker that gets batch after batch of one operator would read the same rows each time: a thousand times a second for an
//! operator with ten thousand events a second, while a partition takes 3,000 reads. Instead it reads one small row, the stamp.
//! Every change moves the stamp, whether an API or a worker made it, after the change itself is written. So a change counts
//! from the next batch on, as if nothing were remembered. If a stamp could not be moved, the change counts two seconds later.
//!
//! An operator whose last batch came more than two seconds ago costs nothing more: nothing about it is remembered.

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
    aws::{parsed_variable, variable},
    batch_get::get_items,
    error::aws,
    item::{Item, from_items, key, n},
};

/// From how many operators on those whose time is over are dropped, and how many are remembered at most.
const MANY_OPERATORS: usize = 100;
const MAX_OPERATORS: usize = 1000;

/// The stamps, rows of the table `Destinations`.
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

/// Stamps that were read; one that was never moved is 0.
#[derive(Debug, Default)]
pub(crate) struct Stamps(HashMap<OperatorId, u64>);

impl Stamps {
    /// Those of items.
    pub(crate) fn of(items: Vec<Item>) -> Result<Self> {
        let rows: Vec<Stamp> = from_items(Some(items))?;
        Ok(Self(rows.into_iter().map(|row| (row.operator, row.changes)).collect()))
    }
}

const STAMPS: &str = "changes#";

/// The key of a stamp. It has a partition of its own, so that its reads take nothing from those of destinations.
pub(crate) fn stamp_key(operator: OperatorId) -> Item {
    key(("operator_id", format!("{STAMPS}{operator}")), ("id", operator))
}

/// Whether an item of the table is a stamp.
pub(crate) fn is_stamp(item: &Item) -> bool {
    item.get("operator_id").and_then(|partition| partition.as_s().ok()).is_some_and(|text| text.starts_with(STAMPS))
}

impl Changes {
    /// Those of the table that `DESTINATIONS_TABLE` names.
    ///
    /// # Errors
    /// When the variable is missing.
    pub fn from_env(aws: &Aws) -> Result<Self> {
        Ok(Self { client: aws.dynamodb(), table: variable("DESTINATIONS_TABLE")? })
    }

    /// Moves an operator's stamp. To be called once a change is written, before anybody is told of it.
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

/// What is remembered of operators, a `T` of each.
pub struct Recent<T> {
    changes: Changes,
    known: Mutex<Known<T>>,
}

impl<T: Default> Recent<T> {
    /// Nothing yet; for as long as `REMEMBER_SECONDS` says.
    ///
    /// # Errors
    /// When a variable is missing or wrong.
    pub fn from_env(aws: &Aws) -> Result<Self> {
        let remember = Duration::from_secs(parsed_variable("REMEMBER_SECONDS")?);
        Ok(Self { changes: Changes::from_env(aws)?, known: Mutex::new(Known::new(remember)) })
    }

    /// The stamps.
    pub fn changes(&self) -> &Changes {
        &self.changes
    }

    /// Forgets what has changed of these operators, whose batch has come. To be called before anything is read for it.
    ///
    /// # Errors
    /// When the call fails; nothing is remembered of them then.
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

    /// A batch of these operators has come: of which of them the stamp is to be read, to be followed by
    /// [`Recent::stamped`]. What is remembered of them may be out of date until then.
    pub(crate) fn seen(&self, operators: impl IntoIterator<Item = OperatorId>) -> BTreeSet<OperatorId> {
        self.with_known(|known| known.seen(operators, Instant::now()))
    }

    /// Forgets what has changed, by the stamps that were read, and returns the operators about whom nothing is remembered
    /// now. Rows of theirs that were read in the same call may be older than the stamp: do not remember those.
    pub(crate) fn stamped(&self, asked: &BTreeSet<OperatorId>, stamps: &Stamps) -> BTreeSet<OperatorId> {
        self.with_known(|known| known.stamped(asked, stamps, Instant::now()))
    }

    /// Looks at what is remembered of an operator, or adds to it; nothing is, of one whose batches are rare.
    pub fn of<R>(&self, operator: OperatorId, look: impl FnOnce(&mut T) -> R) -> Option<R> {
        self.with_known(|known| known.of(operator).map(look))
    }

    fn with_known<R>(&self, look: impl FnOnce(&mut Known<T>) -> R) -> R {
        look(&mut self.known.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The same without the cloud.
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
    /// When its last batch came.
    seen: Instant,
    remembered: Option<Remembered<T>>,
}

struct Remembered<T> {
    stamp: u64,
    since: Instant,
    what: T,
}

impl<T: Default> Known<T> {
    /// A batch of these operators has come: of which of them the stamp is to be read.
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

    /// These are the stamps of the operators that were asked for.
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

    /// A batch comes: what was remembered at its beginning, if anything is to be.
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
