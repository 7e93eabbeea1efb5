//! Hides credentials: in URLs, and in text that may repeat them.

use std::{borrow::Cow, ops::Range};

use url::Url;

use crate::credential::REDACTED;

/// The shortest credential that is searched for. Shorter ones would match ordinary words.
const MIN_CREDENTIAL: usize = 4;
/// The fewest digits of a phone number, including its country code.
const MIN_NUMBER: usize = 5;
/// How many times text may be escaped, for example as JSON within HTML within JSON.
const MAX_LAYERS: usize = 4;

/// A URL without its credentials: placeholders replace its userinfo, query and fragment.
pub fn shown_url(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").map_or(("", url), |(scheme, rest)| (scheme, rest));
    let separator = if scheme.is_empty() { "" } else { "://" };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, behind) = rest.split_at(end);
    let (hidden, host) = match authority.rsplit_once('@') {
        Some((_, host)) => (format!("{REDACTED}@"), host),
        None => (String::new(), authority),
    };
    let path_end = behind.find(['?', '#']).unwrap_or(behind.len());
    let (path, tail) = behind.split_at(path_end);
    let tail = match tail.chars().next() {
        Some(mark) if tail.len() > 1 => format!("{mark}{REDACTED}"),
        _ => tail.to_owned(),
    };
    format!("{scheme}{separator}{hidden}{host}{path}{tail}")
}

/// Removes mail addresses and phone numbers from text for a log, because mail and text message services repeat them in
/// their errors.
pub fn without_people(text: &str) -> Cow<'_, str> {
    if !text.contains(['@', '+']) {
        return Cow::Borrowed(text);
    }
    let is_end = |c: char| c.is_whitespace() || "<>()[]\"'`,;:".contains(c);
    let words = text.split_inclusive(is_end).map(|word| {
        let (bare, end) = word.split_at(word.trim_end_matches(is_end).len());
        let digits = bare.bytes().filter(u8::is_ascii_digit).count();
        let is_person = bare.contains('@') || (bare.starts_with('+') && digits >= MIN_NUMBER);
        if is_person { format!("{REDACTED}{end}") } else { word.to_owned() }
    });
    Cow::Owned(words.collect())
}

/// Credentials that are removed from other people's text.
#[derive(Default)]
pub struct Credentials(Vec<String>);

impl Credentials {
    /// Creates the set from these texts, each also in its unescaped form. Texts too short to distinguish from ordinary
    /// words are skipped.
    pub fn new(texts: impl IntoIterator<Item = String>) -> Self {
        let mut all = vec![];
        for text in texts {
            all.extend(Layers::of(&text).map(|layer| layer.text));
        }
        all.retain(|text| text.len() >= MIN_CREDENTIAL);
        all.sort_unstable_by_key(|text| std::cmp::Reverse(text.len()));
        all.dedup();
        Self(all)
    }

    /// The userinfo, query and fragment of a URL, and the values in them.
    pub fn of_url(url: &str) -> Self {
        Self::new(parts_of(url))
    }

    /// Removes the credentials from text in any spelling: plain, percent-encoded, or escaped as JSON or HTML.
    pub fn struck_out_of(&self, text: &str) -> String {
        let mut found: Vec<Range<usize>> = vec![];
        if !self.0.is_empty() {
            for layer in Layers::of(text) {
                found.extend(self.0.iter().flat_map(|credential| layer.places(credential)));
            }
        }
        found.sort_unstable_by_key(|range| range.start);
        let (mut clean, mut at) = (String::with_capacity(text.len()), 0);
        for range in found {
            if range.start >= at {
                clean.push_str(&text[at..range.start]);
                clean.push_str(REDACTED);
            }
            at = at.max(range.end);
        }
        clean.push_str(&text[at..]);
        clean
    }
}

/// The parts of a URL that are credentials.
pub(crate) fn parts_of(url: &str) -> Vec<String> {
    let Ok(url) = Url::parse(url) else { return vec![] };
    let mut parts = vec![url.username().to_owned()];
    parts.extend(url.password().map(str::to_owned));
    parts.extend(url.query().map(str::to_owned));
    parts.extend(url.query_pairs().map(|(_, value)| value.into_owned()));
    let raw_values = url.query().into_iter().flat_map(|query| query.split('&'));
    parts.extend(raw_values.filter_map(|pair| pair.split_once('=')).map(|(_, value)| value.to_owned()));
    parts.extend(url.fragment().map(str::to_owned));
    parts
}

/// Text after unescaping it a number of times, with the origin of each character.
struct Layer {
    text: String,
    /// For each byte of the text, where it begins in the original; the last entry is where the text ends.
    from: Vec<usize>,
}

impl Layer {
    fn raw(text: &str) -> Self {
        Self { text: text.to_owned(), from: (0..=text.len()).collect() }
    }

    /// The ranges of the original that contain `part`.
    fn places<'a>(&'a self, part: &'a str) -> impl Iterator<Item = Range<usize>> + 'a {
        self.text.match_indices(part).map(|(at, part)| self.from[at]..self.from[at + part.len()])
    }

    /// The next layer; `None` if this one has no escapes.
    fn unescaped(&self) -> Option<Self> {
        let mut next = Self { text: String::with_capacity(self.text.len()), from: vec![] };
        let mut at = 0;
        while let Some(c) = self.text[at..].chars().next() {
            let rest = &self.text[at..];
            let (read, length) = match c {
                '%' => percent(rest),
                '\\' => json(rest),
                '&' => html(rest),
                _ => None,
            }
            .unwrap_or((c, c.len_utf8()));
            next.text.push(read);
            // A multi-byte character is one place: a match may only begin or end at it as a whole.
            next.from.extend(std::iter::repeat_n(self.from[at], read.len_utf8()));
            at += length;
        }
        next.from.push(self.from[at]);
        (next.text.len() < self.text.len()).then_some(next)
    }
}

