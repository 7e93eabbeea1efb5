//! Why a request got no answer.

use std::{error::Error as StdError, io};

use hyper_util::client::legacy;

pub(crate) type BoxError = Box<dyn StdError + Send + Sync>;

/// Why a request got no answer. The messages never contain the request's URL, which may hold a token.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The connection was not made within its timeout.
    #[error("no connection in time")]
    ConnectTimeout,
    /// The request's deadline has passed.
    #[error("no answer in time")]
    Timeout,
    /// The connection could not be made.
    #[error("could not connect")]
    Connect(#[source] legacy::Error),
    /// The connection was closed or reset before the headers of an answer were complete.
    #[error("the connection failed")]
    Broken(#[source] legacy::Error),
    /// The answer is not HTTP.
    #[error("the answer is not HTTP")]
    Malformed(#[source] legacy::Error),
    /// The request cannot be sent, for example because its URL has no host.
    #[error("the request cannot be sent")]
    Request(#[source] legacy::Error),
}

impl Error {
    /// Returns the first error of type `E` among the causes of this one.
    pub fn find<E: StdError + 'static>(&self) -> Option<&E> {
        find(self)
    }

    /// Returns the innermost cause.
    pub fn root(&self) -> &(dyn StdError + 'static) {
        let mut cause: &(dyn StdError + 'static) = self;
        while let Some(source) = cause.source() {
            cause = source;
        }
        cause
    }
}

impl From<legacy::Error> for Error {
    fn from(error: legacy::Error) -> Self {
        if error.is_connect() {
            let timed_out = find::<io::Error>(&error).is_some_and(|e| e.kind() == io::ErrorKind::TimedOut);
            return if timed_out { Self::ConnectTimeout } else { Self::Connect(error) };
        }
        match find::<hyper::Error>(&error) {
            Some(cause) if cause.is_parse() => Self::Malformed(error),
            Some(cause) if cause.is_user() => Self::Request(error),
            Some(_) => Self::Broken(error),
            None => Self::Request(error),
        }
    }
}

fn find<'a, E: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a E> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        next = error.source();
    }
    None
}
