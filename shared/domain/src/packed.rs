//! Long texts as rows have them: deflated (RFC 1951), since DynamoDB charges for each KiB that is written.
//!
//! To be used by `#[serde(with = "crate::packed")]`, of rows alone: what goes out is never packed.

use std::{cell::RefCell, fmt};

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};
use serde::{
    Deserializer, Serializer,
    de::{Error, Visitor},
};

use crate::event::MAX_DATA;

/// A text this short stays as it is: its row has a KiB at most either way, and people can read it in the table.
const PLAIN: usize = 600;

/// Writes a text as a string, or, where that is shorter, as bytes.
pub(crate) fn serialize<S: Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
    match deflated(text) {
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
        f.write_str("a text, as it is or deflated")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<String, E> {
        Ok(text.to_owned())
    }

    fn visit_string<E: Error>(self, text: String) -> Result<String, E> {
        Ok(text)
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<String, E> {
        inflated(bytes).ok_or_else(|| E::custom("the bytes are no deflated text"))
    }
}

/// A text deflated; none when that is not worth it. Level 1: higher ones take twice the time and more, and save a tenth.
fn deflated(text: &str) -> Option<Vec<u8>> {
    if text.len() <= PLAIN {
        return None;
    }
    thread_local! {
        // Half a megabyte, which is not to be had and cleared anew for each event.
        static DEFLATE: RefCell<Compress> = RefCell::new(Compress::new(Compression::fast(), false));
    }
    // What does not fit is no shorter.
    let mut bytes = Vec::with_capacity(text.len() - 1);
    let done = DEFLATE.with_borrow_mut(|deflate| {
        deflate.reset();
        deflate.compress_vec(text.as_bytes(), &mut bytes, FlushCompress::Finish)
    });
    matches!(done, Ok(Status::StreamEnd)).then_some(bytes)
}

/// The text that was deflated, of at most as many bytes as the `data` of an event may have.
fn inflated(bytes: &[u8]) -> Option<String> {
    // Of a usual text; of others it grows.
    let mut text = Vec::with_capacity((bytes.len() * 8).clamp(1024, MAX_DATA));
    let mut inflate = Decompress::new(false);
    loop {
        let read = usize::try_from(inflate.total_in()).ok()?;
        match inflate.decompress_vec(bytes.get(read..)?, &mut text, FlushDecompress::Finish) {
            Ok(Status::StreamEnd) => return String::from_utf8(text).ok(),
            Ok(Status::Ok | Status::BufError) if text.len() == text.capacity() && text.len() < MAX_DATA => {
                text.reserve_exact(text.capacity().min(MAX_DATA - text.len()));
            }
            _ => return None,
        }
    }
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
        let packed = deflated(&long).expect("shorter");
        assert!(packed.len() < 200, "{}", packed.len());
        assert_eq!(inflated(&packed).as_deref(), Some(&*long));
        assert_eq!(deflated(&long[..PLAIN]), None);
    }

    #[test]
    fn the_largest_data_comes_back_and_nothing_larger_is_unpacked() {
        there_and_back("x".repeat(MAX_DATA));
        let larger = deflated(&"x".repeat(MAX_DATA + 1)).expect("shorter");
        assert_eq!(inflated(&larger), None);
    }

    #[test]
    fn what_is_broken_is_told_apart() {
        let packed = deflated(&"abc".repeat(1000)).expect("shorter");
        for broken in [&packed[..packed.len() - 1], &[], b"{\"a\":1}"] {
            assert_eq!(inflated(broken), None);
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
