//! Spans: an operation, its time, and its cause.

use std::{
    fmt::Display,
    sync::{Arc, Mutex, PoisonError},
    time::SystemTime,
};

use domain::{
    TraceContext,
    trace::{SpanId, TraceId},
};
use serde_json::Value;

use crate::{DAEMON, document::document};

/// The kind of a span, as defined by OpenTelemetry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Handles a request.
    Server,
    /// Sends a request and waits for the answer.
    Client,
    /// Puts messages on a queue.
    Producer,
    /// Processes a message from a queue.
    Consumer,
}

/// An operation in progress, from its start to its end. Clones share the same span.
///
/// If nothing is traced, the span is empty and its methods do nothing.
#[derive(Debug, Clone, Default)]
pub struct Span(Option<Arc<Inner>>);

#[derive(Debug)]
struct Inner {
    /// The context for operations that the span causes.
    context: TraceContext,
    parent: Option<SpanId>,
    kind: Kind,
    name: String,
    started: SystemTime,
    /// `None` once the span has ended.
    facts: Mutex<Option<Facts>>,
}

/// The facts about a span, apart from its start.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    /// Attributes with OpenTelemetry's names, and ours.
    pub(crate) attributes: Vec<(&'static str, Value)>,
    /// Whether the operation failed, whatever the status of its answer.
    pub(crate) failed: bool,
}

impl Span {
    /// Begins a span in this context. Many spans should share a name, so don't put IDs in it.
    pub fn start(context: Option<TraceContext>, kind: Kind, name: impl FnOnce() -> String) -> Self {
        let begin = |parent: TraceContext| Inner {
            context: TraceContext { span_id: Some(SpanId::random()), ..parent },
            parent: parent.span_id,
            kind,
            name: name(),
            started: SystemTime::now(),
            facts: Mutex::new(Some(Facts::default())),
        };
        Self(context.map(begin).map(Arc::new))
    }

    /// Whether the span is recorded.
    pub fn is_recorded(&self) -> bool {
        self.0.is_some()
    }

    /// Returns the context for operations that the span causes.
    pub fn context(&self) -> Option<TraceContext> {
        self.0.as_ref().map(|inner| inner.context)
    }

    /// Returns the trace that the span belongs to.
    pub fn trace_id(&self) -> Option<TraceId> {
        self.context().map(|context| context.trace_id)
    }

    /// Sets an attribute.
    pub fn set(&self, name: &'static str, value: impl Display) {
        self.note(|facts| facts.attributes.push((name, value.to_string().into())));
    }

    /// Sets an attribute if the value is `Some`.
    pub fn set_some(&self, name: &'static str, value: Option<impl Display>) {
        if let Some(value) = value {
            self.set(name, value);
        }
    }

    /// Sets an attribute to a number.
    pub fn set_number(&self, name: &'static str, value: impl Into<u64>) {
        self.note(|facts| facts.attributes.push((name, value.into().into())));
    }

    /// Marks the span as failed, with a word for the kind of failure.
    pub fn fail(&self, kind: &str) {
        self.note(|facts| {
            facts.failed = true;
            facts.attributes.push(("error.type", kind.into()));
        });
    }

    /// Ends the span and reports it. Later attributes are lost.
    pub fn end(&self) {
        if let Some(inner) = &self.0 {
            inner.end();
        }
    }

    fn note(&self, add: impl FnOnce(&mut Facts)) {
        if let Some(inner) = &self.0
            && let Some(facts) = inner.facts.lock().unwrap_or_else(PoisonError::into_inner).as_mut()
        {
            add(facts);
        }
    }
}

impl Inner {
    fn end(&self) {
        let facts = self.facts.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let (Some(facts), Some(daemon)) = (facts, DAEMON.get()) {
            let text = document(self.described(), &facts, &daemon.service, SystemTime::now());
            // Losing a span does no harm, but waiting for the daemon would.
            let _ = daemon.socket.send_to(text.as_bytes(), daemon.address);
        }
    }

    fn described(&self) -> crate::document::Described<'_> {
        let Self { context, parent, kind, name, started, .. } = self;
        crate::document::Described { context: *context, parent: *parent, kind: *kind, name, started: *started }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.end();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_span_asks_for_nothing() {
        let span = Span::start(None, Kind::Client, || panic!("no name is needed"));
        span.set("a", "b");
        span.end();
        assert!(!span.is_recorded() && span.context().is_none());
    }

    #[test]
    fn a_span_is_the_parent_of_what_it_causes() {
        let before = TraceContext::from_header("Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1");
        let span = Span::start(before, Kind::Server, || "GET".into());
        let within = span.context().expect("a context");
        assert_eq!(Some(within.trace_id), before.map(|before| before.trace_id));
        let inner = Span::start(Some(within), Kind::Client, || "POST".into());
        assert_eq!(inner.0.as_ref().and_then(|inner| inner.parent), within.span_id);
        assert_ne!(inner.context(), Some(within));
    }

    #[test]
    fn what_is_noted_after_the_end_is_lost() {
        let before = TraceContext::from_header("Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1");
        let span = Span::start(before, Kind::Server, || "GET".into());
        let same = span.clone();
        span.end();
        same.fail("late");
        assert!(same.0.is_some_and(|inner| inner.facts.lock().expect("no panic").is_none()));
    }
}
