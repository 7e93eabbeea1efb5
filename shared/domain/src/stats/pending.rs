//! Counts that a worker has not written yet.
//!
//! A write costs a hundred deliveries: a worker writes the counts of a destination once it has attempted a hundred
//! deliveries to it for the first time. A worker may end at any time and then loses the counts of less than a hundred
//! deliveries for each destination. To make up for that, a worker does not begin at zero but at a number from 0 to 99
//! that follows from its name: its first write comes earlier, and stands for a hundred deliveries. So the expected
//! counts are right however few deliveries a worker makes, and the expected cost is one write for a hundred deliveries.
//! For each worker and destination, the standard deviation is 41 deliveries: that of the difference of two random
//! numbers from 0 to 99.

use std::collections::HashMap;

use super::Counts;
use crate::{Attempt, DeliveryId, DeliveryState, DestinationId};

/// The number of deliveries that a write costs.
pub const DELIVERIES_PER_WRITE: u64 = 100;
/// A worker with more destinations than this drops its counts, to limit its memory. For the counters, this is as if
/// the worker had ended.
const MAX_DESTINATIONS: usize = 10_000;

/// The counts of a worker that it has not written yet.
#[derive(Debug)]
pub struct Pending {
    /// Where the worker begins to count, from 0 to 99.
    start: u64,
    counts: HashMap<DestinationId, OfOne>,
}

/// The counts of one destination.
#[derive(Debug, Default)]
struct OfOne {
    counts: Counts,
    /// How many more deliveries the first write stands for.
    start: u64,
}

impl OfOne {
    fn is_due(&self) -> bool {
        self.counts.deliveries > 0 && self.counts.deliveries + self.start >= DELIVERIES_PER_WRITE
    }
}

impl Pending {
    /// Counts nothing yet. `worker` names the worker and should differ between workers.
    pub fn new(worker: &str) -> Self {
        // FNV-1a, which spreads names that differ in a few characters.
        let hash = worker
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
        Self { start: (hash >> 32) % DELIVERIES_PER_WRITE, counts: HashMap::new() }
    }

    /// Counts an attempt, which left its delivery in the state `after`.
    pub fn add(&mut self, delivery_id: DeliveryId, attempt: &Attempt, after: DeliveryState) {
        if self.counts.len() >= MAX_DESTINATIONS && !self.counts.contains_key(&delivery_id.destination) {
            self.counts.clear();
        }
        let new = || OfOne { counts: Counts::default(), start: self.start };
        self.counts.entry(delivery_id.destination).or_insert_with(new).counts.add(delivery_id, attempt, after);
    }

    /// Takes the counts to write now. `random` is a random number from 0 to 1.
    pub fn take_due(&mut self, random: f64) -> Vec<(DestinationId, Counts)> {
        let due = self.counts.iter_mut().filter(|(_, one)| one.is_due());
        due.map(|(id, one)| {
            let OfOne { counts, start } = std::mem::take(one);
            let deliveries = counts.deliveries;
            (*id, if start == 0 { counts } else { counts.scaled(deliveries + start, deliveries, random) })
        })
        .collect()
    }

    /// Puts back counts that could not be written. They are due again at once.
    pub fn put_back(&mut self, destination: DestinationId, counts: &Counts) {
        self.counts.entry(destination).or_default().counts.merge(counts);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{EventId, stats::tests::made};

    fn attempt(pending: &mut Pending, to: DestinationId, number: u32) {
        let id = DeliveryId::new(to, EventId::generate());
        pending.add(id, &made(number, 10, 1, None), DeliveryState::Succeeded);
    }

    fn starting_at(start: u64) -> Pending {
        Pending { start, counts: HashMap::new() }
    }

    #[test]
    fn the_first_write_stands_for_a_hundred_deliveries_and_the_others_are_exact() {
        let (mut pending, to) = (starting_at(60), DestinationId::generate());
        (0..39).for_each(|_| attempt(&mut pending, to, 1));
        assert_eq!(pending.take_due(0.0), []);
        attempt(&mut pending, to, 1);
        let first = pending.take_due(0.5);
        assert_eq!(first.iter().map(|(_, counts)| counts.deliveries).collect::<Vec<_>>(), [100]);
        (0..99).for_each(|_| attempt(&mut pending, to, 1));
        assert_eq!(pending.take_due(0.0), [], "a write that was paid for is not paid for again");
        attempt(&mut pending, to, 1);
        assert_eq!(pending.take_due(0.9)[0].1.succeeded, 100);
    }

    #[test]
    fn counts_that_were_not_written_are_due_again() {
        let (mut pending, to) = (starting_at(0), DestinationId::generate());
        (0..100).for_each(|_| attempt(&mut pending, to, 1));
        let [(_, counts)] = &*pending.take_due(0.0) else { panic!("one write is due") };
        pending.put_back(to, counts);
        attempt(&mut pending, to, 1);
        assert_eq!(pending.take_due(0.0)[0].1.deliveries, 101);
    }

    #[test]
    fn a_retry_pays_for_no_write() {
        let (mut pending, to) = (starting_at(99), DestinationId::generate());
        (0..500).for_each(|_| attempt(&mut pending, to, 2));
        assert_eq!(pending.take_due(0.0), []);
    }

    #[test]
    fn a_worker_with_too_many_destinations_starts_over() {
        let mut pending = starting_at(0);
        (0..=MAX_DESTINATIONS).for_each(|_| attempt(&mut pending, DestinationId::generate(), 1));
        assert_eq!(pending.counts.len(), 1);
    }

    #[test]
    fn workers_start_at_different_numbers() {
        let name = |n: u32| format!("2026/04/15/[$LATEST]{n:032x}");
        let mut starts = [0_u32; 10];
        for n in 0..10_000 {
            starts[Pending::new(&name(n)).start as usize / 10] += 1;
        }
        assert!(starts.iter().all(|count| (800..1200).contains(count)), "{starts:?}");
    }

    proptest! {
        /// Any traffic of workers that all end without notice.
        #[test]
        fn on_average_a_write_stands_for_a_hundred_deliveries_and_nothing_is_lost(each in 1_u64..450) {
            let to = DestinationId::generate();
            let (mut writes, mut written) = (0, 0);
            for start in 0..DELIVERIES_PER_WRITE {
                let mut pending = starting_at(start);
                for _ in 0..each {
                    attempt(&mut pending, to, 1);
                    let due = pending.take_due(0.5);
                    writes += due.len() as u64;
                    written += due.iter().map(|(_, counts)| counts.deliveries).sum::<u64>();
                }
            }
            prop_assert_eq!((writes, written), (each, each * DELIVERIES_PER_WRITE));
        }

        #[test]
        fn a_worker_loses_nothing_while_it_lives(batches in prop::collection::vec((0_usize..3, 1_u64..11), 1..200)) {
            let to: Vec<_> = (0..3).map(|_| DestinationId::generate()).collect();
            let (mut pending, mut all, mut writes) = (starting_at(0), 0, 0);
            let mut written = Counts::default();
            for (place, count) in batches {
                (0..count).for_each(|_| attempt(&mut pending, to[place], 1));
                all += count;
                for (_, counts) in pending.take_due(0.5) {
                    writes += 1;
                    written.merge(&counts);
                }
            }
            pending.counts.values().for_each(|one| written.merge(&one.counts));
            prop_assert_eq!((written.deliveries, written.latencies.count()), (all, all));
            prop_assert!(writes * DELIVERIES_PER_WRITE <= all);
        }
    }
}
