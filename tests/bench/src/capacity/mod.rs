//! What DynamoDB charges for a call, calculated from the items by the rules of its developer guide ("DynamoDB item
//! sizes and formats", "read and write operations", and "global secondary indexes").
//!
//! Where AWS documents no rule, the code assumes the higher charge and says so.

mod schema;
mod size;

pub use schema::{Charge, Schema};
pub use size::{Item, item_size};

/// Bytes of a read unit.
const READ_UNIT: u64 = 4096;
/// Bytes of a write unit.
const WRITE_UNIT: u64 = 1024;
/// How much more a transaction costs, except in indexes: each of its rows is prepared, then committed.
pub const TRANSACTION: f64 = 2.0;

/// Which writes a read sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consistency {
    /// Perhaps not the latest ones, at half the price. Global secondary indexes support only this.
    Eventual,
    /// All writes that completed before it.
    Strong,
}

/// The read units for this many bytes. A read that finds no item costs as much as one of a single unit.
///
/// A `Query` adds up the sizes of all the items it reads before it rounds; `BatchGetItem` counts as one read for each
/// key.
pub fn read_units(bytes: u64, consistency: Consistency) -> f64 {
    let units = units(bytes, READ_UNIT);
    match consistency {
        Consistency::Eventual => units / 2.0,
        Consistency::Strong => units,
    }
}

/// The write units for this many bytes: the size of the item before or after the write, whichever is larger.
pub fn write_units(bytes: u64) -> f64 {
    units(bytes, WRITE_UNIT)
}

fn units(bytes: u64, unit: u64) -> f64 {
    let units = bytes.div_ceil(unit).max(1);
    f64::from(u32::try_from(units).expect("no call moves terabytes"))
}

#[cfg(test)]
mod tests {
    use super::{Consistency::*, *};

    /// AWS's examples are in kilobytes of 1024 bytes.
    fn kb(kilobytes: f64) -> u64 {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small numbers of a test")]
        let bytes = (kilobytes * 1024.0) as u64;
        bytes
    }

    #[test]
    fn a_read_is_charged_by_four_kilobytes() {
        for (kilobytes, strong) in [(3.0, 1.0), (4.0, 1.0), (6.0, 2.0), (8.0, 2.0), (10.0, 3.0)] {
            assert_eq!(read_units(kb(kilobytes), Strong), strong, "{kilobytes} KB");
            assert_eq!(read_units(kb(kilobytes), Eventual), strong / 2.0, "{kilobytes} KB");
        }
        assert_eq!(read_units(4097, Strong), 2.0);
    }

    #[test]
    fn a_read_that_finds_no_item_is_charged() {
        assert_eq!(read_units(0, Strong), 1.0);
        assert_eq!(read_units(0, Eventual), 0.5);
    }

    #[test]
    fn a_query_rounds_once_and_a_batch_by_item() {
        assert_eq!(read_units(kb(40.8), Strong), 11.0, "40.8 KB are 44 KB");
        let batch = [1.5, 6.5].map(|item| read_units(kb(item), Strong));
        assert_eq!(batch.iter().sum::<f64>(), 3.0, "4 KB and 8 KB, not 8 KB");
    }

    #[test]
    fn a_write_is_charged_by_the_kilobyte() {
        for (bytes, units) in [(0, 1.0), (500, 1.0), (1024, 1.0), (1025, 2.0), (kb(1.5), 2.0), (kb(3.0), 3.0)] {
            assert_eq!(write_units(bytes), units, "{bytes} bytes");
        }
    }
}
