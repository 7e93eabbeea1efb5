//! The partitions over which an operator's events are spread.
//!
//! A DynamoDB partition accepts 1,000 writes a second. One partition is enough for nearly every operator; one that
//! needs more gets shards. An event's id names its shard, so its row can be found from the id alone. Adding shards
//! moves no rows, and an event that is delivered again by a queue finds its row however many shards there are by then.

use std::time::Duration;

use jiff::Timestamp;
use rand::RngExt;
use serde::{Deserialize, Serialize};
use ulid::Ulid;

use crate::{EventId, OperatorId};

/// The most shards that an operator may have, because a list reads all of them.
pub const MAX_SHARDS: u8 = 64;
/// How long a new number of shards waits before events use it. Functions cache keys for one minute; after this time
/// every function knows the new shards, so no list misses events in them.
pub const TAKES_EFFECT_AFTER: Duration = Duration::from_secs(90);

/// The random bits of a ULID.
const RANDOM_BITS: u32 = 80;
/// In an id that names a shard, the first 24 random bits are this mark and the next 8 are the shard's number. The other
/// 48 stay random.
const MARK: u128 = 0x5a_c4_a7;
const MARK_AT: u32 = RANDOM_BITS - 24;
const SHARD_AT: u32 = MARK_AT - 8;
const STILL_RANDOM: u128 = (1 << SHARD_AT) - 1;

/// One of an operator's shards. Every operator has the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Shard(u8);

impl Shard {
    /// The shard that every operator has.
    pub const FIRST: Self = Self(0);

    /// The partition key of the operator's events in this shard.
    pub fn partition(self, operator: OperatorId) -> String {
        if self == Self::FIRST { operator.to_string() } else { format!("{operator}/{}", self.0) }
    }
}

/// The number of an operator's shards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Shards(u8);

impl Shards {
    /// The default: one shard.
    pub const ONE: Self = Self(1);

    /// Creates the number, or returns `None` unless it is from 1 to [`MAX_SHARDS`].
    pub fn new(number: u8) -> Option<Self> {
        (1..=MAX_SHARDS).contains(&number).then_some(Self(number))
    }

    /// The number as an integer.
    pub fn count(self) -> u8 {
        self.0
    }

    /// Every shard, in order.
    pub fn all(self) -> impl Iterator<Item = Shard> {
        // A row that says 0 still has the first shard.
        (0..self.0.max(1)).map(Shard)
    }
}

/// An operator's number of shards, and the number before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sharding {
    /// How many shards may have events. The number never decreases.
    pub shards: Shards,
    /// When new events start to be spread over all shards.
    #[serde(with = "crate::time::millis")]
    pub since: Timestamp,
    /// The number of shards over which events are spread until then.
    pub before: Shards,
}

impl Sharding {
    /// The setting for an operator created at `now`. It takes effect at once.
    pub fn from_the_start(shards: Shards, now: Timestamp) -> Self {
        Self { shards, since: now, before: Shards::ONE }
    }

    /// The setting that raises `before` to `shards`, after [`TAKES_EFFECT_AFTER`].
    pub fn raised(before: Option<Self>, shards: Shards, now: Timestamp) -> Self {
        Self { shards, since: now + TAKES_EFFECT_AFTER, before: over(before, now) }
    }
}

/// The number of shards over which an event accepted at `now` is spread.
pub fn over(sharding: Option<Sharding>, now: Timestamp) -> Shards {
    match sharding {
        None => Shards::ONE,
        Some(sharding) if now < sharding.since => sharding.before,
        Some(sharding) => sharding.shards,
    }
}

/// Selects the events of an operator: whose they are, and which shards may have them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventsOf {
    /// The operator.
    pub operator: OperatorId,
    /// All shards that may have events.
    pub shards: Shards,
}

impl EventsOf {
    /// Selects the events of `operator` in all shards of `sharding`.
    pub fn new(operator: OperatorId, sharding: Option<Sharding>) -> Self {
        Self { operator, shards: sharding.map_or(Shards::ONE, |sharding| sharding.shards) }
    }
}

impl EventId {
    /// The shard that the event belongs to.
    pub fn shard(self) -> Shard {
        let bits = u128::from(self.ulid());
        let marked = (bits >> MARK_AT) & 0xff_ff_ff == MARK;
        let number = u8::try_from((bits >> SHARD_AT) & 0xff).unwrap_or(0);
        if marked && number < MAX_SHARDS { Shard(number) } else { Shard::FIRST }
    }

