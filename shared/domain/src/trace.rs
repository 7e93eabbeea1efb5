//! Trace ids and contexts, in the formats of X-Ray's header and of W3C's `traceparent`.
//!
//! X-Ray's header is `Root=1-6929a5f0-…;Parent=53995c3f42cd8ad8;Sampled=1`. Lambda passes it to every invocation, and
//! SQS carries it as the message attribute `AWSTraceHeader`.

use std::{fmt, num::NonZeroU64, str::FromStr};

/// The id of a trace: 128 bits, the first 32 of which are the time in seconds at which the trace began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceId([u8; 16]);

/// The id of a span within its trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SpanId(NonZeroU64);

/// A position in a sampled trace. Traces that are not sampled have no context.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceContext {
    /// The trace.
    pub trace_id: TraceId,
    /// The parent span of the work done in this context; `None` at the start of a trace.
    pub span_id: Option<SpanId>,
}

/// The text is not a trace or span id in X-Ray's format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an id of a trace or a span")]
pub struct InvalidId;

impl TraceContext {
    /// Parses X-Ray's header. Returns `None` unless the header says that the trace is sampled: if `Sampled` is missing,
    /// somebody else makes that decision.
    pub fn from_header(header: &str) -> Option<Self> {
        let (mut root, mut parent, mut sampled) = (None, None, false);
        for field in header.split(';') {
            match field.trim().split_once('=') {
                Some(("Root", value)) => root = value.parse().ok(),
                Some(("Parent", value)) => parent = value.parse().ok(),
                Some(("Sampled", value)) => sampled = value == "1",
                // Other fields, such as `Lineage`, which Lambda uses to detect loops.
                _ => {}
            }
        }
        root.filter(|_| sampled).map(|trace_id| Self { trace_id, span_id: parent })
    }

    /// Formats X-Ray's header, to continue the trace elsewhere.
    pub fn header(&self) -> String {
        match self.span_id {
            Some(span) => format!("Root={};Parent={span};Sampled=1", self.trace_id),
            None => format!("Root={};Sampled=1", self.trace_id),
        }
    }

    /// Formats W3C's `traceparent` header; `None` at the start of a trace, which that header cannot express.
    pub fn traceparent(&self) -> Option<String> {
        self.span_id.map(|span| format!("00-{:032x}-{span}-01", self.trace_id.number()))
    }
}

impl TraceId {
    fn number(self) -> u128 {
        u128::from_be_bytes(self.0)
    }
}

impl SpanId {
    /// Generates a random id.
    pub fn random() -> Self {
        Self(NonZeroU64::new(rand::random()).unwrap_or(NonZeroU64::MIN))
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = self.number();
        write!(f, "1-{:08x}-{:024x}", number >> 96, number & ((1 << 96) - 1))
    }
}

impl fmt::Display for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl FromStr for TraceId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let (seconds, random) = text.strip_prefix("1-").and_then(|rest| rest.split_once('-')).ok_or(InvalidId)?;
        let id = (hex(seconds, 8)? << 96) | hex(random, 24)?;
        // W3C does not allow the id zero.
        if id == 0 { Err(InvalidId) } else { Ok(Self(id.to_be_bytes())) }
    }
}

impl FromStr for SpanId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let id = u64::try_from(hex(text, 16)?).map_err(|_| InvalidId)?;
        NonZeroU64::new(id).map(Self).ok_or(InvalidId)
    }
}

/// Parses exactly `digits` hexadecimal digits. Rejects a sign, which the standard library would accept.
fn hex(text: &str, digits: usize) -> Result<u128, InvalidId> {
    if text.len() != digits || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(InvalidId);
    }
    u128::from_str_radix(text, 16).map_err(|_| InvalidId)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HEADER: &str = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";

    #[test]
    fn a_header_is_read_whatever_else_it_says() {
        let context = TraceContext::from_header(HEADER).expect("a context");
        assert_eq!(context.header(), HEADER);
        let traceparent = "00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01";
        assert_eq!(context.traceparent().as_deref(), Some(traceparent));
        let more = format!("Self=1-2-3; Sampled=1 ;Lineage=1:a87bd80c:0;{}", HEADER.replace(";Sampled=1", ""));
        assert_eq!(TraceContext::from_header(&more), Some(context));
        let root = TraceContext::from_header("Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1").expect("a context");
        assert_eq!((root.span_id, root.traceparent()), (None, None));
    }

    #[test]
    fn only_a_sampled_trace_has_a_context() {
        for header in [
            "",
            "Sampled=1",
            "Root=1-5759e988-bd862e3fe1be46a994272793",
            "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0",
            "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=?",
            "Root=2-5759e988-bd862e3fe1be46a994272793;Sampled=1",
            "Root=1-+759e988-bd862e3fe1be46a994272793;Sampled=1",
            "Root=1-5759e988-bd862e3fe1be46a99427279;Sampled=1",
            "Root=1-00000000-000000000000000000000000;Sampled=1",
        ] {
            assert_eq!(TraceContext::from_header(header), None, "{header}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(trace in 1u128.., span in proptest::option::of(1u64..)) {
            let span_id = span.and_then(NonZeroU64::new).map(SpanId);
            let context = TraceContext { trace_id: TraceId(trace.to_be_bytes()), span_id };
            prop_assert_eq!(TraceContext::from_header(&context.header()), Some(context));
            let traceparent = context.traceparent();
            prop_assert_eq!(traceparent.as_ref().map(String::len), span.map(|_| 55));
            if let Some(text) = traceparent {
                prop_assert_eq!(u128::from_str_radix(&text[3..35], 16), Ok(trace));
            }
        }

        #[test]
        fn no_header_panics(header in ".*") {
            let _ = TraceContext::from_header(&header);
        }
    }
}
