//! Spans: what was done, when, and because of what.

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

/// What a span does, as OpenTelemetry has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It answers a request.
    Server,
    /// It sends a request, and waits for the answer.
    Client,
    /// It puts messages on a queue.
    Producer,
    /// It processes a message from a queue.
    Consumer,
}

/// Something that is being done, from the start of the span to its end. Clones are of the same span.
///
/// It is empty where nothing is traced: then none of its methods does anything.
#[derive(Debug, Clone, Default)]
pub struct Span(Option<Arc<Inner>>);

#[derive(Debug)]
struct Inner {
    /// That of what the span causes.
    context: TraceContext,
    parent: Option<SpanId>,
    kind: Kind,
    name: String,
    started: SystemTime,
    /// None once the span has ended.
    facts: Mutex<Option<Facts>>,
}

/// What is known of a span besides when it began.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    /// By OpenTelemetry's names, and ours.
    pub(crate) attributes: Vec<(&'static str, Value)>,
    /// Whether it failed, whatever the status of its answer.
    pub(crate) failed: bool,
}

impl Span {
    /// Begins a span in this context, under a name that many spans share: no id is in it.
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

    /// Whether it is recorded.
    pub fn is_recorded(&self) -> bool {
        self.0.is_some()
    }

    /// The context of what the span causes.
    pub fn context(&self) -> Option<TraceContext> {
        self.0.as_ref().map(|inner| inner.context)
    }

    /// The trace that it belongs to.
    pub fn trace_id(&self) -> Option<TraceId> {
        self.context().map(|context| context.trace_id)
    }

    /// Notes an attribute.
    pub fn set(&self, name: &'static str, value: impl Display) {
        self.note(|facts| facts.attributes.push((name, value.to_string().into())));
    }

    /// Notes an attribute, if there is one.
    pub fn set_some(&self, name: &'static str, value: Option<impl Display>) {
        if let Some(value) = value {
            self.set(name, value);
        }
    }

    /// Notes an attribute that is a number.
    pub fn set_number(&self, name: &'static str, value: impl Into<u64>) {
        self.note(|facts| facts.attributes.push((name, value.into().into())));
    }

    /// Notes that it failed, by a word for the kind of failure.
    pub fn fail(&self, kind: &str) {
        self.note(|facts| {
            facts.failed = true;
            facts.attributes.push(("error.type", kind.into()));
        });
    }

    /// Ends the span, and reports it. Whatever is noted later is lost.
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
            // A span that is lost does no harm, and waiting for the daemon would.
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
