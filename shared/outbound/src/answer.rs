//! The outcome of an attempt, for every kind of channel.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use domain::{Attempt, delivery::Fault, time::now};
use jiff::Timestamp;

/// The receiver's answer, or the reason why there is none.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The attempt, as it is recorded.
    pub attempt: Attempt,
    /// How long the receiver asked us to wait, with a 429 or 503.
    pub retry_after: Option<Duration>,
    /// Whether the server of a webhook or chat platform was unreachable: the connection was refused, failed or broke,
    /// or the answer did not arrive in time. `false` for an answer with any status, for addresses that we refuse to
    /// call, and for mails and text messages.
    pub unreachable: bool,
}

/// An attempt in progress.
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
    /// What went wrong, for the operator.
    pub(crate) error: String,
    /// Who is responsible for the failure.
    pub(crate) fault: Fault,
}

impl Begun {
    /// Begins attempt number `number`.
    pub(crate) fn now(number: u32) -> Self {
        Self { number, at: now(), started: Instant::now(), signatures: BTreeMap::new() }
    }

    /// When the attempt began. This time is part of the signature.
    pub(crate) fn at(&self) -> Timestamp {
        self.at
    }

    /// Records the headers that sign the request.
    pub(crate) fn signed(&mut self, headers: &[(&'static str, String)]) {
        self.signatures = headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    }

    /// Ends the attempt.
    pub(crate) fn ended(self, result: Result<(Option<u16>, Option<String>), Failure>) -> Answer {
        let duration_ms = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let (status, error, fault, response) = match result {
            Ok((status, response)) => (status, None, Fault::default(), response),
            Err(failure) => (failure.status, Some(failure.error), failure.fault, None),
        };
        let Self { number, at, signatures, .. } = self;
        let response_headers = None;
        let attempt = Attempt {
            number,
            at,
            duration_ms,
            status,
            error,
            fault,
            response,
            note: None,
            signatures,
            response_headers,
        };
        Answer { attempt, retry_after: None, unreachable: false }
    }
}

impl Answer {
    /// An attempt that failed before anything was sent, for a temporary reason on our side.
    pub fn not_sent(number: u32, error: &str) -> Self {
        let failure = Failure { status: None, error: error.to_owned(), fault: Fault::Carrier };
        Begun::now(number).ended(Err(failure))
    }
}