    /// Generates an id for an event in one of these shards.
    pub fn generate_in(shards: Shards) -> Self {
        let id = Self::generate();
        id.in_shard(Shard(rand::rng().random_range(0..shards.0.max(1))))
    }

    /// Moves the id to one of these shards. The result depends only on the id and the number of shards.
    pub fn spread_over(self, shards: Shards) -> Self {
        let random = u128::from(self.ulid()) & STILL_RANDOM;
        // The remainder is less than the number of shards.
        self.in_shard(Shard((random % u128::from(shards.0.max(1))) as u8))
    }

    /// Moves the id to this shard. The result depends only on the id and the shard.
    pub fn in_shard(self, shard: Shard) -> Self {
        let bits = u128::from(self.ulid());
        if shard != Shard::FIRST {
            let time = bits >> RANDOM_BITS << RANDOM_BITS;
            let bits = time | MARK << MARK_AT | u128::from(shard.0) << SHARD_AT | bits & STILL_RANDOM;
            return Ulid::from(bits).into();
        }
        // One id in 16 million has the mark by chance.
        if self.shard() == shard { self } else { Ulid::from(bits ^ 1 << MARK_AT).into() }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::time::from_millis;

    fn shards(number: u8) -> Shards {
        Shards::new(number).expect("in range")
    }

    proptest! {
        #[test]
        fn an_id_says_in_which_shard_it_is_and_keeps_its_time(bits: u128, number in 0..MAX_SHARDS) {
            let (id, shard) = (EventId::from(Ulid::from(bits)), Shard(number));
            let sharded = id.in_shard(shard);
            prop_assert_eq!(sharded.shard(), shard);
            prop_assert_eq!(sharded.made_at(), id.made_at());
            prop_assert_eq!(sharded.in_shard(shard), sharded);
            prop_assert_eq!(sharded.to_string().parse::<EventId>().expect("an id").shard(), shard);
        }

        #[test]
        fn whatever_marks_an_id_by_chance_the_first_shard_is_the_first(random: u64) {
            let marked = Ulid::from_parts(1_700_000_000_000, MARK << MARK_AT | 3 << SHARD_AT | u128::from(random >> 16));
            let id = EventId::from(marked);
            prop_assert_eq!(id.shard(), Shard(3));
            prop_assert_eq!(id.in_shard(Shard::FIRST).shard(), Shard::FIRST);
            prop_assert_eq!(id.spread_over(Shards::ONE).shard(), Shard::FIRST);
        }
    }

    /// 10,000 events a second over 16 shards: no shard comes near the 1,000 writes a second of a partition.
    #[test]
    fn events_are_spread_evenly() {
        let mut generated = [0; 16];
        let mut derived = [0; 16];
        for n in 0..10_000 {
            generated[usize::from(EventId::generate_in(shards(16)).shard().0)] += 1;
            let id = EventId::derived(from_millis(1_700_000_000_000), &[&n.to_string()]);
            derived[usize::from(id.spread_over(shards(16)).shard().0)] += 1;
        }
        // The expected value is 625, with a standard deviation of 24.
        for count in generated.into_iter().chain(derived) {
            assert!((450..800).contains(&count), "{generated:?} {derived:?}");
        }
    }

    #[test]
    fn a_new_number_of_shards_is_used_once_everybody_knows_it() {
        let now = from_millis(1_700_000_000_000);
        assert_eq!(over(None, now), Shards::ONE);
        let four = Sharding::raised(None, shards(4), now);
        assert_eq!((over(Some(four), now), over(Some(four), four.since)), (Shards::ONE, shards(4)));
        let later = four.since + Duration::from_secs(3600);
        let sixteen = Sharding::raised(Some(four), shards(16), later);
        assert_eq!((over(Some(sixteen), later), over(Some(sixteen), sixteen.since)), (shards(4), shards(16)));
        let start = Sharding::from_the_start(shards(2), now);
        assert_eq!(over(Some(start), now), shards(2));
        assert_eq!([0, 1, 64, 65].map(|n| Shards::new(n).is_some()), [false, true, true, false]);
    }

    #[test]
    fn the_first_shard_is_the_partition_that_everybody_has() {
        let operator = OperatorId::generate();
        let partitions: Vec<_> = shards(3).all().map(|shard| shard.partition(operator)).collect();
        assert_eq!(partitions, [operator.to_string(), format!("{operator}/1"), format!("{operator}/2")]);
    }
}
