//! How the signature headers of an attempt are stored: the digests as bytes, under a letter for each header. As text
//! they would be half of the row of a delivery that succeeds at once.
//!
//! Use it with `#[serde(with = "signatures")]` in rows only. It also reads headers that are stored as text.

use std::{collections::BTreeMap, fmt};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use data_encoding::HEXLOWER;
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error, Visitor},
};
use serde_bytes::ByteBuf;

use crate::signature::{
    CONFIG_HEADER, MAIL_HEADER, PROVIDERS_HEADER, STACK_AUTH_HEADER, STACK_HEADER, STACK_PREVIOUS_HEADER,
    STANDARD_HEADER,
};

/// The length of an HMAC-SHA256 in bytes.
const DIGEST: usize = 32;

#[derive(Debug, Clone, Copy)]
enum Encoding {
    Base64,
    Hex,
}

/// The format of a header's value: signatures with a separator between them, each a prefix and an encoded digest.
#[derive(Debug)]
struct Format {
    header: &'static str,
    letter: &'static str,
    prefix: &'static str,
    encoding: Encoding,
    separator: &'static str,
}

/// The letters are stored, so they never change.
const FORMATS: [Format; 7] = [
    format(STANDARD_HEADER, "w", "v1,", Encoding::Base64, " "),
    format(STACK_HEADER, "s", "", Encoding::Hex, ", "),
    format(STACK_PREVIOUS_HEADER, "p", "", Encoding::Hex, ", "),
    format(PROVIDERS_HEADER, "k", "sha256=", Encoding::Hex, ", "),
    format(CONFIG_HEADER, "c", "sha256=", Encoding::Hex, ", "),
    format(MAIL_HEADER, "m", "v1=", Encoding::Hex, ","),
    format(STACK_AUTH_HEADER, "v", "v1,", Encoding::Base64, " "),
];

const fn format(
    header: &'static str,
    letter: &'static str,
    prefix: &'static str,
    encoding: Encoding,
    separator: &'static str,
) -> Format {
    Format { header, letter, prefix, encoding, separator }
}

impl Encoding {
    fn encode(self, digest: &[u8]) -> String {
        match self {
            Self::Base64 => STANDARD.encode(digest),
            Self::Hex => HEXLOWER.encode(digest),
        }
    }

    fn decode(self, text: &str) -> Option<Vec<u8>> {
        match self {
            Self::Base64 => STANDARD.decode(text).ok(),
            Self::Hex => HEXLOWER.decode(text.as_bytes()).ok(),
        }
    }
}

impl Format {
    /// The digests in a value, concatenated. `None` if the value has another format.
    fn digests(&self, value: &str) -> Option<Vec<u8>> {
        let digest = |signature: &str| self.encoding.decode(signature.strip_prefix(self.prefix)?);
        let digests = value.split(self.separator).map(digest).collect::<Option<Vec<_>>>()?;
        digests.iter().all(|digest| digest.len() == DIGEST).then(|| digests.concat())
    }

    /// The value with these digests. `None` if the last one is incomplete.
    fn value(&self, digests: &[u8]) -> Option<String> {
        let (digests, rest) = digests.as_chunks::<DIGEST>();
        let signature = |digest: &[u8; DIGEST]| format!("{}{}", self.prefix, self.encoding.encode(digest));
        rest.is_empty().then(|| digests.iter().map(signature).collect::<Vec<_>>().join(self.separator))
    }
}

/// A stored value.
#[derive(Debug, PartialEq)]
enum Stored {
    Text(String),
    Digests(ByteBuf),
}

impl Serialize for Stored {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => to.serialize_str(text),
            Self::Digests(bytes) => bytes.serialize(to),
        }
    }
}

impl<'de> Deserialize<'de> for Stored {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Either;

        impl Visitor<'_> for Either {
            type Value = Stored;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the value of a header, as text or as digests")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Stored, E> {
                Ok(Stored::Text(text.to_owned()))
            }

            fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Stored, E> {
                Ok(Stored::Digests(ByteBuf::from(bytes)))
            }
        }

        from.deserialize_any(Either)
    }
}

