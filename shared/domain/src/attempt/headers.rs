//! The headers of an answer, as a row keeps them: compressed, because a row of more than 1 KiB costs another write unit.

use std::{cell::RefCell, io};

use serde::{Deserialize, Serialize};
use zstd::{
    bulk::{Compressor, Decompressor},
    zstd_safe::get_frame_content_size,
};

use super::cut;

/// How much of the headers an attempt keeps, in bytes before compression.
pub const MAX_KEPT_HEADERS: usize = 2048;
/// How much of the headers an attempt keeps, in bytes after compression.
const MAX_PACKED: usize = 1024;
/// A header is only cut if this many bytes of its value remain.
const MIN_VALUE: usize = 16;

const LEVEL: i32 = 1;
/// The first byte says whether the answer had more headers.
const WHOLE: u8 = 0;
const CUT: u8 = 1;

/// What headers have in common. Rows contain references to it, so it never changes.
const DICTIONARY: &[u8] = b"x-ratelimit-limit: \nx-ratelimit-remaining: \nx-ratelimit-reset: \nretry-after: \n\
location: https://\nset-cookie: ; Path=/; HttpOnly; Secure; SameSite=Lax\nreferrer-policy: no-referrer\n\
permissions-policy: \nx-powered-by: Express\naccess-control-allow-origin: *\ncontent-security-policy: default-src 'self'\n\
x-amzn-requestid: \nx-amzn-trace-id: Root=1-\nx-amz-cf-pop: \nx-amz-cf-id: \nx-cache: Miss from cloudfront\nvia: 1.1 \n\
cf-cache-status: DYNAMIC\ncf-ray: \nalt-svc: h3=\":443\"; ma=86400\nx-request-id: \nx-correlation-id: \n\
strict-transport-security: max-age=31536000; includeSubDomains\nx-content-type-options: nosniff\n\
x-frame-options: SAMEORIGIN\nx-xss-protection: 0\nvary: Accept-Encoding, Origin\netag: W/\"\n\
cache-control: no-cache, no-store, max-age=0, must-revalidate, private\npragma: no-cache\nexpires: 0\n\
server: nginx\nserver: cloudflare\nserver: Apache\ntransfer-encoding: chunked\nkeep-alive: timeout=5\n\
connection: keep-alive\nconnection: close\ncontent-type: text/html; charset=utf-8\ncontent-type: text/plain\n\
content-type: application/json; charset=utf-8\ncontent-length: 0\n\
date: Mon, Tue, Wed, Thu, Fri, Sat, Sun, Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec 2026 2027 00:00:00 GMT\n";

thread_local! {
    // Kept, because loading the dictionary takes longer than compressing a few headers.
    static COMPRESSOR: RefCell<io::Result<Compressor<'static>>> =
        RefCell::new(Compressor::with_dictionary(LEVEL, DICTIONARY));
    static DECOMPRESSOR: RefCell<io::Result<Decompressor<'static>>> =
        RefCell::new(Decompressor::with_dictionary(DICTIONARY));
}

/// The headers of an answer, compressed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AnswerHeaders(#[serde(with = "serde_bytes")] Vec<u8>);

/// The headers of an answer that were kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeptHeaders {
    /// Names and values, in the order of the answer.
    pub headers: Vec<(String, String)>,
    /// Whether the answer had more.
    pub cut: bool,
}

impl AnswerHeaders {
    /// Packs headers that are written as `name: value`, one a line. Keeps as many as [`MAX_KEPT_HEADERS`] allows, and
    /// cuts the value of the next. `None` if there are none.
    pub fn pack(lines: &str) -> Option<Self> {
        let (kept, whole) = first(lines, MAX_KEPT_HEADERS);
        Self::packed(kept, whole).and_then(|packed| packed.within(MAX_PACKED))
    }

