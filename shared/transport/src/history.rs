//! Records what happens on a connection, to explain why a request failed and whether its answer was malformed.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicBool, Ordering::SeqCst},
};

/// The maximum bytes of an answer that are kept to check its headers. Later bytes are not checked.
const MAX_HEAD: usize = 16 * 1024;

/// Hardly any answer has more headers.
const USUAL_HEADERS: usize = 32;

/// The history of one connection. Clones share the same history.
#[derive(Debug, Clone, Default)]
pub(crate) struct History(Arc<State>);

#[derive(Debug, Default)]
struct State {
    /// An answer has arrived on this connection, so that a further request reuses it.
    reused: AtomicBool,
    /// Part of the current request has been written.
    writing: AtomicBool,
    /// A byte has been read since the current request began.
    heard: AtomicBool,
    /// The first bytes that were read since the current request began.
    head: Mutex<Vec<u8>>,
}

impl History {
    /// Bytes are about to be written. The first ones after an answer belong to a new request.
    pub(crate) fn writes(&self) {
        if !self.0.writing.swap(true, SeqCst) {
            self.0.heard.store(false, SeqCst);
            self.0.head.lock().unwrap_or_else(PoisonError::into_inner).clear();
        }
    }

    pub(crate) fn heard(&self, bytes: &[u8]) {
        self.0.heard.store(true, SeqCst);
        let mut head = self.0.head.lock().unwrap_or_else(PoisonError::into_inner);
        let room = MAX_HEAD - head.len();
        head.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    /// Whether the headers of the answer that was read violate the rules of RFC 9112.
    pub(crate) fn has_malformed_headers(&self) -> bool {
        let head = self.0.head.lock().unwrap_or_else(PoisonError::into_inner);
        match httparse::Response::new(&mut [httparse::EMPTY_HEADER; USUAL_HEADERS]).parse(&head) {
            Err(httparse::Error::TooManyHeaders) => {
                let mut headers = vec![httparse::EMPTY_HEADER; crate::MAX_HEADERS];
                httparse::Response::new(&mut headers).parse(&head).is_err()
            }
            result => result.is_err(),
        }
    }

    /// The headers of an answer have been read. Called before the connection carries another request: an answer's body
    /// is read first, and an answer without a body is passed to us in the same poll that frees the connection.
    pub(crate) fn answered(&self) {
        self.0.reused.store(true, SeqCst);
        self.0.writing.store(false, SeqCst);
    }

    /// Whether the request that just failed reused the connection and did not receive any byte of an answer.
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
        fn heard(history: &History) {
            history.heard(b"HTTP/1.1 200 OK");
        }
        const EXCHANGE: [fn(&History); 4] = [History::writes, heard, History::answered, heard];
        let second = |steps: &[fn(&History)]| after(&[&EXCHANGE[..], steps].concat());
        assert!(!after(&[]) && !after(&[History::writes]), "the first request");
        assert!(second(&[]), "nothing was sent");
        assert!(second(&[History::writes, History::writes]), "sent");
        assert!(!second(&[History::writes, heard]), "answered in part");
        assert!(!second(&[History::writes, heard, History::writes]), "answered in part while still sending");
        assert!(second(&[heard]), "an idle server said something, such as 408, before the request");
    }

    #[test]
    fn what_strict_clients_would_refuse_is_malformed() {
        let malformed = |headers: &str| {
            let history = History::default();
            history.writes();
            history.heard(format!("HTTP/1.1 200 OK\r\n{headers}\r\nbody").as_bytes());
            history.has_malformed_headers()
        };
        assert!(!malformed("content-length: 0\r\nx-a: \u{e9}\r\n"));
        assert!(!malformed(&"x-many: 1\r\n".repeat(120)), "many are no fault");
        for odd in ["set-cookie: a=\u{1}b\r\n", "bad name: x\r\n", "Server : x\r\n", "x-folded: a\r\n b\r\n"] {
            assert!(malformed(odd), "{odd:?}");
        }
        assert!(!malformed(&format!("x-long: {}\r\n", "x".repeat(2 * MAX_HEAD))), "it is not known");
    }
}
