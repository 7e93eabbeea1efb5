//! What goes wrong below the rules.

use std::error::Error as StdError;

use aws_sdk_dynamodb::error::DisplayErrorContext;

/// An AWS call, a row or the environment is not as it should be. Callers log it and answer with an opaque 500; what a
/// caller can mend is in the answers of the calls themselves, not here.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// An AWS call failed after the SDK's own retries.
    #[error("{operation}: {cause}")]
    Aws {
        /// Which call.
        operation: &'static str,
        /// The whole chain of causes, as the SDK tells it.
        cause: String,
    },
    /// A row has another shape than this version writes.
    #[error("a row could not be read or written: {0}")]
    Row(#[from] serde_dynamo::Error),
    /// A message could not be written.
    #[error("a message could not be written: {0}")]
    Message(#[from] serde_json::Error),
    /// A sealed secret does not open: it was moved between rows, or its key is another operator's.
    #[error("a sealed secret of {0} does not open")]
    Sealed(String),
    /// A row could not be written within the time there was.
    #[error("a row was not written: {0}")]
    Unwritten(String),
    /// A row is missing that another one names.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// DynamoDB went on refusing part of a batch.
    #[error("{0} left part of a batch undone")]
    Unprocessed(&'static str),
    /// The environment lacks a variable that the template sets, or holds a wrong one.
    #[error("environment variable {name}: {problem}")]
    Environment {
        /// Which one.
        name: &'static str,
        /// What is wrong.
        problem: String,
    },
}

/// The result of a call of this crate.
pub type Result<T> = std::result::Result<T, StoreError>;

/// For `map_err` on an SDK call.
pub(crate) fn aws<E: StdError>(operation: &'static str) -> impl FnOnce(E) -> StoreError {
    move |error| StoreError::Aws { operation, cause: DisplayErrorContext(&error).to_string() }
}