/// Writes headers by their letters. A value with an unexpected format is written as text.
pub(super) fn serialize<S: Serializer>(headers: &BTreeMap<String, String>, to: S) -> Result<S::Ok, S::Error> {
    let stored = |(header, value): (&String, &String)| {
        let format = FORMATS.iter().find(|format| format.header == header);
        match format.and_then(|format| Some((format.letter, format.digests(value)?))) {
            Some((letter, digests)) => (letter.to_owned(), Stored::Digests(ByteBuf::from(digests))),
            None => (header.clone(), Stored::Text(value.clone())),
        }
    };
    headers.iter().map(stored).collect::<BTreeMap<_, _>>().serialize(to)
}

/// Reads what [`serialize`] wrote, and headers as text.
pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<String, String>, D::Error> {
    let header = |(name, stored): (String, Stored)| match stored {
        Stored::Text(value) => Ok((name, value)),
        Stored::Digests(digests) => {
            let format = FORMATS.iter().find(|format| format.letter == name);
            let header = format.and_then(|format| Some((format.header.to_owned(), format.value(&digests)?)));
            header.ok_or_else(|| D::Error::custom(format!("`{name}` is not a header with whole digests")))
        }
    };
    BTreeMap::<String, Stored>::deserialize(from)?.into_iter().map(header).collect()
}

#[cfg(test)]
mod tests {
    use serde_dynamo::{AttributeValue, from_item, to_item};

    use super::*;
    use crate::{ApiKind, WebhookSecret, signature::signatures, time::from_millis};

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Row {
        #[serde(with = "super")]
        sig: BTreeMap<String, String>,
    }

    fn written(sig: &BTreeMap<String, String>) -> BTreeMap<String, AttributeValue> {
        let mut item: std::collections::HashMap<String, AttributeValue> =
            to_item(Row { sig: sig.clone() }).expect("an item");
        let row: Row = from_item(item.clone()).expect("a row");
        assert_eq!(row.sig, *sig);
        match item.remove("sig") {
            Some(AttributeValue::M(map)) => map.into_iter().collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_headers_of_every_api_are_stored_as_bytes_and_read_as_they_were_sent() {
        let secrets = [WebhookSecret::generate(), WebhookSecret::generate(), WebhookSecret::generate()];
        for api in [ApiKind::Stack, ApiKind::Providers, ApiKind::Config, ApiKind::Mail, ApiKind::StackAuth] {
            for count in 0..=secrets.len() {
                let headers = signatures(api, &secrets[..count], "dlv_1", from_millis(1_700_000_000_000), b"{}");
                let headers: BTreeMap<_, _> =
                    headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
                for (name, stored) in written(&headers) {
                    let AttributeValue::B(bytes) = stored else { panic!("{name} is text") };
                    assert!(name.len() == 1 && bytes.len() % DIGEST == 0, "{api:?}: {name}");
                }
            }
        }
    }

    #[test]
    fn any_other_value_is_stored_as_text() {
        for value in ["", "v1,", "v1,AAAA", "v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", "é"] {
            let headers = BTreeMap::from([(STANDARD_HEADER.to_owned(), value.to_owned()), ("x".into(), value.into())]);
            assert!(written(&headers).values().all(|stored| matches!(stored, AttributeValue::S(_))), "{value}");
        }
        // Uppercase hex would be read as lowercase.
        let upper = BTreeMap::from([(STACK_HEADER.to_owned(), "5B".repeat(DIGEST))]);
        assert!(written(&upper).contains_key(STACK_HEADER));
    }

    #[test]
    fn a_broken_digest_is_an_error() {
        for (name, length) in [("w", 31), ("w", 33), ("x", 32)] {
            let sig = AttributeValue::M([(name.to_owned(), AttributeValue::B(vec![0; length]))].into());
            from_item::<_, Row>(std::collections::HashMap::from([("sig".to_owned(), sig)])).expect_err("refused");
        }
    }
}