    fn packed(text: &str, whole: bool) -> Option<Self> {
        if text.is_empty() {
            return None;
        }
        let compress = |compressor: &RefCell<io::Result<Compressor<'_>>>| {
            compressor.borrow_mut().as_mut().ok()?.compress(text.as_bytes()).ok()
        };
        let mut bytes = vec![if whole { WHOLE } else { CUT }];
        bytes.extend(COMPRESSOR.with(compress)?);
        Some(Self(bytes))
    }

    /// The bytes that a row takes for them.
    pub fn size(&self) -> usize {
        self.0.len()
    }

    /// As many of the first headers as fit into `max` bytes. `None` if none fits.
    pub fn within(self, max: usize) -> Option<Self> {
        let mut packed = self;
        let mut text = packed.text()?;
        while packed.0.len() > max {
            // Headers compress about evenly, so this takes few rounds.
            let share = text.len() * max / packed.0.len();
            let shorter = first(&text, share.min(text.len().saturating_sub(1))).0.to_owned();
            packed = Self::packed(&shorter, false)?;
            text = shorter;
        }
        Some(packed)
    }

    fn text(&self) -> Option<String> {
        let frame = self.0.get(1..)?;
        let length = usize::try_from(get_frame_content_size(frame).ok()??).ok()?;
        if length > MAX_KEPT_HEADERS {
            return None;
        }
        let text = DECOMPRESSOR.with(|decompressor| {
            let mut decompressor = decompressor.borrow_mut();
            decompressor.as_mut().ok()?.decompress(frame, length).ok()
        })?;
        String::from_utf8(text).ok()
    }

    /// Unpacks the headers. Empty if the bytes are not packed headers.
    pub fn unpack(&self) -> KeptHeaders {
        let text = self.text().unwrap_or_default();
        let headers =
            text.lines().filter_map(|line| line.split_once(": ").or_else(|| Some((line.strip_suffix(':')?, ""))));
        KeptHeaders {
            headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            cut: self.0.first() == Some(&CUT),
        }
    }
}

/// The first lines of a text that fit into `max` bytes, with the next one cut if enough of it remains, and whether these
/// are all.
fn first(text: &str, max: usize) -> (&str, bool) {
    let text = text.trim_end_matches('\n');
    if text.len() <= max {
        return (text, true);
    }
    let part = cut(text, max);
    let line = part.rfind('\n').map_or(0, |end| end + 1);
    let value = part[line..].find(": ").map_or(part.len(), |colon| line + colon + 2);
    let end = if part.len().saturating_sub(value) >= MIN_VALUE { part.len() } else { line.saturating_sub(1) };
    (&part[..end], false)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const USUAL: &str = "date: Sat, 28 Nov 2026 13:43:18 GMT\ncontent-type: application/json; charset=utf-8\n\
        content-length: 15\nconnection: keep-alive\nserver: nginx/1.27.3\nx-request-id: 6f1c8a90-9f4e-4c39-a8d8-1b1f2f7c0a11\n";

    #[test]
    fn usual_headers_take_less_than_half_of_their_length() {
        let packed = AnswerHeaders::pack(USUAL).expect("headers");
        assert!(packed.size() * 2 < USUAL.len(), "{} of {}", packed.size(), USUAL.len());
        let KeptHeaders { headers, cut } = packed.unpack();
        assert!(!cut && headers.len() == 6);
        assert_eq!(headers[2], ("content-length".to_owned(), "15".to_owned()));
        // An answer without a body: these bytes are added to almost every row.
        let least = AnswerHeaders::pack("content-length: 0\ndate: Sat, 28 Nov 2026 13:43:18 GMT\n").expect("headers");
        assert!(least.size() <= 44, "{}", least.size());
    }

    #[test]
    fn no_headers_are_not_kept_and_broken_bytes_are_none() {
        assert_eq!(AnswerHeaders::pack(""), None);
        assert_eq!(AnswerHeaders::pack("\n"), None);
        for broken in [vec![], vec![0], vec![0, 1, 2, 3], vec![9; 40]] {
            assert!(AnswerHeaders(broken).unpack().headers.is_empty());
        }
    }

    #[test]
    fn a_value_without_end_is_cut() {
        let long: String =
            (0..4000_u32).map(|n| char::from(b'a' + u8::try_from(n * n % 26).expect("a letter"))).collect();
        let packed = AnswerHeaders::pack(&format!("a: b\nset-cookie: {long}\nc: d\n")).expect("headers");
        let KeptHeaders { headers, cut } = packed.unpack();
        assert!(cut && packed.size() <= MAX_PACKED && headers.len() == 2, "{headers:?}");
        assert!(long.starts_with(&headers[1].1) && headers[1].1.len() > 500);
    }

    proptest! {
        #[test]
        fn headers_are_a_prefix_within_any_size(
            headers in prop::collection::vec(("[a-z-]{1,20}", "[ -~é]{0,200}"), 1..30),
            max in 0_usize..1200,
        ) {
            let text: String = headers.iter().map(|(name, value)| format!("{name}: {value}\n")).collect();
            let Some(packed) = AnswerHeaders::pack(&text) else { return Ok(()) };
            let whole = packed.unpack();
            if !whole.cut {
                prop_assert_eq!(&whole.headers, &headers);
            }
            let Some(less) = packed.clone().within(max) else { return Ok(()) };
            prop_assert!(less.size() <= max);
            let less = less.unpack();
            prop_assert_eq!(less.cut, whole.cut || less.headers.len() < headers.len() || less != whole);
            for (kept, given) in less.headers.iter().zip(&headers) {
                prop_assert!(kept.0 == given.0 && given.1.starts_with(&kept.1));
            }
        }
    }
}
