//! Stores long texts in rows compressed with Zstandard, because DynamoDB charges for each KiB that is written. 2 kB of
//! typical JSON become 600 to 730 bytes, so that the row of an event stays below 1 KiB. LZ4 needs 910 to 1,070 bytes,
//! and Deflate saves as much as Zstandard in four times the time. Rows of earlier versions contain LZ4.
//!
//! Use it with `#[serde(with = "crate::packed")]` in rows only. Data sent to others is never compressed.

use std::{cell::RefCell, fmt, io};

use serde::{
    Deserializer, Serializer,
    de::{Error, Visitor},
};
use zstd::{
    bulk::{Compressor, Decompressor},
    zstd_safe::get_frame_content_size,
};

/// The longest text, in bytes.
pub(crate) const MAX_TEXT: usize = 256 * 1024;
/// Texts up to this length are not compressed: the row takes at most 1 KiB either way, and people can read it in the
/// table.
const PLAIN: usize = 600;

/// The highest level saves less than 5 % more of texts this short, and takes twenty times as long.
const LEVEL: i32 = 3;
/// The first bytes of every Zstandard frame. No LZ4 block begins with them: its first four bytes are the length of the
/// text, which would be far above [`MAX_TEXT`].
const ZSTANDARD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

thread_local! {
    // Kept, because creating them takes longer than compressing a short text.
    static COMPRESSOR: RefCell<io::Result<Compressor<'static>>> = RefCell::new(Compressor::new(LEVEL));
    static DECOMPRESSOR: RefCell<io::Result<Decompressor<'static>>> = RefCell::new(Decompressor::new());
}

/// Writes text as a string, or as compressed bytes if that is shorter.
pub(crate) fn serialize<S: Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
    match pack(text) {
        Some(bytes) => serializer.serialize_bytes(&bytes),
        None => serializer.serialize_str(text),
    }
}

/// Reads what [`serialize`] wrote.
pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    deserializer.deserialize_any(Packed)
}

struct Packed;

impl Visitor<'_> for Packed {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, as it is or compressed")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<String, E> {
        Ok(text.to_owned())
    }

    fn visit_string<E: Error>(self, text: String) -> Result<String, E> {
        Ok(text)
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<String, E> {
        unpack(bytes).ok_or_else(|| E::custom("the bytes are no compressed text"))
    }
}

/// Compresses text; `None` if compression does not pay off.
fn pack(text: &str) -> Option<Vec<u8>> {
    if text.len() <= PLAIN {
        return None;
    }
    let compress = |compressor: &RefCell<io::Result<Compressor<'_>>>| {
        compressor.borrow_mut().as_mut().ok()?.compress(text.as_bytes()).ok()
    };
    COMPRESSOR.with(compress).filter(|bytes| bytes.len() < text.len())
}

/// Decompresses text of at most [`MAX_TEXT`] bytes.
fn unpack(bytes: &[u8]) -> Option<String> {
    let text = if bytes.starts_with(&ZSTANDARD) { unpack_zstandard(bytes) } else { unpack_lz4(bytes) };
    String::from_utf8(text?).ok()
}

fn unpack_zstandard(bytes: &[u8]) -> Option<Vec<u8>> {
    let length = usize::try_from(get_frame_content_size(bytes).ok()??).ok().filter(|length| *length <= MAX_TEXT)?;
    let text = DECOMPRESSOR.with(|decompressor| {
        let mut decompressor = decompressor.borrow_mut();
        decompressor.as_mut().ok()?.decompress(bytes, length).ok()
    })?;
    (text.len() == length).then_some(text)
}

/// Reads a block of an earlier version, which begins with the length of the text.
fn unpack_lz4(bytes: &[u8]) -> Option<Vec<u8>> {
    let (length, compressed) =
        lz4_flex::block::uncompressed_size(bytes).ok().filter(|(length, _)| *length <= MAX_TEXT)?;
    lz4_flex::block::decompress(compressed, length).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use lz4_flex::block::compress_prepend_size;
    use proptest::prelude::*;
    use serde::{Deserialize, Serialize};

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Row {
        #[serde(with = "super")]
        data: String,
    }

    fn there_and_back(data: String) {
        let row = Row { data };
        let item: serde_dynamo::Item = serde_dynamo::to_item(&row).expect("an item");
        assert_eq!(serde_dynamo::from_item::<_, Row>(item).expect("a row"), row);
    }

    #[test]
    fn what_is_alike_within_gets_short_and_what_is_short_stays() {
        let long = r#"{"type": "velocity", "reason": "Too many transfers within an hour"},"#.repeat(100);
        let packed = pack(&long).expect("shorter");
        assert!(packed.len() < 200, "{}", packed.len());
        assert_eq!(unpack(&packed).as_deref(), Some(&*long));
        assert_eq!(pack(&long[..PLAIN]), None);
    }

    #[test]
    fn the_largest_data_comes_back_and_nothing_larger_is_unpacked() {
        there_and_back("x".repeat(MAX_TEXT));
        let larger = pack(&"x".repeat(MAX_TEXT + 1)).expect("shorter");
        assert_eq!(unpack(&larger), None);
    }

    #[test]
    fn broken_values_are_distinguished() {
        let text = "abc".repeat(1000);
        let (packed, before) = (pack(&text).expect("shorter"), compress_prepend_size(text.as_bytes()));
        for broken in [&packed[..packed.len() - 1], &before[..before.len() - 1], &ZSTANDARD, &[], b"{\"a\":1}"] {
            assert_eq!(unpack(broken), None);
        }
    }

    #[test]
    fn two_kilobytes_of_json_fit_into_a_write_unit() {
        let item = |n: u64| {
            let id = n.wrapping_mul(6_364_136_223_846_793_005);
            format!(
                r#"{{"id":"li_{id:016x}","sku":"SKU-{:05}","quantity":{},"unit_amount":{}}},"#,
                id % 99999,
                n % 9,
                id % 9999
            )
        };
        let text: String = (1..)
            .map(item)
            .scan(0, |length, item| {
                *length += item.len();
                (*length < 2000).then_some(item)
            })
            .collect();
        let packed = pack(&text).expect("shorter").len();
        // The rest of an event's row takes less than 300 bytes.
        assert!(text.len() > 1900 && packed < 724, "{} became {packed}", text.len());
    }

    proptest! {
        #[test]
        fn every_text_comes_back(text in ".{0,300}", times in 1_usize..40) {
            there_and_back(text.repeat(times));
        }

        #[test]
        fn a_text_that_an_earlier_version_compressed_is_read(text in ".{0,300}", times in 1_usize..40) {
            let text = text.repeat(times);
            prop_assert_eq!(unpack(&compress_prepend_size(text.as_bytes())), Some(text));
        }

        #[test]
        fn so_does_one_that_does_not_get_shorter(bytes in proptest::collection::vec(any::<u8>(), 700..3000)) {
            there_and_back(data_encoding::BASE64.encode(&bytes));
        }
    }
}
