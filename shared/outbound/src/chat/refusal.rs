//! Rejections by any platform: which parts are shown to the operator, and which must not be.

use std::time::Duration;

use domain::{
    delivery::{Fault, cut},
    notification::readable,
};
use http::StatusCode;
use serde_json::Value;

use super::{Answered, Reading};

/// The maximum length of a platform's error text that is shown, in bytes.
const MAX_SAID: usize = 200;
/// The maximum length of a word that is not treated as a token, in characters. The platforms' error names have up to
/// 35.
const MAX_WORD: usize = 40;
/// The minimum length of a word with letters and digits that is treated as a token.
const MIN_TOKEN: usize = 16;

/// The values for a failure in the fields `result` and `status` of known servers.
const FAILED: [&str; 4] = ["error", "fail", "failed", "failure"];

impl Answered<'_> {
    /// A rejection with the reason `said`.
    pub(super) fn refused(&self, said: &str, fault: Fault) -> Reading {
        self.refused_for(said, fault, None)
    }

    /// A rejection whose body says how long to wait. If the header does too, the longer time applies.
    pub(super) fn refused_for(&self, said: &str, fault: Fault, wait: Option<Duration>) -> Reading {
        let said = harmless(said);
        let reason = StatusCode::from_u16(self.status).ok().and_then(|status| status.canonical_reason());
        let said = if said.is_empty() { reason.unwrap_or_default() } else { &said };
        let error = format!("answered {} {said}", self.status).trim_end().to_owned();
        self.refused_as(error, fault, wait)
    }

    /// A success that does not look like one from this platform.
    pub(super) fn not_a_success(&self) -> Reading {
        let error = format!("answered {}, but not as it does when it takes a message", self.status);
        self.refused_as(error, Fault::Receiver, None)
    }

    fn refused_as(&self, error: String, fault: Fault, wait: Option<Duration>) -> Reading {
        Reading::Refused { error, fault, retry_after: self.retry_after.max(wait) }
    }

    /// Whether the answer is a rate limit, whatever its body says.
    pub(super) fn is_rate_limit(&self) -> bool {
        is_rate_limit(self.status, self.retry_after)
    }

    /// Whether the status says that the message is too large.
    pub(super) fn is_too_large(&self) -> bool {
        self.status == 413
    }

    /// Whether the body of a success reports a failure in a way that a known server uses.
    pub(super) fn says_it_failed(&self) -> bool {
        let Object::Whole(object) = self.object() else { return self.body.contains("message delivery failed") };
        let word = |name: &str| object[name].as_str().map(str::to_ascii_lowercase);
        let says = |value: &Value| match value {
            Value::Null | Value::Bool(false) => false,
            Value::String(text) => !text.is_empty(),
            Value::Array(list) => !list.is_empty(),
            Value::Object(object) => !object.is_empty(),
            Value::Bool(true) | Value::Number(_) => true,
        };
        ["ok", "success"].iter().any(|name| object[*name] == false)
            || ["result", "status"].iter().any(|name| word(name).is_some_and(|word| FAILED.contains(&&*word)))
            || ["error", "errors"].iter().any(|name| says(&object[*name]))
    }

    /// The body as a JSON object, as far as it was read.
    pub(super) fn object(&self) -> Object {
        match serde_json::from_str::<Value>(self.body) {
            Ok(object @ Value::Object(_)) => Object::Whole(object),
            Err(error) if error.is_eof() && self.body.trim_start().starts_with('{') => Object::BrokenOff,
            _ => Object::None,
        }
    }
}

/// Whether an answer is a rate limit: a 429, or a 503 with a time to wait.
pub(crate) fn is_rate_limit(status: u16, retry_after: Option<Duration>) -> bool {
    status == 429 || (status == 503 && retry_after.is_some())
}

/// A body that should be a JSON object.
pub(super) enum Object {
    /// A complete object.
    Whole(Value),
    /// The start of an object. Platforms repeat the message, which may be longer than the part of the answer that we
    /// read.
    BrokenOff,
    /// Anything else.
    None,
}

/// Shortens a platform's text to one line without URLs and tokens, since anyone with the URL of a webhook can post to
/// it.
fn harmless(said: &str) -> String {
    let said = readable(said);
    let words: Vec<_> = said.split_whitespace().map(|word| if may_be_secret(word) { "…" } else { word }).collect();
    cut(&words.join(" "), MAX_SAID).trim_end().to_owned()
}

fn may_be_secret(word: &str) -> bool {
    let part_of_url = word.contains("://") || word.contains('=') || word.starts_with('/') || word.contains("%2");
    let path = word.matches('/').count() > 1;
    let runs = || word.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '-'));
    let token = runs().any(|run| {
        let has = |is: fn(&u8) -> bool| run.bytes().any(|b| is(&b));
        let mixed = has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic);
        run.len() > MAX_WORD || (run.len() >= MIN_TOKEN && mixed)
    });
    part_of_url || path || token
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_contain_neither_urls_nor_tokens() {
        for secret in [
            "https://hooks.slack.com/services/T0/B0/x",
            "/services/T0/B0/x",
            "T0/B0/x",
            "key=abc&token=def",
            "\"36e0836ee6804d5fa6f5b09b67693953\"",
            "xYz-0123456789abcdef",
        ] {
            assert_eq!(harmless(&format!("The URL {secret} was  not\nfound")), "The URL … was not found");
        }
        let words =
            "posting_to_general_channel_denied DirectApiAuthorizationRequired and/or spaces/AAA 1234567890123456";
        assert_eq!(harmless(words), words);
    }

    #[test]
    fn every_platform_limits_our_rate_by_429_and_by_503_with_a_time() {
        let wait = Some(Duration::from_secs(7));
        for platform in domain::Platform::ALL {
            for (status, retry_after, expected) in
                [(429, None, Fault::Throttled), (503, wait, Fault::Throttled), (503, None, Fault::Receiver)]
            {
                match crate::chat::read(platform, "", Answered { status, retry_after, body: "busy" }) {
                    Reading::Refused { fault, retry_after: asked, .. } => {
                        assert_eq!((fault, asked), (expected, retry_after), "{platform:?} {status}");
                    }
                    Reading::Taken(_) => panic!("{platform:?} took a {status}"),
                }
            }
        }
    }

    #[test]
    fn it_is_a_short_line() {
        assert_eq!(harmless(&"aaé ".repeat(500)).len(), 199, "of 5 bytes each, and no space at the end");
        let answered = Answered { status: 599, retry_after: None, body: "" };
        let Reading::Refused { error, .. } = answered.refused("", Fault::Receiver) else { panic!("refused") };
        assert_eq!(error, "answered 599");
    }
}
