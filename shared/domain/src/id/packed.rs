//! Serde for lists of ids in rows (`#[serde(with = "crate::id::packed")]`): 16 bytes for each id, concatenated.

use serde::{Deserializer, Serializer, de::Error};
use ulid::Ulid;

use super::{Id, Noun};

const ID_BYTES: usize = 16;

/// Writes the ids as bytes.
pub fn serialize<N: Noun, S: Serializer>(ids: &[Id<N>], to: S) -> Result<S::Ok, S::Error> {
    let bytes: Vec<u8> = ids.iter().flat_map(|id| id.ulid().to_bytes()).collect();
    to.serialize_bytes(&bytes)
}

/// Reads ids from bytes.
pub fn deserialize<'de, N: Noun, D: Deserializer<'de>>(from: D) -> Result<Vec<Id<N>>, D::Error> {
    let bytes: Vec<u8> = serde_bytes::deserialize(from)?;
    let (ids, rest) = bytes.as_chunks::<ID_BYTES>();
    if !rest.is_empty() {
        return Err(D::Error::custom(format_args!("{} bytes are not a whole number of ids", bytes.len())));
    }
    Ok(ids.iter().map(|id| Ulid::from_bytes(*id).into()).collect())
}
