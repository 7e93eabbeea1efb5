//! What DynamoDB charges for a call, by the rules that AWS publishes ("DynamoDB item sizes and formats", "read and write
//! operations", and "global secondary indexes" of its developer guide), from the items alone.
//!
//! Where AWS publishes nothing, what is dearer is taken; the place says so.

mod schema;
mod size;

pub use schema::{Charge, Schema};
pub use size::{Item, item_size};

/// Bytes of a read unit.
const READ_UNIT: u64 = 4096;
/// Bytes of a write unit.
const WRITE_UNIT: u64 = 1024;
/// By how much a transaction is dearer, but for indexes: each of its rows is prepared, then committed.
pub const TRANSACTION: f64 = 2.0;

/// How a read sees writes that have just been made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consistency {
    /// Perhaps not yet, at half the price. Global secondary indexes know only this.
    Eventual,
    /// All of them.
    Strong,
}

/// The units of a read that looked at so many bytes. What looked at nothing costs as one unit's worth.
///
/// A `Query` adds up the sizes of all it looked at first; `BatchGetItem` is as many reads as it has keys.
pub fn read_units(bytes: u64, consistency: Consistency) -> f64 {
    let units = units(bytes, READ_UNIT);
    match consistency {
        Consistency::Eventual => units / 2.0,
        Consistency::Strong => units,
    }
}

/// The units of a write of so many bytes: of the larger of the item before and after.
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
    fn a_read_that_finds_nothing_is_charged_all_the_same() {
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
