//! Replaces unpaired surrogates. JSON may contain them (`"\ud83d"`, RFC 8259, 8.2), but Rust strings cannot.

use std::borrow::Cow;

/// The replacement for an unpaired surrogate: U+FFFD, as Unicode recommends.
const REPLACED: &str = "fffd";

/// Replaces each escaped surrogate that has no other half with U+FFFD. JSON without such escapes is returned unchanged.
pub fn repaired(json: &str) -> Cow<'_, str> {
    let places = unpaired(json.as_bytes());
    if places.is_empty() {
        return Cow::Borrowed(json);
    }
    let mut repaired = json.to_owned();
    for place in places {
        repaired.replace_range(place..place + REPLACED.len(), REPLACED);
    }
    Cow::Owned(repaired)
}

/// The positions of the four hex digits of unpaired escapes.
fn unpaired(json: &[u8]) -> Vec<usize> {
    let mut places = vec![];
    let mut at = 0;
    while let Some(next) = json[at..].iter().position(|b| *b == b'\\') {
        at += next;
        let Some(unit) = escaped(json, at) else {
            // Skip the escape of one character: an escaped backslash does not start another escape.
            at = (at + 2).min(json.len());
            continue;
        };
        match unit {
            0xd800..0xdc00 if escaped(json, at + 6).is_some_and(|low| matches!(low, 0xdc00..0xe000)) => at += 6,
            0xd800..0xe000 => places.push(at + 2),
            _ => {}
        }
        at += 6;
    }
    places
}

/// The UTF-16 unit written as `\uXXXX` at this position.
fn escaped(json: &[u8], at: usize) -> Option<u16> {
    let digits = json.get(at..at + 6)?.strip_prefix(b"\\u")?;
    let digits = std::str::from_utf8(digits).ok().filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))?;
    u16::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_half_is_replaced_and_a_whole_stays() {
        for (json, expected) in [
            (r#"{"a": "x\ud83d"}"#, r#"{"a": "x\ufffd"}"#),
            (r#"{"a": "\uD83D\uDE00"}"#, r#"{"a": "\uD83D\uDE00"}"#),
            (r#"{"\ude00": 1}"#, r#"{"\ufffd": 1}"#),
            (r#""\ud83d\ud83d\ude00""#, r#""\ufffd\ud83d\ude00""#),
            (r#""\ude00\ud83d""#, r#""\ufffd\ufffd""#),
            (r#""\\ud83d""#, r#""\\ud83d""#),
            (r#""\\\ud83d\n""#, r#""\\\ufffd\n""#),
            (r#""é\u00e9""#, r#""é\u00e9""#),
        ] {
            assert_eq!(repaired(json), expected);
        }
    }

    proptest! {
        #[test]
        fn every_string_of_escapes_can_be_read(units in proptest::collection::vec(any::<u16>(), 0..8)) {
            let escapes: String = units.iter().map(|unit| format!("\\u{unit:04x}")).collect();
            let json = format!("\"{escapes}\"");
            let text: String = serde_json::from_str(&repaired(&json)).expect("a string");
            prop_assert_eq!(text, String::from_utf16_lossy(&units));
        }

        #[test]
        fn no_text_is_too_odd(text in r#"[\\ud8cé"0-9]{0,30}"#) {
            repaired(&text);
        }
    }
}