/// All layers of a text, starting with the text itself.
struct Layers {
    next: Option<Layer>,
    left: usize,
}

impl Layers {
    fn of(text: &str) -> Self {
        Self { next: Some(Layer::raw(text)), left: MAX_LAYERS }
    }
}

impl Iterator for Layers {
    type Item = Layer;

    fn next(&mut self) -> Option<Layer> {
        let layer = self.next.take()?;
        self.left -= 1;
        if self.left > 0 {
            self.next = layer.unescaped();
        }
        Some(layer)
    }
}

/// Reads a percent-encoded character, and how many bytes it takes.
fn percent(text: &str) -> Option<(char, usize)> {
    let byte = |at: usize| {
        let hex = text.get(at..at + 3)?.strip_prefix('%')?;
        u8::from_str_radix(hex, 16).ok()
    };
    let bytes: Vec<u8> = (0..4).map_while(|i| byte(3 * i)).collect();
    (1..=bytes.len()).find_map(|length| {
        let mut chars = std::str::from_utf8(&bytes[..length]).ok()?.chars();
        Some((chars.next()?, 3 * length))
    })
}

/// Reads a JSON escape, and how many bytes it takes.
fn json(text: &str) -> Option<(char, usize)> {
    let unit = |at: usize| u16::from_str_radix(text.get(at..at + 6)?.strip_prefix("\\u")?, 16).ok();
    if let Some(first) = unit(0) {
        let both = [Some(first), unit(6)].into_iter().flatten();
        let read = char::decode_utf16(both).next()?.ok()?;
        return Some((read, if read.len_utf16() == 2 { 12 } else { 6 }));
    }
    let read = match text.as_bytes().get(1)? {
        b'n' => '\n',
        b't' => '\t',
        b'r' => '\r',
        b @ (b'"' | b'\\' | b'/') => char::from(*b),
        _ => return None,
    };
    Some((read, 2))
}

/// Reads an HTML character reference, and how many bytes it takes.
fn html(text: &str) -> Option<(char, usize)> {
    let end = text.bytes().take(10).position(|b| b == b';')?;
    let name = &text[1..end];
    let number = name.strip_prefix('#').and_then(|number| match number.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => number.parse().ok(),
    });
    let read = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        _ => char::from_u32(number?)?,
    };
    Some((read, end + 1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn of_a_url_its_host_and_path_are_shown() {
        for (url, expected) in [
            ("https://example.com/hooks", "https://example.com/hooks"),
            ("https://example.com/hooks?token=x", "https://example.com/hooks?••••••••"),
            ("https://example.com?token=x#part", "https://example.com?••••••••"),
            ("https://example.com/a#part", "https://example.com/a#••••••••"),
            ("https://u:p@example.com/a?", "https://••••••••@example.com/a?"),
            ("ann@example.com", "••••••••@example.com"),
        ] {
            assert_eq!(shown_url(url), expected);
        }
    }

    #[test]
    fn a_log_names_nobody() {
        for (said, logged) in [
            ("answered 500 Internal Server Error", "answered 500 Internal Server Error"),
            (
                "could not be verified: ann@example.com, <bob@example.org>",
                "could not be verified: ••••••••, <••••••••>",
            ),
            ("550 5.1.1 <ann@example.com>: unknown", "550 5.1.1 <••••••••>: unknown"),
            ("Reason: +14155552671 is not valid to call to", "Reason: •••••••• is not valid to call to"),
            ("1 + 1, +2 and C++", "1 + 1, +2 and C++"),
        ] {
            assert_eq!(without_people(said), logged);
        }
    }

    #[test]
    fn a_credential_is_struck_out_however_it_is_spelled() {
        let credentials =
            Credentials::of_url("https://ann:pass-1@example.com/a?token=pl%2Fan%26ted%20%22x%22&b=second");
        for said in [
            "token=pl%2Fan%26ted%20%22x%22&b=second",
            "pl/an&ted \"x\"",
            "pl%2fan%26ted%20%22x%22",
            r#"pl\/an\u0026ted \"x\""#,
            "pl/an&amp;ted &quot;x&quot;",
            "pl&#x2F;an&#38;ted &#34;x&#34;",
            r#"pl\/an&amp;ted \u0022x\u0022"#,
            "pl%252Fan%2526ted%2520%2522x%2522",
            "second",
            "pass-1",
        ] {
            assert_eq!(credentials.struck_out_of(&format!("no {said}.")), format!("no {REDACTED}."), "{said}");
        }
        assert_eq!(credentials.struck_out_of("é second é"), format!("é {REDACTED} é"));
        assert_eq!(credentials.struck_out_of("50 % \\ & nothing"), "50 % \\ & nothing");
        assert_eq!(Credentials::of_url("https://example.com/hooks").struck_out_of("hooks"), "hooks");
    }

    proptest! {
        #[test]
        fn no_text_is_too_odd(text in r#"[%&\\"u0-9a-fé;#xd8]{0,40}"#, secret in "[%&a-f0-9é]{4,8}") {
            let credentials = Credentials::new([secret.clone()]);
            prop_assert!(!credentials.struck_out_of(&text).contains(&secret));
            let around = format!("{text}{secret}{text}");
            prop_assert!(!credentials.struck_out_of(&around).contains(&secret));
        }
    }
}
