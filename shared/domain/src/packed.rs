//! Stores long texts in rows compressed with LZ4, because DynamoDB charges for each KiB that is written. Deflate would
//! save another tenth for most texts, but takes six times as long.
//!
//! Use it with `#[serde(with = "crate::packed")]` in rows only. Data sent to others is never compressed.

use std::fmt;

use lz4_flex::block::{compress_prepend_size, decompress, uncompressed_size};
use serde::{
    Deserializer, Serializer,
    de::{Error, Visitor},
};

/// The longest text, in bytes.
pub(crate) const MAX_TEXT: usize = 256 * 1024;
/// Texts up to this length are not compressed: the row takes at most 1 KiB either way, and people can read it in the
/// table.
const PLAIN: usize = 600;

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

/// Compresses text and puts its length in front; `None` if compression does not pay off.
fn pack(text: &str) -> Option<Vec<u8>> {
    if text.len() <= PLAIN {
        return None;
    }
    Some(compress_prepend_size(text.as_bytes())).filter(|bytes| bytes.len() < text.len())
}

/// Decompresses text of at most [`MAX_TEXT`] bytes.
fn unpack(bytes: &[u8]) -> Option<String> {
    let (length, compressed) = uncompressed_size(bytes).ok().filter(|(length, _)| *length <= MAX_TEXT)?;
    String::from_utf8(decompress(compressed, length).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
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
        let packed = pack(&"abc".repeat(1000)).expect("shorter");
        for broken in [&packed[..packed.len() - 1], &[], b"{\"a\":1}"] {
            assert_eq!(unpack(broken), None);
        }
    }

    proptest! {
        #[test]
        fn every_text_comes_back(text in ".{0,300}", times in 1_usize..40) {
            there_and_back(text.repeat(times));
        }

        #[test]
        fn so_does_one_that_does_not_get_shorter(bytes in proptest::collection::vec(any::<u8>(), 700..3000)) {
            there_and_back(data_encoding::BASE64.encode(&bytes));
        }
    }
}
