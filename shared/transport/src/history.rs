//! What has happened on a connection, so that a request knows why it failed.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering::SeqCst},
};

/// The history of one connection. Clones are of the same connection.
#[derive(Debug, Clone, Default)]
pub(crate) struct History(Arc<State>);

#[derive(Debug, Default)]
struct State {
    /// An answer has arrived on this connection, so that a further request reuses it.
    reused: AtomicBool,
    /// Some of the current request has been written.
    writing: AtomicBool,
    /// A byte has been read since the current request began.
    heard: AtomicBool,
}

impl History {
    /// Bytes are about to be written. The first ones after an answer belong to a new request.
    pub(crate) fn writes(&self) {
        if !self.0.writing.swap(true, SeqCst) {
            self.0.heard.store(false, SeqCst);
        }
    }

    /// Bytes were read.
    pub(crate) fn heard(&self) {
        self.0.heard.store(true, SeqCst);
    }

    /// The headers of an answer have been read. Called before the connection carries another request: an answer's body
    /// is read first, and an answer without a body is passed to us in the same poll that frees the connection.
    pub(crate) fn answered(&self) {
        self.0.reused.store(true, SeqCst);
        self.0.writing.store(false, SeqCst);
    }

    /// Whether the request that just failed reused the connection and did not get a byte of an answer.
    pub(crate) fn was_dead(&self) -> bool {
        let unanswered = !self.0.writing.load(SeqCst) || !self.0.heard.load(SeqCst);
        self.0.reused.load(SeqCst) && unanswered
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(steps: &[fn(&History)]) -> bool {
        let history = History::default();
        for step in steps {
            step(&history);
        }
        history.was_dead()
    }

    #[test]
    fn only_a_reused_connection_without_a_byte_of_an_answer_was_dead() {
        const EXCHANGE: [fn(&History); 4] = [History::writes, History::heard, History::answered, History::heard];
        let second = |steps: &[fn(&History)]| after(&[&EXCHANGE[..], steps].concat());
        assert!(!after(&[]) && !after(&[History::writes]), "the first request");
        assert!(second(&[]), "nothing was sent");
        assert!(second(&[History::writes, History::writes]), "sent");
        assert!(!second(&[History::writes, History::heard]), "answered in part");
        assert!(!second(&[History::writes, History::heard, History::writes]), "answered in part while still sending");
        assert!(second(&[History::heard]), "an idle server said something, such as 408, before the request");
    }
}
