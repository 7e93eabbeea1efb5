//! Compresses long texts with LZ4: in rows, because DynamoDB charges for each KiB that is written, and in messages,
//! because SQS charges for each 64 KiB. A text is compressed once, when it is accepted. Deflate would save another tenth
//! for most texts, but takes six times as long.
//!
//! Data sent to others is never compressed.

use std::{fmt, ops::Deref};

use data_encoding::BASE64;
use lz4_flex::block::{compress_prepend_size, decompress, uncompressed_size};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error, Visitor},
};

/// The longest text, in bytes.
pub(crate) const MAX_TEXT: usize = 256 * 1024;
/// Texts up to this length are not compressed: the row takes at most 1 KiB either way, and people can read it in the
/// table.
const PLAIN: usize = 600;

/// A text that rows hold in compressed form if that is shorter.
#[derive(Debug, Clone)]
pub struct Text {
    text: String,
    /// The compressed form, if it came with the text.
    packed: Option<Vec<u8>>,
}

impl Text {
    /// The text as a JSON string for a message, compressed and in base64. `None` if that is not shorter.
    pub(crate) fn packed_json(text: &str) -> Option<String> {
        let packed = pack(text)?;
        let json = format!("\"{}\"", BASE64.encode(&packed));
        (json.len() < text.len()).then_some(json)
    }

    /// Reads what [`Text::packed_json`] wrote. `None` for anything else.
    pub(crate) fn of_packed_json(json: &str) -> Option<Self> {
        let base64 = json.strip_prefix('"')?.strip_suffix('"')?;
        let packed = BASE64.decode(base64.as_bytes()).ok()?;
        Some(Self { text: unpack(&packed)?, packed: Some(packed) })
    }

    /// Returns the text itself.
    pub fn into_string(self) -> String {
        self.text
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Text {}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self { text, packed: None }
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.packed {
            Some(bytes) => serializer.serialize_bytes(bytes),
            None => match pack(&self.text) {
                Some(bytes) => serializer.serialize_bytes(&bytes),
                None => serializer.serialize_str(&self.text),
            },
        }
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Packed).map(Self::from)
    }
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

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Row {
        data: Text,
    }

    fn there_and_back(data: String) {
        let in_message = Text::packed_json(&data).map(|json| Text::of_packed_json(&json).expect("the text"));
        let row = Row { data: data.into() };
        let item: serde_dynamo::Item = serde_dynamo::to_item(&row).expect("an item");
        if let Some(data) = in_message {
            assert_eq!(&*data, &*row.data);
            let by_message = serde_dynamo::to_item(&Row { data }).expect("an item");
            assert_eq!(item, by_message, "the same row, compressed only once");
        }
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
            assert_eq!(Text::of_packed_json(&format!("\"{}\"", BASE64.encode(broken))), None);
        }
        for json in ["{}", "\"", "\"!\"", "\"\"", "1"] {
            assert_eq!(Text::of_packed_json(json), None, "{json}");
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
