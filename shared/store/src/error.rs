//! Errors of the storage layer.

use std::error::Error as StdError;

use aws_sdk_dynamodb::error::DisplayErrorContext;

/// An AWS call failed, or a row or the environment is not as expected. Callers log the error and answer with an opaque
/// 500. Errors that an API client can fix are part of each call's result, not of this type.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// An AWS call failed after the SDK's own retries.
    #[error("{operation}: {cause}")]
    Aws {
        /// The call that failed.
        operation: &'static str,
        /// The whole chain of causes, as reported by the SDK.
        cause: String,
    },
    /// A row does not have the shape that this version writes.
    #[error("a row could not be read or written: {0}")]
    Row(#[from] serde_dynamo::Error),
    /// A message could not be serialized.
    #[error("a message could not be written: {0}")]
    Message(#[from] serde_json::Error),
    /// A sealed secret does not open: it was moved between rows, or its key belongs to another operator.
    #[error("a sealed secret of {0} does not open")]
    Sealed(String),
    /// A row could not be written in time.
    #[error("a row was not written: {0}")]
    Unwritten(String),
    /// A row that another row refers to is missing.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// DynamoDB kept leaving part of a batch unprocessed.
    #[error("{0} left part of a batch undone")]
    Unprocessed(&'static str),
    /// A variable that the template sets is missing from the environment, or has an invalid value.
    #[error("environment variable {name}: {problem}")]
    Environment {
        /// The variable's name.
        name: &'static str,
        /// What is wrong with it.
        problem: String,
    },
}

/// The result of a call of this crate.
pub type Result<T> = std::result::Result<T, StoreError>;

/// Wraps an SDK error, for `map_err`.
pub(crate) fn aws<E: StdError>(operation: &'static str) -> impl FnOnce(E) -> StoreError {
    move |error| StoreError::Aws { operation, cause: DisplayErrorContext(&error).to_string() }
}
