//! How an attempt ended, whatever it was sent by.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use domain::{Attempt, delivery::Fault, time::now};
use jiff::Timestamp;

/// How a receiver answered, or why it did not.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The try, as it is recorded.
    pub attempt: Attempt,
    /// How long the receiver asked to be left alone, with a 429 or 503.
    pub retry_after: Option<Duration>,
    /// Whether the server of a webhook or chat platform could not be reached: the connection was refused, failed or broke,
    /// or no answer came in time. False for an answer of any status, for addresses that we refuse to call, and for mails
    /// and text messages.
    pub unreachable: bool,
}

/// An attempt that has begun.
pub(crate) struct Begun {
    number: u32,
    at: Timestamp,
    started: Instant,
    signatures: BTreeMap<String, String>,
}

/// Why an attempt failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    /// The status of the answer, if there was one.
    pub(crate) status: Option<u16>,
    /// What went wrong, for the operator to read.
    pub(crate) error: String,
    /// Whose failure it is.
    pub(crate) fault: Fault,
}

impl Begun {
    /// Attempt number `number` begins now.
    pub(crate) fn now(number: u32) -> Self {
        Self { number, at: now(), started: Instant::now(), signatures: BTreeMap::new() }
    }

    /// When it began, which is the time that is signed.
    pub(crate) fn at(&self) -> Timestamp {
        self.at
    }

    /// Its request is signed by these headers.
    pub(crate) fn signed(&mut self, headers: &[(&'static str, String)]) {
        self.signatures = headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    }

    /// It ends now.
    pub(crate) fn ended(self, result: Result<(Option<u16>, Option<String>), Failure>) -> Answer {
        let duration_ms = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let (status, error, fault, response) = match result {
            Ok((status, response)) => (status, None, Fault::default(), response),
            Err(failure) => (failure.status, Some(failure.error), failure.fault, None),
        };
        let Self { number, at, signatures, .. } = self;
        let attempt = Attempt { number, at, duration_ms, status, error, fault, response, note: None, signatures };
        Answer { attempt, retry_after: None, unreachable: false }
    }
}

impl Answer {
    /// An attempt number `number` that failed before anything was sent, for a reason on our side that may pass.
    pub fn not_sent(number: u32, error: &str) -> Self {
        let failure = Failure { status: None, error: error.to_owned(), fault: Fault::Carrier };
        Begun::now(number).ended(Err(failure))
    }
}
