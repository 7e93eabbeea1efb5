//! Compresses long texts with Zstandard: in rows, because DynamoDB charges for each KiB that is written, and in messages,
//! because SQS charges for each 64 KiB. A text is compressed once, when it is accepted. 2 kB of typical JSON become 600
//! to 730 bytes, so that the row of an event stays below 1 KiB. LZ4 needs 910 to 1,070 bytes, and Deflate saves as much
//! as Zstandard in four times the time. Rows of earlier versions contain LZ4.
//!
//! Data sent to others is never compressed.

use std::{cell::RefCell, fmt, io, ops::Deref};

use data_encoding::BASE64;
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
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

/// Higher levels save less than 5 % more of texts this short, and take up to twenty times as long.
const LEVEL: i32 = 1;
/// The first bytes of every Zstandard frame. No LZ4 block begins with them: its first four bytes are the length of the
/// text, which would be far above [`MAX_TEXT`].
const ZSTANDARD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

thread_local! {
    // Kept, because creating them takes longer than compressing a short text.
    static COMPRESSOR: RefCell<io::Result<Compressor<'static>>> = RefCell::new(Compressor::new(LEVEL));
    static DECOMPRESSOR: RefCell<io::Result<Decompressor<'static>>> = RefCell::new(Decompressor::new());
}

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
        let text = "abc".repeat(1000);
        let (packed, before) = (pack(&text).expect("shorter"), compress_prepend_size(text.as_bytes()));
        for broken in [&packed[..packed.len() - 1], &before[..before.len() - 1], &ZSTANDARD, &[], b"{\"a\":1}"] {
            assert_eq!(unpack(broken), None);
            assert_eq!(Text::of_packed_json(&format!("\"{}\"", BASE64.encode(broken))), None);
        }
        for json in ["{}", "\"", "\"!\"", "\"\"", "1"] {
            assert_eq!(Text::of_packed_json(json), None, "{json}");
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
