//! One attempt to deliver, and who caused its failure.

mod headers;
mod signatures;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use headers::{AnswerHeaders, KeptHeaders, MAX_KEPT_HEADERS};

/// How much of a response body an attempt keeps, in bytes.
pub const MAX_KEPT_RESPONSE: usize = 1024;

/// One try of a delivery.
///
/// Its serde format is for rows. The names are short, because nearly every row has one attempt, and storage is paid by
/// the byte. The long names are those of rows written before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// The number of the attempt, from 1.
    #[serde(default = "first", rename = "n", alias = "number", skip_serializing_if = "is_first")]
    pub number: u32,
    /// When it began. Rows store milliseconds since the Unix epoch.
    #[serde(with = "crate::time::millis")]
    pub at: Timestamp,
    /// How long it took, in milliseconds.
    #[serde(rename = "ms", alias = "duration_ms")]
    pub duration_ms: u64,
    /// The HTTP status of the response, if there was one.
    #[serde(default, rename = "st", alias = "status", skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Why it failed; absent if it succeeded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Who caused the failure, which decides whether another attempt can help.
    #[serde(default, skip_serializing_if = "Fault::is_receivers")]
    pub fault: Fault,
    /// The first [`MAX_KEPT_RESPONSE`] bytes of the response body, if there was one; for mails and text messages, the
    /// service's id of the message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response: Option<String>,
    /// A problem with a response that was accepted anyway.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The signature headers of a webhook request as sent, so the log can show them even after the secret is rotated.
    /// Its other headers follow from the delivery and from `at` ([`crate::signature::identity`]).
    #[serde(default, rename = "sig", alias = "signatures", with = "signatures")]
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub signatures: BTreeMap<String, String>,
    /// The headers of the response, if there was one. Secrets that they repeat are removed.
    #[serde(default, rename = "hd", skip_serializing_if = "Option::is_none")]
    pub response_headers: Option<AnswerHeaders>,
}

fn first() -> u32 {
    1
}

fn is_first(number: &u32) -> bool {
    *number == first()
}

/// Who caused a failed attempt.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Fault {
    /// The receiver, as for every webhook. The failure may be temporary and counts against the destination's health.
    #[default]
    Receiver,
    /// The carrier: the mail or text service, or this service. The failure may be temporary and is not the
    /// destination's fault.
    Carrier,
    /// A rate limit of the receiver or the carrier (for a webhook, a 429, or a 503 with `Retry-After`). It is
    /// temporary, and counts neither against the destination's health nor as a step of the schedule.
    Throttled,
    /// The address, permanently: it does not exist, or its owner has opted out. The delivery ends.
    Address,
    /// The sender, permanently: the service does not accept our messages. The delivery ends.
    Sender,
}

impl Fault {
    /// Whether another attempt may succeed.
    pub fn may_pass(self) -> bool {
        matches!(self, Self::Receiver | Self::Carrier | Self::Throttled)
    }

    fn is_receivers(&self) -> bool {
        *self == Self::Receiver
    }
}

impl Attempt {
    /// Whether the receiver accepted the delivery.
    pub fn succeeded(&self) -> bool {
        self.error.is_none()
    }

    /// Whether the receiver answered `410 Gone`: it wants no more deliveries.
    pub fn is_gone(&self) -> bool {
        self.fault == Fault::Receiver && self.status == Some(410)
    }

    /// Whether both are the same attempt. A row may keep fewer of the headers.
    pub fn is(&self, other: &Self) -> bool {
        Self { response_headers: None, ..self.clone() } == Self { response_headers: None, ..other.clone() }
    }

    /// Whether another attempt may succeed after this one failed.
    pub fn may_be_repeated(&self) -> bool {
        self.fault.may_pass() && !self.is_gone()
    }
}

/// Cuts text to at most `max` bytes, at a character boundary.
pub fn cut(text: &str, max: usize) -> &str {
    &text[..text.floor_char_boundary(max)]
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;
    use serde_dynamo::{AttributeValue, from_item, to_item};

    use super::*;
    use crate::{testing::attempt, time::from_millis};

    type Item = HashMap<String, AttributeValue>;

    #[test]
    fn text_is_cut_at_a_character() {
        assert_eq!(cut("aé", 2), "a");
        assert_eq!(cut("aé", 9), "aé");
    }

    /// Any attempt, and the attributes that rows had for it before names were short.
    fn attempts() -> impl Strategy<Value = (Attempt, Item)> {
        let faults = [Fault::Receiver, Fault::Carrier, Fault::Throttled, Fault::Address, Fault::Sender];
        let text = || prop::option::of(".{0,20}");
        let signature = ("[a-z-]{2,20}", "v1,[a-zA-Z0-9+/]{42}A=");
        let signatures = prop::collection::btree_map(signature.0, signature.1, 0..3);
        let signed = prop::option::of("v1,[a-zA-Z0-9+/]{42}A=");
        (1_u32..100, 0_i64..2_000_000_000_000, 0_u64..20_000, prop::option::of(100_u16..600))
            .prop_flat_map(move |numbers| {
                let texts = (text(), text(), text());
                (Just(numbers), texts, prop::sample::select(faults.to_vec()), signatures.clone(), signed.clone())
            })
            .prop_map(|((number, at, ms, status), (error, response, note), fault, mut signatures, signed)| {
                signatures.extend(signed.map(|value| (crate::signature::STANDARD_HEADER.to_owned(), value)));
                let of = |name: &str, value: AttributeValue| (name.to_owned(), value);
                let n = |number: i64| AttributeValue::N(number.to_string());
                let mut item = Item::from([of("number", n(number.into())), of("at", n(at))]);
                item.extend([of("duration_ms", n(ms.cast_signed()))]);
                item.extend(status.map(|status| of("status", n(status.into()))));
                let texts = [("error", &error), ("response", &response), ("note", &note)];
                item.extend(
                    texts.into_iter().filter_map(|(name, text)| Some(of(name, AttributeValue::S(text.clone()?)))),
                );
                item.extend(
                    (fault != Fault::Receiver)
                        .then(|| of("fault", AttributeValue::S(format!("{fault:?}").to_lowercase()))),
                );
                let headers: Item = signatures.iter().map(|(n, v)| of(n, AttributeValue::S(v.clone()))).collect();
                item.extend((!headers.is_empty()).then(|| of("signatures", AttributeValue::M(headers))));
                let at = from_millis(at);
                let response_headers = None;
                let duration_ms = ms;
                (
                    Attempt {
                        number,
                        at,
                        duration_ms,
                        status,
                        error,
                        fault,
                        response,
                        note,
                        signatures,
                        response_headers,
                    },
                    item,
                )
            })
    }

    proptest! {
        #[test]
        fn a_row_keeps_an_attempt_and_reads_those_of_before((attempt, before) in attempts()) {
            let item: Item = to_item(&attempt).expect("an item");
            prop_assert_eq!(&from_item::<_, Attempt>(item).expect("an attempt"), &attempt);
            prop_assert_eq!(from_item::<_, Attempt>(before).expect("an attempt of before"), attempt);
        }
    }

    #[test]
    fn a_first_success_stores_four_attributes() {
        let signatures = BTreeMap::from([(crate::signature::STACK_HEADER.to_owned(), "5b".repeat(32))]);
        let item: Item = to_item(Attempt { signatures, ..attempt(204) }).expect("an item");
        let mut names: Vec<_> = item.keys().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["at", "ms", "sig", "st"]);
    }
}
